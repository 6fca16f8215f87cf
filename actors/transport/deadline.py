"""One moment by which several blocking steps must be through."""

import time


class Deadline:
    """Starts with its making; ``step`` says what it is that takes so long."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.step = "starting"
        self._ends_at = time.monotonic() + timeout

    def remaining(self) -> float:
        """Seconds left; raises ``TimeoutError`` when there are none."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
