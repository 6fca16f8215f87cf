import socket
from pathlib import Path

import pytest
from pykka.messages import _ActorStop

from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox
from actors.messages.control import Drain
from tests.actors.engine.envelopes import ask, take, take_all, tell
from tests.conftest import ManualClock

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


def test_told_messages_come_in_the_order_in_which_they_were_told(inbox: Inbox) -> None:
    tell(inbox, 1, 2, 3)
    assert take(inbox, 3) == [1, 2, 3]


def test_control_overtakes_what_was_told_before_it_and_keeps_its_own_order(inbox: Inbox) -> None:
    stop = _ActorStop()
    tell(inbox, 1, Drain(), 2, stop)
    assert take(inbox, 4) == [Drain(), stop, 1, 2]


def test_a_due_timer_comes_before_what_was_told_and_after_control(inbox: Inbox, clock: ManualClock) -> None:
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


def test_closing_returns_control_messages_too(inbox: Inbox) -> None:
    tell(inbox, 1, Drain())
    assert sorted(inbox.close(), key=str) == [1, Drain()]


def test_a_closed_inbox_bears_late_messages_and_wakes_and_closing_again(live_inbox: Inbox) -> None:
    live_inbox.close()
    tell(live_inbox, "late")
    live_inbox.wake()
    assert live_inbox.close() == ["late"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_closing_lets_go_of_its_own_descriptors_and_of_no_others(
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
