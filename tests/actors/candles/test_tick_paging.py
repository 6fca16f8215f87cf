"""Which page of ticks is asked for next, whatever a page lacks, and when the load is complete."""

from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from actors.candles.tick_paging import MARGIN, TickPaging
from actors.messages.commands import LoadTicks
from actors.messages.ticks import TicksLoaded
from actors.values import Tick

NOW = 10_000.0
SPAN = 100.0
Rows = Sequence[tuple[float, float]]


def page(rows: Rows, asked: LoadTicks, most: int = 10_000) -> TicksLoaded:
    """What a venue with ``rows`` answers, which sends ``most`` ticks at most, and more than was asked for."""
    assert asked.end is not None
    assert asked.seconds is not None
    found = [row for row in rows if asked.end - asked.seconds < row[0] <= asked.end][-most:]
    return TicksLoaded("A", [time for time, _ in found], [price for _, price in found])


def load(rows: Rows, command: LoadTicks, most: int = 10_000) -> tuple[Rows, int]:
    """What is loaded, and in how many pages."""
    paging, pages = TickPaging(command, SPAN, NOW), 1
    while paging.add(page(rows, paging.request(), most)):
        pages += 1
        assert pages < 10_000
    return [(tick.time, tick.price) for tick in paging.found()], pages


EVEN = [(NOW - 0.5 * back, float(back)) for back in range(2000, 0, -1)]


def test_a_span_within_one_page_takes_one_request() -> None:
    found, pages = load(EVEN, LoadTicks("A", 60.0))
    assert found == [row for row in EVEN if NOW - 60.0 <= row[0] < NOW]
    assert pages == 1


def test_a_page_asks_for_a_little_more_than_is_wanted_and_never_more_than_the_venue_gives() -> None:
    assert TickPaging(LoadTicks("A", 60.0), SPAN, NOW).request() == LoadTicks("A", 60.0 + MARGIN, end=NOW)
    assert TickPaging(LoadTicks("A", 600.0), SPAN, NOW).request() == LoadTicks("A", SPAN, end=NOW)


def test_a_longer_span_is_loaded_page_by_page() -> None:
    found, pages = load(EVEN, LoadTicks("A", 350.0, end=NOW - 50.25))
    assert found == [row for row in EVEN if NOW - 400.25 <= row[0] < NOW - 50.25]
    assert pages == 4


def test_a_count_is_loaded_from_the_end() -> None:
    assert load(EVEN, LoadTicks("A", count=10)) == (EVEN[-10:], 1)
    assert load(EVEN, LoadTicks("A", count=500))[0] == EVEN[-500:]
    assert load(EVEN, LoadTicks("A", count=5000))[0] == EVEN


def test_a_pause_of_the_market_is_passed_by_a_span_and_ends_a_count() -> None:
    before = [(NOW - 500.0 + number, 1.0) for number in range(50)]
    after = [(NOW - 10.0 + number, 2.0) for number in range(10)]
    assert load([*before, *after], LoadTicks("A", 600.0))[0] == [*before, *after]
    assert load([*before, *after], LoadTicks("A", count=30))[0] == after


def test_nothing_at_all_is_an_answer() -> None:
    assert load([], LoadTicks("A", 600.0))[0] == []
    assert load([], LoadTicks("A", count=3))[0] == []


def test_a_tick_of_the_past_was_received_at_no_time() -> None:
    paging = TickPaging(LoadTicks("A", count=1), SPAN, NOW)
    paging.add(page(EVEN, paging.request()))
    assert paging.found() == [Tick("A", *EVEN[-1], 0.0)]


@pytest.mark.parametrize(
    ("command", "outdated"),
    [
        (LoadTicks("A", 5.0), True),
        (LoadTicks("A", 5.0, end=NOW), False),
        (LoadTicks("A", 5.0, end=NOW + 1), True),
    ],
)
def test_ticks_up_to_now_are_old_as_soon_as_they_have_come(command: LoadTicks, outdated: bool) -> None:
    paging = TickPaging(command, SPAN, NOW)
    assert not paging.outdated
    paging.add(page(EVEN, paging.request()))
    assert paging.outdated is outdated


@given(
    stamps=st.lists(st.integers(0, 4000).map(lambda tenths: NOW - tenths / 10), max_size=60).map(sorted),
    most=st.integers(4, 20),
    seconds=st.floats(0.5, 380.0),
    end=st.sampled_from([None, NOW - 3.0, NOW - 0.05, NOW + 7.0]),
)
def test_wherever_the_venue_cuts_its_pages_no_tick_is_lost_or_doubled(
    stamps: list[float], most: int, seconds: float, end: float | None
) -> None:
    rows = [(stamp, float(number)) for number, stamp in enumerate(stamps)]
    crowded = max((stamps.count(stamp) for stamp in stamps), default=0)
    found, _ = load(rows, LoadTicks("A", seconds, end=end), max(most, 2 * crowded + 1))
    closes = NOW if end is None else end
    assert found == [row for row in rows if closes - seconds <= row[0] < closes]


@given(
    gaps=st.lists(st.integers(1, 900), min_size=1, max_size=60),
    most=st.integers(4, 20),
    count=st.integers(1, 70),
)
def test_a_count_loses_no_tick_either(gaps: list[int], most: int, count: int) -> None:
    stamp, rows = NOW - 0.05, []
    for number, gap in enumerate(gaps):
        stamp -= gap / 10
        rows.append((stamp, float(number)))
    rows.reverse()
    assert load(rows, LoadTicks("A", count=count), most)[0] == rows[-count:]
