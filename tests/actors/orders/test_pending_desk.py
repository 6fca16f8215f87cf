"""The pending desk among its neighbours: what it journals, sends and answers, and its deadlines."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from loguru import logger
from msgspec import structs

from actors.errors import Halted, NotPlaced, NotSent, OrderUnknown, RequestRefused, RequestTimeout
from actors.messages.commands import CancelPendingOrder, GetPendingOrders, PlacePendingOrder, SettleOrder
from actors.messages.events import (
    ConnectionSuspect,
    OrderInDoubt,
    OrderNotPlaced,
    OrderRefused,
    OrderSettled,
    PendingAnswered,
    PendingOrderPlaced,
    TradingHalted,
    TradingResumed,
)
from actors.messages.orders import Withdraw
from actors.messages.status import PendingStatus
from actors.messages.traffic import Failure, Request, RequestDone
from actors.orders.order import Order, OrderState, PendingTerms, send_by
from actors.orders.timeouts import RECALL_TIMEOUT, REFUSAL_SETTLES
from actors.values import AccountKind
from tests.conftest import ManualClock
from tests.doubles.pending_samples import AT_PRICE, GRACE, WISH, answer, deal_from, listing, pending_of
from tests.doubles.trading_samples import NOW, close_now, ended, list_open
from tests.doubles.watched_pending_desk import WatchedPendingDesk

OTHER = structs.replace(WISH, amount=Decimal(2))
PLACED = pending_of(WISH)


@pytest.fixture
def desk(clock: ManualClock) -> WatchedPendingDesk:
    """One whose connection is up, on an account without pending orders."""
    desk = WatchedPendingDesk(clock)
    desk.log_in()
    return desk


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The lines of the log from INFO on, after their levels."""
    written: list[str] = []
    sink = logger.add(lambda line: written.append(line.strip()), level="INFO", format="{level} {message}")
    yield written
    logger.remove(sink)


def in_doubt(desk: WatchedPendingDesk, waiter: int = 1) -> str:
    """An order whose connection ended before there was an answer; its id."""
    order = desk.place(waiter)
    desk.sent(order)
    desk.lose_connection()
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert desk.published() == [OrderInDoubt(order, WISH.asset, WISH.amount, "reset")]
    return order


# Placed


def test_an_order_is_in_the_journals_main_file_before_it_leaves_and_its_answer_comes_back(
    desk: WatchedPendingDesk,
) -> None:
    order = desk.place(1)
    assert desk.journal.settled == 1
    desk.sent(order)
    desk.tell(answer(PLACED))
    assert desk.step() == ("note", [OrderState.PENDING])
    assert desk.published() == [PendingOrderPlaced(order, PLACED)]
    assert desk.answer(1) == PLACED
    status = desk.part().part
    assert isinstance(status, PendingStatus)
    assert (status.placed, status.in_flight, status.in_doubt) == (1, 0, 0)
    assert status.write_times.count == 1
    assert desk.quiet()
    kept = desk.journal.load_pending()[0]
    assert (kept.id, kept.pending and kept.pending.ticket) == (order, PLACED.ticket)


def test_it_leaves_in_time_for_an_answer_by_its_deadline(desk: WatchedPendingDesk) -> None:
    begun = desk.clock()
    wish = structs.replace(WISH, id="mine")
    desk.ask(1, wish)
    assert desk.step()[0] == "write"
    expires_at = send_by(begun, begun + 30.0)
    assert desk.step() == ("outbound", Request(1, wish, expires_at, urgent=True, order="mine"))


def test_placements_leave_one_at_a_time(desk: WatchedPendingDesk) -> None:
    desk.place(1)
    desk.ask(2, OTHER)
    assert desk.quiet()
    desk.tell(answer(PLACED))
    for _ in range(3):
        desk.step()
    desk.leaves(2)


