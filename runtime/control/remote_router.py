"""The router of a runtime in another process, with the same messages, answers and errors."""

import itertools
import socket
from collections.abc import Callable
from typing import Any

import msgspec
import pykka
from loguru import logger
from msgspec import Struct

from actors.engine.actor import ReplySlot, RuntimeActor
from actors.errors import (
    ProtocolError,
    RemoteProtocolError,
    RequestError,
    RequestRefused,
    TransportError,
    from_wire,
)
from actors.messages.commands import Command, Subscribe, Unsubscribe
from actors.messages.lifecycle import Begin
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
    HelloRefused,
    Listen,
    ResponseMessage,
)
from runtime.workers.framing import Framer, Unframer

ENDED = "the runtime has ended"


class _Ready(Struct, frozen=True):
    pass


class _Pending(Struct, frozen=True):
    """A request under way. ``decode`` makes the answer of its encoded form; without a ``slot`` the request
    was told, not asked."""

    slot: ReplySlot | None
    decode: Callable[[bytes], Any]


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
            case Command() if wrong := problem(message):
                self._fail(_Pending(self.defer(), bytes), RequestRefused(wrong))
            case Subscribe():
                self._subscriptions.add(message)
                self._listen(message.topic)
            case Unsubscribe():
                self._listen(self._subscriptions.remove(message))
            case _ if type(message) in ANSWERS:
                self._request(message)
            case Begin():
                for early in self._first:
                    self._on_message(early)
                self._watch()
            case _:
                self.unexpected(message)

    def _deliver(self, batch: EventBatch) -> None:
        for topic in self._subscriptions.deliver(batch.items):
            logger.debug("the subscription to {!r} ends with its actor", topic)

    def _request(self, request: Any) -> None:
        pending = _Pending(self.defer(), msgspec.msgpack.Decoder(ANSWERS[type(request)]).decode)
        self._send(pending, lambda id: Ask(id if pending.slot else 0, request))

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
            self._fail(pending, RequestError(self._end))
            return
        id = next(self._ids)
        data = self._framed(message_for(id))
        if len(data) > LARGEST_FROM_PEER:
            self._fail(pending, RequestRefused(f"{len(data)} bytes are more than a request may have"))
            return
        if pending.slot is not None:
            self._pending[id] = pending
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
            self._fail(pending, RequestError(self._end))
        self._ended()

    def _start_subscriber(self, command: Subscribe) -> "pykka.ActorRef[Subscriber]":
        return Subscriber.start_for(command, self.actor_ref, self._dispatcher)

    def release(self, unhandled: list[Any]) -> None:
        self._finish("the attachment has ended")
        self._subscriptions.end()
