"""Bars as they form: equal to those of the exchange's own quotes, whatever happens to the stream."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from actors.errors import RequestRefused
from actors.messages import (
    BarClosed,
    BarForming,
    ConnectionUp,
    LoadTicks,
    StreamGap,
    StreamRecovered,
    Subscribe,
    SubscribeCandles,
    SubscribeTicks,
    UnsubscribeCandles,
)
from actors.values import BarSeries, Candle
from runtime import Runtime, attach
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes
from runtime.practice.server.clock import UTC_OFFSET
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    DEADLINE,
    WITH_WORKERS,
    Notebook,
    Start,
    ask,
    exchange_of,
    practice,
    quotes,
    status_of,
    suspect,
)

A = ASSETS[0]
RATE = 10.0
PATIENCE = 25.0
"""Seconds for a few bars of some seconds each."""


def begun(runtime: Runtime, *commands: SubscribeCandles) -> tuple[Notebook, list[BarSeries]]:
    """The notebook of all bars, and the answers to ``commands``."""
    notebook = Notebook()
    ask(runtime, Subscribe("bar.>", to=notebook))
    return notebook, [runtime.router.ask(command, timeout=3 * DEADLINE) for command in commands]


def final(notebook: Notebook, series: str) -> dict[int, Candle]:
    """The last word on each closed bar, by its opening."""
    return {bar.candle.time: bar.candle for bar in notebook.all(BarClosed) if bar.series == f"{A}.{series}"}


def of_the_exchange(opened: int, closed: float, rate: float = RATE) -> Candle:
    """The bar of the exchange's quotes in ``[opened, closed)``."""
    market, listing = Quotes(seed=1, rate=rate), LISTINGS[A]
    before = market.number_after(listing, math.nextafter(closed + UTC_OFFSET, -math.inf))
    found = market.ticks(listing, math.nextafter(opened + UTC_OFFSET, -math.inf), before, 10**9)
    prices = [tick.price for tick in found]
    return Candle(opened, prices[0], max(prices), min(prices), prices[-1], len(prices))


def assert_seamless(bars: dict[int, Candle], period: int, least: int) -> None:
    """They are at least so many, one after another, and those of the exchange."""
    opened = sorted(bars)
    assert len(opened) >= least
    assert opened == list(range(opened[0], opened[-1] + 1, period))
    assert all((each + UTC_OFFSET) % period == 0 for each in opened)
    assert [bars[each] for each in opened] == [of_the_exchange(each, each + period) for each in opened]


def closed(series: str, count: int) -> Any:
    return lambda book: len(final(book, series)) >= count


@WITH_WORKERS
def test_bars_begin_in_the_midst_of_one_and_are_the_exchanges_own(start_runtime: Start, workers: int) -> None:
    runtime = start_runtime(practice(workers, tick_rate=RATE))
    notebook, [series, _] = begun(runtime, SubscribeCandles(A, 3), SubscribeCandles(A, 1))
    answered_at = time.time()
    assert series == BarSeries(f"bar.{A}.3")
    assert notebook.wait(closed("3", 2), PATIENCE)
    bars = final(notebook, "3")
    assert min(bars) <= answered_at
    assert_seamless(bars, 3, 2)
    assert_seamless(final(notebook, "1"), 1, 3)
    assert all(bar.complete and bar.revision == 0 for bar in notebook.all(BarClosed))


def test_the_forming_bar_of_an_hour_is_whole_from_its_first_tick(start_runtime: Start) -> None:
    """At two ticks a second a page of the exchange holds 33 minutes."""
    runtime = start_runtime(practice(1, tick_rate=2.0))
    notebook, _ = begun(runtime, SubscribeCandles(A, 3600))
    forming = notebook.first(BarForming)
    opened = forming.candle.time
    assert opened == int(time.time()) // 3600 * 3600
    assert forming.candle == of_the_exchange(opened, math.nextafter(forming.until, math.inf), rate=2.0)


