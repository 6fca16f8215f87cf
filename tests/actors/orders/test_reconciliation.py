"""What the venue's lists prove of an order without an answer, what they leave open, and when."""

from typing import Any

import pytest
from msgspec import structs

from actors.errors import NotSent
from actors.messages.events import (
    DealRefused,
    DealsClosed,
    Event,
    OrderClosed,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderSettled,
)
from actors.orders.deals import ENDED_KEPT
from actors.orders.ledger import Ledger
from actors.orders.order import MachineTime, OrderState, PendingTerms
from actors.orders.reconciliation import CLAIM_SETTLES, UNDER_WAY, Age, ClockReading
from actors.values import AccountKind, Deal, Direction, Life
from tests.doubles.trading_samples import (
    BET,
    NOW,
    ONE,
    OTHER_BET,
    TRADING,
    accepted,
    close_now,
    deal_of,
    doubt,
    ended,
    fresh_ledger,
    intend,
    list_closed,
    list_open,
    log_in,
    lose,
    send,
    state,
    written,
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
    doubt(ledger)
    assert ledger.opened_listed(list_open(DEAL), NOW + 31) == []
    assert (ledger.check_at(NOW + 31), ledger.check(NOW + 31.5)) == (NOW + 31 + CLAIM_SETTLES, [])
    assert ledger.check(NOW + 31 + CLAIM_SETTLES) == [OrderOpened("o1", DEAL)]


@pytest.mark.parametrize("own_first", [False, True])
def test_a_deal_is_not_taken_before_the_venue_has_had_the_time_to_say_whose_it_is(own_first: bool) -> None:
    """The connection stands, so the answer may come after the list, for this order or for another client."""
    ledger, strangers = fresh_ledger(), deal_of(BET, "d2")
    doubt(ledger)
    news = ledger.opened_listed(list_open(strangers), NOW + 1)
    news += ledger.opened_listed(list_open(strangers, DEAL), NOW + 1)
    for id, deal in [("o1", DEAL), ("someone", strangers)][:: 1 if own_first else -1]:
        news += ledger.accepted(accepted(id, deal), NOW + 1)
    assert [each for each in news if isinstance(each, OrderOpened)] == [OrderOpened("o1", DEAL)]
    assert ledger.check(NOW + 1000) == []


@pytest.mark.parametrize("closed", [False, True])
def test_what_another_connection_shows_says_nothing_about_an_answer_over_the_orders_own(closed: bool) -> None:
    """That one may stand still, with the venue's word that the deal is another client's under way."""
    ledger, strangers = fresh_ledger(), deal_of(BET, "d2")
    log_in(ledger, NOW - 50, connection="c2")
    doubt(ledger)
    if closed:
        ledger.closed(list_closed(ended(strangers), connection="c2"), NOW + 1)
    else:
        ledger.opened_listed(list_open(strangers, connection="c2"), NOW + 1)
    assert (ledger.check(NOW + 30), ledger.check_at(NOW + 30)) == ([], None)
    ledger.opened_listed(list_open(strangers), NOW + 31)
    ledger.accepted(accepted("someone", strangers), NOW + 31)
    assert (ledger.check(NOW + 100), state(ledger)) == ([], OrderState.UNKNOWN)


def test_a_deal_that_was_shown_before_the_deadline_is_taken_after_it() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.opened_listed(list_open(DEAL), NOW + 1)
    ledger.carried("o1", Life("c1", 1))
    ledger.overdue("o1", "no answer")
    assert ledger.check(NOW + 30) == [OrderOpened("o1", DEAL)]


def test_an_order_whose_connection_is_lost_waits_for_no_answer() -> None:
    ledger = fresh_ledger()
    doubt(ledger)
    assert ledger.opened_listed(list_open(DEAL), NOW + 31) == []
    assert ledger.lost("o1", "reset", NOW + 31) == [OrderOpened("o1", DEAL)]


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
    """A clock may be wrong, so it proves nothing either way."""
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2, opened=(deal_of(BET, opened_at=opened_at),))
    assert ledger.check_at() is None
    assert ledger.check(NOW + 1000) == []
    assert state(ledger) is OrderState.UNKNOWN


