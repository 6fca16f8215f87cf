"""One attached process: its messages, its state, and the events that wait for it."""

import enum
from typing import Any, Final

from actors.errors import TransportClosed
from actors.messages.owners import Owner
from actors.messages.traffic import EventBatch
from actors.routing.conflation import conflate_columns, events_in
from actors.transport.base import Transport
from runtime.control.protocol import LARGEST_FROM_PEER, FromPeer
from runtime.workers.framing import LENGTH, Framer, Unframer

MOST_UNREAD: Final = 16 * 1024 * 1024
"""Bytes that may wait for a peer to read them: enough for the longest list of candles."""

MOST_UNREAD_EVENTS: Final = 4096
"""Events that may wait for a peer before its ticks are conflated."""


class PeerState(enum.Enum):
    """The value completes the sentence "a message from a peer that ..."."""

    NEW = "has not said hello"
    ATTACHED = "is attached"
    GONE = "is gone"


class Peer:
    """The gateway sets ``state``, and ``owner``: for it the streams of this process are kept.

    Every method that reads or writes raises ``TransportClosed`` once the peer is gone or does not read.
    """

    def __init__(self, transport: Transport, name: str) -> None:
        self.name = name
        self.state = PeerState.NEW
        self.owner = Owner(name)
        self._transport = transport
        self._framed = Framer()
        self._frame = bytearray(LENGTH.size)
        self._messages_in: Unframer[FromPeer] = Unframer(FromPeer, LARGEST_FROM_PEER)
        self._events: list[Any] = []
        self._count = 0

    def __repr__(self) -> str:
        return f"<Peer {self.name}: {self.state.value}>"

    def fileno(self) -> int:
        return self._transport.fileno()

    def receive(self) -> list[FromPeer]:
        """The messages that have arrived; raises ``RemoteProtocolError`` for anything else than messages."""
        return self._messages_in(self._transport.read())

    def send(self, message: Any) -> None:
        """Send ``message`` now, or as soon as the peer reads."""
        self._transport.write(self._framed(message))

    def deliver(self, items: list[Any]) -> int:
        """Send events and columns of ticks, or keep them while the peer does not read.

        Returns the number of ticks that were conflated. HOT: one call per read.
        """
        if not self._events and not self._transport.wants_write:
            self._transport.write(self._framed.into(self._frame, EventBatch(self.name, items)))
            return 0
        self._events += items
        self._count += events_in(items)
        missed = 0
        if self._transport.wants_write and self._count > MOST_UNREAD_EVENTS:
            self._events, missed = conflate_columns(self._events)
            self._count -= missed
            if self._count > MOST_UNREAD_EVENTS:
                raise TransportClosed(f"it does not read: {self._count} events are waiting")
        self._send_events()
        return missed

    def flush(self) -> None:
        """Continue to send what waits."""
        self._transport.flush()
        self._send_events()

    @property
    def wants_write(self) -> bool:
        return self._transport.wants_write

    def close(self) -> None:
        self.state = PeerState.GONE
        self._transport.close()

    def _send_events(self) -> None:
        if self._events and not self._transport.wants_write:
            items, self._events, self._count = self._events, [], 0
            self.send(EventBatch(self.name, items))
