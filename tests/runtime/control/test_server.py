"""A gateway with real sockets at its door, behind it a runtime on the practice exchange."""

import contextlib
import math
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.errors import NoRuntime, RequestRefused, to_wire
from actors.messages import GetAssets, GetBalance, GetPayout, GetStatus, SendRaw, Subscribe
from runtime import Runtime, attach
from runtime.control.attachment import Attachment
from runtime.control.protocol import (
    LARGEST_FROM_PEER,
    VERSION,
    Ask,
    ErrorMessage,
    FromGateway,
    Hello,
    HelloRefused,
    Listen,
    ResponseMessage,
    Welcome,
)
from runtime.control.server import MOST_PEERS
from runtime.workers.framing import LENGTH, Framer, Unframer
from tests.journeys.journey import DEADLINE, Notebook, practice

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="comes by Unix sockets")

framed = Framer()


class Stranger:
    """A bare socket at the door, which says what it is told to and nothing by itself."""

    def __init__(self, place: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(place))
        self.sock.settimeout(DEADLINE)
        self._messages_in: Unframer[FromGateway] = Unframer(FromGateway)
        self._heard: list[FromGateway] = []

    def say(self, *messages: Any) -> None:
        self.sock.sendall(b"".join(framed(message) for message in messages))

    def hear(self) -> FromGateway | None:
        """The next words; ``None`` at the end of the connection."""
        while not self._heard:
            try:
                data = self.sock.recv(1 << 16)
            except ConnectionResetError:  # closed with something of ours unread
                return None
            if not data:
                return None
            self._heard = self._messages_in(data)
        return self._heard.pop(0)


@pytest.fixture
def stranger(place: Path, runtime: Runtime) -> Iterator[Callable[[], Stranger]]:
    with contextlib.ExitStack() as sockets:

        def come() -> Stranger:
            one = Stranger(place)
            sockets.enter_context(one.sock)
            return one

        yield come


@pytest.fixture
def attached(stranger: Callable[[], Stranger]) -> Stranger:
    one = stranger()
    one.say(Hello(VERSION, ""))
    assert isinstance(one.hear(), Welcome)
    return one


@pytest.fixture
def witness(place: Path, runtime: Runtime) -> Iterator[Attachment]:
    """One that is served before and after what a test does to the gateway."""
    with attach(place) as attachment:
        attachment.router.ask(GetBalance(), timeout=DEADLINE)
        yield attachment
        began = time.monotonic()
        attachment.router.ask(GetBalance(), timeout=DEADLINE)
        assert time.monotonic() - began < 1.0


def test_a_peer_is_told_whom_it_speaks_to(attached: Stranger, place: Path, runtime: Runtime) -> None:
    with attach(place) as attachment:
        told = attachment.runtime
    assert (told.version, told.pid, told.session) == (VERSION, os.getpid(), "practice")
    assert runtime.exchange is not None
    assert tuple(told.regions) == runtime.exchange.regions


def test_an_answer_finds_its_question_by_id(attached: Stranger) -> None:
    attached.say(Ask(7, GetBalance()), Ask(8, GetPayout("NOPE")))
    answers = sorted([attached.hear(), attached.hear()], key=lambda words: words.id)  # type: ignore[union-attr]
    assert isinstance(answers[0], ResponseMessage)
    assert answers[1] == ErrorMessage(8, to_wire(RequestRefused("the venue lists no asset 'NOPE'")))


def test_a_deadline_that_is_no_number_is_refused_and_the_peer_stays(attached: Stranger) -> None:
    attached.say(Ask(1, GetBalance(deadline=math.nan)))
    refusal = attached.hear()
    assert isinstance(refusal, ErrorMessage)
    assert refusal.error.reason.startswith("deadline must be a number")
    attached.say(Ask(2, GetBalance()))
    assert isinstance(attached.hear(), ResponseMessage)


def test_a_silent_peer_is_sent_away(
    stranger: Callable[[], Stranger], witness: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.server.HELLO_TIMEOUT", 0.2)
    began = time.monotonic()
    assert stranger().hear() == HelloRefused("no hello within 0.2 s")
    assert 0.2 <= time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="another protocol"),
        pytest.param(LENGTH.pack(3) + b"\xc1\xc1\xc1", id="no MessagePack"),
        pytest.param(LENGTH.pack(LARGEST_FROM_PEER + 1), id="an oversized message"),
        pytest.param(framed({"type": "Nonsense"}), id="an unknown type"),
        pytest.param(framed(Ask(1, GetBalance())), id="a wish before the hello"),
        pytest.param(framed(Hello(VERSION, "")) * 2, id="a second hello"),
        pytest.param(
            framed(Hello(VERSION, "")) + framed(Listen(1, [f"{number:04}" for number in range(2000)])),
            id="too many topics",
        ),
    ],
)
def test_who_breaks_the_rules_loses_the_connection_and_nobody_else_does(
    garbage: bytes, stranger: Callable[[], Stranger], witness: Attachment
) -> None:
    one = stranger()
    one.sock.sendall(garbage)
    words = one.hear()
    while isinstance(words, Welcome | ResponseMessage):
        words = one.hear()
    assert words is None


