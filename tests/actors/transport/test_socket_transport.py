import contextlib
import selectors
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import trustme

from actors.errors import TransportClosed
from actors.transport.base import Transport
from actors.transport.deadline import Deadline
from actors.transport.memory_tls import MemoryTls
from actors.transport.socket_transport import MAX_READ, TLS_RECORD, SocketTransport

WAIT = 5.0
NOISE = bytes(range(256)) * 4096  # 1 MiB

Pair = tuple[SocketTransport, socket.socket]


@contextlib.contextmanager
def tcp_sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname(), timeout=WAIT)
        theirs, _ = listener.accept()
    with ours, theirs:
        theirs.settimeout(WAIT)
        yield ours, theirs


@pytest.fixture
def plain() -> Iterator[Pair]:
    with tcp_sockets() as (ours, theirs):
        yield SocketTransport(ours), theirs


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(server)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client, server


@pytest.fixture
def tls(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> Iterator[Pair]:
    client, server = contexts
    with tcp_sockets() as (ours, theirs):
        accepted: list[ssl.SSLSocket] = []
        thread = threading.Thread(
            target=lambda: accepted.append(server.wrap_socket(theirs, server_side=True))
        )
        thread.start()
        secured = MemoryTls(ours, client, "localhost")
        secured.handshake(Deadline(WAIT))
        thread.join(WAIT)
        with accepted[0]:
            yield SocketTransport(secured), accepted[0]


@pytest.fixture(params=["plain", "tls"])
def pair(request: pytest.FixtureRequest) -> Pair:
    found: Pair = request.getfixturevalue(request.param)
    return found


def read_until(transport: SocketTransport, done: Callable[[bytes], bool]) -> bytes:
    """What a selector loop reads until ``done``."""
    deadline = time.monotonic() + WAIT
    received = transport.read()
    with selectors.DefaultSelector() as selector:
        selector.register(transport, selectors.EVENT_READ)
        while not done(received):
            assert selector.select(deadline - time.monotonic()), f"only {len(received)} bytes came"
            piece = transport.read()
            assert len(piece) < 2 * MAX_READ
            received += piece
    return received


def wait_for_end(transport: SocketTransport) -> TransportClosed:
    with pytest.raises(TransportClosed) as caught:
        read_until(transport, lambda _: False)
    return caught.value


def test_it_is_a_transport(plain: Pair) -> None:
    transport: Transport = plain[0]
    assert transport.fileno() >= 0


def test_nothing_to_read_is_no_bytes(pair: Pair) -> None:
    assert pair[0].read() == b""


def test_bytes_read_before_come_first_and_once(plain: Pair) -> None:
    ours, theirs = plain
    transport = SocketTransport(socket.socket(fileno=socket.dup(ours.fileno())), b"early ")
    assert transport.read() == b"early "
    theirs.sendall(b"late")
    assert read_until(transport, bool) == b"late"
    transport.close()


def test_a_mebibyte_arrives_whole_in_bounded_reads(pair: Pair) -> None:
    transport, theirs = pair
    sender = threading.Thread(target=theirs.sendall, args=(NOISE,))
    sender.start()
    assert read_until(transport, lambda received: len(received) >= len(NOISE)) == NOISE
    sender.join(WAIT)
    assert transport.read() == b""


def test_one_read_takes_many_tls_records(tls: Pair) -> None:
    transport, theirs = tls
    theirs.sendall(NOISE[: 64 * 1024])
    assert len(read_until(transport, bool)) > TLS_RECORD


def test_no_more_is_unread_than_it_says(pair: Pair) -> None:
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    transport, peer = pair
    peer.setblocking(False)
    with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError):
        while True:
            peer.send(NOISE[:TLS_RECORD])
    waiting = int.from_bytes(fcntl.ioctl(transport.fileno(), termios.FIONREAD, bytes(4)), sys.byteorder)
    assert 2 * TLS_RECORD < waiting < transport.most_unread


