"""How well a connection answers: bounded response times, successes and failures."""

from collections import deque
from statistics import fmean

from actors.messages.status import ConnectionStatistics

REMEMBERED = 100
"""Answers that averages are made of: enough to even out, few enough to follow a line that gets worse."""


UNTRIED = 0.05
"""Seconds that an answer is guessed to take before there was one."""


class ConnectionStats:
    """Every figure is of the last 100 requests that were answered or came to nothing."""

    def __init__(self) -> None:
        self._response_times: deque[float | None] = deque(maxlen=REMEMBERED)  # None: it came to nothing

    def succeeded(self, response_time: float) -> None:
        """A request was answered, ``response_time`` seconds after it had left."""
        self._response_times.append(response_time)

    def failed(self) -> None:
        """A request came to nothing: refused, unanswered, or lost with the connection."""
        self._response_times.append(None)

    @property
    def average(self) -> float | None:
        """Seconds; ``None`` before the first answer."""
        times = [time for time in self._response_times if time is not None]
        return fmean(times) if times else None

    @property
    def success_rate(self) -> float | None:
        """From 0 to 1; ``None`` before the first result."""
        return fmean(time is not None for time in self._response_times) if self._response_times else None

    def expected(self, waiting: int) -> float:
        """How long one more request would wait for its answer behind ``waiting`` others, in seconds, all
        the longer the less often there is one. To try one that is yet untried costs nothing."""
        if not self._response_times:
            return waiting * UNTRIED
        average = UNTRIED if self.average is None else self.average
        return (waiting + 1) * average / max(self.success_rate or 0.0, 1 / REMEMBERED)

    def figures(self) -> ConnectionStatistics:
        """As the status shows them."""
        successes = sum(time is not None for time in self._response_times)
        return ConnectionStatistics(
            successes=successes,
            failures=len(self._response_times) - successes,
            average=self.average,
            success_rate=self.success_rate,
        )
