"""What was opened for streams is closed when the streams that are left have room without it."""

from collections.abc import Iterable

from actors.messages.commands import SubscribeTicks, UnsubscribeTicks
from actors.messages.events import StreamConfirmed, StreamReleased
from actors.messages.lifecycle import CloseConnection, OpenConnection
from actors.messages.traffic import Request
from actors.policy.carriage import Carriage
from actors.policy.roster import PoolPlan

IDLE = 60.0


def test_a_connection_beyond_those_kept_is_closed_when_two_streams_are_left_of_five() -> None:
    carriage = Carriage(PoolPlan(("c1", "c2"), 1, 0, 4, IDLE))
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
        take([Request(0, SubscribeTicks(asset), 1e9)], 1.0)
    assert set(epochs) == {"c1", "c2"}
    for asset in "ABC":
        take([Request(0, UnsubscribeTicks(asset), 1e9)], 2.0)
    for now in range(3, 3 + 10 * int(IDLE)):
        take(carriage.tend(float(now)), float(now))
    assert closed == ["c2"]
