import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

import pykka
import pytest
from loguru import logger

from actors.engine.actor import ReplySlot
from actors.errors import RequestRefused, TransportError
from actors.messages.control import Drain
from actors.messages.lifecycle import ActorEnded, ActorFailed, Begin
from actors.supervision.messages import CheckHeartbeats
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recorder, Recording

pytestmark = pytest.mark.timeout(20)


def fail(error: BaseException) -> Callable[[Any], None]:
    def act(actor: Recorder) -> None:
        raise error

    return act


@pytest.fixture
def recording() -> Recording:
    recording = Recording()
    assert recording.seen() == Begin()
    return recording


# -- birth ---------------------------------------------------------------------------------------------


def test_an_actors_first_message_is_begin() -> None:
    assert Recording().seen() == Begin()


def test_begin_comes_before_what_it_is_told_while_it_is_made() -> None:
    class Early(Recorder):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.actor_ref.tell("early")

    recording = Recording(Early)
    assert [recording.seen(), recording.seen()] == [Begin(), "early"]


def test_an_actor_does_not_hold_up_the_end_of_the_program(recording: Recording) -> None:
    assert recording.do(lambda _: threading.current_thread().daemon)


# -- deferred answers ----------------------------------------------------------------------------------


def defer_in(recording: Recording, result: Any = None) -> tuple[ReplySlot, pykka.Future[Any]]:
    """Send an ask that is deferred and returns ``result`` at once; its reply slot and its future."""
    slots: queue.SimpleQueue[ReplySlot] = queue.SimpleQueue()

    def act(actor: Recorder) -> Any:
        slots.put(actor.defer())  # type: ignore[arg-type]  # it is asked
        return result

    future = recording.ref.ask(act, block=False)
    return slots.get(timeout=WAIT), future


def test_a_deferred_answer_comes_later_and_once(recording: Recording) -> None:
    slot, future = defer_in(recording, "what the handler returned")
    recording.do(lambda _: None)  # the handler is done by now
    with pytest.raises(pykka.Timeout):
        future.get(timeout=0)
    slot.set("the answer")
    assert future.get(timeout=WAIT) == "the answer"
    assert recording.ref.is_alive()


def test_a_deferred_answer_can_be_an_error(recording: Recording) -> None:
    slot, future = defer_in(recording)
    slot.fail(RequestRefused("no such asset"))
    with pytest.raises(RequestRefused, match="no such asset"):
        future.get(timeout=WAIT)


def test_each_deferred_question_has_its_own_answer(recording: Recording) -> None:
    deferred = [defer_in(recording) for _ in range(3)]
    for number, (slot, _) in reversed(list(enumerate(deferred))):
        slot.set(number)
    assert [future.get(timeout=WAIT) for _, future in deferred] == [0, 1, 2]


def test_what_was_told_has_no_answer_to_defer(recording: Recording) -> None:
    recording.ref.tell(lambda actor: actor.seen.put(actor.defer()))
    assert recording.seen() is None


def test_an_answer_can_be_deferred_only_once(recording: Recording) -> None:
    slots: queue.SimpleQueue[ReplySlot | None] = queue.SimpleQueue()

    def act(actor: Recorder) -> None:
        slots.put(actor.defer())
        slots.put(actor.defer())

    future = recording.ref.ask(act, block=False)
    first, second = slots.get(timeout=WAIT), slots.get(timeout=WAIT)
    assert first is not None
    assert second is None
    first.set("the answer")
    assert future.get(timeout=WAIT) == "the answer"


def test_a_timers_message_has_no_answer_to_defer(clock: ManualClock) -> None:
    recording = Recording(clock=clock)
    recording.seen()
    recording.do(lambda actor: actor.after(1, lambda actor: actor.seen.put(actor.defer())) and None)
    clock.advance(1)
    assert recording.seen() is None


def test_an_ask_that_raises_is_answered_with_the_error_and_ends_no_actor(recording: Recording) -> None:
    with pytest.raises(ValueError, match="unfit"):
        recording.do(fail(ValueError("unfit")))
    assert recording.do(lambda _: "still there") == "still there"


# -- waiting -------------------------------------------------------------------------------------------


def test_an_actor_tells_itself_messages_later_and_repeatedly(clock: ManualClock) -> None:
    recording = Recording(clock=clock)
    assert recording.seen() == Begin()

    def book(actor: Recorder) -> None:
        actor.after(3, "once")
        actor.every(2, "turn")
        actor.at(1001.0, "at its moment")
        actor.at(999.0, "too late, so at once")

    recording.do(book)
    recording.do(lambda _: None)
    assert recording.seen() == "too late, so at once"
    seen = []
    for _ in range(4):
        clock.advance(1)
        recording.do(lambda _: None)  # due messages overtake this one
        while not recording.nothing_more():
            seen.append((clock(), recording.seen()))
    assert seen == [
        (1001.0, "at its moment"),
        (1002.0, "turn"),
        (1003.0, "once"),
        (1004.0, "turn"),
    ]


