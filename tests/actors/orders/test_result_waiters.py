"""Which caller is told the result of a deal, and how long it waits."""

import math
from decimal import Decimal

import pytest

from actors.errors import RequestRefused, RequestTimeout
from actors.messages.commands import AwaitResult, GetClosedDeals, GetOpenedDeals
from actors.messages.events import OrderClosed
from actors.messages.orders import TradingRequest
from actors.orders.desk_clock import DeskClock
from actors.orders.result_waiters import ResultWaiters
from actors.orders.timeouts import RESULT_GRACE, ResultOverdue
from actors.values import Deal
from tests.doubles.trading_samples import BET, deal_of, ended

DEAL = deal_of(BET)


class VenueClock(DeskClock):
    """A venue whose clock is measured, and that a test sets."""

    def __init__(self) -> None:
        self.now = DEAL.closes_at - 60
        super().__init__(lambda: 0.0, lambda: self.now)
        self.offset = 0.0


@pytest.fixture
def clock() -> VenueClock:  # not the clock of the actors
    return VenueClock()


class Deals:
    """The deals of a ledger, as a test sets them."""

    def __init__(self) -> None:
        self.known = {id: deal_of(BET, id) for id in ("d1", "d2", "another")}

    def deal(self, id: str) -> Deal | None:
        return self.known.get(id)

    def open_deals(self) -> list[Deal]:
        return [deal for deal in self.known.values() if deal.outcome is None]

    def closed_deals(self) -> list[Deal]:
        return [deal for deal in self.known.values() if deal.outcome is not None]


@pytest.fixture
def deals() -> Deals:
    return Deals()


@pytest.fixture
def waiters(clock: VenueClock, deals: Deals) -> ResultWaiters:
    return ResultWaiters(clock, deals)


def wait(
    waiters: ResultWaiters,
    waiter: int,
    deal: Deal = DEAL,
    deadline: float | None = None,
    waits_until: float = math.inf,
) -> list[tuple[float, ResultOverdue]]:
    """At 1000 by the clock of the actors."""
    command = AwaitResult(deal.id, deadline=deadline)
    expires_at = 1000.0 + (30.0 if deadline is None else deadline)
    step = waiters.request(TradingRequest(waiter, command, expires_at, waits_until), 1000.0)
    assert step.answers == ()
    return list(step.dues)


def test_all_waiters_for_a_result_are_answered_when_the_deal_closes(waiters: ResultWaiters) -> None:
    for waiter in (1, 2, 3):
        wait(waiters, waiter)
    wait(waiters, 4, deal_of(BET, "another"))
    closed = ended(DEAL)
    assert waiters.apply([OrderClosed(closed)]) == [(1, closed), (2, closed), (3, closed)]
    assert waiters.apply([OrderClosed(closed)]) == []


def test_several_deals_that_close_at_once_answer_each_their_own_waiter(waiters: ResultWaiters) -> None:
    won = ended(deal_of(BET, "d1"), profit=Decimal("0.92"))
    lost = ended(deal_of(BET, "d2"))
    wait(waiters, 2, deal_of(BET, "d2"))
    wait(waiters, 1, deal_of(BET, "d1"))
    assert waiters.apply([OrderClosed(won), OrderClosed(lost)]) == [(1, won), (2, lost)]


def test_one_late_waiter_for_a_result_leaves_the_others_waiting(
    waiters: ResultWaiters, clock: VenueClock
) -> None:
    [(_, due)] = wait(waiters, 1)
    wait(waiters, 2)
    clock.now = DEAL.closes_at + RESULT_GRACE
    [(waiter, error)] = waiters.overdue(due).answers
    assert (waiter, type(error)) == (1, RequestTimeout)
    assert waiters.overdue(due) == ([], ())
    closed = ended(DEAL)
    assert waiters.apply([OrderClosed(closed)]) == [(2, closed)]


def test_a_waiter_that_is_withdrawn_waits_no_more(waiters: ResultWaiters) -> None:
    wait(waiters, 1)
    [(waiter, error)] = waiters.withdraw(1)
    assert (waiter, type(error)) == (1, RequestTimeout)
    assert waiters.withdraw(1) == []
    assert waiters.withdraw(2) == []


@pytest.mark.parametrize(
    ("deadline", "waits_until", "ends"),
    [
        (None, math.inf, [(60 + RESULT_GRACE, True)]),
        (None, 1003.0, [(60 + RESULT_GRACE, True), (3.0, False)]),
        (7.0, 1003.0, [(7.0, False)]),  # the deadline is never after the timeout of the caller
    ],
)
def test_the_wait_ends_with_the_deadline_or_after_the_deals_end_and_with_the_timeout(
    waiters: ResultWaiters, deadline: float | None, waits_until: float, ends: list[tuple[float, bool]]
) -> None:
    found = wait(waiters, 1, deadline=deadline, waits_until=waits_until)
    assert [(delay, due.own_end) for delay, due in found] == ends


def test_the_wait_goes_on_if_the_venues_clock_was_set_back(
    waiters: ResultWaiters, clock: VenueClock, deals: Deals
) -> None:
    [(_, due)] = wait(waiters, 1)
    clock.now = DEAL.closes_at + RESULT_GRACE - 100
    assert waiters.overdue(due) == ((), [(100.0, due)])
    clock.offset = None
    assert [waiter for waiter, _ in waiters.overdue(due).answers] == [1]


def test_a_deal_that_is_not_known_is_refused_and_a_closed_one_is_the_answer(
    waiters: ResultWaiters, deals: Deals
) -> None:
    command = AwaitResult("d9")
    [(waiter, error)] = waiters.request(TradingRequest(1, command, 1030.0), 1000.0).answers
    assert (waiter, type(error)) == (1, RequestRefused)
    deals.known["d9"] = ended(deal_of(BET, "d9"))
    step = waiters.request(TradingRequest(2, command, 1030.0), 1000.0)
    assert step == ([(2, deals.known["d9"])], ())


def test_the_lists_are_those_of_the_ledger(waiters: ResultWaiters, deals: Deals) -> None:
    deals.known["d2"] = ended(deals.known["d2"])
    listed = [
        waiters.request(TradingRequest(1, command, 1030.0), 1000.0).answers
        for command in (GetOpenedDeals(), GetClosedDeals())
    ]
    assert listed == [[(1, [deals.known["d1"], deals.known["another"]])], [(1, [deals.known["d2"]])]]


def test_at_the_stop_every_waiter_gets_an_error_once(waiters: ResultWaiters) -> None:
    wait(waiters, 8)
    [(waiter, late)] = waiters.unanswered()
    assert (waiter, type(late)) == (8, RequestTimeout)
    assert waiters.unanswered() == []
    assert waiters.apply([OrderClosed(ended(DEAL))]) == []


def test_its_repr_counts_the_waiters(waiters: ResultWaiters) -> None:
    wait(waiters, 8)
    wait(waiters, 9)
    assert repr(waiters) == "<ResultWaiters: 2 for 1 deals>"
