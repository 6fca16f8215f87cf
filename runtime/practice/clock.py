"""The venue's clock."""

import time

UTC_OFFSET = 7200
"""Seconds by which every stamp on the wire is ahead of UTC, summer and winter (protocol 1.8)."""


class VenueClock:
    """Venue time; it runs with the monotonic clock, so a stepped wall clock does not stop the quotes."""

    def __init__(self) -> None:
        self._origin = time.time() + UTC_OFFSET - time.monotonic()

    def now(self) -> float:
        return self._origin + time.monotonic()

    def utc(self) -> float:
        return self.now() - UTC_OFFSET

    def until(self, venue_time: float) -> float:
        """Seconds from now to ``venue_time``, negative once it has passed."""
        return venue_time - self.now()
