"""What a connection needs of its way to the venue: bytes, none of them waited for."""

from typing import Protocol


class Transport(Protocol):
    """An open, non-blocking stream of bytes in both directions, used by one thread.

    Its owner reads once before the first wait, for bytes may have come along with the opening, and from
    then on whenever a selector calls it readable; while ``wants_write``, it also waits for writability and
    calls ``flush``. Once any method has raised ``TransportClosed``, so do all others but ``close``.
    """

    def fileno(self) -> int:
        """For a selector; -1 once closed."""

    def read(self) -> bytes:
        """All that waits, up to a bound; ``b""`` if that is nothing.

        Raises ``TransportClosed`` at the end of the stream; what came before it has been returned.
        """

    def write(self, data: bytes) -> None:
        """Send what can leave now, and queue the rest.

        Raises ``TransportClosed`` for any error, and for a queue that outgrows its bound because the peer
        does not read; what was under way is then lost in an unknown state.
        """

    def flush(self) -> None:
        """Go on sending what is queued; raises ``TransportClosed`` like ``write``."""

    @property
    def wants_write(self) -> bool:
        """Whether something is queued."""

    @property
    def unsent(self) -> int:
        """Bytes queued."""

    def close(self) -> None:
        """Let go of it at once, without waiting or saying goodbye; idempotent."""

    def abort(self) -> None:
        """Close it, and have the system forget what it has not sent yet; idempotent."""
