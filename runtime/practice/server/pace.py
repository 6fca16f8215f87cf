"""The clock of an exchange that is faster than ours, and of the client that lives by it."""

import threading
import time
from typing import Final

LEAD: Final = 0.5
"""Seconds of this clock by which it may be ahead of the participant that looked at it least recently: less
than any time that an exchange or a client reckons with."""

MARKS: Final = 4
"""How often each participant looks within ``LEAD``."""


class Pace:
    """Goes ``speed`` times as fast as our clock, as long as all participants keep up.

    Where one of them is held up, by a busy machine or a disk, the clock waits for it: otherwise a pause of
    0.1 s would be six seconds of silence at a speed of 60. It does not make up for that. Any thread may read.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.step = LEAD / MARKS
        """Seconds of this clock between two marks."""
        self._lock = threading.Lock()
        self._marks: dict[str, float] = {}
        self._seconds = 0.0
        self._read_at = time.monotonic()

    def seconds(self) -> float:
        """Since it was made."""
        with self._lock:
            return self._go_on()

    def mark(self, participant: str) -> None:
        """``participant`` has done what was due by now."""
        with self._lock:
            self._marks[participant] = self._go_on()

    def leave(self, participant: str) -> None:
        """``participant`` is waited for no longer."""
        with self._lock:
            self._marks.pop(participant, None)

    def _go_on(self) -> float:
        now = time.monotonic()
        ahead = self._seconds + (now - self._read_at) * self.speed
        self._read_at = now
        most = min(self._marks.values(), default=ahead) + LEAD
        self._seconds = max(self._seconds, min(ahead, most))
        return self._seconds
