"""Actors that share a thread, and the thread that they share."""

import logging
import socket
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pykka
import pytest

from actors.engine.dispatcher import TURN, Dispatcher
from actors.engine.pykka_internals import Envelope
from actors.engine.waker import DescriptorWaker, Waker
from actors.messages.lifecycle import ActorEnded, ActorFailed, Begin
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recorder, Recording

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher(name="shared")


@pytest.fixture
def actors(dispatcher: Dispatcher) -> list[Recording]:
    """Three that share it."""
    actors = [Recording(name=f"actor {number}", dispatcher=dispatcher) for number in range(3)]
    for actor in actors:
        assert actor.seen() == Begin()
    return actors


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of the thread that called ``wake``, for each call."""
    callers: list[str] = []

    def counted(wake: Callable[[Any], None]) -> Callable[[Any], None]:
        def count(self: Any) -> None:
            callers.append(threading.current_thread().name)
            wake(self)

        return count

    for kind in (Waker, DescriptorWaker):
        monkeypatch.setattr(kind, "wake", counted(kind.wake))
    return callers


def test_actors_that_share_a_dispatcher_run_in_one_thread(actors: list[Recording]) -> None:
    threads = {actor.do(lambda _: threading.current_thread().name) for actor in actors}
    assert threads == {"shared"}


def test_a_message_that_passes_all_of_them_wakes_the_thread_once(
    actors: list[Recording], wakes: list[str]
) -> None:
    first, second, third = actors

    def pass_on(_: Any) -> None:
        second.ref.tell(lambda _: third.ref.tell("arrived"))

    first.ref.tell(pass_on)
    assert third.seen() == "arrived"
    assert wakes.count("shared") == 0
    assert len(wakes) <= 1  # none, if the thread had not fallen asleep yet


def test_each_inbox_has_its_turn_while_another_is_flooded(actors: list[Recording]) -> None:
    flooded, other, _ = actors
    order: list[str] = []
    at_work, go_on = threading.Event(), threading.Event()

    def wait(_: Any) -> None:
        at_work.set()
        go_on.wait(WAIT)

    flooded.ref.tell(wait)
    assert at_work.wait(WAIT)  # otherwise it could ask for its next turn before the other one or after it
    other.ref.tell(lambda _: order.append("other"))
    for _ in range(10 * TURN):
        flooded.ref.tell(lambda _: order.append("flooded"))
    go_on.set()
    flooded.do(lambda _: None)
    assert order.count("flooded") == 10 * TURN
    assert order.index("other") < TURN


def test_an_actor_told_more_in_each_turn_has_no_more_turns_than_the_others(actors: list[Recording]) -> None:
    greedy, other, _ = actors
    handled: list[int] = []
    between: list[int] = []
    go_on = threading.Event()

    def again(actor: Recorder) -> None:
        handled.append(len(handled))
        if len(handled) < 100 * TURN:
            actor.actor_ref.tell(again)

    def count(actor: Recorder) -> None:
        between.append(len(handled))
        if len(handled) < 100 * TURN:
            actor.actor_ref.tell(count)

    greedy.ref.tell(lambda _: go_on.wait(WAIT) and None)
    for _ in range(2 * TURN):
        greedy.ref.tell(again)
    other.ref.tell(count)
    go_on.set()
    greedy.do(lambda _: None)
    other.do(lambda _: None)
    waits = [later - sooner for sooner, later in pairwise(between)]
    assert max(waits) <= TURN


def test_a_descriptor_that_is_ready_needs_no_wake(actors: list[Recording], wakes: list[str]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        actors[0].do(lambda actor: actor.watch(ours, lambda actor: actor.seen.put(ours.recv(10))))
        for _ in range(20):
            theirs.send(b"some")
            assert actors[0].seen() == b"some"
        actors[0].do(lambda actor: actor.inbox.unwatch(ours))
    assert wakes.count("shared") == 0


def test_a_fault_of_the_dispatchers_own_ends_no_actor(
    actors: list[Recording], dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [OSError("out of memory")]
    poll = dispatcher._poll

    def failing(timeout: float) -> None:
        if faults:
            raise faults.pop()
        poll(timeout)

    monkeypatch.setattr(dispatcher, "_poll", failing)
    assert [actor.do(lambda _: "serves") for actor in actors] == ["serves"] * 3
    assert not faults


def test_a_failure_that_cannot_even_be_logged_reaches_the_guardian(dispatcher: Dispatcher) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no space left")

    guardian = Recording()
    failing = Recording(name="unlucky", guardian=guardian.ref, dispatcher=dispatcher)
    neighbour = Recording(dispatcher=dispatcher)
    assert guardian.seen() == failing.seen() == neighbour.seen() == Begin()
    handler = Broken()
    logging.getLogger("pykka").addHandler(handler)
    try:
        failing.ref.tell(lambda _: 1 / 0)
        assert guardian.seen() == ActorFailed("unlucky", "ZeroDivisionError: division by zero")
    finally:
        logging.getLogger("pykka").removeHandler(handler)
    assert neighbour.do(lambda _: "serves") == "serves"


def test_an_interrupted_tell_leaves_no_inbox_without_turns(
    actors: list[Recording], dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dispatcher, "schedule", interrupted)
        with pytest.raises(KeyboardInterrupt):
            actors[0].ref.tell("half told")
    assert actors[0].do(lambda _: "serves") == "serves"


def test_each_inbox_has_its_own_timers_and_descriptors(clock: ManualClock) -> None:
    dispatcher = Dispatcher(clock)
    one, other = (Recording(dispatcher=dispatcher) for _ in range(2))
    assert one.seen() == other.seen() == Begin()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        one.do(lambda actor: actor.after(1, "one's timer"))
        other.do(lambda actor: actor.after(2, "the other's timer"))
        other.do(lambda actor: actor.watch(ours, lambda actor: actor.seen.put(ours.recv(10))))
        theirs.send(b"some")
        assert other.seen() == b"some"
        clock.advance(1)
        assert one.seen() == "one's timer"
        assert other.nothing_more()
        clock.advance(1)
        assert other.seen() == "the other's timer"
        other.do(lambda actor: actor.inbox.unwatch(ours))


@pytest.mark.parametrize("error", [ValueError("bad luck"), SystemExit(1), KeyboardInterrupt()])
def test_a_failing_actor_ends_alone(
    actors: list[Recording], dispatcher: Dispatcher, error: BaseException
) -> None:
    guardian = Recording()
    failing = Recording(name="unlucky", guardian=guardian.ref, dispatcher=dispatcher)
    assert guardian.seen() == failing.seen() == Begin()

    def fail(_: Any) -> None:
        raise error

    failing.ref.tell(fail)
    assert guardian.seen() == ActorFailed("unlucky", f"{type(error).__name__}: {error}")
    assert guardian.seen() == ActorEnded()
    assert not failing.ref.is_alive()
    assert [actor.do(lambda _: "serves") for actor in actors] == ["serves"] * 3


def test_an_actor_that_cannot_even_release_ends_alone(
    actors: list[Recording], dispatcher: Dispatcher
) -> None:
    class Clumsy(Recorder):
        def release(self, unhandled: list[Any]) -> None:
            raise SystemExit

    clumsy = Recording(Clumsy, dispatcher=dispatcher)
    clumsy.ref.tell(lambda _: 1 / 0)
    assert [actor.do(lambda _: "serves") for actor in actors] == ["serves"] * 3
    assert not clumsy.ref.is_alive()


def test_the_end_of_one_takes_its_timers_and_descriptors_and_no_others(clock: ManualClock) -> None:
    dispatcher = Dispatcher(clock)
    ending, staying = (Recording(dispatcher=dispatcher) for _ in range(2))
    assert ending.seen() == staying.seen() == Begin()
    pairs = [socket.socketpair() for _ in range(2)]
    for recording, (ours, _) in zip((ending, staying), pairs, strict=True):
        recording.do(lambda actor: actor.watch(ours, "readable"))  # noqa: B023  # done before the next turn
        recording.do(lambda actor: actor.every(1, "turn"))
    ending.ref.stop(timeout=WAIT)
    assert ending.released() == []
    pairs[0][1].send(b"some")
    clock.advance(1)
    assert staying.seen() == "turn"
    assert ending.nothing_more()
    staying.ref.stop(timeout=WAIT)
    for pair in pairs:
        for end in pair:
            end.close()


def test_what_is_asked_in_the_moment_of_the_end_is_answered_with_the_end(actors: list[Recording]) -> None:
    ending = actors[0]
    future: pykka.Future[Any] = pykka.ThreadingFuture()
    stopped = ending.ref.stop(block=False)
    assert stopped.get(timeout=WAIT)
    ending.ref.actor_inbox.put(Envelope("too late", reply_to=future))
    with pytest.raises(pykka.ActorDeadError):
        future.get(timeout=WAIT)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_the_thread_and_its_descriptors_end_with_the_last_actor_and_return_with_the_next(
    actors: list[Recording], dispatcher: Dispatcher
) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    thread = actors[0].do(lambda _: threading.current_thread())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        actors[0].do(lambda actor: actor.watch(ours, "readable"))
        for actor in actors:
            actor.ref.stop(timeout=WAIT)
        thread.join(WAIT)
        assert not thread.is_alive()
    assert descriptors() == before
    another = Recording(dispatcher=dispatcher)
    assert another.seen() == Begin()
    assert another.do(lambda _: threading.current_thread()) is not thread


def test_an_actor_made_while_others_run_is_told_nothing_before_it_is_complete(
    actors: list[Recording], dispatcher: Dispatcher
) -> None:
    class Slow(Recorder):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.actor_ref.tell(lambda actor: actor.seen.put(actor.complete))
            actors[0].do(lambda _: None)  # the shared thread has had every chance
            self.complete = True

    slow = Recording(Slow, dispatcher=dispatcher)
    assert [slow.seen(), slow.seen()] == [Begin(), True]
