"""Engine.IO protocol 4 over an open WebSocket: packets in text messages.

A binary message has no Engine.IO envelope; it is a Socket.IO attachment as it is.
"""

import enum
from typing import Annotated

from msgspec import Meta, Struct

from actors.errors import RemoteProtocolError
from actors.protocols.json_documents import Document


class EnginePacketType(enum.Enum):
    """The packets a server may send on a WebSocket that needed no upgrade."""

    OPEN = b"0"
    CLOSE = b"1"
    PING = b"2"
    PONG = b"3"
    MESSAGE = b"4"
    NOOP = b"6"


class Handshake(Struct, frozen=True):
    """What OPEN declares. Times are in seconds; ``max_payload`` is in bytes, ``None`` if it names none."""

    sid: str
    ping_interval: float
    ping_timeout: float
    max_payload: int | None

    @property
    def silence_limit(self) -> float:
        """Seconds without a ping after which a client gives the connection up, whatever else came (Engine.IO
        protocol 4, heartbeat)."""
        return self.ping_interval + self.ping_timeout


class _Open(Struct, rename="camel"):
    """In milliseconds. A server with many pings a second may round their interval to 0."""

    sid: str
    ping_interval: Annotated[float, Meta(ge=0)]
    ping_timeout: Annotated[float, Meta(gt=0)]
    max_payload: int | None = None


_OPEN = Document("Engine.IO OPEN", _Open)


def parse(text: bytes) -> tuple[EnginePacketType, bytes]:
    """A text message as packet type and data; raises ``RemoteProtocolError``."""
    try:
        return EnginePacketType(text[:1]), text[1:]
    except ValueError:
        raise RemoteProtocolError(f"no Engine.IO packet begins with {text[:1]!r}") from None


def parse_open(data: bytes) -> Handshake:
    """The data of OPEN; raises ``RemoteProtocolError``."""
    found = _OPEN.read(data)
    return Handshake(found.sid, found.ping_interval / 1000, found.ping_timeout / 1000, found.max_payload)


def message(data: bytes) -> bytes:
    """Wrap a Socket.IO packet."""
    return EnginePacketType.MESSAGE.value + data


def pong(data: bytes) -> bytes:
    """Answer a PING, whose data comes back as it was."""
    return EnginePacketType.PONG.value + data
