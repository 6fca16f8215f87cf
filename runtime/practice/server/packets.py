"""Engine.IO 4 and Socket.IO 5 packets as text: those of the exchange, and the parser for a client's."""

import enum
import re
import secrets
from typing import NamedTuple

import msgspec

from actors.errors import RemoteProtocolError

CLOSE = "1"
PING = "2"
DISCONNECT = "41"
MAX_PAYLOAD = 1_000_000

_EVENT = re.compile(r"42\d*(?=\[)")  # the number asks for an acknowledgement, which the venue never gives


class Kind(enum.Enum):
    """The kinds of packet that a client may send."""

    CLOSE = enum.auto()
    PONG = enum.auto()
    CONNECT = enum.auto()
    DISCONNECT = enum.auto()
    EVENT = enum.auto()


class ClientPacket(NamedTuple):
    """``name`` and ``payload`` are those of an event; ``payload`` is ``None`` where there is none."""

    kind: Kind
    name: str = ""
    payload: object = None


_WITHOUT_BODY = {"1": Kind.CLOSE, "3": Kind.PONG, "40": Kind.CONNECT, "41": Kind.DISCONNECT}


def parse(text: str) -> ClientPacket:
    """Raises ``RemoteProtocolError`` for a packet that no client of the venue sends."""
    if kind := _WITHOUT_BODY.get(text):
        return ClientPacket(kind)
    if text.startswith("40{"):
        return ClientPacket(Kind.CONNECT)
    if prefix := _EVENT.match(text):
        match _decode(text[prefix.end() :]):
            case [str(name), *payloads]:
                return ClientPacket(Kind.EVENT, name, payloads[0] if payloads else None)
    raise RemoteProtocolError("not a packet of the main namespace")


def _decode(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RemoteProtocolError("not JSON") from error


def open_packet(ping_interval: float, ping_timeout: float) -> str:
    """The OPEN packet; its times are sent in milliseconds."""
    handshake = {
        "sid": _sid(),
        "upgrades": [],
        "pingInterval": int(ping_interval * 1000),
        "pingTimeout": int(ping_timeout * 1000),
        "maxPayload": MAX_PAYLOAD,
    }
    return "0" + encode(handshake).decode()


def connected() -> str:
    return "40" + encode({"sid": _sid()}).decode()


def _sid() -> str:
    return secrets.token_urlsafe(15)


def text_event(name: str) -> str:
    return "42" + encode([name]).decode()


def binary_event(name: str) -> str:
    """The header of an event whose payload follows as the next, binary message."""
    return "451-" + encode([name, {"_placeholder": True, "num": 0}]).decode()


encode = msgspec.json.Encoder(decimal_format="number").encode
"""A payload as the bytes of its binary message; a ``Decimal`` keeps all of its digits."""
