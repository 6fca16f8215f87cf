"""All connections are closed on purpose, and connect again: every state in which that may come."""

import re
from collections.abc import Callable

import pytest

from actors.errors import RequestRefused, WorkerDied
from actors.messages.workers import StopConnection
from actors.supervision.effects import Escalate
from tests.doubles.supervised_connections import SupervisedConnections, WorkerDouble, only, sent, started


def test_every_connection_ends_and_starts_again_when_asked_to() -> None:
    supervised = SupervisedConnections(2)
    supervised.up("c1")
    assert sent(supervised.connections.disconnect()) == [StopConnection("c1"), StopConnection("c2")]
    supervised.down("c1")
    supervised.down("c2", was_ready=False)
    assert supervised.states() == ["stopped", "stopped"]
    assert not supervised.connections.wanted()
    assert started(supervised.connections.connect(supervised.now)) == ["c1", "c2"]
    assert [supervised.child(name).restarts for name in ("c1", "c2")] == [0, 0]


def _waits(supervised: SupervisedConnections) -> None:
    supervised.down("c1")


def _is_stranded(supervised: SupervisedConnections) -> None:
    supervised.connections.on_worker_lost("w1", "killed", None)


def _restarts(supervised: SupervisedConnections) -> None:
    supervised.up("c1")
    supervised.connections.restart("c1", supervised.now)


@pytest.mark.parametrize("comes", [_waits, _is_stranded, _restarts])
def test_nothing_starts_while_disconnected_whatever_it_waited_for(
    comes: Callable[[SupervisedConnections], None],
) -> None:
    supervised = SupervisedConnections(1)
    comes(supervised)
    supervised.connections.disconnect()
    if supervised.state("c1") == "closing":
        assert started(supervised.down("c1")) == []
    assert supervised.state("c1") == "stopped"
    assert started(supervised.connections.on_worker_up("w1", WorkerDouble(9), supervised.now)) == []
    assert supervised.connections.open("c1", supervised.now) == []
    assert supervised.state("c1") == "stopped"
    assert started(supervised.connections.connect(supervised.now)) == ["c1"]


def test_a_connection_that_still_closes_starts_again_once_it_is_down() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    supervised.connections.disconnect()
    assert supervised.connections.connect(supervised.now) == []
    assert supervised.connections.disconnect() == []
    assert supervised.connections.connect(supervised.now) == []
    assert started(supervised.down("c1")) == ["c1"]


def test_twice_is_once_and_a_connect_without_it_starts_nothing() -> None:
    supervised = SupervisedConnections(2)
    assert len(sent(supervised.connections.disconnect())) == 2
    assert supervised.connections.disconnect() == []
    supervised.down("c1")
    supervised.down("c2")
    assert started(supervised.connections.connect(supervised.now)) == ["c1", "c2"]
    assert supervised.connections.connect(supervised.now) == []


def test_what_is_opened_and_closed_meanwhile_counts_when_all_connect() -> None:
    supervised = SupervisedConnections(3, kept=2)
    supervised.connections.disconnect()
    supervised.down("c1")
    supervised.down("c2")
    assert supervised.connections.open("c3", supervised.now) == []
    assert supervised.connections.close("c2") == []
    assert started(supervised.connections.connect(supervised.now)) == ["c1", "c3"]


def test_a_connection_in_quarantine_stays_there() -> None:
    supervised = SupervisedConnections(2)
    supervised.up("c2")
    supervised.now += 1.0
    supervised.after_backoff(supervised.refused("c1"))
    supervised.now += 1.0
    supervised.refused("c1")
    assert supervised.state("c1") == "quarantined"
    supervised.connections.disconnect()
    supervised.down("c2")
    supervised.now += 5.0  # the pause after a refused login
    assert started(supervised.connections.connect(supervised.now)) == ["c2"]
    assert supervised.state("c1") == "quarantined"


def test_a_restart_is_refused_with_the_remedy() -> None:
    supervised = SupervisedConnections(1)
    supervised.connections.disconnect()
    with pytest.raises(
        RequestRefused, match=re.escape("all connections are disconnected, c1 too: the command")
    ):
        supervised.connections.restart("c1", supervised.now)


def test_a_worker_that_is_lost_and_started_meanwhile_is_no_end_of_the_runtime() -> None:
    supervised = SupervisedConnections(2)
    supervised.connections.disconnect()
    assert only(Escalate, supervised.connections.on_worker_lost("w1", "killed", WorkerDied("often"))) == []
    supervised.connections.on_worker_up("w1", WorkerDouble(5), supervised.now)
    supervised.down("c2")
    assert sorted(started(supervised.connections.connect(supervised.now))) == ["c1", "c2"]
