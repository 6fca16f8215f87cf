"""The router of a runtime in another process, with the same messages, answers and errors."""

import itertools
import math
import socket
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pykka
from loguru import logger
from msgspec import Struct

from actors.engine.actor import ReplySlot, RuntimeActor
from actors.engine.router_ref import ENDED, RouterRef
from actors.errors import (
    OrderUnknown,
    ProtocolError,
    RemoteProtocolError,
    RequestError,
    RequestRefused,
    TransportError,
    from_wire,
)
from actors.messages.commands import (
    Command,
    OrderCommand,
    Subscribe,
    Unsubscribe,
    no_command,
    order_id,
    unsent,
)
from actors.messages.lifecycle import Begin
from actors.messages.routing import Asked, GivenUp
from actors.messages.traffic import EventBatch
from actors.routing.subscriber import Subscriber
from actors.routing.subscriptions import Subscriptions
from actors.routing.validation import problem
from actors.transport.socket_transport import SocketTransport
from runtime.control.protocol import (
    ANSWERS,
    LARGEST_FROM_PEER,
    Ask,
    ErrorMessage,
    FromGateway,
    GiveUp,
    HelloRefused,
    Listen,
    ResponseMessage,
)
from runtime.workers.framing import Framer, Unframer

DETACHED: Final = "the attachment has ended"

KINDS: Final = frozenset(ANSWERS) | {Subscribe, Unsubscribe}


class _Ready(Struct, frozen=True):
    pass


class _Pending(Struct, frozen=True):
    """A request under way. ``decode`` makes the answer of its encoded form; without a ``slot`` the request
    was told, not asked. ``ask`` is the number that its caller gave it, ``order`` the id of the order that it
    places."""

    slot: ReplySlot | None
    decode: Callable[[bytes], Any]
    request: Any = None
    ask: int = 0
    order: str = ""

    @property
    def is_order(self) -> bool:
        return isinstance(self.request, OrderCommand)


