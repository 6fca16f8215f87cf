"""The ends of the links to workers, as the actor that reads them sees them."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox
from actors.messages.events import WorkerDown
from actors.messages.traffic import Downlink, EventBatch, Uplink
from actors.messages.workers import StopWorker
from actors.routing.links import Links
from actors.routing.messages import LinkOpened
from runtime.workers.link import Link


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    dispatcher = Dispatcher()
    yield dispatcher
    dispatcher.close()


@pytest.fixture
def ends() -> tuple[Link[EventBatch], Link[Any]]:
    ours, theirs = socket.socketpair()
    return Link(ours, Uplink, stall=1.0), Link(theirs, Downlink, stall=1.0)


def down(reason: str) -> list[EventBatch]:
    return [EventBatch("router", [WorkerDown("worker-1", 7, reason)])]


def test_the_end_of_a_link_is_told_once_however_often_it_is_read(
    dispatcher: Dispatcher, ends: tuple[Link[EventBatch], Link[Any]]
) -> None:
    links, opened = Links(Inbox(dispatcher)), LinkOpened("worker-1", 7, ends[0])
    assert links.add(opened, "router") == []
    said = EventBatch("connection-1", [])
    ends[1].send(said)
    ends[1].close()
    assert [links.read(opened, "router") for _ in range(3)] == [[said], down("the link ended"), []]


def test_a_link_that_cannot_be_watched_ends_and_its_worker_with_it(
    dispatcher: Dispatcher, ends: tuple[Link[EventBatch], Link[Any]]
) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    links, opened = Links(Inbox(dispatcher)), LinkOpened("worker-1", 7, ends[0])
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        told = links.add(opened, "router")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    (batch,) = told
    (event,) = batch.items
    assert isinstance(event, WorkerDown)
    assert "open files" in event.reason
    with pytest.raises(Exception, match="link"):
        ends[1].send(StopWorker())
    ends[1].close()
