"""The order desk among its neighbours: what it journals, sends, publishes and answers, in which order."""

import math
import queue
import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pykka
import pytest
from loguru import logger
from msgspec import structs

from actors.distribution import Distribution
from actors.errors import (
    Halted,
    NotPlaced,
    NotSent,
    OrderUnknown,
    RateLimited,
    RequestRefused,
    RequestTimeout,
)
from actors.messages.commands import (
    AwaitResult,
    GetClosedDeals,
    GetOpenedDeals,
    PlaceOrder,
    PlacePendingOrder,
    Resume,
    SettleOrder,
)
from actors.messages.control import Reconfigure
from actors.messages.events import (
    AssetsListed,
    BalanceChanged,
    ClockReport,
    ConnectionSuspect,
    ConnectionUp,
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
    OrderSettled,
    TradingHalted,
    TradingResumed,
)
from actors.messages.lifecycle import OutboundRef
from actors.messages.orders import HaltTrading, OrderSent, TradingRequest, Withdraw
from actors.messages.outbound import ResumeOrders, StopOrders
from actors.messages.status import Describe, DeskStatus, LimitStatus
from actors.messages.tasks import TaskStatus
from actors.messages.traffic import Failure, Request, RequestDone, Response
from actors.orders.order import Order, OrderState
from actors.orders.timeouts import RECALL_TIMEOUT, REFUSAL_SETTLES, RESULT_GRACE, SETTLED_AFTER
from actors.values import AccountKind, Balance, Direction
from runtime.storage.account import JournalAccount
from runtime.storage.journal import SqliteJournal
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT
from tests.doubles.trading_samples import BET, ONE, OTHER_BET, close_now, deal_of, ended
from tests.doubles.watched_order_desk import ASSET, LIMITS, VERDICT_DELAY, Neighbour, WatchedOrderDesk

CLOSED = structs.replace(ASSET, symbol="CLOSED_otc", tradable=False)


@pytest.fixture
def desk(clock: ManualClock) -> WatchedOrderDesk:
    """A desk that is ready to trade."""
    desk = WatchedOrderDesk(clock)
    desk.get_ready()
    return desk


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    """The lines of the log of at least that level."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    yield lines
    logger.remove(sink)


def test_an_order_is_on_the_disk_before_it_leaves(desk: WatchedOrderDesk, clock: ManualClock) -> None:
    desk.ask(7, BET)
    assert desk.step() == ("write", [OrderState.JOURNALED])
    name, request = desk.step()
    [[journaled]] = desk.journal.writes
    assert name == "outbound"
    named = structs.replace(BET, id=journaled.id)
    assert request == Request(7, named, clock() + 29.5, urgent=True, order=journaled.id)
    assert desk.quiet()


def test_an_outcome_is_journaled_then_published_then_answered(desk: WatchedOrderDesk) -> None:
    order, deal = desk.place(7), desk.deal()
    desk.tell(DealAccepted("c1", order, deal))
    assert desk.step() == ("note", [OrderState.OPEN])
    assert desk.published() == [OrderOpened(order, deal)]
    assert desk.step() == ("router", Response(7, deal))
    assert desk.quiet()


def test_the_venues_refusal_is_the_answer(desk: WatchedOrderDesk) -> None:
    order = desk.place(7)
    desk.tell(DealRefused("c1", order, BET.asset, "notMoney"))
    assert desk.quiet()
    desk.advance(REFUSAL_SETTLES)
    assert desk.step() == ("note", [OrderState.REFUSED])
    assert desk.published() == [OrderRefused(order, BET.asset, ONE, "notMoney")]
    assert isinstance(desk.error(7), RequestRefused)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"asset": "NOSUCH_otc"}, "lists no asset 'NOSUCH_otc'"),
        ({"asset": CLOSED.symbol}, "cannot be traded at the moment"),
        ({"amount": 0}, "amount may be 1 to 50"),
        ({"amount": -1}, "amount may be 1 to 50"),
        ({"amount": 51}, "amount may be 1 to 50"),
        ({"amount": Decimal("1.001")}, r"multiple of 0\.01"),
        ({"amount": 40}, "more than the balance of 30"),
        ({"duration": 1}, "for 5 to 3600 s"),
        ({"duration": 3601}, "for 5 to 3600 s"),
    ],
)
def test_an_order_that_can_never_be_sent_as_asked_is_refused_not_called_safe_to_repeat(
    desk: WatchedOrderDesk, changes: dict[str, Any], rule: str
) -> None:
    desk.tell(AssetsListed([ASSET, CLOSED]), BalanceChanged(Balance(AccountKind.DEMO, Decimal(30))))
    desk.ask(7, structs.replace(BET, **changes))
    error = desk.error(7)
    assert type(error) is RequestRefused
    assert re.search(rule, str(error))
    assert desk.quiet()
    assert desk.journal.writes == []


def test_one_deal_too_many_is_refused_by_the_name_of_the_limit(desk: WatchedOrderDesk) -> None:
    for number in (1, 2, 3):
        desk.place(number, structs.replace(BET, amount=number))
    desk.ask(4, structs.replace(BET, amount=4))
    error = desk.error(4)
    assert type(error) is RequestRefused
    assert "orders.maximum_open" in str(error)


@pytest.mark.parametrize(
    ("prepare", "patience", "error"),
    [
        (lambda _: None, -1.0, NotSent),  # its deadline passed before it came
        (lambda desk: setattr(desk.journal, "broken", "disk full"), 30.0, Halted),
    ],
)
def test_an_order_with_which_nothing_was_wrong_is_safe_to_repeat(
    desk: WatchedOrderDesk, prepare: Any, patience: float, error: type[NotSent]
) -> None:
    prepare(desk)
    desk.ask(2, BET, patience)
    assert type(desk.error(2)) is error


def test_a_refusal_is_not_believed_sooner_for_a_suspend(desk: WatchedOrderDesk) -> None:
    """The venue's news could not come in it."""
    order = desk.place(7)
    desk.tell(DealRefused("c1", order, BET.asset, "notMoney"))
    desk.suspend(REFUSAL_SETTLES * 3)
    assert desk.quiet()
    desk.advance(REFUSAL_SETTLES)
    assert desk.step() == ("note", [OrderState.REFUSED])
    desk.published()
    assert isinstance(desk.error(7), RequestRefused)


