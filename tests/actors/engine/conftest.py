"""Inboxes on the manual and on the real clock, and something for them to watch."""

import socket
import sys
from collections.abc import Iterator

import pytest

from actors.engine.dispatcher import Dispatcher
from actors.engine.inbox import Inbox
from tests.conftest import ManualClock


@pytest.fixture
def dispatcher(clock: ManualClock) -> Iterator[Dispatcher]:
    """One without a thread: the test takes the messages out itself."""
    dispatcher = Dispatcher(clock)
    yield dispatcher
    dispatcher.close()


@pytest.fixture
def live_dispatcher() -> Iterator[Dispatcher]:
    """The same on the real clock."""
    dispatcher = Dispatcher()
    yield dispatcher
    dispatcher.close()


@pytest.fixture
def inbox(dispatcher: Dispatcher) -> Inbox:
    return Inbox(dispatcher)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture(params=["messages alone", "descriptors too"])
def live_inbox(
    request: pytest.FixtureRequest, live_dispatcher: Dispatcher, pair: tuple[socket.socket, socket.socket]
) -> Inbox:
    """An inbox on the real clock, with each of the two ways in which it can wait."""
    inbox = Inbox(live_dispatcher)
    if request.param == "descriptors too":
        inbox.watch(pair[0], "readable")
    return inbox


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads are switched every few dozen instructions, which shows races."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)
