"""A venue that is defined outside of the program, with other messages and limits and without orders."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.errors import AuthRejected, RequestRefused
from actors.messages import (
    CandlesLoaded,
    CommandFailed,
    ConnectionDown,
    GetAssets,
    GetBalance,
    GetOpenedDeals,
    GetPendingOrders,
    Halt,
    LoadCandles,
    LoadTicks,
    PlaceOrder,
    StreamGap,
    StreamRecovered,
    Subscribe,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.messages.commands import Command
from actors.values import Direction
from runtime import Runtime, attach
from runtime.config import Config
from tests.doubles.plain_streams import CANDLES_PER_REQUEST, HANGS_UP_AFTER
from tests.doubles.plain_streams.server import LOGIN, SYMBOLS, TOKEN, PlainServer
from tests.journeys.journey import AT_ONCE, DEADLINE, Notebook, Start, ask, assert_accounted_for, quotes

EACH_WAY = pytest.mark.parametrize("workers", [0, 1])
BTC, ETH = SYMBOLS


@pytest.fixture
def server() -> Iterator[PlainServer]:
    with PlainServer() as server:
        yield server


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


def towards(server: PlainServer, workers: int, **sections: Any) -> Config:
    settings: dict[str, Any] = {
        "account": {"venue": "tests.doubles.plain_streams", "session": LOGIN},
        "regions": {"demo": [{"name": "HERE", "url": server.url}]},
        "pool": {"workers": workers, "connections": 1},
        "reconnect": AT_ONCE,
    }
    return Config.model_validate(settings | sections)


@EACH_WAY
def test_every_tick_is_delivered_once_and_in_order(
    server: PlainServer, start_runtime: Start, notebook: Notebook, workers: int
) -> None:
    runtime = start_runtime(towards(server, workers))
    runtime.router.tell(Subscribe("tick.", to=notebook))
    for asset in SYMBOLS:
        ask(runtime, SubscribeTicks(asset))
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > 40 for asset in SYMBOLS))
    ask(runtime, UnsubscribeTicks(ETH))
    for asset in SYMBOLS:
        got, sent = quotes(notebook.ticks(asset)), [tick[1:] for tick in server.ticks(asset)]
        assert got == sent[: len(got)]
    assert list(ask(runtime, GetAssets())) == list(SYMBOLS)


@EACH_WAY
def test_a_lost_connection_comes_back_with_its_streams_and_one_announced_gap(
    server: PlainServer, start_runtime: Start, notebook: Notebook, workers: int
) -> None:
    runtime = start_runtime(towards(server, workers, streams=[{"asset": BTC}]))
    for topic in ("tick.", "stream.", "candles.", "connection."):
        runtime.router.tell(Subscribe(topic, to=notebook))
    assert notebook.wait(lambda book: len(book.ticks(BTC)) > 20)
    server.drop_clients()
    gap = notebook.first(StreamGap, asset=BTC)
    recovered = notebook.first(StreamRecovered, asset=BTC)
    assert (recovered.missing, recovered.reason) == ((), "")
    assert recovered.filled >= 1

    def fill_the_gap(loaded: CandlesLoaded) -> bool:
        times = [candle.time for candle in loaded.candles]
        return len(times) == recovered.filled and times[0] <= gap.from_time and gap.to_time <= times[-1] + 60

    # Each topic has a subscriber of its own, so the candles may come after the event behind them.
    assert notebook.wait(lambda book: any(map(fill_the_gap, book.all(CandlesLoaded))))
    assert notebook.wait(lambda book: book.ticks(BTC)[-1].time > gap.to_time)
    assert_accounted_for(notebook.ticks(BTC), server.ticks(BTC), [gap])  # type: ignore[arg-type]
    assert len(notebook.all(ConnectionDown)) == 1


@EACH_WAY
def test_candles_are_loaded_in_pages_of_the_venues_size(
    server: PlainServer, start_runtime: Start, workers: int
) -> None:
    runtime = start_runtime(towards(server, workers))
    end = int(time.time()) // 60 * 60
    candles = ask(runtime, LoadCandles(BTC, period=60, count=2 * CANDLES_PER_REQUEST + 3, end=end))
    assert server.pages == [CANDLES_PER_REQUEST, CANDLES_PER_REQUEST, 3]
    assert [candle.time for candle in candles] == list(range(end - len(candles) * 60, end, 60))


@EACH_WAY
def test_the_venues_own_keep_alive_holds_the_connection(
    server: PlainServer, start_runtime: Start, notebook: Notebook, workers: int
) -> None:
    runtime = start_runtime(towards(server, workers, streams=[{"asset": BTC}]))
    runtime.router.tell(Subscribe("tick.", to=notebook))
    assert notebook.wait(lambda book: bool(book.ticks()))
    first = notebook.ticks()[0].time
    assert notebook.wait(lambda book: book.ticks()[-1].time > first + 1.5 * HANGS_UP_AFTER)
    assert (server.hung_up, len(server.headers)) == (0, 1)
    assert server.headers[0]["X-Plain-User"] == "ann"
    assert server.headers[0]["Origin"] == "https://plain.example"


WITHOUT_ORDERS = pytest.mark.parametrize(
    "command",
    [
        PlaceOrder(BTC, Decimal(1), Direction.CALL, 60),
        GetOpenedDeals(),
        GetPendingOrders(),
        Halt(""),
        GetBalance(),
    ],
    ids=lambda command: type(command).__name__,
)


@EACH_WAY
@WITHOUT_ORDERS
def test_what_the_venue_does_not_have_is_refused_by_name_and_at_once(
    server: PlainServer, start_runtime: Start, workers: int, command: Command
) -> None:
    runtime = start_runtime(towards(server, workers))
    with pytest.raises(RequestRefused, match="Plain Streams has no orders"):
        ask(runtime, command)


@WITHOUT_ORDERS
def test_a_refusal_of_a_told_command_names_it(
    server: PlainServer, start_runtime: Start, notebook: Notebook, command: Command
) -> None:
    runtime = start_runtime(towards(server, 0))
    runtime.router.tell(Subscribe("command.", to=notebook))
    ask(runtime, GetAssets())  # a halt overtakes, but not what was answered before it
    runtime.router.tell(command)
    failed = notebook.first(CommandFailed)
    reason = "RequestRefused: Plain Streams has no orders"
    assert (failed.command, failed.reason) == (type(command).__name__, reason)


@WITHOUT_ORDERS
def test_an_attached_process_is_refused_too(
    server: PlainServer, start_runtime: Start, tmp_path: Path, notebook: Notebook, command: Command
) -> None:
    socket = tmp_path / "c.sock"
    start_runtime(towards(server, 0, control={"socket": str(socket)}))
    with attach(socket) as attachment:
        with pytest.raises(RequestRefused, match="Plain Streams has no orders"):
            attachment.router.ask(command, timeout=DEADLINE)
        attachment.router.tell(Subscribe("command.", to=notebook))
        attachment.router.ask(GetAssets(), timeout=DEADLINE)
        attachment.router.tell(command)
        assert notebook.first(CommandFailed).command == type(command).__name__


def test_ticks_of_the_past_are_refused_where_the_venue_keeps_none(
    server: PlainServer, start_runtime: Start
) -> None:
    runtime = start_runtime(towards(server, 0))
    with pytest.raises(RequestRefused, match="Plain Streams has no history of ticks"):
        ask(runtime, LoadTicks(BTC, 60))


@EACH_WAY
def test_a_refused_login_is_final_after_as_many_attempts_as_the_venue_wants(
    server: PlainServer, workers: int
) -> None:
    account = {"venue": "tests.doubles.plain_streams", "session": "demo:ann:another"}
    with Runtime(towards(server, workers, account=account)) as runtime:
        assert runtime.wait(DEADLINE)
    assert isinstance(runtime.failure, AuthRejected)
    assert len(server.headers) == 1
    assert TOKEN not in str(runtime.failure)
