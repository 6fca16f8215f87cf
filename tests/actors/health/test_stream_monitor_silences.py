"""Which ticks are missing because the venue was silent, whatever happened to the stream in the meantime."""

import pytest

from actors.messages.events import Event, StreamGap, StreamPlaced, StreamReport, StreamStale
from actors.values import Life
from tests.doubles.stream_monitor_simulation import START, StreamMonitorSimulation, asset

RATE = 10
"""Ticks a second; after 2 s without one ticks are missing, after 3 s the stream is stale."""

SILENT = "no tick for longer than usual"


def fast(until: int = 40, connections: int = 3) -> StreamMonitorSimulation:
    """Stream A, on c1, whose rate is known; other connections are up."""
    simulation = StreamMonitorSimulation(floor=3.0)
    for number in range(1, connections + 1):
        simulation.up(0, f"c{number}")
    simulation.confirmed(0)
    assert play(simulation, range(until), "c1") == []
    return simulation


def play(simulation: StreamMonitorSimulation, seconds: range, *ticking_on: str) -> list[Event]:
    """Every second A ticks on these connections, and all connections report. Returns the gaps and the
    stales."""
    events: list[Event] = []
    for now in seconds:
        for connection in ticking_on:
            simulation.tick(now, connection=connection, count=RATE)
        for life in list(simulation.monitor.connections):
            events += simulation.report(now, *life)
        events += simulation.check(now).events
    return events


def gap(start: float, end: float, connection: str, reason: str = SILENT) -> StreamGap:
    return StreamGap("A", START + start, START + end, reason, connection, 60)


def move(simulation: StreamMonitorSimulation, now: float, old: str, new: str) -> None:
    simulation.moves(old, new)
    simulation.confirmed(now, connection=new)


# FAULT: a move began a new silence and asked for no gap, so a silent stream that moved was never stale, and
# what the venue had kept back was missing without a word.
@pytest.mark.parametrize("released", ["before the first tick", "after it"])
def test_a_silence_that_a_move_interrupts_is_one_silence(released: str) -> None:
    simulation = fast()
    events = play(simulation, range(40, 42))
    move(simulation, 41.5, "c1", "c2")
    if released == "before the first tick":
        events += simulation.released("c1")
    events += play(simulation, range(42, 44), "c2")
    if released == "after it":
        events += simulation.released("c1")
    assert events == [gap(39, 42, "c2")]


def test_a_silence_is_stale_after_the_same_time_however_often_the_stream_moves() -> None:
    simulation = fast()
    events: list[Event] = []
    for now, old, new in ((40, "c1", "c2"), (41, "c2", "c3"), (42, "c3", "c1")):
        move(simulation, now, old, new)
        simulation.released(old)
        events += play(simulation, range(now, now + 1))
    events += play(simulation, range(43, 46))
    (stale,) = events
    assert isinstance(stale, StreamStale)
    assert (stale.silent_for, stale.cure) == (4.0, "resubscribe")
    assert play(simulation, range(46, 50), "c1") == [gap(39, 46, "c1", "the stream was stale")]


def test_a_stream_that_goes_on_during_its_move_has_no_gap() -> None:
    simulation = fast()
    move(simulation, 40, "c1", "c2")
    assert play(simulation, range(40, 46), "c1", "c2") == []
    assert simulation.released("c1") == []
    assert play(simulation, range(46, 60), "c2") == []


def test_a_silence_of_the_old_connection_alone_ends_where_the_new_one_begins() -> None:
    simulation = fast()
    events = play(simulation, range(40, 42))
    move(simulation, 42, "c1", "c2")
    events += play(simulation, range(42, 45), "c2")
    events += play(simulation, range(45, 46), "c1", "c2")  # what came after 42 is held of the new one
    assert events == []
    assert simulation.released("c1") == [gap(39, 42, "c2")]


def test_a_silence_that_ends_on_the_old_connection_during_a_move_that_is_given_up() -> None:
    simulation = fast()
    events = play(simulation, range(40, 42))
    move(simulation, 42, "c1", "c2")
    events += play(simulation, range(42, 45), "c2")
    events += play(simulation, range(45, 46), "c1", "c2")
    assert events == []
    assert simulation.released("c2") == [gap(39, 45, "c1")]  # what the new one brought is discarded


def test_a_silence_before_the_previous_life_ends_is_no_part_of_its_end() -> None:
    simulation = fast()
    play(simulation, range(40, 42))
    move(simulation, 42, "c1", "c2")
    events = play(simulation, range(42, 44), "c1", "c2")
    events += simulation.down("c1", now=44)
    assert events == [gap(39, 42, "c2")]


def test_a_silence_too_short_for_the_stream_to_be_stale_is_a_gap_if_its_rate_leaves_no_doubt() -> None:
    simulation = fast()
    events = play(simulation, range(40, 42))  # the last tick came at 39: by 42 it is not stale
    assert events + play(simulation, range(42, 60), "c1") == [gap(39, 42, "c1")]


def test_a_pause_that_is_usual_for_the_stream_is_no_gap() -> None:
    simulation = StreamMonitorSimulation(floor=3.0)
    simulation.up(0)
    simulation.confirmed(0)
    for now in range(0, 300, 3):
        assert play(simulation, range(now, now + 1), "c1") == []
        assert play(simulation, range(now + 1, now + 3)) == []


