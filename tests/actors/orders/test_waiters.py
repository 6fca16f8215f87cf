"""Who is answered with what, which orders a lost connection takes along, and when trades can be judged."""

from decimal import Decimal

import pytest
from msgspec import structs

from actors.errors import NotPlaced, OrderUnknown, RequestRefused, RequestTimeout
from actors.messages.commands import GetOpenedDeals
from actors.messages.events import (
    AssetsListed,
    BalanceChanged,
    ConnectionDown,
    DealsClosed,
    DealsOpen,
    Event,
    OrderClosed,
    OrderInDoubt as UnknownNews,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
)
from actors.messages.traffic import OrderSent, TradingRequest
from actors.orders.waiters import DeskBook, Readiness
from actors.values import AccountKind, Balance
from tests.doubles.trading_samples import BET, ONE, TRADING, deal_of, ended

UNKNOWN = OrderUnknown("no answer", "o1")
LATE = RequestTimeout("not closed")


def down(epoch: int = 1, connection: str = "c1") -> ConnectionDown:
    return ConnectionDown(connection, epoch, "r", "reset", was_ready=True)


def sent(order: str = "o1", epoch: int = 1, connection: str = "c1") -> OrderSent:
    return OrderSent(order, connection, epoch)


def test_an_opened_order_answers_its_waiter_with_the_deal_and_only_once() -> None:
    book = DeskBook()
    book.enter("o1", 7)
    opened = OrderOpened("o1", deal_of(BET))
    assert book.answers([opened]) == [(7, opened.deal)]
    assert book.answers([opened]) == []


def test_only_the_order_that_the_news_are_of_is_answered() -> None:
    book = DeskBook()
    book.enter("o1", 1)
    book.enter("o2", 2)
    deal = deal_of(BET)
    assert book.answers([OrderOpened("o2", deal)]) == [(2, deal)]
    assert book.answers([OrderOpened("another's", deal), OrderOrphan(deal)]) == []


def test_a_refused_order_raises_the_venues_own_word() -> None:
    book = DeskBook()
    book.enter("o1", 7)
    [(waiter, error)] = book.answers([OrderRefused("o1", BET.asset, ONE, "notMoney")])
    assert (waiter, type(error)) == (7, RequestRefused)
    assert "notMoney" in str(error)


def test_an_order_that_came_to_nothing_is_safe_to_repeat() -> None:
    book = DeskBook()
    book.enter("o1", 7)
    [(waiter, error)] = book.answers([OrderNotPlaced("o1", BET.asset, ONE)])
    assert (waiter, type(error)) == (7, NotPlaced)


def test_doubt_about_an_order_answers_nobody() -> None:
    book = DeskBook()
    book.enter("o1", 7)
    assert book.answers([UnknownNews("o1", BET.asset, ONE, "reset")]) == []


def test_who_gave_up_is_answered_once_and_later_news_find_nobody() -> None:
    book = DeskBook()
    book.enter("o1", 7)
    assert book.give_up("o1", UNKNOWN) == [(7, UNKNOWN)]
    assert book.give_up("o1", UNKNOWN) == []
    assert book.answers([OrderOpened("o1", deal_of(BET))]) == []


def test_an_order_given_up_is_still_under_way() -> None:
    book = DeskBook()
    book.enter("o1", 7)
    assert book.sent(sent())
    book.give_up("o1", UNKNOWN)
    assert book.down(down()) == ["o1"]


def test_all_who_await_a_deal_are_answered_when_it_closes() -> None:
    book = DeskBook()
    deal = deal_of(BET)
    for waiter in (1, 2, 3):
        book.await_result(deal.id, waiter)
    book.await_result("another", 4)
    closed = ended(deal)
    assert book.answers([OrderClosed(closed)]) == [(1, closed), (2, closed), (3, closed)]
    assert book.answers([OrderClosed(closed)]) == []


def test_several_deals_that_close_at_once_answer_each_their_own() -> None:
    book = DeskBook()
    won = ended(deal_of(BET, "d1"), profit=Decimal("0.92"))
    lost = ended(deal_of(BET, "d2"))
    book.await_result("d2", 2)
    book.await_result("d1", 1)
    assert book.answers([OrderClosed(won), OrderClosed(lost)]) == [(1, won), (2, lost)]


