"""TLS between two buffers in memory: to the venue, also through a proxy that is itself reached by TLS."""

import contextlib
import socket
import ssl
import threading

from actors.transport.deadline import Deadline

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_RECORD = 16 * 1024
_ROOM = 256 * 1024
"""Bytes taken in at once."""


class _Room(threading.local):
    """Where a thread takes in what has come: one for all of its connections, which are a thousand perhaps."""

    def __init__(self) -> None:
        self.bytes = memoryview(bytearray(_ROOM))


_room = _Room()


class MemoryTls:
    """What the transport uses of an ``ssl.SSLSocket``, over ``outer``, whose errors pass through.

    An ``ssl.SSLSocket`` makes two system calls for each record, and one more with an exception to learn that
    there is no other; this reads what has come in one. And ``ssl`` wraps no ``SSLSocket`` again.
    """

    def __init__(
        self, outer: socket.socket | ssl.SSLSocket, context: ssl.SSLContext, hostname: str | None
    ) -> None:
        self._outer = outer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        self._unsent = b""
        self._taken = 0
        self.fileno, self.close = outer.fileno, outer.close
        self.setblocking, self.settimeout = outer.setblocking, outer.settimeout
        self.setsockopt, self.getsockopt = outer.setsockopt, outer.getsockopt

    def handshake(self, deadline: Deadline) -> None:
        """Blocks; raises ``ssl.SSLError`` or another ``OSError``."""
        while True:
            self.settimeout(deadline.remaining())
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            except ssl.SSLError:
                with contextlib.suppress(OSError):  # the peer may have gone; else it is told why
                    self._flush()
                raise
            else:
                self._flush()
                return

    def recv(self, size: int) -> bytes:
        """As that of an ``ssl.SSLSocket``: ``b""`` at the end of the stream."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._answer()
                self._fill()
            except ssl.SSLEOFError:
                return b""

    def drain(self) -> bytes:
        """What has come, in one read of ``outer``, which does not block; nothing is left in here, where no
        selector sees it. Raises a "not now" if that is no whole record; ``b""`` at the end of the stream."""
        try:
            self._fill()
        except _NOT_NOW:
            if not self.pending():
                raise
        records: list[bytes] = []
        try:
            while record := self._tls.read(_RECORD):
                records.append(record)
                if not self._incoming.pending:
                    break
        except ssl.SSLEOFError:
            pass
        except OSError:
            if not records:
                self._answer()
                raise
        if self._outgoing.pending:
            self._answer()
        return records[0] if len(records) == 1 else b"".join(records)

    def pending(self) -> int:
        """Bytes that no selector sees, decrypted or not."""
        outer = self._outer.pending() if isinstance(self._outer, ssl.SSLSocket) else 0
        return self._tls.pending() + self._incoming.pending + outer

    def send(self, data: bytes | memoryview, _flags: int = 0) -> int:
        """As that of an ``ssl.SSLSocket``: after a "not now" it must be called with ``data`` again."""
        if not self._taken:
            self._taken = self._tls.write(data)
        self._flush()
        taken, self._taken = self._taken, 0
        return taken

    def sendall(self, data: bytes) -> None:
        """Blocks until all of ``data`` has left."""
        while data:
            data = data[self.send(data) :]

    def _answer(self) -> None:
        """An answer to a key update; what does not leave now goes with the next send."""
        with contextlib.suppress(*_NOT_NOW):
            self._flush()

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]

    def _fill(self) -> None:
        room = _room.bytes
        if count := self._outer.recv_into(room):
            self._incoming.write(room[:count])
        else:
            self._incoming.write_eof()
