"""The guardian: what the failure of an actor means, and the order of the ends."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.errors import TellwireError
from actors.messages.lifecycle import Begin
from runtime.system import guardian as guardians
from runtime.system.guardian import Guardian, OnFailure

PATIENCE = 10.0
"""Seconds; a test waits so long only for what fails."""


class Child(RuntimeActor):
    """Notes its end in ``ended``. "fail" raises; a barrier is waited at twice: a test learns that the actor's
    thread is held, and lets it go."""

    def __init__(self, name: str, ended: list[str], **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self._ended = ended

    def on_receive(self, message: Any) -> None:
        match message:
            case "fail":
                raise ValueError("broken")
            case threading.Barrier():
                message.wait(PATIENCE)
                message.wait(PATIENCE)
            case Begin():
                pass

    def release(self, unhandled: list[Any]) -> None:
        self._ended.append(self.name)


def unexpected(error: Exception) -> None:
    raise AssertionError(f"escalated: {error}")


@pytest.fixture
def errors() -> Iterator[list[str]]:
    lines: list[str] = []
    handler = logger.add(lambda message: lines.append(message.record["message"]), level="ERROR")
    yield lines
    logger.remove(handler)


def test_actors_end_in_the_reverse_order_of_their_start() -> None:
    ended: list[str] = []
    guardian = Guardian(unexpected)
    for name in ("first", "second", "third"):
        guardian.start(Child, name, ended)
    guardian.stop()
    assert ended == ["third", "second", "first"]
    guardian.stop()
    assert len(ended) == 3


def test_an_actor_that_a_stop_has_ended_can_be_ended_again() -> None:
    ended: list[str] = []
    guardian = Guardian(unexpected)
    ref = guardian.start(Child, "only", ended)
    guardian.stop()
    guardian.end(ref)
    assert ended == ["only"]


def test_a_failure_is_escalated_unless_the_actor_was_started_otherwise() -> None:
    escalated: list[Exception] = []
    guardian = Guardian(escalated.append)
    ref = guardian.start(Child, "limiter", [])
    ref.tell("fail")
    assert guardian.await_end(ref, PATIENCE)
    (failure,) = escalated
    assert isinstance(failure, TellwireError)
    assert str(failure) == "the limiter failed: ValueError: broken: report this with the log"
    guardian.stop()


def test_a_failure_that_is_only_to_be_logged_ends_nothing_else(errors: list[str]) -> None:
    guardian = Guardian(unexpected)
    ended: list[str] = []
    other = guardian.start(Child, "router", ended)
    ref = guardian.start(Child, "gateway", ended, on_failure=OnFailure.LOG)
    ref.tell("fail")
    assert guardian.await_end(ref, PATIENCE)
    assert other.is_alive()
    assert (
        "the gateway failed, and the runtime goes on without it: ValueError: broken; a restart brings it back"
        in errors
    )
    guardian.stop()
    assert ended == ["gateway", "router"]


def test_an_actor_that_does_not_end_is_named_and_left_behind(
    monkeypatch: pytest.MonkeyPatch, errors: list[str]
) -> None:
    monkeypatch.setattr(guardians, "STOP_TIMEOUT", 0.05)
    ended: list[str] = []
    guardian = Guardian(unexpected)
    guardian.start(Child, "first", ended)
    hanging = guardian.start(Child, "hanging", ended)
    barrier = threading.Barrier(2)
    hanging.tell(barrier)
    barrier.wait(PATIENCE)
    assert not guardian.await_end(hanging, 0.0)
    guardian.stop()
    assert (ended, errors) == (["first"], ["Child does not end, and is left: report this with the log"])
    barrier.wait(PATIENCE)
    assert hanging.actor_stopped.wait(PATIENCE)