def test_one_who_gives_a_result_up_leaves_the_others_waiting() -> None:
    book = DeskBook()
    deal = deal_of(BET)
    book.await_result(deal.id, 1)
    book.await_result(deal.id, 2)
    assert book.give_up_result(deal.id, 1, LATE) == [(1, LATE)]
    assert book.give_up_result(deal.id, 1, LATE) == []
    closed = ended(deal)
    assert book.answers([OrderClosed(closed)]) == [(2, closed)]
    assert book.give_up_result(deal.id, 2, LATE) == []


def test_a_deal_that_opens_and_closes_in_one_breath_answers_order_and_result() -> None:
    book = DeskBook()
    closed = ended(deal_of(BET))
    book.enter("o1", 1)
    book.await_result(closed.id, 2)
    assert book.answers([OrderOpened("o1", closed), OrderClosed(closed)]) == [(1, closed), (2, closed)]


def test_a_lost_connection_takes_its_own_orders_along_and_no_others() -> None:
    book = DeskBook()
    assert book.sent(sent("o1"))
    assert book.sent(sent("o2", connection="c2"))
    assert book.sent(sent("o3"))
    assert book.down(down()) == ["o1", "o3"]
    assert book.down(down()) == []


def test_a_settled_order_is_not_lost_with_its_connection() -> None:
    book = DeskBook()
    book.enter("o1", 7)
    assert book.sent(sent())
    book.answers([OrderOpened("o1", deal_of(BET))])
    assert book.down(down()) == []


def test_an_order_handed_to_a_life_that_has_ended_is_lost_at_once() -> None:
    book = DeskBook()
    book.down(down())
    assert not book.sent(sent())
    assert not book.sent(sent(epoch=1))
    assert book.sent(sent(epoch=2))


def test_an_order_may_be_handed_to_the_next_life_before_the_end_of_the_last_is_told() -> None:
    """The pool may hear of either before the desk does."""
    book = DeskBook()
    assert book.sent(sent())
    assert book.sent(sent("o2", epoch=2))
    assert book.down(down()) == ["o1"]
    assert book.down(down(epoch=2)) == ["o2"]


def test_a_late_end_of_an_earlier_life_does_not_revive_a_later_one() -> None:
    book = DeskBook()
    book.down(down(epoch=2))
    book.down(down(epoch=1))
    assert not book.sent(sent(epoch=2))
    assert book.sent(sent(epoch=3))
    assert book.sent(sent(epoch=1, connection="c2"))


def test_a_late_word_of_an_earlier_life_does_not_end_the_present_one() -> None:
    book = DeskBook()
    assert book.sent(sent(epoch=2))
    assert book.down(down(epoch=1)) == []
    assert book.sent(sent("o2", epoch=2))
    assert book.down(down(epoch=2)) == ["o1", "o2"]


ASSETS = AssetsListed([])
OPEN = DealsOpen("c1", 1, [])
CLOSED = DealsClosed("c1", 1, [], listed=True)


@pytest.mark.parametrize("missing", [ASSETS, OPEN, CLOSED])
def test_a_trade_waits_until_assets_and_both_lists_of_deals_are_known(missing: Event) -> None:
    briefing = Readiness(TRADING.told_after_login)
    trade = TradingRequest(1, GetOpenedDeals(), 5.0)
    briefing.early[trade.id] = trade
    for event in (ASSETS, OPEN, CLOSED):
        if event is not missing:
            assert briefing.hear(event) == []
    assert not briefing.complete
    assert briefing.hear(missing) == [trade]
    assert briefing.complete
    assert briefing.hear(ASSETS) == []


def test_deals_that_just_ended_are_not_the_list_of_the_closed_ones() -> None:
    briefing = Readiness(TRADING.told_after_login)
    for event in (ASSETS, OPEN, structs.replace(CLOSED, listed=False)):
        briefing.hear(event)
    assert not briefing.complete


def test_the_latest_word_on_the_balance_counts() -> None:
    briefing = Readiness(TRADING.told_after_login)
    for amount in (100, 90):
        briefing.hear(BalanceChanged(Balance(AccountKind.DEMO, Decimal(amount))))
    assert briefing.balance == Balance(AccountKind.DEMO, Decimal(90))
