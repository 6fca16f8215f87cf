"""Deals that may have come of a pending order, and are no order's for certain."""

from typing import Any

import pytest
from msgspec import structs

from actors.orders.order import Order, OrderState, PendingTerms
from actors.orders.pending_deals import KEPT, PendingDeals
from actors.orders.reconciliation import UNDER_WAY
from actors.values import AccountKind, Direction
from tests.doubles.pending_samples import OPENS, WISH, deal_from
from tests.doubles.trading_samples import BET, NOW, deal_of, fresh_ledger, log_in, state

AT_TIME = PendingTerms(0, open_at=OPENS + 0.5)
AT_PRICE = PendingTerms(0, open_price=1.1)


def pending(terms: PendingTerms, state: OrderState = OrderState.PENDING, id: str = "p1") -> Order:
    order = Order(id, WISH.asset, WISH.amount, WISH.direction, 60, AccountKind.DEMO, NOW, pending=terms)
    return structs.replace(order, state=state)


def deals(*orders: Order, now: float = NOW) -> PendingDeals:
    found = PendingDeals(2.0)
    found.take(orders, now)
    return found


@pytest.mark.parametrize(
    ("opened_at", "may"), [(OPENS - 3, False), (OPENS - 2, True), (OPENS + 2, True), (OPENS + 3, False)]
)
def test_an_order_for_a_time_opens_at_that_time(opened_at: float, may: bool) -> None:
    assert deals(pending(AT_TIME)).may_have(deal_from(WISH, opened_at=opened_at)) is may


def test_an_order_for_a_price_may_open_from_when_it_was_made_until_the_venue_has_it_no_more() -> None:
    found = deals(pending(AT_PRICE))
    assert not found.may_have(deal_from(WISH, opened_at=NOW - 3))
    assert found.may_have(deal_from(WISH, opened_at=NOW + 9_999))
    found.take([pending(AT_PRICE, OrderState.CLOSED)], NOW + 100)
    assert found.may_have(deal_from(WISH, opened_at=NOW + 100 + UNDER_WAY))
    assert not found.may_have(deal_from(WISH, opened_at=NOW + 101 + UNDER_WAY))


@pytest.mark.parametrize("changes", [{"asset": "A"}, {"direction": Direction.PUT}, {"closes_at": OPENS + 90}])
def test_a_deal_of_other_terms_did_not_come_of_it(changes: dict[str, Any]) -> None:
    assert not deals(pending(AT_PRICE)).may_have(structs.replace(deal_from(WISH), **changes))


@pytest.mark.parametrize("end", [OrderState.NOT_SENT, OrderState.REFUSED, OrderState.NOT_PLACED])
def test_nothing_comes_of_one_that_the_venue_never_had(end: OrderState) -> None:
    found = deals(pending(AT_TIME))
    found.take([pending(AT_TIME, end)], NOW)
    assert not found.may_have(deal_from(WISH))


def test_the_oldest_are_forgotten() -> None:
    found = deals(*(pending(AT_TIME, id=f"p{number}") for number in range(KEPT + 1)))
    assert repr(found) == f"<PendingDeals: of {KEPT} pending orders>"
    found.take([pending(AT_TIME, OrderState.REFUSED, id=f"p{number}") for number in range(1, KEPT + 1)], NOW)
    assert not found.may_have(deal_from(WISH))


@pytest.mark.parametrize("terms", [PendingTerms(0, open_at=NOW + 1), AT_PRICE])
def test_an_order_in_doubt_is_not_given_a_deal_that_may_be_a_pending_orders(terms: PendingTerms) -> None:
    """The deal of the pending order would be taken for that of an order which never reached the venue."""
    for orders, opened in (([], 1), ([pending(terms)], 0)):
        ledger = fresh_ledger()
        ledger.pending_deals.take(orders, NOW)
        ledger.intend(BET, AccountKind.DEMO, "o1", NOW)
        ledger.lost("o1", "reset", NOW + 1)
        log_in(ledger, NOW + 2, epoch=2, opened=(deal_of(BET, opened_at=NOW + 1),))
        assert state(ledger) is (OrderState.OPEN if opened else OrderState.UNKNOWN)
        assert ledger.check(NOW + 9_999) == []
