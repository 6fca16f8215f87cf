"""Which ticks of a stream are missing after it moved from one connection to another."""

from actors.health.states import RecoveryAction
from actors.messages.events import ConnectionSuspect, Event, StreamConfirmed
from tests.doubles.stream_monitor_simulation import StreamMonitorSimulation, gap, streaming


def run(simulation: StreamMonitorSimulation, since: int, until: int, connection: str) -> list[Event]:
    """The events of stream A while it ticks on ``connection``; the other connection does not report."""
    events = simulation.run(since, until, ticking=True, connection=connection)
    return [event for event in events if not isinstance(event, ConnectionSuspect)]


def handed_over(*, ticked: bool) -> StreamMonitorSimulation:
    """Stream A, on c1 until 5, is confirmed on c2, where it may have ticked at 6; c1 has not released it."""
    simulation = streaming(until=5)
    simulation.up(0, "c2")
    simulation.moves("c1", "c2")
    simulation.confirmed(5.5, connection="c2")
    if ticked:
        simulation.tick(6, connection="c2")
        assert simulation.report(6, connection="c2") == []
    return simulation


def test_a_stream_that_is_handed_over_has_no_gap() -> None:
    simulation = handed_over(ticked=True)
    simulation.released("c1")
    assert simulation.down("c1", now=7) == []
    assert run(simulation, 7, 20, "c2") == []


# FAULT: the stream ran on the new life by then, so the unread input of the old one caused no gap.
def test_a_life_that_ends_while_it_hands_over_leaves_a_gap_up_to_the_first_tick_of_the_new_one() -> None:
    simulation = handed_over(ticked=True)
    assert simulation.down("c1", now=7) == [gap(4, 6, connection="c2")]
    assert run(simulation, 7, 20, "c2") == []


def test_if_the_new_life_has_not_ticked_by_then_the_gap_is_announced_when_it_does() -> None:
    simulation = handed_over(ticked=False)
    assert simulation.down("c1", now=6) == []
    assert run(simulation, 8, 20, "c2") == [gap(4, 8, connection="c2")]


def test_what_the_old_life_has_reported_since_is_not_missing() -> None:
    simulation = handed_over(ticked=False)
    simulation.tick(6, connection="c1")
    simulation.report(6, connection="c1")
    assert run(simulation, 7, 8, "c2") == []
    simulation.tick(7, connection="c1")
    simulation.report(7, connection="c1")
    assert simulation.down("c1", now=8) == []  # the reports of the two overlap


# FAULT: ticks of the old life after the cut were not delivered, and yet counted as seen.
def test_what_the_old_life_delivers_after_a_cut_lies_in_the_gap() -> None:
    simulation = streaming(until=5)
    simulation.up(0, "c2")
    simulation.moves("c1", "c2", cut=True)
    for now in (5, 6):
        simulation.tick(now, connection="c1")
        assert simulation.report(now, connection="c1") == []
    simulation.released("c1")
    simulation.confirmed(7, connection="c2")
    reason = "it was moved from a connection that did not deliver it"
    assert run(simulation, 8, 20, "c2") == [gap(4, 8, reason, "c2")]


def test_a_stream_that_comes_to_another_connection_without_a_handover_has_a_gap() -> None:
    simulation = streaming(until=5)
    simulation.up(0, "c2")
    simulation.confirmed(5.5, connection="c2")
    (found,) = run(simulation, 6, 20, "c2")
    assert found == gap(4, 6, "it came to another connection without a handover", "c2")


# FAULT: a late confirmation of the life that the stream had left moved it back there.
def test_the_late_confirmation_of_a_life_that_the_stream_has_left_is_ignored() -> None:
    simulation = handed_over(ticked=True)
    simulation.monitor.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 6.5)
    assert run(simulation, 7, 20, "c2") == []
    assert simulation.monitor.streams["A"].life == ("c2", 1)


def test_a_new_confirmation_of_the_life_that_hands_over_is_no_move_back() -> None:
    simulation = handed_over(ticked=True)
    simulation.confirmed(6.5, connection="c1")  # its period was changed
    assert run(simulation, 7, 20, "c2") == []
    assert simulation.monitor.streams["A"].confirmed


def test_a_cancelled_move_leaves_the_stream_where_it_was() -> None:
    simulation = handed_over(ticked=True)
    simulation.released("c2")
    assert run(simulation, 7, 20, "c1") == []
    assert simulation.down("c1", now=20) == []
    simulation.confirmed(21, connection="c2")
    assert run(simulation, 22, 30, "c2") == [gap(19, 22, connection="c2")]


def test_what_the_old_life_has_not_reported_is_not_announced_again_if_a_gap_covers_it() -> None:
    simulation = handed_over(ticked=False)
    simulation.monitor.streams["A"].on_recovery(RecoveryAction.RESUBSCRIBE, 7)
    assert run(simulation, 8, 9, "c2") == [gap(4, 8, "the stream was stale", "c2")]
    assert simulation.down("c1", now=9) == []


def test_a_gap_that_opened_before_a_handover_stays_open_through_it() -> None:
    simulation = streaming(until=5)
    for connection in ("c2", "c3"):
        simulation.up(0, connection)
    simulation.down("c1")
    simulation.confirmed(6, connection="c2")
    simulation.moves("c2", "c3")
    simulation.confirmed(7, connection="c3")
    simulation.tick(7, connection="c2")
    simulation.report(7, connection="c2")
    simulation.tick(8, connection="c3")
    assert simulation.report(8, connection="c3") == [gap(4, 8, connection="c3")]


def test_a_stream_that_its_connection_releases_and_takes_again_has_a_gap() -> None:
    simulation = streaming(until=5)
    simulation.released("c1")
    simulation.confirmed(6)
    assert run(simulation, 8, 20, "c1") == [gap(4, 8, "its connection released it")]


def test_a_stream_shows_its_life_its_health_and_the_handover_under_way() -> None:
    simulation = streaming(until=5)
    stream = simulation.monitor.streams["A"]
    assert repr(stream) == "<MonitoredStream A on c1#1: fresh, ticks: 5, gaps: 0>"
    simulation.up(0, "c2")
    simulation.moves("c1", "c2", cut=True)
    assert repr(stream) == (
        "<MonitoredStream A on c1#1: fresh, ticks: 5, gaps: 0, next on c2#1, cut off, "
        "gap open: it was moved from a connection that did not deliver it>"
    )
    simulation.moves("c1", "c2")
    simulation.confirmed(5.5, connection="c2")
    assert repr(stream).startswith("<MonitoredStream A on c2#1: unconfirmed, ")
    assert "not released by c1#1" in repr(stream)


def test_a_stale_stream_shows_what_was_tried() -> None:
    simulation = streaming(until=1)
    simulation.run(1, 12, ticking=False)
    assert repr(simulation.monitor.streams["A"]) == (
        "<MonitoredStream A on c1#1: stale, ticks: 1, gaps: 0, resubscribe tried, attempts: 1, "
        "gap open: the stream was stale>"
    )