def test_a_periodic_task_is_named_after_its_message(clock: ManualClock) -> None:
    recording = Recording(clock=clock)
    assert recording.seen() == Begin()

    def book(actor: Recorder) -> None:
        actor.every(10, Drain())
        actor.every(4, CheckHeartbeats()).last_error = "no heartbeat"
        actor.after(1, "once")

    recording.do(book)
    heartbeats, drain = sorted(recording.do(lambda actor: actor.tasks()), key=lambda task: task.name)
    assert (drain.owner, drain.name, drain.interval) == (heartbeats.owner, "drain", 10)
    assert (drain.last_run, drain.next_run, drain.last_error) == (None, 10.0, "")
    assert (heartbeats.name, heartbeats.last_error) == ("check heartbeats", "no heartbeat")
    clock.advance(5)
    recording.do(lambda _: None)
    heartbeats, _ = sorted(recording.do(lambda actor: actor.tasks()), key=lambda task: task.name)
    assert (heartbeats.last_run, heartbeats.next_run) == (0.0, 3.0)


def test_an_actor_reads_its_own_descriptors(recording: Recording) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def read(actor: Recorder) -> None:
            actor.seen.put(ours.recv(10))

        recording.do(lambda actor: actor.watch(ours, read))
        theirs.send(b"some")
        assert recording.seen() == b"some"
        recording.do(lambda actor: actor.inbox.unwatch(ours))


def test_where_no_more_descriptors_may_be_opened_a_watch_says_so(recording: Recording) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)

    def watch_without_one_left(actor: Recorder) -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
        try:
            actor.watch(ours, "readable")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)

    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TransportError, match="open files"):
        recording.do(watch_without_one_left)


# -- death ---------------------------------------------------------------------------------------------


def test_stopping_releases_once_with_what_will_not_be_handled(recording: Recording) -> None:
    busy, go_on = threading.Event(), threading.Event()

    def be_busy(actor: Recorder) -> None:
        busy.set()
        assert go_on.wait(WAIT)

    recording.ref.tell(be_busy)
    assert busy.wait(WAIT)
    recording.ref.tell(1)
    recording.ref.tell(2)
    question = recording.ref.ask("question", block=False)
    stopped = recording.ref.stop(block=False)
    go_on.set()
    assert stopped.get(timeout=WAIT)
    assert recording.released() == [1, 2]
    with pytest.raises(pykka.ActorDeadError):
        question.get(timeout=WAIT)
    assert recording.nothing_more()


def test_a_failure_releases_once_and_is_reported_with_name_and_reason() -> None:
    guardian = Recording()
    assert guardian.seen() == Begin()
    failing = Recording(name="unlucky", guardian=guardian.ref)
    assert failing.seen() == Begin()

    def act(actor: Recorder) -> None:
        actor.actor_ref.tell("never handled")
        raise ValueError("bad luck")

    failing.ref.tell(act)
    assert guardian.seen() == ActorFailed("unlucky", "ValueError: bad luck")
    assert guardian.seen() == ActorEnded()
    assert failing.released() == ["never handled"]
    assert failing.nothing_more()
    assert guardian.nothing_more()
    assert not failing.ref.is_alive()


def test_a_stop_is_reported_as_an_end_and_not_as_a_failure() -> None:
    guardian = Recording()
    assert guardian.seen() == Begin()
    recording = Recording(guardian=guardian.ref)
    recording.ref.stop(timeout=WAIT)
    assert guardian.seen() == ActorEnded()
    assert guardian.nothing_more()


def test_a_failure_is_reported_even_if_the_release_fails_too() -> None:
    class Clumsy(Recorder):
        def release(self, unhandled: list[Any]) -> None:
            raise OSError("cannot close")

    guardian = Recording()
    assert guardian.seen() == Begin()
    failing = Recording(Clumsy, name="clumsy", guardian=guardian.ref)
    failing.ref.tell(fail(ValueError("bad luck")))
    assert guardian.seen() == ActorFailed("clumsy", "ValueError: bad luck")


def test_a_failure_without_a_guardian_ends_the_actor(recording: Recording) -> None:
    recording.ref.tell(fail(ValueError("bad luck")))
    assert recording.released() == []
    assert not recording.ref.is_alive()


def test_an_actor_that_has_ended_gets_no_timers_and_reads_no_descriptors(clock: ManualClock) -> None:
    recording = Recording(clock=clock)
    assert recording.seen() == Begin()
    ours, theirs = socket.socketpair()
    with ours, theirs:

        def prepare(actor: Recorder) -> None:
            actor.every(1, "turn")
            actor.watch(ours, "readable")

        recording.do(prepare)
        recording.ref.stop(timeout=WAIT)
        clock.advance(5)
        theirs.send(b"some")
        assert recording.released() == []
        assert recording.nothing_more()


def test_a_control_message_overtakes_what_waits(recording: Recording) -> None:
    busy, go_on = threading.Event(), threading.Event()

    def be_busy(actor: Recorder) -> None:
        busy.set()
        assert go_on.wait(WAIT)

    recording.ref.tell(be_busy)
    assert busy.wait(WAIT)
    recording.ref.tell("told")
    recording.ref.tell(Drain())
    go_on.set()
    assert [recording.seen(), recording.seen()] == [Drain(), "told"]


def test_what_it_cannot_handle_is_logged_by_type_and_not_by_content(recording: Recording) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}", level="WARNING")
    try:
        recording.do(lambda actor: actor.unexpected("canary"))
    finally:
        logger.remove(sink)
    assert [line.strip() for line in lines] == [
        "recorder cannot handle str, and drops it: commands go to the router"
    ]
