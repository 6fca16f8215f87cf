"""A client of the practice exchange that reads raw bytes."""

import socket
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.doubles.exchange_client import DEADLINE

_REQUEST = (
    "GET {path}?{query} HTTP/1.1\r\nHost: {netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HEAD_END = b"\r\n\r\n"


class RawClient:
    """Requests the upgrade when it is made."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self.socket = socket.create_connection(
            (str(self._address.hostname), self._address.port), timeout=DEADLINE
        )
        self.ask()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def ask(self) -> None:
        target = self._address
        self.socket.sendall(
            _REQUEST.format(path=target.path, query=target.query, netloc=target.netloc).encode()
        )

    def until(self, end: bytes) -> bytes:
        """The bytes up to and including ``end``."""
        received = b""
        while not received.endswith(end):
            received += self.exactly(1)
        return received

    def exactly(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            piece = self.socket.recv(count - len(received))
            assert piece, f"the stream ended after {received!r}"
            received += piece
        return received

    def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next unmasked frame (RFC 6455, 5.2)."""
        first, length = self.exactly(2)
        if length == 126:
            length = int.from_bytes(self.exactly(2), "big")
        elif length == 127:
            length = int.from_bytes(self.exactly(8), "big")
        return first & 0x0F, self.exactly(length)

    def send(self, text: str) -> None:
        """A text frame of at most 125 bytes, masked with zeros."""
        self.socket.sendall(bytes((0x81, 0x80 | len(text), 0, 0, 0, 0)) + text.encode())

    def write_until_it_backs_up(self, frame: bytes) -> int:
        """The number of frames that could be written without waiting."""
        self.socket.setblocking(False)
        written = 0
        try:
            while self.socket.send(frame) == len(frame):
                written += 1
        except BlockingIOError:
            pass
        finally:
            self.socket.settimeout(DEADLINE)
        return written

    def assert_silent(self, seconds: float) -> None:
        self.socket.settimeout(seconds)
        try:
            received = self.socket.recv(1)
        except TimeoutError:
            return
        finally:
            self.socket.settimeout(DEADLINE)
        raise AssertionError(f"there was {received!r}")

    def assert_ended(self) -> None:
        """The stream ends here, by a close or a reset."""
        try:
            received = self.socket.recv(1)
        except ConnectionResetError:
            return
        assert received == b""