def test_another_version_is_refused_by_name(stranger: Callable[[], Stranger]) -> None:
    one = stranger()
    one.say(Hello(VERSION + 1, ""))
    assert one.hear() == HelloRefused(f"this runtime speaks version {VERSION} of the control protocol")
    assert one.hear() is None


def test_another_users_process_is_refused(
    stranger: Callable[[], Stranger], attached: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.listener.user_of", lambda _: os.getuid() + 1)
    other = stranger()
    assert other.hear() == HelloRefused("the runtime belongs to another user")
    assert other.hear() is None
    attached.say(Ask(1, GetBalance()))
    assert isinstance(attached.hear(), ResponseMessage)


def test_five_hundred_that_come_at_once_and_say_nothing_hold_up_nobody(
    place: Path, witness: Attachment
) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(500):
            crowd.enter_context(Stranger(place).sock)
        began = time.monotonic()
        with attach(place) as late:
            late.router.ask(GetBalance(), timeout=DEADLINE)
        witness.router.ask(GetBalance(), timeout=DEADLINE)
        assert time.monotonic() - began < 1.0


def test_of_five_hundred_that_say_hello_at_once_some_are_served_and_the_others_told_so(
    place: Path, stranger: Callable[[], Stranger], witness: Attachment
) -> None:
    crowd = []
    for _ in range(500):
        one = stranger()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            one.say(Hello(VERSION, ""))
        crowd.append(one)
    began = time.monotonic()
    witness.router.ask(GetBalance(), timeout=DEADLINE)
    assert time.monotonic() - began < 1.0
    words = [one.hear() for one in crowd]
    assert sum(isinstance(each, Welcome) for each in words) == MOST_PEERS - 1
    refusals = {each for each in words if not isinstance(each, Welcome)}
    assert refusals == {HelloRefused(f"{MOST_PEERS} processes are attached already")}
    with pytest.raises(RequestRefused, match="attached already"):
        attach(place, timeout=0.5)


def test_one_that_does_not_read_its_answers_loses_the_connection(
    attached: Stranger, witness: Attachment
) -> None:
    witness.router.ask(GetAssets(), timeout=DEADLINE)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):  # noqa: PT012  # when is the system's choice
        for number in range(1, 100_000):
            attached.say(Ask(number, GetAssets()))


def test_what_is_told_is_done_without_an_answer(attached: Stranger) -> None:
    attached.say(Ask(0, SendRaw("x")), Ask(1, GetStatus()))
    words = attached.hear()
    assert isinstance(words, ResponseMessage)
    assert words.id == 1


def test_one_topic_within_another_brings_nothing_twice(place: Path, runtime: Runtime) -> None:
    everything, ticks = Notebook(), Notebook()
    with attach(place) as attachment:
        attachment.router.ask(Subscribe("", to=everything), timeout=DEADLINE)
        attachment.router.ask(Subscribe("tick.", to=ticks), timeout=DEADLINE)
        assert ticks.wait(lambda book: len(book) >= 20)
    for book in (everything, ticks):
        stamps = [tick.time for tick in book.ticks()]
        assert stamps == sorted(set(stamps))
    assert len(ticks.ticks()) == len(ticks)


def test_two_runtimes_at_one_socket_are_told_apart(
    place: Path, runtime: Runtime, start_runtime: Callable[..., Runtime]
) -> None:
    second = start_runtime(practice(0, control={"socket": str(place)}))
    with attach(place) as attachment:
        second.stop()
        assert not attachment.ended.wait(0)
        attachment.router.ask(GetBalance(), timeout=DEADLINE)
    with attach(place):
        pass


def test_the_next_runtime_has_the_socket_as_soon_as_the_last_one_says_goodbye(
    place: Path, runtime: Runtime, start_runtime: Callable[..., Runtime]
) -> None:
    with attach(place) as attachment:
        runtime.stop()
        assert attachment.ended.wait(DEADLINE)
    with pytest.raises(NoRuntime):
        attach(place)
    start_runtime(practice(0, control={"socket": str(place)}))
    attach(place).close()
