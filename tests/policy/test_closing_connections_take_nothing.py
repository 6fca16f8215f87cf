"""A connection that is told to close takes no further order: it would be cut off from its answer."""

from decimal import Decimal

from actors.messages.commands import PlaceOrder
from actors.messages.lifecycle import CloseConnection, OpenConnection
from actors.messages.traffic import Request
from actors.policy.carriage import Carriage
from actors.policy.roster import PoolPlan
from actors.values import Direction

IDLE = 60.0


def test_an_order_does_not_leave_by_a_connection_that_is_being_closed() -> None:
    carriage = Carriage(PoolPlan(("c1", "c2"), 0, 0, 4, IDLE))
    assert carriage.want() == [OpenConnection("c1")]
    carriage.up("c1", 1, 0.0)
    assert carriage.tend(IDLE + 1) == [CloseConnection("c1")]
    order = Request(1, PlaceOrder("A", Decimal(1), Direction.CALL, 60), IDLE + 30, urgent=True, order="order")
    connection, _ = carriage.choose(order, IDLE + 1.001)
    assert connection != "c1"
