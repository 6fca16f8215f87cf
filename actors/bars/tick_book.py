"""The ticks of one asset in the order of their stamps, whatever order they come in."""

import enum
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter


class Arrival(enum.Enum):
    """What a live tick is to those before it."""

    NEXT = "the newest one"
    LATE = "older than the newest one"
    KNOWN = "a repetition"


class TickBook:
    """``times`` and ``prices`` of the ticks, each tick once.

    A venue stamps to the millisecond, so an equal price at an equal stamp is the same tick. Where stamps are
    coarser (whole seconds), only a repetition of the price right before is one.
    """

    def __init__(self) -> None:
        self.times = array("d")
        self.prices = array("d")

    def __len__(self) -> int:
        return len(self.times)

    @property
    def newest(self) -> float:
        """The stamp of the newest tick; there must be one."""
        return self.times[-1]

    def add(self, time: float, price: float) -> Arrival:
        """Enter a live tick. HOT: the newest one is appended."""
        times, prices = self.times, self.prices
        if times and time <= times[-1]:
            if time < times[-1]:
                return self._insert(time, price)
            if price == prices[-1]:
                return Arrival.KNOWN
        times.append(time)
        prices.append(price)
        return Arrival.NEXT

    def _insert(self, time: float, price: float) -> Arrival:
        first, after = bisect_left(self.times, time), bisect_right(self.times, time)
        if price in self.prices[first:after]:
            return Arrival.KNOWN
        self.times.insert(after, time)
        self.prices.insert(after, price)
        return Arrival.LATE

    def merge(self, times: Sequence[float], prices: Sequence[float]) -> bool:
        """Enter ticks of the past, oldest first; whether that changed anything.

        At each stamp the longer list of prices is the truth: the other one was cut off.
        """
        if not times:
            return False
        first, after = bisect_left(self.times, times[0]), bisect_right(self.times, times[-1])
        held = _by_stamp(self.times[first:after], self.prices[first:after])
        changed = False
        for stamp, found in _by_stamp(times, prices).items():
            if len(found) > len(held.get(stamp, ())):
                held[stamp] = found
                changed = True
        if changed:
            rows = [(stamp, price) for stamp in sorted(held) for price in held[stamp]]
            self.times[first:after] = array("d", map(itemgetter(0), rows))
            self.prices[first:after] = array("d", map(itemgetter(1), rows))
        return changed

    def since(self, time: float) -> Iterable[tuple[float, float]]:
        """The ticks from ``time`` on."""
        first = bisect_left(self.times, time)
        return zip(self.times[first:], self.prices[first:], strict=True)

    def forget(self, before: float) -> None:
        """Drop the ticks before that time."""
        first = bisect_left(self.times, before)
        del self.times[:first], self.prices[:first]


def _by_stamp(times: Sequence[float], prices: Sequence[float]) -> dict[float, list[float]]:
    rows = zip(times, prices, strict=True)
    return {
        stamp: [price for price, _ in groupby(price for _, price in group)]
        for stamp, group in groupby(rows, itemgetter(0))
    }
