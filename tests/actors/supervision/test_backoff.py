import time

import pytest
from hypothesis import given, strategies as st
from tenacity import RetryCallState

from actors.errors import AuthRejected, TransportError
from actors.supervision.backoff import Backoff, Wait, exponential, linear

LOST = TransportError("lost")
REFUSED = AuthRejected("refused")


def delays(wait: Wait, count: int) -> list[float]:
    """The first ``count`` delays that the strategy itself gives, those after failures 2, 3 ..."""
    backoff = Backoff(wait)
    backoff.failed(LOST)
    found = [backoff.failed(LOST) for _ in range(count)]
    assert None not in found
    return [delay for delay in found if delay is not None]


def test_after_the_first_failure_there_is_no_delay() -> None:
    assert Backoff(linear(5, 60, jitter=False)).failed(LOST) == 0.0


def test_linear_delays_grow_by_the_same_amount_up_to_the_limit() -> None:
    assert delays(linear(2, 7, jitter=False), 5) == [2, 4, 6, 7, 7]


def test_exponential_delays_double_up_to_the_limit() -> None:
    assert delays(exponential(0.5, 5, jitter=False), 6) == [0.5, 1, 2, 4, 5, 5]


@given(delay=st.floats(0.01, 10), factor=st.floats(1, 100))
def test_linear_jitter_adds_up_to_one_delay(delay: float, factor: float) -> None:
    limit = delay * factor
    steady = delays(linear(delay, limit, jitter=False), 6)
    jittered = delays(linear(delay, limit, jitter=True), 6)
    for base, found in zip(steady, jittered, strict=True):
        assert base <= found <= base + delay


@given(delay=st.floats(0.01, 10), factor=st.floats(1, 100))
def test_exponential_jitter_is_anything_up_to_the_delay(delay: float, factor: float) -> None:
    limit = delay * factor
    steady = delays(exponential(delay, limit, jitter=False), 6)
    jittered = delays(exponential(delay, limit, jitter=True), 6)
    for longest, found in zip(steady, jittered, strict=True):
        assert 0 <= found <= longest


@pytest.mark.parametrize("strategy", [linear, exponential])
def test_jitter_separates_children_that_failed_together(strategy: type) -> None:
    thirds = {delays(strategy(1, 60, jitter=True), 3)[2] for _ in range(20)}
    assert len(thirds) > 10


def test_after_thousands_of_failures_the_delay_is_the_limit() -> None:
    assert delays(exponential(0.5, 30, jitter=False), 5000)[-1] == 30
    assert delays(linear(0.5, 30, jitter=False), 5000)[-1] == 30


def test_a_custom_strategy_is_asked_from_the_second_failure_on_and_counts_from_one() -> None:
    asked: list[int] = []

    def custom(retry_state: RetryCallState) -> float:
        asked.append(retry_state.attempt_number)
        return retry_state.attempt_number * 10

    backoff = Backoff(custom)
    assert [backoff.failed(LOST) for _ in range(4)] == [0, 10, 20, 30]
    assert asked == [1, 2, 3]


def test_a_negative_delay_of_a_custom_strategy_is_none() -> None:
    assert delays(lambda _: -5.0, 2) == [0, 0]


def test_a_custom_strategy_gets_the_error() -> None:
    def custom(retry_state: RetryCallState) -> float:
        assert retry_state.outcome is not None
        return 60 if "429" in str(retry_state.outcome.exception()) else 1

    backoff = Backoff(custom)
    backoff.failed(LOST)
    assert backoff.failed(TransportError("429")) == 60
    assert backoff.failed(LOST) == 1


@given(limit=st.integers(1, 20))
def test_there_are_exactly_as_many_attempts_as_allowed(limit: int) -> None:
    backoff = Backoff(linear(1, 1, jitter=False), max_attempts=limit)
    for _ in range(limit):
        assert backoff.failed(LOST) is not None
    assert backoff.failed(LOST) is None
    assert backoff.failed(LOST) is None


def test_without_a_limit_it_never_gives_up() -> None:
    backoff = Backoff(linear(1, 1, jitter=False), max_attempts=0)
    assert None not in [backoff.failed(LOST) for _ in range(1000)]


def test_attempts_counts_the_failures() -> None:
    backoff = Backoff(linear(1, 1, jitter=False))
    assert backoff.attempts == 0
    for count in (1, 2, 3):
        backoff.failed(LOST)
        assert backoff.attempts == count


def test_attempts_counts_the_last_failure_too() -> None:
    backoff = Backoff(linear(1, 1, jitter=False), max_attempts=2)
    while backoff.failed(LOST) is not None:
        pass
    assert backoff.attempts == 3


def test_a_stable_child_counts_from_zero() -> None:
    backoff = Backoff(linear(1, 60, jitter=False), max_attempts=3)
    for _ in range(3):
        assert [backoff.failed(LOST) for _ in range(4)] == [0, 1, 2, None]
        backoff.reset()
        assert backoff.attempts == 0


def test_a_refused_login_is_tried_as_often_as_allowed() -> None:
    backoff = Backoff(linear(1, 60, jitter=False), login_attempts=2)
    assert backoff.failed(REFUSED) is not None
    assert backoff.failed(REFUSED) is None


def test_a_login_refused_after_other_failures_is_tried_as_often() -> None:
    backoff = Backoff(linear(1, 60, jitter=False), login_attempts=2)
    backoff.failed(LOST)
    backoff.failed(LOST)
    assert backoff.failed(REFUSED) is not None
    assert backoff.failed(REFUSED) is None


def test_a_refused_login_is_no_limit_to_other_failures() -> None:
    backoff = Backoff(linear(1, 60, jitter=False), login_attempts=2)
    backoff.failed(REFUSED)
    assert None not in [backoff.failed(LOST) for _ in range(50)]


def test_refused_logins_count_from_zero_after_a_reset() -> None:
    backoff = Backoff(linear(1, 60, jitter=False), login_attempts=2)
    backoff.failed(REFUSED)
    backoff.reset()
    assert backoff.failed(REFUSED) is not None
    assert backoff.failed(REFUSED) is None


def test_it_never_sleeps() -> None:
    begun = time.monotonic()
    delays(linear(60, 3600, jitter=False), 100)
    assert time.monotonic() - begun < 1


def test_each_child_counts_for_itself() -> None:
    wait = exponential(1, 60, jitter=False)
    one, other = Backoff(wait), Backoff(wait)
    assert [one.failed(LOST) for _ in range(3)] == [0, 1, 2]
    assert [other.failed(LOST) for _ in range(3)] == [0, 1, 2]
    assert one.failed(LOST) == 4


def test_after_a_start_over_the_delays_grow_from_the_first_again_until_the_child_is_up() -> None:
    backoff = Backoff(linear(1, 60, jitter=False))
    for _ in range(5):
        backoff.failed(LOST)
    backoff.start_over()
    assert [backoff.failed(LOST) for _ in range(3)] == [1, 2, 3]
    backoff.on_up()
    assert backoff.failed(LOST) == 8


def test_a_start_over_gives_no_more_attempts() -> None:
    backoff = Backoff(linear(1, 60, jitter=False), max_attempts=2)
    backoff.failed(LOST)
    backoff.start_over()
    assert [backoff.failed(LOST), backoff.failed(LOST)] == [1, None]


def test_a_login_forgets_the_refusals_before_it() -> None:
    backoff = Backoff(linear(1, 60, jitter=False), login_attempts=2)
    backoff.failed(REFUSED)
    backoff.on_up()
    assert backoff.failed(REFUSED) is not None
    assert backoff.failed(REFUSED) is None
