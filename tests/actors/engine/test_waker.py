import socket
import threading
from collections import deque
from typing import Any

import pytest

from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox
from tests.actors.engine.envelopes import take, tell
from tests.conftest import ManualClock

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


@pytest.mark.parametrize("watching", [False, True])
def test_a_clock_moved_by_hand_and_a_wake_end_the_wait(
    watching: bool, clock: ManualClock, inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    if watching:
        inbox.watch(pair[0], "readable")
    taken: list[Any] = []
    served = threading.Semaphore(0)

    def serve() -> None:
        for _ in range(300):
            inbox.after(60, "due")
            served.release()
            taken.append(inbox.get().message)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    for _ in range(300):
        assert served.acquire(timeout=5)
        clock.advance(60)
        inbox.wake()
    thread.join(5)
    assert taken == ["due"] * 300


@pytest.mark.usefixtures("hasty_threads")
def test_no_message_of_four_senders_is_lost_or_late_or_out_of_its_senders_order(live_inbox: Inbox) -> None:
    each = 20_000
    senders = [
        threading.Thread(target=lambda name=name: tell(live_inbox, *((name, n) for n in range(each))))
        for name in range(4)
    ]
    for sender in senders:
        sender.start()
    seen: dict[int, list[int]] = {name: [] for name in range(4)}
    for _ in range(4 * each):
        name, number = live_inbox.get().message
        seen[name].append(number)
    for sender in senders:
        sender.join(5)
    assert all(numbers == list(range(each)) for numbers in seen.values())
    assert live_inbox.empty()


@pytest.mark.usefixtures("hasty_threads")
def test_each_of_two_thousand_messages_wakes_the_thread_that_waits_for_it(live_inbox: Inbox) -> None:
    answers = Inbox(Dispatcher())

    def answer() -> None:
        for _ in range(2000):
            tell(answers, live_inbox.get().message)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    for number in range(2000):
        tell(live_inbox, number)
        assert take(answers, 1) == [number]
    thread.join(5)


class _LateQueue(deque[Any]):
    """A queue that gets a message right after it was found empty."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self._messages = ["in the last moment"]
        self._inbox = inbox

    def popleft(self) -> Any:
        if not self and self._messages:
            tell(self._inbox, self._messages.pop())
            raise IndexError
        return super().popleft()


def test_a_message_told_between_the_last_poll_and_the_sleep_is_seen(live_inbox: Inbox) -> None:
    live_inbox._told = _LateQueue(live_inbox)
    live_inbox.after(1, "too late")
    assert take(live_inbox, 1) == ["in the last moment"]


def test_a_message_told_just_before_the_sleep_ends_the_wait() -> None:
    messages = ["in the last moment"]

    def clock() -> float:
        if dispatcher._asleep and messages:
            tell(inbox, messages.pop())
        return 1000.0

    dispatcher = Dispatcher(clock)
    inbox = Inbox(dispatcher)
    inbox.after(60, "too late")
    assert take(inbox, 1) == ["in the last moment"]


def test_a_source_that_becomes_readable_ends_the_wait(
    live_dispatcher: Dispatcher, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox = Inbox(live_dispatcher)
    inbox.watch(pair[0], "readable")
    sender = threading.Timer(0.02, pair[1].send, [b"some"])
    sender.start()
    assert take(inbox, 1) == ["readable"]


def test_a_timer_ends_the_wait_on_the_real_clock(live_inbox: Inbox) -> None:
    live_inbox.after(0.02, "due")
    assert take(live_inbox, 1) == ["due"]


def test_a_hundred_thousand_wakes_of_a_busy_inbox_leave_it_working(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable")
    for _ in range(100_000):
        inbox.wake()
    tell(inbox, "told")
    assert take(inbox, 1) == ["told"]
    pair[1].send(b"some")
    assert take(inbox, 1) == ["readable"]
