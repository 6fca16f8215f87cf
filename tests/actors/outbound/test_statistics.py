import pytest
from hypothesis import given, strategies as st

from actors.messages.status import ConnectionStatistics
from actors.outbound.statistics import REMEMBERED, ConnectionStats

RESULTS = st.lists(st.none() | st.floats(0.0, 60.0), max_size=3 * REMEMBERED)
"""The response time of each request, or ``None`` if it failed."""


def stats(*results: float | None) -> ConnectionStats:
    stats = ConnectionStats()
    for result in results:
        if result is None:
            stats.failed()
        else:
            stats.succeeded(result)
    return stats


def test_before_the_first_result_nothing_is_known_and_a_first_request_costs_nothing() -> None:
    fresh = stats()
    assert (fresh.average, fresh.success_rate) == (None, None)
    assert 0 == fresh.expected(0) < fresh.expected(1) < fresh.expected(2)
    assert fresh.status() == ConnectionStatistics()


def test_the_average_is_of_answers_only_and_the_rate_of_all_results() -> None:
    mixed = stats(1.0, None, 3.0, None)
    assert mixed.average == 2.0
    assert mixed.success_rate == 0.5
    assert mixed.status() == ConnectionStatistics(2, 2, 2.0, 0.5)


def test_only_failures_have_a_rate_but_no_average() -> None:
    assert stats(None, None).status() == ConnectionStatistics(0, 2, None, 0.0)


def test_old_results_are_forgotten() -> None:
    improved = stats(*[None] * REMEMBERED, *[9.0] * REMEMBERED, *[1.0] * REMEMBERED)
    assert improved.status() == ConnectionStatistics(REMEMBERED, 0, 1.0, 1.0)


def test_the_average_covers_the_same_results_as_the_success_rate() -> None:
    """ "Every figure is of the last 100 requests": an answer older than those is in none of them."""
    worn = stats(9.0, *[None] * REMEMBERED)
    assert worn.status() == ConnectionStatistics(0, REMEMBERED, None, 0.0)


def test_one_more_request_waits_behind_the_others() -> None:
    assert stats(0.5).expected(0) == 0.5
    assert stats(0.5).expected(3) == 2.0


def test_the_less_often_there_is_an_answer_the_longer_it_is_expected_to_take() -> None:
    assert stats(0.5, None).expected(0) == 1.0
    assert stats(0.5, None, None, None).expected(0) == pytest.approx(2.0)


def test_a_connection_that_never_answers_is_expected_to_take_longer_than_a_slow_one() -> None:
    assert stats(*[None] * 20).expected(0) > stats(*[2.0] * 20).expected(0)


@given(RESULTS, st.integers(0, 100))
def test_the_figures_are_those_of_the_last_requests(results: list[float | None], waiting: int) -> None:
    found, last = stats(*results), results[-REMEMBERED:]
    figures = found.status()
    assert figures.successes + figures.failures == len(last)
    assert figures.failures == last.count(None)
    assert (figures.success_rate is None) == (not last)
    assert 0 <= (figures.success_rate or 0) <= 1
    assert found.expected(waiting) <= found.expected(waiting + 1)
