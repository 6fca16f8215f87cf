"""An open socket, plain or TLS, as a ``Transport``."""

import contextlib
import functools
import os
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Final

from actors.errors import TransportClosed
from actors.transport.memory_tls import MemoryTls

KIB = 1024
MIN_READ = 16 * KIB  # a recv() of 256 KiB for a few waiting bytes costs 20 µs more than one of 16 KiB
MAX_READ = 256 * KIB
TLS_RECORD = 16 * KIB
OUTBOX_LIMIT = 1024 * KIB

_LINGER_NOT = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

NO_SIGNAL: Final[int] = getattr(socket, "MSG_NOSIGNAL", 0)
"""For a send to a peer that may be gone: an error then, also where a program has SIGPIPE end it."""


ClientSocket = socket.socket | MemoryTls
"""What a dial opens."""


class SocketTransport:
    """Owns a connected socket; ``received`` are bytes that were read from it already."""

    def __init__(
        self, sock: ClientSocket, received: bytes = b"", *, outbox_limit: int = OUTBOX_LIMIT
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._tls = sock if isinstance(sock, ssl.SSLSocket | MemoryTls) else None
        self._take: Callable[[], bytes] = self._read_plain
        if isinstance(sock, MemoryTls):
            self._take = sock.drain
        elif isinstance(sock, ssl.SSLSocket):
            self._take = functools.partial(self._read_records, sock)
        self._flags = NO_SIGNAL if self._tls is None else 0  # TLS takes none
        self._received = received
        self._read_size = MIN_READ
        # TLS demands that an unfinished write is repeated with the same bytes: so what was once offered
        # stays apart from what is added behind it.
        self._offered = memoryview(b"")
        self._waiting = bytearray()
        self._outbox_limit = outbox_limit
        self._closed: str | None = None  # the reason

    def __repr__(self) -> str:
        return f"<SocketTransport fd={self.fileno()} unsent={self.unsent}>"

    def fileno(self) -> int:
        return self._sock.fileno()

    def read(self) -> bytes:
        if self._closed is not None:
            self._check_open()
        received, self._received = self._received, b""
        try:
            fresh = self._take()
        except _NOT_NOW:
            return received
        except OSError as error:
            if received:
                return received  # the error, or the end of file, is still there for the next read
            raise self._end(_cause(error)) from error
        if not fresh and not received:
            raise self._end("the peer ended the stream")
        return received + fresh if received else fresh

    def write(self, data: bytes | bytearray) -> None:
        self._check_open()
        self._waiting += data
        if not self._offered:
            self.flush()
        if self.unsent > self._outbox_limit:
            raise self._end(f"the peer does not read: {self.unsent} bytes are waiting")

    def flush(self) -> None:
        self._check_open()
        while self._offered or self._waiting:
            if not self._offered:
                self._offered = memoryview(bytes(self._waiting))
                self._waiting.clear()
            try:
                sent = self._sock.send(self._offered, self._flags)
            except _NOT_NOW:
                return
            except OSError as error:
                raise self._end(_cause(error)) from error
            self._offered = self._offered[sent:]

    @property
    def wants_write(self) -> bool:
        return bool(self._offered or self._waiting)

    @property
    def unsent(self) -> int:
        return len(self._offered) + len(self._waiting)

    @property
    def most_unread(self) -> int:
        """The size of the receive buffer, which the system may raise to 32 MB, and what is out of it."""
        in_system = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        decoded = TLS_RECORD + self._tls.pending() if self._tls is not None else 0
        return in_system + decoded + len(self._received)

    def close(self) -> None:
        if self._closed is None:
            self._end("closed on this side")

    def abort(self) -> None:
        if self._closed is None:
            with contextlib.suppress(OSError):  # no longer connected: nothing is left to send
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self.close()

    def _read_plain(self) -> bytes:
        data, size = self._sock.recv(self._read_size), self._read_size
        if len(data) == size:
            self._read_size = min(size * 4, MAX_READ)
        elif size > MIN_READ and len(data) < size // 4:
            self._read_size = size // 4
        return data

    def _read_records(self, proxy: ssl.SSLSocket) -> bytes:
        """Without TLS inside of that to a proxy. Reads until OpenSSL has no record left: a selector does not
        see what it has decrypted."""
        records: list[bytes] = []
        size = 0
        try:
            while (size < MAX_READ or proxy.pending()) and (record := proxy.recv(TLS_RECORD)):
                records.append(record)
                size += len(record)
        except OSError:
            if not records:
                raise
        return b"".join(records)

    def _check_open(self) -> None:
        if self._closed is not None:
            raise TransportClosed(self._closed)

    def _end(self, reason: str) -> TransportClosed:
        self._closed = reason
        self._offered = memoryview(b"")
        self._waiting.clear()
        self._received = b""
        self._sock.close()
        return TransportClosed(reason)


def _cause(error: OSError) -> str:
    return f"{type(error).__name__}: {error.strerror or error}"
