"""How ticks become bars."""

import pytest

from actors.values import Tick
from runtime.compat.binaryoptionstools import _chunks
from runtime.compat.binaryoptionstools._rows import VENUE_AHEAD, text


def bars(joiner: _chunks.Joiner, *ticks: tuple[float, float]) -> list[tuple[int, str, str, str, str]]:
    """Time (UTC), open, high, low and close of what comes of ``ticks``: time and price."""
    rows = [joiner(Tick("EURUSD", time, price, 0.0)) for time, price in ticks]
    return [
        (row["timestamp"] - VENUE_AHEAD, row["open"], row["high"], row["low"], row["close"])
        for row in rows
        if row is not None
    ]


def test_each_tick_is_a_bar_with_four_equal_prices() -> None:
    assert bars(_chunks.each_tick, (7.9, 1.5)) == [(7, "1.5", "1.5", "1.5", "1.5")]


def test_bars_by_count_have_the_time_of_their_first_tick() -> None:
    ticks = [(1.0, 1.0), (1.5, 3.0), (2.0, 2.0), (2.5, 5.0), (3.0, 4.0), (3.5, 6.0), (4.0, 7.0)]
    assert bars(_chunks.by_count(3), *ticks) == [(1, "1", "3", "1", "2"), (2, "5", "6", "4", "6")]


def test_bars_by_time_end_with_the_first_tick_of_a_later_second() -> None:
    ticks = [(1.8, 1.0), (2.9, 3.0), (3.1, 2.0), (3.2, 5.0), (4.9, 4.0), (5.0, 6.0)]
    assert bars(_chunks.by_time(2), *ticks) == [(1, "1", "3", "1", "2"), (3, "5", "6", "4", "6")]


def test_aligned_bars_are_completed_by_the_tick_behind_them() -> None:
    ticks = [(5.8, 1.0), (7.9, 3.0), (8.0, 2.0), (11.5, 5.0), (19.0, 4.0)]
    assert bars(_chunks.aligned(4), *ticks) == [(4, "1", "3", "1", "3"), (8, "2", "5", "2", "5")]


def test_what_is_no_length_is_refused() -> None:
    for wrong in (0, -1, 1.5):
        with pytest.raises(ValueError, match="chunk_size"):
            _chunks.by_count(wrong)  # type: ignore[arg-type]
    for joiner in (_chunks.by_time, _chunks.aligned):
        with pytest.raises(ValueError, match="longer than 0"):
            joiner(0)
    with pytest.raises(ValueError, match="whole seconds"):
        _chunks.aligned(0.5)


def test_numbers_are_spelt_without_an_exponent_and_without_zeros() -> None:
    assert [text(number) for number in (100, 1.5, 0.00001, "2.50", 1e22)] == [
        "100",
        "1.5",
        "0.00001",
        "2.5",
        "10000000000000000000000",
    ]
