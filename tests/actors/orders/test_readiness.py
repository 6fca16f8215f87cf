"""When trades can be judged, and what becomes of those that come before."""

from decimal import Decimal

import pytest
from msgspec import structs

from actors.errors import NotSent, RequestTimeout
from actors.messages.commands import GetOpenedDeals
from actors.messages.events import AssetsListed, BalanceChanged, DealsClosed, DealsOpen, Event
from actors.messages.orders import TradingRequest
from actors.orders.readiness import Readiness
from actors.values import AccountKind, Balance
from tests.doubles.trading_samples import BET, TRADING

ASSETS = AssetsListed([])
OPEN = DealsOpen("c1", 1, [])
CLOSED = DealsClosed("c1", 1, [], listed=True)
DEALS = TradingRequest(1, GetOpenedDeals(), 5.0)
ORDER = TradingRequest(2, BET, 5.0)


@pytest.fixture
def readiness() -> Readiness:
    return Readiness(TRADING.told_after_login)


@pytest.mark.parametrize("missing", [ASSETS, OPEN, CLOSED])
def test_a_trade_waits_until_assets_and_both_lists_of_deals_are_known(
    readiness: Readiness, missing: Event
) -> None:
    readiness.hold_back(DEALS)
    for event in (ASSETS, OPEN, CLOSED):
        if event is not missing:
            assert readiness.apply(event) == []
    assert not readiness.complete
    assert readiness.apply(missing) == [DEALS]
    assert readiness.complete
    assert readiness.apply(ASSETS) == []


def test_a_venue_that_requires_no_event_is_ready_at_once() -> None:
    assert Readiness(frozenset()).complete


def test_deals_that_just_ended_are_not_the_list_of_the_closed_ones(readiness: Readiness) -> None:
    for event in (ASSETS, OPEN, structs.replace(CLOSED, listed=False)):
        readiness.apply(event)
    assert not readiness.complete


def test_the_latest_balance_counts(readiness: Readiness) -> None:
    for amount in (100, 90):
        readiness.apply(BalanceChanged(Balance(AccountKind.DEMO, Decimal(amount))))
    assert readiness.balance == Balance(AccountKind.DEMO, Decimal(90))


def test_a_request_that_was_dropped_is_not_released(readiness: Readiness) -> None:
    readiness.hold_back(DEALS)
    readiness.hold_back(ORDER)
    [(waiter, error)] = readiness.give_back(1, "too late")
    assert (waiter, type(error), str(error)) == (1, RequestTimeout, "too late")
    assert readiness.give_back(1, "too late") == []
    assert [request for event in (ASSETS, OPEN, CLOSED) for request in readiness.apply(event)] == [ORDER]


def test_only_orders_are_taken_out_by_a_halt(readiness: Readiness) -> None:
    readiness.hold_back(DEALS)
    readiness.hold_back(ORDER)
    assert readiness.take_orders() == [ORDER]
    assert readiness.take_orders() == []
    assert [request for event in (ASSETS, OPEN, CLOSED) for request in readiness.apply(event)] == [DEALS]


def test_an_order_that_is_still_held_back_at_the_stop_was_not_sent(readiness: Readiness) -> None:
    readiness.hold_back(DEALS)
    readiness.hold_back(ORDER)
    [(waiter, error)] = readiness.unanswered()
    assert (waiter, type(error)) == (2, NotSent)
    assert readiness.unanswered() == []


def test_its_repr_names_what_is_missing(readiness: Readiness) -> None:
    assert repr(readiness) == "<Readiness: waits for AssetsListed, DealsClosed, DealsOpen, 0 held back>"
    readiness.hold_back(ORDER)
    readiness.apply(ASSETS)
    assert repr(readiness) == "<Readiness: waits for DealsClosed, DealsOpen, 1 held back>"
    readiness.apply(OPEN)
    readiness.apply(CLOSED)
    assert repr(readiness) == "<Readiness: complete, 0 held back>"
