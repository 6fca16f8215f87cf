"""What a dispatcher's thread sleeps on: any thread ends the sleep, and so does a watched descriptor."""

import abc
import contextlib
import queue
import select
import selectors
import socket
import sys
from typing import Any, Final, Protocol

MOST_READY: Final = 256
"""Descriptors that one wait returns; the others are still ready at the next one."""


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
        try:  # noqa: SIM105  # HOT: ``suppress`` is three calls of Python
            self._wakes.get(timeout=timeout)
        except queue.Empty:
            pass
        return []

    def close(self) -> None:
        """Nothing is held."""


class DescriptorWaker(abc.ABC):
    """For a thread that waits for descriptors too: woken through a socket pair of its own."""

    def __init__(self) -> None:
        self._sender, self._receiver = socket.socketpair()
        self._sender.setblocking(False)
        self._receiver.setblocking(False)

    @abc.abstractmethod
    def watch(self, source: HasFileno, data: Any, *, writable: bool) -> None:
        """Have ``wait`` return ``data`` when ``source`` can be read (or written, with ``writable``)."""

    @abc.abstractmethod
    def unwatch(self, source: HasFileno) -> None:
        """Watch it no more, if it is watched; it may have been closed."""

    @abc.abstractmethod
    def wait(self, timeout: float) -> list[Any]:
        """The data of all that is ready, at once or within ``timeout`` seconds; a ``wake`` adds none."""

    def wake(self) -> None:
        try:
            self._sender.send(b"\0")
        except OSError:
            return  # full: the thread is being woken already; closed: there is none left to wake

    def close(self) -> None:
        self._sender.close()
        self._receiver.close()


class SelectorWaker(DescriptorWaker):
    """For every system."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._receiver, selectors.EVENT_READ, None)

    def watch(self, source: HasFileno, data: Any, *, writable: bool) -> None:
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writable else 0)
        try:
            self._selector.modify(source, events, data)
        except KeyError:
            self._selector.register(source, events, data)

    def unwatch(self, source: HasFileno) -> None:
        with contextlib.suppress(KeyError):  # to watch it has failed
            self._selector.unregister(source)

    def wait(self, timeout: float) -> list[Any]:
        ready = [key.data for key, _ in self._selector.select(timeout)]
        if None in ready:
            ready.remove(None)
            self._receiver.recv(4096)
        return ready

    def close(self) -> None:
        self._selector.close()
        super().close()


class EpollWaker(DescriptorWaker):
    """For Linux: the selector of the standard library adds four calls of Python to each wait."""

    def __init__(self) -> None:
        super().__init__()
        self._epoll = select.epoll()
        self._wakes = self._receiver.fileno()
        self._epoll.register(self._wakes, select.EPOLLIN)
        self._data: dict[int, Any] = {}
        self._watched: dict[HasFileno, int] = {}
        self._sources: dict[int, HasFileno] = {}

    def watch(self, source: HasFileno, data: Any, *, writable: bool) -> None:
        descriptor = source.fileno()
        if descriptor < 0:
            raise ValueError("it is closed")
        events = select.EPOLLIN | (select.EPOLLOUT if writable else 0)
        try:
            self._epoll.register(descriptor, events)
        except FileExistsError:
            self._epoll.modify(descriptor, events)
        self._data[descriptor] = data
        self._watched[source] = descriptor
        self._sources[descriptor] = source

    def unwatch(self, source: HasFileno) -> None:
        descriptor = self._watched.pop(source, None)
        if descriptor is None or self._sources.get(descriptor) is not source:
            return  # to watch it has failed; or it was closed, and another source has its number
        del self._data[descriptor], self._sources[descriptor]
        with contextlib.suppress(OSError):  # closed: the system has forgotten it
            self._epoll.unregister(descriptor)

    def wait(self, timeout: float) -> list[Any]:
        ready = []
        for descriptor, _ in self._epoll.poll(timeout, MOST_READY):
            if descriptor == self._wakes:
                self._receiver.recv(4096)
            elif (data := self._data.get(descriptor)) is not None:
                ready.append(data)
        return ready

    def close(self) -> None:
        self._epoll.close()
        super().close()


def new_waker() -> DescriptorWaker:
    return EpollWaker() if sys.platform == "linux" else SelectorWaker()
