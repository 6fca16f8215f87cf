"""Who waits for the gate when a reload opens it dials at once, not when the old pace would have let it."""

from actors.rates import Rate
from actors.supervision.effects import Later
from actors.supervision.messages import AttemptDue
from actors.supervision.regions import DialSettings
from tests.doubles.supervised_connections import EU, US, Scene, starts


def test_a_quicker_pace_holds_for_those_that_wait_already() -> None:
    scene = Scene(3, connects=(Rate(1, 60.0),))
    assert [start.connection for start in scene.begun] == ["c1"]
    steps = scene.connections.change(DialSettings((EU, US), (Rate(2, 10.0),)), scene.now)
    assert [start.connection for start in starts(steps)] == ["c3"]
    assert [step for step in steps if isinstance(step, Later)] == [Later(10.0, AttemptDue())]
    scene.now += 10.0
    assert [start.connection for start in starts(scene.connections.attempt(scene.now))] == ["c2"]


def test_the_look_of_the_old_pace_books_no_second_one() -> None:
    scene = Scene(4, connects=(Rate(1, 60.0),))
    scene.connections.change(DialSettings((EU, US), (Rate(1, 100.0),)), scene.now)
    scene.now += 60.0
    assert scene.connections.attempt(scene.now) == [Later(40.0, AttemptDue())]
    assert scene.connections.attempt(scene.now) == []
