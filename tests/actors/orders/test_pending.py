"""What becomes of requests about pending orders, and of the list that the venue sends."""

from decimal import Decimal
from typing import Any

import pytest

from actors.errors import Halted, NotSent, OrderUnknown, RequestRefused, RequestTimeout
from actors.messages.commands import CancelPendingOrder, GetPendingOrders, PlacePendingOrder, TradingCommand
from actors.messages.events import PendingAnswered
from actors.messages.orders import TradingRequest
from actors.messages.traffic import Failure, Request, RequestDone, Response
from actors.orders.order import send_by
from actors.orders.pending import Effect, PendingOrderBook
from actors.values import Direction, PendingOrder

NOW, DEADLINE = 0.0, 30.0
SEND_BY = send_by(NOW, DEADLINE)


def placement(amount: int = 1) -> PlacePendingOrder:
    return PlacePendingOrder("EURUSD_otc", Decimal(amount), Direction.CALL, 60, open_at=1770849000.0)


def request(waiter: int, command: TradingCommand) -> TradingRequest:
    return TradingRequest(waiter, command, DEADLINE)


def sent(waiter: int, command: PlacePendingOrder | CancelPendingOrder) -> Request:
    expires_at = SEND_BY if isinstance(command, PlacePendingOrder) else DEADLINE
    return Request(waiter, command, expires_at, urgent=True)


def order(ticket: str, amount: int = 1) -> PendingOrder:
    return PendingOrder(ticket, "EURUSD_otc", Direction.CALL, Decimal(amount), 60, 0, open_at=1770849000)


def placed(ticket: str) -> PendingAnswered:
    return PendingAnswered("c1", order=order(ticket))


def cancelled(ticket: str, reason: str = "") -> PendingAnswered:
    return PendingAnswered("c1", ticket=ticket, reason=reason)


def refused(effects: list[Effect], waiter: int, kind: type[Exception], text: str) -> bool:
    """Whether the one effect is that failure."""
    [failure] = effects
    assert isinstance(failure, Failure)
    error = failure.exception
    return (failure.request, type(error)) == (waiter, kind) and text in str(error)


def listed(orders: PendingOrderBook) -> list[str]:
    """The tickets that a caller is answered with at once."""
    [answer] = orders.request(request(99, GetPendingOrders()), NOW)
    assert isinstance(answer, Response)
    assert answer.value is not None
    return [order.ticket for order in answer.value]


def test_placements_leave_one_at_a_time_and_each_gets_the_answer_that_comes_while_it_is_out() -> None:
    orders = PendingOrderBook()
    assert orders.request(request(1, placement(1)), NOW) == [sent(1, placement(1))]
    assert orders.request(request(2, placement(2)), NOW) == []
    assert orders.request(request(3, placement(3)), NOW) == []
    assert orders.on_answered(placed("a")) == [sent(2, placement(2)), Response(1, order("a"))]
    next_one, failure = orders.on_answered(PendingAnswered("c1", reason="OPEN_TIME"))
    assert next_one == sent(3, placement(3))
    assert refused([failure], 2, RequestRefused, "OPEN_TIME")
    assert orders.on_answered(placed("c")) == [Response(3, order("c"))]
    assert len(orders) == 0


def test_an_answer_that_no_placement_waits_for_answers_nobody() -> None:
    assert PendingOrderBook().on_answered(placed("a")) == []


@pytest.mark.parametrize("terms", [{}, {"open_at": 1.0, "open_price": 1.0}])
def test_a_placement_needs_either_a_time_or_a_price(terms: dict[str, Any]) -> None:
    command = PlacePendingOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60, **terms)
    effects = PendingOrderBook().request(request(1, command), NOW)
    assert refused(effects, 1, RequestRefused, "either open_at or open_price")


def test_a_placement_whose_deadline_passes_lets_the_next_one_leave() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, placement(1)), NOW)
    orders.request(request(2, placement(2)), NOW)
    next_one, failure = orders.on_overdue(1)
    assert next_one == sent(2, placement(2))
    assert refused([failure], 1, OrderUnknown, "it was sent")
    assert orders.on_overdue(1) == []


def test_a_placement_that_has_not_left_by_its_deadline_never_leaves() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, placement(1)), NOW)
    orders.request(request(2, placement(2)), NOW)
    orders.request(request(3, placement(3)), NOW)
    assert refused(orders.on_overdue(2), 2, NotSent, "the placement before it")
    assert orders.on_answered(placed("a")) == [sent(3, placement(3)), Response(1, order("a"))]


def test_a_withdrawn_placement_that_has_not_left_never_leaves() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, placement(1)), NOW)
    orders.request(request(2, placement(2)), NOW)
    assert refused(orders.withdraw(2), 2, NotSent, "withdrawn")
    assert orders.on_withdrawal_overdue(2) == []
    assert orders.on_answered(placed("a")) == [Response(1, order("a"))]


def test_the_way_out_answers_for_a_withdrawn_placement_that_it_still_holds() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, placement(1)), NOW)
    orders.request(request(2, placement(2)), NOW)
    assert orders.withdraw(1) == [RequestDone(1, succeeded=False)]
    assert orders.forget(1) == [sent(2, placement(2))]
    assert orders.on_withdrawal_overdue(1) == []