def test_a_refusal_that_the_venue_contradicts_is_nobodys_answer(desk: WatchedOrderDesk) -> None:
    """It came twice for an order of the same asset, and names none."""
    first, second = desk.place(7), desk.place(8, OTHER_BET)
    deal = desk.deal(command=OTHER_BET)
    desk.tell(
        DealRefused("c1", first, BET.asset, "OPEN_TIME"), DealRefused("c1", second, BET.asset, "OPEN_TIME")
    )
    desk.tell(DealAccepted("c1", second, deal))
    assert desk.step() == ("note", [OrderState.OPEN])
    assert desk.published() == [OrderOpened(second, deal)]
    assert desk.step() == ("router", Response(8, deal))
    desk.advance(REFUSAL_SETTLES)
    assert desk.step() == ("note", [OrderState.REFUSED])
    assert desk.published() == [OrderRefused(first, BET.asset, ONE, "OPEN_TIME")]
    assert isinstance(desk.error(7), RequestRefused)
    assert desk.quiet()


def like(direction: Direction, duration: int) -> PlaceOrder:
    return PlaceOrder(BET.asset, ONE, direction, duration)


def test_like_orders_leave_one_after_another_the_first_come_first(desk: WatchedOrderDesk) -> None:
    first = desk.place(1)
    desk.ask(2, like(Direction.PUT, 60))
    desk.ask(3, like(Direction.CALL, 120))
    assert desk.quiet()
    desk.tell(DealAccepted("c1", first, desk.deal()))
    steps = [desk.step() for _ in range(5)]
    assert steps[0] == ("note", [OrderState.OPEN])
    assert steps[2] == ("router", Response(1, desk.deal()))
    assert steps[3] == ("write", [OrderState.JOURNALED])
    assert steps[4][1].command == structs.replace(like(Direction.PUT, 60), id=steps[4][1].order)
    assert desk.quiet()
    desk.tell(Failure.of(2, NotSent("no connection"), steps[4][1].order))
    while (step := desk.step())[0] != "outbound":
        pass
    assert step[1].command == structs.replace(like(Direction.CALL, 120), id=step[1].order)


def test_an_order_waits_until_its_deadline_for_one_like_it(desk: WatchedOrderDesk) -> None:
    desk.place(1)
    desk.ask(2, like(Direction.PUT, 60), patience=3.0)
    desk.advance(3.0)
    error = desk.error(2)
    assert type(error) is NotSent
    assert "under way until its deadline" in str(error)
    assert desk.quiet()


def test_an_order_whose_deadline_has_passed_in_a_suspend_while_a_like_one_was_under_way_is_not_sent(
    desk: WatchedOrderDesk,
) -> None:
    """What it has waited for is the first message after the suspend."""
    first = desk.place(1)
    desk.ask(2, like(Direction.PUT, 60), patience=4.0)
    desk.part()
    desk.clock.stand_still(6.0)
    desk.tell(DealAccepted("c1", first, desk.deal()))
    assert isinstance(desk.error(2), NotSent)
    assert desk.step() == ("note", [OrderState.OPEN])
    assert [desk.step()[0], desk.step()[0]] == ["router", "router"]
    assert desk.quiet()


def test_an_order_held_back_whose_deadline_has_passed_in_a_suspend_is_not_sent(clock: ManualClock) -> None:
    """The venue's lists, which it has waited for, are the first messages after the suspend."""
    desk = WatchedOrderDesk(clock)
    desk.ask(1, BET, patience=4.0)
    desk.part()
    clock.stand_still(6.0)
    desk.get_ready()
    assert isinstance(desk.error(1), NotSent)
    assert desk.quiet()


def test_what_waits_for_an_order_that_comes_into_doubt_is_told_its_name(desk: WatchedOrderDesk) -> None:
    order = desk.place(1)
    desk.ask(2, like(Direction.PUT, 60))
    desk.ask(3, like(Direction.CALL, 120))
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert isinstance(desk.published()[0], OrderInDoubt)
    for waiter in (2, 3):
        error = desk.error(waiter)
        assert type(error) is NotSent
        assert f"order {order} of 1 on EURUSD_otc is still unknown" in str(error)
    assert desk.quiet()


def test_a_halt_takes_the_orders_that_wait_for_others(desk: WatchedOrderDesk) -> None:
    desk.place(1)
    desk.ask(2, like(Direction.PUT, 60))
    desk.part()
    desk.tell(HaltTrading(9, "lunch"))
    for _ in range(3):
        desk.step()
    assert isinstance(desk.error(2), Halted)
    assert desk.quiet()


def test_a_stop_tells_the_orders_that_wait_for_others_that_they_were_not_sent(desk: WatchedOrderDesk) -> None:
    desk.place(1)
    desk.ask(2, like(Direction.PUT, 60))
    desk.part()
    desk.ref.stop()
    assert type(desk.error(2)) is NotSent


def test_a_settled_order_is_in_the_main_file_before_it_is_answered_and_its_caller_is_told(
    desk: WatchedOrderDesk,
) -> None:
    order = desk.place(1)
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    desk.step()
    desk.published()
    desk.ask(2, SettleOrder(order, opened=False, reason="not on the page"))
    assert desk.step() == ("write", [OrderState.NOT_PLACED])
    assert desk.published() == [OrderSettled(order, BET.asset, ONE, False, "not on the page")]
    assert not desk.journal.unsettled
    assert isinstance(desk.error(1), NotPlaced)
    assert desk.step() == ("router", Response(2, None))
    desk.ask(3, SettleOrder(order, opened=True, reason="again"))
    assert "is not in doubt" in str(desk.error(3))


def test_what_a_person_says_of_an_order_holds_only_once_it_is_written(
    clock: ManualClock, tmp_path: Path
) -> None:
    path = tmp_path / "orders.sqlite"
    journal = SqliteJournal(path, JournalAccount("pocketoption", "demo", "123"))
    desk = WatchedOrderDesk(clock, journal=journal)
    with closing(journal), closing(sqlite3.connect(path, isolation_level=None)) as other:
        desk.get_ready()
        desk.ask(1, BET)
        _, request = desk.step()
        order = request.order
        desk.tell(OrderSent(order, "c1", 1))
        desk.lose_connection()
        desk.published()
        other.execute("BEGIN IMMEDIATE")
        desk.ask(2, SettleOrder(order, opened=False, reason="not on the page"))
        assert isinstance(desk.error(2), Halted)
        other.execute("ROLLBACK")
        desk.ask(3, BET)
        assert f"order {order}" in str(desk.error(3))  # which is in doubt as before
        desk.ask(4, SettleOrder(order, opened=True, reason="on the page after all"))
        assert desk.published() == [OrderSettled(order, BET.asset, ONE, True, "on the page after all")]
        assert isinstance(desk.error(1), OrderUnknown)
        assert desk.step() == ("router", Response(4, None))
        assert other.execute("SELECT state FROM orders WHERE id = ?", [order]).fetchall() == [("closed",)]
        desk.ref.stop()


