import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from actors.engine.dispatcher import MESSAGES_PER_POLL, Dispatcher
from actors.engine.inbox import Inbox, Overflow
from actors.engine.pykka_internals import ActorStop
from actors.messages.commands import Halt, Resume
from actors.messages.control import Drain
from tests.actors.engine.envelopes import ask, take, take_all, tell
from tests.conftest import ManualClock

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang

# -- the order -----------------------------------------------------------------------------------------


def test_told_messages_come_in_the_order_in_which_they_were_told(inbox: Inbox) -> None:
    tell(inbox, 1, 2, 3)
    assert take(inbox, 3) == [1, 2, 3]


def test_messages_that_overtake_come_first_and_keep_their_own_order(inbox: Inbox) -> None:
    stop = ActorStop()
    tell(inbox, 1, Drain(), Resume(), Halt("for lunch"), stop)
    assert take(inbox, 5) == [Drain(), Halt("for lunch"), stop, 1, Resume()]


@pytest.mark.parametrize("overtakes", [True, False])
def test_a_class_says_whether_its_messages_overtake(overtakes: bool, inbox: Inbox) -> None:
    class Message:
        pass

    Message.overtakes = overtakes  # type: ignore[attr-defined]
    message = Message()
    tell(inbox, 1, message)
    assert take(inbox, 2) == ([message, 1] if overtakes else [1, message])


def test_a_due_timer_comes_before_what_was_told_and_behind_control(inbox: Inbox, clock: ManualClock) -> None:
    inbox.after(1, "due")
    inbox.after(2, "not due")
    tell(inbox, "told", Drain())
    clock.advance(1)
    assert take_all(inbox) == [Drain(), "due", "told"]


def test_timers_come_when_they_are_due_and_equals_in_the_order_of_booking(
    inbox: Inbox, clock: ManualClock
) -> None:
    for delay, message in [(2, "d"), (1, "a"), (1, "b"), (1.5, "c"), (2, "e")]:
        inbox.after(delay, message)
    clock.advance(2)
    assert take_all(inbox) == ["a", "b", "c", "d", "e"]


