"""Bars of a length of time."""

from collections.abc import Iterable
from typing import NamedTuple

from actors.bars.bar import StampedPrice, TickBar, TimeSpan, Told, is_whole
from actors.bars.tick_book import TickBook
from actors.values import Candle


class _Published(NamedTuple):
    candle: Candle
    complete: bool
    revision: int


class ClockBars:
    """Bars of ``period`` seconds that open at its multiples on a clock ``phase`` seconds ahead of UTC.

    Without a ``phase`` the first bar opens with the whole second of the first tick. No bar opens before
    ``since``. A time without a tick has no bar.
    """

    def __init__(self, period: int, phase: int | None, since: float | None = None) -> None:
        self.period = period
        self._phase = phase
        self._start: float | None = None if since is None or phase is None else self.opening(since)
        self._bars: dict[int, TickBar] = {}
        self._unsettled: set[int] = set()
        self._published: dict[int, _Published] = {}
        self._newest: int | None = None
        self._changed = False

    def opening(self, time: float) -> int:
        """When the bar opens that ``time`` is in; there must be a phase."""
        assert self._phase is not None
        return int((time + self._phase) // self.period) * self.period - self._phase

    def extend(self, rows: Iterable[StampedPrice]) -> None:
        """HOT."""
        for time, price in rows:
            if self._start is None:
                self._start = self._begin(time)
            if time < self._start:
                continue
            opened = self.opening(time)
            if bar := self._bars.get(opened):
                bar.add(time, price)
            else:
                self._bars[opened] = TickBar(time, price)
                self._newest = opened
            self._unsettled.add(opened)
            self._changed = True

    def _begin(self, time: float) -> float:
        if self._phase is None:
            self._phase = -int(time) % self.period
            return time
        return self.opening(time)

    def rebuild(self, book: TickBook, since: float) -> None:
        if self._start is None:
            return
        start = max(self._start, self.opening(since))
        for opened in [opened for opened in self._bars if opened + self.period > start]:
            del self._bars[opened]
        self.extend(book.since(start))

    def settle(self, until: float, lost: Iterable[TimeSpan]) -> list[Told]:
        told: list[Told] = []
        if not self._unsettled or min(self._unsettled) + self.period > until:
            return told
        for opened in sorted(self._unsettled):
            end = opened + self.period
            if end > until:
                break
            self._unsettled.remove(opened)
            if (bar := self._bars.get(opened)) is None:
                continue
            candle, complete = bar.candle(opened), is_whole(opened, end, lost)
            before = self._published.get(opened)
            if before is not None and (before.candle, before.complete) == (candle, complete):
                continue
            revision = 0 if before is None else before.revision + 1
            self._published[opened] = _Published(candle, complete, revision)
            told.append(Told(candle, bar.until, True, complete, revision))
        return told

    def forming(self, until: float) -> Told | None:
        opened = self._newest
        if not self._changed or opened is None:
            return None
        self._changed = False
        if opened + self.period <= until or (bar := self._bars.get(opened)) is None:
            return None
        return Told(bar.candle(opened), bar.until, False)

    def next_end(self) -> float | None:
        return min(self._unsettled) + self.period if self._unsettled else None

    def oldest_needed(self) -> float | None:
        return min(self._unsettled) if self._unsettled else None

    def forget(self, before: float) -> None:
        for opened in [opened for opened in self._bars if opened < before]:
            del self._bars[opened]
            self._published.pop(opened, None)
        if self._start is not None:
            self._start = max(self._start, self.opening(before + self.period))
