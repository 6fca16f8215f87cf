"""The pool opens another connection for one that was given up; the runtime must not have failed by then."""

from actors.errors import WorkerDied
from actors.messages.outbound import ConnectionPlaced
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.outbound.assignment import Assignment
from actors.outbound.members import PoolPlan
from actors.supervision.effects import Escalate, TellPool
from actors.supervision.restart_intensity import RestartIntensity
from tests.doubles.supervised_connections import Process, Scene, only

IDLE = 60.0


def test_it_does_not_escalate_while_a_connection_that_nobody_has_opened_yet_could_be() -> None:
    scene = Scene(2, kept=1, new_intensity=lambda: RestartIntensity(0, 60))
    scene.up("c1")
    steps = scene.down("c1")
    assert scene.states() == ["quarantined", "stopped"]
    assert only(Escalate, steps) == []


def test_it_does_not_escalate_with_one_host_while_another_could_carry_what_is_wanted() -> None:
    scene = Scene(2, kept=1)
    steps = scene.connections.stranded("w1", "killed", WorkerDied("again and again"))
    assert only(Escalate, steps) == []
    assert [step.message for step in only(TellPool, steps)] == [ConnectionPlaced("c1", None)]


def test_it_escalates_when_no_host_is_left_that_any_could_be_opened_on() -> None:
    scene = Scene(2, kept=0)
    gone = WorkerDied("again and again")
    assert only(Escalate, scene.connections.stranded("w1", "killed", gone)) == []
    assert only(Escalate, scene.connections.stranded("w2", "killed", gone)) == [Escalate(gone)]


def test_what_is_kept_and_lost_its_host_for_good_is_replaced_until_the_host_is_back() -> None:
    carriage = Assignment(PoolPlan(("c1", "c2", "c3"), 1, 0, 4, IDLE))
    assert carriage.house("c1", Process(1)) == []
    carriage.up("c1", 1, 0.0)
    carriage.down("c1", 1, 0.0)
    assert carriage.house("c1", None) == [OpenConnection("c2")]
    carriage.up("c2", 1, 0.0)
    assert carriage.tend(IDLE + 1) == []
    assert carriage.house("c1", Process(2)) == []
    assert carriage.tend(IDLE + 1) == [CloseConnection("c2")]
