"""Bars of a number of ticks."""

from collections.abc import Iterable
from itertools import islice

from actors.bars.bar import StampedPrice, TickBar, TimeSpan, Told, is_whole
from actors.bars.tick_book import TickBook


class CountBars:
    """Bars of ``size`` ticks each, from the first tick on.

    ``Candle.time`` is the whole second of a bar's first tick. A closed bar stays as it is: a tick that comes
    later, and is older than the last one of a closed bar, is left out.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._settled: tuple[float, int] | None = None
        """The stamp of the last tick that is in a closed bar, and how many ticks of that stamp are in one."""
        self._begun: float | None = None
        self._bars: list[TickBar] = []
        self._changed = False

    def extend(self, rows: Iterable[StampedPrice]) -> None:
        """HOT."""
        for time, price in rows:
            if self._begun is None:
                self._begun = time
            if self._bars and self._bars[-1].count < self._size:
                self._bars[-1].add(time, price)
            else:
                self._bars.append(TickBar(time, price))
            self._changed = True

    def rebuild(self, book: TickBook, since: float) -> None:
        if self._begun is None:
            return
        self._bars.clear()
        if self._settled is None:
            self.extend(book.since(self._begun))
        else:
            stamp, used = self._settled
            self.extend(islice(book.since(stamp), used, None))

    def settle(self, until: float, lost: Iterable[TimeSpan]) -> list[Told]:
        told: list[Told] = []
        while self._bars and self._bars[0].count == self._size and self._bars[0].until <= until:
            bar = self._bars.pop(0)
            used = bar.last_count
            if self._settled is not None and self._settled[0] == bar.since == bar.until:
                used += self._settled[1]
            self._settled = bar.until, used
            whole = is_whole(bar.since, bar.until, lost)
            told.append(Told(bar.candle(int(bar.since)), bar.until, True, whole))
        return told

    def forming(self, until: float) -> Told | None:
        if not self._changed:
            return None
        self._changed = False
        if not self._bars or self._bars[-1].count == self._size:
            return None
        bar = self._bars[-1]
        return Told(bar.candle(int(bar.since)), bar.until, False)

    def next_end(self) -> float | None:
        return None

    def oldest_needed(self) -> float | None:
        return self._begun if self._settled is None else self._settled[0]

    def forget(self, before: float) -> None:
        pass  # a closed bar is never corrected
