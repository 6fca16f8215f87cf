"""What a ledger makes of the orders that it finds in the journal."""

from actors.messages.events import OrderClosed, OrderOpened
from actors.orders.ledger import Ledger
from actors.orders.order import OrderState
from tests.doubles.trading_samples import (
    BET,
    NOW,
    TRADING,
    accepted,
    deal_of,
    ended,
    fresh_ledger,
    intend,
    log_in,
    state,
)

DEAL = deal_of(BET)


def test_after_a_restart_an_order_in_flight_is_in_doubt_and_goes_to_the_journal_so() -> None:
    before = fresh_ledger()
    order = intend(before)
    ledger = Ledger([order], NOW + 5, TRADING)
    assert state(ledger) is OrderState.UNKNOWN
    assert ledger.take_changed() == ledger.orders_in_doubt() == [ledger.order("o1")]
    assert log_in(ledger, NOW + 6, opened=(DEAL,)) == [OrderOpened("o1", DEAL)]


def test_after_a_restart_an_order_that_ended_meanwhile_is_opened_and_closed() -> None:
    before = fresh_ledger()
    ledger = Ledger([intend(before)], NOW + 90, TRADING)
    assert log_in(ledger, NOW + 91, closed=(ended(DEAL),)) == [
        OrderOpened("o1", ended(DEAL)),
        OrderClosed(ended(DEAL)),
    ]
    assert state(ledger) is OrderState.CLOSED


def test_after_a_restart_an_open_order_still_finds_its_end() -> None:
    before = fresh_ledger()
    intend(before)
    before.accepted(accepted("o1", DEAL))
    ledger = Ledger(before.take_changed(), NOW + 90, TRADING)
    assert ledger.deal("d1") == DEAL
    assert log_in(ledger, NOW + 91, closed=(ended(DEAL),)) == [OrderClosed(ended(DEAL))]
    restarted = Ledger(ledger.take_changed(), NOW + 100, TRADING)
    assert log_in(restarted, NOW + 101, closed=(ended(DEAL),)) == []
    assert restarted.deal("d1") == ended(DEAL)
