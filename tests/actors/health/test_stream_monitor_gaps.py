"""What of a stream was missed, and when it is whole again."""

import pytest

from actors.health.stream import MARGIN
from actors.messages.events import (
    StreamGap,
    StreamPlaced,
    StreamRecovered,
    StreamReport,
    StreamStale,
)
from tests.doubles.stream_monitor_simulation import VENUE, Scene, asset, gap, streaming


def test_an_outage_is_one_gap_from_the_last_tick_seen_to_the_first_seen_again() -> None:
    scene = streaming(until=5)
    scene.down(reason="cut")
    scene.up(7, epoch=2)
    scene.confirmed(8, epoch=2)
    assert scene.run(8, 10, ticking=False, epoch=2) == []
    news = scene.run(10, 40, ticking=True, epoch=2)
    assert news == [gap(4, 10)]
    health = scene.liveness.streams["A"]
    assert (health.gaps, health.last_gap) == (1, (VENUE + 4, VENUE + 10))


def test_a_stream_that_moves_to_another_connection_has_one_gap_too() -> None:
    scene = streaming(until=5)
    scene.up(0, connection="c2")
    scene.down(connection="c1")
    scene.confirmed(6, connection="c2")
    news = scene.run(7, 20, ticking=True, connection="c2")
    assert news == [gap(4, 7, connection="c2")]


def test_lives_that_delivered_nothing_make_the_gap_longer_and_not_more() -> None:
    scene = streaming(until=5)
    for epoch in (2, 3, 4):
        scene.down(epoch=epoch - 1, reason=f"cut {epoch}")
        scene.up(epoch * 10, epoch=epoch)
        scene.confirmed(epoch * 10, epoch=epoch)
        assert scene.report(epoch * 10 + 1, epoch=epoch) == []
    news = scene.run(42, 60, ticking=True, epoch=4)
    assert news == [gap(4, 42, "cut 2")]


def test_each_outage_has_its_own_gap() -> None:
    scene = streaming(until=5)
    gaps = []
    for epoch in (2, 3, 4):
        begin = epoch * 10
        scene.down(epoch=epoch - 1)
        scene.up(begin, epoch=epoch)
        scene.confirmed(begin, epoch=epoch)
        gaps += [
            event
            for event in scene.run(begin, begin + 5, ticking=True, epoch=epoch)
            if isinstance(event, StreamGap)
        ]
    assert [(gap.from_time - VENUE, gap.to_time - VENUE) for gap in gaps] == [(4, 20), (24, 30), (34, 40)]
    assert scene.liveness.streams["A"].gaps == 3
    assert scene.liveness.streams["A"].ticks == 20


def test_a_stream_cured_by_a_new_subscription_announces_the_gap() -> None:
    scene = streaming(until=1)
    scene.run(1, 12, ticking=False)
    scene.resubscribed()
    scene.confirmed(12)
    news = scene.run(13, 60, ticking=True)
    assert news == [gap(0, 13, "the stream was silent")]


def test_a_stream_that_recovers_by_itself_missed_nothing() -> None:
    scene = streaming(until=1)
    scene.run(1, 12, ticking=False)
    assert scene.run(12, 60, ticking=True) == [StreamRecovered("A", "c1")]


def test_the_gap_of_a_stream_that_was_never_reported_begins_before_the_news_of_the_stream() -> None:
    """Which is later than its first ticks, and some of those may be all that came."""
    scene = Scene()
    scene.up(0)
    scene.confirmed(0)
    scene.down()
    scene.up(5, epoch=2)
    scene.confirmed(5, epoch=2)
    news = scene.run(6, 20, ticking=True, epoch=2)
    assert news == [gap(-MARGIN, 6)]


# FAULT: a clock that was ahead of the venue's, or a stall, made the gap begin behind what was missed.
@pytest.mark.parametrize("ahead", [-3600.0, -3.0, 3.0, 3600.0])
def test_where_a_gap_without_a_tick_before_it_begins_does_not_depend_on_the_venues_clock(
    ahead: float,
) -> None:
    scene = Scene()
    scene.up(0)
    scene.liveness.placed(StreamPlaced("A", 60, "c1", 1, VENUE), 2.0, VENUE + 2.0)  # heard of 2 s late
    scene.down(now=3)
    scene.up(5, epoch=2)
    scene.confirmed(5, epoch=2)
    scene.accounts["c1", 2]["A"] = StreamReport(1, VENUE + ahead + 6, VENUE + ahead + 6, 1.0, VENUE + 6)
    (found,) = scene.report(6, epoch=2)
    assert found == gap(ahead - MARGIN, ahead + 6)


def test_a_new_account_of_a_healthy_stream_is_no_gap() -> None:
    scene = streaming()
    scene.resubscribed()
    assert scene.run(5, 20, ticking=True) == []
    assert scene.liveness.streams["A"].ticks == 20


def test_after_a_recovery_patience_starts_anew() -> None:
    scene = streaming(until=1)
    scene.run(1, 50, ticking=False)
    scene.run(50, 51, ticking=True)
    assert scene.pass_time(51, 70) == [(61, "A", "resubscribe")]


