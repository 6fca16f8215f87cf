"""The batcher as an actor: which of the messages in its inbox leave together, and when."""

from typing import Any

import pytest

from actors.engine.dispatcher import Dispatcher
from actors.messages.commands import SendRaw
from actors.messages.control import Reconfigure
from actors.messages.status import BatcherStatus, Describe, Described
from actors.messages.traffic import ReplyTo, Request, RequestDone
from actors.outbound.batcher import Batcher
from actors.outbound.batching import PROMPT, BatchSettings
from actors.outbound.messages import Requests
from tests.conftest import ManualClock
from tests.doubles.unserved import handle_all

TIMEOUT = 0.5


class Outbound:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def tell(self, message: Any) -> None:
        assert isinstance(message, Requests)
        self.batches.append([request.id for request in message.requests])


class Scene:
    def __init__(self, clock: ManualClock, size: int) -> None:
        self.clock = clock
        self.outbound = Outbound()
        dispatcher = Dispatcher(clock, "test")
        settings = BatchSettings(size, TIMEOUT)
        self.batcher = Batcher(settings, outbound=self.outbound, dispatcher=dispatcher)

    def tell(self, *messages: Any) -> None:
        """All of them wait in the inbox before the first is handled."""
        for message in messages:
            self.batcher.actor_ref.tell(message)
        handle_all(self.batcher)

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        handle_all(self.batcher)


def request(id: int, *, urgent: bool = False, reply_to: ReplyTo = ReplyTo.ROUTER) -> Request:
    return Request(id, SendRaw("x"), 2000.0, urgent=urgent, reply_to=reply_to)


@pytest.fixture
def scene(clock: ManualClock) -> Scene:
    return Scene(clock, size=10)


@pytest.fixture
def crowded(scene: Scene) -> Scene:
    """As many requests as leave promptly are unanswered."""
    for number in range(1, PROMPT + 1):
        scene.tell(request(number))
    scene.outbound.batches.clear()
    return scene


def test_requests_that_wait_in_the_inbox_together_leave_together(scene: Scene) -> None:
    scene.tell(request(1), request(2), request(3))
    assert scene.outbound.batches == [[1, 2, 3]]


def test_a_request_leaves_at_once_while_few_are_unanswered(scene: Scene) -> None:
    for number in range(1, PROMPT + 1):
        scene.tell(request(number))
    assert scene.outbound.batches == [[number] for number in range(1, PROMPT + 1)]


def test_behind_unanswered_requests_the_next_ones_are_joined_until_the_timeout(crowded: Scene) -> None:
    crowded.tell(request(11))
    crowded.later(TIMEOUT / 2)
    crowded.tell(request(12))
    assert crowded.outbound.batches == []
    crowded.later(TIMEOUT / 2)
    assert crowded.outbound.batches == [[11, 12]]


def test_a_request_that_is_done_lets_the_others_leave(crowded: Scene) -> None:
    crowded.tell(request(11))
    crowded.tell(RequestDone(1))
    assert crowded.outbound.batches == [[11]]


def test_equal_ids_of_two_actors_are_two_requests(crowded: Scene) -> None:
    crowded.tell(request(11))
    crowded.tell(RequestDone(1, reply_to=ReplyTo.CANDLES))
    assert crowded.outbound.batches == []


def test_requests_that_nobody_awaits_are_joined_too(scene: Scene) -> None:
    for _ in range(PROMPT):
        scene.tell(request(0, reply_to=ReplyTo.NONE))
    scene.outbound.batches.clear()
    scene.tell(request(0, reply_to=ReplyTo.NONE))
    assert scene.outbound.batches == []
    scene.later(TIMEOUT)
    assert scene.outbound.batches == [[0]]


def test_an_urgent_request_leaves_at_once_and_takes_the_waiting_ones_along(crowded: Scene) -> None:
    crowded.tell(request(11))
    crowded.tell(request(12, urgent=True), request(13))
    assert crowded.outbound.batches == [[11, 12]]
    crowded.later(TIMEOUT)
    assert crowded.outbound.batches == [[11, 12], [13]]


def test_a_full_batch_leaves_at_once(clock: ManualClock) -> None:
    scene = Scene(clock, size=2)
    scene.tell(*(request(number) for number in range(1, 6)))
    assert scene.outbound.batches == [[1, 2], [3, 4]]


def test_new_settings_hold_for_the_next_requests(crowded: Scene) -> None:
    crowded.tell(Reconfigure(BatchSettings(1, TIMEOUT)))
    crowded.tell(request(11))
    assert crowded.outbound.batches == [[11]]


def test_what_waits_at_its_end_is_left_to_the_pool(crowded: Scene) -> None:
    crowded.tell(request(11))
    crowded.batcher.release([request(12), RequestDone(1), request(13)])
    assert crowded.outbound.batches == [[11, 12, 13]]
    crowded.batcher.release([])
    assert crowded.outbound.batches == [[11, 12, 13]]


def test_the_status_counts_requests_and_batches(scene: Scene) -> None:
    described: list[Described] = []

    class Asker:
        def tell(self, message: Any) -> None:
            described.append(message)

    scene.tell(request(1), request(2))
    scene.tell(request(3))
    scene.tell(Describe(7, Asker()))
    assert [(each.id, each.part) for each in described] == [(7, BatcherStatus(requests=3, batches=2))]
