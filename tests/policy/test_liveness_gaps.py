from actors.messages.events import (
    ConnectionSuspect,
    StreamGap,
    StreamRecovered,
    StreamStale,
)
from tests.policy.scene import VENUE, Scene, streaming


def test_an_outage_is_one_gap_from_the_last_tick_seen_to_the_first_seen_again() -> None:
    scene = streaming(until=5)
    scene.down(reason="cut")
    scene.up(7, epoch=2)
    scene.confirmed(8, epoch=2)
    assert scene.run(8, 10, ticking=False, epoch=2) == []
    news = scene.run(10, 40, ticking=True, epoch=2)
    assert news == [StreamGap("A", VENUE + 4, VENUE + 10, "cut"), StreamRecovered("A", "c1")]
    health = scene.liveness.streams["A"]
    assert (health.gaps, health.last_gap) == (1, (VENUE + 4, VENUE + 10))


def test_a_stream_that_moves_to_another_connection_has_one_gap_too() -> None:
    scene = streaming(until=5)
    scene.up(0, connection="c2")
    scene.down(connection="c1")
    scene.confirmed(6, connection="c2")
    news = scene.run(7, 20, ticking=True, connection="c2")
    assert news == [StreamGap("A", VENUE + 4, VENUE + 7, "cut"), StreamRecovered("A", "c2")]


def test_lives_that_delivered_nothing_make_the_gap_longer_and_not_more() -> None:
    scene = streaming(until=5)
    for epoch in (2, 3, 4):
        scene.down(epoch=epoch - 1, reason=f"cut {epoch}")
        scene.up(epoch * 10, epoch=epoch)
        scene.confirmed(epoch * 10, epoch=epoch)
        assert scene.report(epoch * 10 + 1, epoch=epoch) == []
    news = scene.run(42, 60, ticking=True, epoch=4)
    assert news == [StreamGap("A", VENUE + 4, VENUE + 42, "cut 2"), StreamRecovered("A", "c1")]


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


def test_a_stream_cured_by_a_new_subscription_announces_the_gap_and_its_recovery() -> None:
    scene = streaming(until=1)
    scene.run(1, 12, ticking=False)
    scene.resubscribed()
    scene.confirmed(12)
    news = scene.run(13, 60, ticking=True)
    assert news == [StreamGap("A", VENUE, VENUE + 13, "the stream was silent"), StreamRecovered("A", "c1")]


def test_a_stream_that_recovers_by_itself_missed_nothing() -> None:
    scene = streaming(until=1)
    scene.run(1, 12, ticking=False)
    assert scene.run(12, 60, ticking=True) == [StreamRecovered("A", "c1")]


def test_the_gap_of_a_stream_that_was_never_reported_begins_with_the_stream() -> None:
    scene = Scene()
    scene.up(0)
    scene.confirmed(0)
    scene.down()
    scene.up(5, epoch=2)
    scene.confirmed(5, epoch=2)
    news = scene.run(6, 20, ticking=True, epoch=2)
    assert news == [StreamGap("A", VENUE, VENUE + 6, "cut"), StreamRecovered("A", "c1")]


def test_a_new_account_of_a_healthy_stream_is_no_gap() -> None:
    scene = streaming()
    scene.resubscribed()
    assert scene.run(5, 20, ticking=True) == []
    assert scene.liveness.streams["A"].ticks == 20


def test_after_a_recovery_patience_starts_anew() -> None:
    scene = streaming(until=1)
    scene.run(1, 50, ticking=False)
    scene.run(50, 51, ticking=True)
    found = [
        (now, cure.asset)
        for now in range(51, 70)
        for _ in [scene.report(now)]
        for cure in scene.check(now)[1]
    ]
    assert found == [(61, "A")]


def test_patience_stays_grown_through_a_reconnect_that_cured_nothing() -> None:
    scene = streaming(until=1)
    scene.run(1, 22, ticking=False)
    scene.down(reason="suspect")
    scene.up(23, epoch=2)
    scene.confirmed(23, epoch=2)
    suspects = [
        event for event in scene.run(24, 300, ticking=False, epoch=2) if isinstance(event, ConnectionSuspect)
    ]
    assert suspects == []


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
    assert any(isinstance(e, StreamRecovered) for e in scene.run(8, 20, ticking=True, connection="c2"))
