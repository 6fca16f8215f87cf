"""What a dispatcher's thread sleeps on: any thread ends the sleep, and so does a watched descriptor."""

import contextlib
import queue
import selectors
import socket
from typing import Any, Protocol


class HasFileno(Protocol):
    """What a selector can watch; hashed by identity."""

    def fileno(self) -> int: ...


class Waker:
    """For a thread that waits for messages only: no descriptor, and no system call to wake it."""

    def __init__(self) -> None:
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()

    def wake(self) -> None:
        self._wakes.put(None)

    def wait(self, timeout: float) -> list[Any]:
        with contextlib.suppress(queue.Empty):
            self._wakes.get(timeout=timeout)
        return []

    def close(self) -> None:
        """Nothing is held."""


class SelectorWaker:
    """For a thread that waits for descriptors too: woken through a socket pair of its own."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._sender, self._receiver = socket.socketpair()
        self._sender.setblocking(False)
        self._receiver.setblocking(False)
        self._selector.register(self._receiver, selectors.EVENT_READ, None)

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

    def wake(self) -> None:
        try:
            self._sender.send(b"\0")
        except OSError:
            return  # full: the thread is being woken already; closed: there is none left to wake

    def wait(self, timeout: float) -> list[Any]:
        """The data of all that is ready, at once or within ``timeout`` seconds; a ``wake`` adds none."""
        ready = [key.data for key, _ in self._selector.select(timeout)]
        if None in ready:
            ready.remove(None)
            self._receiver.recv(4096)
        return ready

    def close(self) -> None:
        self._selector.close()
        self._sender.close()
        self._receiver.close()
