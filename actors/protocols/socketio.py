"""Socket.IO protocol 5, namespace "/": packets, and events joined with their attachments.

Arguments and attachments stay JSON text here; a venue decodes them.
"""

import enum
import re
from typing import Any

import msgspec
from msgspec import Struct

from actors.errors import RemoteProtocolError
from actors.protocols import engineio
from actors.protocols.json_documents import Document

MAX_ATTACHMENTS = 64  # the servers we know announce one at most


class SocketPacketType(enum.Enum):
    CONNECT = b"0"
    DISCONNECT = b"1"
    EVENT = b"2"
    ACK = b"3"
    CONNECT_ERROR = b"4"
    BINARY_EVENT = b"5"
    BINARY_ACK = b"6"


class Connected(Struct, frozen=True):
    """The server admitted us to the namespace."""


class Disconnected(Struct, frozen=True):
    """The server removed us from the namespace."""


class ConnectError(Struct, frozen=True):
    """The server did not admit us; ``message`` is its own text."""

    message: str = ""


class EventPacket(Struct, frozen=True):
    """An event; each of ``arguments`` is a JSON document, from the packet or from an attachment."""

    name: str
    arguments: tuple[bytes, ...] = ()


Packet = Connected | Disconnected | ConnectError | EventPacket

CONNECT = engineio.message(SocketPacketType.CONNECT.value)
DISCONNECT = engineio.message(SocketPacketType.DISCONNECT.value)


def encode_event(name: str, *arguments: Any) -> bytes:
    """An EVENT as the text of one WebSocket message."""
    return engineio.message(SocketPacketType.EVENT.value + msgspec.json.encode((name, *arguments)))


class _Placeholder(Struct):
    num: int


_PLACEHOLDER_KEY = b'"_placeholder"'

# <type>[<attachments>-][<namespace>,][<acknowledgement id>][<JSON>]
_PACKET = re.compile(rb"([0-6])(?:([0-9]{1,9})-)?(/[^,]*(?:,|\Z))?([0-9]*)(.*)\Z", re.DOTALL)

_ARGUMENTS = Document("Socket.IO event", list[msgspec.Raw])
_NAME = Document("Socket.IO event name", str)
_CONNECT_ERROR = Document("Socket.IO CONNECT_ERROR", ConnectError)
_PLACEHOLDER = Document("Socket.IO placeholder", _Placeholder)


class Awaited:
    """An event with attachments still to come."""

    def __init__(self, event: EventPacket, slots: dict[int, int], *, ours: bool) -> None:
        self.event = event
        self.ours = ours
        self._slots = slots  # number of the attachment: index of the argument
        self._attachments: list[bytes] = []

    def attach(self, data: bytes) -> bool:
        """Add an attachment; returns whether it was the last one."""
        self._attachments.append(data)
        return len(self._attachments) == len(self._slots)

    def complete(self) -> EventPacket:
        arguments = list(self.event.arguments)
        for number, index in self._slots.items():
            arguments[index] = self._attachments[number]
        return EventPacket(self.event.name, tuple(arguments))


class Decoder:
    """Messages in, packets out. ``unpaired`` counts events without all their attachments, and attachments
    without an event.

    Attachments follow their event at once, so a Socket.IO text in between ends the wait: the event is
    dropped, and so is every attachment that no event awaits. An Engine.IO PING in between does not come here.
    """

    def __init__(self) -> None:
        self.unpaired = 0
        self.awaited: Awaited | None = None
        """What waits for attachments; nothing, nearly always."""

    @property
    def announced(self) -> str:
        """The name of the event that awaits attachments, ``""`` if there is none."""
        return self.awaited.event.name if self.awaited and self.awaited.ours else ""

    def receive_text(self, data: bytes) -> Packet | None:
        """Take the data of an Engine.IO MESSAGE.

        ``None`` for an event with attachments to come, or a packet of another namespace. Raises
        ``RemoteProtocolError``, after which the decoder can go on.
        """
        if self.awaited is not None:
            self.awaited = None
            self.unpaired += 1
        found = _PACKET.match(data)
        if found is None:
            raise RemoteProtocolError("not a Socket.IO packet")
        kind, attachments, namespace, _, body = found.groups()
        ours = namespace in (None, b"/", b"/,")
        match SocketPacketType(kind):
            case SocketPacketType.BINARY_EVENT:
                return self._announce(body, int(attachments or 0), ours=ours)
            case _ if attachments is not None:
                raise RemoteProtocolError("attachments announced by a packet that cannot have any")
            case _ if not ours:
                return None
            case SocketPacketType.EVENT:
                return _event(body)
            case SocketPacketType.CONNECT:
                return Connected()
            case SocketPacketType.DISCONNECT:
                return Disconnected()
            case SocketPacketType.CONNECT_ERROR:
                return _CONNECT_ERROR.read(body) if body else ConnectError()
            case _:
                raise RemoteProtocolError("an acknowledgement that was never asked for")

    def receive_binary(self, data: bytes) -> EventPacket | None:
        """Take an attachment; the last one completes its event."""
        awaited = self.awaited
        if awaited is None:
            self.unpaired += 1
            return None
        if not awaited.attach(data):
            return None
        self.awaited = None
        return awaited.complete() if awaited.ours else None

    def _announce(self, body: bytes, attachments: int, *, ours: bool) -> EventPacket | None:
        if attachments > MAX_ATTACHMENTS:
            raise RemoteProtocolError(f"{attachments} attachments announced, {MAX_ATTACHMENTS} allowed", 1009)
        event = _event(body)
        slots = _placeholders(event)
        if not slots:
            return event if ours else None  # the payload stands in the packet itself
        if sorted(slots) != list(range(attachments)):
            raise RemoteProtocolError(f"{attachments} attachments announced, but other ones used")
        self.awaited = Awaited(event, slots, ours=ours)
        return None


def _event(body: bytes) -> EventPacket:
    items = _ARGUMENTS.read(body)
    if not items:
        raise RemoteProtocolError("Socket.IO event without a name")
    return EventPacket(_NAME.read(items[0]), tuple(bytes(item) for item in items[1:]))


def _placeholders(event: EventPacket) -> dict[int, int]:
    """Which argument each attachment replaces; a placeholder deeper inside an argument is refused."""
    slots: dict[int, int] = {}
    for index, argument in enumerate(event.arguments):
        if _PLACEHOLDER_KEY in argument:
            number = _PLACEHOLDER.read(argument).num
            if number in slots:
                raise RemoteProtocolError(f"attachment {number} is used twice")
            slots[number] = index
    return slots
