"""Every actor is on the path: each test fails if the actor that it names is left out."""

import time
from collections import Counter
from typing import Any

import pytest
from loguru import logger
from pydantic import ValidationError

from actors.errors import RateLimited, RequestRefused, RequestTimeout
from actors.messages import (
    AssetsListed,
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    GetAssets,
    GetBalance,
    LoadCandles,
    SendRaw,
    StreamConfirmed,
    StreamRecovered,
    StreamStale,
    Subscribe,
    SubscribeTicks,
)
from actors.messages.traffic import EventBatch
from runtime.practice.market.assets import AssetTable
from runtime.practice.server.clock import UTC_OFFSET
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    DEADLINE,
    JITTER,
    WITH_WORKERS,
    Notebook,
    Start,
    ask,
    busiest,
    cut_off,
    exchange_of,
    practice,
    status_of,
)

PATIENCE = {"check_interval": 0.1, "stale_after": 1.3}
"""Connections report once a second, so nothing can be found stale sooner."""


def test_the_limiter_holds_every_second_on_the_wire_to_the_rate(start_runtime: Start) -> None:
    runtime = start_runtime(practice(2, limits={"messages": ["15/s"]}))
    ledger = exchange_of(runtime).ledger
    assert ledger.wait_until(lambda book: book.count("ps") == 2, DEADLINE)  # sent at login: both are up
    ask(runtime, GetBalance())
    asked_at = time.monotonic()
    answers = [runtime.router.ask(SendRaw('42["raw"]'), block=False) for _ in range(31)]
    for answer in answers:
        answer.get(timeout=DEADLINE)
    assert time.monotonic() - asked_at >= 2.0 - JITTER
    assert ledger.wait_until(lambda book: book.count("raw") == 31, DEADLINE)
    assert busiest(ledger.received("raw"), 1.0 - JITTER) == 12  # a fifth is reserved for orders


def test_what_piled_up_in_an_outage_is_held_to_the_rate_too(start_runtime: Start) -> None:
    retry = AT_ONCE
    runtime = start_runtime(practice(0, limits={"messages": ["5/s"]}, reconnect=retry))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.ask(Subscribe("connection.", to=notebook))
    ask(runtime, GetAssets())
    cut_off(runtime, notebook)
    answers = [runtime.router.ask(SendRaw('42["raw"]'), block=False) for _ in range(10)]
    with pytest.raises(RequestTimeout):  # the outage lasts until all of them were admitted
        ask(runtime, LoadCandles(ASSETS[0], 60, deadline=2.8))
    exchange.open_region(exchange.regions[0].name)
    for answer in answers:
        answer.get(timeout=DEADLINE)
    assert exchange.ledger.wait_until(lambda book: book.count("raw") == 10, DEADLINE)
    assert busiest(exchange.ledger.received("raw"), 1.0 - JITTER) <= 5


def test_restored_streams_pass_the_limiter_too(start_runtime: Start) -> None:
    limits = {"messages": ["6/s"]}
    runtime = start_runtime(practice(1, *ASSETS, limits=limits, pool={"connections": 1}))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("stream.confirmed", to=notebook))
    assert notebook.wait(lambda book: len(book.all(StreamConfirmed)) == 4)
    exchange.drop_connections()
    assert notebook.wait(lambda book: len(book.all(StreamConfirmed)) == 8)
    messages = exchange.ledger.received("changeSymbol") + exchange.ledger.received("subfor")
    times = sorted(message.at for message in messages)
    assert len(times) >= 8
    for number, at in enumerate(times):  # five a second: one of six is reserved for orders
        assert at - times[0] >= number // 5 - JITTER, (number, times)


def test_what_would_wait_past_its_deadline_is_refused_with_the_time_to_wait(start_runtime: Start) -> None:
    runtime = start_runtime(practice(0, limits={"messages": ["5/min"]}))
    for _ in range(4):
        ask(runtime, SendRaw('42["raw"]'))
    with pytest.raises(RateLimited) as refusal:
        ask(runtime, SendRaw('42["raw"]'))
    assert 50 < refusal.value.retry_after <= 60
    assert exchange_of(runtime).ledger.wait_until(lambda book: book.count("raw") == 4, DEADLINE)
    assert status_of(runtime).limiter.refused == 1


