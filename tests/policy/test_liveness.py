from actors.messages.events import (
    ConnectionSuspect,
    StreamStale,
)
from actors.policy.liveness import REPORTS_MISSED, Cure
from tests.policy.scene import QUIET, STALE, Scene, streaming


def test_a_stream_that_ticks_is_left_in_peace() -> None:
    assert streaming(200).check(200) == QUIET


def test_a_silent_stream_is_subscribed_again_then_its_connection_is_suspect_then_patience_grows() -> None:
    scene = streaming(until=1)  # the last progress is at 0
    found = []
    for now in range(1, 200):
        scene.report(now)
        news, cures = scene.check(now)
        for event in news:
            match event:
                case StreamStale(asset="A", silent_for=silent_for, cure=cure):
                    assert silent_for == now
                    assert cures == ([Cure("A")] if cure == "resubscribe" else [])
                    found.append((now, cure))
                case ConnectionSuspect(connection="c1", epoch=1):
                    found.append((now, "suspect"))
    assert found == [
        (11, "resubscribe"),
        (21, "reconnect"),
        (21, "suspect"),
        (41, "resubscribe"),
        (81, "resubscribe"),
        (161, "resubscribe"),
    ]


def test_exactly_at_the_limit_nothing_is_said() -> None:
    scene = streaming(until=1)
    scene.report(10)
    assert scene.check(STALE) == QUIET
    scene.report(STALE + 0.001)
    assert scene.check(STALE + 0.001)[1] == [Cure("A")]


def test_a_stream_that_never_ticked_is_silent_since_it_was_confirmed() -> None:
    scene = Scene()
    scene.up(0)
    scene.report(3)
    scene.confirmed(3)
    scene.report(13)
    assert scene.check(13) == QUIET
    scene.report(13.5)
    assert scene.check(13.5)[1] == [Cure("A")]


def test_a_silent_stream_is_told_from_one_that_ticks_on_the_same_connection() -> None:
    scene = streaming(until=1)
    scene.confirmed(0, asset="B")
    cures = []
    for now in range(1, 15):
        scene.tick(now, asset="B")
        scene.report(now)
        cures += scene.check(now)[1]
    assert cures == [Cure("A")]


def test_an_asset_that_cannot_be_traded_now_may_be_silent() -> None:
    scene = streaming()
    scene.tradable["A"] = False
    assert scene.run(5, 500, ticking=False) == []


def test_an_asset_that_opens_gets_its_full_patience() -> None:
    scene = streaming()
    scene.tradable["A"] = False
    assert scene.run(5, 500, ticking=False) == []
    scene.tradable["A"] = True
    assert scene.run(500, 509, ticking=False) == []


def test_an_asset_the_venue_does_not_list_is_judged() -> None:
    scene = streaming()
    scene.tradable.clear()
    assert any(isinstance(event, StreamStale) for event in scene.run(5, 30, ticking=False))


def test_what_nobody_desires_any_more_is_not_judged() -> None:
    scene = streaming()
    scene.liveness.dropped("A")
    scene.liveness.dropped("never heard of")
    assert scene.run(5, 500, ticking=False) == []


def test_without_its_connection_a_stream_is_not_judged() -> None:
    scene = streaming()
    scene.down()
    assert scene.check(500) == QUIET


def test_a_stream_whose_new_life_never_confirms_it_is_subscribed_again() -> None:
    scene = streaming()
    scene.down(epoch=1)
    scene.up(6, epoch=2)
    cures = []
    for now in range(6, 60):
        scene.report(now, epoch=2)
        cures += scene.check(now)[1]
    assert Cure("A") in cures


# FAULT: a new life of the old connection is accused, although the stream was sent to another one.
def test_a_life_that_never_confirmed_a_stream_is_not_to_blame_for_its_silence() -> None:
    scene = streaming()
    scene.up(5, connection="c2")
    scene.down(connection="c1")
    scene.up(6, connection="c1", epoch=2)
    suspects = []
    for now in range(6, 100):
        scene.report(now, connection="c1", epoch=2)
        scene.report(now, connection="c2")
        suspects += [event for event in scene.check(now)[0] if isinstance(event, ConnectionSuspect)]
    assert suspects == []


# -- connections ---------------------------------------------------------------------------------------


def test_a_connection_that_stops_reporting_is_suspect_at_intervals_until_it_is_down() -> None:
    scene = Scene()
    scene.up(0, epoch=3)
    scene.report(2, epoch=3)
    assert scene.check(2 + REPORTS_MISSED) == QUIET
    found = [(now, event) for now in range(8, 20) for event in scene.check(now)[0]]
    assert [now for now, _ in found] == [8, 14]
    for _, event in found:
        assert isinstance(event, ConnectionSuspect)
        assert (event.connection, event.epoch) == ("c1", 3)
    scene.down(epoch=3)
    assert scene.check(100) == QUIET


def test_a_connection_that_never_reported_is_suspect_too() -> None:
    scene = Scene()
    scene.up(0)
    (suspect,) = scene.check(REPORTS_MISSED + 1)[0]
    assert isinstance(suspect, ConnectionSuspect)


def test_the_rate_is_messages_per_second_since_the_last_report() -> None:
    scene = Scene()
    scene.up(0)
    scene.messages = 100
    scene.report(1)
    assert scene.liveness.connections["c1"].rate == 100
    scene.messages = 150
    scene.report(3)
    assert scene.liveness.connections["c1"].rate == 25


def test_the_rate_after_a_pause_is_reckoned_over_the_whole_pause() -> None:
    scene = Scene()
    scene.up(0)
    scene.report(1)
    assert scene.check(10)[0] != []
    scene.messages = 100
    scene.report(11)
    assert scene.liveness.connections["c1"].rate == 10
