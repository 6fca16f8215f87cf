"""The interval of a win rate, against values from the literature and from the equation that defines it."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given, strategies as st

from runtime.report.win_rate import wilson_interval

Z = NormalDist().inv_cdf(0.975)


@pytest.mark.parametrize(
    ("wins", "decided", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(wins: int, decided: int, low: float, high: float) -> None:
    assert wilson_interval(wins, decided) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda decided: st.tuples(st.integers(0, decided), st.just(decided))))
def test_at_its_ends_the_rate_is_z_standard_errors_away(counts: tuple[int, int]) -> None:
    wins, decided = counts
    low, high = wilson_interval(wins, decided)
    assert 0 <= low <= wins / decided <= high <= 1
    for end in (low, high):
        distance = abs(wins / decided - end)
        if 0 < end < 1 and distance > 1e-9:
            assert distance == pytest.approx(Z * math.sqrt(end * (1 - end) / decided), rel=1e-6)