@pytest.mark.parametrize("hours", [-24, -2, 2, 24])
@pytest.mark.parametrize("restart", [False, True])
def test_a_like_deal_first_seen_after_the_order_forbids_the_verdict_whatever_its_time_says(
    hours: int, restart: bool
) -> None:
    ledger = fresh_ledger()
    lose(ledger)
    if restart:
        ledger = Ledger(ledger.take_changed(), NOW + 1, TRADING)
    like = deal_of(BET, opened_at=NOW + hours * 3600)
    log_in(ledger, NOW + 2, epoch=2, closed=(ended(like),))
    assert ledger.check(NOW + 1000) == []
    assert state(ledger) is OrderState.UNKNOWN


@pytest.mark.parametrize("ahead", [-86_400.0, -20.0, 5.0, 7_200.0, 86_400.0])
@pytest.mark.parametrize("measured_in_time", [True, False])
def test_a_deal_is_claimed_by_the_venues_clock_however_far_ours_is_from_it(
    ahead: float, measured_in_time: bool
) -> None:
    ledger, clock = fresh_ledger(), ClockReading(offset=ahead)
    if measured_in_time:
        ledger.set_venue_clock(clock)
    lose(ledger)
    ledger.set_venue_clock(clock)
    deal = deal_of(BET, opened_at=NOW + ahead)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(deal,)) == [OrderOpened("o1", deal)]


def test_after_a_restart_a_deal_is_claimed_by_the_time_in_the_journal() -> None:
    before, clock = fresh_ledger(), ClockReading(offset=7_200.0)
    before.set_venue_clock(clock)
    lose(before)
    ledger = Ledger(before.take_changed(), NOW + 1, TRADING)
    ledger.set_venue_clock(clock)
    deal = deal_of(BET, opened_at=NOW + 7_200)
    assert log_in(ledger, NOW + 2, epoch=2, opened=(deal,)) == [OrderOpened("o1", deal)]


def test_an_order_that_was_made_before_the_venues_clock_was_known_finds_its_deal_after_a_restart() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.take_changed()
    ledger.set_venue_clock(ClockReading(0.0, 7200.0))
    [order] = ledger.take_changed()
    assert order.created_at == NOW + 7200
    ledger = Ledger([order], NOW + 1, TRADING)
    ledger.set_venue_clock(ClockReading(0.0, 7200.0))
    deal = deal_of(BET, opened_at=NOW + 7200)
    assert log_in(ledger, NOW + 2, opened=(deal,)) == [OrderOpened("o1", deal)]


def test_a_deal_that_ended_in_a_suspend_is_not_missed_in_the_list_of_open_deals() -> None:
    """Our clock says that the deal would still be open; the venue's has gone on for eight hours."""
    ledger = fresh_ledger()
    lose(ledger)
    ledger.set_venue_clock(ClockReading(8 * 3600.0))
    log_in(ledger, NOW + 5, epoch=2, closed=old_deals(20, NOW - 600))
    assert ledger.check(NOW + 1000) == []


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


REFUSAL = DealRefused("c1", "o1", BET.asset, "OPEN_TIME")


def test_a_refusal_ends_the_doubt_of_an_order_whose_connection_stands() -> None:
    ledger = fresh_ledger()
    doubt(ledger)
    ledger.refused(REFUSAL)
    assert state(ledger) is OrderState.REFUSED


def test_a_refusal_proves_nothing_once_the_connection_is_lost() -> None:
    """The acknowledgement that would have contradicted it is lost too."""
    ledger = fresh_ledger()
    lose(ledger)
    assert ledger.refused(REFUSAL) == []
    assert log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,)) == [OrderOpened("o1", DEAL)]


def test_a_refusal_is_not_believed_where_a_like_deal_was_listed_since() -> None:
    ledger = fresh_ledger()
    send(ledger)
    ledger.opened_listed(list_open(DEAL), NOW)
    assert ledger.refused(REFUSAL)[1:] == []
    assert ledger.check(NOW + CLAIM_SETTLES) == [OrderOpened("o1", DEAL)]