def test_no_more_requests_are_unanswered_at_once_than_allowed(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, limits={"max_concurrent_operations": 2}))
    commands = [LoadCandles(asset, period=60, count=150) for asset in ASSETS * 3]
    answers = [runtime.router.ask(command, block=False) for command in commands]
    for answer in answers:
        assert len(answer.get(timeout=DEADLINE)) == 150
    limiter = status_of(runtime).limiter
    assert (limiter.max_in_flight, limiter.in_flight, limiter.waiting) == (2, 0, 0)


@WITH_WORKERS
def test_the_batcher_joins_messages_of_one_moment_into_few_writes(start_runtime: Start, workers: int) -> None:
    runtime = start_runtime(practice(workers, pool={"connections": 1}))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.ask(Subscribe("", to=notebook))
    notebook.first(ConnectionUp)
    for number in range(64):
        runtime.router.tell(SendRaw(f'42["raw",{number}]'))
    assert exchange.ledger.wait_until(lambda book: book.count("raw") == 64, DEADLINE)
    assert [event.payload for event in exchange.ledger.received("raw")] == list(range(64))
    batcher = status_of(runtime).batcher
    assert batcher.requests == 64
    assert 4 <= batcher.batches <= 16
    exchange.drop_connections()
    notebook.first(ConnectionDown)
    report = notebook.all(ConnectionReport)[-1]
    assert report.messages_out >= 64
    assert report.writes < report.messages_out / 2


@WITH_WORKERS
def test_the_pool_keeps_the_cap_of_streams_on_every_connection(start_runtime: Start, workers: int) -> None:
    runtime = start_runtime(practice(workers, limits={"messages": ["1000/s"]}))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    notebook.first(AssetsListed)
    tradable = [asset.symbol for asset in notebook.all(AssetsListed)[0].assets if asset.tradable]
    eight, ninth = tradable[:8], tradable[8]
    answers = [runtime.router.ask(SubscribeTicks(asset), block=False) for asset in eight]
    for asset, answer in zip(eight, answers, strict=True):
        assert answer.get(timeout=DEADLINE).asset == asset
    with pytest.raises(RequestRefused, match="8"):
        ask(runtime, SubscribeTicks(ninth))
    here = {asset: len(notebook.ticks(asset)) for asset in eight}
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > here[asset] + 3 for asset in eight))
    carried = {(tick.asset, tick.socket) for tick in exchange.ledger.ticks()}
    assert Counter(socket for _, socket in carried) == {1: 4, 2: 4}
    assert Counter(stream.placed.connection for stream in status_of(runtime).streams) == {
        "connection-1": 4,
        "connection-2": 4,
    }
    assert exchange.ledger.count("changeSymbol") == 8


def test_the_cap_holds_while_half_of_the_pool_is_down(start_runtime: Start) -> None:
    retry = AT_ONCE
    config = practice(1, reconnect=retry, practice={"regions": 1})
    runtime = start_runtime(config)
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    notebook.first(AssetsListed)
    tradable = [asset.symbol for asset in notebook.all(AssetsListed)[0].assets if asset.tradable]
    for asset in tradable[:8]:
        ask(runtime, SubscribeTicks(asset))
    for _ in range(2):
        fault_at = time.time()
        exchange.drop_connections()
        assert notebook.wait(
            lambda book, fault_at=fault_at: (  # type: ignore[misc]
                len({tick.asset for tick in book.ticks() if tick.time > fault_at}) == 8
            )
        )
    wished = {(event.socket, str(event.payload)) for event in exchange.ledger.received("changeSymbol")}
    assert max(Counter(socket for socket, _ in wished).values()) <= 4


def table(*closed: str) -> list[list[Any]]:
    """The asset table with field 14, tradable now (protocol 1.7.4), false for those ``closed``."""
    rows: list[list[Any]] = AssetTable(seed=1).rows(time.time() + UTC_OFFSET)
    for row in rows:
        if row[1] in closed:
            row[14] = False
    return rows


def test_a_muted_asset_is_subscribed_again_and_cured_by_that(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, *ASSETS[:2], health=PATIENCE))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: all(book.ticks(asset) for asset in ASSETS[:2]))
    muted, sound = ASSETS[:2]
    exchange.mute(muted)
    stale = notebook.first(StreamStale)
    assert (stale.asset, stale.cure) == (muted, "resubscribe")
    assert stale.silent_for > PATIENCE["stale_after"]

    def wished_again(asset: str) -> bool:
        payloads = [event.payload for event in exchange.ledger.received("changeSymbol")]
        return payloads.count({"asset": asset, "period": 60}) == 2

    assert exchange.ledger.wait_until(lambda _: wished_again(muted), DEADLINE)
    exchange.unmute(muted)
    assert notebook.first(StreamRecovered).asset == muted
    assert {event.asset for event in notebook.all(StreamStale)} == {muted}
    assert notebook.all(ConnectionSuspect) == []
    assert [connection.child.restarts for connection in status_of(runtime).connections] == [0, 0]
    assert not wished_again(sound)