def test_what_the_journal_may_have_of_a_refused_settlement_is_written_over(desk: WatchedOrderDesk) -> None:
    order = desk.place(1)
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    desk.step()
    desk.published()
    desk.journal.broken = "disk full"
    desk.ask(2, SettleOrder(order, opened=False, reason="not on the page"))
    assert isinstance(desk.error(2), Halted)
    desk.journal.broken = ""
    desk.get_ready(2)
    assert desk.step() == ("note", [OrderState.UNKNOWN])


def test_an_answer_for_another_order_than_was_asked_for_is_never_the_answer(
    desk: WatchedOrderDesk, clock: ManualClock, warnings: list[str]
) -> None:
    order, other = desk.place(7), PlaceOrder("#AAPL", Decimal(7), Direction.PUT, 60)
    desk.tell(OrderSent(order, "c1", 1), DealAccepted("c1", order, desk.deal(command=other)))
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    [doubt] = desk.published()
    assert isinstance(doubt, OrderInDoubt)
    assert "not for what was asked" in doubt.reason
    assert desk.quiet()
    assert any(doubt.reason in line for line in warnings)
    clock.advance(30)
    error = desk.error(7)
    assert isinstance(error, OrderUnknown)
    assert (error.order, doubt.reason in str(error)) == (order, True)


def test_an_order_that_cannot_be_journaled_is_not_sent_and_leaves_nothing_in_flight(
    desk: WatchedOrderDesk,
) -> None:
    desk.journal.broken = "disk full"
    desk.ask(7, BET)
    assert "disk full" in str(desk.error(7))
    desk.journal.broken = ""
    assert desk.quiet()
    desk.ask(8, BET)
    assert desk.step() == ("write", [OrderState.NOT_SENT, OrderState.JOURNALED])
    assert desk.step()[0] == "outbound"


def test_an_outcome_that_cannot_be_journaled_is_published_and_journaled_with_the_next_one(
    desk: WatchedOrderDesk,
) -> None:
    order, deal = desk.place(7), desk.deal()
    desk.journal.broken = "disk full"
    desk.tell(DealAccepted("c1", order, deal))
    assert desk.published() == [OrderOpened(order, deal)]
    assert desk.step() == ("router", Response(7, deal))
    desk.part()
    desk.journal.broken = ""
    desk.tell(AssetsListed([ASSET]))
    assert desk.step() == ("note", [OrderState.OPEN])


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (PlaceOrder("EURUSD_otc", Decimal(60), BET.direction, 60), "the amount may be"),
        (PlaceOrder("nothing", ONE, BET.direction, 60), "lists no asset 'nothing'"),
    ],
)
def test_an_order_that_breaks_a_rule_reaches_neither_journal_nor_venue(
    desk: WatchedOrderDesk, command: PlaceOrder, reason: str
) -> None:
    desk.ask(7, command)
    assert reason in str(desk.error(7))
    assert desk.quiet()


def test_an_order_whose_deadline_has_passed_is_not_sent(desk: WatchedOrderDesk) -> None:
    desk.ask(7, BET, patience=0.0)
    assert "deadline has passed" in str(desk.error(7))
    assert desk.quiet()


def test_open_deals_and_orders_in_flight_count_together_towards_the_limit(desk: WatchedOrderDesk) -> None:
    desk.opened(1)
    desk.place(2)
    desk.place(3, OTHER_BET)
    desk.ask(4, PlaceOrder("EURUSD_otc", Decimal(3), BET.direction, 60))
    assert "3 deals are open or on their way" in str(desk.error(4))


def test_an_order_waits_for_the_venues_lists_and_then_leaves(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock)
    desk.ask(7, BET)
    assert desk.quiet()
    desk.get_ready()
    assert desk.step() == ("write", [OrderState.JOURNALED])
    assert desk.step()[0] == "outbound"


def test_an_order_for_which_the_lists_come_too_late_is_not_sent(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock)
    desk.ask(7, BET, patience=2.0)
    desk.advance(2.0)
    assert "has not listed its deals" in str(desk.error(7))
    desk.get_ready()
    assert desk.quiet()


def test_a_failure_on_the_way_out_ends_the_order_and_is_the_answer(desk: WatchedOrderDesk) -> None:
    order = desk.place(7)
    desk.tell(Failure.of(7, RateLimited("held for 3 s", 3.0), order))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    error = desk.error(7)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3.0
    desk.tell(Failure.of(7, RateLimited("held for 3 s", 3.0), order))
    assert desk.quiet()


def test_an_order_without_an_answer_by_its_deadline_is_in_doubt_and_its_connection_is_suspect(
    desk: WatchedOrderDesk,
) -> None:
    order = desk.place(7, patience=2.0)
    desk.tell(OrderSent(order, "c1", 1))
    desk.advance(2.0)
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert desk.published() == [OrderInDoubt(order, BET.asset, ONE, "no answer by the deadline")]
    error = desk.error(7)
    assert isinstance(error, OrderUnknown)
    assert error.order == order
    desk.advance(VERDICT_DELAY - 0.1)
    assert desk.quiet()
    desk.advance(0.1)
    assert desk.published() == [ConnectionSuspect("c1", 1, f"order {order} has no answer")]


def test_a_connection_whose_answer_comes_after_the_deadline_is_not_suspect(desk: WatchedOrderDesk) -> None:
    order = desk.place(7, patience=2.0)
    desk.tell(OrderSent(order, "c1", 1))
    desk.advance(2.0)
    for _ in range(3):
        desk.step()
    desk.tell(DealAccepted("c1", order, desk.deal()))
    assert desk.step() == ("note", [OrderState.OPEN])
    assert desk.published() == [OrderOpened(order, desk.deal())]
    desk.advance(VERDICT_DELAY)
    assert desk.quiet()


