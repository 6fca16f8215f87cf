"""How often one child may die before it is given up: restart intensity, as OTP's supervisors have it."""

from collections import deque


class RestartIntensity:
    """More than ``max_restarts`` deaths within ``max_seconds`` are too many.

    It is for what dies after it was up. What does not come up at all is slowed down by its backoff.
    """

    def __init__(self, max_restarts: int, max_seconds: float) -> None:
        self.max_restarts = max_restarts
        self.max_seconds = max_seconds
        self._deaths: deque[float] = deque(maxlen=max_restarts + 1)

    def exceeded(self, now: float) -> bool:
        """Count a death; whether that is one too many."""
        self._deaths.append(now)
        return len(self._deaths) > self.max_restarts and now - self._deaths[0] <= self.max_seconds

    def forget(self) -> None:
        """A person wants it to live."""
        self._deaths.clear()
