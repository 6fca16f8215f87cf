"""Connections start, end and start again with their workers and at request."""

import re

import pytest
from msgspec import structs

from actors.errors import RequestRefused, WorkerDied
from actors.messages.events import (
    ConnectionDown,
    ConnectionSuspect,
    ConnectionUp,
)
from actors.messages.workers import StopConnection
from actors.supervision.backoff import Backoff, linear
from actors.supervision.connections import Connections
from actors.supervision.effects import Escalate, Retry, TellPool
from actors.supervision.messages import BackoffElapsed
from tests.doubles.supervised_connections import (
    SupervisedConnections,
    WorkerDouble,
    announced,
    make_plan,
    only,
    regions,
    sent,
    started,
    starts,
)

# Workers


def test_connections_are_assigned_to_the_workers_in_turn_and_start_with_them() -> None:
    supervised = SupervisedConnections(5)
    assert [start.connection for start in supervised.begun] == ["c1", "c3", "c5", "c2", "c4"]
    assert {start.epoch for start in supervised.begun} == {1}
    assert supervised.states() == ["starting"] * 5


def test_the_pool_is_told_the_worker_of_each_connection_before_any_starts() -> None:
    supervised = SupervisedConnections(4, kept=1)
    handle = WorkerDouble(7)
    supervised.connections.on_worker_lost("w1", "killed", None)
    effects = supervised.connections.on_worker_up("w1", handle, supervised.now)
    assert [(effect.message.connection, effect.message.worker) for effect in only(TellPool, effects)] == [
        ("c1", handle),
        ("c3", handle),
    ]
    assert started(effects) == ["c1"]
    assert isinstance(effects[0], TellPool)


def test_connections_end_with_their_worker_and_start_again_with_the_next() -> None:
    supervised = SupervisedConnections(4)
    supervised.up("c1")
    effects = supervised.connections.on_worker_lost("w1", "killed", None)
    assert announced(effects) == [
        ConnectionDown("c1", 1, "EU", "killed", was_ready=True),
        ConnectionDown("c3", 1, "EU", "killed", was_ready=False),
    ]
    assert supervised.states() == ["stranded", "starting", "stranded", "starting"]
    assert (supervised.child("c1").restarts, supervised.child("c2").restarts) == (1, 0)
    assert supervised.child("c1").last_error == "killed"
    again = starts(supervised.connections.on_worker_up("w1", WorkerDouble(3), supervised.now))
    assert [(start.connection, start.epoch) for start in again] == [("c1", 2), ("c3", 2)]


def test_a_start_after_a_backoff_is_dropped_with_the_worker() -> None:
    supervised = SupervisedConnections(1)
    supervised.down("c1")
    supervised.connections.on_worker_lost("w1", "killed", None)
    assert supervised.connections.on_backoff_elapsed(BackoffElapsed("c1", 1), supervised.now) == []
    assert supervised.state("c1") == "stranded"


def test_it_escalates_when_the_last_worker_is_given_up() -> None:
    supervised = SupervisedConnections(3)
    gone = WorkerDied("again and again")
    assert only(Escalate, supervised.connections.on_worker_lost("w1", "killed", gone)) == []
    assert only(Escalate, supervised.connections.on_worker_lost("w2", "killed", gone)) == [Escalate(gone)]


def test_the_connections_of_a_worker_that_was_given_up_return_with_it() -> None:
    supervised = SupervisedConnections(2)
    supervised.connections.on_worker_lost("w1", "killed", WorkerDied("again and again"))
    with pytest.raises(RequestRefused, match="w1"):
        supervised.connections.restart("c1", supervised.now)
    assert [
        start.connection for start in starts(supervised.connections.on_worker_up("w1", WorkerDouble(3), 0.0))
    ] == ["c1"]


# Late events


