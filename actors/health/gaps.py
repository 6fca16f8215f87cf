"""Which candles fill the gaps of streams, and which parts of a gap no candle covers."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from actors.errors import RequestError
from actors.messages.commands import LoadCandles
from actors.messages.events import CandlesLoaded, StreamGap, StreamRecovered
from actors.values import Candle

LOAD_TIMEOUT = 60.0
"""Seconds that a load may take; every load that a user asked for goes first."""

REQUESTS_FOR_A_GAP = 10
"""Requests for candles, at most; of a longer gap only the end is filled."""

Span = tuple[float, float]


class Loading(NamedTuple):
    """Candles to load; pass the outcome to ``Backfill.finish`` with this ``id``."""

    id: int
    command: LoadCandles


class Backfill:
    """The gaps of each asset for which candles are being loaded, and the gaps that came in the meantime."""

    def __init__(self, candles_per_request: int) -> None:
        self._most_bars = REQUESTS_FOR_A_GAP * candles_per_request
        self._ids = itertools.count(1)
        self._loading: dict[int, list[StreamGap]] = {}
        self._waiting: defaultdict[str, list[StreamGap]] = defaultdict(list)

    def begin(self, gap: StreamGap) -> Loading | None:
        """What to load for ``gap``; ``None`` while an earlier load for its asset is under way: all gaps that
        come until that load ends are filled together by the next one."""
        if any(gaps[0].asset == gap.asset for gaps in self._loading.values()):
            self._waiting[gap.asset].append(gap)
            return None
        return self._load([gap])

    def finish(
        self, load_id: int, outcome: list[Candle] | RequestError
    ) -> tuple[list[CandlesLoaded | StreamRecovered], Loading | None]:
        """Load ``load_id`` has ended: the events to publish, and what to load next."""
        gaps = self._loading.pop(load_id)
        waiting = self._waiting.pop(gaps[0].asset, None)
        return _events(gaps, outcome), self._load(waiting) if waiting else None

    def _load(self, gaps: list[StreamGap]) -> Loading:
        loading = Loading(next(self._ids), _command(gaps, self._most_bars))
        self._loading[loading.id] = gaps
        return loading


def _command(gaps: list[StreamGap], most_bars: int) -> LoadCandles:
    start, end = _extent(gaps)
    asset, period = gaps[-1].asset, gaps[-1].period
    count = min(math.ceil((end - start) / period) + 1, most_bars)
    # The bar that contains the end may still be forming; in its present form it covers the gap.
    return LoadCandles(asset, period, count, end + period, deadline=LOAD_TIMEOUT)


def _events(
    gaps: list[StreamGap], outcome: list[Candle] | RequestError
) -> list[CandlesLoaded | StreamRecovered]:
    latest = gaps[-1]
    spans = [(gap.from_time, gap.to_time) for gap in gaps]
    bars = [] if isinstance(outcome, RequestError) else covering(spans, outcome, latest.period)
    missing = tuple(part for span in spans for part in uncovered(span, bars, latest.period))
    reason = "the venue gave no candles for it" if missing else ""
    if isinstance(outcome, RequestError):
        reason = f"{type(outcome).__name__}: {outcome}"
    start, end = _extent(gaps)
    recovered = StreamRecovered(latest.asset, latest.connection, start, end, len(bars), missing, reason)
    return [CandlesLoaded(latest.asset, latest.period, bars), recovered] if bars else [recovered]


def _extent(gaps: list[StreamGap]) -> Span:
    return min(gap.from_time for gap in gaps), max(gap.to_time for gap in gaps)


def covering(spans: Iterable[Span], bars: Iterable[Candle], period: int) -> list[Candle]:
    """The bars that overlap any span, oldest first, one for each time."""
    spans = list(spans)
    held = {bar.time: bar for bar in bars if any(a < bar.time + period and bar.time < b for a, b in spans)}
    return sorted(held.values(), key=attrgetter("time"))


def uncovered(span: Span, bars: Iterable[Candle], period: int) -> list[Span]:
    """The parts of ``span`` that no bar covers; ``bars`` come oldest first."""
    at, end = span
    parts: list[Span] = []
    for bar in bars:
        if bar.time >= end:
            break
        if bar.time > at:
            parts.append((at, bar.time))
        at = max(at, bar.time + period)
    return [*parts, (at, end)] if at < end else parts
