"""The commands for an account that come from any host, and its events for any host, by the engine."""

import contextlib
import functools
import math
from typing import Any, Final, NamedTuple

import msgspec
import pykka
from loguru import logger
from msgspec import Struct, structs

from actors.engine.actor import RuntimeActor
from actors.engine.callback_ask import ask_then
from actors.engine.inbox import Overflow
from actors.engine.router_ref import new_ask
from actors.errors import (
    RemoteProtocolError,
    RequestError,
    RequestRefused,
    TellwireError,
    TransportError,
    to_wire,
)
from actors.messages.commands import unsent
from actors.messages.control import Drain
from actors.messages.events import Lagged
from actors.messages.lifecycle import Begin
from actors.messages.owners import OwnerEnded
from actors.messages.routing import Asked, GivenUp
from actors.messages.traffic import Deliver, EventBatch
from actors.tenancy.tenure import Tenure
from runtime.cluster.engine import Engine
from runtime.cluster.forms import COMMANDS
from runtime.cluster.outcomes import EngineAway, Fenced
from runtime.cluster.reader import StreamEntry, StreamReader
from runtime.control.askers import Askers
from runtime.control.fanout import join
from runtime.control.order_turns import Asking, OrderTurns
from runtime.control.peer_asks import PeerAsks
from runtime.control.protocol import (
    ASKED_OF_PROCESS,
    VERSION,
    Ask,
    ErrorMessage,
    FromAsker,
    FromPeer,
    GiveUp,
    Hello,
    HelloRefused,
    Listen,
    Welcome,
    answered,
)
from runtime.control.publisher import LINGER, Publisher
from runtime.control.server import GATEWAY_CAPACITY
from runtime.control.succession import Succession

TRIES_AGAIN: Final = 0.25
"""Seconds between two tries while the engine is away."""

FORMER_FOLLOWERS: Final = "the followers of the former owner"

_envelopes: Final = msgspec.msgpack.Decoder(FromAsker)
_messages: Final[msgspec.msgpack.Decoder[FromPeer | None]] = msgspec.msgpack.Decoder(FromPeer | None)
_encode: Final = msgspec.msgpack.Encoder().encode


LOOKS_EVERY: Final = 5.0
"""Seconds between two looks for processes that are silent."""


class _Publish(Struct, frozen=True):
    pass


class _LookForSilent(Struct, frozen=True):
    pass


class _Readable(Struct, frozen=True):
    pass


class _TryAgain(Struct, frozen=True):
    pass


class _Reply(NamedTuple):
    """``message`` is ``None`` for a command that is not awaited: it only leaves the stream."""

    asker: str
    entry: str
    message: Any


class _Outcome(Struct, frozen=True):
    asker: str
    entry: str
    asked: Ask
    value: Any
    error: BaseException | None


