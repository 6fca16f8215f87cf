"""The envoy: stands in for a router that lives in another process."""

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
from actors.transport.stream import SocketTransport
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


class _Asked(Struct, frozen=True):
    """A wish under way; ``value`` makes what is answered of what came over the wire."""

    reply: ReplySlot | None
    value: Callable[[bytes], Any]


class RemoteRouter(RuntimeActor):
    """Owns the connection to a gateway, the asks under way on it, and the subscriptions of this process.

    Receives what a router does; sends it on, and answers with what comes back. ``ended`` is called when the
    runtime ends: what is asked from then on fails at once.
    """

    def __init__(
        self,
        sock: socket.socket,
        messages_in: Unframer[FromGateway],
        first: list[FromGateway],
        ended: Callable[[], object],
        **kwargs: Any,
    ) -> None:
        super().__init__("envoy", **kwargs)
        self._transport = SocketTransport(sock, outbox_limit=2 * LARGEST_FROM_PEER)
        self._messages_in = messages_in
        self._first = first
        self._framed = Framer()
        self._ended = ended
        self._end: str | None = None
        self._ids = itertools.count(1)
        self._asked: dict[int, _Asked] = {}
        self._audience = Subscriptions(self._start_subscriber, dead=pykka.ActorDeadError)
        self._topics: frozenset[str] = frozenset()

    def on_receive(self, message: Any) -> None:
        match message:
            case _Ready():
                self._serve()
            case EventBatch():
                self._deliver(message)
            case Command() if wrong := problem(message):
                self._fail(_Asked(self.defer(), bytes), RequestRefused(wrong))
            case Subscribe():
                self._audience.add(message)
                self._listen(message.topic)
            case Unsubscribe():
                self._listen(self._audience.remove(message))
            case _ if type(message) in ANSWERS:
                self._ask(message)
            case Begin():
                for words in self._first:
                    self._hear(words)
                self._watch()
            case _:
                self.unexpected(message)

    def _deliver(self, batch: EventBatch) -> None:
        for topic in self._audience.deliver(batch.items):
            logger.debug("the subscription to {!r} ends with its actor", topic)

    def _ask(self, wish: Any) -> None:
        asked = _Asked(self.defer(), msgspec.msgpack.Decoder(ANSWERS[type(wish)]).decode)
        self._send(asked, lambda id: Ask(id if asked.reply else 0, wish))

    def _listen(self, answer: Any) -> None:
        """Have the gateway send what our subscriptions are to; answered with ``answer`` once it does."""
        topics = self._audience.topics
        asked = _Asked(self.defer(), lambda _: answer)
        if topics == self._topics:
            self._settle(asked, answer)
            return
        self._topics = topics
        self._send(asked, lambda id: Listen(id, sorted(topics)))

    def _send(self, asked: _Asked, words: Callable[[int], Ask | Listen]) -> None:
        if self._end is not None:
            self._fail(asked, RequestError(self._end))
            return
        id = next(self._ids)
        data = self._framed(words(id))
        if len(data) > LARGEST_FROM_PEER:
            self._fail(asked, RequestRefused(f"{len(data)} bytes are more than a request may have"))
            return
        if asked.reply is not None:
            self._asked[id] = asked
        try:
            self._transport.write(data)
        except TransportError as error:
            self._finish(f"{ENDED}: {error}")
        self._watch()

    def _serve(self) -> None:
        try:
            if self._transport.wants_write:
                self._transport.flush()
            for words in self._messages_in(self._transport.read()):
                self._hear(words)
        except (TransportError, ProtocolError) as error:
            self._finish(f"{ENDED}: {error}")
        self._watch()

    def _hear(self, words: FromGateway) -> None:
        match words:
            case ResponseMessage(id=id, value=value):
                self._answered(id, value)
            case ErrorMessage(id=id, error=error):
                if asked := self._asked.pop(id, None):
                    self._fail(asked, from_wire(error))
            case EventBatch():
                self._deliver(words)
            case HelloRefused(reason=reason):
                self._finish(reason)
            case _:
                raise RemoteProtocolError(f"{type(words).__name__} from a gateway that has said it before")

    def _answered(self, id: int, value: bytes) -> None:
        asked = self._asked.pop(id, None)
        if asked is None:
            return
        try:
            self._settle(asked, asked.value(value))
        except msgspec.MsgspecError as error:
            self._fail(asked, RequestError(f"the answer is not understood: {error}"))

    def _settle(self, asked: _Asked, value: Any) -> None:
        if asked.reply is not None:
            asked.reply.set(value)

    def _fail(self, asked: _Asked, error: Exception) -> None:
        if asked.reply is not None:
            asked.reply.fail(error)
        else:
            logger.warning("a command was not fulfilled: {}", error)

    def _watch(self) -> None:
        if self._end is None:
            self.watch(self._transport, _Ready(), writable=self._transport.wants_write)

    def _finish(self, reason: str) -> None:
        if self._end is not None:
            return
        self._end = reason
        self.inbox.unwatch(self._transport)
        self._transport.close()
        waiting, self._asked = self._asked, {}
        for asked in waiting.values():
            self._fail(asked, RequestError(self._end))
        self._ended()

    def _start_subscriber(self, command: Subscribe) -> "pykka.ActorRef[Subscriber]":
        return Subscriber.start_for(command, self.actor_ref, self._dispatcher)

    def release(self, unhandled: list[Any]) -> None:
        self._finish("the attachment has ended")
        self._audience.end()
