"""The socket that websocket-client is given for the HTTP upgrade: timed, bounded, and the answer checked."""

import io
import re

from actors.errors import DialFailed
from actors.transport.deadline import Deadline
from actors.transport.socket_transport import ClientSocket

HEADER_LIMIT = 16 * 1024
READ_SIZE = 4 * 1024
SWITCHING_PROTOCOLS = 101
NO_ANSWER = 0

_HTTP = b"HTTP/"
_END = b"\r\n\r\n"
_STATUS_LINE = re.compile(rb"HTTP/(?:1\.1 ([0-9]{3})|1\.0 (?!101)([0-9]{3}))(?: |$)")
# Withheld: cookies would go to a jar that the whole process shares, and a body would be read to its end.
_WITHHELD = frozenset({"set-cookie", "content-length"})
# We ask for neither, so neither may be granted (RFC 6455, 4.1).
_UNASKED = frozenset({"sec-websocket-extensions", "sec-websocket-protocol"})


def read_header(sock: ClientSocket, deadline: Deadline, during: str = "the upgrade") -> tuple[bytes, bytes]:
    """The header of an HTTP answer, without its end, and what came behind it; raises ``DialFailed`` for a
    peer that says anything else."""
    received = b""
    while (end := received.find(_END)) < 0:
        if len(received) >= HEADER_LIMIT:
            raise DialFailed(f"the header of the answer is longer than {HEADER_LIMIT} bytes")
        sock.settimeout(deadline.remaining())
        piece = sock.recv(READ_SIZE)
        if not piece:
            raise DialFailed(f"the peer ended the stream during {during}")
        received += piece
        if not received.startswith(_HTTP[: len(received)]):  # such a peer may wait for us to go on
            raise DialFailed("the answer is not HTTP")
    return received[:end], received[end + len(_END) :]


class UpgradeSocket:
    """Lends ``sock`` to websocket-client for one request and the header of its answer.

    Every wait honours ``deadline``; the header is bounded to 16 KiB and checked before any of it is shown.
    """

    def __init__(self, sock: ClientSocket, deadline: Deadline) -> None:
        self.status = NO_ANSWER
        self.answer: dict[str, str] = {}
        """Its header fields, without those withheld from the library; their names in lower case."""
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
            header, self.rest = read_header(self._sock, self._deadline)
            self._header = io.BytesIO(self._checked(header))
        return self._header.read(size)

    def close(self) -> None:
        self._sock.close()

    def _checked(self, header: bytes) -> bytes:
        """``header`` without the withheld fields; notes the others."""
        first, *lines = header.split(b"\r\n")
        found = _STATUS_LINE.match(first)
        if found is None:
            raise DialFailed("the answer is not HTTP")
        self.status = int(found[1] or found[2])
        shown = [first]
        for line in lines:
            name, colon, value = line.decode("latin-1").partition(":")
            name = name.strip().lower()
            if not colon:
                raise DialFailed("the header of the answer is malformed")
            if self.status == SWITCHING_PROTOCOLS and name in _UNASKED:
                raise DialFailed(f"the answer grants {name}, which was not asked for")
            if name not in _WITHHELD:
                self.answer[name] = value.strip()
                shown.append(line)
        return b"\r\n".join(shown) + _END
