import contextlib
import socket
from collections.abc import Iterator

import pytest

from actors.errors import RemoteProtocolError, TransportClosed
from actors.messages.events import StreamDropped
from actors.messages.traffic import EventBatch, Ticks
from actors.transport.socket_transport import SocketTransport
from actors.values import Tick
from runtime.control.peer import MOST_UNREAD, MOST_UNREAD_EVENTS, Peer
from runtime.control.protocol import LARGEST_FROM_PEER, FromGateway, Hello, ResponseMessage
from runtime.workers.framing import LENGTH, Framer, Unframer

KIB = 1024


@pytest.fixture
def ends() -> Iterator[tuple[Peer, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * KIB)
    theirs.settimeout(5)
    peer = Peer(SocketTransport(ours, outbox_limit=MOST_UNREAD), "peer 1")
    with theirs:
        yield peer, theirs
    peer.close()


def read_on(peer: Peer, theirs: socket.socket) -> list[FromGateway]:
    """Every message that the other end gets."""
    messages_in: Unframer[FromGateway] = Unframer(FromGateway)
    theirs.setblocking(False)
    got: list[FromGateway] = []
    while True:
        with contextlib.suppress(BlockingIOError):
            got += messages_in(theirs.recv(64 * KIB))
            continue
        if not peer.wants_write:
            return got
        peer.flush()


def ticks(count: int) -> list[Ticks]:
    """Those of one read."""
    return Ticks.by_read(Tick("EURUSD_otc", float(number), 1.1, 0.0) for number in range(count))


def lag(peer: Peer) -> None:
    peer.send(ResponseMessage(1, bytes(512 * KIB)))
    assert peer.wants_write


def test_a_message_that_arrives_in_pieces_is_joined(ends: tuple[Peer, socket.socket]) -> None:
    peer, theirs = ends
    data = Framer()(Hello(1, "token"))
    theirs.sendall(data[:7])
    assert peer.receive() == []
    theirs.sendall(data[7:])
    assert peer.receive() == [Hello(1, "token")]


def test_a_message_that_is_too_large_is_refused_before_it_has_arrived(
    ends: tuple[Peer, socket.socket],
) -> None:
    peer, theirs = ends
    theirs.sendall(LENGTH.pack(LARGEST_FROM_PEER + 1))
    with pytest.raises(RemoteProtocolError, match="1048577 bytes"):
        peer.receive()


def test_a_peer_that_reads_gets_its_events_at_once(ends: tuple[Peer, socket.socket]) -> None:
    peer, theirs = ends
    assert peer.deliver([*ticks(2), StreamDropped("A")]) == 0
    assert read_on(peer, theirs) == [EventBatch("peer 1", [*ticks(2), StreamDropped("A")])]


def test_the_events_of_a_peer_that_lags_wait_in_their_order(ends: tuple[Peer, socket.socket]) -> None:
    peer, theirs = ends
    lag(peer)
    assert peer.deliver(ticks(2)) == peer.deliver([StreamDropped("A")]) == 0
    assert read_on(peer, theirs)[1:] == [EventBatch("peer 1", [*ticks(2), StreamDropped("A")])]


def test_only_the_ticks_of_a_peer_that_lags_far_are_conflated(
    ends: tuple[Peer, socket.socket],
) -> None:
    peer, theirs = ends
    lag(peer)
    assert peer.deliver([StreamDropped("A")]) == 0
    (quotes,) = ticks(MOST_UNREAD_EVENTS)
    assert peer.deliver([quotes]) == MOST_UNREAD_EVENTS - 1
    assert read_on(peer, theirs)[1:] == [
        EventBatch("peer 1", [StreamDropped("A"), quotes.part([MOST_UNREAD_EVENTS - 1])])
    ]


def test_a_peer_that_never_reads_loses_its_connection(ends: tuple[Peer, socket.socket]) -> None:
    peer, _ = ends
    lag(peer)
    with pytest.raises(TransportClosed, match="does not read"):
        peer.deliver([StreamDropped("A")] * (MOST_UNREAD_EVENTS + 1))


def test_the_bytes_that_wait_for_a_peer_are_bounded(ends: tuple[Peer, socket.socket]) -> None:
    peer, _ = ends
    answer = ResponseMessage(1, bytes(MOST_UNREAD // 2))
    peer.send(answer)
    peer.send(answer)
    with pytest.raises(TransportClosed, match="does not read"):
        peer.send(answer)