def test_a_placement_whose_deadline_has_passed_in_a_suspend_is_neither_journaled_nor_sent(
    desk: WatchedPendingDesk,
) -> None:
    """What it has waited for is the first message after the suspend."""
    desk.sent(desk.place(1))
    desk.ask(2, OTHER, patience=4.0)
    desk.part()
    desk.clock.stand_still(6.0)
    desk.tell(answer(PLACED))
    assert isinstance(desk.error(2), NotSent)
    assert desk.step() == ("note", [OrderState.PENDING])
    assert [desk.step()[0], desk.step()[0]] == ["router", "router"]
    assert desk.quiet()


def test_what_the_journal_cannot_take_is_not_sent(desk: WatchedPendingDesk, lines: list[str]) -> None:
    desk.journal.broken = "disk full"
    desk.ask(1, WISH)
    assert type(desk.error(1)) is Halted
    assert desk.quiet()
    assert [line for line in lines if line.startswith("ERROR") and "disk full" in line]


@pytest.mark.parametrize("terms", [{"open_at": None}, {"open_price": 1.0}])
def test_a_placement_needs_either_a_time_or_a_price(desk: WatchedPendingDesk, terms: dict[str, Any]) -> None:
    desk.ask(1, structs.replace(WISH, **terms))
    assert "either open_at or open_price" in str(desk.error(1))
    assert desk.quiet()


def test_a_deadline_that_has_passed_sends_nothing(desk: WatchedPendingDesk) -> None:
    desk.ask(1, WISH, patience=0.0)
    assert type(desk.error(1)) is NotSent
    assert desk.quiet()


# Given up


def test_a_placement_that_waits_for_its_turn_until_its_deadline_never_leaves(
    desk: WatchedPendingDesk,
) -> None:
    desk.place(1)
    desk.ask(2, OTHER, patience=2.0)
    desk.ask(3, OTHER)
    desk.tell(Withdraw(3))
    assert "withdrawn" in str(desk.error(3))
    desk.advance(2.0)
    assert "until its deadline" in str(desk.error(2))
    desk.tell(answer(PLACED))
    for _ in range(3):
        desk.step()
    assert desk.quiet()


def test_the_way_out_answers_for_a_withdrawn_placement_that_it_still_holds(desk: WatchedPendingDesk) -> None:
    order = desk.place(1)
    desk.tell(Withdraw(1))
    assert desk.step() == ("outbound", RequestDone(1, succeeded=False))
    desk.tell(Failure.of(1, NotSent("it was withdrawn before it was sent"), order))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert type(desk.error(1)) is NotSent
    desk.place(2)  # an order like it is not held up


@pytest.mark.parametrize("by", ["withdrawal", "deadline"])
def test_one_that_has_left_is_in_doubt_and_its_connection_is_replaced(
    desk: WatchedPendingDesk, by: str, lines: list[str]
) -> None:
    order = desk.place(1, patience=2.0)
    desk.sent(order)
    if by == "withdrawal":
        desk.tell(Withdraw(1))
    else:
        desk.advance(2.0)
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    doubt = OrderInDoubt(order, WISH.asset, WISH.amount, "no answer by the deadline")
    assert desk.published() == [doubt]
    error = desk.error(1)
    assert isinstance(error, OrderUnknown)
    assert error.order == order
    assert [line for line in lines if line.startswith(f"WARNING order {order} is in doubt: EURUSD_otc call")]
    desk.advance(GRACE)
    assert desk.published() == [ConnectionSuspect("c1", 1, f"order {order} has no answer")]


def test_one_of_which_the_way_out_says_nothing_is_in_doubt(desk: WatchedPendingDesk) -> None:
    order = desk.place(1)
    desk.tell(Withdraw(1))
    assert desk.step()[0] == "outbound"
    desk.advance(RECALL_TIMEOUT)
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    desk.published()
    assert isinstance(desk.error(1), OrderUnknown)
    desk.tell(Failure.of(1, NotSent("late"), order))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert desk.published() == [OrderNotPlaced(order, WISH.asset, WISH.amount)]