def test_the_end_of_the_stream_comes_after_its_last_bytes_and_stays(pair: Pair) -> None:
    transport, theirs = pair
    theirs.sendall(b"last words")
    theirs.shutdown(socket.SHUT_WR)
    assert read_until(transport, bool) == b"last words"
    assert str(wait_for_end(transport)) == "the peer ended the stream"
    for act in (transport.read, transport.flush, lambda: transport.write(b"x")):
        with pytest.raises(TransportClosed, match="the peer ended the stream"):
            act()
    assert transport.fileno() == -1


def test_a_reset_closes_it_with_code_1006(plain: Pair) -> None:
    transport, theirs = plain
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    theirs.close()
    closed = wait_for_end(transport)
    assert closed.code == 1006
    assert "ConnectionResetError" in str(closed)


def test_what_the_socket_does_not_take_waits_and_leaves_in_order(pair: Pair) -> None:
    transport, theirs = pair
    transport._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
    sent = 0
    while transport.unsent < 500_000:
        transport.write(NOISE[sent : sent + 10_007])
        sent = sent + 10_007
        assert sent < len(NOISE), "the kernel took it all"
    assert transport.wants_write
    received = bytearray()

    def receive() -> None:
        while len(received) < sent:
            received.extend(theirs.recv(65536))

    receiver = threading.Thread(target=receive)
    receiver.start()
    with selectors.DefaultSelector() as selector:
        selector.register(transport, selectors.EVENT_WRITE)
        while transport.wants_write:
            assert selector.select(WAIT)
            transport.flush()
    receiver.join(WAIT)
    assert received == NOISE[:sent]
    assert transport.unsent == 0


def write_for_ever(transport: SocketTransport) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        transport.write(NOISE[: 64 * 1024])


def test_a_peer_that_does_not_read_is_given_up_at_the_bound(pair: Pair) -> None:
    transport, _ = pair
    with pytest.raises(TransportClosed, match="the peer does not read"):
        write_for_ever(transport)
    assert transport.fileno() == -1
    assert transport.unsent == 0


def test_a_failed_send_closes_it(plain: Pair) -> None:
    transport, _ = plain
    assert isinstance(transport._sock, socket.socket)
    transport._sock.shutdown(socket.SHUT_WR)
    with pytest.raises(TransportClosed):
        transport.write(b"x")
    assert transport.fileno() == -1


def test_closing_twice_is_closing_once(pair: Pair) -> None:
    transport, _ = pair
    transport.close()
    transport.close()
    with pytest.raises(TransportClosed, match="closed on this side"):
        transport.read()


def test_part_of_a_tls_record_does_not_block(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    client, server = contexts
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    peer = server.wrap_bio(incoming, outgoing, server_side=True)
    with tcp_sockets() as (ours, theirs):
        secured = client.wrap_socket(ours, server_hostname="localhost", do_handshake_on_connect=False)
        thread = threading.Thread(target=secured.do_handshake)
        thread.start()
        shaken = False
        while not shaken:
            incoming.write(theirs.recv(65536))
            with contextlib.suppress(ssl.SSLWantReadError):
                peer.do_handshake()
                shaken = True
            theirs.sendall(outgoing.read())
        thread.join(WAIT)
        transport = SocketTransport(secured)
        peer.write(b"a whole record")
        record = outgoing.read()
        theirs.sendall(record[:7])
        assert transport.read() == b""
        theirs.sendall(record[7:])
        assert read_until(transport, bool) == b"a whole record"
        transport.close()


def test_the_repr_tells_what_is_waiting(plain: Pair) -> None:
    transport, _ = plain
    transport.write(b"secret")
    assert repr(transport) == f"<SocketTransport fd={transport.fileno()} unsent=0>"


DEAD_PEER = """
import signal, socket
from actors.errors import TransportClosed
from actors.transport.socket_transport import SocketTransport

signal.signal(signal.SIGPIPE, signal.SIG_DFL)
ours, theirs = socket.socketpair()
transport = SocketTransport(ours)
theirs.close()
try:
    transport.write(b"to nobody")
except TransportClosed:
    print("closed")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="there is no such signal")
def test_a_dead_peer_does_not_end_a_program_that_has_the_default_handler_of_sigpipe() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DEAD_PEER], capture_output=True, text=True, timeout=WAIT, check=False
    )
    assert (done.returncode, done.stdout) == (0, "closed\n")
