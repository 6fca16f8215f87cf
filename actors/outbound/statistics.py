"""How well a connection answers: bounded response times, successes and failures."""

from collections import deque

from actors.messages.status import ConnectionStatistics

REMEMBERED = 100
"""Answers that an average is made of: enough to even out, few enough to follow a connection that slows."""


UNTRIED = 0.05
"""Seconds that an answer is assumed to take while there has been none."""


class ConnectionStats:
    """Every figure is of the last 100 requests that succeeded or failed."""

    def __init__(self) -> None:
        self._response_times: deque[float | None] = deque()  # None: it failed
        # Running sums: every request that may choose a connection reads those of all connections.
        self._successes = 0
        self._total = 0.0

    def succeeded(self, response_time: float) -> None:
        """A request was answered ``response_time`` seconds after it was sent."""
        self._remember(response_time)

    def failed(self) -> None:
        """A request was refused, got no answer, or was lost with the connection."""
        self._remember(None)

    @property
    def average(self) -> float | None:
        """Seconds; ``None`` before the first answer."""
        return self._total / self._successes if self._successes else None

    @property
    def success_rate(self) -> float | None:
        """From 0 to 1; ``None`` before the first result."""
        return self._successes / len(self._response_times) if self._response_times else None

    def expected(self, waiting: int) -> float:
        """Seconds until the answer to one more request behind ``waiting`` others, divided by the success
        rate. 0 for the first request of a connection, so that each connection is tried."""
        if not self._response_times:
            return waiting * UNTRIED
        average = UNTRIED if self.average is None else self.average
        return (waiting + 1) * average / max(self.success_rate or 0.0, 1 / REMEMBERED)

    def status(self) -> ConnectionStatistics:
        return ConnectionStatistics(
            successes=self._successes,
            failures=len(self._response_times) - self._successes,
            average=self.average,
            success_rate=self.success_rate,
        )

    def _remember(self, response_time: float | None) -> None:
        self._count(response_time, 1)
        self._response_times.append(response_time)
        if len(self._response_times) > REMEMBERED:
            self._count(self._response_times.popleft(), -1)

    def _count(self, response_time: float | None, sign: int) -> None:
        if response_time is not None:
            self._successes += sign
            self._total += sign * response_time
