"""When a failed child may start again: tenacity's decisions, taken one step at a time and never slept."""

from collections.abc import Callable
from typing import Any

from tenacity import (
    RetryCallState,
    RetryError,
    Retrying,
    stop_after_attempt,
    stop_any,
    stop_never,
    wait_chain,
    wait_combine,
    wait_exponential,
    wait_incrementing,
    wait_none,
    wait_random,
    wait_random_exponential,
)
from tenacity.stop import stop_base
from tenacity.wait import wait_base

from actors.errors import AuthRejected

Wait = Callable[[RetryCallState], float]
"""A tenacity wait strategy: seconds to wait after ``retry_state.attempt_number`` failures."""

AUTH_ATTEMPTS = 2
"""A refused session is tried once more, because a venue in maintenance refuses all of them (protocol 1.5)."""


def linear(delay: float, max_delay: float, *, jitter: bool) -> Wait:
    """``delay``, twice, three times ... up to ``max_delay``; jitter adds up to one ``delay``."""
    steady = wait_incrementing(start=delay, increment=delay, max=max_delay)
    return wait_combine(steady, wait_random(0, delay)) if jitter else steady


def exponential(delay: float, max_delay: float, *, jitter: bool) -> Wait:
    """``delay`` doubled each time up to ``max_delay``; with jitter anything from 0 to that (full jitter)."""
    if jitter:
        return wait_random_exponential(multiplier=delay, max=max_delay)
    return wait_exponential(multiplier=delay, max=max_delay)


class _Custom(wait_base):
    def __init__(self, wait: Wait) -> None:
        self._wait = wait

    def __call__(self, retry_state: RetryCallState) -> float:
        return max(0.0, float(self._wait(retry_state)))


class _StopOnRefusedSession(stop_base):
    def __call__(self, retry_state: RetryCallState) -> bool:
        outcome = retry_state.outcome
        refused = outcome is not None and isinstance(outcome.exception(), AuthRejected)
        return refused and retry_state.attempt_number >= AUTH_ATTEMPTS


class Backoff:
    """Counts one child's failures since it was last stable.

    The first failure is answered at once (a stable connection that broke, or a first region that did
    not answer); ``wait`` speaks from the second on. ``max_attempts`` 0 means for ever.
    """

    def __init__(self, wait: Wait, max_attempts: int = 0) -> None:
        until = stop_after_attempt(max_attempts + 1) if max_attempts else stop_never
        self._retrying = Retrying(
            wait=wait_chain(wait_none(), _Custom(_one_step_back(wait))),
            stop=stop_any(until, _StopOnRefusedSession()),
        )
        self.reset()

    @property
    def attempts(self) -> int:
        """Failures since the last ``reset``."""
        return self._state.attempt_number - 1

    def reset(self) -> None:
        """The child was ready and stable for long enough."""
        self._state = RetryCallState(self._retrying, fn=None, args=(), kwargs={})

    def failed(self, error: Exception) -> float | None:
        """Seconds until the next attempt; ``None`` if there shall be none."""
        if self._state.attempt_number == 1:
            self._retrying.begin()  # its figures are per thread, so not in __init__
        self._state.set_exception((type(error), error, None))
        try:
            delay: Any = self._retrying.iter(self._state)
        except RetryError:
            return None
        self._state.prepare_for_next_attempt()
        return float(delay)


def _one_step_back(wait: Wait) -> Wait:
    def shifted(retry_state: RetryCallState) -> float:
        retry_state.attempt_number -= 1
        try:
            return wait(retry_state)
        finally:
            retry_state.attempt_number += 1

    return shifted
