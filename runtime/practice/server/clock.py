"""The venue's clock, and the timers that run by it."""

import asyncio
import heapq
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

from runtime.practice.server.pace import Pace

UTC_OFFSET = 7200
"""Seconds by which every stamp on the wire is ahead of UTC, summer and winter (protocol 1.8)."""

_STAMP = "%Y-%m-%d %H:%M:%S"


def stamp(venue_time: int) -> str:
    """A venue time in the venue's format, as if it were UTC (protocol 1.8)."""
    return datetime.fromtimestamp(venue_time, UTC).strftime(_STAMP)


def read_stamp(text: str) -> int:
    """The inverse of ``stamp``; raises ``ValueError`` for another format."""
    return int(datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp())


class ClockTimer(Protocol):
    """A call that is due at some time."""

    def cancel(self) -> None:
        """Forget the call; nothing happens if it was made."""


class ExchangeClock:
    """Venue time. It follows the monotonic clock, so a step of the wall clock does not stop the quotes.

    It begins at ``start`` (UTC), or now, and runs ``speed`` times as fast as the wall clock. ``jump`` is the
    error of ``now`` in seconds; ``utc`` has none.
    """

    def __init__(self, start: float | None = None, speed: float = 1.0) -> None:
        self.jump = 0.0
        self.speed = speed
        self._start = time.time() if start is None else start
        self._began = time.monotonic()

    def now(self) -> float:
        return self.utc() + UTC_OFFSET + self.jump

    def utc(self) -> float:
        return self._start + (time.monotonic() - self._began) * self.speed

    def call_at(self, venue_time: float, call: Callable[[], None]) -> ClockTimer:
        """Make a call in the running loop at a venue time, or at once if that has passed.

        It may come early by the resolution of the loop's clock.
        """
        delay = (venue_time - self.now()) / self.speed
        return asyncio.get_running_loop().call_later(max(0.0, delay), call)


class PacedClock(ExchangeClock):
    """Goes by ``pace``, which the client that lives by it has too."""

    def __init__(self, pace: Pace, start: float | None = None) -> None:
        super().__init__(start, pace.speed)
        self.pace = pace

    def utc(self) -> float:
        return self._start + self.pace.seconds()


class _Call:
    """A call of a clock that is moved by hand."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self._call = None

    def __call__(self) -> None:
        if self._call is not None:
            self._call()


class ManualClock(ExchangeClock):
    """Stands still but for ``step``, which makes the calls that become due, each at its own time."""

    def __init__(self, start: float | None = None) -> None:
        super().__init__(start, math.inf)
        self._calls: list[tuple[float, int, _Call]] = []
        self._numbers = count()

    def utc(self) -> float:
        return self._start

    def call_at(self, venue_time: float, call: Callable[[], None]) -> ClockTimer:
        made = _Call(call)
        heapq.heappush(self._calls, (venue_time, next(self._numbers), made))
        return made

    def step(self, until: float) -> bool:
        """Move to the next call that is due by ``until`` (UTC), and make it; without one, move to ``until``.

        Returns whether a call was made. Those of the same time are made in the order they were asked for.
        """
        if self._calls and self._calls[0][0] <= until + UTC_OFFSET + self.jump:
            due, _, call = heapq.heappop(self._calls)
            self._start = max(self._start, due - UTC_OFFSET - self.jump)
            while self.now() < due:  # by a rounding error: the call would not find itself due
                self._start = math.nextafter(self._start, math.inf)
            call()
            return True
        self._start = max(self._start, until)
        return False
