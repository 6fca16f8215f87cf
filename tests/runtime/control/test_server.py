"""A gateway with real sockets, in front of a runtime on the practice exchange."""

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


class BarePeer:
    """A bare socket, connected to the gateway; it sends what the test sends, and nothing by itself."""

    def __init__(self, place: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(place))
        self.sock.settimeout(DEADLINE)
        self._messages_in: Unframer[FromGateway] = Unframer(FromGateway)
        self._received: list[FromGateway] = []

    def send(self, *messages: Any) -> None:
        self.sock.sendall(b"".join(framed(message) for message in messages))

    def receive(self) -> FromGateway | None:
        """The next message; ``None`` at the end of the connection."""
        while not self._received:
            try:
                data = self.sock.recv(1 << 16)
            except ConnectionResetError:  # closed before it read everything
                return None
            if not data:
                return None
            self._received = self._messages_in(data)
        return self._received.pop(0)


@pytest.fixture
def bare_peer(place: Path, runtime: Runtime) -> Iterator[Callable[[], BarePeer]]:
    with contextlib.ExitStack() as sockets:

        def connect() -> BarePeer:
            one = BarePeer(place)
            sockets.enter_context(one.sock)
            return one

        yield connect


@pytest.fixture
def attached(bare_peer: Callable[[], BarePeer]) -> BarePeer:
    one = bare_peer()
    one.send(Hello(VERSION, ""))
    assert isinstance(one.receive(), Welcome)
    return one


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No peer is sent away for its silence: a gateway that waited for one would miss every deadline."""
    monkeypatch.setattr("runtime.control.server.HELLO_TIMEOUT", 100 * DEADLINE)


@pytest.fixture
def attachment_before(place: Path, runtime: Runtime) -> Iterator[Attachment]:
    """An attachment that is served before and after the test."""
    with attach(place) as attachment:
        attachment.router.ask(GetBalance(), timeout=DEADLINE)
        yield attachment
        attachment.router.ask(GetBalance(), timeout=DEADLINE)


def test_a_peer_is_told_which_runtime_it_is_attached_to(
    attached: BarePeer, place: Path, runtime: Runtime
) -> None:
    with attach(place) as attachment:
        told = attachment.runtime
    assert (told.version, told.pid, told.mode) == (VERSION, os.getpid(), "practice")
    assert runtime.exchange is not None
    assert tuple(told.regions) == runtime.exchange.regions


def test_an_answer_finds_its_question_by_id(attached: BarePeer) -> None:
    attached.send(Ask(7, GetBalance()), Ask(8, GetPayout("NOPE")))
    answers = sorted([attached.receive(), attached.receive()], key=lambda message: message.id)  # type: ignore[union-attr]
    assert isinstance(answers[0], ResponseMessage)
    assert answers[1] == ErrorMessage(8, to_wire(RequestRefused("the venue lists no asset 'NOPE'")))


def test_a_deadline_that_is_no_number_is_refused_and_the_peer_stays(attached: BarePeer) -> None:
    attached.send(Ask(1, GetBalance(deadline=math.nan)))
    refusal = attached.receive()
    assert isinstance(refusal, ErrorMessage)
    assert refusal.error.reason.startswith("deadline must be a number")
    attached.send(Ask(2, GetBalance()))
    assert isinstance(attached.receive(), ResponseMessage)


def test_a_peer_without_a_hello_is_refused(
    bare_peer: Callable[[], BarePeer], attachment_before: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.server.HELLO_TIMEOUT", 0.2)
    began = time.monotonic()
    assert bare_peer().receive() == HelloRefused("no hello within 0.2 s")
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="another protocol"),
        pytest.param(LENGTH.pack(3) + b"\xc1\xc1\xc1", id="no MessagePack"),
        pytest.param(LENGTH.pack(LARGEST_FROM_PEER + 1), id="an oversized message"),
        pytest.param(framed({"type": "Nonsense"}), id="an unknown type"),
        pytest.param(framed(Ask(1, GetBalance())), id="a request before the hello"),
        pytest.param(framed(Hello(VERSION, "")) * 2, id="a second hello"),
        pytest.param(
            framed(Hello(VERSION, "")) + framed(Listen(1, [f"{number:04}" for number in range(2000)])),
            id="too many topics",
        ),
    ],
)
def test_a_peer_that_breaks_the_rules_loses_its_connection_and_no_other_peer_does(
    garbage: bytes, bare_peer: Callable[[], BarePeer], attachment_before: Attachment
) -> None:
    one = bare_peer()
    one.sock.sendall(garbage)
    message = one.receive()
    while isinstance(message, Welcome | ResponseMessage):
        message = one.receive()
    assert message is None


def test_another_version_of_the_protocol_is_refused(bare_peer: Callable[[], BarePeer]) -> None:
    one = bare_peer()
    one.send(Hello(VERSION + 1, ""))
    assert one.receive() == HelloRefused(f"this runtime speaks version {VERSION} of the control protocol")
    assert one.receive() is None


def test_another_users_process_is_refused(
    bare_peer: Callable[[], BarePeer], attached: BarePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.listener.user_of", lambda _: os.getuid() + 1)
    other = bare_peer()
    assert other.receive() == HelloRefused("the runtime belongs to another user")
    assert other.receive() is None
    attached.send(Ask(1, GetBalance()))
    assert isinstance(attached.receive(), ResponseMessage)


@pytest.mark.usefixtures("patient")
def test_five_hundred_peers_that_send_nothing_delay_no_other_peer(
    place: Path, attachment_before: Attachment
) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(500):
            crowd.enter_context(BarePeer(place).sock)
        with attach(place) as late:
            late.router.ask(GetBalance(), timeout=DEADLINE)
        attachment_before.router.ask(GetBalance(), timeout=DEADLINE)


@pytest.mark.usefixtures("patient")
def test_of_five_hundred_peers_that_say_hello_at_once_some_are_attached_and_the_others_refused(
    place: Path, bare_peer: Callable[[], BarePeer], attachment_before: Attachment
) -> None:
    crowd = []
    for _ in range(500):
        one = bare_peer()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            one.send(Hello(VERSION, ""))
        crowd.append(one)
    attachment_before.router.ask(GetBalance(), timeout=DEADLINE)
    messages = [one.receive() for one in crowd]
    assert sum(isinstance(each, Welcome) for each in messages) == MOST_PEERS - 1
    refusals = {each for each in messages if not isinstance(each, Welcome)}
    assert refusals == {HelloRefused(f"{MOST_PEERS} processes are attached already")}
    with pytest.raises(RequestRefused, match="attached already"):
        attach(place, timeout=0.5)


def test_a_peer_that_does_not_read_its_answers_loses_its_connection(
    attached: BarePeer, attachment_before: Attachment
) -> None:
    attachment_before.router.ask(GetAssets(), timeout=DEADLINE)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):  # noqa: PT012  # the system decides which send fails
        for number in range(1, 100_000):
            attached.send(Ask(number, GetAssets()))


def test_a_command_that_is_told_gets_no_answer(attached: BarePeer) -> None:
    attached.send(Ask(0, SendRaw("x")), Ask(1, GetStatus()))
    message = attached.receive()
    assert isinstance(message, ResponseMessage)
    assert message.id == 1


def test_a_topic_within_another_brings_no_event_twice(place: Path, runtime: Runtime) -> None:
    everything, ticks = Notebook(), Notebook()
    with attach(place) as attachment:
        attachment.router.ask(Subscribe("", to=everything), timeout=DEADLINE)
        attachment.router.ask(Subscribe("tick.", to=ticks), timeout=DEADLINE)
        assert ticks.wait(lambda book: len(book) >= 20)
    for book in (everything, ticks):
        stamps = [tick.time for tick in book.ticks()]
        assert stamps == sorted(set(stamps))
    assert len(ticks.ticks()) == len(ticks)


def test_a_second_runtime_with_the_same_socket_goes_on_without_one(
    place: Path, runtime: Runtime, start_runtime: Callable[..., Runtime]
) -> None:
    second = start_runtime(practice(0, control={"socket": str(place)}))
    with attach(place) as attachment:
        second.stop()
        assert not attachment.ended.wait(0)
        attachment.router.ask(GetBalance(), timeout=DEADLINE)
    with attach(place):
        pass


def test_the_socket_is_free_as_soon_as_its_runtime_has_said_that_it_ends(
    place: Path, runtime: Runtime, start_runtime: Callable[..., Runtime]
) -> None:
    with attach(place) as attachment:
        runtime.stop()
        assert attachment.ended.wait(DEADLINE)
    with pytest.raises(NoRuntime):
        attach(place)
    start_runtime(practice(0, control={"socket": str(place)}))
    attach(place).close()