def test_patience_stays_grown_through_a_reconnect_that_cured_nothing() -> None:
    scene = streaming(until=1)
    assert [act for _, _, act in scene.pass_time(1, 40)] == ["resubscribe", "replace"]
    scene.down(reason="suspect", now=40)
    scene.up(41, epoch=2)
    scene.confirmed(41, epoch=2)
    assert scene.pass_time(41, 81) == []
    assert scene.pass_time(81, 90) == [(82, "A", "resubscribe")]


# -- closed markets ------------------------------------------------------------------------------------


def test_a_connection_lost_and_restored_while_the_market_is_closed_costs_no_gap() -> None:
    scene = streaming()
    scene.listed(5, asset("A", tradable=False))
    scene.pass_time(5, 100)
    scene.down(now=100)
    scene.up(101, epoch=2)
    scene.placed(101, epoch=2)
    scene.confirmed(102, epoch=2)
    scene.pass_time(102, 3600)
    scene.listed(3600, asset("A", tradable=True))
    assert scene.run(3600, 3700, ticking=True, epoch=2) == []


def test_a_market_that_opens_without_a_connection_is_missed_from_its_opening_on() -> None:
    scene = streaming()
    scene.listed(5, asset("A", tradable=False))
    scene.pass_time(5, 100)
    scene.down(now=100)
    scene.pass_time(100, 3600)
    scene.listed(3600, asset("A", tradable=True))
    assert scene.pass_time(3600, 3610) == []
    scene.up(3610, epoch=2)
    scene.confirmed(3611, epoch=2)
    reason = "it was not confirmed when its market opened"
    assert scene.run(3620, 3700, ticking=True, epoch=2) == [gap(3599 - MARGIN, 3620, reason)]


def test_what_was_missed_before_the_market_closed_is_announced_when_it_opens() -> None:
    scene = streaming()
    scene.down(now=5)
    scene.listed(6, asset("A", tradable=False))
    scene.up(7, epoch=2)
    scene.confirmed(8, epoch=2)
    scene.pass_time(8, 3600)
    scene.listed(3600, asset("A", tradable=True))
    assert scene.run(3600, 3700, ticking=True, epoch=2) == [gap(4, 3600)]


# FAULT: what came between the last account and the closing was lost with the connection, and not announced.
def test_a_connection_lost_before_it_gave_account_of_the_last_minute_of_a_market_has_a_gap() -> None:
    scene = streaming()
    scene.listed(5, asset("A", tradable=False))
    scene.check(5)
    scene.down(now=5.5)
    scene.up(6, epoch=2)
    scene.confirmed(7, epoch=2)
    scene.pass_time(7, 3600)
    scene.listed(3600, asset("A", tradable=True))
    assert scene.run(3600, 3700, ticking=True, epoch=2) == [gap(4, 3600)]


# FAULT: the monitor looks once a second, and took a market for closed that had just opened.
def test_a_connection_lost_and_restored_just_after_the_opening_has_a_gap() -> None:
    scene = streaming()
    scene.listed(5, asset("A", tradable=False))
    scene.pass_time(5, 3600)
    scene.listed(3599.1, asset("A", tradable=True))
    scene.down(now=3599.3)
    scene.up(3599.4, epoch=2)
    scene.confirmed(3599.5, epoch=2)
    reason = "it was not confirmed when its market opened"
    assert scene.run(3600, 3700, ticking=True, epoch=2) == [gap(3599 - MARGIN, 3600, reason)]


# -- old news ------------------------------------------------------------------------------------------


def test_the_death_of_an_earlier_life_breaks_nothing() -> None:
    scene = streaming(until=5)
    scene.down(epoch=1)
    scene.up(6, epoch=2)
    scene.confirmed(6, epoch=2)
    scene.run(7, 8, ticking=True, epoch=2)
    scene.down(epoch=1)
    assert scene.run(8, 30, ticking=True, epoch=2) == []
    assert any(isinstance(event, StreamStale) for event in scene.run(30, 60, ticking=False, epoch=2))


def test_the_report_of_an_earlier_life_changes_nothing() -> None:
    scene = streaming(until=5)
    scene.down(epoch=1)
    scene.up(6, epoch=2)
    scene.confirmed(6, epoch=2)
    scene.tick(6, epoch=1)
    assert scene.report(7, epoch=1) == []
    assert scene.liveness.streams["A"].ticks == 5
    assert scene.liveness.connections["c1"].report is None


def test_the_report_of_a_connection_that_no_longer_carries_it_changes_nothing() -> None:
    scene = streaming(until=5)
    scene.up(0, connection="c2")
    scene.down(connection="c1")
    scene.confirmed(6, connection="c2")
    scene.tick(6, connection="c1")
    assert scene.report(7, connection="c1") == []
    assert scene.liveness.streams["A"].ticks == 5


def test_the_late_confirmation_of_a_life_that_has_ended_is_ignored() -> None:
    scene = streaming(until=5)
    scene.up(0, connection="c2")
    scene.down(connection="c1")
    scene.confirmed(6, connection="c2")
    scene.confirmed(7, connection="c1", epoch=1)
    assert any(isinstance(e, StreamGap) for e in scene.run(8, 20, ticking=True, connection="c2"))
