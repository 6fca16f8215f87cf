"""The connections of a process, each a recorder here, one for every life."""

import queue
from collections.abc import Iterator
from typing import Any

import pykka
import pytest

from actors.connection.group import ConnectionGroup
from actors.messages.lifecycle import Begin, ConnectionEnded, Tellable
from actors.messages.traffic import Send
from actors.messages.workers import StartConnection, StopConnection, StopWorker
from actors.values import Region
from tests.doubles.recorder import WAIT, Recording
from tests.doubles.supervised_connections import SETTINGS

REGION = Region("EU", "wss://eu.example/", 1)
SEND = Send("c1", 2, [])


def start(epoch: int) -> StartConnection:
    return StartConnection("c1", epoch, REGION, SETTINGS)


class Scene:
    def __init__(self) -> None:
        self._lives: queue.SimpleQueue[Recording] = queue.SimpleQueue()
        self.group = ConnectionGroup.start(self._start)

    def _start(self, start: StartConnection, guardian: Tellable) -> pykka.ActorRef[Any]:
        assert guardian == self.group
        life = Recording()
        assert life.seen() == Begin()
        self._lives.put(life)
        return life.ref

    def started(self, epoch: int) -> Recording:
        self.group.tell(start(epoch))
        return self._lives.get(timeout=WAIT)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    pykka.ActorRegistry.stop_all()


def test_requests_go_to_the_connection_of_their_name(scene: Scene) -> None:
    life = scene.started(2)
    scene.group.tell(Send("c2", 1, []))
    scene.group.tell(SEND)
    assert life.seen() == SEND


def test_a_new_life_stops_the_one_before_it(scene: Scene) -> None:
    first, second = scene.started(1), scene.started(2)
    assert first.seen() == StopConnection("c1")
    scene.group.tell(SEND)
    assert second.seen() == SEND
    assert first.nothing_more()


def test_the_late_end_of_an_earlier_life_does_not_end_the_present_one(scene: Scene) -> None:
    scene.started(1)
    present = scene.started(2)
    scene.group.tell(ConnectionEnded("c1", 1))
    scene.group.tell(SEND)
    assert present.seen() == SEND


def test_what_is_sent_to_a_connection_that_has_ended_is_dropped(scene: Scene) -> None:
    life = scene.started(2)
    life.ref.stop()
    scene.group.tell(SEND)
    scene.group.tell(ConnectionEnded("c1", 2))
    later = scene.started(3)
    scene.group.tell(StopConnection("c1"))
    assert later.seen() == StopConnection("c1")


def test_after_a_stop_it_ends_with_its_last_connection(scene: Scene) -> None:
    life = scene.started(2)
    scene.group.tell(StopWorker())
    assert life.seen() == StopConnection("c1")
    assert not scene.group.actor_stopped.is_set()
    scene.group.tell(ConnectionEnded("c1", 2))
    assert scene.group.actor_stopped.wait(WAIT)


def test_without_connections_a_stop_ends_it_at_once(scene: Scene) -> None:
    scene.group.tell(StopWorker())
    assert scene.group.actor_stopped.wait(WAIT)
