"""TLS inside of TLS: to the venue, through a proxy that is itself reached by TLS."""

import contextlib
import ssl

from actors.transport.deadline import Deadline

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_RECORD = 16 * 1024


class NestedTls:
    """What the transport uses of an ``ssl.SSLSocket``, over ``outer``, whose errors pass through.

    ``ssl`` wraps no ``SSLSocket`` again, so the inner TLS is between two buffers in memory.
    """

    def __init__(self, outer: ssl.SSLSocket, context: ssl.SSLContext, hostname: str | None) -> None:
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
            else:
                self._flush()
                return

    def recv(self, size: int) -> bytes:
        """As that of an ``ssl.SSLSocket``: ``b""`` at the end of the stream."""
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                with contextlib.suppress(*_NOT_NOW):  # an answer to a key update goes with the next send
                    self._flush()
                self._fill()
            except ssl.SSLEOFError:
                return b""

    def pending(self) -> int:
        """Bytes that no selector sees, decrypted or not."""
        return self._tls.pending() + self._incoming.pending + self._outer.pending()

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

    def _flush(self) -> None:
        self._unsent += self._outgoing.read()
        while self._unsent:
            self._unsent = self._unsent[self._outer.send(self._unsent) :]

    def _fill(self) -> None:
        if data := self._outer.recv(_RECORD):
            self._incoming.write(data)
        else:
            self._incoming.write_eof()
