"""The venue's clock."""

import time
from datetime import UTC, datetime

UTC_OFFSET = 7200
"""Seconds by which every stamp on the wire is ahead of UTC, summer and winter (protocol 1.8)."""

_STAMP = "%Y-%m-%d %H:%M:%S"


def stamp(venue_time: int) -> str:
    """A venue time in the venue's format, as if it were UTC (protocol 1.8)."""
    return datetime.fromtimestamp(venue_time, UTC).strftime(_STAMP)


def read_stamp(text: str) -> int:
    """The inverse of ``stamp``; raises ``ValueError`` for another format."""
    return int(datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp())


class ExchangeClock:
    """Venue time. It follows the monotonic clock, so a step of the wall clock does not stop the quotes.

    ``jump`` is the error of ``now`` in seconds; ``utc`` has none.
    """

    def __init__(self) -> None:
        self.jump = 0.0
        self._origin = time.time() - time.monotonic()

    def now(self) -> float:
        return self.utc() + UTC_OFFSET + self.jump

    def utc(self) -> float:
        return self._origin + time.monotonic()

    def until(self, venue_time: float) -> float:
        """Seconds from now to ``venue_time``, negative once it has passed."""
        return venue_time - self.now()
