from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from actors.rates import Allowance, Quota, Rate

RATES = st.lists(st.builds(Rate, st.integers(1, 6), st.integers(1, 20).map(float)), max_size=3)
ARRIVALS = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 3)), max_size=60)
"""Pauses before requests, and what each costs."""


def quota_of(rates: Sequence[Rate], max_in_flight: int) -> Quota:
    return Quota(Allowance(tuple(rates), max_in_flight))


def overfull(sends: list[float], rate: Rate) -> bool:
    return any(
        later - earlier < rate.seconds
        for earlier, later in zip(sends, sends[rate.count :], strict=False)  # count + 1 sends in a row
    )


def within(rates: list[Rate], cost: int) -> int:
    """``cost``, but at most what the smallest window holds."""
    return min([cost, *(rate.count for rate in rates)])


@given(RATES, ARRIVALS)
def test_whatever_arrives_no_window_is_ever_overfull(
    rates: list[Rate], arrivals: list[tuple[int, int]]
) -> None:
    quota = quota_of(rates, 1)
    now, sends = 0.0, []
    for pause, cost_asked in arrivals:
        cost = within(rates, cost_asked)
        now += pause
        now += quota.wait(now, cost)
        assert quota.wait(now, cost) == 0
        quota.book(now, cost)
        sends += [now] * cost
    for rate in rates:
        assert not overfull(sends, rate)


@given(RATES, ARRIVALS, st.integers(1, 6))
def test_the_wait_is_as_short_as_the_windows_allow(
    rates: list[Rate], arrivals: list[tuple[int, int]], cost_asked: int
) -> None:
    quota = quota_of(rates, 1)
    now, sends = 0.0, []
    for pause, cost_asked_before in arrivals:
        now += pause
        cost = within(rates, cost_asked_before)
        if quota.wait(now, cost) == 0:
            quota.book(now, cost)
            sends += [now] * cost
    cost = within(rates, cost_asked)
    moment = now
    while any(overfull([*sends, *[moment] * cost], rate) for rate in rates):
        moment += 1
    assert quota.wait(now, cost) == moment - now


@given(
    rate=st.builds(Rate, st.integers(1, 5), st.integers(1, 10).map(float)),
    pauses=st.lists(st.integers(0, 5), max_size=20),
    queued=st.integers(1, 20),
)
def test_the_estimate_behind_a_queue_is_when_the_last_of_it_leaves(
    rate: Rate, pauses: list[int], queued: int
) -> None:
    quota, rehearsal = quota_of([rate], 1), quota_of([rate], 1)
    now = 0.0
    for pause in pauses:
        now += pause
        if quota.wait(now) == 0:
            quota.book(now)
            rehearsal.book(now)
    moment = now
    for _ in range(queued):
        moment += rehearsal.wait(moment)
        rehearsal.book(moment)
    assert quota.estimate(now, queued - 1, 1) == moment - now


@given(RATES, st.lists(st.integers(1, 3), min_size=1, max_size=30))
def test_the_estimate_is_never_longer_than_the_queue_takes(rates: list[Rate], queue: list[int]) -> None:
    quota, rehearsal = quota_of(rates, 1), quota_of(rates, 1)
    costs = [within(rates, cost) for cost in queue]
    moment = 0.0
    for cost in costs:
        moment += rehearsal.wait(moment, cost)
        rehearsal.book(moment, cost)
    assert quota.estimate(0.0, sum(costs[:-1]), costs[-1]) <= moment


# Also for a send of two messages through a window of one, which is admitted when that window is empty.
@given(RATES, ARRIVALS, st.integers(1, 3))
def test_with_an_empty_queue_the_estimate_is_the_wait(
    rates: list[Rate], arrivals: list[tuple[int, int]], cost: int
) -> None:
    quota = quota_of(rates, 1)
    now = 0.0
    for pause, cost_asked in arrivals:
        now += pause
        assert quota.estimate(now, 0, cost) == quota.wait(now, cost)
        if quota.wait(now, cost_asked) == 0:
            quota.book(now, cost_asked)


def test_a_request_of_more_messages_than_a_window_is_admitted_when_that_window_is_empty() -> None:
    quota = quota_of([Rate(1, 1.0)], 1)
    assert quota.wait(0.0, 2) == 0
    quota.book(0.0, 2)
    assert quota.wait(0.25, 2) == 0.75
    assert quota.wait(1.0, 2) == 0