# In doubt


def test_the_list_of_the_next_login_answers_the_caller_that_still_waits(desk: WatchedPendingDesk) -> None:
    order = in_doubt(desk)
    desk.log_in(PLACED, epoch=2)
    assert desk.step() == ("note", [OrderState.PENDING])
    assert desk.published() == [PendingOrderPlaced(order, PLACED)]
    assert desk.answer(1) == PLACED


def test_lists_without_it_are_the_verdict_after_a_while(desk: WatchedPendingDesk) -> None:
    order = in_doubt(desk)
    desk.log_in(epoch=2)
    assert desk.quiet()
    desk.advance(GRACE)
    assert desk.step() == ("note", [OrderState.NOT_PLACED])
    assert desk.published() == [OrderNotPlaced(order, WISH.asset, WISH.amount)]
    assert type(desk.error(1)) is NotPlaced


def test_no_list_that_is_older_than_a_doubt_is_an_answer(desk: WatchedPendingDesk) -> None:
    desk.ask(2, GetPendingOrders())
    assert desk.answer(2) == []
    order = in_doubt(desk)
    desk.ask(3, GetPendingOrders(), patience=2.0)
    desk.ask(4, GetPendingOrders())
    assert desk.quiet()
    desk.advance(2.0)
    error = desk.error(3)
    assert type(error) is RequestTimeout
    assert f"{order} (EURUSD_otc call 1 for 60 s)" in str(error)
    desk.log_in(PLACED, epoch=2)
    for _ in range(2):
        desk.step()
    assert desk.answer(1) == PLACED
    assert desk.answer(4) == [PLACED]


def test_a_list_that_lacks_an_order_in_doubt_is_an_answer_once_it_could_not_come_any_more(
    desk: WatchedPendingDesk,
) -> None:
    in_doubt(desk)
    desk.log_in(epoch=2)
    desk.ask(2, GetPendingOrders())
    assert desk.quiet()
    desk.advance(GRACE)
    for _ in range(3):
        desk.step()
    assert desk.answer(2) == []


def test_an_order_like_one_in_doubt_is_refused_and_another_is_not(desk: WatchedPendingDesk) -> None:
    order = in_doubt(desk)
    desk.ask(2, structs.replace(WISH, open_at=NOW + 900))
    error = desk.error(2)
    assert type(error) is NotSent
    assert f"pending order {order} of 1 on EURUSD_otc is still unknown" in str(error)
    desk.place(3, OTHER)


def test_a_connection_that_ended_before_the_news_that_it_carries_the_order(desk: WatchedPendingDesk) -> None:
    order = desk.place(1)
    desk.lose_connection()
    assert desk.quiet()
    desk.sent(order)
    assert desk.step() == ("note", [OrderState.UNKNOWN])


def test_a_person_settles_an_order_in_doubt(desk: WatchedPendingDesk) -> None:
    order = in_doubt(desk)
    desk.ask(2, SettleOrder(order, opened=False, reason=""))
    assert type(desk.error(2)) is RequestRefused
    desk.ask(3, SettleOrder(order, opened=False, reason="seen on the page"))
    assert desk.step() == ("write", [OrderState.NOT_PLACED])
    assert desk.published() == [OrderSettled(order, WISH.asset, WISH.amount, False, "seen on the page")]
    assert not desk.journal.unsettled
    assert type(desk.error(1)) is NotPlaced
    assert desk.answer(3) is None
    desk.place(4)


def test_what_a_person_says_of_a_pending_order_holds_only_once_it_is_written(
    desk: WatchedPendingDesk,
) -> None:
    order = in_doubt(desk)
    while not desk.counted.empty():
        desk.counted.get()
    desk.journal.broken = "disk full"
    desk.ask(2, SettleOrder(order, opened=False, reason="not on the page"))
    assert isinstance(desk.error(2), Halted)
    assert desk.quiet()
    assert desk.counted.empty()
    desk.journal.broken = ""
    desk.ask(3, SettleOrder(order, opened=True, reason="on the page after all"))
    assert desk.step() == ("write", [OrderState.CLOSED])
    assert desk.published() == [OrderSettled(order, WISH.asset, WISH.amount, True, "on the page after all")]
    assert isinstance(desk.error(1), OrderUnknown)
    assert desk.answer(3) is None
    _, counted = desk.counted.get_nowait()
    assert [each.state for each in counted.orders] == [OrderState.CLOSED]