def test_events_of_an_earlier_life_change_nothing() -> None:
    supervised = SupervisedConnections(1)
    supervised.after_backoff(supervised.down("c1"))
    assert supervised.connections.on_up(ConnectionUp("c1", 1, "EU"), supervised.now) == []
    assert supervised.connections.on_down(ConnectionDown("c1", 1, "EU", "late"), supervised.now) == []
    assert supervised.connections.on_suspect(ConnectionSuspect("c1", 1, "late"), supervised.now) == []
    assert supervised.state("c1") == "starting"


def test_a_suspect_connection_starts_again_in_another_region_and_its_own_end_is_ignored() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    effects = supervised.connections.on_suspect(ConnectionSuspect("c1", 1, "no ticks"), supervised.now)
    assert sent(effects) == [StopConnection("c1")]
    assert announced(effects) == [ConnectionDown("c1", 1, "EU", "no ticks", was_ready=True)]
    assert (
        supervised.connections.on_down(ConnectionDown("c1", 1, "EU", "stopped", True), supervised.now) == []
    )
    assert regions(supervised.after_backoff(effects)) == ["US"]


# Opened and closed


def test_only_kept_connections_start_by_themselves() -> None:
    supervised = SupervisedConnections(4, kept=2)
    assert supervised.states() == ["starting", "starting", "stopped", "stopped"]
    assert SupervisedConnections(2, kept=0).begun == []


def test_an_opened_connection_starts_and_is_kept_alive() -> None:
    supervised = SupervisedConnections(3, kept=0)
    (start,) = starts(supervised.connections.open("c3", supervised.now))
    assert (start.connection, start.epoch) == ("c3", 1)
    assert supervised.connections.open("c3", supervised.now) == []
    supervised.up("c3")
    assert starts(supervised.after_backoff(supervised.down("c3")))


def test_a_connection_opened_without_its_worker_starts_with_it() -> None:
    supervised = SupervisedConnections(1, kept=0)
    supervised.connections.on_worker_lost("w1", "killed", None)
    assert supervised.state("c1") == "stopped"
    assert supervised.connections.open("c1", supervised.now) == []
    assert len(starts(supervised.connections.on_worker_up("w1", WorkerDouble(3), supervised.now))) == 1


def test_a_closed_connection_is_stopped_and_does_not_start_again() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    assert sent(supervised.connections.close("c1")) == [StopConnection("c1")]
    assert supervised.state("c1") == "closing"
    assert supervised.connections.close("c1") == []
    assert supervised.down("c1", "stopped", was_ready=True) == []
    assert supervised.state("c1") == "stopped"
    assert supervised.connections.on_worker_up("w1", WorkerDouble(3), supervised.now)[1:] == []
    (start,) = starts(supervised.connections.open("c1", supervised.now))
    assert start.epoch == 2


@pytest.mark.parametrize("stranded", [False, True])
def test_a_connection_that_is_down_is_closed_at_once(stranded: bool) -> None:
    supervised = SupervisedConnections(1)
    supervised.down("c1")
    if stranded:
        supervised.connections.on_worker_lost("w1", "killed", None)
    assert supervised.connections.close("c1") == []
    assert supervised.state("c1") == "stopped"
    assert supervised.connections.on_backoff_elapsed(BackoffElapsed("c1", 1), supervised.now) == []


def test_a_connection_whose_worker_dies_while_it_closes_is_closed() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    supervised.connections.close("c1")
    effects = supervised.connections.on_worker_lost("w1", "killed", None)
    assert announced(effects) == [ConnectionDown("c1", 1, "EU", "killed", was_ready=True)]
    assert (supervised.state("c1"), supervised.child("c1").restarts) == ("stopped", 0)


def test_a_connection_that_is_opened_while_it_closes_starts_again_at_once() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    supervised.connections.close("c1")
    assert supervised.connections.open("c1", supervised.now) == []
    assert len(starts(supervised.down("c1", "stopped", was_ready=True))) == 1
    assert supervised.child("c1").restarts == 0


def test_a_connection_that_logs_in_while_it_closes_still_closes() -> None:
    supervised = SupervisedConnections(1)
    supervised.connections.close("c1")
    supervised.up("c1")
    assert supervised.state("c1") == "closing"


