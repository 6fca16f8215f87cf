"""Which candles are loaded for gaps, and what is published of the outcome."""

import pytest
from hypothesis import given, strategies as st

from actors.errors import RequestTimeout
from actors.health.gaps import LOAD_TIMEOUT, REQUESTS_FOR_A_GAP, Backfill, Loading, covering, uncovered
from actors.messages.commands import LoadCandles
from actors.messages.events import CandlesLoaded, StreamGap, StreamRecovered
from actors.values import Candle

T = 1_770_000_000  # a multiple of 60
CANDLES_PER_REQUEST = 7
MOST_BARS = REQUESTS_FOR_A_GAP * CANDLES_PER_REQUEST


def gap(start: float, end: float, asset: str = "A", period: int = 60, connection: str = "c1") -> StreamGap:
    return StreamGap(asset, T + start, T + end, "cut", connection, period)


def bars(*times: int) -> list[Candle]:
    return [Candle(T + time, 1.1, 1.2, 1.0, 1.15) for time in times]


def begun(*gaps: StreamGap) -> tuple[Backfill, Loading]:
    backfill = Backfill(CANDLES_PER_REQUEST)
    loading = backfill.begin(gaps[0])
    assert loading is not None
    assert [backfill.begin(later) for later in gaps[1:]] == [None] * (len(gaps) - 1)
    return backfill, loading


def test_the_bars_of_a_gap_include_those_that_contain_its_start_and_its_end() -> None:
    _, loading = begun(gap(30, 150))
    assert loading.command == LoadCandles("A", 60, 3, T + 210, deadline=LOAD_TIMEOUT)


def test_a_gap_shorter_than_a_bar_is_filled_by_the_bar_that_contains_it() -> None:
    backfill, loading = begun(gap(10, 12))
    events, following = backfill.finish(loading.id, bars(-60, 0))
    assert events == [
        CandlesLoaded("A", 60, bars(0)),
        StreamRecovered("A", "c1", T + 10, T + 12, filled=1, missing=(), reason=""),
    ]
    assert following is None


@given(st.integers(0, 10**5), st.integers(1, 10**5), st.sampled_from([1, 5, 60, 3600]))
def test_enough_bars_are_requested_to_cover_any_gap(start: int, length: int, period: int) -> None:
    _, loading = begun(gap(start, start + length, period=period))
    command = loading.command
    assert command.end is not None
    last = int(command.end) // period * period - period
    first = last - (command.count - 1) * period
    reach = [Candle(time, 1.1, 1.2, 1.0, 1.15) for time in range(first, last + 1, period)]
    left = uncovered((T + start, T + start + length), reach, period)
    assert bool(left) == (command.count == MOST_BARS and first > T + start)


def test_the_recovery_names_the_missing_bars_and_the_reason() -> None:
    backfill, loading = begun(gap(30, 290))
    events, _ = backfill.finish(loading.id, bars(60, 180))
    assert events[-1] == StreamRecovered(
        "A",
        "c1",
        T + 30,
        T + 290,
        filled=2,
        missing=((T + 30, T + 60), (T + 120, T + 180), (T + 240, T + 290)),
        reason="the venue gave no candles for it",
    )


def test_a_refused_load_fills_nothing_and_the_refusal_is_the_reason() -> None:
    backfill, loading = begun(gap(30, 90))
    events, _ = backfill.finish(loading.id, RequestTimeout("no answer"))
    whole = ((T + 30, T + 90),)
    assert events == [
        StreamRecovered("A", "c1", T + 30, T + 90, 0, whole, reason="RequestTimeout: no answer")
    ]


def test_gaps_that_come_during_a_load_are_filled_together_after_it() -> None:
    first, second, third = gap(10, 20), gap(100, 130), gap(200, 260, connection="c2")
    backfill, loading = begun(first, second, third)
    events, following = backfill.finish(loading.id, bars(0))
    assert events[-1] == StreamRecovered("A", "c1", T + 10, T + 20, 1)
    assert following is not None
    assert following.command == LoadCandles("A", 60, 4, T + 320, deadline=LOAD_TIMEOUT)
    events, following = backfill.finish(following.id, bars(60, 240))
    assert events[-1] == StreamRecovered(
        "A",
        "c2",
        T + 100,
        T + 260,
        2,
        ((T + 120, T + 130), (T + 200, T + 240)),
        "the venue gave no candles for it",
    )
    assert following is None
    assert backfill.begin(gap(300, 310)) is not None


def test_the_gaps_of_another_asset_do_not_wait() -> None:
    backfill, _ = begun(gap(10, 20))
    assert backfill.begin(gap(10, 20, asset="B")) is not None


def test_a_gap_too_long_to_fill_is_filled_at_its_end() -> None:
    _, loading = begun(gap(0, 10**6))
    assert loading.command.count == MOST_BARS
    assert loading.command.end == T + 10**6 + 60


@pytest.mark.parametrize(
    ("span", "times", "parts"),
    [
        ((0, 60), [0], []),
        ((0, 61), [0], [(60, 61)]),
        ((59, 61), [0, 60], []),
        ((0, 60), [60], [(0, 60)]),
        ((0, 60), [], [(0, 60)]),
        ((10, 500), [0, 60, 240], [(120, 240), (300, 500)]),
    ],
)
def test_the_parts_that_no_bar_covers_are_left_open(
    span: tuple[int, int], times: list[int], parts: list[tuple[int, int]]
) -> None:
    spans = uncovered((T + span[0], T + span[1]), bars(*times), 60)
    assert spans == [(T + start, T + end) for start, end in parts]


def test_only_bars_that_overlap_a_gap_count_each_once_and_in_order() -> None:
    found = covering([(T + 70, T + 80), (T + 180, T + 181)], bars(180, 120, 60, 60, 0, 240), 60)
    assert found == bars(60, 180)