def test_a_refusal_that_names_its_order_is_believed_at_once() -> None:
    ledger = Ledger([], NOW - 60, structs.replace(TRADING, refusals_name_orders=True))
    log_in(ledger, NOW - 60)
    intend(ledger)
    ledger.opened_listed(list_open(DEAL), NOW)
    ledger.refused(REFUSAL)
    assert state(ledger) is OrderState.REFUSED


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
    ledger.login(Life("c1", 2), NOW + 1)
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
    ledger.login(Life("c2", 1), NOW + 1)
    lose(ledger)
    ledger.opened_listed(list_open(connection="c2"), NOW + 1)
    ledger.closed(list_closed(connection="c2"), NOW + 1)
    assert ledger.check(NOW + 1000) == []


def test_one_of_the_two_lists_proves_nothing() -> None:
    for listed in (0, 1):
        ledger = fresh_ledger()
        lose(ledger)
        ledger.login(Life("c1", 2), NOW + 1)
        if listed:
            ledger.opened_listed(list_open(epoch=2), NOW + 1)
        else:
            ledger.closed(list_closed(epoch=2), NOW + 1)
        assert ledger.check(NOW + 1000) == []


def test_two_lists_of_two_logins_prove_nothing() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    ledger.login(Life("c1", 2), NOW + 1)
    ledger.opened_listed(list_open(epoch=2), NOW + 1)
    ledger.login(Life("c1", 3), NOW + 1)
    ledger.closed(list_closed(epoch=3), NOW + 1)
    ledger.opened_listed(list_open(epoch=2), NOW + 1)
    assert ledger.check(NOW + 1000) == []


def test_no_verdict_while_the_connection_that_carried_the_order_stands() -> None:
    ledger = fresh_ledger()
    doubt(ledger)
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


def test_a_like_deal_acknowledged_to_somebody_else_neither_opens_an_order_nor_allows_the_verdict() -> None:
    """The request id of an answer may be garbled."""
    ledger = fresh_ledger()
    lose(ledger)
    assert ledger.accepted(accepted("someone", DEAL)) == [OrderOrphan(DEAL)]
    log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,))
    assert ledger.check(NOW + 3) == []
    assert state(ledger) is OrderState.UNKNOWN


def test_nor_does_it_leave_a_refusal_believed() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("someone", DEAL))
    ledger.refused(DealRefused("c1", "o1", BET.asset, "OPEN_TIME"))
    assert state(ledger) is OrderState.UNKNOWN


@pytest.mark.parametrize("listed", [(), (deal_of(BET, "d2"),)])
def test_a_person_who_calls_an_order_opened_does_not_give_it_the_deal_of_another_client(
    listed: tuple[Deal, ...],
) -> None:
    """Its own may have left the list."""
    ledger = fresh_ledger()
    lose(ledger)
    ledger.accepted(accepted("someone", DEAL))
    far = [structs.replace(deal, opened_at=NOW + 7_200, closes_at=NOW + 7_260) for deal in listed]
    log_in(ledger, NOW + 1, epoch=2, opened=(DEAL, *far))
    opened = [OrderOpened("o1", deal) for deal in far]
    settled = OrderSettled("o1", BET.asset, ONE, True, "seen on the page")
    assert ledger.settle("o1", opened=True, reason="seen on the page", write=written) == [*opened, settled]


def test_nor_the_deal_of_a_like_order_that_is_under_way() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=old_deals(20, NOW))
    intend(ledger, id="o2", now=NOW + 600)
    deal = deal_of(BET, "d2", NOW + 600)
    ledger.opened_listed(list_open(deal), NOW + 601)
    ledger.settle("o1", opened=True, reason="seen on the page", write=written)
    assert state(ledger) is OrderState.CLOSED
    assert ledger.accepted(accepted("o2", deal)) == [OrderOpened("o2", deal)]


def test_nor_one_that_may_be_a_pending_orders() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    terms = PendingTerms(0, open_at=DEAL.opened_at)
    pending = intend(fresh_ledger(), id="p1")
    ledger.pending_deals.take([structs.replace(pending, pending=terms)], NOW)
    log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,))
    ledger.settle("o1", opened=True, reason="seen on the page", write=written)
    assert state(ledger) is OrderState.CLOSED


