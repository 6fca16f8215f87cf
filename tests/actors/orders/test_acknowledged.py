"""An order is open because the venue has said so; its lists then have the deal, or the order is in doubt."""

import pytest
from msgspec import structs

from actors.messages.events import Event, OrderClosed, OrderInDoubt, OrderNotPlaced, OrderOpened, OrderOrphan
from actors.orders.ledger import Ledger
from actors.orders.order import OrderState
from actors.orders.reconciliation import Age, ClockReading
from tests.doubles.trading_samples import (
    BET,
    NOW,
    ONE,
    TRADING,
    accepted,
    deal_of,
    ended,
    fresh_ledger,
    intend,
    list_closed,
    list_open,
    log_in,
    order_of,
    state,
)

GHOST = deal_of(BET, "ghost")
TRUE = deal_of(BET, "true")
OVERDUE = BET.duration + TRADING.reconciliation.result_overdue + 1
NOT_PLACED = OrderNotPlaced("o1", BET.asset, ONE)


def in_doubt(reason: str) -> OrderInDoubt:
    return OrderInDoubt("o1", BET.asset, ONE, f"{reason} ghost")


CONTRADICTED = in_doubt("the venue's lists lack its deal")
NEVER_LISTED = in_doubt("no list of the venue has had its deal")


def opened() -> Ledger:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.accepted(accepted("o1", GHOST), NOW) == [OrderOpened("o1", GHOST)]
    return ledger


def restarted(ledger: Ledger, now: float, *, age: float | None = None) -> Ledger:
    known = None if age is None else Age(age, age)
    return Ledger(ledger.take_changed(), now, TRADING, age_of=lambda _: known)


@pytest.mark.parametrize("restart", [False, True])
def test_what_a_later_login_lacks_is_in_doubt_and_then_proven_to_have_come_to_nothing(restart: bool) -> None:
    ledger = opened()
    if restart:
        ledger = restarted(ledger, NOW + 2, age=2.0)
    assert log_in(ledger, NOW + 3, epoch=2) == [CONTRADICTED]
    assert (state(ledger), ledger.deals.open_deals()) == (OrderState.UNKNOWN, [])
    assert ledger.check(NOW + 30) == [NOT_PLACED]


@pytest.mark.parametrize("restart", [False, True])
def test_the_deal_that_the_lists_have_in_its_place_is_the_orders(restart: bool) -> None:
    ledger = opened()
    if restart:
        ledger = restarted(ledger, NOW + 2, age=2.0)
    orphaned = [] if restart else [OrderOrphan(TRUE)]  # its list came before that of the closed deals
    news = log_in(ledger, NOW + 3, epoch=2, opened=(TRUE,))
    assert news == [*orphaned, CONTRADICTED, OrderOpened("o1", TRUE)]
    assert state(ledger) is OrderState.OPEN
    assert log_in(ledger, NOW + 9, epoch=3, opened=(TRUE,)) == []


@pytest.mark.parametrize("restart", [False, True])
def test_it_does_not_take_the_deal_that_was_a_strangers_while_it_was_open(restart: bool) -> None:
    ledger = opened()
    ledger.accepted(accepted("someone", TRUE), NOW + 1)
    if restart:
        ledger = restarted(ledger, NOW + 2, age=2.0)
    assert CONTRADICTED in log_in(ledger, NOW + 3, epoch=2, opened=(TRUE,))
    assert state(ledger) is OrderState.UNKNOWN


def test_a_deal_that_turns_up_after_all_is_taken_again() -> None:
    ledger = opened()
    log_in(ledger, NOW + 3, epoch=2)
    assert ledger.opened_listed(list_open(GHOST, epoch=2), NOW + 4) == [OrderOpened("o1", GHOST)]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("is_open", [False, True])
def test_a_deal_that_the_login_lists_is_not_doubted(restart: bool, is_open: bool) -> None:
    ledger = opened()
    if restart:
        ledger = restarted(ledger, NOW + 2)
    if is_open:
        assert log_in(ledger, NOW + 3, epoch=2, opened=(GHOST,)) == []
    else:
        assert log_in(ledger, NOW + 3, epoch=2, closed=(ended(GHOST),)) == [OrderClosed(ended(GHOST))]


def test_the_lists_of_a_login_before_the_acknowledgement_prove_nothing() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    events: list[Event] = []
    ledger.login(list_open(connection="c2").life, NOW)
    ledger.accepted(accepted("o1", GHOST), NOW)
    events += ledger.opened_listed(list_open(connection="c2"), NOW + 1)
    events += ledger.closed(list_closed(connection="c2"), NOW + 1)
    assert events == []
    assert state(ledger) is OrderState.OPEN


def test_lists_that_may_have_lost_the_deal_put_nothing_in_doubt() -> None:
    """More deals closed than the venue lists, and the deal would be over."""
    ledger = opened()
    others = tuple(ended(deal_of(structs.replace(BET, asset="#AAPL"), f"x{n}")) for n in range(20))
    assert set(map(type, log_in(ledger, NOW + BET.duration + 1, epoch=2, closed=others))) == {
        OrderOrphan,
        OrderClosed,
    }
    assert state(ledger) is OrderState.OPEN


@pytest.mark.parametrize("clock", [ClockReading(), ClockReading(offset=-86_400.0)])
def test_a_deal_that_no_list_has_had_is_in_doubt_once_it_is_over(clock: ClockReading) -> None:
    ledger = opened()
    ledger.set_venue_clock(clock)
    assert ledger.opened_listed(list_open(), NOW + OVERDUE) == []
    assert ledger.closed(list_closed(), NOW + OVERDUE) == [NEVER_LISTED]
    assert ledger.deals.open_deals() == []


@pytest.mark.parametrize("restart", [False, True])
def test_a_deal_that_was_listed_and_whose_result_was_missed_is_closed_without_one(restart: bool) -> None:
    ledger = opened()
    ledger.opened_listed(list_open(GHOST), NOW + 1)
    if restart:
        ledger = restarted(ledger, NOW + 2)
    others = tuple(ended(deal_of(structs.replace(BET, asset="#AAPL"), f"x{n}")) for n in range(20))
    later = NOW + OVERDUE
    assert not [
        each for each in log_in(ledger, later, epoch=2, closed=others) if isinstance(each, OrderInDoubt)
    ]
    order = order_of(ledger)
    assert (order.state, order.deal) == (OrderState.CLOSED, GHOST)
    assert order.reason == "its result is not known: the venue lists it no more"