def test_a_closed_connection_may_be_opened_after_the_others_are_quarantined() -> None:
    supervised = SupervisedConnections(
        2, new_backoff=lambda: Backoff(linear(1, 1, jitter=False), max_attempts=1)
    )
    supervised.connections.close("c2")
    supervised.down("c2", "stopped")
    supervised.after_backoff(supervised.down("c1"))
    assert only(Escalate, supervised.down("c1")) == []
    assert starts(supervised.connections.open("c2", supervised.now))
    supervised.after_backoff(supervised.down("c2"))
    assert len(only(Escalate, supervised.down("c2"))) == 1


def test_a_refused_session_is_not_tried_with_connections_that_are_not_open() -> None:
    supervised = SupervisedConnections(3, kept=1)
    supervised.after_backoff(supervised.refused("c1"))
    supervised.now += 1.0
    assert len(only(Escalate, supervised.refused("c1"))) == 1
    assert supervised.states() == ["quarantined", "stopped", "stopped"]


# Requested restarts


def test_a_restart_stops_a_connection_that_is_up_and_starts_it_at_once() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    assert sent(supervised.connections.restart("c1", supervised.now)) == [StopConnection("c1")]
    assert supervised.connections.restart("c1", supervised.now) == []
    effects = supervised.down("c1", "stopped", was_ready=True)
    assert [(start.epoch, start.region.name) for start in starts(effects)] == [(2, "EU")]
    assert announced(effects) == []
    assert supervised.child("c1").restarts == 0


def test_a_restart_ends_the_wait_of_a_connection() -> None:
    supervised = SupervisedConnections(1)
    for _ in range(3):
        effects = supervised.down("c1")
        assert starts(supervised.connections.restart("c1", supervised.now))
    assert supervised.connections.on_backoff_elapsed(only(Retry, effects)[0].timer, supervised.now) == []


def test_after_a_restart_a_quarantined_connection_has_all_its_attempts_again() -> None:
    supervised = SupervisedConnections(1)
    for _ in range(2):
        supervised.now += 1.0
        effects = supervised.refused("c1")
        assert len(only(Retry, effects)) == 1
        supervised.after_backoff(effects)
        supervised.now += 1.0
        assert len(only(Escalate, supervised.refused("c1"))) == 1
        assert len(starts(supervised.connections.restart("c1", supervised.now))) == 1


def test_a_restart_of_a_connection_that_is_not_wanted_open_is_refused() -> None:
    supervised = SupervisedConnections(2, kept=1)
    with pytest.raises(RequestRefused, match="not wanted"):
        supervised.connections.restart("c2", supervised.now)


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("conection-1", "did you mean connection-1?"),
        ("worker1", "did you mean worker-1?"),
        ("EURUSD", "there are: connection-1, connection-2, worker-1"),
    ],
)
def test_a_restart_of_an_unknown_name_names_the_nearest_or_those_that_there_are(
    name: str, advice: str
) -> None:
    plan = structs.replace(make_plan(workers=("worker-1",)), connections=("connection-1", "connection-2"))
    with pytest.raises(RequestRefused, match=f"'{name}' \\({re.escape(advice)}"):
        Connections(plan).restart(name, 0.0)


def test_a_restart_of_an_unknown_name_is_refused() -> None:
    with pytest.raises(RequestRefused, match="'unknown'"):
        SupervisedConnections(1).connections.restart("unknown", 0.0)


# The drain


def test_in_a_drain_no_connection_starts_and_it_lasts_until_all_have_ended() -> None:
    supervised = SupervisedConnections(3)
    supervised.up("c1", "c2")
    supervised.down("c3")
    supervised.connections.drain()
    assert supervised.states() == ["closing", "closing", "stopped"]
    assert supervised.connections.on_backoff_elapsed(BackoffElapsed("c3", 1), supervised.now) == []
    assert supervised.down("c1", "stopped") == []
    assert supervised.connections.alive()
    supervised.connections.on_worker_lost("w2", "killed", None)
    assert not supervised.connections.alive()
