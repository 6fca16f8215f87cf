"""What a dispatcher sleeps on: rung from any thread, and, once it watches descriptors, woken by those too."""

import contextlib
import queue
import selectors
import socket
from typing import Any, Protocol


class HasFileno(Protocol):
    """What a selector can watch; hashed by identity."""

    def fileno(self) -> int: ...


class Waker:
    """For who waits for nothing but messages: no descriptor, no system call to ring."""

    def __init__(self) -> None:
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()

    def ring(self) -> None:
        self._rings.put(None)

    def wait(self, timeout: float) -> list[Any]:
        with contextlib.suppress(queue.Empty):
            self._rings.get(timeout=timeout)
        return []

    def close(self) -> None:
        """Nothing is held."""


class SelectorWaker:
    """For who waits for descriptors too: rung through a socket pair of its own."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._ringer, self._bell = socket.socketpair()
        self._ringer.setblocking(False)
        self._bell.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)

    def watch(self, source: HasFileno, data: Any, *, writable: bool) -> None:
        """Have ``wait`` return ``data`` when ``source`` can be read (or written, with ``writable``)."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writable else 0)
        try:
            self._selector.modify(source, events, data)
        except KeyError:
            self._selector.register(source, events, data)

    def unwatch(self, source: HasFileno) -> None:
        with contextlib.suppress(KeyError):  # to watch it has failed
            self._selector.unregister(source)

    def ring(self) -> None:
        try:
            self._ringer.send(b"\0")
        except OSError:
            return  # full: it is ringing already; closed: nobody is left to wake

    def wait(self, timeout: float) -> list[Any]:
        """The data of all that is ready, at once or within ``timeout`` seconds; none after a ring."""
        ready = [key.data for key, _ in self._selector.select(timeout)]
        if None in ready:
            ready.remove(None)
            self._bell.recv(4096)
        return ready

    def close(self) -> None:
        self._selector.close()
        self._ringer.close()
        self._bell.close()
