import itertools
from typing import Any

from hypothesis import given, strategies as st

from actors.messages.events import BarClosed, BarForming, RawMessage, StreamRecovered
from actors.messages.traffic import Deliver, unfolded
from actors.routing.conflation import (
    MOST_WAITING_EVENTS,
    SLOW_AFTER,
    Backlog,
    conflate,
    conflate_columns,
    events_in,
)
from actors.values import Candle, Tick
from tests.doubles.tick_columns import columns


def tick(asset: str, number: int) -> Tick:
    return Tick(asset, number, 1.0, 0.0)


def test_only_the_newest_tick_of_each_asset_is_kept_and_the_others_are_counted() -> None:
    events = [tick("A", 1), tick("B", 2), tick("A", 3), tick("A", 4)]
    assert conflate(events) == ([tick("B", 2), tick("A", 4)], 2)


def test_every_other_event_is_kept_in_its_place() -> None:
    news = [RawMessage("x", ""), RawMessage("x", ""), StreamRecovered("A", "c")]
    events = [news[0], tick("A", 1), news[1], tick("A", 2), news[2]]
    assert conflate(events) == ([news[0], news[1], tick("A", 2), news[2]], 1)


def test_of_a_forming_bar_the_newest_state_is_kept_and_every_closed_bar() -> None:
    def forming(series: str, until: float) -> BarForming:
        return BarForming("A", series, Candle(0, 1.0, 1.0, 1.0, 1.0, 1), until)

    closed = BarClosed("A", "A.60", Candle(0, 1.0, 1.0, 1.0, 1.0, 1), 3.0)
    events = [
        forming("A.60", 1.0),
        forming("A.9", 2.0),
        closed,
        forming("A.60", 4.0),
        closed,
        forming("A.60", 5.0),
    ]
    for kept, missed in (conflate(events), conflate_columns(events)):
        assert kept == [forming("A.9", 2.0), closed, closed, forming("A.60", 5.0)]
        assert missed == 0


def test_equal_ticks_are_one() -> None:
    assert conflate([tick("A", 1), tick("A", 1)]) == ([tick("A", 1)], 1)


def test_nothing_conflates_to_nothing() -> None:
    assert conflate([]) == ([], 0)


@given(st.lists(st.one_of(st.sampled_from("ABC"), st.integers())))
def test_every_event_is_kept_or_counted_and_conflating_again_changes_nothing(plan: list[str | int]) -> None:
    events = [
        tick(what, number) if isinstance(what, str) else RawMessage(str(what), "")
        for number, what in enumerate(plan)
    ]
    kept, missed = conflate(events)
    assert len(kept) + missed == len(events)
    positions = [events.index(event) for event in kept if isinstance(event, Tick)]
    assert positions == sorted(positions)
    assert [e for e in kept if not isinstance(e, Tick)] == [e for e in events if not isinstance(e, Tick)]
    for asset in "ABC":
        of_asset = [e for e in events if isinstance(e, Tick) and e.asset == asset]
        assert [e for e in kept if isinstance(e, Tick) and e.asset == asset] == of_asset[-1:]
    assert conflate(kept) == (kept, 0)


@given(
    st.lists(st.one_of(st.lists(st.sampled_from("ABC"), min_size=1, max_size=5), st.integers()), max_size=8)
)
def test_columns_conflate_as_their_ticks_do_and_stay_columns(plan: list[list[str] | int]) -> None:
    numbers = itertools.count()
    items: list[Any] = [
        columns(*(tick(asset, next(numbers)) for asset in what))
        if isinstance(what, list)
        else RawMessage(str(what), "")
        for what in plan
    ]
    kept, missed = conflate_columns(items)
    assert (list(unfolded(kept)), missed) == conflate(list(unfolded(items)))
    assert not any(isinstance(item, Tick) for item in kept)
    assert events_in(items) == events_in(kept) + missed


# -- the backlog of one handler -------------------------------------------------------------------------


def one(number: int) -> Deliver:
    return Deliver([tick("A", number)])


# FAULT: 64 batches of one tick each, 0.16 s of four lively streams, were taken for a handler that is too slow
# when they came at once, behind a process that had not been scheduled for so long.
def test_many_deliveries_at_once_are_joined_without_a_loss() -> None:
    backlog = Backlog()
    backlog.busy_since = 10.0
    joined = Deliver([])
    for burst in range(10):
        more = [one(number) for number in range(65 * burst, 65 * (burst + 1))]
        joined = backlog.join([joined, *more], 10.0 + SLOW_AFTER)
    assert joined == Deliver([tick("A", number) for number in range(650)], 0)


def test_a_handler_that_works_for_too_long_misses_ticks_until_it_is_done() -> None:
    backlog = Backlog()
    backlog.busy_since = 10.0
    joined = backlog.join([one(1), one(2), one(3)], 10.1 + SLOW_AFTER)
    assert joined == Deliver([tick("A", 3)], 2)
    assert backlog.join([joined, one(4)], 10.2 + SLOW_AFTER) == Deliver([tick("A", 4)], 3)
    backlog.busy_since = None
    backlog.busy_since = 11.0
    assert backlog.join([joined, one(4)], 11.1) == Deliver([tick("A", 3), tick("A", 4)], 2)


def test_a_handler_that_had_nothing_to_do_is_not_slow() -> None:
    backlog = Backlog()
    backlog.busy_since = 10.0
    backlog.busy_since = None
    assert backlog.join([one(1), one(2)], 1000.0).missed == 0


def test_the_events_that_wait_for_a_quick_handler_are_bounded_too() -> None:
    backlog = Backlog()
    many = Deliver([tick("A", number) for number in range(MOST_WAITING_EVENTS)])
    assert backlog.join([many], 10.0).missed == 0
    assert backlog.join([many, one(MOST_WAITING_EVENTS)], 10.0) == Deliver(
        [tick("A", MOST_WAITING_EVENTS)], MOST_WAITING_EVENTS
    )
