"""Messages over one stream socket between two processes."""

import contextlib
import math
import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from actors.errors import RemoteProtocolError, WorkerDied
from actors.transport.socket_transport import NO_SIGNAL
from runtime.workers.framing import Framer, Unframer

M = TypeVar("M")


class Link(Generic[M]):
    """One end; ``receives`` is the type of what arrives, ``stall`` the seconds for which a peer may not read.

    ``send`` may be called from any thread; ``receive`` and ``close`` belong to the thread that reads. While
    ``send`` waits, it reads what the peer sends, or two ends with much to send would wait for each other.
    It then calls ``on_taken_in`` in the sender's thread, since the socket may not become readable again, and
    every ``wait_step`` seconds ``on_wait``.
    """

    def __init__(self, sock: socket.socket, receives: Any, *, stall: float) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._stall = stall
        self._framed = Framer()
        self._messages_in: Unframer[M] = Unframer(receives)
        self._sending = threading.Lock()
        self._broken = False
        self._receiving = threading.Lock()
        self._taken_in: list[M] = []
        self._failure: WorkerDied | None = None
        self.on_taken_in: Callable[[], object] = lambda: None
        self.wait_step = math.inf
        self.on_wait: Callable[[], object] = lambda: None

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, message: Any) -> None:
        """Send one message; raises ``WorkerDied`` if the peer is gone or does not read."""
        data = self._framed(message)
        with self._sending:
            if self._broken:
                raise WorkerDied("the link is broken")
            try:
                self._send_all(data)
            except (OSError, ValueError, WorkerDied) as error:  # ValueError: another thread has closed it
                # Part of a message may have left: the peer could not tell the next one from the rest of this.
                # Both readers see the end of the link at once, or a worker would serve without a reader.
                self._broken = True
                self.shut_down()
                raise WorkerDied(f"the link failed: {error}") from error

    def receive(self) -> list[M]:
        """The messages that have arrived; none if only part of one has.

        Raises ``WorkerDied`` at the end of the link, once every message before it was returned.
        """
        with self._receiving:
            if not self._taken_in:
                return self._receive()
            messages, self._taken_in = self._taken_in, []
            return messages  # the link stays readable while more has arrived

    def shut_down(self) -> None:
        """End the link in both directions, from any thread: both readers see its end, though the peer may not
        run any more. What has arrived is still returned."""
        with contextlib.suppress(OSError):  # it has ended
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close this end; the peer sees the end of the link."""
        with contextlib.suppress(OSError):
            self._sock.close()

    def _receive(self) -> list[M]:
        if self._failure is not None:
            raise self._failure
        try:
            count = self._sock.recv_into(self._messages_in.room())
        except BlockingIOError:
            return []
        except OSError as error:
            raise WorkerDied(f"the link failed: {error}") from error
        if not count:
            raise WorkerDied("the link ended")
        try:
            return self._messages_in.take(count)
        except RemoteProtocolError as error:
            self._failure = WorkerDied(str(error))
            raise self._failure from error

    def _take_in(self) -> None:
        with self._receiving:
            self._taken_in += self._receive()
        self.on_taken_in()

    def _send_all(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._sock.send(view, NO_SIGNAL) :]
            except BlockingIOError:
                if not self._await_room():
                    raise TimeoutError(f"the peer has not read for {self._stall:g} s") from None

    def _await_room(self) -> bool:
        until = time.monotonic() + self._stall
        # Not select.select, which takes no descriptor above 1023.
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while True:
                ready = selector.select(max(0.0, min(until - time.monotonic(), self.wait_step)))
                if ready and ready[0][1] & selectors.EVENT_WRITE:
                    return True
                if time.monotonic() >= until:
                    return False
                if ready:
                    self._take_in()
                self.on_wait()