# Refusals


def test_a_refusal_is_the_answer_unless_something_contradicts_it_for_a_second(
    desk: WatchedPendingDesk,
) -> None:
    order = desk.place(1)
    desk.sent(order)
    desk.tell(PendingAnswered("c1", order=PLACED, reason="OPEN_TIME"))
    assert desk.quiet()
    desk.advance(REFUSAL_SETTLES)
    assert desk.step() == ("note", [OrderState.REFUSED])
    assert desk.published() == [OrderRefused(order, WISH.asset, WISH.amount, "OPEN_TIME")]
    assert str(desk.error(1)) == "OPEN_TIME"


def test_a_refusal_that_comes_twice_is_not_the_answer_to_the_next_one(desk: WatchedPendingDesk) -> None:
    refusal = PendingAnswered("c1", order=PLACED, reason="OPEN_TIME")
    desk.place(1)
    desk.tell(refusal)
    desk.advance(REFUSAL_SETTLES)
    for _ in range(3):
        desk.step()
    order = desk.place(2)
    desk.tell(refusal, answer(pending_of(WISH, "t2")))
    assert desk.step() == ("note", [OrderState.PENDING])
    assert desk.published() == [PendingOrderPlaced(order, pending_of(WISH, "t2"))]
    assert desk.answer(2) == pending_of(WISH, "t2")
    desk.advance(REFUSAL_SETTLES)
    assert desk.quiet()
    desk.place(3, OTHER)
    desk.tell(refusal)
    desk.advance(REFUSAL_SETTLES)
    assert desk.quiet()


# Cancellations


def placed(desk: WatchedPendingDesk) -> str:
    order = desk.place(1)
    desk.tell(answer(PLACED))
    for _ in range(3):
        desk.step()
    return order


def test_a_cancellation_is_journaled_sent_and_answered_with_its_ticket(
    desk: WatchedPendingDesk, lines: list[str]
) -> None:
    placed(desk)
    desk.ask(2, CancelPendingOrder("t1"))
    assert desk.step() == ("write", [OrderState.PENDING])
    cancel = Request(2, CancelPendingOrder("t1"), desk.clock() + 30.0, urgent=True)
    assert desk.step() == ("outbound", cancel)
    desk.ask(3, CancelPendingOrder("t1"))
    assert "being cancelled already" in str(desk.error(3))
    desk.tell(PendingAnswered("c1", ticket="t1"))
    assert desk.step() == ("note", [OrderState.CLOSED])
    assert desk.answer(2) == "t1"
    assert "INFO pending order t1 was cancelled" in lines
    status = desk.part().part
    assert isinstance(status, PendingStatus)
    assert (status.placed, status.in_flight, status.in_doubt) == (0, 0, 0)


def test_a_cancellation_whose_answer_was_lost_is_done_once_the_list_lacks_its_ticket(
    desk: WatchedPendingDesk,
) -> None:
    placed(desk)
    desk.ask(2, CancelPendingOrder("t1"))
    for _ in range(2):
        desk.step()
    desk.lose_connection()
    desk.log_in(epoch=2)
    assert desk.step() == ("note", [OrderState.CLOSED])
    desk.advance(REFUSAL_SETTLES)
    assert desk.answer(2) == "t1"


