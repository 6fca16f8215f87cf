import contextlib
import socket

import pytest

from actors.engine.dispatcher import MESSAGES_PER_LOOK
from actors.engine.inbox import Inbox
from actors.messages.control import Drain
from tests.actors.engine.envelopes import take, take_all, tell
from tests.conftest import ManualClock

pytestmark = pytest.mark.timeout(20)  # a lost wake-up would hang


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
    tell(inbox, *range(MESSAGES_PER_LOOK + 1))
    assert take(inbox, MESSAGES_PER_LOOK + 2).count("either") == 1


def test_a_full_socket_is_announced_when_it_can_be_written_again(
    inbox: Inbox, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(bytes(65536))
    inbox.watch(ours, "writable", writable=True)
    tell(inbox, *range(MESSAGES_PER_LOOK + 1))
    assert "writable" not in take(inbox, MESSAGES_PER_LOOK + 1)
    theirs.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            theirs.recv(1 << 20)
    assert take(inbox, 1) == ["writable"]
    inbox.watch(ours, "writable")
    tell(inbox, *range(MESSAGES_PER_LOOK + 1))
    assert "writable" not in take(inbox, MESSAGES_PER_LOOK + 1)


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
        tell(inbox, *range(MESSAGES_PER_LOOK))
        rest = take(inbox, MESSAGES_PER_LOOK + 1)
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
    assert "readable" in take(inbox, MESSAGES_PER_LOOK + 1)


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


# -- gaps ----------------------------------------------------------------------------------------------

GAP = 0.5


def test_with_a_gap_the_first_after_a_pause_comes_at_once_and_the_next_when_the_gap_is_over(
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
        tell(inbox, *range(2 * MESSAGES_PER_LOOK))
        assert "readable" not in take(inbox, 2 * MESSAGES_PER_LOOK)
        clock.advance(GAP / 2)
        assert take(inbox, 1) == ["readable"]
        pair[0].recv(10)


def test_under_load_it_comes_once_in_each_gap(
    inbox: Inbox, clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    inbox.watch(pair[0], "readable", gap=GAP)
    pair[1].send(b"never read")
    steps = 10
    seen = 0
    for _ in range(20 * steps):
        clock.advance(GAP / steps)
        tell(inbox, *range(2 * MESSAGES_PER_LOOK), "the last")
        while (message := inbox.get().message) != "the last":
            seen += message == "readable"
    assert 19 <= seen <= 21


def test_it_may_be_let_go_and_watched_anew_while_the_gap_lasts(
    inbox: Inbox, clock: ManualClock, pair: tuple[socket.socket, socket.socket]
) -> None:
    for message in ("first", "second"):
        inbox.watch(pair[0], message, gap=GAP)
        pair[1].send(b"never read")
        assert take(inbox, 1) == [message]
        tell(inbox, *range(2 * MESSAGES_PER_LOOK))
        take(inbox, 2 * MESSAGES_PER_LOOK)
        inbox.unwatch(pair[0])
    clock.advance(10 * GAP)
    assert take_all(inbox) == []
    inbox.watch(pair[0], "without a gap")
    assert take(inbox, 2) == ["without a gap"] * 2
