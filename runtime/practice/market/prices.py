"""The price of every asset at every instant, computed instead of remembered.

A day is a bar. A bar splits into shorter bars which open, close and peak as it does, down to one second;
within the second the price runs straight from the open over both extremes to the close. So bars of any
length agree with one another and with every tick, whenever and in whatever order they are asked for.

The prices are those of a random walk. One part of a bar alone has its high and one its low, so two neighbours
share an extreme only where rounding makes them equal: about as often as those of any random walk.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import exp, log, prod, sqrt
from random import Random
from typing import NamedTuple
from zlib import crc32

from runtime.practice.market.listings import Listing

_SPANS = (86400, 14400, 3600, 900, 300, 60, 15, 5, 1)
"""Seconds per level."""
_DAY = _SPANS[0]
_FARTHEST = 3.0
"""Standard deviations; a midnight lies no farther from the level of its asset."""
_CACHED_SPLITS = 16384  # about 20 MB; a live stream holds on to eight of them
_DRAWS = 3
"""Walks of which one is taken: more are hardly more like a random walk, and cost as much again."""
_TINY = 1e-12


class Bar(NamedTuple):
    """Prices over a span of venue time, not yet rounded to the asset's digits."""

    open: float
    high: float
    low: float
    close: float


class PriceSeries:
    """Prices as a function of seed, asset and venue time."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._parts = lru_cache(_CACHED_SPLITS)(self._split)

    def price(self, listing: Listing, time: float) -> float:
        second = int(time)
        bar = self._bar(listing.symbol, len(_SPANS) - 1, second)
        extremes = (bar.low, bar.high) if bar.close >= bar.open else (bar.high, bar.low)
        path = (bar.open, *extremes, bar.close)
        leg, along = divmod((time - second) * 3, 1)
        start, end = path[int(leg)], path[int(leg) + 1]
        return listing.level * (1 + listing.volatility * (start + (end - start) * along))

    def bar(self, listing: Listing, start: int, end: int) -> Bar:
        """The bar over ``[start, end)``, whole seconds; an empty span has the one price at its start."""
        parts = list(self._cover(listing.symbol, start, end))
        if not parts:
            price = self.price(listing, start)
            return Bar(price, price, price, price)
        high = max(part.high for part in parts)
        low = min(part.low for part in parts)
        points = (parts[0].open, high, low, parts[-1].close)
        return Bar(*(listing.level * (1 + listing.volatility * point) for point in points))

    def _cover(self, symbol: str, start: int, end: int) -> Iterator[Bar]:
        """The fewest known bars that tile the span."""
        while start < end:
            for depth, span in enumerate(_SPANS):
                if start % span == 0 and start + span <= end:
                    yield self._bar(symbol, depth, start // span)
                    start += span
                    break

    def _bar(self, symbol: str, depth: int, index: int) -> Bar:
        """In standard deviations of a day's change from the level."""
        if depth == 0:
            return self._parts(symbol, 0, index)[0]
        siblings = _SPANS[depth - 1] // _SPANS[depth]
        return self._parts(symbol, depth, index // siblings)[index % siblings]

    def _split(self, symbol: str, depth: int, index: int) -> tuple[Bar, ...]:
        """The bars at ``depth`` within their parent number ``index``; at depth 0 a day stands alone."""
        random = _random(self._seed, symbol, depth, index)
        if depth == 0:
            start, end = self._midnight(symbol, index), self._midnight(symbol, index + 1)
            return (_day(start, end, random),)
        parent = self._bar(symbol, depth - 1, index)
        return _divide(parent, _SPANS[depth - 1] // _SPANS[depth], sqrt(_SPANS[depth] / _DAY), random)

    def _midnight(self, symbol: str, day: int) -> float:
        """Midnights do not depend on one another, so that the price never leaves; a day's change is of 1."""
        change = _random(self._seed, symbol, -1, day).gauss(0, sqrt(0.5))
        return max(-_FARTHEST, min(_FARTHEST, change))


def _random(seed: int, symbol: str, depth: int, index: int) -> Random:
    """A generator of its own; a number seeds it in a tenth of the time that a text takes."""
    return Random((((seed << 32 | crc32(symbol.encode())) << 4 | depth + 1) << 40) | index)


def _day(start: float, end: float, random: Random) -> Bar:
    """A bar of a random walk whose change has a deviation of 1; each extreme is exact by itself."""
    high = max(start, end) + _wick(end - start, 0, 2, random)
    low = min(start, end) - _wick(end - start, 0, 2, random)
    return Bar(start, high, low, end)


def _fold(point: float, low: float, high: float) -> float:
    """Reflect a point that is outside of a bar back into it: a clamp would put many at the same price."""
    span = high - low
    along = (point - low) % (2 * span)
    return low + min(along, 2 * span - along)


def _walk(parent: Bar, parts: int, deviation: float, random: Random) -> list[float]:
    """The ends of the parts: a random walk from the open of the bar to its close, within its extremes."""
    points = [parent.open]
    for left in range(parts, 1, -1):
        mean = points[-1] + (parent.close - points[-1]) / left
        point = random.gauss(mean, deviation * sqrt((left - 1) / left))
        if not parent.low < point < parent.high:
            point = _fold(point, parent.low, parent.high)
        points.append(point)
    points.append(parent.close)
    return points


class _Edge(NamedTuple):
    """One extreme of a bar: how likely each of the parts goes beyond it, and how likely each has it."""

    beyond: list[float]
    density: list[float]

    @property
    def weight(self) -> float:
        """How likely no part goes beyond the extreme and one has it."""
        return prod(1 - chance for chance in self.beyond) * sum(self.density)


def _edge(points: list[float], extreme: float, scale: float) -> _Edge:
    """``scale`` is two over the variance of a part's change."""
    beyond, density = [], []
    for near, far in pairwise(abs(extreme - point) for point in points):
        chance = exp(-scale * near * far)
        beyond.append(chance)
        density.append(chance * (near + far) / (1 - chance + _TINY) + _TINY)
    return _Edge(beyond, density)


def _divide(parent: Bar, parts: int, deviation: float, random: Random) -> tuple[Bar, ...]:
    """Split a bar: of some walks take one by how likely it has the extremes of the bar."""
    scale = 2 / (deviation * deviation)
    walks, weights = [], []
    for _ in range(_DRAWS):
        points = _walk(parent, parts, deviation, random)
        above, below = _edge(points, parent.high, scale), _edge(points, parent.low, scale)
        walks.append((points, above, below))
        weights.append(above.weight * below.weight + _TINY)
    [(points, above, below)] = random.choices(walks, weights)
    [peak] = random.choices(range(parts), above.density)
    [trough] = random.choices(range(parts), below.density)
    bars = []
    for place, (start, end) in enumerate(pairwise(points)):
        high, low = parent.high, parent.low
        if place != peak:
            high = min(high, max(start, end) + _wick(end - start, above.beyond[place], scale, random))
        if place != trough:
            low = max(low, min(start, end) - _wick(end - start, below.beyond[place], scale, random))
        bars.append(Bar(start, high, low, end))
    return tuple(bars)


def _wick(change: float, beyond: float, scale: float, random: Random) -> float:
    """How far a walk goes beyond its ends; ``beyond`` is how likely it would go farther than it may."""
    chance = beyond + (1 - beyond) * (1 - random.random())
    return (sqrt(change * change - 4 / scale * log(chance)) - abs(change)) / 2