@given(RATES, ARRIVALS)
def test_the_headroom_is_the_number_of_sends_admitted_now(
    rates: list[Rate], arrivals: list[tuple[int, int]]
) -> None:
    rates = list({str(rate): rate for rate in rates}.values())
    quota = quota_of(rates, 1)
    now = 0.0
    for pause, cost_asked in arrivals:
        now += pause
        headroom = quota.headroom(now)
        assert set(headroom) == {str(rate) for rate in rates}
        cost = within(rates, cost_asked)
        assert (quota.wait(now, cost) == 0) == all(sends >= cost for sends in headroom.values())
        if quota.wait(now, cost) == 0:
            quota.book(now, cost)


def test_a_fifth_of_every_window_is_reserved_for_urgent_sends() -> None:
    quota = quota_of([Rate(10, 1.0)], 1)
    for _ in range(8):
        assert quota.wait(0.0, urgent=False) == 0
        quota.book(0.0)
    assert quota.wait(0.25, urgent=False) == quota.estimate(0.25, 0, 1, urgent=False) == 0.75
    for _ in range(2):
        assert quota.wait(0.25) == quota.estimate(0.25, 0, 1) == 0
        quota.book(0.25)
    assert quota.wait(0.5) == 0.5


@given(RATES, st.lists(st.tuples(st.integers(0, 8), st.integers(1, 3), st.booleans()), max_size=60))
def test_urgent_and_other_sends_together_overfill_no_window(
    rates: list[Rate], arrivals: list[tuple[int, int, bool]]
) -> None:
    quota = quota_of(rates, 1)
    now, sends = 0.0, []
    for pause, cost_asked, urgent in arrivals:
        cost = within(rates, cost_asked)
        now += pause
        assert quota.wait(now, cost) <= quota.wait(now, cost, urgent=False)
        now += quota.wait(now, cost, urgent=urgent)
        assert quota.wait(now, cost, urgent=urgent) == 0
        quota.book(now, cost)
        sends += [now] * cost
    for rate in rates:
        assert not overfull(sends, rate)


def test_a_rate_reads_as_it_is_written() -> None:
    assert [str(Rate(10, 1.0)), str(Rate(300, 60.0)), str(Rate(1, 0.5))] == ["10/1s", "300/60s", "1/0.5s"]


def test_without_rates_everything_leaves_at_once() -> None:
    quota = quota_of([], 1)
    quota.book(0.0, 1000)
    assert quota.wait(0.0, 1000) == 0
    assert quota.headroom(0.0) == {}


# -- unanswered requests -------------------------------------------------------------------------------


def test_as_many_requests_as_allowed_may_be_unanswered() -> None:
    quota = quota_of([], 2)
    assert not quota.full
    quota.book(0.0, request=1)
    assert not quota.full
    quota.book(0.0, request=2)
    assert quota.full
    assert quota.in_flight == 2


def test_an_answer_frees_one_place_once() -> None:
    quota = quota_of([], 2)
    for request in (1, 2):
        quota.book(0.0, request=request)
    quota.on_done(1)
    quota.on_done(1)
    quota.on_done(99)
    assert quota.in_flight == 1
    assert not quota.full


def test_a_send_without_a_request_is_never_unanswered() -> None:
    quota = quota_of([], 1)
    quota.book(0.0, cost=5)
    assert quota.in_flight == 0
    assert not quota.full


def test_a_request_sent_again_counts_once() -> None:
    quota = quota_of([], 2)
    for _ in range(3):
        quota.book(0.0, request=1)
    assert quota.in_flight == 1


@pytest.mark.parametrize(("count", "waits"), [(2, [9.0]), (4, [7.0]), (6, [0.0, 0.0, 7.0])])
def test_after_a_change_earlier_sends_count(count: int, waits: list[float]) -> None:
    quota = quota_of([Rate(4, 10.0)], 1)
    for moment in (0.0, 1.0, 2.0, 3.0):
        assert quota.wait(moment) == 0
        quota.book(moment)
    quota.change(Allowance((Rate(count, 10.0),), 2))
    assert quota.max_in_flight == 2
    for wait in waits:
        assert quota.wait(3.0) == wait
        quota.book(3.0)
