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
from pykka._envelope import Envelope

from actors.engine.dispatcher import TURN, Dispatcher
from actors.engine.waker import SelectorWaker, Waker
from actors.messages.lifecycle import ActorEnded, ActorFailed, Begin
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recorder, Recording

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


@pytest.fixture
def dispatcher() -> Dispatcher:
    return Dispatcher(name="shared")


@pytest.fixture
def house(dispatcher: Dispatcher) -> list[Recording]:
    """Three that share it."""
    house = [Recording(name=f"resident {number}", dispatcher=dispatcher) for number in range(3)]
    for resident in house:
        assert resident.seen() == Begin()
    return house


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was woken: the thread that each bell was rung in."""
    rung: list[str] = []

    def counted(ring: Callable[[Any], None]) -> Callable[[Any], None]:
        def count(self: Any) -> None:
            rung.append(threading.current_thread().name)
            ring(self)

        return count

    for kind in (Waker, SelectorWaker):
        monkeypatch.setattr(kind, "ring", counted(kind.ring))
    return rung


def test_those_who_share_a_dispatcher_run_in_one_thread(house: list[Recording]) -> None:
    threads = {resident.do(lambda _: threading.current_thread().name) for resident in house}
    assert threads == {"shared"}


def test_a_message_that_passes_all_of_them_wakes_the_thread_once(
    house: list[Recording], rings: list[str]
) -> None:
    first, second, third = house

    def pass_on(_: Any) -> None:
        second.ref.tell(lambda _: third.ref.tell("arrived"))

    first.ref.tell(pass_on)
    assert third.seen() == "arrived"
    assert rings.count("shared") == 0
    assert len(rings) <= 1  # none, if it had not fallen asleep yet


def test_each_has_its_turn_while_another_is_flooded(house: list[Recording]) -> None:
    flooded, other, _ = house
    order: list[str] = []
    go_on = threading.Event()
    flooded.ref.tell(lambda _: go_on.wait(WAIT) and None)
    for _ in range(10 * TURN):
        flooded.ref.tell(lambda _: order.append("flooded"))
    other.ref.tell(lambda _: order.append("other"))
    go_on.set()
    flooded.do(lambda _: None)
    assert order.count("flooded") == 10 * TURN
    assert order.index("other") <= TURN


def test_whoever_is_told_more_in_each_turn_has_no_more_turns_than_the_others(house: list[Recording]) -> None:
    greedy, other, _ = house
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


def test_a_descriptor_that_is_ready_needs_no_bell(house: list[Recording], rings: list[str]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        house[0].do(lambda actor: actor.watch(ours, lambda actor: actor.seen.put(ours.recv(10))))
        for _ in range(20):
            theirs.send(b"some")
            assert house[0].seen() == b"some"
        house[0].do(lambda actor: actor.inbox.unwatch(ours))
    assert rings.count("shared") == 0


def test_a_fault_of_the_dispatchers_own_ends_nobody(
    house: list[Recording], dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = [OSError("out of memory")]
    call_due = dispatcher.call_due

    def failing() -> None:
        if faults:
            raise faults.pop()
        call_due()

    monkeypatch.setattr(dispatcher, "call_due", failing)
    assert [resident.do(lambda _: "serves") for resident in house] == ["serves"] * 3
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


def test_whoever_is_interrupted_while_telling_leaves_nobody_deaf(
    house: list[Recording], dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dispatcher, "schedule", interrupted)
        with pytest.raises(KeyboardInterrupt):
            house[0].ref.tell("half told")
    assert house[0].do(lambda _: "serves") == "serves"


def test_each_has_its_own_timers_and_descriptors(clock: ManualClock) -> None:
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
def test_whoever_fails_ends_alone(
    house: list[Recording], dispatcher: Dispatcher, error: BaseException
) -> None:
    guardian = Recording()
    failing = Recording(name="unlucky", guardian=guardian.ref, dispatcher=dispatcher)
    assert guardian.seen() == failing.seen() == Begin()

    def fail(_: Any) -> None:
        raise error

    failing.ref.tell(fail)
    assert guardian.seen() == ActorFailed("unlucky", f"{type(error).__name__}: {error}")
    assert guardian.seen() == ActorEnded(failing.ref.actor_urn)
    assert not failing.ref.is_alive()
    assert [resident.do(lambda _: "serves") for resident in house] == ["serves"] * 3


def test_whoever_cannot_even_let_go_ends_alone(house: list[Recording], dispatcher: Dispatcher) -> None:
    class Clumsy(Recorder):
        def release(self, unhandled: list[Any]) -> None:
            raise SystemExit

    clumsy = Recording(Clumsy, dispatcher=dispatcher)
    clumsy.ref.tell(lambda _: 1 / 0)
    assert [resident.do(lambda _: "serves") for resident in house] == ["serves"] * 3
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


def test_what_is_asked_in_the_moment_of_the_end_is_answered_with_the_end(house: list[Recording]) -> None:
    ending = house[0]
    future: pykka.Future[Any] = pykka.ThreadingFuture()
    stopped = ending.ref.stop(block=False)
    assert stopped.get(timeout=WAIT)
    ending.ref.actor_inbox.put(Envelope("too late", reply_to=future))
    with pytest.raises(pykka.ActorDeadError):
        future.get(timeout=WAIT)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_the_thread_and_its_descriptors_go_with_the_last_and_come_back_with_the_next(
    house: list[Recording], dispatcher: Dispatcher
) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    thread = house[0].do(lambda _: threading.current_thread())
    ours, theirs = socket.socketpair()
    with ours, theirs:
        house[0].do(lambda actor: actor.watch(ours, "readable"))
        for resident in house:
            resident.ref.stop(timeout=WAIT)
        thread.join(WAIT)
        assert not thread.is_alive()
    assert descriptors() == before
    another = Recording(dispatcher=dispatcher)
    assert another.seen() == Begin()
    assert another.do(lambda _: threading.current_thread()) is not thread


def test_one_that_is_made_while_others_run_is_told_nothing_before_it_is_complete(
    house: list[Recording], dispatcher: Dispatcher
) -> None:
    class Slow(Recorder):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.actor_ref.tell(lambda actor: actor.seen.put(actor.complete))
            house[0].do(lambda _: None)  # the shared thread has had every chance
            self.complete = True

    slow = Recording(Slow, dispatcher=dispatcher)
    assert [slow.seen(), slow.seen()] == [Begin(), True]
