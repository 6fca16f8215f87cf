"""Which ticks of a stream are missing, and when it has recovered."""

import pytest

from actors.health.stream import MARGIN
from actors.messages.events import (
    StreamGap,
    StreamPlaced,
    StreamReport,
    StreamStale,
)
from actors.values import Life
from tests.doubles.stream_monitor_simulation import START, StreamMonitorSimulation, asset, gap, streaming


def test_an_outage_is_one_gap_from_the_last_tick_before_it_to_the_first_one_after_it() -> None:
    simulation = streaming(until=5)
    simulation.down(reason="cut")
    simulation.up(7, epoch=2)
    simulation.confirmed(8, epoch=2)
    assert simulation.run(8, 10, ticking=False, epoch=2) == []
    events = simulation.run(10, 40, ticking=True, epoch=2)
    assert events == [gap(4, 10)]
    stream = simulation.monitor.streams["A"]
    assert (stream.gaps, stream.last_gap) == (1, (START + 4, START + 10))


def test_a_stream_that_moves_to_another_connection_has_one_gap_too() -> None:
    simulation = streaming(until=5)
    simulation.up(0, connection="c2")
    simulation.down(connection="c1")
    simulation.confirmed(6, connection="c2")
    events = simulation.run(7, 20, ticking=True, connection="c2")
    assert events == [gap(4, 7, connection="c2")]


def test_lives_that_delivered_nothing_lengthen_the_gap_and_add_none() -> None:
    simulation = streaming(until=5)
    for epoch in (2, 3, 4):
        simulation.down(epoch=epoch - 1, reason=f"cut {epoch}")
        simulation.up(epoch * 10, epoch=epoch)
        simulation.confirmed(epoch * 10, epoch=epoch)
        assert simulation.report(epoch * 10 + 1, epoch=epoch) == []
    events = simulation.run(42, 60, ticking=True, epoch=4)
    assert events == [gap(4, 42, "cut 2")]


def test_each_outage_has_its_own_gap() -> None:
    simulation = streaming(until=5)
    gaps = []
    for epoch in (2, 3, 4):
        begin = epoch * 10
        simulation.down(epoch=epoch - 1)
        simulation.up(begin, epoch=epoch)
        simulation.confirmed(begin, epoch=epoch)
        gaps += [
            event
            for event in simulation.run(begin, begin + 5, ticking=True, epoch=epoch)
            if isinstance(event, StreamGap)
        ]
    assert [(gap.from_time - START, gap.to_time - START) for gap in gaps] == [
        (4, 20),
        (24, 30),
        (34, 40),
    ]
    assert simulation.monitor.streams["A"].gaps == 3
    assert simulation.monitor.streams["A"].ticks == 20


def test_a_stream_that_ticks_after_a_new_subscription_has_a_gap() -> None:
    simulation = streaming(until=1)
    simulation.run(1, 12, ticking=False)
    simulation.resubscribed()
    simulation.confirmed(12)
    events = simulation.run(13, 60, ticking=True)
    assert events == [gap(0, 13, "the stream was stale")]


# FAULT: only a new subscription showed a gap, so what the venue had left out before was missing in silence.
def test_a_stale_stream_that_recovers_by_itself_has_a_gap() -> None:
    simulation = streaming(until=1)
    simulation.run(1, 12, ticking=False)
    assert simulation.run(12, 60, ticking=True) == [gap(0, 12, "the stream was stale")]


def test_the_gap_of_a_stream_that_was_never_reported_begins_before_its_placing() -> None:
    """Its first ticks may have come by then, and may be the only ones."""
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.confirmed(0)
    simulation.down()
    simulation.up(5, epoch=2)
    simulation.confirmed(5, epoch=2)
    events = simulation.run(6, 20, ticking=True, epoch=2)
    assert events == [gap(-MARGIN, 6)]


# FAULT: a clock ahead of the venue's, or a stall, made the gap begin after the first missing tick.
@pytest.mark.parametrize("ahead", [-3600.0, -3.0, 3.0, 3600.0])
def test_the_start_of_a_gap_without_a_tick_before_it_does_not_depend_on_the_venues_clock(
    ahead: float,
) -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.monitor.on_placed(StreamPlaced("A", 60, "c1", 1, START), 2.0, START + 2.0)  # seen 2 s late
    simulation.down(now=3)
    simulation.up(5, epoch=2)
    simulation.confirmed(5, epoch=2)
    simulation.counters[Life("c1", 2)]["A"] = StreamReport(
        1, START + ahead + 6, START + ahead + 6, 1.0, START + 6
    )
    (found,) = simulation.report(6, epoch=2)
    assert found == gap(ahead - MARGIN, ahead + 6)


def test_a_new_counter_of_a_healthy_stream_is_no_gap() -> None:
    simulation = streaming()
    simulation.resubscribed()
    assert simulation.run(5, 20, ticking=True) == []
    assert simulation.monitor.streams["A"].ticks == 20


def test_after_a_recovery_the_time_between_actions_starts_anew() -> None:
    simulation = streaming(until=1)
    simulation.run(1, 50, ticking=False)
    simulation.run(50, 51, ticking=True)
    assert simulation.pass_time(51, 70) == [(61, "A", "resubscribe")]


def test_the_time_between_actions_stays_long_after_a_reconnect_without_a_tick() -> None:
    simulation = streaming(until=1)
    assert [action for _, _, action in simulation.pass_time(1, 40)] == ["resubscribe", "replace"]
    simulation.down(reason="suspect", now=40)
    simulation.up(41, epoch=2)
    simulation.confirmed(41, epoch=2)
    assert simulation.pass_time(41, 81) == []
    assert simulation.pass_time(81, 90) == [(82, "A", "resubscribe")]


