"""The price of every asset at every instant, computed instead of remembered.

A day is a bar. A bar splits into shorter bars which open, close and peak as it does, down to one second;
within the second the price runs straight from the open over both extremes to the close. So bars of any
length agree with one another and with every tick, whenever and in whatever order they are asked for.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import sqrt
from random import Random
from typing import NamedTuple

_SPANS = (86400, 14400, 3600, 900, 300, 60, 15, 5, 1)
"""Seconds per level. No step divides by two: both extremes need a place between the ends."""
_DAILY_MOVE = 0.015
_CACHED_SPLITS = 16384  # about 20 MB; a live stream holds on to eight of them


class Bar(NamedTuple):
    """Prices over a span of venue time, not yet rounded to the asset's digits."""

    open: float
    high: float
    low: float
    close: float


class PriceSeries:
    """Prices as a function of seed, asset and venue time; ``level`` is the price an asset stays around."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._parts = lru_cache(_CACHED_SPLITS)(self._split)

    def price(self, symbol: str, level: float, time: float) -> float:
        second = int(time)
        bar = self._bar(symbol, len(_SPANS) - 1, second)
        extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
        path = (bar.open, *extremes, bar.close)
        leg, along = divmod((time - second) * 3, 1)
        start, end = path[int(leg)], path[int(leg) + 1]
        return level * (start + (end - start) * along)

    def bar(self, symbol: str, level: float, start: int, end: int) -> Bar:
        """The bar over ``[start, end)``, whole seconds; an empty span has the one price at its start."""
        parts = list(self._cover(symbol, start, end))
        if not parts:
            price = self.price(symbol, level, start)
            return Bar(price, price, price, price)
        high = max(part.high for part in parts)
        low = min(part.low for part in parts)
        return Bar(level * parts[0].open, level * high, level * low, level * parts[-1].close)

    def _cover(self, symbol: str, start: int, end: int) -> Iterator[Bar]:
        """The fewest known bars that tile the span."""
        while start < end:
            for depth, span in enumerate(_SPANS):
                if start % span == 0 and start + span <= end:
                    yield self._bar(symbol, depth, start // span)
                    start += span
                    break

    def _bar(self, symbol: str, depth: int, index: int) -> Bar:
        if depth == 0:
            return self._parts(symbol, 0, index)[0]
        siblings = _SPANS[depth - 1] // _SPANS[depth]
        return self._parts(symbol, depth, index // siblings)[index % siblings]

    def _split(self, symbol: str, depth: int, index: int) -> tuple[Bar, ...]:
        """The bars at ``depth`` within their parent number ``index``; at depth 0 a day stands alone."""
        random = Random(f"{self._seed}/{symbol}/{depth}/{index}")
        if depth == 0:
            start, end = self._midnight(symbol, index), self._midnight(symbol, index + 1)
            swing = _DAILY_MOVE / 2
            high, low = max(start, end) + swing * random.random(), min(start, end) - swing * random.random()
            return (Bar(start, high, low, end),)
        parent = self._bar(symbol, depth - 1, index)
        return _divide(parent, _SPANS[depth - 1] // _SPANS[depth], random)

    def _midnight(self, symbol: str, day: int) -> float:
        return 1 + _DAILY_MOVE * Random(f"{self._seed}/{symbol}/day/{day}").uniform(-1, 1)


def _divide(parent: Bar, parts: int, random: Random) -> tuple[Bar, ...]:
    """Split a bar; some part opens or closes at each of its extremes, so no part needs a longer wick."""
    reach = (parent.high - parent.low) / sqrt(parts)
    step = (parent.close - parent.open) / parts
    points = [parent.open]
    for place in range(1, parts):
        point = parent.open + step * place + reach * random.uniform(-1, 1)
        points.append(min(max(point, parent.low), parent.high))
    points.append(parent.close)
    peak, trough = random.sample(range(1, parts), 2)
    if parent.high not in {parent.open, parent.close}:
        points[peak] = parent.high
    if parent.low not in {parent.open, parent.close}:
        points[trough] = parent.low
    return tuple(
        Bar(
            start,
            min(max(start, end) + reach / 2 * random.random(), parent.high),
            max(min(start, end) - reach / 2 * random.random(), parent.low),
            end,
        )
        for start, end in pairwise(points)
    )
