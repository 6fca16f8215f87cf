"""Connections that the pool closes: which ones, and that nothing leaves by them any more."""

from collections.abc import Iterable
from decimal import Decimal

from actors.messages.commands import PlaceOrder, SubscribeTicks, UnsubscribeTicks
from actors.messages.events import StreamConfirmed, StreamReleased
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.messages.traffic import ReplyTo, Request
from actors.outbound.assignment import Assignment
from actors.outbound.members import PoolPlan
from actors.values import Direction
from tests.doubles.supervised_connections import WorkerDouble

IDLE = 60.0


def test_an_order_does_not_leave_by_a_connection_that_is_being_closed() -> None:
    carriage = Assignment(PoolPlan(("c1", "c2"), 0, 0, 4, IDLE))
    assert carriage.want() == [OpenConnection("c1")]
    carriage.up("c1", 1, 0.0)
    assert carriage.tend(IDLE + 1) == [CloseConnection("c1")]
    order = Request(1, PlaceOrder("A", Decimal(1), Direction.CALL, 60), IDLE + 30, urgent=True, order="order")
    connection, _ = carriage.choose(order, IDLE + 1.001)
    assert connection != "c1"


IDLE = 60.0


def test_a_connection_beyond_those_kept_is_closed_when_two_streams_are_left_of_five() -> None:
    carriage = Assignment(PoolPlan(("c1", "c2"), 1, 0, 4, IDLE))
    epochs: dict[str, int] = {}
    todo: list[object] = []
    closed: list[str] = []

    def take(steps: Iterable[object], now: float) -> None:
        todo.extend(steps)
        while todo:
            match todo.pop(0):
                case Request() as request:
                    connection, more = carriage.choose(request, now)
                    todo.extend(more)
                    if connection and isinstance(request.command, SubscribeTicks):
                        asset, period = request.command.asset, request.command.period
                        todo.extend(
                            carriage.confirm(
                                StreamConfirmed(asset, period, connection, epochs[connection]), now
                            )
                        )
                    elif connection and isinstance(request.command, UnsubscribeTicks):
                        todo.extend(carriage.released(StreamReleased(request.command.asset, connection), now))
                case OpenConnection(name=name):
                    epochs[name] = 1
                    todo.extend(carriage.up(name, 1, now))
                case CloseConnection(name=name):
                    closed.append(name)

    epochs["c1"] = 1
    take(carriage.up("c1", 1, 0.0), 0.0)
    for asset in "ABCDE":
        take([Request(0, SubscribeTicks(asset), 1e9, reply_to=ReplyTo.NOBODY)], 1.0)
    assert set(epochs) == {"c1", "c2"}
    for asset in "ABC":
        take([Request(0, UnsubscribeTicks(asset), 1e9, reply_to=ReplyTo.NOBODY)], 2.0)
    for now in range(3, 3 + 10 * int(IDLE)):
        take(carriage.tend(float(now)), float(now))
    assert closed == ["c2"]


def test_a_kept_connection_whose_worker_is_given_up_is_replaced_until_the_worker_is_back() -> None:
    carriage = Assignment(PoolPlan(("c1", "c2", "c3"), 1, 0, 4, IDLE))
    assert carriage.house("c1", WorkerDouble(1)) == []
    carriage.up("c1", 1, 0.0)
    carriage.down("c1", 1, 0.0)
    assert carriage.house("c1", None) == [OpenConnection("c2")]
    carriage.up("c2", 1, 0.0)
    assert carriage.tend(IDLE + 1) == []
    assert carriage.house("c1", WorkerDouble(2)) == []
    assert carriage.tend(IDLE + 1) == [CloseConnection("c2")]
