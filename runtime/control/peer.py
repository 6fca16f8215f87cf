"""One process that has come in: its bytes, its standing, and what is still to be said to it."""

import enum
import socket
from typing import Any, Final

from actors.errors import TransportClosed
from actors.messages.traffic import EventBatch
from actors.routing.conflation import conflate
from actors.transport.stream import SocketTransport
from runtime.control.packing import as_items
from runtime.control.protocol import LARGEST_FROM_PEER, FromPeer
from runtime.workers.framing import Framer, Unframer

MOST_UNREAD: Final = 16 * 1024 * 1024
"""Bytes that may wait for a peer to read them: room for the longest list of candles."""

MOST_EVENTS: Final = 4096
"""Events that may wait for a peer before ticks give way to newer ones of their asset."""


class PeerState(enum.Enum):
    """How far a peer has come."""

    NEW = "has not said who it is"
    ATTACHED = "is served"
    GONE = "is not there any more"


class Peer:
    """``standing`` is the gateway's to change; every method that reads or writes raises ``TransportClosed``
    once the peer is gone or does not read."""

    def __init__(self, sock: socket.socket, name: str) -> None:
        self.name = name
        self.standing = PeerState.NEW
        self._transport = SocketTransport(sock, outbox_limit=MOST_UNREAD)
        self._framed = Framer()
        self._messages_in: Unframer[FromPeer] = Unframer(FromPeer, LARGEST_FROM_PEER)
        self._events: list[Any] = []

    def __repr__(self) -> str:
        return f"<Peer {self.name}: {self.standing.value}>"

    def fileno(self) -> int:
        return self._transport.fileno()

    def receive(self) -> list[FromPeer]:
        """What it has said; raises ``RemoteProtocolError`` for anything else than messages."""
        return self._messages_in(self._transport.read())

    def say(self, message: Any) -> None:
        """Send ``message`` as soon as the peer reads."""
        self._transport.write(self._framed(message))

    def deliver(self, events: list[Any]) -> int:
        """Send events; while the peer lags behind they wait. Tells how many ticks gave way to newer ones."""
        self._events += events
        missed = 0
        if self._transport.wants_write and len(self._events) > MOST_EVENTS:
            self._events, missed = conflate(self._events)
            if len(self._events) > MOST_EVENTS:
                raise TransportClosed(f"it does not read: {len(self._events)} events are waiting")
        self._send_events()
        return missed

    def flush(self) -> None:
        """Go on sending what waits."""
        self._transport.flush()
        self._send_events()

    @property
    def wants_write(self) -> bool:
        return self._transport.wants_write

    def close(self) -> None:
        self.standing = PeerState.GONE
        self._transport.close()

    def _send_events(self) -> None:
        if self._events and not self._transport.wants_write:
            items, self._events = as_items(self._events), []
            self.say(EventBatch(self.name, items))