def test_no_reconnect_leaves_a_seam(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, tick_rate=RATE, reconnect=AT_ONCE))
    notebook, _ = begun(runtime, SubscribeCandles(A, 2), SubscribeCandles(A, ticks=25))
    connections = Notebook()
    ask(runtime, Subscribe("connection.up", to=connections))
    for count in range(1, 4):
        assert notebook.wait(closed("2", count), PATIENCE)
        exchange_of(runtime).drop_connections()
        assert connections.wait(lambda book, count=count: len(book.all(ConnectionUp)) >= 2 * count)  # type: ignore[misc]
    assert notebook.wait(closed("2", 6), PATIENCE)
    assert_seamless(final(notebook, "2"), 2, 6)
    assert_counted(runtime, notebook)


def assert_counted(runtime: Runtime, notebook: Notebook, size: int = 25) -> None:
    """Each bar of ``size`` ticks begins with the tick behind the last one of the bar before it."""
    found = [bar for bar in notebook.all(BarClosed) if bar.series == f"{A}.{size}-ticks"]
    assert len(found) >= 2
    since, until = found[0].until, found[-1].until
    rows = quotes(ask(runtime, LoadTicks(A, seconds=until - since + 1, end=until + 1)))
    prices = [price for time, price in rows if since < time <= until]
    parts = [prices[at : at + size] for at in range(0, len(prices), size)]
    assert [(part[0], max(part), min(part), part[-1], len(part)) for part in parts] == [
        (bar.candle.open, bar.candle.high, bar.candle.low, bar.candle.close, bar.candle.volume)
        for bar in found[1:]
    ]


def test_a_move_between_connections_leaves_no_seam(start_runtime: Start) -> None:
    runtime = start_runtime(practice(2, *ASSETS[1:], tick_rate=RATE, reconnect=AT_ONCE))
    notebook, _ = begun(runtime, SubscribeCandles(A, 2))
    for count in (1, 2):
        assert notebook.wait(closed("2", count), PATIENCE)
        [carrier] = [each.placed.connection for each in status_of(runtime).streams if each.placed.asset == A]
        suspect(runtime, carrier)
    assert notebook.wait(closed("2", 5), PATIENCE)
    assert_seamless(final(notebook, "2"), 2, 5)


def test_a_silence_of_the_venue_is_filled_afterwards(start_runtime: Start) -> None:
    """Bars close by the clock meanwhile; what turns out to have been missing is told anew."""
    runtime = start_runtime(practice(1, tick_rate=RATE))
    notebook, _ = begun(runtime, SubscribeCandles(A, 2))
    gaps = Notebook()
    ask(runtime, Subscribe("stream.>", to=gaps))
    assert notebook.wait(closed("2", 3), PATIENCE)
    exchange_of(runtime).mute(A)
    silent_from = notebook.all(BarForming)[-1].until
    assert notebook.wait(
        lambda book: any(silent_from < bar.candle.time + 2 for bar in book.all(BarClosed)), PATIENCE
    )
    time_now = len(final(notebook, "2"))
    exchange_of(runtime).unmute(A)
    gap = gaps.first(StreamGap, PATIENCE)
    gaps.first(StreamRecovered, PATIENCE)
    assert notebook.wait(closed("2", time_now + 4), PATIENCE)
    bars = final(notebook, "2")
    assert any(gap.from_time < opened + 2 and opened < gap.to_time for opened in bars)
    assert_seamless(bars, 2, 5)
    told_anew = [bar for bar in notebook.all(BarClosed) if bar.revision]
    assert all(gap.from_time < bar.candle.time + 2 and bar.candle.time < gap.to_time for bar in told_anew)


@pytest.mark.parametrize("fault", ["duplicate", "reorder"])
def test_doubled_and_late_ticks_change_nothing_in_the_end(start_runtime: Start, fault: str) -> None:
    runtime = start_runtime(practice(1, tick_rate=RATE))
    notebook, _ = begun(runtime, SubscribeCandles(A, 2))
    exchange_of(runtime).fault(fault, asset=A)
    assert notebook.wait(closed("2", 4), PATIENCE)
    exchange_of(runtime).calm(fault)
    assert notebook.wait(closed("2", 6), PATIENCE)
    assert_seamless(final(notebook, "2"), 2, 6)


