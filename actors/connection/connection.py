"""One life of one connection to the venue, from the dial to its end."""

import contextlib
import enum
from collections.abc import Callable
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct

from actors.connection.dialogue import Dialogue
from actors.connection.numbering import Sequencer
from actors.connection.witness import Witness
from actors.engine.actor import RuntimeActor
from actors.errors import AuthRejected, DialFailed, NotSent, TellwireError, TransportClosed, TransportError
from actors.messages.commands import SubscribeTicks, TradingCommand, UnsubscribeTicks
from actors.messages.events import ConnectionDown, ConnectionReport
from actors.messages.lifecycle import Begin, ConnectionEnded, Tellable
from actors.messages.traffic import Failure, Item, Request, Send
from actors.messages.workers import StartConnection, StopConnection, UseTaps
from actors.transport.base import Transport
from actors.transport.dialer import dial_in_background
from actors.venues.base import OpenSession

EXPIRED = "its deadline passed before it was written"
REPORT_INTERVAL = 1.0
QUIET_REPORTS = 4
"""One in so many is made by a connection without streams that has sent nothing since the last one: each costs
60 µs in two processes, and a large pool has a thousand such connections."""

REPORT_SLOT = 0.125
"""Seconds; the reports of a process are made at few moments of each second, to wake it less often."""

Dial = Callable[[StartConnection], Transport]
"""Blocks until a transport to the region is open; raises ``DialFailed``."""


class _Dialed(Struct, frozen=True):
    result: Any


class _Due(enum.Enum):
    """The timers of the connection, and its socket."""

    SOCKET = enum.auto()
    LOGIN_OVERDUE = enum.auto()
    CLOSE_OVERDUE = enum.auto()
    KEEP_ALIVE = enum.auto()
    PING = enum.auto()
    PONG_OVERDUE = enum.auto()
    REPORTING = enum.auto()
    REPORT = enum.auto()


