"""How many durations fell into which range."""

from bisect import bisect_left
from itertools import accumulate
from typing import Final

from msgspec import Struct

BOUNDS: Final = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip
"""Seconds: from an ask that the main process answers itself to the end of a short deal."""


class Distribution(Struct, frozen=True):
    """``counts`` has one number more than ``bounds``: of each bound the durations up to it and above the one
    before, and at the end those beyond the last. ``sum`` is in seconds."""

    bounds: tuple[float, ...] = BOUNDS
    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    sum: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulated(self) -> list[tuple[str, float]]:
        """For each bound, and for infinity, the durations up to it: the buckets of Prometheus."""
        names = [*map(repr, self.bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self.counts)), strict=True))


class Histogram:
    """Collects a ``Distribution``; for one thread."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self._sum += seconds

    def distribution(self) -> Distribution:
        return Distribution(BOUNDS, tuple(self._counts), self._sum)