# -- closed markets ------------------------------------------------------------------------------------


def test_a_connection_lost_and_restored_while_the_market_is_closed_costs_no_gap() -> None:
    simulation = streaming()
    simulation.listed(5, asset("A", tradable=False))
    simulation.pass_time(5, 100)
    simulation.down(now=100)
    simulation.up(101, epoch=2)
    simulation.placed(101, epoch=2)
    simulation.confirmed(102, epoch=2)
    simulation.pass_time(102, 3600)
    simulation.listed(3600, asset("A", tradable=True))
    assert simulation.run(3600, 3700, ticking=True, epoch=2) == []


def test_a_market_that_opens_without_a_connection_has_a_gap_from_its_opening_on() -> None:
    simulation = streaming()
    simulation.listed(5, asset("A", tradable=False))
    simulation.pass_time(5, 100)
    simulation.down(now=100)
    simulation.pass_time(100, 3600)
    simulation.listed(3600, asset("A", tradable=True))
    assert simulation.pass_time(3600, 3610) == []
    simulation.up(3610, epoch=2)
    simulation.confirmed(3611, epoch=2)
    reason = "it was not confirmed when its market opened"
    assert simulation.run(3620, 3700, ticking=True, epoch=2) == [gap(3599 - MARGIN, 3620, reason)]


def test_a_gap_from_before_the_market_closed_is_announced_when_it_opens() -> None:
    simulation = streaming()
    simulation.down(now=5)
    simulation.listed(6, asset("A", tradable=False))
    simulation.up(7, epoch=2)
    simulation.confirmed(8, epoch=2)
    simulation.pass_time(8, 3600)
    simulation.listed(3600, asset("A", tradable=True))
    assert simulation.run(3600, 3700, ticking=True, epoch=2) == [gap(4, 3600)]


# FAULT: the ticks between the last report and the closing were lost with the connection, without a gap.
def test_a_connection_lost_before_it_reported_the_last_minute_of_a_market_has_a_gap() -> None:
    simulation = streaming()
    simulation.listed(5, asset("A", tradable=False))
    simulation.check(5)
    simulation.down(now=5.5)
    simulation.up(6, epoch=2)
    simulation.confirmed(7, epoch=2)
    simulation.pass_time(7, 3600)
    simulation.listed(3600, asset("A", tradable=True))
    assert simulation.run(3600, 3700, ticking=True, epoch=2) == [gap(4, 3600)]


# FAULT: the monitor checks once a second, and took a market for closed that had just opened.
def test_a_connection_lost_and_restored_just_after_the_opening_has_a_gap() -> None:
    simulation = streaming()
    simulation.listed(5, asset("A", tradable=False))
    simulation.pass_time(5, 3600)
    simulation.listed(3599.1, asset("A", tradable=True))
    simulation.down(now=3599.3)
    simulation.up(3599.4, epoch=2)
    simulation.confirmed(3599.5, epoch=2)
    reason = "it was not confirmed when its market opened"
    assert simulation.run(3600, 3700, ticking=True, epoch=2) == [gap(3599 - MARGIN, 3600, reason)]


# -- late events ---------------------------------------------------------------------------------------


def test_the_late_end_of_an_earlier_life_changes_nothing() -> None:
    simulation = streaming(until=5)
    simulation.down(epoch=1)
    simulation.up(6, epoch=2)
    simulation.confirmed(6, epoch=2)
    simulation.run(7, 8, ticking=True, epoch=2)
    simulation.down(epoch=1)
    assert simulation.run(8, 30, ticking=True, epoch=2) == []
    assert any(isinstance(event, StreamStale) for event in simulation.run(30, 60, ticking=False, epoch=2))


def test_the_late_start_of_an_ended_life_changes_nothing() -> None:
    simulation = streaming(until=5)
    simulation.down(epoch=1)
    simulation.up(6, epoch=1)
    assert simulation.monitor.connections == {}
    simulation.up(7, epoch=2)
    simulation.up(8, epoch=1)
    assert list(simulation.monitor.connections) == [Life("c1", 2)]


def test_the_report_of_an_earlier_life_changes_nothing() -> None:
    simulation = streaming(until=5)
    simulation.down(epoch=1)
    simulation.up(6, epoch=2)
    simulation.confirmed(6, epoch=2)
    simulation.tick(6, epoch=1)
    assert simulation.report(7, epoch=1) == []
    assert simulation.monitor.streams["A"].ticks == 5
    assert simulation.monitor.connections[Life("c1", 2)].report is None


def test_the_report_of_a_connection_that_no_longer_carries_it_changes_nothing() -> None:
    simulation = streaming(until=5)
    simulation.up(0, connection="c2")
    simulation.down(connection="c1")
    simulation.confirmed(6, connection="c2")
    simulation.tick(6, connection="c1")
    assert simulation.report(7, connection="c1") == []
    assert simulation.monitor.streams["A"].ticks == 5


def test_the_late_confirmation_of_a_life_that_has_ended_is_ignored() -> None:
    simulation = streaming(until=5)
    simulation.up(0, connection="c2")
    simulation.down(connection="c1")
    simulation.confirmed(6, connection="c2")
    simulation.confirmed(7, connection="c1", epoch=1)
    assert any(isinstance(e, StreamGap) for e in simulation.run(8, 20, ticking=True, connection="c2"))