@pytest.mark.parametrize("answered", [True, False])
def test_a_withdrawn_placement_that_has_left_is_unknown_and_holds_back_the_next_one(answered: bool) -> None:
    """The venue's answer does not name its request, so it would be taken for the answer to the next one."""
    orders = PendingOrderBook()
    orders.request(request(1, placement(1)), NOW)
    orders.request(request(2, placement(2)), NOW)
    orders.withdraw(1)
    assert refused(orders.on_withdrawal_overdue(1), 1, OrderUnknown, "it was sent")
    assert orders.forget(1) == []
    effects = orders.on_answered(placed("a")) if answered else orders.on_overdue(1)
    assert effects[0] == sent(2, placement(2))
    assert orders.on_answered(placed("b")) == [Response(2, order("b"))]


def test_a_placement_that_another_actor_answered_lets_the_next_one_leave() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, placement(1)), NOW)
    orders.request(request(2, placement(2)), NOW)
    assert orders.forget(1) == [sent(2, placement(2))]
    assert orders.forget(1) == []
    assert orders.on_answered(placed("b")) == [Response(2, order("b"))]


def test_a_halt_refuses_what_has_not_left_and_every_later_placement() -> None:
    orders = PendingOrderBook()
    for waiter in (1, 2, 3):
        orders.request(request(waiter, placement(waiter)), NOW)
    second, third = orders.on_halted("lunch")
    assert refused([second], 2, Halted, "lunch")
    assert refused([third], 3, Halted, "lunch")
    assert refused(orders.request(request(4, placement()), NOW), 4, Halted, "lunch")
    assert orders.on_answered(placed("a")) == [Response(1, order("a"))]
    orders.on_resumed()
    assert orders.request(request(5, placement()), NOW) == [sent(5, placement())]


def test_a_halt_leaves_cancellations_and_lists_alone() -> None:
    orders = PendingOrderBook()
    orders.on_halted("lunch")
    assert orders.request(request(1, CancelPendingOrder("a")), NOW) == [sent(1, CancelPendingOrder("a"))]
    assert orders.request(request(2, GetPendingOrders()), NOW) == []
    assert orders.on_listed([order("b")]) == [Response(2, [order("b")])]


def test_a_cancellation_is_answered_by_its_ticket_whatever_is_being_placed() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, placement()), NOW)
    assert orders.request(request(2, CancelPendingOrder("a")), NOW) == [sent(2, CancelPendingOrder("a"))]
    orders.request(request(3, CancelPendingOrder("b")), NOW)
    assert refused(orders.on_answered(cancelled("b", "no such ticket")), 3, RequestRefused, "no such ticket")
    assert orders.on_answered(cancelled("a")) == [Response(2, "a")]
    assert orders.on_answered(cancelled("a")) == []


def test_a_ticket_is_not_cancelled_twice_at_once() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, CancelPendingOrder("a")), NOW)
    again = request(2, CancelPendingOrder("a"))
    assert refused(orders.request(again, NOW), 2, NotSent, "a is being cancelled already")
    assert refused(orders.on_overdue(1), 1, RequestTimeout, "no answer")
    assert orders.request(again, NOW) == [sent(2, CancelPendingOrder("a"))]


def test_a_cancellation_is_done_once_its_ticket_is_gone_from_the_list() -> None:
    orders = PendingOrderBook()
    orders.on_listed([order("a"), order("b")])
    orders.request(request(1, CancelPendingOrder("a")), NOW)
    assert orders.on_listed([order("a"), order("b")]) == []
    assert orders.on_listed([order("b")]) == [Response(1, "a")]


def test_a_ticket_that_was_in_no_list_is_not_gone_from_it() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, CancelPendingOrder("a")), NOW)
    assert orders.on_listed([]) == []
    assert orders.on_listed([]) == []


def test_callers_wait_for_the_first_list_and_get_lists_of_their_own() -> None:
    orders = PendingOrderBook()
    for waiter in (1, 2):
        assert orders.request(request(waiter, GetPendingOrders()), NOW) == []
    assert refused(orders.on_overdue(1), 1, RequestTimeout, "no answer")
    [answer] = orders.on_listed([order("a")])
    assert answer == Response(2, [order("a")])
    assert isinstance(answer, Response)
    assert answer.value is not None
    answer.value.clear()
    assert listed(orders) == ["a"]


def test_what_the_venue_has_answered_is_in_the_list_before_its_next_list() -> None:
    orders = PendingOrderBook()
    orders.on_listed([order("a"), order("b")])
    orders.request(request(1, placement()), NOW)
    orders.on_answered(placed("c"))
    assert listed(orders) == ["a", "b", "c"]
    orders.on_answered(cancelled("a"))
    assert listed(orders) == ["b", "c"]
    orders.on_answered(cancelled("b", "too late"))
    assert listed(orders) == ["b", "c"]
    orders.on_answered(placed("c"))
    assert listed(orders) == ["b", "c"]


def test_an_answer_before_the_first_list_makes_no_list() -> None:
    orders = PendingOrderBook()
    orders.request(request(1, placement()), NOW)
    orders.on_answered(placed("a"))
    assert orders.request(request(2, GetPendingOrders()), NOW) == []


def test_its_repr_tells_what_waits() -> None:
    orders = PendingOrderBook()
    assert repr(orders) == "<PendingOrderBook: no list yet, 0 to place, 0 to cancel, 0 wait for the list>"
    orders.request(request(1, GetPendingOrders()), NOW)
    orders.request(request(2, placement()), NOW)
    orders.request(request(3, placement()), NOW)
    orders.request(request(4, CancelPendingOrder("a")), NOW)
    assert repr(orders) == "<PendingOrderBook: no list yet, 2 to place, 1 to cancel, 1 wait for the list>"
    orders.on_listed([order("a")])
    assert repr(orders) == "<PendingOrderBook: 1 listed, 2 to place, 1 to cancel, 0 wait for the list>"
