"""What the tests of the inbox share: how it is told, asked and emptied, and the fixtures they name."""

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

def tell(inbox: Inbox, *messages: Any) -> None:
    for message in messages:
        inbox.put(Envelope(message))


def ask(inbox: Inbox, message: Any) -> pykka.Future[Any]:
    future: pykka.Future[Any] = pykka.ThreadingFuture()
    inbox.put(Envelope(message, reply_to=future))
    return future


def take(inbox: Inbox, count: int) -> list[Any]:
    return [inbox.get().message for _ in range(count)]


def take_all(inbox: Inbox) -> list[Any]:
    """All that can be had without waiting."""
    tell(inbox, "nothing left")
    taken = []
    while (message := inbox.get().message) != "nothing left":
        taken.append(message)
    return taken


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


