"""What a connection tells its recorder."""

from collections.abc import Sequence
from typing import Protocol

from actors.messages.events import ConnectionDown
from actors.messages.traffic import Request


class Witness(Protocol):
    """Of one life of a connection; every method returns at once and never raises.

    ``now`` is of the clock of the actors, ``utc`` wall clock time, both in seconds: the very values that the
    session is given.
    """

    def began(self, now: float, utc: float) -> None:
        """The dial begins."""

    def opened(self, now: float, utc: float) -> None:
        """The transport is open."""

    def heard(self, data: bytes, now: float, utc: float) -> None:
        """The bytes of one read, before the session has them."""

    def said(self, data: bytes, now: float, utc: float) -> None:
        """The bytes of one write, secrets included."""

    def asked(self, requests: Sequence[Request], now: float, utc: float) -> None:
        """Requests, before the session has them."""

    def reported(self, now: float, utc: float) -> None:
        """The session has made a report."""

    def ended(self, down: ConnectionDown, now: float, utc: float) -> None:
        """The life is over; nothing follows."""
