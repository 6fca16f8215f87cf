"""The socket as websocket-client sees it during the HTTP upgrade: timed, bounded, and half of the answer."""

import io
import re
import socket

from actors.errors import DialFailed
from actors.transport.deadline import Deadline

HEADER_LIMIT = 16 * 1024
READ_SIZE = 4 * 1024

_END = b"\r\n\r\n"
_STATUS_LINE = re.compile(rb"HTTP/(?:1\.1 [0-9]{3}|1\.0 (?!101)[0-9]{3})(?: |$)")
# Withheld: cookies would go to a jar that the whole process shares, and a body would be read to its end.
_WITHHELD = frozenset({b"set-cookie", b"content-length"})
# We ask for neither, so neither may be granted (RFC 6455, 4.1).
_UNASKED = frozenset({b"sec-websocket-extensions", b"sec-websocket-protocol"})


class UpgradeSocket:
    """Lends ``sock`` to websocket-client for one request and the header of its answer.

    Every wait honours ``deadline``; the header is bounded to 16 KiB and checked before any of it is shown.
    """

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.rest = b""
        """What came behind the header."""
        self._sock = sock
        self._deadline = deadline
        self._header: io.BytesIO | None = None

    def gettimeout(self) -> float:
        return self._deadline.remaining()

    def send(self, data: bytes) -> int:
        """All of it: websocket-client sends its request once and does not look at how much has left."""
        self._sock.settimeout(self._deadline.remaining())
        self._sock.sendall(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        """The next bytes of the header (websocket-client asks for one at a time)."""
        if self._header is None:
            self._header = io.BytesIO(_presentable(self._read_header()))
        return self._header.read(size)

    def close(self) -> None:
        self._sock.close()

    def _read_header(self) -> bytes:
        received = b""
        while (end := received.find(_END)) < 0:
            if len(received) >= HEADER_LIMIT:
                raise DialFailed(f"the header of the answer is longer than {HEADER_LIMIT} bytes")
            self._sock.settimeout(self._deadline.remaining())
            piece = self._sock.recv(READ_SIZE)
            if not piece:
                raise DialFailed("the peer ended the stream during the upgrade")
            received += piece
        self.rest = received[end + len(_END) :]
        return received[:end]


def _presentable(header: bytes) -> bytes:
    status, *fields = header.split(b"\r\n")
    if not _STATUS_LINE.match(status):
        raise DialFailed("the answer is not HTTP")
    switching = status.split(b" ")[1] == b"101"
    shown = [status]
    for field in fields:
        name, colon, _ = field.partition(b":")
        name = name.strip().lower()
        if not colon:
            raise DialFailed("the header of the answer is malformed")
        if switching and name in _UNASKED:
            raise DialFailed(f"the answer grants {name.decode()}, which was not asked for")
        if name not in _WITHHELD:
            shown.append(field)
    return b"\r\n".join(shown) + _END
