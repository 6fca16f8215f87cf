"""One client's socket: handshake, pings and end."""

import asyncio
import enum
from collections.abc import Callable
from typing import NamedTuple

from aiohttp import WSMessage, WSMsgType, web
from loguru import logger

from actors.errors import RemoteProtocolError
from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.socket import DataOnly, NoPings, PingsOnly
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import ReceivedEvent
from runtime.practice.server import packets
from runtime.practice.server.clock import ExchangeClock
from runtime.practice.server.fault_transport import FaultTransport
from runtime.practice.server.outbox import Outbox
from runtime.practice.server.packets import Kind
from runtime.practice.settings import PracticeSettings

CLOSE_TIMEOUT = 1.0
"""Seconds for a client to read what is queued and to answer a close frame."""


class Stage(enum.Enum):
    """The progress of a client's handshake."""

    OPENED = enum.auto()
    CONNECTED = enum.auto()
    AUTHENTICATED = enum.auto()
    LEAVING = enum.auto()


_ALLOWED = {
    Stage.OPENED: frozenset({Kind.CONNECT, Kind.PONG, Kind.CLOSE}),
    Stage.CONNECTED: frozenset({Kind.EVENT, Kind.PONG, Kind.DISCONNECT, Kind.CLOSE}),
    Stage.AUTHENTICATED: frozenset({Kind.EVENT, Kind.PONG, Kind.DISCONNECT, Kind.CLOSE}),
    Stage.LEAVING: frozenset(Kind),
}


class LoginState(NamedTuple):
    """The options of a client's login."""

    demo: bool = True
    fast_history: bool = False
    uid: int = 0