def settled(notebook: Notebook, streams: int, connections: int = 2) -> None:
    """All connections have logged in and sent the asset table, and all streams are confirmed."""
    assert notebook.wait(
        lambda book: len(book.all(AssetsListed)) == len(book.all(ConnectionUp)) == connections
    )
    assert notebook.wait(lambda book: len(book.all(StreamConfirmed)) == streams)


def test_an_exchange_that_falls_mute_loses_the_connection_once_and_what_is_closed_may_be_silent(
    start_runtime: Start,
) -> None:
    silent, resting, holiday = ASSETS[:2], ASSETS[2], "#AAPL"
    runtime = start_runtime(practice(1, *silent, resting, holiday, health=PATIENCE, pool={"connections": 1}))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    settled(notebook, streams=4, connections=1)
    exchange.publish("updateAssets", table(resting, holiday))
    assert notebook.wait(lambda book: len(book.all(AssetsListed)) == 2)
    assert notebook.wait(lambda book: all(book.ticks(asset) for asset in silent))
    exchange.mute()

    notebook.first(ConnectionSuspect, connection="connection-1")
    stale = notebook.all(StreamStale)
    assert sorted((event.asset, event.cure) for event in stale) == sorted(
        (asset, "reconnect") for asset in silent
    )
    notebook.first(ConnectionDown)
    exchange.unmute()
    notebook.first(ConnectionUp, epoch=2)
    # The opening time of the closed market is unknown, so the time of the lost connection is a gap of it too.
    recovered = {*silent, resting}
    assert notebook.wait(lambda book: {event.asset for event in book.all(StreamRecovered)} == recovered)
    assert len(notebook.all(ConnectionSuspect)) == 1
    status = status_of(runtime)
    assert [connection.child.restarts for connection in status.connections] == [1]
    health = {stream.placed.asset: stream.seen.health for stream in status.streams}
    assert {asset: health[asset] for asset in (*silent, holiday)} == dict.fromkeys(silent, "fresh") | {
        holiday: "closed"  # the other one has opened: the new login brought a table
    }


def test_a_market_that_opens_after_a_long_rest_is_given_time_for_its_first_tick(start_runtime: Start) -> None:
    resting, awake = ASSETS[:2]
    runtime = start_runtime(practice(0, resting, awake, health=PATIENCE))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    settled(notebook, streams=2)
    exchange.publish("updateAssets", table(resting))
    assert notebook.wait(lambda book: len(book.all(AssetsListed)) == 4)
    exchange.mute(resting)
    opens_at = time.time() + 2.2 * PATIENCE["stale_after"]
    assert notebook.wait(lambda book: any(tick.time > opens_at for tick in book.ticks(awake)))
    assert notebook.all(StreamStale) == []
    exchange.publish("updateAssets", table())
    exchange.unmute(resting)
    assert notebook.wait(lambda book: len([t for t in book.ticks(resting) if t.time > opens_at]) > 60)
    assert notebook.all(StreamStale) == []
    assert notebook.all(ConnectionSuspect) == []
    assert notebook.all(ConnectionDown) == []


def test_a_stream_that_ticks_is_never_called_stale_however_short_the_patience(start_runtime: Start) -> None:
    impatient = {"check_interval": 0.05, "stale_after": 0.4}
    try:
        config = practice(0, ASSETS[0], health=impatient)
    except ValidationError:
        return  # to refuse an impossible configuration is as good
    runtime = start_runtime(config)
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: len(book.ticks()) > 60)
    assert notebook.all(StreamStale) == []
    assert exchange_of(runtime).ledger.count("changeSymbol") == 1


def test_batches_of_a_connection_that_are_lost_on_the_way_are_counted_and_logged(
    start_runtime: Start,
) -> None:
    runtime = start_runtime(practice(0))
    said: list[str] = []
    handler = logger.add(said.append, level="ERROR", format="{message}")
    for sequence in (1, 4, 5):
        runtime.router.tell(EventBatch("connection-9", [], epoch=1, sequence=sequence))
    assert status_of(runtime).router.lost_batches == 2
    logger.remove(handler)
    assert said == ["2 batches of connection-9 have not arrived: report this with the log\n"]
