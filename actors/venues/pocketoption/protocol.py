"""Engine.IO, Socket.IO, the login and the events of one life of a connection, without a socket.

WebSocket messages in, items for the router out; requests in, texts for the socket out.
"""

from collections.abc import Sequence
from typing import Final

from actors.errors import (
    AuthRejected,
    LocalProtocolError,
    ProtocolError,
    RemoteProtocolError,
    TellwireError,
    TransportClosed,
)
from actors.messages import ConnectionUp, StreamReport
from actors.messages.traffic import Item, Request
from actors.protocols import engineio, socketio
from actors.protocols.websocket.pairs import Pairs
from actors.values import Secret
from actors.venues.pocketoption import dialect
from actors.venues.pocketoption.login import parse_login
from actors.venues.pocketoption.requests import RequestMatcher
from actors.venues.pocketoption.states import TRANSITIONS, SessionInput, SessionState
from actors.venues.pocketoption.ticks import TickReader

TEXT: Final = 1  # RFC 6455, 5.2
BINARY: Final = 2

Single = tuple[int, bytes]
"""Opcode and payload."""

Message = Single | Pairs
"""``Pairs`` are those of ``dialect.TICK_HEADER``, one message after another."""

_TICK_HEADER: Final[Single] = (TEXT, dialect.TICK_HEADER)
_OR_NOBODY: Final = "or refuses everybody at the moment"  # it did so for hours once (protocol 1.5)
_NO_CLOSE_CODE: Final = 1005  # RFC 6455, 7.4.1; what ends here ends above WebSocket