@pytest.mark.parametrize("listed", ["before the cancellation", "before its ticket is gone", "after that"])
def test_a_cancellation_that_came_too_late_is_not_done(desk: WatchedPendingDesk, listed: str) -> None:
    placed(desk)
    opened = list_open(deal_from(WISH))
    if listed == "before the cancellation":
        desk.tell(opened)
    desk.ask(2, CancelPendingOrder("t1"))
    for _ in range(2):
        desk.step()
    if listed == "before its ticket is gone":
        desk.tell(opened)
    desk.tell(listing())
    if listed == "after that":
        desk.tell(opened)
    assert desk.step() == ("note", [OrderState.CLOSED])
    desk.advance(REFUSAL_SETTLES)
    refusal = desk.error(2)
    assert type(refusal) is RequestRefused
    assert "it may have been too late to cancel" in str(refusal)


@pytest.mark.parametrize("repeated", [False, True])
def test_a_deal_that_a_list_with_the_ticket_followed_does_not_make_its_cancellation_too_late(
    desk: WatchedPendingDesk, repeated: bool
) -> None:
    first, second = pending_of(AT_PRICE, "t1"), pending_of(AT_PRICE, "t2")
    for waiter, pending in enumerate((first, second), 1):
        desk.place(waiter, AT_PRICE)
        desk.tell(answer(pending))
        for _ in range(3):
            desk.step()
    if repeated:
        desk.ask(3, CancelPendingOrder("t2"), patience=2.0)
        for _ in range(2):
            desk.step()
        desk.advance(2.0)
        assert type(desk.error(3)) is RequestTimeout
    its = deal_from(AT_PRICE, opened_at=NOW)
    desk.tell(list_open(its), listing(second), close_now(ended(its)))
    assert desk.step() == ("note", [OrderState.CLOSED])
    desk.ask(4, CancelPendingOrder("t2"))
    for _ in range(2):
        desk.step()
    desk.tell(listing())
    assert desk.step() == ("note", [OrderState.CLOSED])
    desk.advance(REFUSAL_SETTLES)
    assert desk.answer(4) == "t2"


def test_a_cancellation_that_is_refused_or_has_no_answer_says_so(desk: WatchedPendingDesk) -> None:
    desk.ask(1, CancelPendingOrder("t1"), patience=2.0)
    assert desk.step()[0] == "outbound"
    desk.tell(PendingAnswered("c1", ticket="t1", reason="notFound"))
    refusal = desk.error(1)
    refused = "the venue did not cancel t1: notFound; it has no pending order"
    assert (type(refusal), str(refusal)) == (RequestRefused, refused)
    desk.ask(2, CancelPendingOrder("t1"), patience=2.0)
    assert desk.step()[0] == "outbound"
    desk.advance(2.0)
    assert type(desk.error(2)) is RequestTimeout
    desk.ask(3, CancelPendingOrder("t1"))
    assert desk.step()[0] == "outbound"
    desk.tell(RequestDone(3))
    desk.ask(4, CancelPendingOrder("t1"))
    assert desk.step()[0] == "outbound"


# Again, with the same id

MINE = structs.replace(WISH, id="mine")


def test_the_same_id_again_sends_nothing_and_gets_what_became_of_the_first(desk: WatchedPendingDesk) -> None:
    desk.place(1, MINE)
    desk.ask(2, MINE)
    assert desk.quiet()
    desk.tell(answer(PLACED))
    for _ in range(2):
        desk.step()
    assert [desk.answer(1), desk.answer(2)] == [PLACED, PLACED]
    desk.ask(3, MINE)
    assert desk.answer(3) == PLACED
    desk.ask(4, structs.replace(MINE, open_at=NOW + 900))
    assert "is that of another order" in str(desk.error(4))
    assert desk.quiet()


