"""The newest quotes of all assets, a few times a second however many ticks come."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from actors.messages.ticks import Ticks
from actors.messages.traffic import Deliver
from runtime.aio.loop_calls import LoopCalls
from runtime.monitoring.outbox import TimedPrice

PAUSE: Final = 0.2
"""Seconds between two messages to a page: a price that changes more often cannot be read."""

MOST_READS: Final = 10_000
"""That wait for a loop which hangs; older ones are worth nothing then."""


class QuoteTap:
    """Told the ticks of all assets as columns, in the thread of the router; calls ``take`` in the loop."""

    def __init__(self, calls: LoopCalls, take: Callable[[dict[str, TimedPrice]], object]) -> None:
        self._calls = calls
        self._take = take
        self._reads: deque[Any] = deque(maxlen=MOST_READS)
        self._woken = False

    def tell(self, message: Any) -> None:
        """HOT: once per read."""
        if isinstance(message, Deliver):
            self._reads.extend(message.events)
            if not self._woken:
                self._woken = True
                self._calls.put(self._calls.loop.call_later, PAUSE, self._flush)

    def _flush(self) -> None:
        self._woken = False  # first of all: a read from now on wakes the loop again
        quotes: dict[str, TimedPrice] = {}
        for _ in range(len(self._reads)):
            read = self._reads.popleft()
            if type(read) is not Ticks:
                continue
            if not read.which:
                quotes[read.assets[0]] = (read.times[-1], read.prices[-1])
                continue
            for place, time, price in zip(read.which, read.times, read.prices, strict=True):
                quotes[read.assets[place]] = (time, price)
        self._take(quotes)
