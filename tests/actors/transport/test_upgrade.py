import socket
from collections.abc import Iterator

import pytest

from actors.errors import DialFailed
from actors.transport.deadline import Deadline
from actors.transport.upgrade import HEADER_LIMIT, NO_ANSWER, UpgradeSocket

Pair = tuple[UpgradeSocket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Ours, with five seconds for all it does, and the server's end."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield UpgradeSocket(ours, Deadline(5.0)), theirs


def header(sock: UpgradeSocket) -> bytes:
    """As websocket-client reads it: byte by byte."""
    read = b""
    while byte := sock.recv(1):
        read += byte
    return read


def test_the_header_is_shown_without_cookies_and_length_and_what_follows_is_kept(pair: Pair) -> None:
    sock, server = pair
    server.sendall(
        b"HTTP/1.1 403 Forbidden\r\nX-Name:  a \r\nSet-Cookie: id=1\r\nContent-Length: 4\r\n\r\nbody"
    )
    assert header(sock) == b"HTTP/1.1 403 Forbidden\r\nX-Name:  a \r\n\r\n"
    assert (sock.status, sock.answer, sock.rest) == (403, {"x-name": "a"}, b"body")


def test_before_the_answer_there_is_no_status(pair: Pair) -> None:
    sock, server = pair
    assert (sock.status, sock.answer, sock.rest) == (NO_ANSWER, {}, b"")
    assert sock.send(b"GET / HTTP/1.1\r\n\r\n") == 18
    assert server.recv(100) == b"GET / HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"H", "the peer ended the stream during the upgrade"),
        (b"HTTP/1.1 101 Swit", "the peer ended the stream during the upgrade"),
        (b"220 ", "the answer is not HTTP"),
        (b"HTTP/2 101\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.0 101 Go\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 1010 Go\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 101 Go\r\nnonsense\r\n\r\n", "the header of the answer is malformed"),
        (
            b"HTTP/1.1 101 Go\r\nSec-WebSocket-Protocol : chat\r\n\r\n",
            "the answer grants sec-websocket-protocol, which was not asked for",
        ),
    ],
)
def test_an_answer_that_breaks_a_rule_is_a_failed_dial(pair: Pair, answer: bytes, problem: str) -> None:
    sock, server = pair
    server.sendall(answer)
    server.shutdown(socket.SHUT_WR)
    with pytest.raises(DialFailed) as caught:
        sock.recv(1)
    assert str(caught.value) == problem


def test_a_header_over_the_limit_is_refused_before_its_end(pair: Pair) -> None:
    sock, server = pair
    server.sendall(b"HTTP/1.1 101 Go\r\n" + b"X: y\r\n" * (HEADER_LIMIT // 6 + 1))
    with pytest.raises(DialFailed, match=f"longer than {HEADER_LIMIT} bytes"):
        sock.recv(1)


def test_every_wait_ends_with_the_deadline() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError):
        UpgradeSocket(ours, Deadline(0.01)).recv(1)
