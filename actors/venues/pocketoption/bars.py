"""Builds bars from ticks and joins both: the venue's bars end before the present (protocol 1.7.2)."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from actors.values import Candle


class Quote(NamedTuple):
    """A tick of a history; the history names its asset."""

    time: float
    price: float


def is_sound(bar: Candle) -> bool:
    """Whether the four prices of a bar can be true together."""
    return 0 < bar.low <= min(bar.open, bar.close) and max(bar.open, bar.close) <= bar.high


def in_order(bars: Iterable[Candle]) -> dict[int, Candle]:
    """By opening time, ascending; the last of several with the same time."""
    return {bar.time: bar for bar in sorted(bars, key=attrgetter("time"))}


def build(quotes: Iterable[Quote], period: int, phase: int) -> list[Candle]:
    """Bars from ``quotes``, oldest first; times without a quote have no bar.

    Bars open at multiples of ``period`` on a clock that is ``phase`` seconds ahead of UTC.
    """
    bars: list[Candle] = []
    opened_at = None
    opening = high = low = close = 0.0
    for time, price in sorted(quotes, key=attrgetter("time")):
        bucket = int((time + phase) // period) * period - phase
        if bucket != opened_at:
            if opened_at is not None:
                bars.append(Candle(opened_at, opening, high, low, close))
            opened_at, opening, high, low = bucket, price, price, price
        elif price > high:
            high = price
        elif price < low:
            low = price
        close = price
    if opened_at is not None:
        bars.append(Candle(opened_at, opening, high, low, close))
    return bars


def merge(bars: Iterable[Candle], quotes: Sequence[Quote], period: int, phase: int) -> list[Candle]:
    """Bars, oldest first, continued to the last quote. From the last bar on, quotes replace bars.

    Where the quotes begin within a bar they show only its rest: then the venue's bar is updated. If the venue
    has no such bar, none is made, since its open, high and low are unknown.
    """
    merged = in_order(bars)
    last = max(merged, default=-phase)
    first_quote_at = min((quote.time for quote in quotes), default=0.0)
    for built in build(quotes, period, phase):
        if built.time < last:
            continue
        if first_quote_at <= built.time:
            merged[built.time] = built
        elif known := merged.get(built.time):
            merged[built.time] = _continue(known, built)
    return list(merged.values())


def _continue(bar: Candle, rest: Candle) -> Candle:
    return Candle(
        bar.time, bar.open, max(bar.high, rest.high), min(bar.low, rest.low), rest.close, bar.volume
    )
