"""A remote router by itself; the test is the gateway at the other end of its socket."""

import queue
import socket
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from actors.errors import NotSent, RequestError, RequestRefused, to_wire
from actors.messages.commands import (
    CheckTopic,
    Command,
    GetBalance,
    LoadCandles,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeTicks,
)
from actors.messages.events import StreamConfirmed, StreamDropped
from actors.messages.traffic import EventBatch
from actors.values import AccountKind, Balance
from runtime.control.line import SocketLine
from runtime.control.protocol import (
    LARGEST_FROM_PEER,
    Ask,
    ErrorMessage,
    FromGateway,
    FromPeer,
    HelloRefused,
    Listen,
    ReloadRuntime,
    ResponseMessage,
    Welcome,
)
from runtime.control.remote_router import RemoteRouter
from runtime.workers.framing import Framer, Unframer
from tests.doubles.recorder import WAIT

BALANCE = Balance(AccountKind.DEMO, Decimal("10.10"))
DROPPED = StreamDropped("A")


class GatewayEnd:
    """The gateway's end of the connection, and the remote router at the other."""

    def __init__(self, first: list[FromGateway]) -> None:
        ours, self._sock = socket.socketpair()
        self._sock.settimeout(WAIT)
        self._framed = Framer()
        self._messages_in: Unframer[FromPeer] = Unframer(FromPeer)
        self._received: list[FromPeer] = []
        self.ended = threading.Event()
        self.router = RemoteRouter.start(SocketLine(ours, Unframer(FromGateway), first), self.ended.set)

    def ask(self, command: Any) -> Any:
        """A future."""
        return self.router.ask(command, block=False)

    def receive(self) -> FromPeer:
        while not self._received:
            data = self._sock.recv(1 << 16)
            assert data, "the remote router closed the connection"
            self._received = self._messages_in(data)
        return self._received.pop(0)

    def send(self, message: FromGateway) -> None:
        self._sock.sendall(self._framed(message))

    def answer(self, id: int, value: Any) -> None:
        self.send(ResponseMessage(id, msgspec.msgpack.encode(value)))

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
def gateway() -> Iterator[GatewayEnd]:
    end = GatewayEnd([])
    yield end
    end.close()


def subscribed(gateway: GatewayEnd, topic: str, to: Any, topics: list[str]) -> None:
    """Subscribe, with ``topics`` as what the gateway is to send from then on."""
    answer = gateway.ask(Subscribe(topic, to=to))
    listen = gateway.receive()
    assert isinstance(listen, Listen)
    assert listen.topics == topics
    gateway.answer(listen.id, None)
    assert answer.get(timeout=WAIT) == topic


def test_answers_find_their_requests_by_id_in_any_order(gateway: GatewayEnd) -> None:
    balance, reload = gateway.ask(GetBalance()), gateway.ask(ReloadRuntime())
    assert gateway.receive() == Ask(1, GetBalance())
    assert gateway.receive() == Ask(2, ReloadRuntime())
    gateway.answer(2, ["log.level"])
    gateway.answer(1, BALANCE)
    assert balance.get(timeout=WAIT) == BALANCE
    assert reload.get(timeout=WAIT) == ["log.level"]


def test_an_error_message_is_raised_by_the_ask_as_the_error_it_was(gateway: GatewayEnd) -> None:
    answer = gateway.ask(SendRaw("x"))
    assert gateway.receive() == Ask(1, SendRaw("x"))
    gateway.send(ErrorMessage(1, to_wire(NotSent("it was not sent"))))
    with pytest.raises(NotSent, match="it was not sent"):
        answer.get(timeout=WAIT)


def test_a_command_that_is_told_asks_for_no_answer(gateway: GatewayEnd) -> None:
    gateway.router.tell(SendRaw("x"))
    assert gateway.receive() == Ask(0, SendRaw("x"))


def test_an_answer_that_cannot_be_decoded_fails_its_ask_alone(gateway: GatewayEnd) -> None:
    broken, sound = gateway.ask(GetBalance()), gateway.ask(GetBalance())
    assert [gateway.receive(), gateway.receive()] == [Ask(1, GetBalance()), Ask(2, GetBalance())]
    gateway.answer(1, "no balance")
    gateway.answer(2, BALANCE)
    with pytest.raises(RequestError, match="cannot be decoded"):
        broken.get(timeout=WAIT)
    assert sound.get(timeout=WAIT) == BALANCE


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (LoadCandles("A", "60"), "period must be a whole number"),  # type: ignore[arg-type]
        (SendRaw("x" * LARGEST_FROM_PEER), "more than a request may have"),
    ],
    ids=["a wrong type", "too large"],
)
def test_a_command_that_cannot_be_sent_is_refused_here(
    gateway: GatewayEnd, command: Command, reason: str
) -> None:
    with pytest.raises(RequestRefused, match=reason):
        gateway.ask(command).get(timeout=WAIT)
    gateway.router.tell(GetBalance())
    assert gateway.receive() == Ask(0, GetBalance())


