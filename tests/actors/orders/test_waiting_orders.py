"""Which of the orders that are alike leaves next."""

from decimal import Decimal

from actors.errors import NotSent
from actors.messages.commands import PlaceOrder
from actors.messages.orders import TradingRequest
from actors.orders.waiting_orders import WaitingOrders
from actors.values import Direction
from tests.doubles.trading_samples import BET, OTHER_BET

LIKE = PlaceOrder(BET.asset, Decimal("1.00"), Direction.PUT, 300)


def waiting(*commands: PlaceOrder) -> WaitingOrders:
    """With request ids from 1."""
    orders = WaitingOrders()
    for id, command in enumerate(commands, 1):
        orders.add(TradingRequest(id, command, 0.0), command)
    return orders


def test_asset_and_amount_make_orders_alike_not_direction_and_duration() -> None:
    orders = waiting(BET)
    assert orders.has_like(LIKE)
    assert not orders.has_like(OTHER_BET)


def test_the_first_of_each_kind_is_next_and_the_second_only_once_the_first_is_dropped() -> None:
    orders = waiting(BET, LIKE, OTHER_BET)
    assert [trade.id for trade in orders.first()] == [1, 3]
    assert [(trade.id, orders.drop(trade.id))[0] for trade in orders.first()] == [1, 2, 3]
    assert not orders.has_like(BET)


def test_what_is_dropped_or_answered_waits_no_more() -> None:
    orders = waiting(BET, LIKE, OTHER_BET)
    dropped = orders.drop(2)
    assert dropped is not None
    assert dropped.id == 2
    assert orders.drop(2) is None
    answers = orders.unanswered()
    assert [(waiter, type(error)) for waiter, error in answers] == [(1, NotSent), (3, NotSent)]
    assert orders.take_all() == []


def test_its_repr_counts_the_orders_and_their_kinds() -> None:
    assert repr(waiting(BET, LIKE, OTHER_BET)) == "<WaitingOrders: 3 wait for 2>"
