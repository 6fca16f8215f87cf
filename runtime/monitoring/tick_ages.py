"""How old ticks are when a subscriber has them, by samples."""

import time
from collections.abc import Callable
from typing import Any, Final

from actors.distribution import Distribution, Histogram
from actors.messages.traffic import Deliver, Ticks
from runtime.aio.loop_calls import LoopCalls

PAUSE: Final = 0.1
"""Seconds between two samples: each wakes a thread, which each tick must not do."""


class TickAges:
    """Told the events of all ticks, in the thread of the router; keeps its samples in the loop.

    The age of a tick is the time from its read off the socket until the loop has it: two processes with a
    worker, and two threads.
    """

    def __init__(self, calls: LoopCalls, utc: Callable[[], float]) -> None:
        """``utc`` is the clock that the ticks are stamped by."""
        self._calls = calls
        self._utc = utc
        self._histogram = Histogram()
        self._next_at = 0.0

    def tell(self, message: Any) -> None:
        """HOT: once per read."""
        if (now := time.monotonic()) < self._next_at:
            return
        self._next_at = now + PAUSE
        if isinstance(message, Deliver) and isinstance(ticks := message.events[-1], Ticks):
            self._calls.put(self._sample, ticks.received_at)

    def _sample(self, received_at: float) -> None:
        self._histogram.add(max(0.0, self._utc() - received_at))

    def distribution(self) -> Distribution:
        return self._histogram.distribution()
