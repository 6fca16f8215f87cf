"""The line to the host that owns an account, whichever that is, by the engine."""

import contextlib
import itertools
import math
import os
import secrets
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from actors.errors import (
    OrderUnknown,
    RemoteProtocolError,
    RequestError,
    RequestTimeout,
    to_wire,
)
from actors.messages.commands import OrderCommand, unsent
from actors.messages.traffic import EventBatch
from runtime.cluster.engine import Engine
from runtime.cluster.forms import EVENTS, REPLIES
from runtime.cluster.outcomes import EngineAway
from runtime.cluster.reader import StreamEntry, StreamReader
from runtime.control.askers import SILENT_FOR
from runtime.control.follower import AWAY, Follower, Wants
from runtime.control.line import check_length
from runtime.control.protocol import (
    Ask,
    ErrorMessage,
    FeedMark,
    FromAsker,
    FromGateway,
    FromOwner,
    FromPeer,
    GiveUp,
    Hello,
    Listen,
    ResponseMessage,
)

if TYPE_CHECKING:
    from _typeshed import HasFileno

TELLS_EVERY: Final = 5.0
"""Seconds between two words to the owner. It takes this process for dead after ``SILENT_FOR``."""

FORGOTTEN_AFTER: Final = SILENT_FOR / 2

PAUSE: Final = 0.5
"""Seconds without another try, after the engine did not answer."""

LATE: Final = 0.25
"""Seconds after its deadline that a command may still be answered by the owner, which knows best."""

SILENT: Final = 3.0
"""Seconds without any answer of the engine, which gives one every ``WAITS``: the connection is dead."""

_replies: Final[msgspec.msgpack.Decoder[FromOwner]] = msgspec.msgpack.Decoder(FromOwner)
_encode: Final = msgspec.msgpack.Encoder().encode


class _Sent(NamedTuple):
    """A command without an answer; ``entry`` is that in the engine."""

    entry: str
    asked: Ask
    expires_at: float