def test_a_due_timer_waits_neither_for_a_flood_of_messages_nor_of_bytes(
    inbox: Inbox, clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable")
    pair[1].send(b"unread")
    tell(inbox, *range(1000))
    take(inbox, 200)
    inbox.after(0.5, "due")
    clock.advance(0.5)
    assert take(inbox, 1) == ["due"]


# -- descriptors ---------------------------------------------------------------------------------------


def test_a_source_is_announced_for_as_long_as_it_can_be_read(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    inbox.watch(ours, "readable")
    theirs.send(b"some")
    assert take(inbox, 2) == ["readable", "readable"]
    ours.recv(10)
    tell(inbox, "told")
    assert take(inbox, 1) == ["told"]


def test_a_source_is_announced_once_when_it_can_be_read_and_written(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    inbox.watch(ours, "either", writable=True)
    assert take(inbox, 1) == ["either"]
    theirs.send(b"some")
    tell(inbox, *range(MESSAGES_PER_POLL + 1))
    assert take(inbox, MESSAGES_PER_POLL + 2).count("either") == 1


def test_a_full_socket_is_announced_when_it_can_be_written_again(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(bytes(65536))
    inbox.watch(ours, "writable", writable=True)
    tell(inbox, *range(MESSAGES_PER_POLL + 1))
    assert "writable" not in take(inbox, MESSAGES_PER_POLL + 1)
    theirs.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            theirs.recv(1 << 20)
    assert take(inbox, 1) == ["writable"]
    inbox.watch(ours, "writable")
    tell(inbox, *range(MESSAGES_PER_POLL + 1))
    assert "writable" not in take(inbox, MESSAGES_PER_POLL + 1)


def test_watching_again_changes_the_message(inbox: Inbox, pair: tuple[socket.socket, socket.socket]) -> None:
    inbox.watch(pair[0], "old")
    inbox.watch(pair[0], "new")
    pair[1].send(b"some")
    assert take(inbox, 1) == ["new"]


def test_what_is_not_watched_any_more_is_not_announced_even_if_it_was_seen_ready(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    others = socket.socketpair()
    with others[0], others[1]:
        sources = {"one": pair[0], "two": others[0]}
        for name, source in sources.items():
            inbox.watch(source, name)
        pair[1].send(b"some")
        others[1].send(b"some")
        (first,) = take(inbox, 1)
        (second,) = sources.keys() - {first}
        inbox.unwatch(sources[second])
        tell(inbox, *range(MESSAGES_PER_POLL))
        rest = take(inbox, MESSAGES_PER_POLL + 1)
        assert second not in rest
        assert first in rest


def test_two_ready_sources_are_announced_in_turn(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    others = socket.socketpair()
    with others[0], others[1]:
        inbox.watch(pair[0], "one")
        inbox.watch(others[0], "two")
        pair[1].send(b"some")
        others[1].send(b"some")
        assert sorted(take(inbox, 6)) == ["one"] * 3 + ["two"] * 3


def test_a_readable_source_is_served_within_a_few_of_ten_thousand_told_messages(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable")
    tell(inbox, *range(10_000))
    take(inbox, 1000)
    pair[1].send(b"some")
    assert "readable" in take(inbox, MESSAGES_PER_POLL + 1)


def test_told_messages_are_served_between_the_polls_of_a_source_that_is_always_ready(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable")
    pair[1].send(b"some")
    tell(inbox, *range(10_000))
    told = [message for message in take(inbox, 1000) if message != "readable"]
    assert told == list(range(len(told)))
    assert len(told) > 900


def test_only_messages_count_for_whether_it_is_empty(
    inbox: Inbox, clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable")
    inbox.after(0, "due")
    pair[1].send(b"some")
    assert inbox.empty()
    assert len(inbox) == 0
    tell(inbox, "told", Drain())
    assert not inbox.empty()
    assert len(inbox) == 2


# -- gaps ----------------------------------------------------------------------------------------------

GAP = 0.5


def test_with_a_gap_a_source_is_announced_at_once_after_a_pause_and_next_when_the_gap_is_over(
    inbox: Inbox, clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable", gap=GAP)
    for _ in range(3):
        clock.advance(10 * GAP)
        pair[1].send(b"some")
        assert take(inbox, 1) == ["readable"]
        pair[0].recv(10)
        clock.advance(GAP / 2)
        pair[1].send(b"more")
        tell(inbox, *range(2 * MESSAGES_PER_POLL))
        assert "readable" not in take(inbox, 2 * MESSAGES_PER_POLL)
        clock.advance(GAP / 2)
        assert take(inbox, 1) == ["readable"]
        pair[0].recv(10)


def test_under_load_a_source_is_announced_once_in_each_gap(
    inbox: Inbox, clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable", gap=GAP)
    pair[1].send(b"never read")
    steps = 10
    seen = 0
    for _ in range(20 * steps):
        clock.advance(GAP / steps)
        tell(inbox, *range(2 * MESSAGES_PER_POLL), "the last")
        while (message := inbox.get().message) != "the last":
            seen += message == "readable"
    assert 19 <= seen <= 21


def test_a_source_may_be_unwatched_and_watched_anew_while_the_gap_lasts(
    inbox: Inbox, clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    for message in ("first", "second"):
        inbox.watch(pair[0], message, gap=GAP)
        pair[1].send(b"never read")
        assert take(inbox, 1) == [message]
        tell(inbox, *range(2 * MESSAGES_PER_POLL))
        take(inbox, 2 * MESSAGES_PER_POLL)
        inbox.unwatch(pair[0])
    clock.advance(10 * GAP)
    assert take_all(inbox) == []
    inbox.watch(pair[0], "without a gap")
    assert take(inbox, 2) == ["without a gap"] * 2


# -- overflow ------------------------------------------------------------------------------------------


def newest_two(waiting: list[Any]) -> list[Any]:
    return waiting[-2:]


def test_an_inbox_over_its_capacity_keeps_what_conflate_returns_in_order(dispatcher: Dispatcher) -> None:
    inbox = Inbox(dispatcher, Overflow(4, newest_two))
    tell(inbox, 1, 2, 3, 4)
    assert len(inbox) == 4
    tell(inbox, 5)
    assert take_all(inbox) == [4, 5]


def test_conflation_touches_neither_asks_nor_messages_that_overtake(dispatcher: Dispatcher) -> None:
    handed: list[list[Any]] = []

    def conflate(waiting: list[Any]) -> list[Any]:
        handed.append(waiting)
        return []

    inbox = Inbox(dispatcher, Overflow(3, conflate))
    questions = [ask(inbox, "first question")]
    tell(inbox, 1, Drain(), 2)
    questions.append(ask(inbox, "second question"))
    assert handed == [[1, 2]]
    assert inbox.get().message == Drain()
    kept = [inbox.get() for _ in range(2)]
    assert [envelope.message for envelope in kept] == ["first question", "second question"]
    assert [envelope.reply_to for envelope in kept] == questions
    assert inbox.empty()


def test_a_flooded_inbox_never_holds_more_than_its_capacity(dispatcher: Dispatcher) -> None:
    inbox = Inbox(dispatcher, Overflow(64, newest_two))
    longest = 0
    for number in range(50_000):
        tell(inbox, number)
        longest = max(longest, len(inbox))
    assert longest <= 64
    assert take_all(inbox)[-1] == 49_999


def test_another_senders_order_is_kept_while_one_sender_conflates(dispatcher: Dispatcher) -> None:
    taken: list[Any] = []

    def conflate(waiting: list[Any]) -> list[Any]:
        # What the other sender and the actor may do at this moment; the sender has to wait for us.
        other = threading.Thread(target=tell, args=(inbox, ("other", 2)), daemon=True)
        actor = threading.Thread(target=lambda: taken.append(inbox.get().message), daemon=True)
        threads.extend([other, actor])
        other.start()
        other.join(0.05)
        actor.start()
        actor.join(0.05)
        return waiting[-2:]

    threads: list[threading.Thread] = []
    inbox = Inbox(dispatcher, Overflow(3, conflate))
    tell(inbox, 1, 2, ("other", 1), 3)
    for thread in threads:
        thread.join(5)
    taken += take_all(inbox)
    assert [message for message in taken if isinstance(message, tuple)] == [("other", 1), ("other", 2)]


@pytest.mark.usefixtures("hasty_threads")
def test_what_conflate_keeps_is_lost_in_no_race_with_the_actor_and_other_senders() -> None:
    def without_ticks(waiting: list[Any]) -> list[Any]:
        return [message for message in waiting if message != "tick"]

    inbox = Inbox(Dispatcher(), Overflow(64, without_ticks))
    floods = [threading.Thread(target=lambda: tell(inbox, *["tick"] * 20_000)) for _ in range(2)]
    facts = threading.Thread(target=lambda: tell(inbox, *range(2000)))
    for thread in (*floods, facts):
        thread.start()
    seen: set[int] = set()
    while len(seen) < 2000:
        message = inbox.get().message
        if message != "tick":
            assert message not in seen
            seen.add(message)
    for thread in (*floods, facts):
        thread.join(5)
    assert seen == set(range(2000))


# -- the end -------------------------------------------------------------------------------------------


def test_closing_returns_what_was_told_and_leaves_what_was_asked(inbox: Inbox, clock: ManualClock) -> None:
    tell(inbox, 1)
    ask(inbox, "first question")
    tell(inbox, 2)
    ask(inbox, "second question")
    inbox.after(0, "due")
    assert inbox.close() == [1, 2]
    assert take(inbox, 2) == ["first question", "second question"]
    assert inbox.empty()


def test_closing_returns_messages_that_overtake_too(inbox: Inbox) -> None:
    tell(inbox, 1, Drain())
    assert sorted(inbox.close(), key=str) == [1, Drain()]


def test_a_closed_inbox_takes_late_messages_and_wakes_and_can_be_closed_again(live_inbox: Inbox) -> None:
    live_inbox.close()
    tell(live_inbox, "late")
    live_inbox.wake()
    assert live_inbox.close() == ["late"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_closing_releases_its_own_descriptors_and_no_others(
    live_dispatcher: Dispatcher, pair: tuple[socket.socket, socket.socket]
) -> None:
    before = sorted(path.name for path in Path("/proc/self/fd").iterdir())
    inbox = Inbox(live_dispatcher)
    inbox.watch(pair[0], "readable")
    inbox.close()
    live_dispatcher.close()
    assert sorted(path.name for path in Path("/proc/self/fd").iterdir()) == before
    pair[1].send(b"some")
    assert pair[0].recv(10) == b"some"
