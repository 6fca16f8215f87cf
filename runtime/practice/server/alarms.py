"""Timers on the venue's clock."""

from collections.abc import Callable, Hashable
from functools import partial

from runtime.practice.server.clock import ClockTimer, ExchangeClock


class Alarms:
    """At most one timer per key; none fires early."""

    def __init__(self, clock: ExchangeClock) -> None:
        self._clock = clock
        self._timers: dict[Hashable, ClockTimer] = {}

    def set(self, key: Hashable, venue_time: float, call: Callable[[], None]) -> None:
        """Set the timer of ``key``, in place of one that is set; a time that has passed fires at once."""
        self.drop(key)
        self._timers[key] = self._clock.call_at(venue_time, partial(self._fire, key, venue_time, call))

    def drop(self, key: Hashable) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()

    def clear(self) -> None:
        for key in list(self._timers):
            self.drop(key)

    def _fire(self, key: Hashable, venue_time: float, call: Callable[[], None]) -> None:
        if self._clock.now() < venue_time:  # stamps of 2e9 s resolve to 0.2 µs: the loop may be early
            self.set(key, venue_time, call)
            return
        del self._timers[key]
        call()