def test_the_way_out_answers_for_an_order_that_is_withdrawn_before_it_has_left(
    desk: WatchedOrderDesk,
) -> None:
    order = desk.place(7)
    desk.tell(Withdraw(7))
    assert desk.step() == ("outbound", RequestDone(7, succeeded=False))
    assert desk.quiet()
    desk.tell(Failure.of(7, NotSent("withdrawn"), order))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert isinstance(desk.error(7), NotSent)
    assert desk.quiet()


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_an_order_that_is_withdrawn_when_it_has_left_is_in_doubt(
    desk: WatchedOrderDesk, withdrawn_first: bool
) -> None:
    order = desk.place(7)
    if withdrawn_first:
        desk.tell(Withdraw(7))
        assert desk.step()[0] == "outbound"
        desk.tell(OrderSent(order, "c1", 1))
    else:
        desk.tell(OrderSent(order, "c1", 1), Withdraw(7))
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert [type(event) for event in desk.published()] == [OrderInDoubt]
    error = desk.error(7)
    assert isinstance(error, OrderUnknown)
    assert error.order == order


def test_an_order_that_is_withdrawn_while_it_is_held_back_is_never_journaled(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock)
    desk.ask(7, BET)
    desk.ask(8, AwaitResult("d1"))
    desk.tell(Withdraw(7), Withdraw(8))
    assert isinstance(desk.error(7), NotSent)
    assert isinstance(desk.error(8), RequestTimeout)
    desk.get_ready()
    assert desk.quiet()


def test_an_order_without_a_word_from_the_way_out_is_in_doubt_soon_after_its_deadline(
    desk: WatchedOrderDesk,
) -> None:
    order = desk.place(7, patience=2.0)
    desk.advance(2.0)
    assert desk.step() == ("outbound", RequestDone(7, succeeded=False))
    assert desk.quiet()
    desk.advance(RECALL_TIMEOUT)
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert [type(event) for event in desk.published()] == [OrderInDoubt]
    error = desk.error(7)
    assert isinstance(error, OrderUnknown)
    assert error.order == order


def test_a_caller_that_gives_up_at_its_deadline_hears_what_the_way_out_says(desk: WatchedOrderDesk) -> None:
    order = desk.place(7, patience=2.0)
    desk.advance(2.0)
    assert desk.step() == ("outbound", RequestDone(7, succeeded=False))
    desk.tell(Withdraw(7))  # the caller's own clock says the same
    assert desk.quiet()
    desk.tell(Failure.of(7, NotSent("its deadline passed while it waited to be sent"), order))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert isinstance(desk.error(7), NotSent)


def test_a_result_is_awaited_no_longer_than_the_timeout_of_its_caller(desk: WatchedOrderDesk) -> None:
    deal = desk.opened(1)
    desk.tell(TradingRequest(2, AwaitResult(deal.id), math.inf, waits_until=desk.clock() + 1.0))
    desk.ask(3, AwaitResult(deal.id), patience=math.inf)
    desk.advance(1.0)
    assert isinstance(desk.error(2), RequestTimeout)
    desk.tell(Withdraw(3))
    assert isinstance(desk.error(3), RequestTimeout)


def test_an_order_that_was_answered_has_no_deadline_any_more(desk: WatchedOrderDesk) -> None:
    desk.opened(7)
    desk.advance(30.0)
    assert desk.quiet()


def test_an_order_whose_connection_is_lost_waits_for_evidence_and_then_for_the_verdict(
    desk: WatchedOrderDesk,
) -> None:
    order = desk.place(7)
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert desk.published() == [OrderInDoubt(order, BET.asset, ONE, "reset")]
    desk.get_ready(epoch=2)
    desk.advance(VERDICT_DELAY - 0.1)
    assert desk.quiet()
    desk.advance(0.2)
    assert desk.step() == ("note", [OrderState.NOT_PLACED])
    assert desk.published() == [OrderNotPlaced(order, BET.asset, ONE)]
    assert isinstance(desk.error(7), NotPlaced)


def test_a_verdict_does_not_come_sooner_for_a_suspend(desk: WatchedOrderDesk) -> None:
    """The bytes of the lost connection did not get old in it."""
    order = desk.place(7)
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    desk.published()
    desk.get_ready(epoch=2)
    desk.suspend(VERDICT_DELAY + 1)
    assert desk.quiet()
    desk.advance(VERDICT_DELAY - 0.1)
    assert desk.quiet()
    desk.advance(0.2)
    assert desk.step() == ("note", [OrderState.NOT_PLACED])
    assert desk.published() == [OrderNotPlaced(order, BET.asset, ONE)]


def test_after_a_suspend_the_news_that_an_order_has_not_left_is_waited_for(desk: WatchedOrderDesk) -> None:
    order = desk.place(7, patience=4.0)
    desk.suspend(6.0)
    assert desk.step() == ("outbound", RequestDone(7, succeeded=False))
    assert desk.quiet()
    desk.tell(Failure.of(7, NotSent("its deadline passed while it waited to be sent"), order))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert isinstance(desk.error(7), NotSent)
    desk.advance(1.0)
    assert desk.quiet()


def test_after_a_suspend_an_order_of_which_no_news_comes_is_in_doubt(desk: WatchedOrderDesk) -> None:
    order = desk.place(7, patience=4.0)
    desk.suspend(6.0)
    assert desk.step() == ("outbound", RequestDone(7, succeeded=False))
    desk.advance(RECALL_TIMEOUT)
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert desk.published() == [OrderInDoubt(order, BET.asset, ONE, "no answer by the deadline")]
    assert isinstance(desk.error(7), OrderUnknown)


def test_an_order_whose_deadline_has_passed_in_a_suspend_is_not_sent(desk: WatchedOrderDesk) -> None:
    trade = TradingRequest(7, BET, desk.clock() + 4.0)
    desk.suspend(6.0)
    desk.tell(trade)
    assert isinstance(desk.error(7), NotSent)
    assert desk.quiet()


def test_the_list_of_a_later_login_that_has_the_deal_is_the_answer(desk: WatchedOrderDesk) -> None:
    order, deal = desk.place(7), desk.deal()
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    desk.published()
    desk.get_ready(epoch=2, opened=[deal])
    assert desk.step() == ("note", [OrderState.OPEN])
    assert desk.published() == [OrderOpened(order, deal)]
    assert desk.step() == ("router", Response(7, deal))
    desk.advance(VERDICT_DELAY * 2)
    assert desk.quiet()


