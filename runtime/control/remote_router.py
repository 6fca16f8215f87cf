"""The router of a runtime in another process, with the same messages, answers and errors."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import pykka
from loguru import logger
from msgspec import Struct, structs

from actors.engine.actor import ReplySlot, RuntimeActor
from actors.engine.clock import this_boot
from actors.engine.router_ref import ENDED, RouterRef
from actors.engine.waker import HasFileno
from actors.errors import (
    OrderUnknown,
    ProtocolError,
    RemoteProtocolError,
    RequestError,
    RequestRefused,
    RequestTimeout,
    TransportError,
    from_wire,
)
from actors.messages.commands import (
    CheckTopic,
    Command,
    OrderCommand,
    Subscribe,
    SubscribeTicks,
    Unsubscribe,
    UnsubscribeTicks,
    no_command,
    order_id,
    unsent,
)
from actors.messages.lifecycle import Begin
from actors.messages.routing import Asked, GivenUp
from actors.messages.topics import ONE, pattern
from actors.messages.traffic import EventBatch
from actors.routing.streams import STREAM_DUE
from actors.routing.subscriber import Subscriber
from actors.routing.subscriptions import SubscriberRef, Subscription, Subscriptions
from actors.routing.validation import problem
from runtime.control.line import ControlLine
from runtime.control.protocol import (
    ANSWERS,
    ASKED_OF_PROCESS,
    Ask,
    ErrorMessage,
    FromGateway,
    GiveUp,
    HelloRefused,
    Listen,
    ResponseMessage,
    answer_decoder,
)

DETACHED: Final = "the attachment has ended"

KINDS: Final = frozenset(ANSWERS) | {Subscribe, Unsubscribe}


_DECODE_TEXT: Final = msgspec.msgpack.Decoder(str).decode


class _Ready(Struct, frozen=True):
    pass


class _TendLine(Struct, frozen=True):
    pass


class _Pending(Struct, frozen=True):
    """A request under way. ``decode`` makes the answer of its encoded form; without a ``slot`` the request
    was told, not asked. ``ask`` is the number that its caller gave it, ``order`` the id of the order that it
    places. ``subscription`` ends if the request is refused."""

    slot: ReplySlot | None
    decode: Callable[[bytes], Any]
    request: Any = None
    ask: int = 0
    order: str = ""
    subscription: Subscription | None = None

    @property
    def is_order(self) -> bool:
        return isinstance(self.request, OrderCommand)

    @property
    def awaited(self) -> bool:
        """Whether the answer matters, though no caller may have asked for it."""
        return self.slot is not None or self.subscription is not None

    def message(self, id: int, within: float | None, now: float) -> Ask:
        """The request as number ``id``, asked ``now``; ``within`` is how long its caller waits."""
        for_subscription = self.subscription is not None
        asked = Ask(id if self.awaited else 0, self.request, within, self.order, for_subscription)
        return structs.replace(asked, asked_at=now, boot=this_boot()) if self.is_order else asked


class _StreamDue(Struct, frozen=True):
    """By now the asset of a topic that was subscribed to should have been streamed."""

    checked: _Pending


class RemoteRouter(RuntimeActor):
    """Owns the line to a gateway, the requests under way on it, and the subscriptions of this process.

    Receives what a router receives, sends it to the gateway, and answers with the gateway's answer. When the
    runtime ends it calls ``ended``; every later request fails at once.
    """

    def __init__(self, line: ControlLine, ended: Callable[[], object], **kwargs: Any) -> None:
        super().__init__("remote router", **kwargs)
        self._actor_ref = RouterRef(self, KINDS, DETACHED)
        self._line = line
        self._watched: HasFileno | None = None
        self._ended = ended
        self._end: str | None = None
        self._ids = itertools.count(1)
        self._pending: dict[int, _Pending] = {}
        self._subscriptions = Subscriptions(self._start_subscriber, dead=pykka.ActorDeadError)
        self._topics: frozenset[str] = frozenset()

    def on_receive(self, message: Any) -> None:
        match message:
            case _Ready():
                self._take(self._line.receive)
            case _TendLine():
                self._take(self._line.tend)
            case _StreamDue(checked=checked):
                if checked.request.topic in self._subscriptions.topics and self._end is None:
                    self._request(checked, math.inf)
            case EventBatch():
                self._deliver(message)
            case Asked():
                self._accept(message.command, message.ask, message.expires_at, message.order)
            case GivenUp(ask=ask):
                self._give_up(ask)
            case _ if type(message) in KINDS:
                self._accept(message)
            case Begin():
                if self._line.tends_every:
                    self.every(self._line.tends_every, _TendLine())
                self._take(self._line.tend)
            case _:
                logger.warning("{}", no_command(message))

    def _accept(self, command: Any, ask: int = 0, waits_until: float = math.inf, order: str = "") -> None:
        match command:
            case Command() if type(command) not in ASKED_OF_PROCESS and (wrong := problem(command)):
                self._fail(_Pending(self.defer(), bytes), RequestRefused(wrong))
            case Subscribe():
                self._subscribe(command, ask, waits_until)
            case Unsubscribe():
                ended = self._subscriptions.remove(command)
                self._release_streams(ended)
                self._listen(bool(ended))
            case _:
                decode = answer_decoder(type(command))
                pending = _Pending(self.defer(), decode, command, ask, order or order_id(command))
                self._request(pending, waits_until)

    def _give_up(self, ask: int) -> None:
        for id, pending in self._pending.items():
            if pending.ask == ask:
                self._write(GiveUp(id))
                return

    def _subscribe(self, command: Subscribe, ask: int, waits_until: float) -> None:
        """The gateway sends the topic from now on; the runtime knows the assets, and what is streamed."""
        subscription = self._subscriptions.add(command)
        wanted = pattern(command.topic)
        if not wanted.asset and wanted.wire_of in {"", ONE}:
            self._listen(command.topic)
            return
        self._tell_topics()
        slot = self.defer()
        check = CheckTopic(command.topic, deadline=command.deadline)
        checked = _Pending(slot, _DECODE_TEXT, check, ask, subscription=subscription)
        if command.stream:
            start = SubscribeTicks(wanted.asset, deadline=command.deadline)
            pending = _Pending(slot, lambda _: command.topic, start, ask, subscription=subscription)
            self._request(pending, waits_until)
        elif slot is not None:
            self._request(checked, waits_until)
        else:
            self.after(STREAM_DUE, _StreamDue(checked))

    def _release_streams(self, ended: Sequence[Subscription]) -> None:
        """What was streamed for the ``ended`` subscriptions is not streamed for them any more."""
        for asset in self._subscriptions.no_longer_streamed(ended):
            if self._end is None:
                self._write(Ask(0, UnsubscribeTicks(asset), for_subscription=True))

    def _deliver(self, batch: EventBatch) -> None:
        if ended := self._subscriptions.deliver(batch.items):
            for subscription in ended:
                logger.debug("the subscription to {!r} ends with its actor", subscription.topic)
            self._release_streams(ended)
            self._tell_topics()

    def _request(self, pending: _Pending, waits_until: float) -> None:
        within = None if math.isinf(waits_until) else waits_until - self.now()
        if pending.is_order and within is not None and within <= 0:
            self._fail(pending, unsent(pending.request, "its deadline has passed"))
        else:
            self._send(pending, lambda id: pending.message(id, within, self.now()))

    def _listen(self, answer: Any) -> None:
        """Have the gateway send the topics of the subscriptions; the command gets ``answer`` once it does."""
        pending = _Pending(self.defer(), lambda _: answer)
        if self._subscriptions.topics == self._topics:
            self._answer(pending, answer)
        else:
            self._tell_topics(pending)

    def _tell_topics(self, pending: _Pending | None = None) -> None:
        """Have the gateway send the topics of the subscriptions, if they have changed."""
        topics = self._subscriptions.topics
        if topics == self._topics or (pending is None and self._end is not None):
            return
        self._topics = topics
        self._send(pending or _Pending(None, bytes), lambda id: Listen(id, sorted(topics)))

    def _send(self, pending: _Pending, message_for: Callable[[int], Ask | Listen]) -> None:
        if self._end is not None:
            ended = unsent(pending.request, self._end) if pending.is_order else RequestError(self._end)
            self._fail(pending, ended)
            return
        id = next(self._ids)
        if pending.awaited:
            self._pending[id] = pending
        try:
            self._write(message_for(id))
        except RequestRefused as error:
            self._pending.pop(id, None)
            self._fail(pending, error)

    def _write(self, message: Ask | GiveUp | Listen) -> None:
        try:
            known = self._line.send(message)
        except TransportError as error:
            self._finish(f"{ENDED}: {error}")
        else:
            for answer in known:
                self._on_message(answer)
        self._watch()

    def _take(self, messages: Callable[[], Sequence[FromGateway]]) -> None:
        if self._end is not None:
            return
        try:
            for message in messages():
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
        elif isinstance(pending.request, CheckTopic) and value != pending.request.topic:
            logger.warning("{}", value)

    def _fail(self, pending: _Pending, error: Exception) -> None:
        if isinstance(error, RequestError):
            error.order = error.order or pending.order
        if pending.subscription is not None and not isinstance(error, RequestTimeout):
            self._subscriptions.discard(pending.subscription)
            self._tell_topics()
        if pending.slot is not None:
            pending.slot.fail(error)
        else:
            logger.warning("a command was told and failed: {}; ask it, to get the error", error)

    def _watch(self) -> None:
        if self._end is not None:
            return
        source = self._line.source
        if self._watched is not None and self._watched is not source:
            self.inbox.unwatch(self._watched)
        if source is not None:
            self.watch(source, _Ready(), writable=self._line.wants_write)
        self._watched = source

    def _finish(self, reason: str) -> None:
        """Close the connection, and fail every request under way; only the first call counts."""
        if self._end is not None:
            return
        self._end = reason
        if self._watched is not None:
            self.inbox.unwatch(self._watched)
        self._line.close()
        waiting, self._pending = self._pending, {}
        for pending in waiting.values():
            ended = OrderUnknown if pending.is_order else RequestError  # an order may have left by now
            self._fail(pending, ended(self._end))
        self._ended()

    def _start_subscriber(self, command: Subscribe) -> SubscriberRef:
        return Subscriber.start_for(command, self.actor_ref, self._dispatcher)

    def release(self, unhandled: list[Any]) -> None:
        self._finish(DETACHED)
        self._subscriptions.end()
