"""How sure a win rate is."""

from statistics import NormalDist
from typing import Final

CONFIDENCE: Final = 0.95
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


def wilson_interval(wins: int, decided: int) -> tuple[float, float]:
    """The range that has the true win rate with ``CONFIDENCE``, if the ``decided`` deals are independent:
    the score interval of Wilson (1927), which also holds for a few deals and for rates near 0 and 1."""
    rate, square = wins / decided, _Z * _Z
    center = (rate + square / (2 * decided)) / (1 + square / decided)
    half = (_Z / (1 + square / decided)) * (rate * (1 - rate) / decided + square / (4 * decided**2)) ** 0.5
    return max(0.0, min(rate, center - half)), min(1.0, max(rate, center + half))
