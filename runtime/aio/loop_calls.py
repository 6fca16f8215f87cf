"""Calls from other threads into an event loop, many with one wake-up."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class LoopCalls:
    """Hands calls over to ``loop``, in order.

    A wake-up of a loop is a write to a socket, about 5 µs. Calls that arrive while one is on its way use that
    one.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._calls: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._woken = False

    def put(self, call: Callable[..., object], *arguments: Any) -> None:
        """Have the loop make this call, from any thread. A loop that is closed makes none: no task waits
        there any more."""
        self._calls.append((call, arguments))
        if self._woken:
            return
        self._woken = True
        try:
            self.loop.call_soon_threadsafe(self._run)
        except RuntimeError:
            if not self.loop.is_closed():
                raise
            self._woken = False
            self._calls.clear()

    def _run(self) -> None:
        self._woken = False  # first of all: what is put from now on wakes the loop again
        for _ in range(len(self._calls)):
            call, arguments = self._calls.popleft()
            call(*arguments)
