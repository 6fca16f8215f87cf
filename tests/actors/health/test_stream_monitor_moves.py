"""What of a stream was missed when it passed from one connection to another."""

from actors.health.states import RecoveryAction
from actors.messages.events import ConnectionSuspect, Event, StreamConfirmed
from tests.doubles.stream_monitor_simulation import Scene, gap, streaming


def run(scene: Scene, since: int, until: int, connection: str) -> list[Event]:
    """What is found of stream A while it ticks there, though the other connection reports no more."""
    news = scene.run(since, until, ticking=True, connection=connection)
    return [event for event in news if not isinstance(event, ConnectionSuspect)]


def handed_over(*, ticked: bool) -> Scene:
    """Stream A, on c1 until 5, is confirmed on c2, where it may have ticked at 6; c1 has not let it go."""
    scene = streaming(until=5)
    scene.up(0, "c2")
    scene.moves("c1", "c2")
    scene.confirmed(5.5, connection="c2")
    if ticked:
        scene.tick(6, connection="c2")
        assert scene.report(6, connection="c2") == []
    return scene


def test_a_stream_that_is_handed_over_has_no_gap() -> None:
    scene = handed_over(ticked=True)
    scene.released("c1")
    assert scene.down("c1", now=7) == []
    assert run(scene, 7, 20, "c2") == []


# FAULT: the stream was the new one's by then, so nothing was said of what the old one had not read.
def test_what_a_life_that_dies_while_it_hands_over_had_not_said_is_a_gap_up_to_the_new_beginning() -> None:
    scene = handed_over(ticked=True)
    assert scene.down("c1", now=7) == [gap(4, 6, connection="c2")]
    assert run(scene, 7, 20, "c2") == []


def test_where_the_new_one_has_not_begun_by_then_the_gap_is_announced_when_it_does() -> None:
    scene = handed_over(ticked=False)
    assert scene.down("c1", now=6) == []
    assert run(scene, 8, 20, "c2") == [gap(4, 8, connection="c2")]


def test_what_the_old_one_has_reported_since_is_not_missing() -> None:
    scene = handed_over(ticked=False)
    scene.tick(6, connection="c1")
    scene.report(6, connection="c1")
    assert run(scene, 7, 8, "c2") == []
    scene.tick(7, connection="c1")
    scene.report(7, connection="c1")
    assert scene.down("c1", now=8) == []  # the two have met


# FAULT: what a silent connection said behind the cut was not delivered, and yet counted as seen.
def test_what_a_connection_says_behind_a_cut_lies_in_the_gap() -> None:
    scene = streaming(until=5)
    scene.up(0, "c2")
    scene.moves("c1", "c2", cut=True)
    for now in (5, 6):
        scene.tick(now, connection="c1")
        assert scene.report(now, connection="c1") == []
    scene.released("c1")
    scene.confirmed(7, connection="c2")
    reason = "it was cut off from a connection that did not bring it"
    assert run(scene, 8, 20, "c2") == [gap(4, 8, reason, "c2")]


def test_a_stream_that_comes_to_another_connection_without_a_handover_may_have_missed_something() -> None:
    scene = streaming(until=5)
    scene.up(0, "c2")
    scene.confirmed(5.5, connection="c2")
    (found,) = run(scene, 6, 20, "c2")
    assert found == gap(4, 6, "it came to another connection without a handover", "c2")


# FAULT: the late word of the connection that the stream had left made it the carrier again.
def test_the_late_confirmation_of_a_connection_that_the_stream_has_left_is_ignored() -> None:
    scene = handed_over(ticked=True)
    scene.liveness.confirmed(StreamConfirmed("A", 60, "c1", 1), 6.5)
    assert run(scene, 7, 20, "c2") == []
    assert scene.liveness.streams["A"].carrier == ("c2", 1)


def test_a_new_confirmation_of_the_one_that_hands_over_is_no_move_back() -> None:
    scene = handed_over(ticked=True)
    scene.confirmed(6.5, connection="c1")  # its period was changed
    assert run(scene, 7, 20, "c2") == []
    assert scene.liveness.streams["A"].confirmed


def test_a_move_that_is_given_up_after_all_leaves_the_stream_where_it_was() -> None:
    scene = handed_over(ticked=True)
    scene.released("c2")
    assert run(scene, 7, 20, "c1") == []
    assert scene.down("c1", now=20) == []
    scene.confirmed(21, connection="c2")
    assert run(scene, 22, 30, "c2") == [gap(19, 22, connection="c2")]


def test_what_the_old_one_has_yet_to_say_is_not_announced_again_where_a_gap_holds_it() -> None:
    scene = handed_over(ticked=False)
    scene.liveness.streams["A"].treat(RecoveryAction.RESUBSCRIBE, 7)
    assert run(scene, 8, 9, "c2") == [gap(4, 8, "the stream was silent", "c2")]
    assert scene.down("c1", now=9) == []


def test_what_was_missed_before_a_handover_stays_missed_through_it() -> None:
    scene = streaming(until=5)
    for connection in ("c2", "c3"):
        scene.up(0, connection)
    scene.down("c1")
    scene.confirmed(6, connection="c2")
    scene.moves("c2", "c3")
    scene.confirmed(7, connection="c3")
    scene.tick(7, connection="c2")
    scene.report(7, connection="c2")
    scene.tick(8, connection="c3")
    assert scene.report(8, connection="c3") == [gap(4, 8, connection="c3")]


def test_a_stream_that_its_connection_lets_go_and_takes_again_has_a_gap() -> None:
    scene = streaming(until=5)
    scene.released("c1")
    scene.confirmed(6)
    assert run(scene, 8, 20, "c1") == [gap(4, 8, "its connection let it go")]