def test_an_order_handed_to_a_connection_that_is_down_already_is_in_doubt_at_once(
    desk: WatchedOrderDesk,
) -> None:
    order = desk.place(7)
    desk.lose_connection()
    assert desk.quiet()
    desk.tell(OrderSent(order, "c1", 1))
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert desk.published() == [OrderInDoubt(order, BET.asset, ONE, "its connection was lost")]


def test_a_halt_stops_the_way_out_first_and_then_everything_else(desk: WatchedOrderDesk) -> None:
    desk.tell(HaltTrading(9, "lunch"))
    assert desk.step() == ("outbound", StopOrders("lunch"))
    assert desk.published() == [TradingHalted("lunch")]
    assert desk.step() == ("router", Response(9, None))
    assert desk.journal.halted() == "lunch"
    desk.ask(7, BET)
    assert isinstance(desk.error(7), Halted)
    desk.ask(8, Resume())
    assert desk.step() == ("outbound", ResumeOrders())
    assert desk.published() == [TradingResumed()]
    assert desk.step() == ("router", Response(8, True))
    desk.place(7)


def test_a_halt_refuses_the_orders_that_are_held_back(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock)
    desk.ask(1, BET)
    desk.ask(2, GetOpenedDeals())
    desk.part()
    desk.tell(HaltTrading(9, "lunch"))
    for _ in range(3):
        desk.step()
    assert isinstance(desk.error(1), Halted)
    desk.get_ready()
    assert desk.step() == ("router", Response(2, []))
    assert desk.quiet()


def test_a_halt_that_cannot_be_journaled_holds_and_its_caller_is_told_for_how_long(
    desk: WatchedOrderDesk,
) -> None:
    desk.journal.broken = "disk full"
    desk.tell(HaltTrading(9, ""))
    assert desk.step()[0] == "outbound"
    assert desk.published() == [TradingHalted("halted by a person")]
    assert "only until the next start: disk full" in str(desk.error(9))
    desk.ask(7, BET)
    assert isinstance(desk.error(7), Halted)
    desk.ask(8, Resume())
    assert isinstance(desk.error(8), Halted)
    assert desk.quiet()


def test_what_the_last_runtime_left_is_published_first(clock: ManualClock) -> None:
    intended = Order("o1", BET.asset, ONE, BET.direction, 60, AccountKind.DEMO, time.time())
    desk = WatchedOrderDesk(clock, [intended.become(OrderState.JOURNALED)], halted="lunch")
    assert desk.left_behind.items == [
        TradingHalted("lunch"),
        OrderInDoubt("o1", BET.asset, ONE, "it was in flight when we stopped"),
    ]


def test_a_result_is_awaited_until_the_deal_closes(desk: WatchedOrderDesk) -> None:
    deal = desk.opened(1)
    for waiter in (2, 3):
        desk.ask(waiter, AwaitResult(deal.id, deadline=900.0), patience=900.0)
    closed = ended(deal)
    desk.tell(DealsClosed("c1", 1, [closed], listed=False))
    assert desk.step() == ("note", [OrderState.CLOSED])
    assert desk.published() == [OrderClosed(closed)]
    assert desk.step() == ("router", Response(2, closed))
    assert desk.step() == ("router", Response(3, closed))
    desk.ask(4, AwaitResult(deal.id))
    assert desk.step() == ("router", Response(4, closed))
    desk.ask(5, GetClosedDeals())
    assert desk.step() == ("router", Response(5, [closed]))


def test_a_result_without_a_deadline_is_awaited_until_shortly_after_the_deals_end(
    desk: WatchedOrderDesk,
) -> None:
    deal = desk.opened(1)
    desk.ask(2, AwaitResult(deal.id), patience=math.inf)
    desk.ask(3, AwaitResult(deal.id, deadline=1.0), patience=1.0)
    desk.advance(1.0)
    assert isinstance(desk.error(3), RequestTimeout)
    desk.advance(BET.duration + RESULT_GRACE - 3.0)
    assert desk.quiet()
    desk.advance(3.0)
    assert isinstance(desk.error(2), RequestTimeout)


@pytest.mark.parametrize("offset", [-86_400.0, -20.0, 20.0, 86_400.0])
def test_the_end_of_a_deal_is_reckoned_by_the_venues_clock(
    desk: WatchedOrderDesk, clock: ManualClock, offset: float
) -> None:
    desk.tell(ClockReport(offset))
    order, deal = desk.place(1), deal_of(BET, "d1", desk.utc + offset)
    desk.tell(DealAccepted("c1", order, deal))
    for _ in range(3):
        desk.step()
    desk.ask(2, AwaitResult(deal.id), patience=math.inf)
    desk.advance(BET.duration + RESULT_GRACE - 2.0)
    assert desk.quiet()
    desk.advance(3.0)
    assert isinstance(desk.error(2), RequestTimeout)


def test_until_the_venues_clock_is_known_a_result_is_awaited_for_as_long_as_the_deal_lasts(
    desk: WatchedOrderDesk,
) -> None:
    order, deal = desk.place(1), deal_of(BET, "d1", desk.utc - 86_400)
    desk.tell(DealAccepted("c1", order, deal))
    for _ in range(3):
        desk.step()
    desk.ask(2, AwaitResult(deal.id), patience=math.inf)
    desk.advance(BET.duration)
    assert desk.quiet()
    desk.tell(close_now(ended(deal)))
    while desk.step() != ("router", Response(2, ended(deal))):
        pass


def test_a_venue_that_sets_its_clock_back_meanwhile_is_waited_for(desk: WatchedOrderDesk) -> None:
    desk.tell(ClockReport(0.0))
    deal = desk.opened(1)
    desk.ask(2, AwaitResult(deal.id), patience=math.inf)
    desk.tell(ClockReport(-30.0))
    desk.advance(BET.duration + RESULT_GRACE + 1.0)
    assert desk.quiet()
    desk.advance(30.0)
    assert isinstance(desk.error(2), RequestTimeout)


@pytest.mark.parametrize("suspended", [0.0, 8 * 3600.0])
@pytest.mark.parametrize("offset", [-7_200.0, 0.0, 7_200.0])
def test_a_lost_order_is_matched_by_the_venues_clock_also_after_a_suspend(
    desk: WatchedOrderDesk, suspended: float, offset: float
) -> None:
    """In a suspend the monotonic clock stands still, and the wall clock goes on."""
    desk.wall_step = suspended
    desk.tell(ClockReport(offset))
    order = desk.place(1)
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    deal = deal_of(BET, "d1", desk.utc + suspended + offset)
    desk.tell(ConnectionUp("c1", 2, "r"), DealsOpen("c1", 2, [deal]))
    while desk.step() != ("router", Response(1, deal)):
        pass