class EngineLine:
    """Owns ``engine``. No end of a host ends it: a command waits for the next one, until its deadline.

    It raises no ``TransportError``. What is asked while the engine is away fails at once.
    """

    tends_every = 0.25

    def __init__(self, engine: Engine, duty: str) -> None:
        """Raises ``EngineAway``."""
        self._engine = engine
        self._duty = duty
        self._asker = f"process {os.getpid()} of {socket.gethostname()} ({secrets.token_hex(4)})"
        self._sent: dict[int, _Sent] = {}
        self._positions = {REPLIES.format(self._asker): "0-0"}
        self._reader: StreamReader | None = None
        self._replaced: list[StreamReader] = []  # closed once nothing watches them
        self._heard_at = self._told_at = time.monotonic()
        self._epoch = 0
        self._beat = ""  # the entry of the last word to the owner, until that has read it
        self._away: str | None = None
        self._tries_at = 0.0
        self._owes = False  # an owner has not been told what is wanted
        self._wants = Wants()
        self._follower = Follower()
        self._open()

    def __repr__(self) -> str:
        return f"<EngineLine to {self._duty}>"

    @property
    def source(self) -> "HasFileno | None":
        return self._reader

    @property
    def wants_write(self) -> bool:
        return False

    def send(self, message: FromPeer) -> Sequence[FromGateway]:
        """Raises ``EngineAway`` for a ``Hello`` alone."""
        match message:
            case GiveUp(id=id):
                return self._give_up(id)
            case Ask():
                self._wants.note(message)
                return self._ask(message)
            case Listen():
                self._wants.note(message)
                return self._listen(message)
            case Hello():
                self._put(message)
                return ()

    def _listen(self, message: Listen) -> Sequence[FromGateway]:
        """The events from before the owner is told: none is missed. While the engine is away it waits."""
        try:
            self._follow()
            self._put(message)
        except EngineAway:
            self._owes = True
        return ()

    def _follow(self) -> None:
        """Read the events exactly while there are topics."""
        if bool(self._wants.listen.topics) == (EVENTS in self._positions):
            return
        if self._wants.listen.topics:
            self._positions[EVENTS] = f"{int(self._engine.time() * 1000)}-0"
            self._follower = Follower()
        else:
            del self._positions[EVENTS]
        self._fail()
        self._open()

    def receive(self) -> Sequence[FromGateway]:
        if self._reader is None:
            return ()
        try:
            entries, _ = self._reader.take()
        except EngineAway:
            self._fail()
            return ()
        self._heard_at = time.monotonic()
        messages = list(self._messages(entries))
        if self._owes:
            with contextlib.suppress(EngineAway):
                self._tell_again(self._heard_at)
        return messages

    def tend(self) -> Sequence[FromGateway]:
        while self._replaced:
            self._replaced.pop().close()
        now = time.monotonic()
        if self._reader is not None and now > self._heard_at + SILENT:
            self._fail()
        with contextlib.suppress(EngineAway):  # until the next time
            if self._reader is None:
                self._open()
            if self._owes or now > self._told_at + TELLS_EVERY:
                self._tell_again(now)
        overdue = [id for id, sent in self._sent.items() if now > sent.expires_at + LATE]
        return [message for id in overdue for message in self._withdraw(id)]

    def close(self) -> None:
        with contextlib.suppress(EngineAway):  # the owner learns of it by silence
            self._put(None)
        self._fail()
        while self._replaced:
            self._replaced.pop().close()
        self._engine.close()

    def comes_within(self, seconds: float) -> bool:
        """Wait for something to ``receive``."""
        with selectors.DefaultSelector() as selector:
            if self._reader is not None:
                selector.register(self._reader, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def _open(self) -> None:
        self._reader = StreamReader(self._engine, self._duty, self._positions)
        self._heard_at = time.monotonic()

    def _fail(self) -> None:
        if self._reader is not None:
            self._replaced.append(self._reader)
            self._reader = None

    def _tell_again(self, now: float) -> None:
        """The owner counts this process as there; one that has counted it as dead, or that has the account
        since, is told all that is wanted. Raises ``EngineAway``."""
        forgotten = now > self._told_at + FORGOTTEN_AFTER
        if forgotten:
            self._follower.lose(AWAY)
        self._follow()
        if self._beat:  # without an owner they would become ever more
            self._engine.withdraw(self._duty, self._beat, "")
        for message in itertools.islice(self._wants.messages(), None if forgotten or self._owes else 1):
            self._beat = self._put(message)
        self._told_at, self._owes = now, False

    def _put(self, message: FromPeer | None) -> str:
        """Its entry. While the engine hangs, one call in ``PAUSE`` waits for it; the others fail at once."""
        words = _encode(message)
        check_length(words)
        if self._away is not None and time.monotonic() < self._tries_at:
            raise EngineAway(self._away, asked=False)
        try:
            entry = self._engine.send(self._duty, _encode(FromAsker(self._asker, msgspec.Raw(words))))
        except EngineAway as error:
            self._away, self._tries_at = str(error), time.monotonic() + PAUSE
            raise
        self._away = None
        return entry

    def _ask(self, asked: Ask) -> Sequence[FromGateway]:
        try:
            entry = self._put(asked)
        except EngineAway as error:
            return self._failure(asked, _unasked(asked, error))
        if asked.id:
            within = min(_or_inf(asked.within), _or_inf(asked.request.deadline))
            self._sent[asked.id] = _Sent(entry, asked, time.monotonic() + within)
        return ()

    def _give_up(self, id: int) -> Sequence[FromGateway]:
        """An order that no owner has journaled is withdrawn here. Its owner is told in each case: it may have
        the ask, and while that is there, nobody else gets the order."""
        if id not in self._sent:
            return ()
        if withdrawn := self._withdraw(id):
            with contextlib.suppress(EngineAway):  # the owner keeps the ask until its deadline
                self._put(GiveUp(id))
            return withdrawn
        try:
            self._put(GiveUp(id))
        except EngineAway as error:
            return self._failure(self._sent[id].asked, OrderUnknown(str(error)))
        return ()

    def _withdraw(self, id: int) -> Sequence[FromGateway]:
        """The error of a command that surely has no effect now; nothing if its order may have been sent."""
        sent = self._sent[id]
        asked = sent.asked
        try:
            withdrawn = self._engine.withdraw(self._duty, sent.entry, asked.order)
        except EngineAway:
            return ()
        if not withdrawn:
            self._sent[id] = sent._replace(expires_at=math.inf)
            return ()
        reason = "no host has begun it within its deadline, or its caller waits no longer"
        if isinstance(asked.request, OrderCommand):
            return self._failure(asked, unsent(asked.request, reason, asked.order))
        return self._failure(asked, RequestTimeout(reason))

    def _failure(self, asked: Ask, error: Exception) -> Sequence[FromGateway]:
        self._sent.pop(asked.id, None)
        self._wants.settle(asked.id, refused=True)
        return (ErrorMessage(asked.id, to_wire(error)),)

    def _messages(self, entries: list[StreamEntry]) -> Iterator[FromGateway]:
        for entry in entries:
            self._positions[entry.stream] = entry.id
            epoch = int(entry.fields[b"e"])
            self._owes |= 0 < self._epoch < epoch
            self._epoch = epoch
            if entry.fields.get(b"c") == self._beat.encode():
                self._beat = ""
            if not (words := entry.fields[b"d"]):
                continue
            try:
                message = _replies.decode(words)
            except msgspec.MsgspecError as error:
                raise RemoteProtocolError(f"what the owner answers cannot be read: {error}") from None
            match message:
                case FeedMark():
                    self._follower.take_mark(epoch, int(entry.fields[b"n"]), message)
                    continue
                case EventBatch():
                    yield self._follower.take(epoch, int(entry.fields[b"n"]), message)
                    continue
                case ResponseMessage(id=id) | ErrorMessage(id=id):
                    self._sent.pop(id, None)
                    self._wants.settle(id, refused=isinstance(message, ErrorMessage))
            yield message


def _unasked(asked: Ask, error: EngineAway) -> RequestError:
    if not isinstance(asked.request, OrderCommand):
        return RequestError(str(error))
    if error.asked:
        return OrderUnknown(f"{error}, so it may have been taken", asked.order)
    return unsent(asked.request, str(error), asked.order)


def _or_inf(seconds: float | None) -> float:
    return math.inf if seconds is None else seconds