def test_an_order_that_a_person_called_opened_has_its_deal_once_the_venue_names_it() -> None:
    ledger = fresh_ledger()
    doubt(ledger)
    ledger.settle("o1", opened=True, reason="seen on the page", write=written)
    assert state(ledger) is OrderState.CLOSED
    assert ledger.accepted(accepted("o1", DEAL)) == [OrderOpened("o1", DEAL)]
    ledger.closed(close_now(ended(DEAL)), NOW + 60)
    assert state(ledger) is OrderState.CLOSED
    assert ledger.accepted(accepted("o1", deal_of(BET, "d2"))) == [OrderOrphan(deal_of(BET, "d2"))]


def test_after_a_restart_the_first_lists_decide() -> None:
    ledger = Ledger([intend(fresh_ledger())], NOW + 1, TRADING)
    log_in(ledger, NOW + 2)
    assert ledger.check(NOW + 4) == [NOT_PLACED]


@pytest.mark.parametrize("stamped", [NOW - 86_400, NOW, NOW + 600])
def test_a_full_closed_list_of_deals_that_are_all_new_leaves_the_order_unknown(stamped: float) -> None:
    """Whatever their stamps say: they may have pushed the order's deal out."""
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=old_deals(20, stamped))
    assert ledger.check(NOW + 1000) == []
    assert state(ledger) is OrderState.UNKNOWN


def test_a_closed_list_that_is_all_there_is_decides() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=old_deals(9, NOW + 300))
    assert ledger.check(NOW + 602) == [NOT_PLACED]


@pytest.mark.parametrize("count", [10, 15, 19])
def test_a_closed_list_that_may_be_full_at_a_venue_that_lists_fewer_deals_proves_nothing(count: int) -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=old_deals(count, NOW + 300))
    assert ledger.check(NOW + 1000) == []


@pytest.mark.parametrize("count", [0, 5])
def test_a_short_list_that_lacks_a_deal_that_had_closed_proves_nothing(count: int) -> None:
    ledger = fresh_ledger()
    ledger.closed(list_closed(ended(deal_of(OTHER_BET, "known", NOW - 600))), NOW)
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=old_deals(count, NOW + 300))
    assert ledger.check(NOW + 1000) == []


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("known_in_time", [False, True])
def test_a_full_closed_list_reaches_back_to_a_deal_that_had_closed_before_the_order(
    known_in_time: bool, restart: bool
) -> None:
    ledger = fresh_ledger()
    known = ended(deal_of(OTHER_BET, "known", NOW + 86_400))  # its stamp is no matter
    if known_in_time:
        ledger.closed(list_closed(known), NOW)
    lose(ledger)
    if not known_in_time:
        ledger.closed(close_now(known), NOW)
    if restart:
        ledger = Ledger(ledger.take_changed(), NOW + 1, TRADING)
    log_in(ledger, NOW + 600, epoch=2, closed=(known, *old_deals(19, NOW - 600)))
    assert ledger.check(NOW + 602) == ([NOT_PLACED] if known_in_time else [])


def test_a_full_closed_list_is_no_matter_while_the_deal_would_be_open() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 5, epoch=2, closed=old_deals(20, NOW - 20))
    assert ledger.check(NOW + 7) == [NOT_PLACED]


def closed_list(first: int) -> DealsClosed:
    """The venue's list after 20 more deals have closed than ``first``, the youngest first."""
    youngest_first = reversed(old_deals(first + 20, NOW)[first:])
    return list_closed(*youngest_first, connection="c2")


def ledger_that_sees(*firsts: int) -> Ledger:
    """An order is lost between the first and the second of some lists that another connection brings."""
    ledger = fresh_ledger()
    ledger.login(Life("c2", 1), NOW - 1)
    ledger.closed(closed_list(firsts[0]), NOW - 1)
    lose(ledger)
    for first in firsts[1:]:
        ledger.closed(closed_list(first), NOW + 1)
    return ledger


def log_in_again(ledger: Ledger, first: int) -> None:
    """Long after a deal of the order would be over."""
    ledger.login(Life("c1", 2), NOW + 600)
    ledger.opened_listed(list_open(epoch=2), NOW + 600)
    ledger.closed(structs.replace(closed_list(first), connection="c1", epoch=2), NOW + 600)


