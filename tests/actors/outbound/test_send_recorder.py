"""Sends are recorded before they leave, and never held up by a log that keeps nothing."""

import math
from collections.abc import Sequence
from typing import Any

from actors.engine.dispatcher import Dispatcher
from actors.messages.commands import SendRaw, SubscribeTicks
from actors.messages.traffic import Request
from actors.outbound.send_recorder import TRIES_AGAIN, SendRecorder
from tests.conftest import ManualClock
from tests.doubles.unserved import handle_all

TEXT = SendRaw("x")


class Scene:
    """A recorder, and what came to the log and to the way out, in their order."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.steps: list[Any] = []
        self.keeps = True
        self.recorder = SendRecorder(
            self, {SubscribeTicks: 2}, outbound=self, dispatcher=Dispatcher(clock, "test")
        )

    def ages(self) -> list[float]:
        return []

    def record(self, ages: Sequence[float]) -> bool:
        self.steps.append(list(ages))
        return self.keeps

    def tell(self, request: Request) -> None:
        self.steps.append(request.id)

    def take(self, *requests: Request) -> None:
        for request in requests:
            self.recorder.actor_ref.tell(request)
        handle_all(self.recorder)

    def later(self, seconds: float) -> None:
        self.clock.advance(seconds)
        handle_all(self.recorder)


def request(id: int, command: Any = TEXT) -> Request:
    return Request(id, command, math.inf)


def test_what_waits_together_is_recorded_at_once_before_it_leaves(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.take(request(1), request(2, SubscribeTicks("A", 60)))
    scene.take(request(3))
    assert scene.steps == [[0.0, 0.0, 0.0], 1, 2, [0.0], 3]


def test_what_could_not_be_recorded_leaves_and_is_recorded_later(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.keeps = False
    scene.take(request(1))
    scene.take(request(2))  # no second question to a log that does not answer
    assert scene.steps == [[0.0], 1, 2]
    scene.keeps = True
    scene.later(TRIES_AGAIN)
    assert scene.steps[3:] == [[TRIES_AGAIN, TRIES_AGAIN]]
    scene.take(request(3))
    assert scene.steps[4:] == [[0.0], 3]


def test_what_waits_at_its_end_leaves(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.recorder.release([request(1)])
    assert scene.steps == [[0.0], 1]
