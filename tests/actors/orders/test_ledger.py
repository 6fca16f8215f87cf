"""What the venue's answers and lists make of our orders and of others' deals, also after a restart."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import Halted, LocalProtocolError, NotSent, RequestRefused
from actors.messages.events import (
    AssetsListed,
    ConnectionUp,
    DealRefused,
    DealsClosed,
    DealsOpen,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    OrderSettled,
)
from actors.orders.ledger import Ledger
from actors.orders.order import Order, OrderState
from actors.orders.order_table import FINISHED_KEPT
from actors.orders.reconciliation import CLAIM_SETTLES
from actors.values import AccountKind, Deal, Direction, Life, Outcome
from tests.doubles.trading_samples import (
    BET,
    NOW,
    ONE,
    OTHER_BET,
    TRADING,
    accepted,
    close_now,
    deal_of,
    ended,
    fresh_ledger,
    intend,
    list_closed,
    list_open,
    log_in,
    lose,
    order_of,
    send,
    state,
    written,
)

DEAL = deal_of(BET)


def refusal(order: str) -> DealRefused:
    return DealRefused("c1", order, BET.asset, "MaxDemoTrades")


def refuse(orders: Sequence[Order]) -> None:
    raise Halted(f"disk full, {len(orders)} orders are not kept")


def test_an_intended_order_is_to_be_journaled_before_it_is_sent() -> None:
    ledger = fresh_ledger()
    order = intend(ledger)
    assert order.state is OrderState.JOURNALED
    assert ledger.take_changed() == [order]
    assert ledger.take_changed() == []


@pytest.mark.parametrize("direction", list(Direction))
def test_a_like_order_is_not_sent_while_one_is_in_flight(direction: Direction) -> None:
    ledger = fresh_ledger()
    intend(ledger)
    like = structs.replace(BET, direction=direction, amount=Decimal("1.00"), duration=120)
    with pytest.raises(NotSent, match="order o1 of 1 on EURUSD_otc is still journaled"):
        intend(ledger, like, "o2")
    ledger.lost("o1", "reset", NOW)
    with pytest.raises(NotSent, match="is still unknown"):
        intend(ledger, like, "o2")
    intend(ledger, OTHER_BET, "o2")


def test_a_like_order_may_follow_once_the_first_has_its_answer() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    intend(ledger, id="o2")
    ledger.refused(refusal("o2"))
    intend(ledger, id="o3")
    ledger.not_sent("o3", "no connection")
    assert intend(ledger, id="o4").state is OrderState.JOURNALED


def test_an_order_that_never_left_is_not_sent_even_after_its_deadline() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.overdue("o1", "no answer")
    assert ledger.not_sent("o1", "it waited for too long") == [OrderNotPlaced("o1", BET.asset, ONE)]
    assert state(ledger) is OrderState.NOT_SENT
    with pytest.raises(LocalProtocolError, match="is not sent, it cannot become not sent"):
        ledger.not_sent("o1", "again")


def test_an_order_that_the_ledger_does_not_know_cannot_be_lost() -> None:
    with pytest.raises(LocalProtocolError, match="no order o9"):
        fresh_ledger().lost("o9", "reset", NOW)


def test_an_acknowledged_order_is_open_and_later_closed() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.accepted(accepted("o1", DEAL)) == [OrderOpened("o1", DEAL)]
    assert ledger.deals.open_deals() == [DEAL]
    won = ended(DEAL, Decimal("0.92"))
    assert ledger.closed(close_now(won), NOW + 60) == [OrderClosed(won)]
    assert state(ledger) is OrderState.CLOSED
    assert ledger.deals.deal("d1") == won
    assert (ledger.deals.open_deals(), ledger.deals.closed_deals()) == ([], [won])
    assert [order.state for order in ledger.take_changed()] == [OrderState.CLOSED]


OTHER_TERMS: dict[str, Any] = {
    "asset": "GBPUSD_otc",
    "direction": Direction.PUT,
    "amount": 10 * ONE,
    "account": AccountKind.LIVE,
}


@pytest.mark.parametrize("term", OTHER_TERMS)
def test_a_row_of_other_terms_is_neither_our_deal_nor_its_result(term: str) -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    other = structs.replace(DEAL, **{term: OTHER_TERMS[term]})
    assert ledger.opened_listed(list_open(other), NOW + 1) == []
    assert ledger.closed(close_now(ended(other, 10 * ONE)), NOW + 60) == []
    assert (ledger.deals.open_deals(), state(ledger)) == ([DEAL], OrderState.OPEN)
    [(told, _)] = ledger.deals.take_contradicted()
    assert (told.deal, ledger.deals.take_contradicted()) == (DEAL, [])
    assert ledger.closed(list_closed(ended(DEAL)), NOW + 61) == [OrderClosed(ended(DEAL))]


@pytest.mark.parametrize("term", OTHER_TERMS)
@pytest.mark.parametrize("come", [list_open, close_now, list_closed])
def test_a_row_of_other_terms_that_comes_before_the_acknowledgement_is_not_our_deal_either(
    come: Callable[[Deal], DealsOpen | DealsClosed], term: str
) -> None:
    ledger = fresh_ledger()
    intend(ledger)
    other = structs.replace(DEAL, **{term: OTHER_TERMS[term]})
    row = come(other if come is list_open else ended(other, 10 * ONE))
    ledger.apply(row, NOW + 1)
    assert ledger.accepted(accepted("o1", DEAL), NOW + 1) == [OrderOpened("o1", DEAL)]
    order = order_of(ledger)
    assert (order.state, order.deal, ledger.deals.open_deals()) == (OrderState.OPEN, DEAL, [DEAL])
    assert ledger.closed(list_closed(ended(DEAL)), NOW + 61) == [OrderClosed(ended(DEAL))]


def test_connections_that_describe_our_deal_otherwise_in_turn_are_told_once_each() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    for _ in range(3):
        for connection, amount in (("c1", 5), ("c2", 7)):
            row = structs.replace(DEAL, amount=amount * ONE)
            ledger.opened_listed(list_open(row, connection=connection), NOW + 1)
    assert [difference for _, difference in ledger.deals.take_contradicted()] == [
        "amount 5 in place of 1",
        "amount 7 in place of 1",
    ]


def test_a_deal_that_was_rolled_over_may_have_a_higher_stake() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    longer = structs.replace(DEAL, closes_at=DEAL.closes_at + 60, amount=2 * ONE)
    ledger.opened_listed(list_open(longer), NOW + 1)
    assert (ledger.deals.open_deals(), ledger.deals.take_contradicted()) == ([longer], [])


def test_a_rolled_over_deal_whose_result_was_missed_is_kept_as_it_was_last_described() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    longer = structs.replace(DEAL, closes_at=DEAL.closes_at + 60, amount=2 * ONE)
    ledger.opened_listed(list_open(longer), NOW + 1)
    log_in(ledger, NOW + 300, epoch=2)
    order = order_of(ledger)
    assert (order.state, order.deal) == (OrderState.CLOSED, longer)


def test_a_deal_whose_result_was_missed_is_not_open_after_a_restart() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    ledger.opened_listed(list_open(DEAL), NOW + 1)
    log_in(ledger, NOW + 300, epoch=2)
    again = Ledger([order_of(ledger)], NOW + 400, TRADING)
    assert (again.deals.open_deals(), again.count_open(NOW + 400)) == ([], 0)
    won = ended(DEAL, Decimal("0.92"))
    assert log_in(again, NOW + 401, closed=(won,)) == [OrderClosed(won)]
    assert order_of(again).deal == won


def test_the_list_corrects_a_result_once_and_an_older_list_does_not_bring_it_back() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    won, lost = ended(DEAL, Decimal("0.92")), ended(DEAL)
    ledger.closed(close_now(won), NOW + 60)
    assert ledger.closed(close_now(lost), NOW + 60) == []
    assert ledger.closed(list_closed(lost), NOW + 61) == [OrderClosed(lost)]
    for older in (lost, won):
        assert ledger.closed(list_closed(older), NOW + 62) == []
    assert (ledger.deals.deal("d1"), ledger.deals.take_corrected()) == (lost, [(won, lost)])
    order = order_of(ledger)
    assert (order.state, order.deal) == (OrderState.CLOSED, lost)
    again = Ledger([order], NOW + 90, TRADING)
    assert again.closed(list_closed(won), NOW + 91) == [OrderClosed(won)]


def test_a_draw_closes_an_order_and_is_not_a_loss() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    [event] = ledger.closed(close_now(ended(DEAL, Decimal(0))), NOW + 60)
    assert isinstance(event, OrderClosed)
    assert event.deal.outcome is Outcome.DRAW


def test_a_second_acknowledgement_is_ignored() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    ledger.take_changed()
    assert ledger.accepted(accepted("o1", DEAL)) == []
    assert ledger.take_changed() == []


def test_an_order_that_was_executed_twice_surfaces_its_second_deal() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    second = deal_of(BET, "d2")
    assert ledger.accepted(accepted("o1", second)) == [OrderOrphan(second)]


def test_an_acknowledgement_for_a_strangers_id_is_an_orphan_and_never_ours() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.accepted(accepted("someone", DEAL)) == [OrderOrphan(DEAL)]
    assert ledger.accepted(accepted("someone", DEAL)) == []
    ledger.lost("o1", "reset", NOW)
    assert log_in(ledger, NOW + 1, epoch=2, opened=(DEAL,)) == []
    assert state(ledger) is OrderState.UNKNOWN


def test_an_acknowledgement_30_seconds_late_opens_an_unknown_order() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.overdue("o1", "no answer") == [OrderInDoubt("o1", BET.asset, ONE, "no answer")]
    late = deal_of(BET, opened_at=NOW + 30)
    assert ledger.accepted(accepted("o1", late)) == [OrderOpened("o1", late)]


def test_a_refusal_ends_an_order_and_a_second_one_says_nothing() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.refused(refusal("o1")) == [OrderRefused("o1", BET.asset, ONE, "MaxDemoTrades")]
    assert ledger.refused(refusal("o1")) == []
    assert ledger.refused(refusal("")) == []
    assert state(ledger) is OrderState.REFUSED


def test_an_acknowledgement_overrules_a_refusal_because_it_names_its_order() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.refused(refusal("o1"))
    assert ledger.accepted(accepted("o1", DEAL)) == [OrderOpened("o1", DEAL), OrderOrphan(DEAL)]
    assert state(ledger) is OrderState.OPEN


def test_a_lost_connection_is_no_news_for_an_order_that_has_its_answer() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    assert ledger.lost("o1", "reset", NOW + 1) == []
    assert state(ledger) is OrderState.OPEN


def test_an_order_is_doubted_once_though_its_connection_goes_after_its_deadline() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert len(ledger.overdue("o1", "no answer")) == 1
    assert ledger.lost("o1", "reset", NOW + 31) == []
    assert [order.id for order in ledger.orders_in_doubt()] == ["o1"]


def test_deals_that_were_there_before_us_are_no_orphans_and_their_old_ends_no_news() -> None:
    ledger = Ledger([], NOW, TRADING)
    past, running = ended(deal_of(BET, "d0", NOW - 300)), deal_of(BET, "d1", NOW - 30)
    assert log_in(ledger, NOW, opened=(running,), closed=(past,)) == []
    assert log_in(ledger, NOW + 1, opened=(running,), closed=(past,), connection="c2") == []
    assert (ledger.deals.open_deals(), ledger.deals.closed_deals()) == ([running], [past])
    assert ledger.closed(close_now(ended(running)), NOW + 30) == [OrderClosed(ended(running))]


def test_a_deal_opened_elsewhere_is_an_orphan_once_on_however_many_connections() -> None:
    ledger = fresh_ledger()
    assert ledger.opened_listed(list_open(DEAL), NOW) == [OrderOrphan(DEAL)]
    assert ledger.opened_listed(list_open(DEAL, connection="c2"), NOW) == []
    assert ledger.accepted(accepted("someone", DEAL)) == []


def test_a_deal_opened_and_ended_elsewhere_while_we_were_away_surfaces() -> None:
    ledger = fresh_ledger()
    assert log_in(ledger, NOW + 90, epoch=2, closed=(ended(DEAL),)) == [
        OrderOrphan(ended(DEAL)),
        OrderClosed(ended(DEAL)),
    ]


def test_a_listed_deal_is_no_orphan_while_an_order_in_flight_may_be_its() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.opened_listed(list_open(DEAL, connection="c2"), NOW) == []
    assert ledger.accepted(accepted("o1", DEAL)) == [OrderOpened("o1", DEAL)]


def test_it_is_one_as_soon_as_that_order_has_come_to_nothing() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.opened_listed(list_open(DEAL, connection="c2"), NOW)
    assert ledger.not_sent("o1", "no connection") == [OrderOrphan(DEAL)]


def test_an_end_is_told_once_however_often_it_is_listed() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", DEAL))
    assert ledger.closed(list_closed(ended(DEAL)), NOW + 60) == [OrderClosed(ended(DEAL))]
    assert ledger.closed(close_now(ended(DEAL)), NOW + 60) == []
    assert ledger.closed(list_closed(ended(DEAL), connection="c2"), NOW + 61) == []
    assert ledger.opened_listed(list_open(DEAL, connection="c2"), NOW + 61) == []
    assert ledger.deals.open_deals() == []


def test_an_end_that_comes_before_the_acknowledgement_is_told_once() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.closed(close_now(ended(DEAL)), NOW + 60) == [OrderClosed(ended(DEAL))]
    assert ledger.accepted(accepted("o1", DEAL)) == [OrderOpened("o1", ended(DEAL))]
    assert state(ledger) is OrderState.CLOSED


def test_orders_that_could_not_be_journaled_come_again_as_they_are_then() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    intend(ledger, OTHER_BET, "o2")
    with pytest.raises(Halted, match="disk full"):
        ledger.record(refuse)
    ledger.lost("o1", "reset", NOW)
    journaled: list[Order] = []
    ledger.record(journaled.extend)
    assert [(order.id, order.state) for order in journaled] == [
        ("o1", OrderState.UNKNOWN),
        ("o2", OrderState.JOURNALED),
    ]
    ledger.record(journaled.extend)
    assert len(journaled) == 2


def test_a_change_made_while_the_journal_refuses_the_last_one_is_not_overwritten() -> None:
    ledger = fresh_ledger()
    intend(ledger)

    def change_and_refuse(orders: Sequence[Order]) -> None:
        ledger.lost("o1", "reset", NOW)
        refuse(orders)

    with pytest.raises(Halted):
        ledger.record(change_and_refuse)
    assert [order.state for order in ledger.take_changed()] == [OrderState.UNKNOWN]


def test_an_event_of_the_venue_is_applied_by_its_kind() -> None:
    ledger = Ledger([], NOW - 60, TRADING)
    for event in (ConnectionUp("c1", 1, "r"), list_open(), list_closed()):
        assert ledger.apply(event, NOW - 60) == []
    intend(ledger)
    assert ledger.apply(accepted("o1", DEAL), NOW) == [OrderOpened("o1", DEAL)]
    assert ledger.apply(close_now(ended(DEAL)), NOW + 60) == [OrderClosed(ended(DEAL))]
    intend(ledger, id="o2", now=NOW + 60)
    assert ledger.apply(refusal("o2"), NOW + 60) == [OrderRefused("o2", BET.asset, ONE, "MaxDemoTrades")]
    assert ledger.apply(AssetsListed([]), NOW + 60) == []


def test_its_repr_counts_orders_and_deals() -> None:
    ledger = fresh_ledger()
    intend(ledger, OTHER_BET, "o2")
    ledger.accepted(accepted("o2", deal_of(OTHER_BET, "d2")))
    intend(ledger, OTHER_BET, "o3")
    lose(ledger)
    assert repr(ledger) == ("<Ledger: 2 orders in flight, 1 of them in doubt, 1 deals open, 0 closed>")


def test_finished_orders_are_forgotten_the_oldest_first() -> None:
    ledger = fresh_ledger()
    intend(ledger, OTHER_BET, "kept")
    for number in range(FINISHED_KEPT + 1):
        intend(ledger, id=f"o{number}")
        ledger.not_sent(f"o{number}", "no connection")
    assert ledger.order("o0") is None
    assert ledger.order("o1") is not None
    assert ledger.order("kept") is not None
    assert ledger.accepted(accepted("o0", DEAL)) == [OrderOrphan(DEAL)]


def test_an_order_proven_not_placed_may_be_repeated() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    log_in(ledger, NOW + 1, epoch=2)
    assert ledger.check(NOW + 3) == [OrderNotPlaced("o1", BET.asset, ONE)]
    assert intend(ledger, id="o2", now=NOW + 3).state is OrderState.JOURNALED


@pytest.mark.parametrize("unread", ["open", "closed"])
def test_a_list_with_a_row_that_could_not_be_read_proves_nothing(unread: str) -> None:
    """The row may have been the very deal."""
    ledger = fresh_ledger()
    lose(ledger)
    ledger.login(Life("c1", 2), NOW + 1)
    ledger.opened_listed(structs.replace(list_open(epoch=2), complete=unread != "open"), NOW + 1)
    ledger.closed(structs.replace(list_closed(epoch=2), complete=unread != "closed"), NOW + 1)
    assert ledger.check_at() is None
    assert ledger.check(NOW + 1000) == []
    log_in(ledger, NOW + 1001, epoch=3)
    assert ledger.check(NOW + 1004) == [OrderNotPlaced("o1", BET.asset, ONE)]


def test_a_deal_that_is_missing_from_an_incomplete_list_stays_open() -> None:
    ledger = fresh_ledger()
    ledger.opened_listed(list_open(DEAL), NOW)
    ledger.opened_listed(structs.replace(list_open(), complete=False), DEAL.closes_at + 60)
    assert ledger.deals.open_deals() == [DEAL]
    ledger.opened_listed(list_open(), DEAL.closes_at + 61)
    assert ledger.deals.open_deals() == []


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
    assert ledger.deals.deal("d1") == DEAL
    assert log_in(ledger, NOW + 91, closed=(ended(DEAL),)) == [OrderClosed(ended(DEAL))]
    restarted = Ledger(ledger.take_changed(), NOW + 100, TRADING)
    assert log_in(restarted, NOW + 101, closed=(ended(DEAL),)) == []
    assert restarted.deals.deal("d1") == ended(DEAL)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"asset": "#AAPL"}, "asset #AAPL in place of EURUSD_otc"),
        ({"amount": Decimal("1.01")}, "amount 1.01 in place of 1"),
        ({"direction": Direction.PUT}, "direction put"),
        ({"account": AccountKind.LIVE}, "a live account"),
        ({"closes_at": DEAL.closes_at + 60}, "120 s in place of 60 s"),
    ],
)
def test_an_acknowledgement_of_other_terms_puts_the_order_in_doubt_and_is_no_evidence(
    changes: dict[str, Any], difference: str
) -> None:
    ledger = fresh_ledger()
    send(ledger)
    wrong = structs.replace(DEAL, **changes)
    reason = f"the venue's answer is not for what was asked: deal d1 has {difference}"
    assert ledger.accepted(accepted("o1", wrong)) == [OrderInDoubt("o1", BET.asset, ONE, reason)]
    assert ledger.accepted(accepted("o1", wrong)) == []
    assert (state(ledger), ledger.deals.open_deals()) == (OrderState.UNKNOWN, [])
    assert ledger.opened_listed(list_open(DEAL), NOW) == []
    assert ledger.check(NOW + CLAIM_SETTLES) == [OrderOpened("o1", DEAL)]


def test_a_deal_is_given_to_one_order_only() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    intend(ledger, OTHER_BET, "o2")
    ledger.accepted(accepted("o1", DEAL))
    assert [type(event) for event in ledger.accepted(accepted("o2", DEAL))] == [OrderInDoubt]
    assert (state(ledger, "o1"), state(ledger, "o2")) == (OrderState.OPEN, OrderState.UNKNOWN)
    assert ledger.deals.deal("d1") == DEAL


def test_a_deal_that_was_there_before_the_order_is_not_its() -> None:
    ledger = fresh_ledger()
    ledger.opened_listed(list_open(DEAL), NOW)
    intend(ledger)
    assert [type(event) for event in ledger.accepted(accepted("o1", DEAL))] == [OrderInDoubt]


def test_a_deal_that_is_acknowledged_to_no_request_may_be_an_orders() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    assert ledger.accepted(accepted("", DEAL)) == []
    ledger.lost("o1", "reset", NOW)
    order = order_of(ledger)
    assert (order.state, order.deal) == (OrderState.OPEN, DEAL)


def test_a_deal_that_the_venue_named_and_lists_forbids_the_verdict_also_after_a_restart() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    wrong = structs.replace(DEAL, amount=Decimal(7))
    ledger.accepted(accepted("o1", wrong))
    for book in (ledger, Ledger(ledger.take_changed(), NOW, TRADING)):
        book.lost("o1", "reset", NOW)
        log_in(book, NOW + 5, epoch=2, opened=(wrong,))
        assert (state(book), book.check_at()) == (OrderState.UNKNOWN, None)


def test_a_deal_that_the_venue_named_and_does_not_list_leaves_the_verdict_to_the_lists() -> None:
    ledger = fresh_ledger()
    intend(ledger)
    ledger.accepted(accepted("o1", structs.replace(DEAL, amount=Decimal(7))))
    ledger.lost("o1", "reset", NOW)
    log_in(ledger, NOW + 5, epoch=2)
    ledger.check(NOW + 60)
    order = order_of(ledger)
    assert (order.state, order.deal) == (OrderState.NOT_PLACED, None)


@pytest.mark.parametrize("deals", [(), (DEAL,), (DEAL, deal_of(BET, "d2"))])
def test_a_person_settles_an_order_as_opened_by_the_one_deal_that_may_be_its_or_without_a_deal(
    deals: tuple[Deal, ...],
) -> None:
    ledger = fresh_ledger()
    lose(ledger)
    far = [structs.replace(deal, opened_at=NOW + 7_200, closes_at=NOW + 7_260) for deal in deals]
    log_in(ledger, NOW + 1, epoch=2, opened=tuple(far))
    events = ledger.settle("o1", opened=True, reason="seen on the page", write=written)
    order = order_of(ledger)
    assert order.reason == "settled by a person: seen on the page"
    settled = OrderSettled("o1", BET.asset, ONE, True, "seen on the page")
    if len(deals) == 1:
        assert events == [OrderOpened("o1", far[0]), settled]
        assert (order.state, order.deal) == (OrderState.OPEN, far[0])
    else:
        assert events == [settled, *map(OrderOrphan, far)]
        assert (order.state, order.deal) == (OrderState.CLOSED, None)
    assert ledger.orders_in_flight() == []
    restored = Ledger(ledger.take_changed(), NOW, TRADING)
    assert restored.orders_in_doubt() == []


def test_a_person_settles_an_order_as_not_placed_and_a_deal_that_turns_up_later_is_still_its() -> None:
    ledger = fresh_ledger()
    lose(ledger)
    assert ledger.settle("o1", opened=False, reason="not on the page", write=written) == [
        OrderSettled("o1", BET.asset, ONE, False, "not on the page")
    ]
    assert intend(ledger, id="o2").state is OrderState.JOURNALED
    assert ledger.accepted(accepted("o1", DEAL)) == [OrderOpened("o1", DEAL), OrderOrphan(DEAL)]


@pytest.mark.parametrize(
    ("id", "reason", "text"),
    [("o1", "why", "it is journaled"), ("o9", "why", "it is not known"), ("o1", " ", "needs a reason")],
)
def test_only_an_order_in_doubt_is_settled_and_only_with_a_reason(id: str, reason: str, text: str) -> None:
    ledger = fresh_ledger()
    intend(ledger)
    with pytest.raises(RequestRefused, match=text):
        ledger.settle(id, opened=True, reason=reason, write=written)