def test_a_silence_before_the_rate_is_known_is_announced_once_it_is() -> None:
    simulation = StreamMonitorSimulation(floor=3.0)
    simulation.up(0)
    simulation.up(0, "c2")
    simulation.confirmed(0)
    events = play(simulation, range(1), "c1")
    events += play(simulation, range(1, 4))
    move(simulation, 4, "c1", "c2")
    simulation.released("c1")
    events += play(simulation, range(4, 8))  # without a rate it is stale after 10 s
    assert events == []
    assert play(simulation, range(8, 20), "c2") == [gap(0, 8, "c2")]


def test_a_stream_that_was_silent_from_its_confirmation_on_has_a_gap_although_it_has_moved() -> None:
    simulation = StreamMonitorSimulation(floor=3.0)
    simulation.up(0)
    simulation.up(0, "c2")
    simulation.confirmed(0)
    play(simulation, range(6))
    move(simulation, 6, "c1", "c2")
    simulation.released("c1")
    events = play(simulation, range(6, 12))
    assert [type(event) for event in events] == [StreamStale]  # of a rate that is not known, 10 s
    (found,) = play(simulation, range(12, 30), "c2")
    assert isinstance(found, StreamGap)
    assert (found.from_time, found.to_time) == (START - 1, START + 12)


# -- stalls of ours -------------------------------------------------------------------------------------


# FAULT: after a stall all reports came at one moment, and no check had seen the stream stale between them.
def test_a_silence_during_a_stall_of_the_main_process_is_a_gap() -> None:
    simulation = fast(connections=1)
    events: list[Event] = []
    for now in range(40, 60):
        if now in {40, 41} or now >= 50:
            simulation.tick(now, count=RATE)
        events += simulation.report(now, handled_at=60)
    events += simulation.check(60).events
    assert events == [gap(41, 50, "c1")]


def in_one_report(simulation: StreamMonitorSimulation, now: float, first: float, ticks: int) -> list[Event]:
    """The connection has stood still, and reports at ``now`` what it has read at once."""
    before = simulation.counters[Life("c1", 1)]["A"]
    simulation.counters[Life("c1", 1)]["A"] = StreamReport(
        before.ticks + ticks, before.first_time, START + now, 1.0, START + now, START + first
    )
    return simulation.report(now)


def test_a_silence_within_a_stall_of_the_connection_shows_by_the_number_of_ticks() -> None:
    simulation = fast()
    assert in_one_report(simulation, now=50, first=40, ticks=30) == [gap(40, 50, "c1")]


def test_a_stall_of_the_connection_without_a_silence_is_no_gap() -> None:
    simulation = fast()
    assert in_one_report(simulation, now=50, first=40, ticks=100) == []
    assert play(simulation, range(51, 60), "c1") == []


# -- clocks and markets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_venues_clock_that_is_set_makes_no_gap(step: float) -> None:
    simulation = fast()
    counters = simulation.counters[Life("c1", 1)]
    events: list[Event] = []
    for now in range(40, 60):
        ticks = counters["A"].ticks + RATE
        at = START + now + step
        counters["A"] = StreamReport(ticks, counters["A"].first_time, at, 1.0, START + now, at)
        events += simulation.report(now)
    assert events == []


def test_a_silence_goes_on_where_the_market_opens_again() -> None:
    simulation = fast()
    events = play(simulation, range(40, 42))
    simulation.listed(41.5, asset("A", tradable=False))
    events += play(simulation, range(42, 100))
    simulation.listed(100, asset("A", tradable=True))
    events += play(simulation, range(100, 102))
    assert events == []
    assert play(simulation, range(102, 120), "c1") == [gap(39, 102, "c1")]


# FAULT: a silence that was too short before the closing, and again after the opening, was not announced.
def test_the_parts_of_a_silence_before_and_after_closings_count_together() -> None:
    simulation = fast()
    for closes_at in (40.5, 45.5, 50.5):
        simulation.monitor.on_assets([asset("A", tradable=False)], closes_at, START + closes_at)
        assert play(simulation, range(int(closes_at) + 1, int(closes_at) + 4)) == []
        opens_at = closes_at + 3.5
        simulation.monitor.on_assets([asset("A", tradable=True)], opens_at, START + opens_at)
        assert play(simulation, range(int(opens_at), int(opens_at) + 1)) == []
    assert play(simulation, range(55, 60), "c1") == [gap(39, 55, "c1")]


def test_a_market_that_closes_and_opens_while_the_stream_ticks_has_no_gap() -> None:
    simulation = fast()
    for opens_at in range(50, 200, 50):
        simulation.listed(opens_at - 10, asset("A", tradable=False))
        assert play(simulation, range(opens_at - 10, opens_at)) == []
        simulation.listed(opens_at, asset("A", tradable=True))
        assert play(simulation, range(opens_at, opens_at + 40), "c1") == []


# FAULT: the end of a life that came after the start of its successor opened no gap.
def test_a_life_that_another_one_of_its_connection_replaces_leaves_a_gap() -> None:
    simulation = fast()
    simulation.up(40, epoch=2)
    simulation.monitor.on_placed(StreamPlaced("A", 60, "c1", 2, START + 40), 40, START + 40)
    simulation.down(epoch=1, now=40)
    simulation.confirmed(40, epoch=2)
    simulation.tick(41, epoch=2, count=RATE)
    assert simulation.report(41, epoch=2) == [gap(39, 41, "c1", "another life of its connection began")]
