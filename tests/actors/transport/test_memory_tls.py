"""TLS between buffers in memory; over a proxy's TLS it is tested with the dials."""

import socket
import ssl
import threading
from collections.abc import Iterator

import pytest
import trustme

from actors.transport.deadline import Deadline
from actors.transport.memory_tls import MemoryTls

WAIT = 5.0


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


class Peer:
    """The server's end, in memory, so that a test decides when which of its bytes leave."""

    def __init__(self, sock: socket.socket, authority: trustme.CA) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        sock.settimeout(WAIT)
        self.sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def handshake(self) -> None:
        """Ends quietly with a client that gives up."""
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.sock.sendall(self._outgoing.read())
                self._incoming.write(self.sock.recv(1 << 16))
            except ssl.SSLError as error:
                self.failure = error.reason
                return
            else:
                self.sock.sendall(self._outgoing.read())
                return

    def records(self, *payloads: bytes) -> bytes:
        for payload in payloads:
            self._tls.write(payload)
        return self._outgoing.read()


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def connected(sockets: tuple[socket.socket, socket.socket], authority: trustme.CA) -> tuple[MemoryTls, Peer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    ours, theirs = sockets
    peer = Peer(theirs, authority)
    thread = threading.Thread(target=peer.handshake)
    thread.start()
    tls = MemoryTls(ours, context, "localhost")
    tls.handshake(Deadline(WAIT))
    thread.join(WAIT)
    ours.setblocking(False)
    return tls, peer


def test_one_drain_takes_every_record_that_has_come(
    sockets: tuple[socket.socket, socket.socket], authority: trustme.CA
) -> None:
    tls, peer = connected(sockets, authority)
    peer.sock.sendall(peer.records(*[b"tick"] * 100))
    assert tls.drain() == b"tick" * 100
    assert tls.pending() == 0
    with pytest.raises(BlockingIOError):
        tls.drain()


def test_a_record_that_comes_in_two_pieces_is_there_once_it_is_whole(
    sockets: tuple[socket.socket, socket.socket], authority: trustme.CA
) -> None:
    tls, peer = connected(sockets, authority)
    first, second = peer.records(b"first"), peer.records(b"second")
    peer.sock.sendall(first + second[:7])
    assert tls.drain() == b"first"
    with pytest.raises(BlockingIOError):
        tls.recv(100)
    peer.sock.sendall(second[7:9])
    with pytest.raises(ssl.SSLWantReadError):
        tls.drain()
    peer.sock.sendall(second[9:])
    assert tls.drain() == b"second"


def test_what_came_before_the_end_is_not_lost(
    sockets: tuple[socket.socket, socket.socket], authority: trustme.CA
) -> None:
    tls, peer = connected(sockets, authority)
    peer.sock.sendall(peer.records(b"last words"))
    peer.sock.shutdown(socket.SHUT_WR)
    assert tls.drain() == b"last words"
    assert tls.drain() == b""
    assert tls.drain() == b""


def test_a_peer_whose_certificate_is_refused_is_told_so(
    sockets: tuple[socket.socket, socket.socket], authority: trustme.CA
) -> None:
    ours, theirs = sockets
    peer = Peer(theirs, authority)
    thread = threading.Thread(target=peer.handshake)
    thread.start()
    tls = MemoryTls(ours, ssl.create_default_context(), "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        tls.handshake(Deadline(WAIT))
    thread.join(WAIT)
    assert "UNKNOWN_CA" in peer.failure