class FrontDesk(RuntimeActor):
    """Reads what askers on any host have put into the engine for a duty, tells the ``router`` of its owner,
    and puts the answers there, and the events that they follow; a thread of its own, since it waits for the
    engine.

    A command leaves its stream together with its answer, and the engine takes that from the owner alone: what
    an owner leaves unanswered is the next one's. After ``Drain`` it takes no more, and answers what it has.
    """

    def __init__(
        self,
        engine: Engine,
        tenure: Tenure,
        router: pykka.ActorRef[Any],
        welcome: Welcome,
        entries: dict[str, str],
        **kwargs: Any,
    ) -> None:
        """``entries`` gets the entries that ask for orders, by the ids of these, before the router is told
        of them."""
        super().__init__("front desk", overflow=Overflow(GATEWAY_CAPACITY, join), **kwargs)
        self._engine = engine
        self._tenure = tenure
        self._router = router
        self._welcome = welcome
        self._began_at = self.now()
        self._entries = entries
        self._reader: StreamReader | None = None
        self._position = "0-0"
        self._succession: Succession | None = None
        self._draining = self._away = False
        self._asks = PeerAsks()
        self._turns = OrderTurns()
        self._askers = Askers()
        self._publisher = Publisher(engine, tenure, router, self.actor_ref)
        self._publishes_soon = False
        self._unsaid: list[_Reply] = []  # while the engine is away

    def on_receive(self, message: Any) -> None:
        match message:
            case _Readable():
                self._read()
            case Deliver(events=events, missed=missed):
                self._on_events(events, missed)
            case _Publish():
                self._publishes_soon = False
                self._publish()
            case _Outcome():
                self._on_outcome(message)
            case _TryAgain():
                self._away = False
                if self._publish():
                    self._say(*self._take_unsaid())
                self._open()
            case _LookForSilent():
                self._look_for_silent()
            case Drain():
                self._draining = True
                self._close()
            case Begin():
                self._begin()
            case _:
                self.unexpected(message)

    def _begin(self) -> None:
        """What the followers of the former owner want is not known until they say it: until then, all."""
        if self._tenure.epoch > 1:
            self._publisher.follow(FORMER_FOLLOWERS, [""])
            self._askers.hear(FORMER_FOLLOWERS, self.now())
        self._publisher.begin()
        self._serve()

    def _serve(self) -> None:
        self._publish()
        self._open()
        self.every(LOOKS_EVERY, _LookForSilent())

    def _open(self) -> None:
        if self._reader is not None or self._away or self._draining or self._tenure.lost:
            return
        try:
            self._succession = self._succession or Succession(self._engine, self._tenure.duty)
            self._reader = StreamReader(self._engine, self._tenure.duty, {COMMANDS: self._position})
            self.watch(self._reader, _Readable())
            self._askers.hear_all(self.now())
        except (EngineAway, TransportError):  # of which the steward has told
            self._try_again()

    def _close(self) -> None:
        if self._reader is not None:
            self.inbox.unwatch(self._reader)
            self._reader.close()
            self._reader = None

    def _try_again(self) -> None:
        self._close()
        if not self._away:
            self._away = True
            self.after(TRIES_AGAIN, _TryAgain())

    def _read(self) -> None:
        if self._reader is None:
            return
        if not self._tenure.safe(self.now()):  # it may be another owner's by now
            self._try_again()
            return
        try:
            entries, now = self._reader.take()
            for entry in entries:
                self._on_entry(entry, max(0.0, now - entry.sent_at))
                self._position = entry.id
        except EngineAway:
            self._try_again()

    def _on_entry(self, entry: StreamEntry, age: float) -> None:
        """Raises ``EngineAway`` before anything has become of it."""
        try:
            sent = _envelopes.decode(entry.fields[b"d"])
        except (KeyError, msgspec.MsgspecError):
            logger.warning(
                "a command for {} cannot be read, and is left: give all hosts one version of tellwire",
                self._tenure.duty,
            )
            return
        try:
            message = _messages.decode(sent.message)
        except (msgspec.MsgspecError, ValueError, RecursionError, TellwireError) as error:
            refused = HelloRefused(f"what it sent cannot be read: {error}; use one version of tellwire")
            self._say(_Reply(sent.asker, entry.id, refused))
            return
        if message is not None:
            self._askers.hear(sent.asker, self.now())
        match message:
            case Ask():
                self._on_ask(sent.asker, entry, message, age)
            case Hello():
                self._say(_Reply(sent.asker, entry.id, self._greet(sent.asker, message)))
            case GiveUp(id=id):
                self._give_up(self._asks.ask_of(sent.asker, id))
                self._say(_Reply(sent.asker, entry.id, None))
            case None:
                self._end_asker(sent.asker)
                self._say(_Reply(sent.asker, entry.id, None))
            case Listen():
                self._say(_Reply(sent.asker, entry.id, self._follow(sent.asker, message)))

    def _follow(self, asker: str, listen: Listen) -> Any:
        try:
            self._publisher.follow(asker, listen.topics)
        except RemoteProtocolError as error:
            return HelloRefused(str(error))
        return answered(listen.id, None) if listen.id else None

    def _greet(self, asker: str, hello: Hello) -> Welcome | HelloRefused:
        if hello.version != VERSION:
            return HelloRefused(f"the host of the account speaks version {VERSION} of the control protocol")
        if hello.operates:
            self._askers.let_operate(asker)
        return structs.replace(self._welcome, uptime=self.now() - self._began_at)

    def _on_ask(self, asker: str, entry: StreamEntry, asked: Ask, age: float) -> None:
        try:
            assert self._succession is not None  # since it reads
            request = self._succession.request(asked, entry.sent_at)
            self._check(asker, asked)
        except RequestError as refusal:
            self._say(_Reply(asker, entry.id, ErrorMessage(asked.id, to_wire(refusal))))
            return
        at, number = self.now() - age, new_ask()
        if asked.id:
            self._asks.add(asker, asked.id, type(request), number)
        owner = self._askers.owner(asker, for_subscription=asked.for_subscription)
        waits_until = math.inf if asked.within is None else at + asked.within
        asking = Asking(asker, entry.id, asked, request, number, waits_until, owner, at)
        if self._turns.add(asking):
            self._ask(asking)

    def _ask(self, asking: Asking) -> None:
        asked = asking.asked
        if asked.order:
            self._entries[asked.order] = asking.entry
        outcome = functools.partial(self._tell_outcome, asking.asker, asking.entry, asked)
        message = Asked(
            asking.request, asking.number, asking.waits_until, asked.order, asking.owner, asking.at
        )
        ask_then(self._router, message, outcome)

    def _check(self, asker: str, asked: Ask) -> None:
        """Raises ``RequestError`` for what the router is not asked."""
        if type(asked.request) in ASKED_OF_PROCESS:
            raise RequestRefused("that is asked of the process of a host: attach there")
        if asked.id and self._asks.waits(asker, asked.id):
            raise RequestError(f"a second ask {asked.id}")
        if asked.id and (full := self._asks.refusal(asker, type(asked.request))):
            raise unsent(asked.request, full, asked.order)

    def _give_up(self, *asks: int) -> None:
        for number in asks:
            if number and not self._turns.give_up(number, self.now()) and self._router.is_alive():
                self._router.tell(GivenUp(number))

    def _look_for_silent(self) -> None:
        for asker in self._askers.silent(self.now()):
            self._end_asker(asker)

    def _end_asker(self, asker: str) -> None:
        self._publisher.leave(asker)
        self._give_up(*self._asks.all_of(asker))
        if (owner := self._askers.remove(asker)) and self._router.is_alive():
            self._router.tell(OwnerEnded(owner))

    def _tell_outcome(
        self, asker: str, entry: str, asked: Ask, value: Any, error: BaseException | None
    ) -> None:
        """Called from any thread."""
        with contextlib.suppress(pykka.ActorDeadError):  # it has ended: the command is the next owner's
            self.actor_ref.tell(_Outcome(asker, entry, asked, value, error))

    def _on_outcome(self, outcome: _Outcome) -> None:
        asked, error = outcome.asked, outcome.error
        self._entries.pop(asked.order, None)
        following = self._turns.end(asked.order)
        if asked.id:
            self._asks.remove(outcome.asker, asked.id)
        if isinstance(error, pykka.ActorDeadError):
            return  # the router has ended before it was told: the command is the next owner's
        message: Any = None
        if asked.id:
            message = ErrorMessage(asked.id, to_wire(error)) if error else answered(asked.id, outcome.value)
        elif error is not None:
            logger.warning("a command was told and failed: {}; ask it, to get the error", error)
        self._say(_Reply(outcome.asker, outcome.entry, message))
        if following is not None and not self._draining:  # otherwise it is the next owner's
            self._ask(following)

    def _on_events(self, events: list[Any], missed: int) -> None:
        if missed and self._router.is_alive():
            self._router.tell(EventBatch(self.name, [Lagged(self.name, missed)]))
        if self._publisher.take(events):
            self._publish()
        elif self._publisher.has_collected and not self._publishes_soon:
            self._publishes_soon = True
            self.after(LINGER, _Publish())

    def _publish(self) -> bool:
        """Whether all that was taken is in the engine."""
        if self._away:
            return False
        try:
            self._publisher.publish()
        except EngineAway:
            self._try_again()
            return False
        except Fenced as error:
            self._end(error)
            return False
        return True

    def _end(self, error: Fenced) -> None:
        logger.debug("what was asked of {} is the next owner's: {}", self._tenure.duty, error)
        self._draining = True
        self._close()

    def _say(self, *replies: _Reply) -> None:
        """An answer comes after the events that were told before it."""
        if self._away or (self._publisher.has_collected and not self._publish()):
            self._unsaid += replies
            return
        for number, reply in enumerate(replies):
            words = b"" if reply.message is None else _encode(reply.message)
            try:
                self._engine.answer(
                    self._tenure.duty, self._tenure.epoch, reply.entry, words, asker=reply.asker
                )
            except EngineAway:
                self._unsaid += replies[number:]
                self._try_again()
                return
            except Fenced as error:
                self._end(error)
                return

    def _take_unsaid(self) -> list[_Reply]:
        unsaid, self._unsaid = self._unsaid, []
        return unsaid

    def release(self, unhandled: list[Any]) -> None:
        self._draining = True
        for message in unhandled:
            if isinstance(message, _Outcome):
                self._on_outcome(message)
        self._close()