@pytest.mark.parametrize(("firsts", "proven"), [((0, 10, 29, 48, 60), True), ((0, 10, 30, 48, 60), False)])
def test_lists_that_share_a_deal_reach_back_as_far_as_the_first_of_them(
    firsts: tuple[int, ...], proven: bool
) -> None:
    ledger = ledger_that_sees(*firsts)
    log_in_again(ledger, first=79)
    assert ledger.check(NOW + 602) == ([NOT_PLACED] if proven else [])


@pytest.mark.parametrize(("first", "proven"), [(79, True), (80, False)])
def test_what_was_seen_of_an_order_in_doubt_is_not_forgotten_by_a_restart(first: int, proven: bool) -> None:
    ledger = ledger_that_sees(0, 10, 29, 48, 60)
    ledger = Ledger(ledger.take_changed(), NOW + 2, TRADING)
    log_in_again(ledger, first)
    assert ledger.check(NOW + 602) == ([NOT_PLACED] if proven else [])


def test_a_restart_does_not_forget_a_like_deal_that_was_seen() -> None:
    ledger = ledger_that_sees(0, 10)
    ledger.closed(close_now(ended(deal_of(BET, opened_at=NOW + 3600))), NOW + 1)
    for first in (29, 48, 60):
        ledger.closed(closed_list(first), NOW + 1)
    assert state(ledger) is OrderState.UNKNOWN
    ledger = Ledger(ledger.take_changed(), NOW + 2, TRADING)
    log_in_again(ledger, first=79)
    assert ledger.check(NOW + 1000) == []


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("over", [True, False])
def test_a_restart_does_not_forget_that_a_like_deal_is_a_strangers(before: bool, over: bool) -> None:
    """Whether it came before the order or after it: it is not taken for the order's, and saves it not."""
    ledger = fresh_ledger()
    if not before:
        intend(ledger)
    ledger.accepted(accepted("someone", DEAL))
    if before:
        intend(ledger)
    deal = ended(DEAL) if over else DEAL
    ledger = Ledger(ledger.take_changed(), NOW + 1, TRADING)
    ledger.login(Life("c1", 2), NOW + 1)
    ledger.opened_listed(list_open(*([] if over else [deal]), epoch=2), NOW + 1)
    ledger.closed(list_closed(*([deal] if over else []), epoch=2), NOW + 1)
    assert state(ledger) is OrderState.UNKNOWN
    assert ledger.check(NOW + 3) == [NOT_PLACED]


def test_what_a_login_showed_is_known_although_it_did_not_last() -> None:
    """Each list alone could have missed the deal: it may have come and gone before the second."""
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 40, epoch=2, closed=old_deals(20, NOW))
    ledger.logout(Life("c1", 2))
    second = old_deals(60, NOW)[-20:]
    log_in(ledger, NOW + 90, epoch=3, closed=second)
    assert ledger.check(NOW + 90) == [NOT_PLACED]


def test_but_not_for_longer_than_a_deal_lasts() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 40, epoch=2, closed=old_deals(20, NOW))
    ledger.logout(Life("c1", 2))
    log_in(ledger, NOW + 99, epoch=3, closed=old_deals(60, NOW)[-20:])
    assert ledger.check(NOW + 1000) == []


def test_the_grace_counts_from_the_first_login_after_the_loss() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    ledger.logout(Life("c1", 2))
    assert ledger.check_at() is None
    log_in(ledger, NOW + 2.5, epoch=3)
    assert ledger.check_at() == NOW + 3


def test_a_deal_that_is_no_longer_kept_forbids_the_verdict() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    like = ended(deal_of(BET, opened_at=NOW + 3600))
    for deals in ((like,), old_deals(ENDED_KEPT, NOW)):
        ledger.closed(close_now(*deals), NOW + 1)
    assert ledger.deals.deal(like.id) is None
    log_in(ledger, NOW + 2, epoch=2)
    assert ledger.check(NOW + 1000) == []


