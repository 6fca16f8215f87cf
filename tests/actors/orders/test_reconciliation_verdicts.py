"""When the venue's lists prove that an order came to nothing, and what if they were wrong."""

import pytest
from msgspec import structs

from actors.messages.events import OrderNotPlaced, OrderOpened, OrderOrphan
from actors.orders.ledger import Ledger
from actors.orders.order import OrderState
from actors.orders.reconciliation import CLOCK_DOUBT, UNDER_WAY
from actors.values import Deal
from tests.doubles.trading_samples import (
    BET,
    NOW,
    ONE,
    OTHER_BET,
    TRADING,
    accepted,
    deal_of,
    ended,
    fresh_ledger,
    intend,
    list_closed,
    list_open,
    log_in,
    lose,
    state,
)

DEAL = deal_of(BET)
NOT_PLACED = OrderNotPlaced("o1", BET.asset, ONE)


def old_deals(count: int, closes_at: float) -> tuple[Deal, ...]:
    """Deals of other terms; the oldest of them closed at ``closes_at``."""
    return tuple(
        ended(structs.replace(deal_of(OTHER_BET), id=f"old{number}", closes_at=closes_at + number))
        for number in range(count)
    )


def test_no_verdict_before_the_grace_is_over() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    assert ledger.check_at() == NOW + 3
    assert ledger.check(NOW + 2.9) == []
    assert ledger.check(NOW + 3) == [NOT_PLACED]
    assert ledger.check_at() is None
    assert ledger.check(NOW + 4) == []


def test_the_grace_begins_with_the_later_of_the_two_lists() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    ledger.login("c1", 2)
    ledger.opened_listed(list_open(epoch=2), NOW + 1)
    ledger.closed(list_closed(epoch=2), NOW + 5)
    assert ledger.check_at() == NOW + 7


def test_evidence_within_the_grace_prevents_the_verdict() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    assert ledger.opened_listed(list_open(DEAL, epoch=2), NOW + 2) == [OrderOpened("o1", DEAL)]
    assert ledger.check(NOW + 3) == []


def test_a_login_before_the_loss_proves_nothing_though_its_lists_come_later() -> None:
    ledger = fresh_ledger()
    ledger.login("c2", 1)
    lose(ledger)
    ledger.opened_listed(list_open(connection="c2"), NOW + 1)
    ledger.closed(list_closed(connection="c2"), NOW + 1)
    assert ledger.check(NOW + 1000) == []


def test_one_of_the_two_lists_proves_nothing() -> None:
    for listed in (0, 1):
        ledger = fresh_ledger()
        lose(ledger)
        ledger.login("c1", 2)
        if listed:
            ledger.opened_listed(list_open(epoch=2), NOW + 1)
        else:
            ledger.closed(list_closed(epoch=2), NOW + 1)
        assert ledger.check(NOW + 1000) == []


def test_two_lists_of_two_logins_prove_nothing() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    ledger.login("c1", 2)
    ledger.opened_listed(list_open(epoch=2), NOW + 1)
    ledger.login("c1", 3)
    ledger.closed(list_closed(epoch=3), NOW + 1)
    ledger.opened_listed(list_open(epoch=2), NOW + 1)
    assert ledger.check(NOW + 1000) == []


def test_no_verdict_while_the_connection_that_carried_the_order_stands() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.overdue("o1", "no answer")
    log_in(ledger, NOW + 31, connection="c2")
    assert ledger.check(NOW + 1000) == []
    ledger.lost("o1", "reset", NOW + 1001)
    assert ledger.check(NOW + 2000) == []
    log_in(ledger, NOW + 2001, epoch=2)
    assert ledger.check(NOW + 2003) == [NOT_PLACED]


def test_no_verdict_on_lists_of_a_connection_that_is_gone() -> None:
    """The news that would prevent it could not reach us."""
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    ledger.logout("c1", 2)
    assert ledger.check(NOW + 1000) == []


def test_a_late_word_of_an_earlier_life_that_ended_is_no_matter() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    ledger.logout("c1", 1)
    assert ledger.check(NOW + 3) == [NOT_PLACED]


def test_a_deal_acknowledged_to_somebody_else_neither_opens_nor_saves_an_order() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    assert ledger.accepted(accepted("someone", DEAL)) == [OrderOrphan(DEAL)]
    log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,))
    assert ledger.check(NOW + 3) == [NOT_PLACED]


def test_after_a_restart_the_first_lists_decide() -> None:
    ledger = Ledger([intend(fresh_ledger())], NOW + 1, TRADING)
    log_in(ledger, NOW + 2)
    assert ledger.check(NOW + 4) == [NOT_PLACED]


def test_a_full_closed_list_that_may_not_reach_back_leaves_the_order_unknown() -> None:
    """The venue's clock may be behind ours: its oldest deal may have ended after ours would have."""
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=old_deals(20, NOW - 600))
    assert ledger.check(NOW + 1000) == []
    assert state(ledger) is OrderState.UNKNOWN


def test_a_closed_list_that_surely_reaches_back_or_is_all_there_is_decides() -> None:
    for closed in (old_deals(20, NOW - CLOCK_DOUBT), old_deals(19, NOW + 300)):
        ledger = fresh_ledger()
        lose(ledger)
        log_in(ledger, NOW + 600, epoch=2, closed=closed)
        assert ledger.check(NOW + 602) == [NOT_PLACED]


@pytest.mark.parametrize(("made_at", "decides"), [(NOW - UNDER_WAY - 5, True), (NOW - UNDER_WAY + 5, False)])
def test_a_full_closed_list_reaches_back_to_the_end_of_a_deal_of_ours(made_at: float, decides: bool) -> None:
    """By our own clock, however far the venue's is behind."""
    ledger = fresh_ledger()
    intend(ledger, id="o0", now=made_at)
    ours = deal_of(BET, opened_at=made_at - 1800)
    ledger.accepted(accepted("o0", ours))
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=(ended(ours), *old_deals(19, NOW - 600)))
    assert ledger.check(NOW + 602) == ([NOT_PLACED] if decides else [])


def test_a_full_closed_list_is_no_matter_while_the_deal_would_be_open() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 5, epoch=2, closed=old_deals(20, NOW - 20))
    assert ledger.check(NOW + 7) == [NOT_PLACED]


def test_a_deal_that_shows_itself_after_the_verdict_opens_the_order_and_is_announced() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    ledger.check(NOW + 3)
    late = deal_of(BET, opened_at=NOW + 4)
    assert ledger.opened_listed(list_open(late, epoch=2), NOW + 4) == [
        OrderOpened("o1", late),
        OrderOrphan(late),
    ]
    assert state(ledger) is OrderState.OPEN


def test_so_does_its_acknowledgement() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    ledger.check(NOW + 3)
    assert ledger.accepted(accepted("o1", DEAL)) == [OrderOpened("o1", DEAL), OrderOrphan(DEAL)]


def test_an_order_proven_not_placed_yields_to_its_repetition() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    ledger.check(NOW + 3)
    intend(ledger, id="o2", now=NOW + 4)
    deal = deal_of(BET, opened_at=NOW + 5)
    assert ledger.opened_listed(list_open(deal, connection="c2"), NOW + 5) == []
    assert ledger.lost("o2", "reset", NOW + 5)[1:] == [OrderOpened("o2", deal)]
    assert state(ledger) is OrderState.NOT_PLACED