def test_the_same_id_again_waits_for_what_becomes_of_one_in_doubt_also_after_a_restart(
    clock: ManualClock,
) -> None:
    terms = PendingTerms(WISH.minimum_payout, WISH.open_at)
    order = Order("mine", WISH.asset, WISH.amount, WISH.direction, 60, AccountKind.DEMO, NOW, pending=terms)
    desk = WatchedPendingDesk(clock, [order.become(OrderState.JOURNALED)])
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    [doubt] = desk.published()
    assert isinstance(doubt, OrderInDoubt)
    desk.ask(1, MINE)
    desk.log_in(PLACED)
    assert desk.step() == ("note", [OrderState.PENDING])
    desk.published()
    assert desk.answer(1) == PLACED


def test_one_that_waits_for_its_turn_and_its_repetition_are_one(desk: WatchedPendingDesk) -> None:
    desk.place(1, OTHER)
    desk.ask(2, MINE)
    desk.ask(3, MINE)
    desk.tell(answer(pending_of(OTHER)))
    for _ in range(3):
        desk.step()
    desk.leaves(2)
    assert desk.quiet()
    desk.tell(answer(pending_of(WISH, "t2")))
    for _ in range(2):
        desk.step()
    assert desk.answer(2) == desk.step()[1].value


def test_a_repetition_goes_on_when_the_first_caller_gives_up(desk: WatchedPendingDesk) -> None:
    order = desk.place(1, MINE)
    desk.ask(2, MINE)
    desk.tell(Withdraw(1))
    assert isinstance(desk.error(1), OrderUnknown)
    desk.tell(Failure.of(1, NotSent("it expired"), order))
    name, request = desk.step()
    assert (name, request.id, request.order) == ("outbound", 2, "mine")


def test_a_new_try_of_what_was_not_sent_may_leave(desk: WatchedPendingDesk) -> None:
    order = desk.place(1, MINE)
    desk.tell(Failure.of(1, NotSent("no connection is up"), order))
    for _ in range(2):
        desk.step()
    assert desk.place(2, MINE) == "mine"


# The halt, the day's orders, the end


def test_a_halt_holds_until_orders_are_resumed(desk: WatchedPendingDesk) -> None:
    desk.place(1)
    desk.ask(2, OTHER)
    desk.tell(TradingHalted("lunch"))
    assert type(desk.error(2)) is Halted
    desk.ask(3, OTHER)
    assert type(desk.error(3)) is Halted
    desk.tell(TradingResumed(), answer(PLACED))
    for _ in range(3):
        desk.step()
    desk.place(4, OTHER)


def test_the_order_desk_is_told_what_to_count(desk: WatchedPendingDesk) -> None:
    order = desk.place(7)
    counted = desk.counted.get(timeout=5)[1]
    assert counted.request == 7
    assert [(each.id, each.state) for each in counted.orders] == [(order, OrderState.JOURNALED)]
    desk.ask(8, structs.replace(WISH, open_at=None))
    desk.error(8)
    counted = desk.counted.get(timeout=5)[1]
    assert (counted.request, counted.orders) == (8, ())


def test_at_the_end_what_has_surely_not_left_is_not_sent_and_the_journal_is_closed(
    desk: WatchedPendingDesk,
) -> None:
    first = desk.place(1)
    desk.sent(first)
    desk.ask(2, OTHER)
    desk.ask(3, CancelPendingOrder("t1"))
    assert desk.step()[0] == "outbound"
    desk.part()
    desk.ref.stop()
    failures = [desk.step()[1] for _ in range(3)]
    answers = {failure.request: type(failure.exception) for failure in failures}
    assert answers == {1: OrderUnknown, 2: NotSent, 3: RequestTimeout}
    assert desk.journal.closed


def test_the_log_says_what_became_of_each(desk: WatchedPendingDesk, lines: list[str]) -> None:
    order = placed(desk)
    desk.tell(listing())
    desk.quiet()
    assert f"INFO placed pending order EURUSD_otc call 1 for 60 s (order {order}, ticket t1)" in lines
    command = PlacePendingOrder(WISH.asset, Decimal(3), WISH.direction, 60)
    desk.ask(9, command)
    desk.quiet()
    assert [line for line in lines if "was refused: EURUSD_otc call 3 for 60 s: either open_at" in line]
