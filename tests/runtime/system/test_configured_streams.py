"""The actor that asks for the streams of the configuration, with a router that answers as it is told."""

import queue
from collections.abc import Iterator
from typing import Any

import pykka
import pytest

from actors.engine.pykka_internals import Envelope
from actors.errors import RequestRefused
from actors.messages.commands import SubscribeTicks, UnsubscribeTicks
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import CommandFailed
from actors.messages.lifecycle import SystemReady
from actors.messages.owners import FILE, AskOwners, OwnersTold
from actors.messages.routing import Asked
from actors.messages.status import Describe, PendingStream
from actors.messages.traffic import EventBatch
from runtime.system import stream_requests
from runtime.system.configured_streams import ConfiguredStreams
from tests.journeys.journey import DEADLINE

FOREVER = float("inf")


class PlainRouter:
    """Keeps what it is asked and told; the test answers."""

    def __init__(self) -> None:
        self.actor_inbox = self
        self.asked: queue.Queue[Envelope[Any]] = queue.Queue()
        self.told: queue.Queue[Any] = queue.Queue()

    def is_alive(self) -> bool:
        return True

    def put(self, envelope: Envelope[Any]) -> None:
        self.asked.put(envelope)

    def tell(self, message: Any) -> None:
        self.told.put(message)

    def answer(self, expected: Any, outcome: Any) -> None:
        """Answer the next ask, which must be ``expected``."""
        envelope = self.asked.get(timeout=DEADLINE)
        assert envelope.message == Asked(expected, owner=FILE)
        assert envelope.reply_to is not None
        if isinstance(outcome, Exception):
            envelope.reply_to.set_exception((type(outcome), outcome, None))
        else:
            envelope.reply_to.set(outcome)


@pytest.fixture
def router() -> PlainRouter:
    return PlainRouter()


@pytest.fixture
def streams(router: PlainRouter) -> Iterator[Any]:
    ref = ConfiguredStreams.start({"A": 60, "B": 30}, FILE, router=router)
    yield ref
    ref.stop(timeout=DEADLINE)


def pending(streams: Any) -> tuple[PendingStream, ...]:
    described: queue.Queue[Any] = queue.Queue()

    class Asker:
        def tell(self, message: Any) -> None:
            described.put(message)

    streams.tell(Describe(1, Asker()))
    found: tuple[PendingStream, ...] = described.get(timeout=DEADLINE).part.pending
    return found


def test_nothing_is_asked_before_the_system_is_ready(streams: Any, router: PlainRouter) -> None:
    assert pending(streams) == ()
    assert router.asked.empty()
    streams.tell(SystemReady())
    router.answer(SubscribeTicks("A", 60, deadline=FOREVER), None)
    router.answer(SubscribeTicks("B", 30, deadline=FOREVER), None)
    assert pending(streams) == ()


def test_a_refusal_is_published_once_and_tried_again_until_it_holds(
    streams: Any, router: PlainRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_requests, "_WAIT", lambda _: 0.01)
    streams.tell(SystemReady())
    router.answer(SubscribeTicks("A", 60, deadline=FOREVER), None)
    for _ in range(3):
        router.answer(SubscribeTicks("B", 30, deadline=FOREVER), RequestRefused("the pool is full"))
    router.answer(SubscribeTicks("B", 30, deadline=FOREVER), None)
    assert pending(streams) == ()
    failed = router.told.get(timeout=DEADLINE)
    assert isinstance(failed, EventBatch)
    assert failed.items == [CommandFailed("SubscribeTicks", "RequestRefused: the pool is full")]
    assert router.told.empty()


def test_new_settings_end_and_begin_streams_and_say_what_is_pending(
    streams: Any, router: PlainRouter
) -> None:
    streams.tell(SystemReady())
    router.answer(SubscribeTicks("A", 60, deadline=FOREVER), None)
    router.answer(SubscribeTicks("B", 30, deadline=FOREVER), None)
    streams.tell(Reconfigure({"B": 30, "C": 60}))
    router.answer(UnsubscribeTicks("A", deadline=FOREVER), RequestRefused("not now"))
    assert pending(streams) == (PendingStream("A", False, "not now"), PendingStream("C", True, ""))


def test_after_drain_nothing_is_asked_any_more(
    streams: Any, router: PlainRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_requests, "_WAIT", lambda _: 0.01)
    streams.tell(SystemReady())
    streams.tell(Drain())
    streams.tell(Reconfigure({}))
    router.answer(SubscribeTicks("A", 60, deadline=FOREVER), RequestRefused("the runtime is stopping"))
    router.answer(SubscribeTicks("B", 30, deadline=FOREVER), pykka.ActorDeadError("it has ended"))
    pending(streams)
    assert router.asked.empty()
    assert router.told.empty()


def test_a_stream_counts_as_streamed_from_the_moment_that_it_is_configured(
    streams: Any, router: PlainRouter
) -> None:
    streams.tell(SystemReady())
    for id, (asset, owners) in enumerate([("A", ("file",)), ("C", ())], start=1):
        streams.tell(AskOwners(id, asset))
        assert router.told.get(timeout=DEADLINE) == OwnersTold(id, asset, owners, final=False)
    streams.tell(Reconfigure({"C": 60}))
    streams.tell(AskOwners(3, "C"))
    assert router.told.get(timeout=DEADLINE) == OwnersTold(3, "C", ("file",), final=False)
