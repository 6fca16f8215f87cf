"""How much may leave: moving windows of sends, and a cap on requests without an answer."""

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Final

from msgspec import Struct


class Rate(Struct, frozen=True):
    """At most ``count`` in any ``seconds``."""

    count: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.count}/{self.seconds:g}s"


class Allowance(Struct, frozen=True):
    """What a limiter allows: ``rates`` for all sends, and ``max_in_flight`` requests without an answer."""

    rates: tuple[Rate, ...]
    max_in_flight: int


ORDERS_SHARE: Final = 5
"""One in this many sends of a window is reserved for urgent requests: an order must not wait for a minute
behind a page of candles or behind streams that are restored."""


class _Window:
    """The times of the last ``rate.count`` sends: a send is admitted when enough of them are old enough."""

    def __init__(self, rate: Rate, sent: Iterable[float] = ()) -> None:
        self.rate = rate
        self.sent = deque(sent, maxlen=rate.count)
        self._kept = rate.count // ORDERS_SHARE

    def wait(self, now: float, cost: int, *, urgent: bool) -> float:
        kept = 0 if urgent else self._kept
        free = self.rate.count - len(self.sent)
        last = kept + min(cost, self.rate.count - kept) - 1
        return 0.0 if last < free else max(0.0, self.sent[last - free] + self.rate.seconds - now)

    def estimate(self, now: float, ahead: int, cost: int, *, urgent: bool) -> float:
        capacity = self.rate.count - (0 if urgent else self._kept)
        rounds, last = divmod(ahead + min(cost, capacity) - 1, capacity)
        return rounds * self.rate.seconds + self.wait(now, last + 1, urgent=urgent)

    def headroom(self, now: float) -> int:
        recent = sum(1 for at in self.sent if at > now - self.rate.seconds)
        return self.rate.count - recent


class Quota:
    """Admits sends so that no window is ever overfull. ``now`` is on the monotonic clock: a step of the wall
    clock changes nothing."""

    def __init__(self, allowance: Allowance, sent: Iterable[float] = ()) -> None:
        """``sent`` are the times of earlier sends, in their order."""
        self._windows = [_Window(rate, sent) for rate in allowance.rates]
        self._in_flight: set[Hashable] = set()
        self.max_in_flight = allowance.max_in_flight

    def change(self, allowance: Allowance) -> None:
        """Apply ``allowance`` from now on; earlier sends count."""
        sent = max((window.sent for window in self._windows), key=len, default=())
        self._windows = [_Window(rate, sent) for rate in allowance.rates]
        self.max_in_flight = allowance.max_in_flight

    @property
    def in_flight(self) -> int:
        """Requests sent that have no answer yet."""
        return len(self._in_flight)

    def wait(self, now: float, cost: int = 1, *, urgent: bool = True) -> float:
        """Seconds until the windows admit ``cost`` sends at once; 0 is now.

        A send that is not ``urgent`` leaves a fifth of each window free. A ``cost`` greater than a window
        is admitted when that window is empty.
        """
        longest = 0.0
        for window in self._windows:  # HOT: a generator would cost a frame for each
            longest = max(longest, window.wait(now, cost, urgent=urgent))
        return longest

    def estimate(self, now: float, ahead: int, cost: int, *, urgent: bool = True) -> float:
        """The least number of seconds until ``cost`` sends are admitted behind ``ahead`` others that wait."""
        longest = 0.0
        for window in self._windows:
            longest = max(longest, window.estimate(now, ahead, cost, urgent=urgent))
        return longest

    @property
    def full(self) -> bool:
        """Whether as many requests as allowed are unanswered."""
        return len(self._in_flight) >= self.max_in_flight

    def book(self, now: float, cost: int = 1, request: Hashable = None) -> None:
        """``cost`` sends leave; with a ``request`` key they are in flight until ``on_done`` for it."""
        for window in self._windows:
            window.sent.extend([now] * cost)
        if request is not None:
            self._in_flight.add(request)

    def on_done(self, request: Hashable) -> bool:
        """The request has its answer, or it is awaited no longer; whether it was in flight."""
        in_flight = request in self._in_flight
        self._in_flight.discard(request)
        return in_flight

    def headroom(self, now: float) -> dict[str, int]:
        """By window, how many sends it would admit at once."""
        return {str(window.rate): window.headroom(now) for window in self._windows}
