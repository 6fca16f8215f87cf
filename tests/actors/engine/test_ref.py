"""References to actors, and what one does for senders in the actor's own thread."""

from collections.abc import Iterator

import pykka
import pytest

from actors.engine.dispatcher import Dispatcher
from actors.engine.ref import HereRef, RuntimeRef, here
from actors.messages.lifecycle import Begin
from tests.doubles.recorder import WAIT, Recording


@pytest.fixture
def two() -> Iterator[tuple[Recording, Recording]]:
    """Two actors that share a thread."""
    dispatcher = Dispatcher(name="shared")
    pair = Recording(name="first", dispatcher=dispatcher), Recording(name="second", dispatcher=dispatcher)
    for actor in pair:
        assert actor.seen() == Begin()
    yield pair
    for actor in pair:
        actor.ref.stop(block=False)


def here_ref(actor: Recording) -> HereRef:
    ref = here(actor.ref)
    assert isinstance(ref, HereRef)
    return ref


def test_what_is_told_in_the_same_thread_is_handled_within_the_call(two: tuple[Recording, Recording]) -> None:
    first, second = two

    def tell(_: object) -> bool:
        here_ref(second).tell("now")
        return second.nothing_more()

    assert first.do(tell) is False
    assert second.seen() == "now"


def test_what_waits_comes_first(two: tuple[Recording, Recording]) -> None:
    first, second = two

    def tell(_: object) -> bool:
        second.ref.tell(1)
        here_ref(second).tell(2)
        second.ref.tell(3)
        return second.nothing_more()

    assert first.do(tell) is True
    assert [second.seen() for _ in range(3)] == [1, 2, 3]


def test_an_actor_that_is_at_work_is_not_called_within_its_work(two: tuple[Recording, Recording]) -> None:
    first, second = two

    def tell_back(_: object) -> None:
        here_ref(first).tell("later")
        assert first.nothing_more()

    def tell(_: object) -> None:
        here_ref(second).tell(tell_back)

    first.do(tell)
    assert first.seen() == "later"


def test_a_failure_within_the_call_is_that_of_the_called_actor(two: tuple[Recording, Recording]) -> None:
    first, second = two

    def fail(_: object) -> None:
        raise ValueError

    def tell(_: object) -> str:
        here_ref(second).tell(fail)
        return "goes on"

    assert first.do(tell) == "goes on"
    assert second.ref.actor_stopped.wait(WAIT)
    assert first.ref.is_alive()


@pytest.mark.parametrize("kind", [lambda ref: ref, here])
def test_an_actor_that_has_ended_is_told_nothing(kind: object) -> None:
    actor = Recording()
    assert callable(kind)
    ref = kind(actor.ref)
    actor.ref.stop()
    with pytest.raises(pykka.ActorDeadError):
        ref.tell("late")


def test_every_actor_has_such_a_reference() -> None:
    actor = Recording()
    assert isinstance(actor.ref, RuntimeRef)
    actor.ref.stop()
