"""What a remote router speaks the control protocol on: a socket, or an engine."""

import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from actors.errors import RequestRefused
from actors.transport.socket_transport import SocketTransport
from runtime.control.protocol import LARGEST_FROM_PEER, FromGateway, FromPeer
from runtime.workers.framing import Framer, Unframer

if TYPE_CHECKING:
    from _typeshed import HasFileno


class ControlLine(Protocol):
    """Used by one thread, which calls ``tend`` once before its first wait. Once a method has raised
    ``TransportError`` or ``ProtocolError``, the line is over."""

    tends_every: float
    """Seconds between two calls of ``tend``; 0 for none."""

    @property
    def source(self) -> "HasFileno | None":
        """What to watch now; ``None`` while there is nothing. One that was replaced is closed at the next
        ``tend``, when it is watched no longer."""

    @property
    def wants_write(self) -> bool:
        """Whether to watch until ``source`` can be written too."""

    def send(self, message: FromPeer) -> Sequence[FromGateway]:
        """What is known at once of what becomes of it. Raises ``RequestRefused`` for one that is too
        long."""

    def receive(self) -> Sequence[FromGateway]:
        """The messages that have come; sends what has waited for that."""

    def tend(self) -> Sequence[FromGateway]:
        """What time brings; the messages that come of it."""

    def close(self) -> None:
        """Nothing more; idempotent."""


class SocketLine:
    """The socket of a gateway. ``received`` was read from it already, into ``messages_in``."""

    tends_every = 0.0

    def __init__(
        self,
        sock: socket.socket,
        messages_in: Unframer[FromGateway],
        received: Sequence[FromGateway] = (),
    ) -> None:
        self._transport = SocketTransport(sock, outbox_limit=2 * LARGEST_FROM_PEER)
        self._messages_in = messages_in
        self._received = received
        self._framed = Framer()

    @property
    def source(self) -> "HasFileno":
        return self._transport

    @property
    def wants_write(self) -> bool:
        return self._transport.wants_write

    def send(self, message: FromPeer) -> Sequence[FromGateway]:
        data = self._framed(message)
        check_length(data)
        self._transport.write(data)
        return ()

    def receive(self) -> Sequence[FromGateway]:
        if self._transport.wants_write:
            self._transport.flush()
        return self._messages_in(self._transport.read())

    def tend(self) -> Sequence[FromGateway]:
        received, self._received = self._received, ()
        return received

    def close(self) -> None:
        self._transport.close()


def check_length(data: bytes) -> None:
    """Raises ``RequestRefused`` for more than a request may have."""
    if len(data) > LARGEST_FROM_PEER:
        raise RequestRefused(f"{len(data)} bytes are more than a request may have")
