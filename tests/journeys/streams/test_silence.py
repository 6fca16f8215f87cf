"""Stale and interrupted streams: moved and filled with candles; and the clock of the venue."""

import time

from actors.messages import (
    CandlesLoaded,
    ConnectionSuspect,
    GetServerTime,
    StreamGap,
    StreamRecovered,
    StreamStale,
    Subscribe,
)
from actors.values import Candle, ServerTime
from runtime.config import StreamConfig
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
    assert_accounted_for,
    exchange_of,
    practice,
    status_of,
)

PATIENCE = {"check_interval": 0.1, "stale_after": 0.8}
RATE = 50.0
PERIOD = 5


def test_an_asset_that_stays_mute_is_moved_and_nothing_else_is_touched(start_runtime: Start) -> None:
    spread = {"connections": 2, "streams_per_connection": 3}
    runtime = start_runtime(practice(1, *ASSETS, health=PATIENCE, pool=spread))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > 10 for asset in ASSETS))
    mute = ASSETS[0]
    before = {stream.placed.asset: stream.placed.connection for stream in status_of(runtime).streams}
    exchange.mute(mute)
    notebook.first(StreamStale, asset=mute, cure="resubscribe")
    notebook.first(StreamStale, asset=mute, cure="move")
    assert exchange.ledger.wait_until(lambda book: book.count("unsubfor") >= 1, DEADLINE)
    exchange.unmute(mute)
    recovered = notebook.first(StreamRecovered, asset=mute)
    after = {stream.placed.asset: stream.placed.connection for stream in status_of(runtime).streams}
    assert recovered.connection == after[mute] != before[mute]
    assert {event.asset for event in notebook.all(StreamStale)} == {mute}
    assert notebook.all(ConnectionSuspect) == []
    for asset in ASSETS[1:]:  # one may move to spread the load, without a loss
        assert_accounted_for(notebook.ticks(asset), exchange.ledger.ticks(asset), [])
    assert_accounted_for(notebook.ticks(mute), exchange.ledger.ticks(mute), notebook.all(StreamGap))


def bars_of_the_exchange(asset: str, first: int, last: int, seed: int) -> list[Candle]:
    """The bars of the exchange's quotes that open from ``first`` to ``last``, UTC."""
    quotes, listing = Quotes(seed, RATE), LISTINGS[asset]
    start, end = first + UTC_OFFSET, last + UTC_OFFSET + PERIOD
    return [
        Candle(opened - UTC_OFFSET, bar.open, bar.high, bar.low, bar.close)
        for opened, bar in quotes.bars(listing, PERIOD, start, end, end, 10)
    ]


def test_a_gap_is_filled_with_the_candles_that_hold_it(start_runtime: Start) -> None:
    asset = ASSETS[0]
    config = practice(1, tick_rate=RATE, pool={"connections": 1}, reconnect=AT_ONCE, practice={"regions": 1})
    runtime = start_runtime(config.model_copy(update={"streams": [StreamConfig(asset=asset, period=PERIOD)]}))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: len(book.ticks(asset)) > 10)
    region = exchange.regions[0].name
    exchange.close_region(region)
    lost_at = time.time()
    exchange.open_region(region)
    assert notebook.wait(lambda book: any(tick.time > lost_at for tick in book.ticks(asset)))

    gap = notebook.first(StreamGap, asset=asset)
    recovered = notebook.first(StreamRecovered, asset=asset)
    assert (recovered.gap_from, recovered.gap_to) == (gap.from_time, gap.to_time)
    assert (recovered.missing, recovered.reason) == ((), "")
    filling = notebook.all(CandlesLoaded)[-1]
    assert (filling.asset, filling.period, len(filling.candles)) == (asset, PERIOD, recovered.filled)
    first, last = filling.candles[0], filling.candles[-1]
    assert first.time <= gap.from_time < first.time + PERIOD
    assert last.time <= gap.to_time < last.time + PERIOD
    quoted = bars_of_the_exchange(asset, first.time, last.time, config.practice.seed)
    assert filling.candles[:-1] == quoted[:-1]
    assert (last.time, last.open) == (quoted[-1].time, quoted[-1].open)  # it was still forming
    assert exchange.ledger.count("loadHistoryPeriod") == 1
    assert_accounted_for(notebook.ticks(asset), exchange.ledger.ticks(asset), [gap])


def test_the_venues_clock_is_known_from_the_first_ticks_on(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, ASSETS[0]))
    asked_at = time.time()
    server = ask(runtime, GetServerTime())
    assert isinstance(server, ServerTime)
    assert abs(server.offset) < 0.5
    assert asked_at <= server.time - server.offset <= time.time()
    status = status_of(runtime)
    assert status.clock_offset is not None
    assert abs(status.clock_offset) < 0.5
    (stream,) = status.streams
    assert (stream.seen.health, stream.seen.cure) == ("fresh", "")
