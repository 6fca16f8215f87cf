"""How much may leave: moving windows of sends, and a cap on requests without an answer."""

from collections import deque
from collections.abc import Sequence

from msgspec import Struct


class Rate(Struct, frozen=True):
    """At most ``count`` in any ``seconds``."""

    count: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.count}/{self.seconds:g}s"


class _Window:
    """Remembers when its last ``rate.count`` sends were: a send is admitted when enough of them have left."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._sent: deque[float] = deque(maxlen=rate.count)

    def wait(self, now: float, cost: int) -> float:
        free = self.rate.count - len(self._sent)
        last = min(cost, self.rate.count) - 1
        return 0.0 if last < free else max(0.0, self._sent[last - free] + self.rate.seconds - now)

    def estimate(self, now: float, ahead: int, cost: int) -> float:
        rounds, last = divmod(ahead + min(cost, self.rate.count) - 1, self.rate.count)
        return rounds * self.rate.seconds + self.wait(now, last + 1)

    def book(self, now: float) -> None:
        self._sent.append(now)

    def headroom(self, now: float) -> int:
        recent = sum(1 for at in self._sent if at > now - self.rate.seconds)
        return self.rate.count - recent


class Quota:
    """Admits sends so that no window is ever overfull; on the monotonic clock, so that a stepped wall
    clock neither opens nor shuts it."""

    def __init__(self, rates: Sequence[Rate], max_in_flight: int) -> None:
        self._windows = [_Window(rate) for rate in rates]
        self._in_flight: dict[int, float] = {}
        self.max_in_flight = max_in_flight

    @property
    def in_flight(self) -> int:
        """Requests sent that have no answer yet."""
        return len(self._in_flight)

    def wait(self, now: float, cost: int = 1) -> float:
        """Seconds until the windows admit ``cost`` sends at once; 0 is now.

        More than a window holds are admitted when it is empty.
        """
        return max((window.wait(now, cost) for window in self._windows), default=0.0)

    def estimate(self, now: float, ahead: int, cost: int) -> float:
        """Seconds until ``cost`` sends can at the earliest be admitted behind ``ahead`` others that wait."""
        return max((window.estimate(now, ahead, cost) for window in self._windows), default=0.0)

    def full(self, now: float) -> bool:
        """Whether as many requests as allowed are unanswered; those past their deadline no longer count."""
        if len(self._in_flight) >= self.max_in_flight:
            self._in_flight = {id: until for id, until in self._in_flight.items() if until > now}
        return len(self._in_flight) >= self.max_in_flight

    def book(self, now: float, cost: int = 1, request: int = 0, expires_at: float = 0.0) -> None:
        """``cost`` sends leave; with a ``request`` id it is in flight until ``settle`` or ``expires_at``."""
        for window in self._windows:
            for _ in range(cost):
                window.book(now)
        if request:
            self._in_flight[request] = expires_at

    def settle(self, request: int) -> None:
        """The request has its answer, or will have none."""
        self._in_flight.pop(request, None)

    def headroom(self, now: float) -> dict[str, int]:
        """By window, how many sends it would admit at once."""
        return {str(window.rate): window.headroom(now) for window in self._windows}
