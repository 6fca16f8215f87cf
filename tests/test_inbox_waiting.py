import contextlib
import socket
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pykka
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pykka._envelope import Envelope
from pykka.messages import _ActorStop

from actors.inbox import TOLD_PER_POLL, Inbox
from actors.messages.control import Drain
from tests.conftest import ManualClock

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


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
    tell(inbox, *range(TOLD_PER_POLL + 1))
    assert take(inbox, TOLD_PER_POLL + 2).count("either") == 1


def test_a_full_socket_is_announced_when_it_can_be_written_again(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(bytes(65536))
    inbox.watch(ours, "writable", writable=True)
    tell(inbox, *range(TOLD_PER_POLL + 1))
    assert "writable" not in take(inbox, TOLD_PER_POLL + 1)
    theirs.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            theirs.recv(1 << 20)
    assert take(inbox, 1) == ["writable"]
    inbox.watch(ours, "writable")
    tell(inbox, *range(TOLD_PER_POLL + 1))
    assert "writable" not in take(inbox, TOLD_PER_POLL + 1)


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
        tell(inbox, *range(TOLD_PER_POLL))
        rest = take(inbox, TOLD_PER_POLL + 1)
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
    assert "readable" in take(inbox, TOLD_PER_POLL + 1)


def test_told_messages_are_served_between_the_looks_at_a_source_that_never_rests(
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


# -- waking up -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("watching", [False, True])
def test_a_clock_moved_by_hand_and_a_wake_end_the_wait(
    watching: bool, pair: tuple[socket.socket, socket.socket]
) -> None:
    clock = ManualClock()
    inbox = Inbox(clock)
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
    inbox.close()
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
def test_each_of_two_thousand_messages_wakes_the_one_who_waits_for_it(live_inbox: Inbox) -> None:
    answers = Inbox()

    def answer() -> None:
        for _ in range(2000):
            tell(answers, live_inbox.get().message)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    for number in range(2000):
        tell(live_inbox, number)
        assert take(answers, 1) == [number]
    thread.join(5)


def test_a_source_that_becomes_readable_ends_the_wait(pair: tuple[socket.socket, socket.socket]) -> None:
    inbox = Inbox()
    inbox.watch(pair[0], "readable")
    sender = threading.Timer(0.02, pair[1].send, [b"some"])
    sender.start()
    assert take(inbox, 1) == ["readable"]
    inbox.close()


def test_a_timer_ends_the_wait_on_the_real_clock(live_inbox: Inbox) -> None:
    live_inbox.after(0.02, "due")
    assert take(live_inbox, 1) == ["due"]


def test_a_hundred_thousand_wakes_of_a_busy_inbox_leave_it_working(
    clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox = Inbox(clock)
    inbox.watch(pair[0], "readable")
    for _ in range(100_000):
        inbox.wake()
    tell(inbox, "told")
    assert take(inbox, 1) == ["told"]
    pair[1].send(b"some")
    assert take(inbox, 1) == ["readable"]
    inbox.close()


