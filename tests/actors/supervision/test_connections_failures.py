"""Connections that are refused or die too often, and when the runtime fails with them."""

from actors.errors import AuthRejected, TooManyRestarts, WorkerDied
from actors.messages.events import (
    ActorQuarantined,
)
from actors.messages.outbound import ConnectionPlaced
from actors.supervision.backoff import Backoff, linear
from actors.supervision.effects import Escalate, Later, Retry, TellPool
from actors.supervision.messages import BackoffElapsed
from actors.supervision.restart_intensity import RestartIntensity
from tests.doubles.supervised_connections import (
    SupervisedConnections,
    announced,
    only,
    started,
    starts,
)

# Refused logins


def test_a_refused_login_is_tried_once_more_and_not_at_once() -> None:
    supervised = SupervisedConnections(1)
    supervised.now += 1.0
    (retry,) = only(Retry, supervised.refused("c1"))
    assert retry.delay == 5.0 + 1.0  # the pause, and its own backoff


def test_after_a_refused_login_no_connection_dials_before_the_pause_is_over() -> None:
    supervised = SupervisedConnections(3, kept=1)
    supervised.now += 0.06
    supervised.refused("c1")
    assert starts(supervised.connections.open("c2", supervised.now)) == []
    assert only(Later, supervised.connections.open("c3", supervised.now)) == []
    assert starts(supervised.dial_turn(4.9)) == []
    assert started(supervised.dial_turn(0.2)) == [
        "c2",
        "c3",
    ]


def test_a_second_refused_login_quarantines_all_connections_that_wait() -> None:
    supervised = SupervisedConnections(4)
    supervised.up("c4")
    supervised.now += 1.0
    for name in ("c1", "c2", "c3"):
        supervised.after_backoff(supervised.down(name))
    supervised.now += 1.0
    effects = [supervised.refused(name) for name in ("c1", "c2")]
    assert [len(only(Retry, effect)) for effect in effects] == [1, 1]  # both were in flight
    supervised.after_backoff(effects[0])
    supervised.now += 1.0
    effects.append(supervised.refused("c1"))
    assert [(event.name, event.auth) for event in announced(effects[-1])] == [("c1", True), ("c2", True)]
    assert supervised.states() == ["quarantined", "quarantined", "starting", "up"]
    last = supervised.refused("c3")
    assert [event.name for event in announced(last)] == ["c3"]
    assert only(Escalate, last) == []
    assert supervised.connections.on_backoff_elapsed(BackoffElapsed("c2", 2), supervised.now) == []


def test_it_escalates_when_all_connections_are_refused() -> None:
    supervised = SupervisedConnections(2)
    supervised.now += 1.0
    supervised.refused("c2")
    supervised.after_backoff(supervised.refused("c1"))
    supervised.now += 1.0
    (escalation,) = only(Escalate, supervised.refused("c1"))
    assert isinstance(escalation.error, AuthRejected)


def test_a_login_in_between_resets_the_count_of_refusals() -> None:
    supervised = SupervisedConnections(2)
    supervised.now += 1.0
    supervised.after_backoff(supervised.refused("c1"))
    supervised.up("c2")
    supervised.now += 1.0
    supervised.down("c2")
    effects = supervised.connections.on_backoff_elapsed(BackoffElapsed("c2", 1), supervised.now)
    supervised.now += 1.0
    assert starts(effects)
    assert len(only(Retry, supervised.refused("c2"))) == 1


# Restart intensity


def test_a_connection_that_dies_too_often_after_it_was_up_is_quarantined() -> None:
    supervised = SupervisedConnections(2, new_intensity=lambda: RestartIntensity(1, 60))
    supervised.up("c1")
    supervised.after_backoff(supervised.down("c1"))
    supervised.up("c1")
    effects = supervised.down("c1")
    assert [type(event) for event in announced(effects)] == [ActorQuarantined]
    assert not announced(effects)[0].auth
    assert only(Escalate, effects) == []


def test_a_connection_that_does_not_come_up_is_not_quarantined() -> None:
    supervised = SupervisedConnections(1, new_intensity=lambda: RestartIntensity(1, 1e9))
    for _ in range(50):
        supervised.after_backoff(supervised.down("c1"))
    assert supervised.state("c1") == "starting"


def test_it_escalates_when_all_connections_have_used_up_their_attempts() -> None:
    supervised = SupervisedConnections(
        2, new_backoff=lambda: Backoff(linear(1, 1, jitter=False), max_attempts=1)
    )
    for name in ("c1", "c2"):
        supervised.after_backoff(supervised.down(name))
    assert only(Escalate, supervised.down("c1")) == []
    assert len(only(Escalate, supervised.down("c2"))) == 1


def test_it_escalates_with_the_reason_of_the_last_connection_that_died_too_often() -> None:
    supervised = SupervisedConnections(1, new_intensity=lambda: RestartIntensity(1, 60))
    supervised.up("c1")
    supervised.after_backoff(supervised.down("c1"))
    supervised.up("c1")
    (escalation,) = only(Escalate, supervised.down("c1"))
    assert isinstance(escalation.error, TooManyRestarts)
    assert str(escalation.error) == "c1 died more than 1 times in 60 s, the last time because: cut"


# Escalation


def test_it_does_not_escalate_while_another_connection_can_be_opened() -> None:
    supervised = SupervisedConnections(2, kept=1, new_intensity=lambda: RestartIntensity(0, 60))
    supervised.up("c1")
    effects = supervised.down("c1")
    assert supervised.states() == ["quarantined", "stopped"]
    assert only(Escalate, effects) == []


def test_it_does_not_escalate_when_one_of_two_workers_is_given_up() -> None:
    supervised = SupervisedConnections(2, kept=1)
    effects = supervised.connections.on_worker_lost("w1", "killed", WorkerDied("again and again"))
    assert only(Escalate, effects) == []
    assert [effect.message for effect in only(TellPool, effects)] == [ConnectionPlaced("c1", None)]


def test_it_escalates_when_the_last_worker_is_given_up_although_no_connection_is_open() -> None:
    supervised = SupervisedConnections(2, kept=0)
    gone = WorkerDied("again and again")
    assert only(Escalate, supervised.connections.on_worker_lost("w1", "killed", gone)) == []
    assert only(Escalate, supervised.connections.on_worker_lost("w2", "killed", gone)) == [Escalate(gone)]
