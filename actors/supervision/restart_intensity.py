"""How often a child may die before it is given up: restart intensity, as in OTP's supervisors."""

from collections import deque


class RestartIntensity:
    """More than ``max_restarts`` deaths within ``max_seconds`` are too many.

    Only the death of a child that was up counts. One that does not come up is slowed down by its backoff.
    """

    def __init__(self, max_restarts: int, max_seconds: float) -> None:
        self.max_restarts = max_restarts
        self.max_seconds = max_seconds
        self._deaths: deque[float] = deque(maxlen=max_restarts + 1)

    def exceeded(self, now: float) -> bool:
        """Count a death; whether it is one too many."""
        self._deaths.append(now)
        return len(self._deaths) > self.max_restarts and now - self._deaths[0] <= self.max_seconds

    def reached(self, now: float) -> bool:
        """Whether the next death would be one too many."""
        return len(self._deaths) >= self.max_restarts and now - self._deaths[-self.max_restarts] <= (
            self.max_seconds
        )

    def reset(self) -> None:
        """Count from zero."""
        self._deaths.clear()