class Protocol:
    """One life of a connection.

    ``auth`` is the complete text of the login event. It also says whether the account is demo or live; raises
    ``LoginInvalid`` if it does not.

    ``failure`` says why the session ended, ``None`` while it lasts and after ``leave``;
    ``silence_limit`` is for how many seconds the venue says that it may be silent, and without a ping of
    Engine.IO. ``pings`` counts those, the handshake included.
    """

    def __init__(self, *, connection: str, epoch: int, region: str, auth: Secret) -> None:
        self.state = SessionState.OPENING
        self.failure: TellwireError | None = None
        self.silence_limit: float | None = None
        self.pings = 0
        self._connection = connection
        self._epoch = epoch
        self._region = region
        self._auth = auth
        self._packet_decoder = socketio.Decoder()
        self._event_decoder = dialect.EventDecoder()
        self.tick_reader = TickReader()
        self._refused = 0
        self._requests = RequestMatcher(connection, epoch, parse_login(auth.value).account)
        self.texts: list[bytes] = []
        """What ``texts_to_send`` will take."""
        self._ticks: list[bytes] = []  # undecoded attachments of one read

    def __repr__(self) -> str:
        return f"<Protocol {self._connection} #{self._epoch} {self._region}: {self.state.value}>"

    @property
    def garbage(self) -> int:
        """How many texts, attachments, events and rows were invalid and left out."""
        return (
            self._refused
            + self._packet_decoder.unpaired
            + self._event_decoder.refused
            + self.tick_reader.refused
        )

    def stream_reports(self) -> dict[str, StreamReport]:
        """By asset; streams without a tick are absent."""
        return self._requests.stream_reports()

    # Inbound

    def receive(self, messages: Sequence[Message], now: float) -> list[Item]:
        """The items that ``messages``, read at ``now`` (UTC), contain, in order.

        Never raises: ``failure`` says that the session ended, and every later call returns nothing.
        """
        items: list[Item] = []
        for message in messages:
            if (
                isinstance(message, Pairs)
                and self.state is SessionState.READY
                and self._packet_decoder.awaited is None
            ):
                # Ticks that come in another form end up there too, once Socket.IO has paired them.
                self._ticks += message
                continue
            for opcode, payload in _singles(message):
                if self.state is SessionState.CLOSED:
                    break
                try:
                    found = self._receive_one(opcode, payload)
                except RemoteProtocolError as error:
                    self._refuse(error)
                    continue
                if found:
                    self._read_ticks(items, now)
                    items += found
        self._read_ticks(items, now)
        return items

    def _read_ticks(self, items: list[Item], now: float) -> None:
        """Decode all waiting ticks together, before an item that came after them is added."""
        if self._ticks:
            ticks = self.tick_reader.read(self._ticks, self._requests.streams, now)
            self._ticks.clear()
            if ticks is not None:
                items.append(ticks)

    def _receive_one(self, opcode: int, payload: bytes) -> Sequence[Item]:
        if opcode == BINARY:
            event = self._packet_decoder.receive_binary(payload)
            return self._packet(event) if event else ()
        kind, data = engineio.parse(payload)
        match kind:
            case engineio.EnginePacketType.MESSAGE:
                packet = self._packet_decoder.receive_text(data)
                if self._packet_decoder.announced == dialect.AUTHENTICATED:
                    return self._authenticated()  # its attachment has nothing that we need (protocol 1.2)
                return self._packet(packet) if packet else ()
            case engineio.EnginePacketType.OPEN:
                self._open(engineio.parse_open(data))
            case engineio.EnginePacketType.PING:
                self.pings += 1
                self.texts.append(engineio.pong(data))
            case engineio.EnginePacketType.CLOSE:
                self._close(TransportClosed("the venue ended the Engine.IO session", _NO_CLOSE_CODE))
            case engineio.EnginePacketType.PONG | engineio.EnginePacketType.NOOP:
                pass
        return ()

    def _open(self, handshake: engineio.Handshake) -> None:
        self._advance(SessionInput.OPEN)
        self.silence_limit = handshake.silence_limit
        self.pings += 1
        self.texts.append(socketio.CONNECT)

    def _packet(self, packet: socketio.Packet) -> Sequence[Item]:
        match packet:
            case socketio.EventPacket():
                self._advance(SessionInput.EVENT)
                return self._fact(self._event_decoder.read(packet))
            case socketio.Connected():
                self._advance(SessionInput.CONNECT)
                self.texts.append(self._auth.value.encode(errors="replace"))
            case socketio.ConnectError(message=message):
                self._advance(SessionInput.CONNECT_ERROR)
                self._close(RemoteProtocolError(f"Socket.IO connection refused: {message[:200]!a}"))
            case socketio.Disconnected():
                authenticated = self.state is SessionState.READY
                self._advance(SessionInput.DISCONNECT)
                self._close(
                    TransportClosed("the venue disconnected the session", _NO_CLOSE_CODE)
                    if authenticated
                    else AuthRejected(f"the venue hung up instead of accepting the session, {_OR_NOBODY}")
                )
        return ()

    def _fact(self, fact: dialect.Fact) -> Sequence[Item]:
        match fact:
            case dialect.TickRows(payload=payload):
                self._ticks.append(payload)
                return ()
            case dialect.Authenticated():
                return self._authenticated()
            case dialect.AuthRefused():
                self._close(AuthRejected(f"the venue does not accept the session, {_OR_NOBODY}"))
                return ()
            case news:
                return self._requests.apply(news)

    def _authenticated(self) -> Sequence[Item]:
        known = self.state is SessionState.READY
        self._advance(SessionInput.AUTHENTICATED)
        if known:
            return ()
        self.keep_alive()  # the venue hangs up 180 s after the last one (protocol 1.4)
        return (ConnectionUp(self._connection, self._epoch, self._region),)

    # Outbound

    def send(self, requests: Sequence[Request], now: float) -> list[Item]:
        """Queue the texts of ``requests``; returns the answers to those that the venue will not answer.

        ``now`` is UTC. Raises ``LocalProtocolError`` unless the session is ready.
        """
        self._advance(SessionInput.REQUEST, LocalProtocolError)
        items: list[Item] = []
        for request in requests:
            texts, answers = self._requests.ask(request, now)
            self.texts += texts
            items += answers
        return items

    def keep_alive(self) -> None:
        """Queue the venue's own keep-alive event, if the session is ready."""
        if self.state is SessionState.READY:
            self.texts.append(dialect.KEEP_ALIVE)

    def leave(self) -> None:
        """End the session without a failure; the queued texts leave before the disconnect."""
        if self.state in (SessionState.AUTHENTICATING, SessionState.READY):
            self.texts.append(socketio.DISCONNECT)
        self.state = SessionState.CLOSED

    def texts_to_send(self) -> list[bytes]:
        """The payloads of the queued text messages, in order; empties the queue."""
        texts, self.texts = self.texts, []
        return texts

    # State

    def _advance(self, event: SessionInput, blame: type[ProtocolError] = RemoteProtocolError) -> None:
        state = TRANSITIONS.get((self.state, event))
        if state is None:
            raise blame(f"{event.value} while the session is {self.state.value}")
        self.state = state

    def _refuse(self, error: RemoteProtocolError) -> None:
        """An invalid message ends the session before the login; later it is only counted."""
        if self.state in (SessionState.OPENING, SessionState.CONNECTING):
            self._close(error)
        else:
            self._refused += 1

    def _close(self, failure: TellwireError) -> None:
        self.state = SessionState.CLOSED
        self.failure = failure
        self.texts.clear()


def _singles(message: Message) -> Sequence[Single]:
    if isinstance(message, Pairs):
        return [single for each in message for single in (_TICK_HEADER, (BINARY, each))]
    return (message,)
