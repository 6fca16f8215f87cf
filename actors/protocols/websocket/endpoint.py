"""The client's end of one WebSocket: answers pings, times its own, and closes as RFC 6455 demands."""

import enum
import math
from collections import deque
from collections.abc import Callable, Sequence

from actors.errors import LocalProtocolError, TellwireError, TransportClosed
from actors.protocols.websocket.frames import (
    MAX_CONTROL_PAYLOAD,
    MAX_MESSAGE_SIZE,
    NO_CLOSE_CODE,
    FrameParser,
    Opcode,
    encode,
    encode_many,
    is_close_code,
    parse_close,
)
from actors.protocols.websocket.pairs import Found, Pairs, PairScanner

# An answer to the newest ping answers the older ones too (5.5.3), so a flood of pings fills no memory.
MAX_UNANSWERED_PINGS = 64


class EndpointState(enum.Enum):
    """How far the closing handshake has come (RFC 6455, 7.1)."""

    OPEN = "open"
    CLOSING = "closing, with the peer's close frame awaited"
    CLOSED = "closed"


class CloseInput(enum.Enum):
    """What can happen to the connection, from either side; an error names it by its value."""

    SEND = "send a message"
    CLOSE = "start to close"
    PEER_CLOSE = "be closed by the peer"
    PEER_FAULT = "fail for the peer's fault"


_NEXT = {
    (EndpointState.OPEN, CloseInput.SEND): EndpointState.OPEN,
    (EndpointState.OPEN, CloseInput.CLOSE): EndpointState.CLOSING,
    (EndpointState.OPEN, CloseInput.PEER_CLOSE): EndpointState.CLOSED,
    (EndpointState.OPEN, CloseInput.PEER_FAULT): EndpointState.CLOSED,
    (EndpointState.CLOSING, CloseInput.PEER_CLOSE): EndpointState.CLOSED,
    (EndpointState.CLOSING, CloseInput.PEER_FAULT): EndpointState.CLOSED,
}


