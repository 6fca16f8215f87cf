"""The bars of one asset: which ticks are known, what has to be loaded, and what may be told."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from actors.bars.bar import Bars, TimeSpan, Told
from actors.bars.tick_book import Arrival, TickBook

GRACE: Final = 1.0
"""Seconds after the end of a bar until it closes without a tick that shows the end."""

AHEAD: Final = 2.0
"""Seconds by which a load of ticks goes beyond the present: our clock may be a little behind the venue's."""

KEPT: Final = 2 * 3600.0
"""Seconds of ticks that are kept for corrections, and that are loaded for a gap at most."""

SPANS_KEPT: Final = 32


class Telling(NamedTuple):
    """What is to be said of a bar of the series ``name``."""

    name: str
    told: Told


class BarFeed:
    """The ticks of one asset, and the series of bars that are made of them.

    Ticks may be missing from ``hole`` on: from the opening of the first bar until history has been loaded,
    and from the last tick on when the stream is interrupted. Until they are loaded, nothing is told that
    could depend on them. What could not be loaded makes the bars that it lies in incomplete.

    Times are the venue's stamps; ``now`` is by the venue's clock.
    """

    def __init__(self) -> None:
        self.series: dict[str, Bars] = {}
        self._book = TickBook()
        self._hole: float | None = None
        self._load: TimeSpan | None = None
        self._whole_from: float | None = None
        """The stamp from which on the book has all ticks, but for a hole and what is lost."""
        self._loaded: deque[TimeSpan] = deque(maxlen=SPANS_KEPT)
        self._lost: deque[TimeSpan] = deque(maxlen=SPANS_KEPT)

    def __repr__(self) -> str:
        state = "whole" if self.whole else f"missing from {self._hole}"
        return f"<BarFeed: {len(self.series)} series, {len(self._book)} ticks, {state}>"

    @property
    def whole(self) -> bool:
        """Whether nothing is missing that could be loaded."""
        return self._hole is None and self._load is None

    def begin(self, name: str, bars: Bars, since: float | None) -> None:
        """Make a series, of the ticks from ``since`` on; ``None``: from the next live tick on."""
        self.series[name] = bars
        if since is None:
            return
        bars.extend(self._book.since(since))
        known = [self._whole_from, self._load[0] if self._load else None]
        if not any(start is not None and start <= since for start in known):
            self._open_hole(since)

    def end(self, name: str) -> None:
        del self.series[name]

    def add(self, times: Sequence[float], prices: Sequence[float]) -> None:
        """Live ticks. HOT."""
        fresh: list[tuple[float, float]] = []
        oldest_late: float | None = None
        for time, price in zip(times, prices, strict=True):
            match self._book.add(time, price):
                case Arrival.NEXT:
                    fresh.append((time, price))
                case Arrival.LATE:
                    oldest_late = time if oldest_late is None else min(oldest_late, time)
                case Arrival.KNOWN:
                    pass
        for bars in self.series.values():
            bars.extend(fresh)
            if oldest_late is not None:
                bars.rebuild(self._book, oldest_late)

    def interrupt(self) -> None:
        """Ticks may be missing behind the last one."""
        if (since := self._known_to()) is not None:
            self._open_hole(since)

    def miss(self, since: float, until: float) -> None:
        """Ticks between these times are missing; nothing follows if they have been loaded since."""
        loaded = [*self._loaded, *([self._load] if self._load else [])]
        if self._known_to() is not None and not any(start <= since and until <= end for start, end in loaded):
            self._open_hole(since)

    def _known_to(self) -> float | None:
        """The last tick, or, while there is none, where the load begins that shows the first; ``None``:
        nothing is known."""
        if len(self._book):
            return self._book.newest
        if self._whole_from is not None:
            return self._whole_from
        return self._load[0] if self._load else None

    def next_load(self, now: float) -> TimeSpan | None:
        """The time whose ticks are to be loaded now; ``None``: nothing is missing, or a load is under way."""
        if self._hole is None or self._load is not None:
            return None
        needed = [need for bars in self.series.values() if (need := bars.oldest_needed()) is not None]
        limit = min([now - KEPT, *needed])
        since = self._hole
        if self._whole_from is not None and since < limit:
            self._lost.append((since, limit))
            since = limit
        self._hole, self._load = None, (since, now + AHEAD)
        return self._load

    def fill(self, times: Sequence[float], prices: Sequence[float]) -> None:
        """The ticks that ``next_load`` asked for, oldest first."""
        self._book.merge(times, prices)
        loaded = self._end_load()
        self._loaded.append(loaded)
        self._lost = deque(
            (part for span in self._lost for part in _without(span, loaded)), maxlen=SPANS_KEPT
        )
        self._rebuild(loaded[0])

    def give_up(self) -> None:
        """They could not be loaded."""
        lost = self._end_load()
        self._lost.append(lost)
        self._rebuild(lost[0])

    def tell(self, now: float) -> list[Telling]:
        """What may be said by now: all bars that have closed, and the last state of those that form."""
        until = self._known_until(now)
        if until is None:
            return []
        told = [Telling(name, each) for name, bars in self.series.items() for each in self._told(bars, until)]
        self._forget(now)
        return told

    def due(self) -> float | None:
        """When (by the venue's clock) a bar closes even if no tick comes; ``None``: none does."""
        ends = [end for bars in self.series.values() if (end := bars.next_end()) is not None]
        return min(ends) + GRACE if ends and self.whole else None

    def _told(self, bars: Bars, until: float) -> Iterator[Told]:
        yield from bars.settle(until, self._lost)
        if self.whole and (forming := bars.forming(until)):
            yield forming

    def _known_until(self, now: float) -> float | None:
        """All ticks before this time are known; ``None``: there is none at all."""
        if not len(self._book):
            return None
        known = max(self._book.newest, now - GRACE)
        holes = [self._hole, self._load[0] if self._load else None]
        return min([known, *(hole for hole in holes if hole is not None)])

    def _open_hole(self, since: float) -> None:
        self._hole = since if self._hole is None else min(self._hole, since)

    def _end_load(self) -> TimeSpan:
        assert self._load is not None
        ended, self._load = self._load, None
        self._whole_from = ended[0] if self._whole_from is None else min(self._whole_from, ended[0])
        return ended

    def _rebuild(self, since: float) -> None:
        for bars in self.series.values():
            bars.rebuild(self._book, since)

    def _forget(self, now: float) -> None:
        """Once a minute's worth of what is too old to be corrected has gathered."""
        cut = now - KEPT
        if not self.whole or self._book.times[0] > cut - 60.0:
            return
        needed = [need for bars in self.series.values() if (need := bars.oldest_needed()) is not None]
        cut = min([cut, *needed])
        for bars in self.series.values():
            bars.forget(cut)
        self._book.forget(cut)
        self._whole_from = max(cut, self._whole_from or cut)


def _without(span: TimeSpan, part: TimeSpan) -> Iterable[TimeSpan]:
    """What is left of ``span``."""
    start, end = span
    return [left for left in ((start, min(end, part[0])), (max(start, part[1]), end)) if left[0] < left[1]]
