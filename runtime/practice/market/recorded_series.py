"""The recorded prices of one asset: its ticks, or its bars with ticks that are made of them."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Protocol

from runtime.practice.market.prices import Bar


class RecordedSeries(Protocol):
    """Ticks are numbered from 0. Times are venue times; the prices are those of the file."""

    def count(self, rate: float) -> int:
        """How many ticks there are, if a series that has none of its own makes ``rate`` per second."""

    def instant(self, number: int, rate: float) -> float: ...

    def price(self, number: int, rate: float) -> float: ...

    def number_after(self, time: float, rate: float) -> int:
        """The first tick later than ``time``."""

    def whole(self, start: float, end: float) -> Bar | None:
        """The bar over a span that holds whole recorded bars alone; ``None`` if the ticks must tell."""


class RecordedTicks:
    """Ticks as they were recorded, in the order of their times."""

    def __init__(self, times: Sequence[float], prices: Sequence[float]) -> None:
        self._times = times
        self._prices = prices

    def count(self, rate: float) -> int:
        del rate
        return len(self._times)

    def instant(self, number: int, rate: float) -> float:
        del rate
        return self._times[number]

    def price(self, number: int, rate: float) -> float:
        del rate
        return self._prices[number]

    def number_after(self, time: float, rate: float) -> int:
        del rate
        return bisect_right(self._times, time)

    def whole(self, start: float, end: float) -> Bar | None:
        del start, end
        return None


class RecordedBars:
    """Bars of ``period`` seconds, in the order of their openings; some may be missing.

    Within a bar the price runs straight from the open over both extremes to the close, first to the one that
    is against its direction. The first tick of a bar is its open, the last its close, and some tick is at
    each extreme.
    """

    def __init__(self, period: int, opened: Sequence[float], bars: Sequence[Bar]) -> None:
        self._period = period
        self._opened = opened
        self._bars = bars

    def count(self, rate: float) -> int:
        return len(self._bars) * self._ticks(rate)

    def instant(self, number: int, rate: float) -> float:
        index, place = divmod(number, self._ticks(rate))
        return round(self._opened[index] + self._period * place / self._ticks(rate), 3)

    def price(self, number: int, rate: float) -> float:
        ticks = self._ticks(rate)
        index, place = divmod(number, ticks)
        bar = self._bars[index]
        extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
        path = (bar.open, *extremes, bar.close, bar.close)
        leg, step = divmod(place, (ticks - 1) // 3)
        return path[leg] + (path[leg + 1] - path[leg]) * step * 3 / (ticks - 1)

    def number_after(self, time: float, rate: float) -> int:
        ticks = self._ticks(rate)
        index = bisect_right(self._opened, time) - 1
        if index < 0:
            return 0
        number = index * ticks + max(0, int((time - self._opened[index]) * ticks / self._period) - 1)
        last = (index + 1) * ticks
        while number < last and self.instant(number, rate) <= time:
            number += 1
        return min(number, last)

    def whole(self, start: float, end: float) -> Bar | None:
        first, last = bisect_left(self._opened, start), bisect_left(self._opened, end)
        while last > first and self._opened[last - 1] + self._period > end:
            last -= 1
        before = self._opened[first - 1] + self._period if first else -math.inf
        after = self._opened[last] if last < len(self._opened) else math.inf
        if first == last or before > start or after < end:
            return None
        bars = self._bars[first:last]
        return Bar(bars[0].open, max(bar.high for bar in bars), min(bar.low for bar in bars), bars[-1].close)

    def _ticks(self, rate: float) -> int:
        """Per bar: three legs of as many steps, and the open."""
        return 3 * max(1, round(self._period * rate / 3)) + 1
