"""When a failed child may start again: tenacity decides, one failure at a time, and nothing sleeps."""

import copy
from collections.abc import Callable
from typing import Any, cast

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    stop_after_attempt,
    stop_any,
    stop_never,
    wait_combine,
    wait_exponential,
    wait_incrementing,
    wait_random,
    wait_random_exponential,
)
from tenacity.stop import stop_base

from actors.errors import AuthRejected

Wait = Callable[[RetryCallState], float]
"""A tenacity wait strategy: seconds to wait after ``retry_state.attempt_number`` failures."""


def linear(delay: float, max_delay: float, *, jitter: bool) -> Wait:
    """``delay``, twice, three times ... up to ``max_delay``; jitter adds up to one ``delay``."""
    steady = wait_incrementing(start=delay, increment=delay, max=max_delay)
    return wait_combine(steady, wait_random(0, delay)) if jitter else steady


def exponential(delay: float, max_delay: float, *, jitter: bool) -> Wait:
    """``delay`` doubled each time up to ``max_delay``; with jitter anything from 0 to that (full jitter)."""
    if jitter:
        return wait_random_exponential(multiplier=delay, max=max_delay)
    return wait_exponential(multiplier=delay, max=max_delay)


class Backoff:
    """Counts one child's failures since it was last stable.

    After the first failure (a stable connection that broke, or a first region that did not answer) the delay
    is 0, unless it was a refused login; from the second on ``wait`` gives it. ``max_attempts`` 0 means no
    limit; the refused login number ``login_attempts`` is the last attempt.
    """

    def __init__(self, wait: Wait, max_attempts: int = 0, *, login_attempts: int = 1) -> None:
        until = stop_after_attempt(max_attempts + 1) if max_attempts else stop_never
        refused = cast("stop_base", self._refused_too_often)  # any callable will do; the type says less
        self._retrying = Retrying(wait=self._delay, stop=stop_any(until, refused))
        self._wait = wait
        self._login_attempts = login_attempts
        self.reset()

    @property
    def attempts(self) -> int:
        """Failures since the last ``reset``."""
        return self._failures

    def reset(self) -> None:
        """Count from zero."""
        self._state = RetryCallState(self._retrying, fn=None, args=(), kwargs={})
        self._failures = self._refusals = self._skipped = 0

    def start_over(self) -> None:
        """Another child could start where this one waits: until it is up, the next delays are those after the
        first failures again. ``max_attempts`` counts on."""
        self._skipped = self._failures

    def on_up(self) -> None:
        """The child is up, so its login is not refused; it may not be stable yet."""
        self._refusals = self._skipped = 0

    def failed(self, error: Exception) -> float | None:
        """Seconds until the next attempt; ``None`` if the child is to be given up."""
        if self._state.attempt_number == 1:
            self._retrying.begin()  # its statistics are kept per thread, so not in __init__
        self._failures += 1
        self._refusals += isinstance(error, AuthRejected)
        self._state.set_exception((type(error), error, None))
        try:
            delay: Any = self._retrying.iter(self._state)
        except RetryError:
            return None
        self._state.prepare_for_next_attempt()
        return float(delay)

    def _delay(self, retry_state: RetryCallState) -> float:
        if self._failures == 1 and not self._refusals:
            return 0.0
        state = copy.copy(retry_state)
        state.attempt_number = max(1, self._failures - max(1, self._skipped))
        return max(0.0, float(self._wait(state)))

    def _refused_too_often(self, retry_state: RetryCallState) -> bool:
        return self._refusals >= self._login_attempts