@pytest.mark.parametrize("step", [-86_400.0, -30.0, 30.0, 7_200.0])
def test_a_lost_order_is_matched_although_the_wall_clock_is_set(desk: WatchedOrderDesk, step: float) -> None:
    desk.tell(ClockReport(0.0))
    desk.part()
    desk.wall_step = step
    order = desk.place(1)
    desk.tell(OrderSent(order, "c1", 1))
    desk.lose_connection()
    deal = deal_of(BET, "d1", desk.utc)
    desk.tell(ConnectionUp("c1", 2, "r"), DealsOpen("c1", 2, [deal]))
    while desk.step() != ("router", Response(1, deal)):
        pass


def test_the_first_measurement_of_the_venues_clock_is_journaled_with_the_orders_in_flight(
    desk: WatchedOrderDesk,
) -> None:
    desk.place(1)
    desk.tell(ClockReport(7_200.0))
    assert desk.step() == ("note", [OrderState.JOURNALED])
    assert desk.journal.notes[-1][0].created_at == pytest.approx(desk.utc + 7_200)


def test_the_result_of_an_unknown_deal_is_refused(desk: WatchedOrderDesk) -> None:
    desk.ask(2, AwaitResult("d9"))
    assert isinstance(desk.error(2), RequestRefused)


def test_its_status_counts_orders_and_deals(desk: WatchedOrderDesk) -> None:
    limits = (LimitStatus("orders.maximum_open", Decimal(2), Decimal(3)),)
    status = DeskStatus(None, in_flight=1, in_doubt=0, open_deals=1, closed_deals=0, limits=limits)
    desk.opened(1)
    order = desk.place(2, OTHER_BET)
    desk.tell(OrderSent(order, "c1", 1))
    described = desk.part().part
    assert isinstance(described, DeskStatus)
    assert described.write_times.count == 2
    assert structs.replace(described, write_times=Distribution()) == status
    desk.lose_connection()
    assert desk.part().part == structs.replace(described, in_doubt=1)


def upkeep(desk: WatchedOrderDesk) -> TaskStatus:
    [task] = desk.part().tasks
    return task


def test_the_journal_is_tidied_each_hour_and_the_status_says_if_it_cannot_be(desk: WatchedOrderDesk) -> None:
    assert upkeep(desk).name == "journal upkeep"
    desk.advance(3600.0)
    assert upkeep(desk).last_error == ""
    assert desk.journal.tidied == 1
    desk.journal.broken = "disk full"
    desk.advance(3600.0)
    assert upkeep(desk).last_error == "disk full"
    desk.journal.broken = ""
    desk.advance(3600.0)
    assert upkeep(desk).last_error == ""


def test_a_stop_answers_every_waiter_with_what_is_true_and_leaves_the_journal_to_the_pending_desk(
    desk: WatchedOrderDesk,
) -> None:
    deal = desk.opened(1)
    order = desk.place(2, OTHER_BET)
    desk.ask(3, AwaitResult(deal.id), patience=math.inf)
    desk.part()
    desk.ref.stop()
    unknown = desk.error(2)
    assert isinstance(unknown, OrderUnknown)
    assert unknown.order == order
    assert isinstance(desk.error(3), RequestTimeout)
    assert not desk.journal.closed


def test_a_stop_before_the_venues_lists_answers_that_nothing_was_sent(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock)
    desk.ask(1, BET)
    desk.part()
    desk.ref.stop()
    assert type(desk.error(1)) is NotSent


def test_the_status_overtakes_the_orders_that_wait(desk: WatchedOrderDesk) -> None:
    hold = Hold()
    parts: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    desk.tell(Describe(0, hold))
    for waiter in range(1, 4):
        desk.ask(waiter, structs.replace(BET, amount=waiter))
    desk.tell(Describe(1, Neighbour("status", parts), overtakes=True))
    hold.release()
    _, described = parts.get(timeout=WAIT)
    later = desk.part().part
    assert isinstance(described.part, DeskStatus)
    assert isinstance(later, DeskStatus)
    assert (described.part.in_flight, later.in_flight) == (0, 3)


class Hold:
    """A receiver that keeps its sender's thread until ``release``."""

    def __init__(self) -> None:
        self._released = threading.Event()

    def tell(self, message: Any) -> None:
        assert self._released.wait(WAIT), message

    def release(self) -> None:
        self._released.set()


def test_a_failure_that_the_desk_did_not_get_to_before_its_end_still_counts(desk: WatchedOrderDesk) -> None:
    order, hold = desk.place(7), Hold()
    desk.tell(Describe(0, hold))
    desk.ref.stop(block=False)
    desk.tell(Failure.of(7, NotSent("the runtime stops"), order))
    hold.release()
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert type(desk.error(7)) is NotSent