class Connection(RuntimeActor):
    """Owns a socket and the session on it, for one life.

    Receives ``Send``, ``UseTaps`` and ``StopConnection``. Sends batches to ``events``: what the venue said, a
    report each second and, as the last item, ``ConnectionDown``. Then it tells its ``guardian``, the group,
    ``ConnectionEnded``.
    """

    def __init__(
        self,
        start: StartConnection,
        events: Tellable,
        dial: Dial,
        open_session: OpenSession,
        witness: Witness | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(f"{start.connection}#{start.epoch}", **kwargs)
        self._start = start
        self._events = events
        self._sequencer = Sequencer(start.connection, start.epoch)
        self._dial = dial
        self._witness = witness
        self._transport: Transport | None = None
        self._session = open_session(start)
        self._linger = start.settings.inbound_linger
        self._dialogue = Dialogue() if self._linger else None
        self._watches_writing = False
        self._streams: set[str] = set()
        self._reports_left_out = QUIET_REPORTS
        self._stopping = False
        self._ended = False

    def on_receive(self, message: Any) -> None:
        try:
            if message is _Due.SOCKET:  # HOT: nearly always
                self._read()
            else:
                self._handle(message)
        except TellwireError as error:
            self._publish_end(error)
            self.stop()

    def _handle(self, message: Any) -> None:
        match message:
            case Send():
                self._send(message)
            case _Due.REPORT | _Due.PONG_OVERDUE:
                self._check_peer()
                if message is _Due.REPORT:
                    self._report()
            case _Due.REPORTING:
                self.every(REPORT_INTERVAL, _Due.REPORT)
            case _Due.PING:
                self._session.ping(self.now())
                self.after(self._start.settings.ping_timeout, _Due.PONG_OVERDUE)
                self._flush()
            case _Due.KEEP_ALIVE:
                self._session.keep_alive()
                self._flush()
            case Begin():
                if self._witness is not None:
                    self._witness.began(self.now(), self.utc())
                dial_in_background(f"dial {self.name}", lambda: self._dial(self._start), self._dialed)
                self.after(self._start.settings.open_timeout, _Due.LOGIN_OVERDUE)
            case _Dialed():
                self._open(message.result)
            case _Due.LOGIN_OVERDUE:
                if not self._session.was_ready:
                    raise TransportError(self._overdue())
            case UseTaps():
                self._session.tapped = message.covers(self._start.connection)
            case StopConnection():
                self._leave()
            case _Due.CLOSE_OVERDUE:
                raise TransportClosed("the venue did not answer our close")
            case _:
                self.unexpected(message)

    def _overdue(self) -> str:
        settings = self._start.settings
        way = f" through the proxy {settings.proxy}" if settings.proxy else ""
        return f"no login within {settings.open_timeout:g} s{way}"

    def _check_peer(self) -> None:
        try:
            self._session.check(self.now())
        except TransportClosed as error:
            logger.warning("{} is replaced: {}; nothing is to be done", self.name, error)
            raise

    def _dialed(self, result: Transport | DialFailed) -> None:
        """Runs in the thread of the dial."""
        try:
            self.actor_ref.tell(_Dialed(result))
        except pykka.ActorDeadError:
            if not isinstance(result, DialFailed):
                result.close()

    def _open(self, result: Transport | DialFailed) -> None:
        if isinstance(result, DialFailed):
            raise result
        self._transport = result
        if self._witness is not None:
            self._witness.opened(self.now(), self.utc())
        self._watch(result)
        self.every(self._start.settings.keep_alive_interval, _Due.KEEP_ALIVE)
        self.every(self._start.settings.ping_interval, _Due.PING)
        self.after(-self.now() % REPORT_SLOT, _Due.REPORTING)
        self._session.ping(self.now())
        self._read()  # the first bytes may have come along with the upgrade

    def _read(self) -> None:
        assert self._transport is not None
        if self._watches_writing:
            self._transport.flush()
        items = self._take_in(self._transport.read())
        if self._dialogue is not None and self._dialogue.open:
            self._converse(self._dialogue, [], items)
        if (failure := self._session.failure) is None:
            if self._session.has_data or self._watches_writing:
                self._flush()
        else:
            # The peer may have hung up already. Then the failure to raise is the peer's reason, not the error
            # of our write. Unread bytes make the kernel send a reset, which destroys our close frame.
            with contextlib.suppress(TransportClosed):
                self._flush()
                self._transport.read()
            raise failure

    def _read_all(self) -> None:
        """A stream leaves: of what has come of it nothing is lost, and the report that follows is the last
        word on it. What comes meanwhile is left: a venue that sends faster than this reads would hold it for
        ever."""
        assert self._transport is not None
        left = self._transport.most_unread
        while left > 0 and self._session.failure is None and (data := self._transport.read()):
            left -= len(data)
            self._take_in(data)
        self._read()

    def _take_in(self, data: bytes) -> list[Item]:
        """HOT: publish what ``data`` amounts to; returns that."""
        now, utc = self.now(), self.utc()
        if self._witness is not None and data:
            self._witness.heard(data, now, utc)
        if items := self._session.receive(data, now, utc):
            self._publish(items)
        return items

    def _send(self, message: Send) -> None:
        if message.life != self._start.life or not self._session.ready:
            logger.debug("{} is not ready; {} requests stay with the pool", self.name, len(message.requests))
            orders = [request for request in message.requests if request.order]
            lost = NotSent("the connection was lost before it left")
            self._publish([Failure.of(each.id, lost, each.order) for each in orders])
            return
        requests, now = message.requests, self.now()
        if expired := [each for each in requests if each.expires_at <= now and _trades(each)]:
            self._publish([each.failure(NotSent(EXPIRED)) for each in expired])
            requests = [each for each in requests if each not in expired]
        if any(isinstance(each.command, UnsubscribeTicks) for each in requests):
            self._read_all()
            self._publish([self._make_report()])
        utc = self.utc()
        if self._witness is not None:
            self._witness.asked(requests, now, utc)
        items = self._session.send(requests, utc)
        self._flush()
        self._on_sent(requests)
        if items:
            self._publish(items)
        if self._dialogue is not None:
            self._converse(self._dialogue, requests, items)

    def _on_sent(self, requests: list[Request]) -> None:
        for request in requests:
            match request.command:
                case SubscribeTicks(asset=asset):
                    self._streams.add(asset)
                case UnsubscribeTicks(asset=asset):
                    self._streams.discard(asset)
        self._reports_left_out = QUIET_REPORTS

    def _report(self) -> None:
        if not self._streams and self._reports_left_out < QUIET_REPORTS - 1:
            self._reports_left_out += 1
            return
        self._reports_left_out = 0
        self._publish([self._make_report()])

    def _make_report(self) -> ConnectionReport:
        utc = self.utc()
        if self._witness is not None:
            self._witness.reported(self.now(), utc)
        return self._session.report(utc, self.tasks())

    def _flush(self) -> None:
        if self._transport is None:
            return
        if data := self._session.data_to_send():
            if self._witness is not None:
                self._witness.said(data, self.now(), self.utc())
            self._transport.write(data)
        if self._transport.wants_write != self._watches_writing:
            self._watches_writing = self._transport.wants_write
            self._watch(self._transport)

    def _watch(self, transport: Transport) -> None:
        """The linger is for data, which come by themselves; words that are awaited are read at once."""
        gap = 0.0 if self._dialogue is not None and self._dialogue.open else self._linger
        self.watch(transport, _Due.SOCKET, writable=self._watches_writing, gap=gap)

    def _converse(self, dialogue: Dialogue, sent: list[Request], items: list[Item]) -> None:
        """Requests have left, and these items have come."""
        was_open = dialogue.open
        dialogue.on_sent(sent)
        dialogue.on_items(items, self.now(), ready=self._session.ready)
        if dialogue.open != was_open and self._transport is not None:
            self._watch(self._transport)

    def _leave(self) -> None:
        self._stopping = True
        if self._transport is None:
            raise TransportClosed("stopped before it was open")
        self._session.leave()
        self._flush()
        if self._dialogue is not None:
            self._converse(self._dialogue, [], [])
        self.after(self._start.settings.close_timeout, _Due.CLOSE_OVERDUE)

    def _publish(self, items: list[Item]) -> None:
        self._events.tell(self._sequencer.batch(items))

    def _publish_end(self, error: TellwireError) -> None:
        if self._ended:
            return
        self._ended = True
        down = ConnectionDown(
            connection=self._start.connection,
            epoch=self._start.epoch,
            region=self._start.region.name,
            reason="stopped" if self._stopping else f"{type(error).__name__}: {error}",
            was_ready=self._session.was_ready,
            terminal=isinstance(error, AuthRejected),
            retry_after=error.retry_after if isinstance(error, DialFailed) else None,
        )
        self._publish([self._make_report(), down])
        if self._witness is not None:
            self._witness.ended(down, self.now(), self.utc())
        self._tell_guardian(ConnectionEnded(self._start.connection, self._start.epoch))

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        self._publish_end(TransportError(f"unforeseen {type(exception_value).__name__}"))
        super().on_failure(exception_type, exception_value, traceback)

    def release(self, unhandled: list[Any]) -> None:
        for message in unhandled:
            if isinstance(message, _Dialed) and not isinstance(message.result, DialFailed):
                message.result.close()
        if self._transport is None:
            return
        if self._stopping or self._session.failure is not None:
            self._transport.close()
        else:
            # No close frame is being sent. An order that is being sent must not arrive after the desk has
            # given it up.
            self._transport.abort()


def _trades(request: Request) -> bool:
    """Whether it may cost money if it is late. A stream is sent at any time: the pool counts it as placed."""
    return isinstance(request.command, TradingCommand)
