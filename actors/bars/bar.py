"""One bar as its ticks come in, and what is told of it."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from actors.bars.tick_book import TickBook
from actors.values import Candle

StampedPrice = tuple[float, float]
"""The time and the price of a tick."""
TimeSpan = tuple[float, float]


class TickBar:
    """The prices of ``count`` ticks from ``since`` to ``until``; ``last_count`` of them have that stamp."""

    __slots__ = ("close", "count", "high", "last_count", "low", "open", "since", "until")

    def __init__(self, time: float, price: float) -> None:
        self.since = self.until = time
        self.open = self.high = self.low = self.close = price
        self.count = self.last_count = 1

    def add(self, time: float, price: float) -> None:
        """HOT: the next tick."""
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.count += 1
        self.last_count = self.last_count + 1 if time == self.until else 1
        self.until = time

    def candle(self, opened_at: int) -> Candle:
        return Candle(opened_at, self.open, self.high, self.low, self.close, self.count)


class Told(NamedTuple):
    """What is to be said of a bar: its prices, the stamp of its last tick, and whether it has ``closed``.

    ``complete``: no tick of it is known to be missing. ``revision`` counts the corrections of a closed bar.
    """

    candle: Candle
    until: float
    closed: bool
    complete: bool = True
    revision: int = 0


class Bars(Protocol):
    """The bars of one series, made of the ticks of a book. Times are the venue's stamps."""

    def extend(self, rows: Iterable[StampedPrice]) -> None:
        """Ticks that are newer than all before."""

    def rebuild(self, book: TickBook, since: float) -> None:
        """Make the bars anew that ticks from ``since`` on can be in."""

    def settle(self, until: float, lost: Iterable[TimeSpan]) -> list[Told]:
        """The bars that have closed, or that have changed since they did, oldest first: all ticks before
        ``until`` are known, but for those in ``lost``."""

    def forming(self, until: float) -> Told | None:
        """The bar that has not closed, if it has changed since it was asked for."""

    def next_end(self) -> float | None:
        """When the oldest bar that has not closed ends; ``None``: not by the clock, or there is none."""

    def oldest_needed(self) -> float | None:
        """From which stamp on the ticks of bars that have not closed are needed; ``None``: there are none."""

    def forget(self, before: float) -> None:
        """Bars that opened before that time are not corrected any more; none of them is needed."""


def is_whole(since: float, until: float, lost: Iterable[TimeSpan]) -> bool:
    """Whether nothing is lost between these times."""
    return not any(start < until and since < end for start, end in lost)
