"""What the venue's lists prove of an order without an answer, and what they leave open."""

from typing import Any

import pytest
from msgspec import structs

from actors.messages.events import DealRefused, OrderClosed, OrderNotPlaced, OrderOpened, OrderOrphan
from actors.orders.ledger import Ledger
from actors.orders.order import OrderState
from actors.orders.reconciliation import CLOCK_DOUBT, UNDER_WAY
from actors.values import AccountKind, Deal, Direction
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
    list_open,
    log_in,
    lose,
    state,
)

DEAL = deal_of(BET)
NOT_PLACED = OrderNotPlaced("o1", BET.asset, ONE)


def changed(**what: Any) -> Deal:
    return structs.replace(DEAL, **what)


UNLIKE = [
    changed(asset="GBPUSD_otc"),
    changed(amount=ONE * 2),
    changed(direction=Direction.PUT),
    changed(account=AccountKind.LIVE),
    changed(closes_at=DEAL.closes_at + 3),
    changed(closes_at=DEAL.closes_at - 3),
]


def test_the_one_listed_deal_that_fits_opens_the_order() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,)) == [OrderOpened("o1", DEAL)]
    assert ledger.orders_in_doubt() == []


def test_a_list_that_came_before_the_loss_is_evidence_too() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.opened_listed(list_open(DEAL, connection="c2"), NOW)
    assert ledger.lost("o1", "reset", NOW + 1)[1:] == [OrderOpened("o1", DEAL)]


def test_a_list_on_a_connection_that_stands_opens_an_order_past_its_deadline() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.overdue("o1", "no answer")
    assert ledger.opened_listed(list_open(DEAL), NOW + 31) == [OrderOpened("o1", DEAL)]


def test_a_deal_that_has_ended_meanwhile_opens_and_closes_the_order() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    assert log_in(ledger, NOW + 90, epoch=2, closed=(ended(DEAL),)) == [
        OrderOpened("o1", ended(DEAL)),
        OrderClosed(ended(DEAL)),
    ]
    assert state(ledger) is OrderState.CLOSED


@pytest.mark.parametrize("unlike", UNLIKE)
def test_a_deal_of_other_terms_is_an_orphan_and_the_order_was_not_placed(unlike: Deal) -> None:
    ledger = fresh_ledger()
    lose(ledger)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(unlike,)) == [OrderOrphan(unlike)]
    assert ledger.check(NOW + 3) == [NOT_PLACED]


@pytest.mark.parametrize("rounding", [-2, 2])
def test_a_duration_rounded_by_the_venue_fits(rounding: int) -> None:
    ledger = fresh_ledger()
    lose(ledger)
    rounded = changed(closes_at=DEAL.closes_at + rounding)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(rounded,)) == [OrderOpened("o1", rounded)]


@pytest.mark.parametrize("opened_at", [NOW - 2.5, NOW + UNDER_WAY + 1.5])
def test_a_like_deal_of_another_time_is_not_taken_but_forbids_a_verdict(opened_at: float) -> None:
    """Our clock may be wrong, so it proves nothing either way."""
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2, opened=(deal_of(BET, opened_at=opened_at),))
    assert ledger.check_at() is None
    assert ledger.check(NOW + 1000) == []
    assert state(ledger) is OrderState.UNKNOWN


def test_a_like_deal_of_hours_ago_is_another() -> None:
    ledger = Ledger([intend(fresh_ledger())], NOW + 1, TRADING)
    log_in(ledger, NOW + 2, closed=(ended(deal_of(BET, opened_at=NOW - CLOCK_DOUBT - 100)),))
    assert ledger.check(NOW + 4) == [NOT_PLACED]


def test_a_like_deal_that_was_listed_before_the_order_was_made_is_another() -> None:
    ledger = fresh_ledger()
    ledger.opened_listed(list_open(DEAL), NOW)
    lose(ledger)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,)) == []
    assert ledger.check(NOW + 3) == [NOT_PLACED]


def test_between_two_deals_that_fit_nothing_is_guessed() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    second = deal_of(BET, "d2", NOW + 1)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(DEAL, second)) == []
    assert ledger.check(NOW + 1000) == []
    assert state(ledger) is OrderState.UNKNOWN


def test_when_one_of_the_two_turns_out_a_strangers_the_other_is_ours() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    second = deal_of(BET, "d2", NOW + 1)
    log_in(ledger, NOW + 1, epoch=2, opened=(DEAL, second))
    assert ledger.accepted(accepted("someone", DEAL)) == [OrderOrphan(DEAL), OrderOpened("o1", second)]


def test_an_order_takes_no_deal_that_is_already_anothers() -> None:
    ledger = fresh_ledger()
    intend(ledger, id="o0")
    ledger.accepted(accepted("o0", DEAL))
    lose(ledger)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,)) == []
    assert ledger.check(NOW + 3) == [NOT_PLACED]


def test_a_refusal_ends_the_doubt() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    ledger.refused(DealRefused("c1", "o1", BET.asset, "OPEN_TIME"))
    assert state(ledger) is OrderState.REFUSED
    log_in(ledger, NOW + 1, epoch=2)
    assert ledger.check(NOW + 3) == []
