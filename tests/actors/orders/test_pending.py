"""What becomes of pending orders, by the venue's answers and lists."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import NotSent, RequestRefused
from actors.messages.events import (
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
    OrderSettled,
    PendingAnswered,
    PendingOrderPlaced,
    PendingOrdersListed,
)
from actors.orders.order import Order, OrderState, PendingTerms
from actors.orders.pending import CANCELLED, GONE, PendingLedger
from actors.orders.reconciliation import UNDER_WAY
from actors.values import Direction, Life
from tests.doubles.pending_samples import (
    AT_PRICE,
    GRACE,
    WISH,
    answer,
    deal_from,
    fresh_ledger,
    intend,
    ledger_of,
    listing,
    log_in,
    lost,
    pending_of,
)
from tests.doubles.trading_samples import NOW, ended, list_closed, list_open, written

EVER = NOW + 1e9
DOUBT = OrderInDoubt("p1", WISH.asset, WISH.amount, "reset")
PLACED = PendingOrderPlaced("p1", pending_of(WISH))
NOT_PLACED = OrderNotPlaced("p1", WISH.asset, WISH.amount)


def state(ledger: PendingLedger, id: str = "p1") -> OrderState:
    order = ledger.order(id)
    assert order is not None
    return order.state


def in_doubt(wish: Any = WISH) -> PendingLedger:
    """A ledger with one order, whose connection ended before there was an answer."""
    ledger = fresh_ledger()
    intend(ledger, wish)
    assert lost(ledger) == [DOUBT]
    return ledger


def test_the_venues_answer_tells_which_ticket_is_the_orders() -> None:
    ledger = fresh_ledger()
    order = intend(ledger)
    assert (order.state, ledger.under_way(), ledger.count_placed()) == (OrderState.JOURNALED, order, 0)
    assert ledger.placed(answer(pending_of(WISH)), NOW) == [PLACED]
    assert (state(ledger), ledger.under_way(), ledger.count_placed()) == (OrderState.PENDING, None, 1)
    assert ledger.listed() == [pending_of(WISH)]
    placed = ledger.of_ticket("t1")
    assert placed is not None
    assert placed.pending is not None
    assert placed.pending.ticket == "t1"


@pytest.mark.parametrize(
    "other",
    [
        {"asset": "AUDCAD_otc"},
        {"amount": Decimal(2)},
        {"direction": Direction.PUT},
        {"duration": 120},
        {"minimum_payout": 80},
        {"open_at": pending_of(WISH).open_at + 1},  # type: ignore[operator]
        {"open_at": None, "open_price": 1.1},
    ],
)
def test_an_answer_with_other_terms_is_no_answer_and_the_order_is_in_doubt(other: dict[str, Any]) -> None:
    ledger = fresh_ledger()
    intend(ledger)
    [doubt] = ledger.placed(answer(structs.replace(pending_of(WISH), ticket="foreign", **other)), NOW)
    assert isinstance(doubt, OrderInDoubt)
    assert "not for what was asked" in doubt.reason
    assert ledger.placed(answer(pending_of(WISH)), NOW) == [PLACED]


def test_a_price_may_come_back_rounded() -> None:
    ledger = fresh_ledger()
    wish = structs.replace(AT_PRICE, open_price=1.131834)
    intend(ledger, wish)
    pending = structs.replace(pending_of(wish), open_price=1.13183)
    assert ledger.placed(answer(pending), NOW) == [PendingOrderPlaced("p1", pending)]
    intend(ledger, wish, "p2")
    far = structs.replace(pending_of(wish, "t2"), open_price=1.14)
    [doubt] = ledger.placed(answer(far), NOW)
    assert isinstance(doubt, OrderInDoubt)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [(1.131839, 1.13183), (182.374, 182.37), (24.374, 24.37), (7000.25, 7000.2), (0.000082341, 0.00008234)],
)
def test_to_the_digits_of_any_asset(asked: float, listed: float) -> None:
    ledger = fresh_ledger()
    wish = structs.replace(AT_PRICE, open_price=asked)
    intend(ledger, wish)
    pending = structs.replace(pending_of(wish), open_price=listed)
    assert ledger.placed(answer(pending), NOW) == [PendingOrderPlaced("p1", pending)]


@pytest.mark.parametrize(("asked", "other"), [(1.1, 1.1005), (150.123, 150.14), (24.37, 24.38)])
def test_another_price_nearby_is_no_answer_and_forbids_the_verdict_until_a_list_has_the_right_one(
    asked: float, other: float
) -> None:
    ledger = fresh_ledger()
    wish = structs.replace(AT_PRICE, open_price=asked)
    intend(ledger, wish)
    near = structs.replace(pending_of(wish), open_price=other)
    [doubt] = ledger.placed(answer(near), NOW)
    assert isinstance(doubt, OrderInDoubt)
    assert "another time or price" in doubt.reason
    ledger.lost("p1", "reset", NOW)
    log_in(ledger, NOW + 1, near, epoch=2)
    assert ledger.check(NOW + 1000) == []
    assert log_in(ledger, NOW + 2, pending_of(wish), epoch=3) == [PendingOrderPlaced("p1", pending_of(wish))]


def test_an_answer_that_comes_again_is_none_to_the_next_order() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.placed(answer(pending_of(WISH)), NOW)
    intend(ledger, id="p2")
    assert ledger.placed(answer(pending_of(WISH)), NOW) == []
    other = structs.replace(WISH, amount=Decimal(2))
    assert ledger.placed(answer(pending_of(WISH, "t2")), NOW) == [
        PendingOrderPlaced("p2", pending_of(WISH, "t2"))
    ]
    intend(ledger, other, "p3")
    assert ledger.placed(answer(pending_of(WISH, "t2")), NOW) == []
    assert state(ledger, "p3") is OrderState.JOURNALED


def test_a_ticket_that_was_listed_before_the_order_was_made_is_not_its() -> None:
    ledger = fresh_ledger()
    ledger.listed_now(listing(pending_of(WISH, "older")), NOW)
    intend(ledger)
    assert ledger.placed(answer(pending_of(WISH, "older")), NOW) == []
    assert lost(ledger) == [DOUBT]
    assert log_in(ledger, NOW + 2, pending_of(WISH, "older"), epoch=2) == []
    assert ledger.check(EVER) == [NOT_PLACED]


def test_a_list_that_comes_before_the_answer_does_not_hide_it() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.listed_now(listing(pending_of(WISH)), NOW) == []
    assert ledger.placed(answer(pending_of(WISH)), NOW) == [PLACED]


# In doubt


def test_the_list_after_the_next_login_has_an_order_in_doubt() -> None:
    ledger = in_doubt()
    assert (state(ledger), len(ledger.in_doubt())) == (OrderState.UNKNOWN, 1)
    assert log_in(ledger, NOW + 2, pending_of(WISH), epoch=2) == [PLACED]
    assert ledger.in_flight() == []


@pytest.mark.parametrize("wish", [WISH, AT_PRICE])
def test_lists_that_would_have_to_show_it_and_do_not_prove_that_nothing_came_of_it(wish: Any) -> None:
    ledger = in_doubt(wish)
    assert log_in(ledger, NOW + 2, epoch=2) == []
    assert ledger.check_at(NOW + 2) == NOW + 2 + GRACE
    assert ledger.check(NOW + 2 + GRACE - 0.1) == []
    assert ledger.check(NOW + 2 + GRACE) == [NOT_PLACED]
    assert (state(ledger), ledger.check_at(NOW + 9)) == (OrderState.NOT_PLACED, None)


def test_an_older_list_proves_nothing() -> None:
    ledger = in_doubt()
    assert ledger.listed_now(listing(epoch=1), NOW + 2) == []
    assert ledger.listed_now(PendingOrdersListed([]), NOW + 2) == []
    assert (ledger.check(EVER), ledger.check_at(NOW + 2)) == ([], None)
    assert ledger.not_in_the_list(EVER) == [ledger.order("p1")]


def test_the_list_of_a_connection_that_was_up_before_the_loss_proves_nothing() -> None:
    ledger = fresh_ledger()
    ledger.login(Life("c2", 1))
    intend(ledger)
    lost(ledger)
    ledger.deals_listed(list_open(connection="c2"), NOW + 2)
    ledger.deals_listed(list_closed(connection="c2"), NOW + 2)
    ledger.listed_now(listing(connection="c2"), NOW + 2)
    assert ledger.check(EVER) == []


def test_an_incomplete_list_proves_nothing() -> None:
    ledger = in_doubt()
    ledger.login(Life("c1", 2))
    ledger.deals_listed(list_open(epoch=2), NOW + 2)
    ledger.deals_listed(list_closed(epoch=2), NOW + 2)
    assert ledger.listed_now(PendingOrdersListed([], "c1", 2, complete=False), NOW + 2) == []
    assert ledger.check(EVER) == []
    ledger.listed_now(listing(epoch=2), NOW + 3)
    assert ledger.check(NOW + 3 + GRACE) == [NOT_PLACED]


@pytest.mark.parametrize("missing", ["open", "closed", "pending"])
def test_each_of_the_three_lists_is_needed(missing: str) -> None:
    ledger = in_doubt()
    ledger.login(Life("c1", 2))
    if missing != "open":
        ledger.deals_listed(list_open(epoch=2), NOW + 2)
    if missing != "closed":
        ledger.deals_listed(list_closed(epoch=2), NOW + 2)
    if missing != "pending":
        ledger.listed_now(listing(epoch=2), NOW + 2)
    assert ledger.check(EVER) == []


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("apart", [0.0, -86_400.0, 86_400.0])
def test_a_deal_that_may_have_come_of_it_forbids_the_verdict_whatever_its_time_says(
    closed: bool, apart: float
) -> None:
    ledger = in_doubt()
    deal = deal_from(WISH, opened_at=NOW + apart)
    if closed:
        log_in(ledger, NOW + 2, epoch=2, closed=(ended(deal),))
    else:
        log_in(ledger, NOW + 2, epoch=2, opened=(deal,))
    assert ledger.check(EVER) == []
    assert state(ledger) is OrderState.UNKNOWN


def test_a_deal_that_opens_after_the_lists_forbids_the_verdict_too() -> None:
    ledger = in_doubt()
    log_in(ledger, NOW + 2, epoch=2)
    ledger.deals_listed(list_open(deal_from(WISH), epoch=2), NOW + 3)
    assert ledger.check(EVER) == []


def test_a_deal_of_an_order_of_ours_speaks_against_nothing() -> None:
    ledger = in_doubt()
    deal = deal_from(WISH)
    log_in(ledger, NOW + 2, epoch=2, opened=(deal,))
    ledger.deals_listed(OrderOpened("o1", deal), NOW + 2)
    assert ledger.check(EVER) == [NOT_PLACED]


def test_closed_deals_that_do_not_reach_back_prove_nothing() -> None:
    ledger = in_doubt()
    twenty = tuple(
        ended(structs.replace(deal_from(WISH, f"d{number}"), asset="AUDCAD_otc")) for number in range(20)
    )
    log_in(ledger, NOW + 2, epoch=2, closed=twenty)
    assert ledger.check(EVER) == []
    assert ledger.not_in_the_list(NOW + 2 + GRACE) == []  # but the list is newer than the doubt


def test_closed_deals_prove_it_from_the_last_one_that_was_known_when_it_was_made() -> None:
    ledger = fresh_ledger()
    deals = [
        ended(structs.replace(deal_from(WISH, f"d{number}"), asset="AUDCAD_otc")) for number in range(20)
    ]
    ledger.deals_listed(list_closed(deals[0]), NOW - 1)
    assert intend(ledger).after == "d0"
    lost(ledger)
    order = ledger.order("p1")
    assert order is not None
    restarted = ledger_of([order])
    log_in(restarted, NOW + 2, closed=tuple(deals))
    assert restarted.check(EVER) == [NOT_PLACED]


def test_a_ticket_that_appears_after_the_verdict_is_the_orders() -> None:
    ledger = in_doubt()
    log_in(ledger, NOW + 2, epoch=2)
    assert ledger.check(EVER) == [NOT_PLACED]
    assert ledger.listed_now(listing(pending_of(WISH), epoch=2), NOW + 20) == [PLACED]


def test_two_tickets_that_fit_are_given_to_neither_order() -> None:
    ledger = in_doubt()
    assert log_in(ledger, NOW + 2, pending_of(WISH, "t1"), pending_of(WISH, "t2"), epoch=2) == []
    assert ledger.check(EVER) == []
    settled = OrderSettled("p1", WISH.asset, WISH.amount, True, "seen on the page")
    assert ledger.settle("p1", True, "seen on the page", NOW + 3, write=written) == [settled]
    assert state(ledger) is OrderState.CLOSED


def test_an_order_without_an_answer_on_a_connection_that_stands_waits_for_the_answer_or_a_login() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    [doubt] = ledger.overdue("p1", "no answer by the deadline", NOW + 30)
    assert isinstance(doubt, OrderInDoubt)
    assert ledger.listed_now(listing(), NOW + 31) == []
    assert ledger.check(EVER) == []
    assert ledger.not_in_the_list(EVER) == [ledger.order("p1")]
    assert ledger.placed(answer(pending_of(WISH)), NOW + 40) == [PLACED]


def test_what_is_lost_after_its_deadline_is_proven_by_the_login_after_the_loss() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.overdue("p1", "no answer by the deadline", NOW + 30)
    assert lost(ledger, now=NOW + 40) == []
    log_in(ledger, NOW + 41, epoch=2)
    assert ledger.check(EVER) == [NOT_PLACED]


# What an order in doubt holds up


def test_an_order_like_one_in_doubt_is_refused_until_its_deal_would_long_be_over() -> None:
    ledger = in_doubt()
    for like in (WISH, structs.replace(WISH, open_at=NOW + 900), AT_PRICE):
        with pytest.raises(NotSent, match="pending order p1 of 1 on EURUSD_otc is still unknown"):
            intend(ledger, like, "p2")
    for unlike in (structs.replace(WISH, amount=Decimal(2)), structs.replace(WISH, asset="AUDCAD_otc")):
        assert ledger.blocking(unlike, NOW) is None
    assert ledger.blocking(WISH, EVER) is not None  # no list since
    ledger.login(Life("c1", 2))
    ledger.listed_now(listing(epoch=2), NOW + 2)
    over = NOW + 2 + UNDER_WAY + WISH.duration + 10
    assert ledger.blocking(WISH, over) is not None
    assert ledger.blocking(WISH, over + 0.1) is None
    assert state(ledger) is OrderState.UNKNOWN


def test_a_person_says_what_became_of_an_order_in_doubt() -> None:
    for opened, end in ((False, OrderState.NOT_PLACED), (True, OrderState.CLOSED)):
        ledger = in_doubt()
        settled = OrderSettled("p1", WISH.asset, WISH.amount, opened, "seen")
        assert ledger.settle("p1", opened, "seen", NOW, write=written) == [settled]
        assert state(ledger) is end
        assert ledger.blocking(WISH, NOW) is None


@pytest.mark.parametrize(
    ("id", "reason", "text"),
    [("p1", " ", "needs a reason"), ("p9", "seen", "it is not known"), ("p2", "seen", "it is journaled")],
)
def test_only_an_order_in_doubt_can_be_settled_and_only_with_a_reason(
    id: str, reason: str, text: str
) -> None:
    ledger = in_doubt()
    intend(ledger, structs.replace(WISH, amount=Decimal(2)), "p2")
    with pytest.raises(RequestRefused, match=text):
        ledger.settle(id, False, reason, NOW, write=written)


# Refusals


def refusal(wish: Any = WISH) -> PendingAnswered:
    order = None if wish is None else pending_of(wish, "")
    return PendingAnswered("c1", order=order, reason="OPEN_TIME")


def test_a_refusal_means_the_order_of_its_terms_or_the_only_one() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    other = structs.replace(WISH, amount=Decimal(2))
    assert [ledger.meant_by(refusal(wish)) for wish in (WISH, None, other)] == ["p1", "p1", ""]
    ledger.overdue("p1", "no answer by the deadline", NOW + 30)
    intend(ledger, other, "p2")
    assert [ledger.meant_by(refusal(wish)) for wish in (WISH, None, other)] == ["p1", "", "p2"]


def test_a_refusal_that_nothing_contradicts_is_the_orders() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.refused("p1", "OPEN_TIME", NOW + 1) == [
        OrderRefused("p1", WISH.asset, WISH.amount, "OPEN_TIME")
    ]
    assert ledger.refused("p1", "OPEN_TIME", NOW + 1) == []
    assert ledger.placed(answer(pending_of(WISH)), NOW + 2) == [PLACED]  # it was another one's


def test_a_refusal_that_a_ticket_contradicts_is_not_believed() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.listed_now(listing(pending_of(WISH)), NOW)
    doubt, placed = ledger.refused("p1", "OPEN_TIME", NOW + 1)
    assert isinstance(doubt, OrderInDoubt)
    assert placed == PLACED


def test_a_refusal_whose_connection_has_ended_leaves_it_to_the_lists() -> None:
    ledger = in_doubt()
    assert ledger.meant_by(refusal()) == ""
    assert ledger.refused("p1", "OPEN_TIME", NOW + 1) == []
    assert state(ledger) is OrderState.UNKNOWN


# The end of an order that the venue has


def placed_ledger() -> PendingLedger:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.placed(answer(pending_of(WISH)), NOW)
    return ledger


def last(ledger: PendingLedger) -> Order:
    kept: list[Order] = []
    ledger.record(kept.extend)
    return kept[-1]


def test_an_order_that_was_cancelled_is_closed() -> None:
    ledger = placed_ledger()
    ledger.cancelling("t1")
    assert last(ledger).reason == "its cancellation was sent"
    ledger.cancelled("t1", "c1", NOW + 1)
    ended = last(ledger)
    assert (ended.state, ended.reason, ledger.listed()) == (OrderState.CLOSED, CANCELLED, [])


def test_an_order_that_the_list_no_longer_has_is_closed() -> None:
    ledger = placed_ledger()
    ledger.listed_now(listing(pending_of(WISH)), NOW + 1)
    ledger.listed_now(listing(), NOW + 2)
    assert (last(ledger).state, last_reason(ledger)) == (OrderState.CLOSED, GONE)


def last_reason(ledger: PendingLedger) -> str:
    order = ledger.order("p1")
    assert order is not None
    return order.reason


def test_a_list_over_another_connection_may_be_older_than_the_answer() -> None:
    ledger = placed_ledger()
    ledger.listed_now(listing(pending_of(WISH)), NOW)
    ledger.listed_now(listing(connection="c2"), NOW + 1)
    assert (state(ledger), ledger.listed()) == (OrderState.PENDING, [pending_of(WISH)])
    ledger.listed_now(listing(connection="c2"), NOW + 6)
    assert (state(ledger), ledger.listed()) == (OrderState.CLOSED, [])


LACKS_TICKET = OrderInDoubt("p1", WISH.asset, WISH.amount, "the venue's list lacks its ticket t1")


def test_a_ticket_that_no_list_has_ever_had_is_in_doubt_and_then_proven_to_have_come_to_nothing() -> None:
    ledger = placed_ledger()
    assert ledger.listed_now(listing(), NOW + 1) == [LACKS_TICKET]
    assert (state(ledger), ledger.not_in_the_list(NOW + 2 + GRACE)) == (OrderState.UNKNOWN, [])
    assert log_in(ledger, NOW + 10, epoch=2) == []
    assert ledger.check(NOW + 11 + GRACE) == [OrderNotPlaced("p1", WISH.asset, WISH.amount)]
    assert last(ledger).pending == structs.replace(terms_of_wish(), ticket="")


def test_the_ticket_that_the_list_has_in_its_place_is_the_orders() -> None:
    ledger = placed_ledger()
    true = pending_of(WISH, "t2")
    assert ledger.listed_now(listing(true), NOW + 1) == [LACKS_TICKET, PendingOrderPlaced("p1", true)]


def test_a_ticket_that_no_list_had_before_its_deal_was_opened_is_closed() -> None:
    ledger = placed_ledger()
    ledger.deals_listed(list_open(deal_from(WISH)), NOW + 1)
    assert ledger.listed_now(listing(), NOW + 1) == []
    assert (state(ledger), last_reason(ledger)) == (OrderState.CLOSED, GONE)


def test_a_ticket_whose_cancellation_was_sent_is_closed_when_the_list_lacks_it() -> None:
    ledger = placed_ledger()
    ledger.cancelling("t1")
    assert ledger.listed_now(listing(), NOW + 1) == []
    assert (state(ledger), last_reason(ledger)) == (OrderState.CLOSED, GONE)


def terms_of_wish() -> PendingTerms:
    return PendingTerms(WISH.minimum_payout, WISH.open_at, WISH.open_price)


def test_a_list_over_another_connection_does_not_bring_back_what_was_cancelled() -> None:
    ledger = placed_ledger()
    ledger.cancelled("t1", "c1", NOW + 1)
    ledger.listed_now(listing(pending_of(WISH), connection="c2"), NOW + 2)
    assert ledger.listed() == []


def test_there_is_no_list_before_the_venues_first() -> None:
    ledger = ledger_of()
    intend(ledger)
    ledger.placed(answer(pending_of(WISH)), NOW)
    assert ledger.listed() is None


# A restart


def test_after_a_restart_the_orders_in_flight_are_in_doubt_and_those_that_the_venue_had_are_known() -> None:
    before = placed_ledger()
    intend(before, structs.replace(WISH, amount=Decimal(2)), "p2")
    orders = [order for order in map(before.order, ("p1", "p2")) if order is not None]
    ledger = ledger_of(orders)
    assert [order.id for order in ledger.in_doubt()] == ["p2"]
    assert ledger.doubts() == [OrderInDoubt("p2", WISH.asset, Decimal(2), "it was in flight when we stopped")]
    assert last(ledger).id == "p2"
    assert ledger.of_ticket("t1") is not None
    log_in(ledger, NOW + 2)
    assert state(ledger) is OrderState.CLOSED  # it was opened or cancelled meanwhile
    assert ledger.check(EVER) == [OrderNotPlaced("p2", WISH.asset, Decimal(2))]


def test_after_a_restart_a_deal_of_an_order_of_ours_speaks_against_nothing() -> None:
    ledger = in_doubt()
    order = ledger.order("p1")
    assert order is not None
    deal = deal_from(WISH)
    own = structs.replace(order, id="o1", pending=None, state=OrderState.OPEN, deal=deal)
    for own_deals, news in (([own], [NOT_PLACED]), ([], [])):
        restarted = ledger_of([order], own_deals)
        log_in(restarted, NOW + 2, opened=(deal,))
        assert restarted.check(EVER) == news


def test_its_repr_tells_how_many_there_are() -> None:
    assert repr(in_doubt()) == (
        "<PendingLedger: 0 placed, 1 in flight, 1 of them in doubt,"
        " <PendingEvidence: 0 listed, <Deals: 0 open, 0 ended>>>"
    )