def lose_out_of_reach(ledger: Ledger) -> float:
    """An order is lost, and the next lists cannot tell. When its deal would long be over."""
    lose(ledger)
    log_in(ledger, NOW + 600, epoch=2, closed=old_deals(20, NOW))
    return NOW + UNDER_WAY + BET.duration + TRADING.reconciliation.result_overdue


def test_a_doubt_that_no_list_can_end_blocks_until_its_deal_would_long_be_over() -> None:
    ledger = fresh_ledger()
    over = lose_out_of_reach(ledger)
    with pytest.raises(NotSent, match="order o1 of 1 on EURUSD_otc is still unknown"):
        intend(ledger, id="o2", now=over - 1)
    assert (ledger.count_open(over - 1), ledger.count_open(over + 1)) == (1, 0)
    assert intend(ledger, id="o2", now=over + 1).state is OrderState.JOURNALED
    assert state(ledger) is OrderState.UNKNOWN


def test_a_doubt_blocks_until_the_venue_has_had_its_chance_to_end_it() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    ledger.logout(Life("c1", 1))
    assert ledger.count_open(NOW + 86_400) == 1


def test_also_after_a_restart_the_doubt_blocks_no_longer_than_that() -> None:
    before = fresh_ledger()
    lose(before)
    ledger = Ledger(before.take_changed(), NOW, TRADING)
    log_in(ledger, NOW + 1, closed=old_deals(20, NOW))
    assert (ledger.count_open(NOW + 129), ledger.count_open(NOW + 131)) == (1, 0)


def test_a_deal_that_may_be_the_one_of_an_order_in_doubt_counts_once() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    ledger.opened_listed(list_open(deal_of(BET, opened_at=NOW + 3600)), NOW + 1)
    assert (state(ledger), ledger.count_open(NOW + 1)) == (OrderState.UNKNOWN, 1)
    ledger.opened_listed(list_open(deal_of(OTHER_BET, "d2"), deal_of(BET)), NOW + 1)
    assert ledger.count_open(NOW + 1) == 2


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


@pytest.mark.parametrize(("age", "verdicts"), [(1.0, [NOT_PLACED]), (58.0, []), (None, [])])
def test_after_a_restart_the_age_of_an_order_says_whether_its_deal_would_be_open(
    age: float | None, verdicts: list[Event]
) -> None:
    """Also when more deals have closed than the venue lists."""
    before, known = fresh_ledger(), None if age is None else Age(age, age)
    lose(before)
    ledger = Ledger(before.take_changed(), NOW, TRADING, age_of=lambda _: known)
    log_in(ledger, NOW + 2, closed=old_deals(20, NOW - 600))
    assert ledger.check(NOW + 1000) == verdicts


@pytest.mark.parametrize("venue_known", [False, True])
@pytest.mark.parametrize("was_stopped", [False, True])
def test_of_an_age_that_the_wall_clock_contradicts_the_venues_clock_tells(
    venue_known: bool, was_stopped: bool
) -> None:
    """Between two processes somebody has set the wall clock, or the whole machine was stopped for an hour."""
    before, later = fresh_ledger(), NOW + 3600 * was_stopped
    before.intend(BET, AccountKind.DEMO, "o1", NOW, MachineTime("boot", 100.0, NOW, venue_known))
    age = Age(5.0, 3605.0)
    ledger = Ledger(before.take_changed(), later + 5, TRADING, age_of=lambda _: age)
    log_in(ledger, later + 6, closed=old_deals(20, NOW - 600))
    assert ledger.check(later + 30) == []  # the venue's clock is not known yet
    ledger.set_venue_clock(ClockReading(0.0, 0.0))
    assert ledger.check(later + 30) == ([NOT_PLACED] if venue_known and not was_stopped else [])


@pytest.mark.parametrize(("offset", "verdicts"), [(0.4, [NOT_PLACED]), (3600.0, [])])
def test_no_verdict_if_the_venues_clock_then_shows_that_the_whole_machine_was_stopped(
    offset: float, verdicts: list[Event]
) -> None:
    """No clock of a virtual machine goes on then; the venue's is measured again after the login."""
    ledger = fresh_ledger()
    ledger.set_venue_clock(ClockReading(0.0, 0.0))
    lose(ledger)
    log_in(ledger, NOW + 5, epoch=2, closed=old_deals(20, NOW - 600))
    ledger.set_venue_clock(ClockReading(0.0, offset))
    assert ledger.check(NOW + 1000) == verdicts


