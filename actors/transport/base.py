"""The interface of a transport: bytes in both directions, without waiting."""

from typing import Protocol


class Transport(Protocol):
    """An open, non-blocking stream of bytes in both directions, used by one thread.

    Its owner reads once before the first wait, because bytes may have come with the opening, and from then on
    whenever a selector reports it readable. While ``wants_write`` is true, the owner also waits until it is
    writable and calls ``flush``. Once a method has raised ``TransportClosed``, so do all others but ``close``
    and ``abort``.
    """

    def fileno(self) -> int:
        """For a selector; -1 once closed."""

    def read(self) -> bytes:
        """All that has come, up to a bound; ``b""`` if nothing has.

        Raises ``TransportClosed`` at the end of the stream, after all that came before it was returned.
        """

    def write(self, data: bytes | bytearray) -> None:
        """Send what can leave now, and queue the rest; the caller may use ``data`` again.

        Raises ``TransportClosed`` for any error, and for a queue that exceeds its bound because the peer does
        not read; how much of the queue the peer got is then unknown.
        """

    def flush(self) -> None:
        """Send more of the queue; raises ``TransportClosed`` like ``write``."""

    @property
    def wants_write(self) -> bool:
        """Whether something is queued."""

    @property
    def unsent(self) -> int:
        """Bytes queued."""

    @property
    def most_unread(self) -> int:
        """At most so many bytes have come and are unread: a reader that takes as many has all of them."""

    def close(self) -> None:
        """Close the socket at once; idempotent."""

    def abort(self) -> None:
        """Close the socket, and have the system drop what it has not sent yet; idempotent."""