@pytest.fixture
def all_lines() -> Iterator[list[str]]:
    """The lines of the log from INFO on, after their levels."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="INFO", format="{level} {message}")
    yield lines
    logger.remove(sink)


def test_what_becomes_of_orders_is_in_the_log_once(desk: WatchedOrderDesk, all_lines: list[str]) -> None:
    opened, refused = desk.place(1), desk.place(2, structs.replace(BET, amount=2))
    desk.tell(OrderSent(desk.place(4, structs.replace(BET, amount=3), patience=5.0), "c1", 1))
    desk.tell(DealAccepted("c1", opened, desk.deal()))
    desk.tell(DealsClosed("c1", 1, [ended(desk.deal())], listed=False))
    desk.tell(DealRefused("c1", refused, BET.asset, "notMoney"))
    desk.ask(3, structs.replace(BET, amount=0))
    desk.advance(5.0)
    desk.part()
    ends = ["opened deal", "closed", "refused by the venue", "was refused: ", "in doubt"]
    assert [[end in line for line in all_lines].count(True) for end in ends] == [1] * 5
    [doubt] = [line for line in all_lines if "in doubt" in line]
    assert doubt.startswith("WARNING")
    assert all("EURUSD_otc call" in line for line in all_lines)
    assert len(all_lines) == 5


def test_a_row_that_contradicts_a_deal_of_ours_is_in_the_log_once(
    desk: WatchedOrderDesk, warnings: list[str]
) -> None:
    desk.tell(DealAccepted("c1", desk.place(1), desk.deal()))
    for _ in range(2):
        desk.tell(DealsOpen("c1", 1, [structs.replace(desk.deal(), amount=50 * ONE)]))
    desk.part()
    [line] = warnings
    assert "amount 50 in place of 1" in line


def test_a_result_that_the_list_corrects_is_in_the_log(desk: WatchedOrderDesk, warnings: list[str]) -> None:
    desk.tell(DealAccepted("c1", desk.place(1), desk.deal()))
    desk.tell(close_now(ended(desk.deal(), ONE)))
    desk.tell(DealsClosed("c1", 1, [ended(desk.deal())], listed=True))
    desk.part()
    [line] = warnings
    assert "profit 1, and the venue lists it with -1" in line


def test_a_halt_and_its_end_are_in_the_log(desk: WatchedOrderDesk, all_lines: list[str]) -> None:
    desk.tell(HaltTrading(1, "lunch"))
    desk.ask(2, Resume())
    desk.part()
    assert [line.split(":")[0].strip() for line in all_lines] == [
        "WARNING orders are halted",
        "INFO orders are allowed again",
    ]


def test_what_the_last_runtime_left_is_in_the_log(clock: ManualClock, all_lines: list[str]) -> None:
    left = Order("o1", BET.asset, ONE, BET.direction, 60, AccountKind.DEMO, time.time())
    desk = WatchedOrderDesk(clock, [left.become(OrderState.JOURNALED)], halted="lunch")
    desk.part()
    assert [line.split()[0] for line in all_lines] == ["WARNING", "WARNING"]
    assert "lunch" in all_lines[0]
    assert "o1 is in doubt: EURUSD_otc call 1 for 60 s" in all_lines[1]


def test_an_order_that_the_journal_does_not_take_is_an_error_of_the_log(
    desk: WatchedOrderDesk, all_lines: list[str]
) -> None:
    desk.journal.broken = "disk full"
    desk.ask(1, BET)
    desk.part()
    assert [line for line in all_lines if line.startswith("ERROR") and "disk full" in line] != []


PENDING = PlacePendingOrder(BET.asset, ONE, BET.direction, 60, open_price=1.0)


def used(desk: WatchedOrderDesk) -> dict[str, Decimal]:
    part = desk.part().part
    assert isinstance(part, DeskStatus)
    return {limit.name: limit.used for limit in part.limits}


def test_a_pending_order_within_the_limits_goes_on_to_its_desk_and_counts_today(
    desk: WatchedOrderDesk, clock: ManualClock
) -> None:
    desk.tell(Reconfigure(structs.replace(LIMITS, daily_orders=1)))
    desk.ask(7, PENDING)
    name, passed_on = desk.step()
    assert name == "pending desk"
    assert passed_on == TradingRequest(7, PENDING, clock() + 30.0, order=passed_on.order)
    for command in (PENDING, BET):
        desk.ask(8, command)
        error = desk.error(8)
        assert type(error) is RequestRefused
        assert "1 orders were placed today (UTC), 1 are allowed (orders.daily_orders)" in str(error)
    assert used(desk)["orders.daily_orders"] == 1


@pytest.mark.parametrize(
    ("changes", "patience", "error"),
    [({"amount": 0}, 30.0, RequestRefused), ({"amount": 51}, 30.0, RequestRefused), ({}, -1.0, NotSent)],
)
def test_a_pending_order_that_cannot_be_sent_does_not_reach_its_desk(
    desk: WatchedOrderDesk, changes: dict[str, Any], patience: float, error: type[Exception]
) -> None:
    desk.ask(7, structs.replace(PENDING, **changes), patience)
    assert type(desk.error(7)) is error
    assert desk.quiet()


def test_a_pending_order_waits_for_the_venues_lists_and_is_given_up_with_the_orders(
    clock: ManualClock,
) -> None:
    desk = WatchedOrderDesk(clock)
    desk.ask(7, PENDING)
    desk.ask(8, PENDING)
    desk.get_ready()
    assert [desk.step()[0] for _ in range(2)] == ["pending desk"] * 2
    other = WatchedOrderDesk(clock)
    other.ask(9, PENDING)
    other.part()
    other.ref.stop()
    assert type(other.error(9)) is NotSent


def test_a_halt_refuses_a_pending_order(desk: WatchedOrderDesk) -> None:
    desk.tell(HaltTrading(1, "lunch"))
    for _ in range(3):
        desk.step()
    desk.ask(7, PENDING)
    assert type(desk.error(7)) is Halted


def test_new_limits_hold_for_the_next_order(desk: WatchedOrderDesk) -> None:
    desk.tell(Reconfigure(structs.replace(LIMITS, minimum_payout=ASSET.payout + 1)))
    desk.ask(7, BET)
    assert "orders.minimum_payout" in str(desk.error(7))
    desk.tell(Reconfigure(LIMITS))
    desk.place(8)


def today_of(utc: float, id: str, profit: str) -> Order:
    """An order whose deal closed just now."""
    deal = ended(structs.replace(deal_of(BET, id, utc - 60), closes_at=utc), Decimal(profit))
    made = Order(id, BET.asset, ONE, BET.direction, 60, AccountKind.DEMO, utc - 60)
    return structs.replace(made, state=OrderState.CLOSED, deal=deal)


def test_what_today_came_to_survives_a_restart_however_many_orders_there_were(clock: ManualClock) -> None:
    now = time.time()
    desk = WatchedOrderDesk(clock, [today_of(now, f"o{number}", "-0.01") for number in range(1_200)])
    desk.get_ready()
    desk.tell(Reconfigure(structs.replace(LIMITS, daily_loss=Decimal(12), daily_orders=5_000)))
    desk.ask(7, BET)
    assert "lost 12.00, 12 are allowed (orders.daily_loss)" in str(desk.error(7))
    assert used(desk)["orders.daily_loss"] == 12


def test_the_day_is_the_venues(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock, [today_of(time.time(), "o1", "-5")])
    desk.tell(Reconfigure(structs.replace(LIMITS, daily_loss=Decimal(5))))
    assert used(desk)["orders.daily_loss"] == 5
    desk.tell(ClockReport(86_400.0))
    assert used(desk)["orders.daily_loss"] == 0
    desk.tell(ClockReport(0.0))
    assert used(desk)["orders.daily_loss"] == 5


def test_an_order_that_the_journal_does_not_take_does_not_count_today(desk: WatchedOrderDesk) -> None:
    desk.tell(Reconfigure(structs.replace(LIMITS, daily_orders=1)))
    desk.journal.broken = "disk full"
    desk.ask(7, BET)
    desk.error(7)
    assert used(desk)["orders.daily_orders"] == 0
    desk.journal.broken = ""
    desk.ask(8, BET)
    assert desk.step() == ("write", [OrderState.NOT_SENT, OrderState.JOURNALED])
    assert used(desk)["orders.daily_orders"] == 1


def test_the_journal_is_settled_before_what_comes_of_an_order_and_a_second_after_its_outcome(
    desk: WatchedOrderDesk,
) -> None:
    order = desk.place(7)
    desk.tell(DealAccepted("c1", order, desk.deal()))
    desk.part()
    assert (desk.journal.settled, desk.journal.unsettled) == (1, True)
    desk.advance(SETTLED_AFTER)
    desk.part()
    assert (desk.journal.settled, desk.journal.unsettled) == (2, False)


def test_a_journal_that_cannot_be_settled_is_an_error_in_the_log_and_settled_a_second_later(
    desk: WatchedOrderDesk, warnings: list[str]
) -> None:
    desk.place(7)
    desk.part()
    desk.tell(DealAccepted("c1", desk.journal.writes[0][0].id, desk.deal()))
    desk.part()
    desk.journal.broken = "disk full"
    desk.advance(SETTLED_AFTER)
    desk.part()
    assert [line.strip() for line in warnings] == ["disk full"]
    desk.journal.broken = ""
    desk.advance(SETTLED_AFTER)
    desk.part()
    assert not desk.journal.unsettled


@contextmanager
def stopped_while_it_writes(desk: WatchedOrderDesk) -> Iterator[None]:
    """What it is told meanwhile waits in its inbox when it ends; it is writing the order of waiter 1."""
    busy, go_on, write = threading.Event(), threading.Event(), desk.journal.write

    def wait_and_write(orders: Sequence[Order]) -> None:
        busy.set()
        assert go_on.wait(WAIT)
        write(orders)

    desk.journal.write = wait_and_write  # type: ignore[method-assign]
    desk.ask(1, structs.replace(BET, id="signal-7"))
    assert busy.wait(WAIT)
    yield
    desk.ref.stop(block=False)
    go_on.set()
    assert desk.step() == ("write", [OrderState.JOURNALED])
    assert desk.step()[0] == "outbound"


def test_orders_that_the_desk_has_not_handled_at_its_end_are_not_sent(desk: WatchedOrderDesk) -> None:
    with stopped_while_it_writes(desk):
        desk.ask(2, OTHER_BET)
        desk.ask(3, PlacePendingOrder("EURUSD_otc", ONE, Direction.CALL, 60, open_at=1.0))
    for waiter in (2, 3):
        assert isinstance(desk.error(waiter), NotSent)
    assert isinstance(desk.error(1), OrderUnknown)  # it is on its way


@pytest.mark.parametrize("id", [None, "signal-8"])
def test_an_order_that_is_withdrawn_while_it_waits_in_the_inbox_never_leaves(
    desk: WatchedOrderDesk, id: str | None
) -> None:
    """The desk is held up by its disk, and others wait between the order and its withdrawal."""
    busy, go_on, write = threading.Event(), threading.Event(), desk.journal.write

    def wait_and_write(orders: Sequence[Order]) -> None:
        busy.set()
        assert go_on.wait(WAIT)
        write(orders)

    desk.journal.write = wait_and_write  # type: ignore[method-assign]
    desk.ask(1, BET)
    assert busy.wait(WAIT)
    desk.ask(2, structs.replace(OTHER_BET, id=id))
    desk.ask(3, structs.replace(BET, amount=3))
    pending = PlacePendingOrder("EURUSD_otc", ONE, Direction.CALL, 60, open_at=1.0)
    desk.ask(4, pending)
    desk.ask(5, AwaitResult("d1"))
    desk.tell(*(Withdraw(waiter, overtakes=True) for waiter in (2, 4, 5)))
    go_on.set()
    steps = [desk.step() for _ in range(10)]
    assert [request.id for name, request in steps if name == "outbound"] == [1, 3]
    assert [message for name, message in steps if name == "pending desk"] == [
        Withdraw(waiter) for waiter in (2, 4, 5)
    ]
    answers = [(each.request, type(each.exception)) for name, each in steps if name == "router"]
    assert answers == [(2, NotSent), (4, NotSent), (5, RequestRefused)]


def test_at_its_end_no_order_is_unknown_that_no_connection_can_have_taken(desk: WatchedOrderDesk) -> None:
    """The pool tells the desk of an order before a connection, and it has ended by now."""
    desk.way_out_ended = True
    with stopped_while_it_writes(desk):
        desk.ask(2, structs.replace(BET, id="signal-7"))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert [type(desk.error(waiter)) for waiter in (1, 2)] == [NotSent, NotSent]


def test_at_its_end_the_desk_takes_in_what_became_of_an_order(desk: WatchedOrderDesk) -> None:
    desk.way_out_ended = True
    with stopped_while_it_writes(desk):
        desk.tell(OrderSent("signal-7", "c1", 1), DealAccepted("c1", "signal-7", desk.deal()))
    assert desk.step() == ("note", [OrderState.OPEN])
    desk.published()
    assert desk.step() == ("router", Response(1, desk.deal()))


def test_at_its_end_an_order_that_a_connection_has_taken_is_unknown(desk: WatchedOrderDesk) -> None:
    desk.way_out_ended = True
    with stopped_while_it_writes(desk):
        desk.tell(OrderSent("signal-7", "c1", 1))
    assert isinstance(desk.error(1), OrderUnknown)


def test_an_order_for_which_the_way_out_has_ended_is_not_sent(desk: WatchedOrderDesk) -> None:
    class Ended:
        def tell(self, message: object) -> None:
            raise pykka.ActorDeadError("it has ended")

    desk.tell(OutboundRef(Ended()))
    assert desk.published() == []
    desk.ask(1, BET)
    assert desk.step() == ("write", [OrderState.JOURNALED])
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert type(desk.error(1)) is NotSent
    desk.tell(HaltTrading(2, "lunch"))
    assert desk.published() == [TradingHalted("lunch")]
    assert desk.step() == ("router", Response(2, None))
