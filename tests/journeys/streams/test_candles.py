"""Candles: pages, shared requests and the cache, as the ledger of the exchange shows them."""

import time
from typing import Any

import pytest

from actors.errors import RequestTimeout
from actors.messages import CandlesProgress, ConnectionDown, GetAssets, LoadCandles, Subscribe, SubscribeTicks
from actors.messages.status import CandlesStatus
from actors.values import Candle
from runtime import Runtime
from runtime.practice import PracticeExchange
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes
from runtime.practice.server.clock import UTC_OFFSET
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    DEADLINE,
    Notebook,
    Start,
    ask,
    cut_off,
    exchange_of,
    practice,
    status_of,
)

HOUR = 3600
"""Seconds of a period so long that hardly any bar ends during a test."""

NOT_CACHED = {"cache_ttl": 0.0}


def pages(runtime: Runtime) -> int:
    """The number of requests for bars that have reached the exchange."""
    return exchange_of(runtime).ledger.count("loadHistoryPeriod")


def down(runtime: Runtime) -> PracticeExchange:
    """The exchange of ``runtime``, with all regions closed and both connections down."""
    notebook = Notebook()
    runtime.router.ask(Subscribe("connection.", to=notebook))
    ask(runtime, GetAssets())
    cut_off(runtime, notebook)
    return exchange_of(runtime)


def of_the_venue(asset: str, period: int, count: int, end: int, rate: float) -> list[Candle]:
    """The bars of the exchange's quotes, without pages; ``rate`` is its ticks per second."""
    close = end + UTC_OFFSET
    found = Quotes(seed=1, rate=rate).bars(
        LISTINGS[asset], period, close - count * period, close, close, count
    )
    return [Candle(opened - UTC_OFFSET, bar.open, bar.high, bar.low, bar.close) for opened, bar in found]


def prices(candles: list[Candle]) -> list[tuple[Any, ...]]:
    return [(bar.time, bar.open, bar.high, bar.low, bar.close) for bar in candles]


def test_a_thousand_candles_are_the_exchanges_own_through_the_loss_of_every_connection(
    start_runtime: Start,
) -> None:
    runtime, notebook = start_runtime(practice(1, reconnect=AT_ONCE)), Notebook()
    exchange = exchange_of(runtime)

    def cut(event: Any) -> None:
        exchange.drop_connections()
        notebook(event)

    runtime.router.ask(Subscribe("progress.", to=cut))
    runtime.router.ask(Subscribe("connection.down", to=notebook))
    end = int(time.time()) // 60 * 60
    candles = ask(runtime, LoadCandles(ASSETS[0], period=60, count=1000, end=end))
    assert prices(candles) == prices(of_the_venue(ASSETS[0], 60, 1000, end, rate=50.0))
    assert candles[0].time == end - 1000 * 60
    assert notebook.wait(lambda book: len(book.all(CandlesProgress)) == 6)
    assert [event.loaded for event in notebook.all(CandlesProgress)] == [150, 300, 450, 600, 750, 900]
    assert notebook.first(ConnectionDown)
    assert status_of(runtime).candles.flights == 0


def test_the_same_load_again_reaches_the_wire_only_once(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1))
    for command in (
        LoadCandles(ASSETS[0], HOUR, count=300),
        LoadCandles(ASSETS[0], period=60, count=300, end=time.time() - HOUR),
    ):
        before = pages(runtime)
        candles = ask(runtime, command)
        assert pages(runtime) == before + 2
        assert ask(runtime, command) == candles
        assert pages(runtime) == before + 2
    assert status_of(runtime).candles == CandlesStatus(hits=2, misses=2, entries=2, flights=0)


def test_a_tick_makes_the_answers_up_to_now_old_and_no_others(start_runtime: Start) -> None:
    runtime, notebook = start_runtime(practice(1)), Notebook()
    present = LoadCandles(ASSETS[0], HOUR, count=100)
    past = LoadCandles(ASSETS[0], HOUR, count=100, end=time.time() - HOUR)
    for command in (present, past):
        ask(runtime, command)
    runtime.router.ask(Subscribe("tick.", to=notebook))
    ask(runtime, SubscribeTicks(ASSETS[0]))
    assert notebook.wait(lambda book: bool(book.ticks()))
    for command in (present, past):
        ask(runtime, command)
    assert pages(runtime) == 3


def test_equal_requests_share_one_load(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, reconnect=AT_ONCE, candles=NOT_CACHED))
    exchange = down(runtime)
    command = LoadCandles(ASSETS[0], HOUR, count=200)
    asked = [runtime.router.ask(command, block=False) for _ in range(10)]
    assert status_of(runtime).candles.flights == 1
    exchange.open_region(exchange.regions[0].name)
    answers = [future.get(timeout=DEADLINE) for future in asked]
    assert len(answers[0]) == 200
    assert all(answer == answers[0] for answer in answers)
    assert len({id(answer) for answer in answers}) == 10
    assert pages(runtime) == 2
    ask(runtime, command)
    assert pages(runtime) == 4


def test_an_ask_that_times_out_neither_ends_a_shared_load_nor_starts_one_alone(
    start_runtime: Start,
) -> None:
    runtime = start_runtime(practice(0, reconnect=AT_ONCE))
    exchange = down(runtime)
    shared, lonely = LoadCandles(ASSETS[0], HOUR), LoadCandles(ASSETS[1], HOUR)
    hasty = [
        runtime.router.ask(LoadCandles(command.asset, HOUR, deadline=0.2), block=False)
        for command in (shared, lonely)
    ]
    patient = runtime.router.ask(shared, block=False)
    for future in hasty:
        with pytest.raises(RequestTimeout):
            future.get(timeout=DEADLINE)
    assert status_of(runtime).candles.flights == 1
    exchange.open_region(exchange.regions[0].name)
    assert len(patient.get(timeout=DEADLINE)) == 100
    assert {event.payload["asset"] for event in exchange.ledger.received("loadHistoryPeriod")} == {ASSETS[0]}  # type: ignore[index]