class ClientConnection:
    """Reads and writes one socket; calls ``serve`` with every event.

    ``streams`` holds the subscribed assets, the oldest first. ``login`` is valid from the stage
    ``AUTHENTICATED`` on. ``ended`` is set once the socket is closed.
    """

    def __init__(
        self,
        id: int,
        region: str,
        socket: web.WebSocketResponse,
        transport: FaultTransport,
        settings: PracticeSettings,
        clock: ExchangeClock,
        ledger: ExchangeLedger,
        faults: ActiveFaults,
        serve: Callable[["ClientConnection", str, object], None],
    ) -> None:
        self.id = id
        self.region = region
        self.transport = transport
        self.stage = Stage.OPENED
        self.login = LoginState()
        self.streams: dict[str, None] = {}
        self.ended = asyncio.Event()
        self._socket = socket
        self._settings = settings
        self._clock = clock
        self._ledger = ledger
        self._faults = faults
        self._serve = serve
        self._outbox = Outbox(overflow=self.abort)
        self._ponged = asyncio.Event()
        self._silent = False
        self._pings = True
        self._idle_timeout = asyncio.timeout(settings.ps_timeout)
        self._end_reason = "the client left"

    async def run(self) -> None:
        """Serve the client until either side closes."""
        _, port, *_ = self.transport.get_extra_info("peername") or ("", 0)  # none: it has left meanwhile
        self._ledger.write_opened(self.id, self.region, self._clock.utc(), port)
        logger.info("{}: socket {} opened", self.region, self.id)
        writer = asyncio.create_task(self._outbox.write_to(self._socket, self._note_written))
        pinger = asyncio.create_task(self._ping())
        self._outbox.put(
            packets.open_packet(
                self._settings.ping_interval * self._settings.client_speed,
                self._settings.ping_timeout * self._settings.client_speed,
            )
        )
        try:
            async with self._idle_timeout:
                async for message in self._socket:
                    if message.type is WSMsgType.PING:
                        await self._pong(message.data)
                    elif message.type is not WSMsgType.PONG:
                        self._receive(message)
        except TimeoutError:
            self.leave("no ps")
        finally:
            pinger.cancel()
            self.leave(self._end_reason)
            await writer
            self._ledger.write_closed(self.id, self._clock.utc(), self._end_reason)
            logger.info("{}: socket {} closed: {}", self.region, self.id, self._end_reason)
            self.ended.set()

    def send(self, *messages: str | bytes) -> bool:
        """Queue messages; those of one call stay together. Returns ``False`` if they are suppressed."""
        if self.stage is Stage.LEAVING or self._silent or self._faults.find(PingsOnly, region=self.region):
            return False
        self._outbox.put(*messages)
        return True

    def emit(self, name: str, payload: object) -> None:
        """Queue an event and its payload."""
        self.send(packets.binary_event(name), packets.encode(payload))

    async def flushed(self) -> None:
        """Wait until the client's messages are handed to the network."""
        await self._outbox.emptied()

    def accept(self, login: LoginState) -> None:
        self.login = login
        self.stage = Stage.AUTHENTICATED
        self._ledger.write_authenticated(self.id, self.login.uid)
        logger.info("{}: socket {} authenticated", self.region, self.id)

    def keep(self) -> None:
        """The client has sent ``ps``: restart the idle timeout."""
        if not self._idle_timeout.expired():
            self._idle_timeout.reschedule(asyncio.get_running_loop().time() + self._settings.ps_timeout)

    def leave(self, reason: str, close_frame: bytes = b"") -> None:
        """Close after what is queued, or at once with ``close_frame``.

        A client that does not answer within ``CLOSE_TIMEOUT`` is cut off.
        """
        if self.stage is Stage.LEAVING:
            return
        self.stage = Stage.LEAVING
        self._end_reason = reason
        if close_frame:
            self.transport.write_last(close_frame)
        self._outbox.end()
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT, self.transport.abort)

    def fall_silent(self, packet: str, *, pings: bool = True) -> None:
        """Send ``packet`` and no event after it; without ``pings`` nothing at all. The socket stays open."""
        self._silent, self._pings = True, pings
        self._outbox.put(packet)

    def abort(self) -> None:
        """End the TCP connection at once, without a close frame."""
        self.leave("cut off")
        self.transport.abort()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._settings.ping_interval)
            if not self._pings or any(
                self._faults.find(fault, region=self.region) for fault in (DataOnly, NoPings)
            ):
                continue
            self._ponged.clear()
            self._outbox.put(packets.PING)
            try:
                async with asyncio.timeout(self._settings.ping_timeout):
                    await self._ponged.wait()
            except TimeoutError:
                self.leave("no pong")
                return

    async def _pong(self, data: bytes) -> None:
        if not self._faults.find(DataOnly, region=self.region):
            await self._socket.pong(data)

    def _receive(self, message: WSMessage) -> None:
        try:
            if message.type is not WSMsgType.TEXT:
                raise RemoteProtocolError(f"the client sent a {message.type.name} message")
            packet = packets.parse(message.data)
            if packet.kind not in _ALLOWED[self.stage]:
                raise RemoteProtocolError(f"{packet.kind.name} while {self.stage.name}")
        except RemoteProtocolError as error:
            self.leave(str(error))
            return
        if self.stage is not Stage.LEAVING:
            self._handle(packet)

    def _handle(self, packet: packets.ClientPacket) -> None:
        match packet.kind:
            case Kind.CONNECT:
                self.stage = Stage.CONNECTED
                self.send(packets.connected())
            case Kind.PONG:
                self._ponged.set()
            case Kind.EVENT:
                self._ledger.write_event(self._record(packet))
                self._serve(self, packet.name, packet.payload)
            case Kind.DISCONNECT | Kind.CLOSE:
                self.leave("the client said goodbye")

    def _record(self, packet: packets.ClientPacket) -> ReceivedEvent:
        payload = packet.payload
        if isinstance(payload, dict):
            payload = payload | dict.fromkeys({"session", "token"} & payload.keys(), "***")
        return ReceivedEvent(self.id, packet.name, payload, self._clock.utc())

    def _note_written(self, count: int) -> None:
        self._ledger.write_messages(self.id, count)