@pytest.mark.parametrize(("venue_known", "ahead"), [(False, -7_200.0), (False, 7_200.0), (True, -7_200.0)])
def test_an_order_whose_time_was_never_measured_finds_its_deal_after_a_restart(
    venue_known: bool, ahead: float
) -> None:
    """Killed before the first tick, and our clock is two hours wrong: the age tells when it was made."""
    before = fresh_ledger()
    made = MachineTime("boot", 100.0, NOW, venue_known)
    before.intend(BET, AccountKind.DEMO, "o1", NOW, made)
    ledger = Ledger(before.take_changed(), NOW + 5, TRADING, age_of=lambda _: Age(5.0, 5.0))
    deal = deal_of(BET, opened_at=NOW + ahead)
    assert log_in(ledger, NOW + 6, opened=(deal,)) == []
    ledger.set_venue_clock(ClockReading(0.0, ahead))
    opened = [] if venue_known else [OrderOpened("o1", deal)]
    assert ledger.opened_listed(list_open(deal), NOW + 7) == opened
    if opened:
        assert ledger.check(NOW + 1000) == []


def test_what_was_seen_is_journaled_with_each_list_so_that_a_kill_forgets_none_of_it() -> None:
    """The next list has to share a deal with the last one before the kill, not with one long before."""
    before = fresh_ledger()
    lose(before)
    log_in(before, NOW + 2, epoch=2)
    first = old_deals(12, NOW - 600)
    for number in range(1, 13):  # the order's connection is lost, and another one sees each deal close
        before.closed(list_closed(*first[:number], epoch=2), NOW + 3)
    ledger = Ledger(before.take_changed(), NOW + 90, TRADING)
    later = tuple(structs.replace(deal, id=f"later-{deal.id}") for deal in old_deals(19, NOW + 60))
    log_in(ledger, NOW + 100, closed=(*first[-1:], *later))
    assert ledger.check(NOW + 1000) == [NOT_PLACED]


def test_what_a_login_has_shown_counts_after_a_restart() -> None:
    """A deal that was opened after that login would be open; one from before, the last process has seen."""
    before = fresh_ledger()
    before.intend(BET, AccountKind.DEMO, "o1", NOW, MachineTime("boot", 100.0, NOW, venue_known=True))
    before.lost("o1", "reset", NOW)
    log_in(before, NOW + 40, epoch=2, closed=old_deals(20, NOW - 600))
    [order] = before.take_changed()
    assert order.made is not None
    assert order.made.seen_for == 40.0
    ledger = Ledger([order], NOW + 90, TRADING, age_of=lambda _: Age(90.0, 90.0))
    ledger.set_venue_clock(ClockReading(0.0, 0.0))
    others = tuple(structs.replace(deal, id=f"later-{deal.id}") for deal in old_deals(20, NOW + 60))
    log_in(ledger, NOW + 95, closed=others)
    assert ledger.check(NOW + 1000) == [NOT_PLACED]


def test_a_like_deal_that_a_login_has_shown_is_not_forgotten_by_a_restart() -> None:
    before = fresh_ledger()
    before.intend(BET, AccountKind.DEMO, "o1", NOW, MachineTime("boot", 100.0, NOW, venue_known=True))
    before.lost("o1", "reset", NOW)
    like = deal_of(BET, opened_at=NOW - 600)  # no time rules out that it is the order's
    log_in(before, NOW + 40, epoch=2, closed=(*old_deals(19, NOW - 600), ended(like)))
    [order] = before.take_changed()
    assert order.made is not None
    assert order.made.seen_for == 0.0


READINGS = [ClockReading(ahead, offset) for ahead in (0.0, 1.0, 2.0) for offset in (None, -1.0, 0.0, 1.0)]


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("most", READINGS)
def test_a_reading_exceeds_what_it_would_raise(reading: ClockReading, most: ClockReading) -> None:
    assert reading.exceeds(most) == (reading.most(most) != most)
    assert not reading.exceeds(reading.most(most))
    assert not most.exceeds(reading.most(most))