def test_history_ends_where_the_events_begin(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, tick_rate=RATE))
    notebook, [series] = begun(runtime, SubscribeCandles(A, 2, history=50))
    assert [bar.time for bar in series.history] == list(
        range(series.history[0].time, series.history[-1].time + 1, 2)
    )
    assert len(series.history) == 50
    assert notebook.wait(closed("2", 2), PATIENCE)
    assert min(final(notebook, "2")) <= series.history[-1].time + 2


def test_bars_from_the_first_tick_on(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, tick_rate=RATE))
    notebook, [series] = begun(runtime, SubscribeCandles(A, 3, aligned=False))
    assert series.topic == f"bar.{A}.3-first"
    first = notebook.first(BarForming)
    assert first.candle.open == first.candle.close
    assert notebook.wait(closed("3-first", 2), PATIENCE)
    bars = final(notebook, "3-first")
    opened = sorted(bars)
    assert opened == [int(first.until), int(first.until) + 3]
    assert bars[opened[1]] == of_the_exchange(opened[1], opened[1] + 3)


def test_a_series_ends_with_its_last_owner_and_its_stream_with_it(
    start_runtime: Start, tmp_path: Path
) -> None:
    socket = tmp_path / "c.sock"
    runtime = start_runtime(practice(1, tick_rate=RATE, control={"socket": str(socket)}))
    notebook, _ = begun(runtime, SubscribeCandles(A, 2))
    with pytest.raises(RequestRefused, match="has no series of bars 3 of program"):
        ask(runtime, UnsubscribeCandles(A, 3))
    attached_book = Notebook()
    with attach(socket) as attachment:
        attachment.router.tell(Subscribe(f"bar.{A}.2", to=attached_book))
        assert attachment.router.ask(SubscribeCandles(A, 2, history=3), timeout=DEADLINE).history
        assert attached_book.wait(closed("2", 1), PATIENCE)
        left = ask(runtime, UnsubscribeCandles(A, 2))
        assert left.startswith(f"{A}.2 goes on for process ")
        assert [owners_of(runtime)] == [("candles",)]
    streams = Notebook()
    ask(runtime, Subscribe("stream.dropped", to=streams))
    assert streams.wait(lambda book: bool(len(book))) or not status_of(runtime).streams
    with pytest.raises(RequestRefused, match="no series"):
        ask(runtime, UnsubscribeCandles(A, 2))
    count = len(notebook)
    ask(runtime, SubscribeTicks(A))
    assert len(notebook) == count


def owners_of(runtime: Runtime) -> Sequence[str]:
    [stream] = status_of(runtime).streams
    return stream.placed.owners


def test_what_can_be_no_series_is_refused(start_runtime: Start) -> None:
    runtime = start_runtime(practice(0, tick_rate=RATE))
    for command, said in (
        (SubscribeCandles(A), "either a period or a number of ticks"),
        (SubscribeCandles(A, 60, ticks=5), "either a period or a number of ticks"),
        (SubscribeCandles(A, 86_401), "at most 86400"),
        (SubscribeCandles(A, -60), "at least 1 second"),
        (SubscribeCandles(A, ticks=-1), "from 1 to"),
        (SubscribeCandles(A, ticks=5, history=5), "aligned to the clock"),
        (SubscribeCandles(A, 60, history=-5), "at most"),
        (SubscribeCandles("NOSUCH_otc", 60), "NOSUCH_otc"),
    ):
        with pytest.raises(RequestRefused, match=said):
            ask(runtime, command)


def test_a_slow_handler_misses_states_of_forming_bars_and_no_closed_one(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, tick_rate=200.0))
    quick, _ = begun(runtime, SubscribeCandles(A, 1))
    slow = Notebook()

    def dawdle(event: Any) -> None:
        slow(event)
        if isinstance(event, BarForming):
            exchange_of(runtime).ledger.wait_until(lambda _: False, 0.6)

    ask(runtime, Subscribe("bar.>", to=dawdle))
    assert slow.wait(lambda book: len(book.all(BarClosed)) >= 4, 2 * PATIENCE)
    ours = slow.all(BarClosed)
    theirs = [bar for bar in quick.all(BarClosed) if bar.candle.time >= ours[0].candle.time]
    assert ours == theirs[: len(ours)]
    assert len(slow.all(BarForming)) < len(quick.all(BarForming)) / 4
