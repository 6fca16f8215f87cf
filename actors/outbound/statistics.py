"""How well a connection answers: bounded response times, successes and failures."""

from collections import deque

from actors.messages.status import ConnectionStatistics

REMEMBERED = 100
"""Answers that averages are made of: enough to even out, few enough to follow a line that gets worse."""


UNTRIED = 0.05
"""Seconds that an answer is guessed to take before there was one."""


class ConnectionStats:
    """Every figure is of the last 100 requests that were answered or came to nothing."""

    def __init__(self) -> None:
        self._response_times: deque[float | None] = deque()  # None: it came to nothing
        # Kept up, not added up: every request that may choose looks at every connection's.
        self._successes = 0
        self._total = 0.0

    def succeeded(self, response_time: float) -> None:
        """A request was answered, ``response_time`` seconds after it had left."""
        self._remember(response_time)

    def failed(self) -> None:
        """A request came to nothing: refused, unanswered, or lost with the connection."""
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
        """How long one more request would wait for its answer behind ``waiting`` others, in seconds, all
        the longer the less often there is one. To try one that is yet untried costs nothing."""
        if not self._response_times:
            return waiting * UNTRIED
        average = UNTRIED if self.average is None else self.average
        return (waiting + 1) * average / max(self.success_rate or 0.0, 1 / REMEMBERED)

    def figures(self) -> ConnectionStatistics:
        """As the status shows them."""
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
