"""An ask with a callback."""

import queue
from typing import Any

import pykka
import pytest

from actors.engine.callback_ask import ask_then
from actors.messages.lifecycle import Begin
from tests.doubles.recorder import WAIT, Recording

Outcome = tuple[Any, BaseException | None]


@pytest.fixture
def actor() -> Recording:
    recording = Recording()
    assert recording.seen() == Begin()
    return recording


def outcome_of(ref: pykka.ActorRef[Any], message: Any) -> Outcome:
    """The one outcome of an ask."""
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    ask_then(ref, message, lambda value, error: outcomes.put((value, error)))
    outcome = outcomes.get(timeout=WAIT)
    assert outcomes.empty()
    return outcome


def test_the_callback_gets_the_answer(actor: Recording) -> None:
    assert outcome_of(actor.ref, lambda _: 7) == (7, None)


def test_the_callback_gets_the_error_of_the_actor(actor: Recording) -> None:
    def fail(_: Any) -> None:
        raise ValueError("broken")

    value, error = outcome_of(actor.ref, fail)
    assert value is None
    assert isinstance(error, ValueError)
    assert str(error) == "broken"


def test_the_callback_gets_an_answer_that_the_actor_gives_later(actor: Recording) -> None:
    slots: queue.SimpleQueue[Any] = queue.SimpleQueue()
    outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
    ask_then(
        actor.ref, lambda self: slots.put(self.defer()), lambda value, error: outcomes.put((value, error))
    )
    slot = slots.get(timeout=WAIT)
    assert outcomes.empty()
    slot.set("late")
    assert outcomes.get(timeout=WAIT) == ("late", None)


def test_the_callback_is_told_that_the_actor_has_ended(actor: Recording) -> None:
    actor.ref.stop(timeout=WAIT)
    value, error = outcome_of(actor.ref, "anything")
    assert value is None
    assert isinstance(error, pykka.ActorDeadError)
