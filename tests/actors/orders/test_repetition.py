"""An order that is asked for again by its id: sent once, and answered with what became of the first."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import Halted, NotPlaced, NotSent, OrderUnknown, RequestError, RequestRefused
from actors.messages.commands import PlaceOrder
from actors.messages.events import (
    DealAccepted,
    DealRefused,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
)
from actors.messages.orders import HaltTrading, OrderSent, Withdraw
from actors.messages.outbound import StopOrders
from actors.messages.traffic import Failure, Request, RequestDone
from actors.orders.order import Order, OrderState
from actors.orders.repetition import command_of, conflict, outcome
from actors.orders.timeouts import RECALL_TIMEOUT, REFUSAL_SETTLES
from actors.values import AccountKind, Deal, Direction
from tests.conftest import ManualClock
from tests.doubles.trading_samples import BET, ONE, OTHER_BET, deal_of, ended
from tests.doubles.watched_order_desk import WatchedOrderDesk

ID = "signal-7"
NAMED = structs.replace(BET, id=ID)


@pytest.fixture
def desk(clock: ManualClock) -> WatchedOrderDesk:
    """A desk that is ready to trade."""
    desk = WatchedOrderDesk(clock)
    desk.get_ready()
    return desk


def an_order(state: OrderState, deal: Deal | None = None, reason: str = "why") -> Order:
    return Order(ID, BET.asset, ONE, BET.direction, 60, AccountKind.DEMO, 0.0, state, deal, reason)


def answers(desk: WatchedOrderDesk, count: int) -> dict[int, Any]:
    """What the next steps answer the waiters with."""
    found: dict[int, Any] = {}
    for _ in range(count):
        name, answer = desk.step()
        assert name == "router"
        found[answer.request] = answer.exception if isinstance(answer, Failure) else answer.value
    return found


def fail(desk: WatchedOrderDesk, request: int, error: RequestError) -> None:
    """The way out says that the order has not left."""
    desk.tell(Failure.of(request, error, ID))


def test_the_id_of_the_callers_choice_is_the_orders_everywhere(desk: WatchedOrderDesk) -> None:
    assert desk.place(1, NAMED) == ID
    assert desk.journal.writes[-1][0].id == ID
    desk.tell(DealAccepted("c1", ID, desk.deal()))
    desk.step()
    assert desk.published() == [OrderOpened(ID, desk.deal())]


def test_the_same_order_again_waits_for_the_answer_to_the_first_and_sends_nothing(
    desk: WatchedOrderDesk,
) -> None:
    desk.place(1, NAMED)
    desk.ask(2, NAMED)
    assert desk.quiet()
    desk.tell(DealAccepted("c1", ID, desk.deal()))
    desk.step()
    desk.published()
    assert answers(desk, 2) == {1: desk.deal(), 2: desk.deal()}
    desk.ask(3, NAMED)
    assert answers(desk, 1) == {3: desk.deal()}
    assert desk.quiet()


def test_the_same_order_again_is_answered_with_the_refusal_of_the_first(desk: WatchedOrderDesk) -> None:
    desk.place(1, NAMED)
    desk.ask(2, NAMED)
    desk.tell(DealRefused("c1", ID, BET.asset, "notMoney"))
    desk.advance(REFUSAL_SETTLES)
    desk.step()
    desk.published()
    desk_answers = answers(desk, 2)
    desk.ask(3, NAMED)
    desk_answers |= answers(desk, 1)
    assert [type(error) for error in desk_answers.values()] == [RequestRefused] * 3
    assert all("notMoney" in str(error) for error in desk_answers.values())
    assert desk.quiet()


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (OrderState.REFUSED, RequestRefused),
        (OrderState.NOT_PLACED, NotPlaced),
        (OrderState.CLOSED, OrderUnknown),  # a person said so, and no list has its deal
    ],
)
def test_after_a_restart_and_in_a_halt_the_same_order_again_is_answered_with_what_became_of_the_first(
    clock: ManualClock, state: OrderState, error: type[Exception]
) -> None:
    desk = WatchedOrderDesk(clock, [an_order(state)], halted="lunch")  # and before the venue's lists
    desk.ask(1, NAMED)
    found = desk.error(1)
    assert type(found) is error
    assert "why" in str(found)
    assert desk.quiet()


@pytest.mark.parametrize("close", [ended, lambda deal: deal])
def test_a_deal_is_the_answer_open_or_closed(clock: ManualClock, close: Callable[[Deal], Deal]) -> None:
    deal = close(deal_of(BET))
    state = OrderState.OPEN if deal.outcome is None else OrderState.CLOSED
    desk = WatchedOrderDesk(clock, [an_order(state, deal)])
    desk.ask(1, NAMED)
    assert answers(desk, 1) == {1: deal}


def test_an_order_that_is_too_old_for_the_ledger_is_found_in_the_journal(desk: WatchedOrderDesk) -> None:
    closed = ended(deal_of(BET))
    desk.part()
    desk.journal.write([an_order(OrderState.CLOSED, closed)])
    desk.step()
    desk.ask(1, NAMED)
    assert answers(desk, 1) == {1: closed}


def test_an_order_that_has_left_the_journal_is_refused_with_its_last_state(desk: WatchedOrderDesk) -> None:
    desk.part()
    desk.journal.old = {ID: OrderState.CLOSED}
    desk.ask(1, NAMED)
    error = desk.error(1)
    assert type(error) is RequestRefused
    assert "orders.retention, closed" in str(error)


def test_an_order_in_doubt_is_unknown_until_it_is_resolved(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock, [an_order(OrderState.JOURNALED)])
    desk.ask(1, NAMED, patience=3.0)
    desk.ask(2, NAMED)
    assert desk.quiet()
    desk.advance(3.0)
    unknown = desk.error(1)
    assert isinstance(unknown, OrderUnknown)
    assert unknown.order == ID
    assert ID in str(unknown)
    desk.tell(DealAccepted("c1", ID, desk.deal()))
    desk.step()
    assert OrderOpened(ID, desk.deal()) in desk.published()
    assert answers(desk, 1) == {2: desk.deal()}
    assert desk.quiet()


def test_each_caller_has_a_deadline_of_its_own(desk: WatchedOrderDesk) -> None:
    """A later caller that gives up says nothing about the order: its first caller waits on."""
    desk.place(1, NAMED, patience=20.0)
    desk.ask(2, NAMED, patience=3.0)
    desk.tell(OrderSent(ID, "c1", 1))
    desk.advance(3.0)
    late = desk.error(2)
    assert isinstance(late, OrderUnknown)
    assert "there is no answer yet" in str(late)
    assert desk.quiet()
    desk.ask(3, NAMED, patience=30.0)
    desk.advance(17.0)
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    assert desk.published() == [OrderInDoubt(ID, BET.asset, ONE, "no answer by the deadline")]
    assert type(desk.error(1)) is OrderUnknown
    desk.tell(DealAccepted("c1", ID, desk.deal()))
    desk.step()
    desk.published()
    assert answers(desk, 1) == {3: desk.deal()}


@pytest.mark.parametrize("give_up", ["withdraw", "deadline"])
def test_a_later_caller_that_gives_up_does_not_ask_the_order_back(
    desk: WatchedOrderDesk, give_up: str
) -> None:
    desk.place(1, NAMED, patience=20.0)
    desk.ask(2, NAMED, patience=3.0)
    if give_up == "withdraw":
        desk.tell(Withdraw(2))
    desk.advance(3.0)
    late = desk.error(2)
    assert isinstance(late, OrderUnknown)
    assert "may still be sent" in str(late)
    assert desk.quiet()


def test_the_order_of_a_caller_that_gives_up_goes_on_for_the_next_one(
    desk: WatchedOrderDesk, clock: ManualClock
) -> None:
    desk.place(1, NAMED, patience=20.0)
    desk.ask(2, NAMED, patience=40.0)
    desk.tell(Withdraw(1))
    assert type(desk.error(1)) is OrderUnknown
    assert desk.quiet()
    fail(desk, 1, NotSent("it was withdrawn before it was sent"))  # as soon as the router has its answer
    assert desk.step() == ("outbound", Request(2, NAMED, clock() + 39.5, urgent=True, order=ID))
    fail(desk, 1, NotSent("the same news once more"))
    assert desk.quiet()
    desk.tell(OrderSent(ID, "c1", 1), DealAccepted("c1", ID, desk.deal()))
    desk.step()
    desk.published()
    assert answers(desk, 1) == {2: desk.deal()}


def test_a_caller_that_comes_while_the_order_is_asked_back_has_it_sent(
    desk: WatchedOrderDesk, clock: ManualClock
) -> None:
    desk.place(1, NAMED)
    desk.tell(Withdraw(1))
    assert desk.step() == ("outbound", RequestDone(1, succeeded=False))
    desk.ask(2, NAMED)
    fail(desk, 1, NotSent("it was withdrawn before it was sent"))
    first = desk.error(1)
    assert isinstance(first, OrderUnknown)
    assert "may still be sent" in str(first)
    assert desk.step() == ("outbound", Request(2, NAMED, clock() + 29.5, urgent=True, order=ID))


def test_the_last_caller_that_gives_up_asks_the_order_back(desk: WatchedOrderDesk) -> None:
    desk.place(1, NAMED)
    desk.ask(2, NAMED)
    desk.tell(Withdraw(1))
    assert type(desk.error(1)) is OrderUnknown
    desk.tell(Withdraw(2))
    assert desk.step() == ("outbound", RequestDone(1, succeeded=False))
    fail(desk, 1, NotSent("it was withdrawn before it was sent"))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert type(desk.error(2)) is NotSent


def test_a_way_out_that_says_nothing_to_the_last_caller_leaves_the_order_in_doubt(
    desk: WatchedOrderDesk,
) -> None:
    desk.place(1, NAMED)
    desk.ask(2, NAMED)
    desk.tell(Withdraw(1), Withdraw(2))
    desk.error(1)
    assert desk.step() == ("outbound", RequestDone(1, succeeded=False))
    desk.advance(RECALL_TIMEOUT)
    assert desk.step() == ("note", [OrderState.UNKNOWN])
    desk.published()
    assert type(desk.error(2)) is OrderUnknown


def test_an_order_that_was_not_sent_is_sent_by_the_same_id_again(
    desk: WatchedOrderDesk, clock: ManualClock
) -> None:
    """It never left, so this cannot double it: a caller may repeat it until it has its deal."""
    desk.place(1, NAMED, patience=5.0)
    made_at = desk.journal.writes[-1][0].created_at
    fail(desk, 1, NotSent("no connection is up"))
    desk.step()
    assert type(desk.error(1)) is NotSent
    desk.advance(1.0)
    assert desk.place(2, NAMED) == ID
    [again] = desk.journal.writes[-1]
    assert again.created_at == pytest.approx(made_at + 1.0)
    fail(desk, 1, NotSent("late news of the first try"))
    desk.advance(4.0)  # the deadline of the first try
    assert desk.quiet()
    desk.tell(OrderSent(ID, "c1", 1), DealAccepted("c1", ID, desk.deal()))
    desk.step()
    desk.published()
    assert answers(desk, 1) == {2: desk.deal()}


def test_an_order_in_doubt_that_turns_out_never_to_have_left_answers_the_caller_that_asked_again(
    desk: WatchedOrderDesk,
) -> None:
    desk.place(1, NAMED, patience=2.0)
    desk.tell(OrderSent(ID, "c1", 1))
    desk.advance(2.0)
    desk.step()
    desk.published()
    assert type(desk.error(1)) is OrderUnknown
    desk.ask(2, NAMED)
    fail(desk, 1, NotSent("the connection was lost before it left"))
    assert desk.step() == ("note", [OrderState.NOT_SENT])
    assert desk.published() == [OrderNotPlaced(ID, BET.asset, ONE)]
    assert "before it left" in str(desk.error(2))
    assert desk.place(3, NAMED) == ID


def test_after_a_restart_an_order_that_was_not_sent_is_sent_by_the_same_id_again(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock, [an_order(OrderState.NOT_SENT)])
    desk.get_ready()
    assert desk.place(1, NAMED) == ID


def test_an_order_that_never_came_to_be_leaves_its_id_free(desk: WatchedOrderDesk) -> None:
    desk.ask(1, structs.replace(NAMED, amount=51))
    assert type(desk.error(1)) is RequestRefused
    desk.tell(HaltTrading(2, "lunch"))
    assert desk.step() == ("outbound", StopOrders("lunch"))
    desk.published()
    desk.step()
    desk.ask(3, NAMED)
    assert type(desk.error(3)) is Halted
    assert desk.journal.writes == []


@pytest.mark.parametrize(
    "changes",
    [{"asset": "GBPUSD_otc"}, {"amount": Decimal(2)}, {"direction": Direction.PUT}, {"duration": 61}],
    ids=lambda changes: next(iter(changes)),
)
def test_the_id_of_an_order_with_other_terms_is_refused_with_what_the_first_was(
    desk: WatchedOrderDesk, changes: dict[str, Any]
) -> None:
    desk.place(1, NAMED)
    desk.ask(2, structs.replace(NAMED, **changes))
    error = desk.error(2)
    assert type(error) is RequestRefused
    assert "EURUSD_otc call 1 for 60 s, which is journaled" in str(error)


def test_an_amount_is_the_same_however_it_is_written(desk: WatchedOrderDesk) -> None:
    desk.place(1, NAMED)
    desk.ask(2, structs.replace(NAMED, amount=Decimal("1.00")))
    assert desk.quiet()


def test_two_of_the_same_order_that_wait_for_a_like_one_become_one(desk: WatchedOrderDesk) -> None:
    other = desk.place(1)
    desk.ask(2, NAMED)
    desk.ask(3, NAMED)
    desk.ask(4, structs.replace(NAMED, amount=2))
    error = desk.error(4)
    assert "which is waiting to be sent" in str(error)
    desk.tell(DealAccepted("c1", other, desk.deal()))
    sent = [desk.step() for _ in range(5)][-1]
    assert sent[1].order == ID
    assert desk.quiet()
    mine = desk.deal("d2")
    desk.tell(DealAccepted("c1", ID, mine))
    desk.step()
    desk.published()
    assert answers(desk, 2) == {2: mine, 3: mine}


def test_one_of_two_that_wait_is_not_told_that_the_order_never_leaves(desk: WatchedOrderDesk) -> None:
    other = desk.place(1)
    desk.ask(2, NAMED, patience=2.0)
    desk.ask(3, NAMED)
    desk.advance(2.0)
    first = desk.error(2)
    assert isinstance(first, OrderUnknown)
    assert "may still be sent" in str(first)
    desk.tell(DealAccepted("c1", other, desk.deal()))
    assert [desk.step() for _ in range(5)][-1][1].order == ID


def test_one_of_two_that_are_held_back_is_not_told_that_the_order_never_leaves(clock: ManualClock) -> None:
    desk = WatchedOrderDesk(clock)
    desk.ask(1, NAMED, patience=2.0)
    desk.ask(2, NAMED)
    desk.advance(2.0)
    assert type(desk.error(1)) is OrderUnknown
    desk.tell(Withdraw(2))
    assert type(desk.error(2)) is NotSent


def test_without_the_journal_nobody_knows_of_an_id(clock: ManualClock, desk: WatchedOrderDesk) -> None:
    """``Halted`` would say that no order of that id had left."""
    desk.part()
    desk.journal.broken = "disk full"
    desk.ask(1, NAMED)
    unknown = desk.error(1)
    assert isinstance(unknown, OrderUnknown)
    assert "disk full" in str(unknown)
    desk.ask(2, BET)
    assert type(desk.error(2)) is Halted


def test_an_order_that_turns_out_not_to_be_placed_answers_all_its_callers(desk: WatchedOrderDesk) -> None:
    desk.place(1, NAMED)
    desk.ask(2, NAMED)
    desk.tell(OrderSent(ID, "c1", 1))
    desk.lose_connection()
    desk.step()
    desk.published()
    desk.get_ready(epoch=2)
    desk.advance(6.0)
    assert desk.step() == ("note", [OrderState.NOT_PLACED])
    assert desk.published() == [OrderNotPlaced(ID, BET.asset, ONE)]
    assert [type(error) for error in answers(desk, 2).values()] == [NotPlaced, NotPlaced]
    desk.ask(3, NAMED)
    assert type(desk.error(3)) is NotPlaced
    assert desk.quiet()


def test_while_live_orders_are_refused_the_same_order_again_is_still_answered(clock: ManualClock) -> None:
    deal = deal_of(BET)
    desk = WatchedOrderDesk(clock, [an_order(OrderState.OPEN, deal)], refuses="account.allow_live: false")
    desk.ask(1, NAMED)
    assert answers(desk, 1) == {1: deal}
    desk.ask(2, structs.replace(OTHER_BET, id="another"))
    error = desk.error(2)
    assert type(error) is RequestRefused
    assert "account.allow_live" in str(error)


def test_what_is_under_way_or_was_not_sent_has_no_outcome() -> None:
    for state in (OrderState.JOURNALED, OrderState.UNKNOWN, OrderState.NOT_SENT):
        assert outcome(an_order(state), None) is None


def test_the_command_of_an_order_is_the_same_order() -> None:
    order = an_order(OrderState.JOURNALED)
    assert command_of(order) == NAMED
    assert conflict(order, command_of(order), "journaled") is None


@pytest.mark.parametrize(
    "id",
    ["", " ", "a ", "x" * 129, "a\nb", "a\x00b", "\ud800", 7, b"a", object()],
    ids=lambda id: repr(id)[:20],
)
def test_what_is_no_id_is_refused_when_the_command_is_made(id: Any) -> None:
    with pytest.raises(RequestRefused, match="id must be text of 1 to 128 printable characters"):
        PlaceOrder(BET.asset, ONE, Direction.CALL, 60, id=id)


@pytest.mark.parametrize("id", ["x", "x" * 128, "a b", "Signal № 7 · ЁЖ", "{}'\";--"])
def test_any_printable_text_is_an_id(desk: WatchedOrderDesk, id: str) -> None:
    assert desk.place(1, structs.replace(BET, id=id)) == id
