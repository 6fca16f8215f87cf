"""One client of the load server: socket, upgrade, frames, and outgoing bytes."""

import base64
import hashlib
import re
import socket
import ssl
from collections import deque
from collections.abc import Iterator, Sequence

from labs.bench import ticks
from labs.bench.dialogue import GREETING, Dialogue

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_KEY = re.compile(rb"(?i)sec-websocket-key:[ \t]*(\S+)")
_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_TEXT, _CLOSE, _PING = 1, 8, 9
_WRITES_PER_TURN = 4
"""Writes to one client in a turn, so that a fast client does not delay the others."""


class Served:
    """``read`` and ``flush`` raise ``OSError`` once the client is gone."""

    def __init__(self, sock: socket.socket, assets: list[str]) -> None:
        self.sock = sock
        self._dialogue = Dialogue(assets)
        self._upgraded = False
        self._unread = b""
        self._waiting: deque[bytes] = deque()
        self._offered = memoryview(b"")
        self._load: Iterator[bytes] = iter(())
        self._loaded = False

    @property
    def streams(self) -> dict[str, None]:
        return self._dialogue.streams

    @property
    def pending(self) -> bool:
        return bool(self._offered or self._waiting or self._loaded)

    def send(self, pieces: Sequence[bytes]) -> None:
        self._waiting.extend(pieces)

    def stream(self, load: Iterator[bytes]) -> None:
        """Send all of ``load``, in pieces as they can be written."""
        self._load, self._loaded = load, True

    def flush(self) -> None:
        for _ in range(_WRITES_PER_TURN):
            if not self._offered:
                self._offered = memoryview(self._next())
            if not self._offered:
                return
            try:
                self._offered = self._offered[self.sock.send(self._offered) :]
            except _NOT_NOW:
                return

    def _next(self) -> bytes:
        if self._waiting:
            return self._waiting.popleft()
        piece = next(self._load, b"")
        self._loaded = bool(piece)
        return piece

    def read(self) -> None:
        try:
            data = self.sock.recv(1 << 16)
        except _NOT_NOW:
            return
        if not data:
            raise ConnectionResetError
        self._unread += data
        if not self._upgraded:
            self._upgrade()
        if self._upgraded:
            self._frames()

    def _upgrade(self) -> None:
        head, end, rest = self._unread.partition(b"\r\n\r\n")
        key = _KEY.search(head)
        if not end or key is None:
            return
        self._upgraded, self._unread = True, rest
        accept = base64.b64encode(hashlib.sha1(key[1] + _GUID).digest())
        self.send([
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n",
            GREETING,
        ])  # fmt: skip

    def _frames(self) -> None:
        """The whole, masked messages; no client under test sends others."""
        data, at = self._unread, 0
        while len(data) - at >= 6:
            length, start = data[at + 1] & 0x7F, at + 6
            if length == 126:
                length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 8
            if start + length > len(data):
                break
            mask, payload = data[start - 4 : start], data[start : start + length]
            self._take(data[at] & 0x0F, _unmasked(payload, mask))
            at = start + length
        self._unread = data[at:]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == _TEXT:
            self.send([self._dialogue.receive(payload)])
        elif opcode == _PING:
            self.send([ticks.frame(0x8A, payload)])
        elif opcode == _CLOSE:
            self.sock.send(ticks.frame(0x88, payload))
            raise ConnectionResetError


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
