"""One life of one connection to the venue, from the dial to its end."""

import enum
import threading
import time
from collections.abc import Callable
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct

from actors.base import RuntimeActor
from actors.errors import AuthRejected, DialFailed, TellwireError, TransportClosed, TransportError
from actors.messages.events import ConnectionDown, ConnectionReport
from actors.messages.lifecycle import Begin, ConnectionEnded, StartConnection, StopConnection, Tellable
from actors.messages.traffic import EventBatch, Item, Send
from actors.transport.base import Transport
from actors.wire.endpoint import Endpoint
from actors.wire.frames import Opcode
from actors.wire.session import Session
from actors.wire.states import State

REPORT_INTERVAL = 1.0

Dial = Callable[[StartConnection], Transport]
"""Blocks until a transport to the region stands; raises ``DialFailed``."""


class _Dialed(Struct, frozen=True):
    transport: Any


class _DialRefused(Struct, frozen=True):
    error: DialFailed


class _Due(enum.Enum):
    """What the connection tells itself."""

    SOCKET = enum.auto()
    LOGIN_OVERDUE = enum.auto()
    CLOSE_OVERDUE = enum.auto()
    KEEP_ALIVE = enum.auto()
    PING = enum.auto()
    REPORT = enum.auto()


class Connection(RuntimeActor):
    """Owns a socket and the state machines above it, for one life.

    Receives ``Send`` and ``StopConnection``; sends batches to ``events``: what the venue said, an
    account of itself once a second, and, last of all, ``ConnectionDown`` with the reason; and
    ``ConnectionEnded`` to its ``guardian``, the host.
    """

    def __init__(self, start: StartConnection, events: Tellable, dial: Dial, guardian: Tellable) -> None:
        super().__init__(f"{start.connection}#{start.epoch}", guardian=guardian)
        settings = start.settings
        self._start = start
        self._settings = settings
        self._events = events
        self._dial = dial
        self._transport: Transport | None = None
        self._endpoint = Endpoint(settings.max_message_size)
        self._session = Session(
            connection=start.connection, epoch=start.epoch, region=start.region.name, auth=settings.session
        )
        self._messages_in = self._messages_out = self._bytes_in = self._writes = 0
        self._watches_writing = False
        self._was_ready = False
        self._stopping = False
        self._ended = False

    def on_receive(self, message: Any) -> None:
        try:
            self._handle(message)
        except TellwireError as error:
            self._say_goodbye(error)
            self.stop()

    def _handle(self, message: Any) -> None:
        match message:
            case _Due.SOCKET:
                self._read()
            case Send():
                self._send(message)
            case _Due.REPORT:
                self._check_silence()
                self._publish([self._report()])
            case _Due.PING:
                self._endpoint.ping(self.now())
                self._flush()
            case _Due.KEEP_ALIVE:
                self._session.keep_alive()
                self._flush()
            case Begin():
                self._begin()
            case _Dialed():
                self._open(message.transport)
            case _DialRefused():
                raise message.error
            case _Due.LOGIN_OVERDUE:
                if self._session.state is not State.READY:
                    raise TransportError(f"no login within {self._settings.open_timeout:g} s")
            case StopConnection():
                self._leave()
            case _Due.CLOSE_OVERDUE:
                raise TransportClosed("closed")
            case _:
                self.unexpected(message)

    def _begin(self) -> None:
        # Name resolution blocks with no time limit, so the dial has a thread of its own and the actor
        # stays answerable.
        threading.Thread(target=self._dial_and_tell, name=f"dial-{self.name}", daemon=True).start()
        self.after(self._settings.open_timeout, _Due.LOGIN_OVERDUE)

    def _dial_and_tell(self) -> None:
        try:
            transport = self._dial(self._start)
        except DialFailed as error:
            answer: _Dialed | _DialRefused = _DialRefused(error)
        else:
            answer = _Dialed(transport)
        try:
            self.actor_ref.tell(answer)
        except pykka.ActorDeadError:
            self.release([answer])

    def _open(self, transport: Transport) -> None:
        self._transport = transport
        self.watch(transport, _Due.SOCKET)
        self.every(self._settings.keep_alive_interval, _Due.KEEP_ALIVE)
        self.every(self._settings.ping_interval, _Due.PING)
        self.every(REPORT_INTERVAL, _Due.REPORT)
        self._read()  # the first bytes may have come along with the upgrade

    def _read(self) -> None:
        assert self._transport is not None
        if self._transport.wants_write:
            self._transport.flush()
        data = self._transport.read()
        messages = self._endpoint.receive(data, self.now())
        items = self._session.receive(messages, time.time())
        self._bytes_in += len(data)
        self._messages_in += len(messages)
        if items:
            self._publish(items)
        failure = self._session.failure or self._endpoint.failure
        self._flush()
        if failure is not None:
            raise failure

    def _send(self, message: Send) -> None:
        if self._session.state is not State.READY:
            logger.debug("{} is not ready; {} requests stay with the pool", self.name, len(message.requests))
            return
        items = self._session.send(message.requests, time.time())
        self._flush()
        if items:
            self._publish(items)

    def _flush(self) -> None:
        if self._transport is None:
            return
        texts = self._session.texts_to_send()
        if texts and self._endpoint.failure is None:
            self._endpoint.send(Opcode.TEXT, texts)
            self._messages_out += len(texts)
        if data := self._endpoint.data_to_send():
            self._transport.write(data)
            self._writes += 1
        if self._transport.wants_write != self._watches_writing:
            self._watches_writing = self._transport.wants_write
            self.watch(self._transport, _Due.SOCKET, writable=self._watches_writing)

    def _check_silence(self) -> None:
        now = self.now()
        if self._endpoint.overdue(now, self._settings.ping_timeout):
            raise TransportClosed(f"no answer to a ping for {self._settings.ping_timeout:g} s")
        limit = self._session.silence_limit
        if limit is not None and now - self._endpoint.last_received > limit:
            raise TransportClosed(f"nothing received for {limit:g} s")

    def _leave(self) -> None:
        self._stopping = True
        if self._transport is None:
            raise TransportClosed("stopped before it was open")
        self._session.leave()
        self._flush()
        self._endpoint.close(1000)
        self._flush()
        self.after(self._settings.close_timeout, _Due.CLOSE_OVERDUE)

    def _report(self) -> ConnectionReport:
        session = self._session
        if session.state is State.READY:
            self._was_ready = True
        return ConnectionReport(
            connection=self._start.connection,
            epoch=self._start.epoch,
            region=self._start.region.name,
            state=session.state.name.lower(),
            messages_in=self._messages_in,
            messages_out=self._messages_out,
            writes=self._writes,
            bytes_in=self._bytes_in,
            garbage=session.garbage,
            round_trip=self._endpoint.round_trip,
            streams=session.stream_reports(),
        )

    def _publish(self, items: list[Item]) -> None:
        self._events.tell(EventBatch(self._start.connection, items))

    def _say_goodbye(self, error: TellwireError) -> None:
        if self._ended:
            return
        self._ended = True
        down = ConnectionDown(
            connection=self._start.connection,
            epoch=self._start.epoch,
            region=self._start.region.name,
            reason="stopped" if self._stopping else f"{type(error).__name__}: {error}",
            was_ready=self._was_ready or self._session.state is State.READY,
            terminal=isinstance(error, AuthRejected),
        )
        self._publish([self._report(), down])
        assert self._guardian is not None
        self._guardian.tell(ConnectionEnded(self._start.connection, self._start.epoch))

    def on_failure(self, exception_type: Any, exception_value: Any, traceback: Any) -> None:
        logger.opt(exception=exception_value).error("{} met an unforeseen error", self.name)
        self._say_goodbye(TransportError(f"unforeseen {type(exception_value).__name__}"))
        super().on_failure(exception_type, exception_value, traceback)

    def release(self, unhandled: list[Any]) -> None:
        for message in unhandled:
            if isinstance(message, _Dialed):
                message.transport.close()
        if self._transport is not None:
            self._transport.close()
