"""How well a connection answers: bounded response times, successes and failures."""

from collections import deque
from statistics import fmean

from actors.messages.status import ConnectionStatistics

REMEMBERED = 100
"""Answers that averages are made of: enough to even out, few enough to follow a line that gets worse."""


class ConnectionStats:
    """Every figure is of the last 100 requests that were answered or came to nothing."""

    def __init__(self) -> None:
        self._response_times: deque[float] = deque(maxlen=REMEMBERED)
        self._results: deque[bool] = deque(maxlen=REMEMBERED)

    def succeeded(self, response_time: float) -> None:
        """A request was answered, ``response_time`` seconds after it had left."""
        self._response_times.append(response_time)
        self._results.append(True)

    def failed(self) -> None:
        """A request came to nothing: refused, unanswered, or lost with the connection."""
        self._results.append(False)

    @property
    def average(self) -> float | None:
        """Seconds; ``None`` before the first answer."""
        return fmean(self._response_times) if self._response_times else None

    @property
    def success_rate(self) -> float | None:
        """From 0 to 1; ``None`` before the first result."""
        return fmean(self._results) if self._results else None

    def expected(self, waiting: int) -> float:
        """How long one more request would wait for its answer behind ``waiting`` others, in seconds, all
        the longer the less often there is one. One that was never tried is worth a try: 0."""
        average = self.average or 0.0
        return (waiting + 1) * average / max(self.success_rate or 0.0, 1 / REMEMBERED)

    def figures(self) -> ConnectionStatistics:
        """As the status shows them."""
        successes = sum(self._results)
        return ConnectionStatistics(
            successes=successes,
            failures=len(self._results) - successes,
            average=self.average,
            success_rate=self.success_rate,
        )