class RemoteRouter(RuntimeActor):
    """Owns the connection to a gateway, the requests under way on it, and the subscriptions of this process.

    Receives what a router receives, sends it to the gateway, and answers with the gateway's answer. When the
    runtime ends it calls ``ended``; every later request fails at once.
    """

    def __init__(
        self,
        sock: socket.socket,
        messages_in: Unframer[FromGateway],
        first: list[FromGateway],
        ended: Callable[[], object],
        **kwargs: Any,
    ) -> None:
        """``first``: the messages that were read from ``sock`` already."""
        super().__init__("remote router", **kwargs)
        self._actor_ref = RouterRef(self, KINDS, DETACHED)
        self._transport = SocketTransport(sock, outbox_limit=2 * LARGEST_FROM_PEER)
        self._messages_in = messages_in
        self._first = first
        self._framed = Framer()
        self._ended = ended
        self._end: str | None = None
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._subscriptions = Subscriptions(self._start_subscriber, dead=pykka.ActorDeadError)
        self._topics: frozenset[str] = frozenset()

    def on_receive(self, message: Any) -> None:
        match message:
            case _Ready():
                self._on_ready()
            case EventBatch():
                self._deliver(message)
            case Asked():
                self._accept(message.command, message.ask, message.expires_at, message.order)
            case GivenUp(ask=ask):
                self._give_up(ask)
            case _ if type(message) in KINDS:
                self._accept(message)
            case Begin():
                for early in self._first:
                    self._on_message(early)
                self._watch()
            case _:
                logger.warning("{}", no_command(message))

    def _accept(self, command: Any, ask: int = 0, waits_until: float = math.inf, order: str = "") -> None:
        match command:
            case Command() if wrong := problem(command):
                self._fail(_Pending(self.defer(), bytes), RequestRefused(wrong))
            case Subscribe():
                self._subscriptions.add(command)
                self._listen(command.topic)
            case Unsubscribe():
                self._listen(self._subscriptions.remove(command))
            case _:
                self._request(command, ask, waits_until, order or order_id(command))

    def _give_up(self, ask: int) -> None:
        for id, pending in self._pending.items():
            if pending.ask == ask:
                self._write(self._framed(GiveUp(id)))
                return

    def _deliver(self, batch: EventBatch) -> None:
        for topic in self._subscriptions.deliver(batch.items):
            logger.debug("the subscription to {!r} ends with its actor", topic)

    def _request(self, request: Any, ask: int, waits_until: float, order: str) -> None:
        decode = msgspec.msgpack.Decoder(ANSWERS[type(request)]).decode
        pending = _Pending(self.defer(), decode, request, ask, order)
        within = None if math.isinf(waits_until) else waits_until - self.now()
        if pending.is_order and within is not None and within <= 0:
            self._fail(pending, unsent(request, "its deadline has passed"))
        else:
            self._send(pending, lambda id: Ask(id if pending.slot else 0, request, within, order))

    def _listen(self, answer: Any) -> None:
        """Have the gateway send the topics of the subscriptions; the command gets ``answer`` once it does."""
        topics = self._subscriptions.topics
        pending = _Pending(self.defer(), lambda _: answer)
        if topics == self._topics:
            self._answer(pending, answer)
            return
        self._topics = topics
        self._send(pending, lambda id: Listen(id, sorted(topics)))

    def _send(self, pending: _Pending, message_for: Callable[[int], Ask | Listen]) -> None:
        if self._end is not None:
            ended = unsent(pending.request, self._end) if pending.is_order else RequestError(self._end)
            self._fail(pending, ended)
            return
        id = next(self._ids)
        data = self._framed(message_for(id))
        if len(data) > LARGEST_FROM_PEER:
            self._fail(pending, RequestRefused(f"{len(data)} bytes are more than a request may have"))
            return
        if pending.slot is not None:
            self._pending[id] = pending
        self._write(data)

    def _write(self, data: bytes) -> None:
        try:
            self._transport.write(data)
        except TransportError as error:
            self._finish(f"{ENDED}: {error}")
        self._watch()

    def _on_ready(self) -> None:
        try:
            if self._transport.wants_write:
                self._transport.flush()
            for message in self._messages_in(self._transport.read()):
                self._on_message(message)
        except (TransportError, ProtocolError) as error:
            self._finish(f"{ENDED}: {error}")
        self._watch()

    def _on_message(self, message: FromGateway) -> None:
        match message:
            case ResponseMessage(id=id, value=value):
                self._on_response(id, value)
            case ErrorMessage(id=id, error=error):
                if pending := self._pending.pop(id, None):
                    self._fail(pending, from_wire(error))
            case EventBatch():
                self._deliver(message)
            case HelloRefused(reason=reason):
                self._finish(reason)
            case _:
                raise RemoteProtocolError(f"a second {type(message).__name__} from the gateway")

    def _on_response(self, id: int, value: bytes) -> None:
        pending = self._pending.pop(id, None)
        if pending is None:
            return
        try:
            self._answer(pending, pending.decode(value))
        except msgspec.MsgspecError as error:
            self._fail(pending, RequestError(f"the answer cannot be decoded: {error}"))

    def _answer(self, pending: _Pending, value: Any) -> None:
        if pending.slot is not None:
            pending.slot.set(value)

    def _fail(self, pending: _Pending, error: Exception) -> None:
        if isinstance(error, RequestError):
            error.order = error.order or pending.order
        if pending.slot is not None:
            pending.slot.fail(error)
        else:
            logger.warning("a command was not fulfilled: {}", error)

    def _watch(self) -> None:
        if self._end is None:
            self.watch(self._transport, _Ready(), writable=self._transport.wants_write)

    def _finish(self, reason: str) -> None:
        """Close the connection, and fail every request under way; only the first call counts."""
        if self._end is not None:
            return
        self._end = reason
        self.inbox.unwatch(self._transport)
        self._transport.close()
        waiting, self._pending = self._pending, {}
        for pending in waiting.values():
            ended = OrderUnknown if pending.is_order else RequestError  # an order may have left by now
            self._fail(pending, ended(self._end))
        self._ended()

    def _start_subscriber(self, command: Subscribe) -> "pykka.ActorRef[Subscriber]":
        return Subscriber.start_for(command, self.actor_ref, self._dispatcher)

    def release(self, unhandled: list[Any]) -> None:
        self._finish(DETACHED)
        self._subscriptions.end()
