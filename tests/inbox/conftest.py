"""Inboxes on either clock, and something for them to watch."""

import socket
import sys
from collections.abc import Iterator

import pytest

from actors.inbox import Inbox
from tests.conftest import ManualClock


@pytest.fixture
def inbox(clock: ManualClock) -> Iterator[Inbox]:
    inbox = Inbox(clock)
    yield inbox
    inbox.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture(params=["messages alone", "descriptors too"])
def live_inbox(request: pytest.FixtureRequest, pair: tuple[socket.socket, socket.socket]) -> Iterator[Inbox]:
    """An inbox on the real clock, with each of the two ways in which it can wait."""
    inbox = Inbox()
    if request.param == "descriptors too":
        inbox.watch(pair[0], "readable")
    yield inbox
    inbox.close()


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads change places every few dozen instructions, which brings races out."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)
