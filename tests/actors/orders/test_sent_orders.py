"""Which orders a lost connection takes along."""

from actors.messages.events import (
    ConnectionDown,
    ConnectionSuspect,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
)
from actors.messages.orders import OrderSent
from actors.orders.sent_orders import SentOrders
from tests.doubles.trading_samples import BET, ONE, deal_of, ended


def down(epoch: int = 1, connection: str = "c1") -> ConnectionDown:
    return ConnectionDown(connection, epoch, "r", "reset", was_ready=True)


def sent(order: str = "o1", epoch: int = 1, connection: str = "c1") -> OrderSent:
    return OrderSent(order, connection, epoch)


def test_a_lost_connection_takes_its_own_orders_along_and_no_others() -> None:
    orders = SentOrders()
    assert orders.sent(sent("o1"))
    assert orders.sent(sent("o2", connection="c2"))
    assert orders.sent(sent("o3"))
    assert orders.down(down()) == ["o1", "o3"]
    assert orders.down(down()) == []


def test_an_order_that_has_its_outcome_is_not_lost_with_its_connection() -> None:
    orders = SentOrders()
    for order in ("o1", "o2", "o3", "o4"):
        assert orders.sent(sent(order))
    outcomes = [
        OrderOpened("o1", deal_of(BET)),
        OrderRefused("o2", BET.asset, ONE, "notMoney"),
        OrderNotPlaced("o3", BET.asset, ONE),
    ]
    orders.apply(outcomes)
    orders.forget("o4")
    assert orders.down(down()) == []


def test_an_order_in_doubt_is_still_carried() -> None:
    orders = SentOrders()
    assert orders.sent(sent())
    orders.apply([OrderInDoubt("o1", BET.asset, ONE, "no answer"), OrderClosed(ended(deal_of(BET)))])
    assert orders.down(down()) == ["o1"]


def test_an_order_handed_to_a_life_that_has_ended_is_lost_at_once() -> None:
    orders = SentOrders()
    orders.down(down())
    assert not orders.sent(sent())
    assert not orders.sent(sent(epoch=1))
    assert orders.sent(sent(epoch=2))


def test_an_order_may_be_handed_to_the_next_life_before_the_end_of_the_last_is_told() -> None:
    """The pool may know of either before the desk does."""
    orders = SentOrders()
    assert orders.sent(sent())
    assert orders.sent(sent("o2", epoch=2))
    assert orders.down(down()) == ["o1"]
    assert orders.down(down(epoch=2)) == ["o2"]


def test_a_late_end_of_an_earlier_life_does_not_revive_a_later_one() -> None:
    orders = SentOrders()
    orders.down(down(epoch=2))
    orders.down(down(epoch=1))
    assert not orders.sent(sent(epoch=2))
    assert orders.sent(sent(epoch=3))
    assert orders.sent(sent(epoch=1, connection="c2"))


def test_a_late_end_of_an_earlier_life_does_not_end_the_present_one() -> None:
    orders = SentOrders()
    assert orders.sent(sent(epoch=2))
    assert orders.down(down(epoch=1)) == []
    assert orders.sent(sent("o2", epoch=2))
    assert orders.down(down(epoch=2)) == ["o1", "o2"]


def test_the_life_that_still_carries_an_order_without_an_answer_is_suspect() -> None:
    orders = SentOrders()
    assert orders.sent(sent(epoch=3))
    assert orders.suspect("o1") == [ConnectionSuspect("c1", 3, "order o1 has no answer")]
    orders.down(down(epoch=3))
    assert orders.suspect("o1") == []


def test_its_repr_names_each_order_and_its_carrier() -> None:
    orders = SentOrders()
    assert repr(orders) == "<SentOrders: none>"
    orders.sent(sent())
    orders.sent(sent("o2", epoch=3, connection="c2"))
    assert repr(orders) == "<SentOrders: o1 on c1 (1), o2 on c2 (3)>"