def test_a_subscription_is_answered_once_the_gateway_sends_its_topic(gateway: GatewayEnd) -> None:
    seen: queue.SimpleQueue[Any] = queue.SimpleQueue()
    subscribed(gateway, "stream.", seen.put, ["stream."])
    gateway.send(EventBatch("peer 1", [DROPPED]))
    assert seen.get(timeout=WAIT) == DROPPED


def test_the_gateway_is_told_only_when_the_topics_change(gateway: GatewayEnd) -> None:
    one: queue.SimpleQueue[Any] = queue.SimpleQueue()
    other: queue.SimpleQueue[Any] = queue.SimpleQueue()
    first, second = one.put, other.put
    subscribed(gateway, "stream.", first, ["stream."])
    assert gateway.ask(Subscribe("stream.", to=second)).get(timeout=WAIT) == "stream."
    gateway.send(EventBatch("peer 1", [DROPPED]))
    assert [one.get(timeout=WAIT), other.get(timeout=WAIT)] == [DROPPED, DROPPED]
    assert gateway.ask(Unsubscribe("stream.", to=first)).get(timeout=WAIT) is True
    ended = gateway.ask(Unsubscribe("stream.", to=second))
    assert gateway.receive() == Listen(2, [])
    gateway.answer(2, None)
    assert ended.get(timeout=WAIT) is True


def test_the_topic_of_an_asset_is_checked_once_its_ticks_are_sent(gateway: GatewayEnd) -> None:
    answer = gateway.ask(Subscribe("tick.A", to=print))
    assert gateway.receive() == Listen(1, ["tick.A"])
    assert gateway.receive() == Ask(2, CheckTopic("tick.A"), for_subscription=True)
    gateway.answer(1, None)
    gateway.answer(2, "tick.A: A is not streamed")
    assert answer.get(timeout=WAIT) == "tick.A: A is not streamed"
    refused = gateway.ask(Subscribe("tick.NOPE", to=print))
    assert gateway.receive() == Listen(3, ["tick.A", "tick.NOPE"])
    assert gateway.receive() == Ask(4, CheckTopic("tick.NOPE"), for_subscription=True)
    gateway.send(ErrorMessage(4, to_wire(RequestRefused("the venue lists no asset 'NOPE'"))))
    with pytest.raises(RequestRefused, match="NOPE"):
        refused.get(timeout=WAIT)
    assert gateway.receive() == Listen(5, ["tick.A"])


def test_a_stream_of_a_subscription_begins_and_ends_with_it(gateway: GatewayEnd) -> None:
    answer = gateway.ask(Subscribe("tick.A", to=print, stream=True))
    assert gateway.receive() == Listen(1, ["tick.A"])
    assert gateway.receive() == Ask(2, SubscribeTicks("A"), for_subscription=True)
    gateway.answer(2, StreamConfirmed("A", 60, "c1", 1))
    assert answer.get(timeout=WAIT) == "tick.A"
    ended = gateway.ask(Unsubscribe("tick.A", to=print))
    assert gateway.receive() == Ask(0, UnsubscribeTicks("A"), for_subscription=True)
    assert gateway.receive() == Listen(3, [])
    gateway.answer(3, None)
    assert ended.get(timeout=WAIT) is True


def test_messages_that_arrived_with_the_welcome_are_handled_first() -> None:
    gateway = GatewayEnd([HelloRefused("the runtime has ended")])
    assert gateway.ended.wait(WAIT)
    gateway.close()


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (HelloRefused("the runtime has ended"), "the runtime has ended"),
        (Welcome(2, 1, "demo", 0.0, [], "venue"), "a second Welcome"),
        (None, "the runtime has ended: "),
    ],
    ids=["a last message", "a broken rule", "the end of the connection"],
)
def test_when_the_connection_ends_every_ask_fails_under_way_and_later(
    gateway: GatewayEnd, ending: FromGateway | None, reason: str
) -> None:
    answer = gateway.ask(GetBalance())
    assert gateway.receive() == Ask(1, GetBalance())
    if ending is None:
        gateway.close()
    else:
        gateway.send(ending)
    with pytest.raises(RequestError, match=reason):
        answer.get(timeout=WAIT)
    assert gateway.ended.wait(WAIT)
    with pytest.raises(RequestError, match=reason):
        gateway.ask(GetBalance()).get(timeout=WAIT)


def test_at_its_own_end_every_ask_fails(gateway: GatewayEnd) -> None:
    answer = gateway.ask(GetBalance())
    assert gateway.receive() == Ask(1, GetBalance())
    gateway.router.stop(timeout=WAIT)
    with pytest.raises(RequestError, match="the attachment has ended"):
        answer.get(timeout=WAIT)
