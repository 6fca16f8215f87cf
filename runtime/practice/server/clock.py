"""The venue's clock."""

import time
from datetime import UTC, datetime

UTC_OFFSET = 7200
"""Seconds by which every stamp on the wire is ahead of UTC, summer and winter (protocol 1.8)."""

_STAMP = "%Y-%m-%d %H:%M:%S"


def stamp(venue_time: int) -> str:
    """A venue time as the venue writes it: like a date in UTC (protocol 1.8)."""
    return datetime.fromtimestamp(venue_time, UTC).strftime(_STAMP)


def read_stamp(text: str) -> int:
    """The venue time that ``stamp`` wrote; raises ``ValueError``."""
    return int(datetime.strptime(text, _STAMP).replace(tzinfo=UTC).timestamp())


class ExchangeClock:
    """Venue time; it runs with the monotonic clock, so a stepped wall clock does not stop the quotes.

    ``jump`` (seconds) is how far it is wrong; ``utc`` is right all the same.
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
