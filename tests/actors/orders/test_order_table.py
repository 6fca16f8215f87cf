"""Which orders are kept, and which are still to be journaled."""

from actors.orders.order import Order, OrderState
from actors.orders.order_table import FINISHED_KEPT, OrderTable
from actors.values import AccountKind
from tests.doubles.trading_samples import BET, NOW, ONE


def order(id: str, state: OrderState) -> Order:
    return Order(id, BET.asset, ONE, BET.direction, BET.duration, AccountKind.DEMO, NOW, state)


def test_the_oldest_finished_order_is_forgotten_and_never_one_that_may_change() -> None:
    table = OrderTable()
    table.keep(order("open", OrderState.OPEN))
    for number in range(FINISHED_KEPT):
        assert table.keep(order(f"o{number}", OrderState.CLOSED)) == ""
    assert table.put(order("last", OrderState.REFUSED)) == "o0"
    assert (table.get("o0"), table.get("open") is None) == (None, False)


def test_only_what_was_put_is_to_be_journaled_and_once() -> None:
    table, changed = OrderTable(), order("o1", OrderState.UNKNOWN)
    table.keep(order("o0", OrderState.UNKNOWN))
    table.put(order("o1", OrderState.JOURNALED))
    table.put(changed)
    assert table.take_changed() == [changed]
    assert table.take_changed() == []
    assert repr(table) == "<OrderTable: 2 orders, 0 of them finished>"
