"""What the venue's lists prove of an order without an answer, what they leave open, and when."""

from typing import Any

import pytest
from msgspec import structs

from actors.messages.events import DealRefused, OrderClosed, OrderNotPlaced, OrderOpened, OrderOrphan
from actors.orders.ledger import Ledger
from actors.orders.order import OrderState
from actors.orders.reconciliation import CLOCK_DOUBT, UNDER_WAY
from actors.values import AccountKind, Deal, Direction, Life
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
    ledger.login(Life("c1", 2))
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
    ledger.login(Life("c2", 1))
    lose(ledger)
    ledger.opened_listed(list_open(connection="c2"), NOW + 1)
    ledger.closed(list_closed(connection="c2"), NOW + 1)
    assert ledger.check(NOW + 1000) == []


def test_one_of_the_two_lists_proves_nothing() -> None:
    for listed in (0, 1):
        ledger = fresh_ledger()
        lose(ledger)
        ledger.login(Life("c1", 2))
        if listed:
            ledger.opened_listed(list_open(epoch=2), NOW + 1)
        else:
            ledger.closed(list_closed(epoch=2), NOW + 1)
        assert ledger.check(NOW + 1000) == []


def test_two_lists_of_two_logins_prove_nothing() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    ledger.login(Life("c1", 2))
    ledger.opened_listed(list_open(epoch=2), NOW + 1)
    ledger.login(Life("c1", 3))
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
    ledger.logout(Life("c1", 2))
    assert ledger.check(NOW + 1000) == []


def test_a_late_word_of_an_earlier_life_that_ended_is_no_matter() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    ledger.logout(Life("c1", 1))
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