class Endpoint:
    """The client's side of an open WebSocket, from the first byte after the upgrade; it does no I/O.

    After every call ``data_to_send`` has what must leave. Times are seconds of one monotonic clock. Messages
    that are pairs with the text ``pair_header`` are returned as ``Pairs``.
    """

    def __init__(self, max_message_size: int = MAX_MESSAGE_SIZE, pair_header: bytes | None = None) -> None:
        self.state = EndpointState.OPEN
        self.failure: TellwireError | None = None
        """Why it is closed: ``TransportClosed`` if the peer closed, ``RemoteProtocolError`` for its fault."""
        self.round_trip: float | None = None
        """Seconds from the last answered ping of ours to its answer."""
        self.last_received = -math.inf
        """When the last bytes came; any byte is a sign of life."""
        self._parser = FrameParser(max_message_size)
        self._feed: Callable[[bytes], Sequence[Found]] = self._parser.feed
        if pair_header is not None:
            self._feed = PairScanner(self._parser, pair_header).feed
        self._outbox: list[bytes] = []
        self._unanswered: deque[bytes] = deque(maxlen=MAX_UNANSWERED_PINGS)
        self._pings = 0
        self._ping_sent_at: float | None = None

    def __repr__(self) -> str:
        return f"<Endpoint {self.state.name} round_trip={self.round_trip}>"

    def receive(self, data: bytes, now: float) -> Sequence[Found]:
        """The data messages that ``data`` completes; empty once it is closed.

        Look at ``failure`` after it: the messages returned together with one came before it.
        """
        if self.state is EndpointState.CLOSED:
            return []
        if data:
            self.last_received = now
        controls = self._parser.controls
        frames = self._feed(data)
        if self._parser.controls != controls:
            frames = self._obey(frames, now)
        # What follows a close frame is not looked at (1.4), not even for faults.
        fault = self._parser.failure
        if fault is not None and self.failure is None:
            self._end(CloseInput.PEER_FAULT, fault, _close_payload(fault.code, str(fault)))
        return frames

    def send(self, opcode: int, payloads: Sequence[bytes]) -> None:
        """Queue one message for each of ``payloads``; raises ``LocalProtocolError`` once closing."""
        self._advance(CloseInput.SEND)
        self._queue(encode_many(opcode, payloads))

    def ping(self, now: float) -> None:
        """Queue a ping, unless the last one is still unanswered or the connection is closing."""
        if self.state is EndpointState.OPEN and self._ping_sent_at is None:
            self._pings += 1
            self._ping_sent_at = now
            self._queue(encode(Opcode.PING, self._ping_payload()))

    def overdue(self, now: float, timeout: float) -> bool:
        """Whether a ping of ours has been waiting for its pong for ``timeout`` seconds."""
        return self._ping_sent_at is not None and now - self._ping_sent_at >= timeout

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Queue a close frame; the peer's answer, or its end of the stream, ends it. Idempotent.

        Raises ``LocalProtocolError`` for a code or a reason (123 bytes) that no close frame can carry.
        """
        if self.state is EndpointState.OPEN:
            payload = _close_payload(code, reason)
            self._queue(encode(Opcode.CLOSE, payload))
            self._advance(CloseInput.CLOSE)

    @property
    def has_data(self) -> bool:
        """Whether ``data_to_send`` has anything; seldom after a read."""
        return bool(self._outbox or self._unanswered)

    def data_to_send(self) -> bytes:
        """All that is queued, in order; it counts as sent."""
        self._answer_pings()
        data = b"".join(self._outbox)
        self._outbox.clear()
        return data

    def _advance(self, event: CloseInput) -> None:
        state = _NEXT.get((self.state, event))
        if state is None:
            raise LocalProtocolError(f"cannot {event.value}: the connection is {self.state.value}")
        self.state = state

    def _obey(self, frames: Sequence[Found], now: float) -> list[Found]:
        """Act on the control frames; returns the messages, up to a close frame."""
        messages: list[Found] = []
        for frame in frames:
            if isinstance(frame, Pairs):
                messages.append(frame)
                continue
            opcode, payload = frame
            if opcode == Opcode.PING:
                self._unanswered.append(payload)
            elif opcode == Opcode.PONG:
                self._pong(payload, now)
            elif opcode == Opcode.CLOSE:
                self._peer_closed(payload)
                break
            else:
                messages.append(frame)
        return messages

    def _pong(self, payload: bytes, now: float) -> None:
        # A pong may come unasked (5.5.3): only the payload of the present ping is an answer.
        if self._ping_sent_at is not None and payload == self._ping_payload():
            self.round_trip = now - self._ping_sent_at
            self._ping_sent_at = None

    def _ping_payload(self) -> bytes:
        return b"%d" % self._pings

    def _peer_closed(self, payload: bytes) -> None:
        code, reason = parse_close(payload)
        echo = b"" if code == NO_CLOSE_CODE else payload[:2]
        self._end(
            CloseInput.PEER_CLOSE, TransportClosed(f"the peer closed with {code} {reason!r}", code), echo
        )

    def _end(self, event: CloseInput, failure: TellwireError, close_payload: bytes) -> None:
        if self.state is EndpointState.OPEN:  # otherwise our close frame is queued already
            self._queue(encode(Opcode.CLOSE, close_payload))
        self._advance(event)
        self.failure = failure

    def _queue(self, frames: bytes) -> None:
        """Queue behind the answers to all pings: they are urgent (5.5.2), and none follows a close."""
        self._answer_pings()
        self._outbox.append(frames)

    def _answer_pings(self) -> None:
        if self._unanswered and self.state is EndpointState.OPEN:
            self._outbox.append(encode_many(Opcode.PONG, self._unanswered))
            self._unanswered.clear()


def _close_payload(code: int, reason: str) -> bytes:
    payload = code.to_bytes(2, "big") + reason.encode() if is_close_code(code) else b""
    if not payload or len(payload) > MAX_CONTROL_PAYLOAD:
        raise LocalProtocolError(f"no close frame carries code {code} and {len(reason)} characters of reason")
    return payload
