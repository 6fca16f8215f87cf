"""Bars while the stream is disturbed: none is missing, and each is that of the exchange's own quotes."""

import time

from actors.messages import (
    BarClosed,
    BarForming,
    ConnectionUp,
    LoadTicks,
    StreamGap,
    StreamRecovered,
    Subscribe,
    SubscribeCandles,
)
from runtime import Runtime
from tests.journeys.bars import PATIENCE, RATE, A, assert_seamless, begun, closed, final
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    Notebook,
    Start,
    ask,
    exchange_of,
    practice,
    quotes,
    status_of,
    suspect,
)

SILENCE = 3.0
"""Seconds; a pause of less than two is none, however fast the stream is."""


def test_no_reconnect_leaves_a_seam(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, tick_rate=RATE, reconnect=AT_ONCE))
    notebook, _ = begun(runtime, SubscribeCandles(A, 1), SubscribeCandles(A, ticks=25))
    connections = Notebook()
    ask(runtime, Subscribe("connection.up", to=connections))
    for count in range(1, 4):
        assert notebook.wait(closed("1", count), PATIENCE)
        exchange_of(runtime).drop_connections()
        assert connections.wait(lambda book, count=count: len(book.all(ConnectionUp)) >= 2 * count)  # type: ignore[misc]
    assert notebook.wait(closed("1", 7), PATIENCE)
    assert_seamless(final(notebook, "1"), 1, 6)
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
    notebook, _ = begun(runtime, SubscribeCandles(A, 1))
    for count in (1, 2):
        assert notebook.wait(closed("1", count), PATIENCE)
        [carrier] = [each.placed.connection for each in status_of(runtime).streams if each.placed.asset == A]
        suspect(runtime, carrier)
    assert notebook.wait(closed("1", 5), PATIENCE)
    assert_seamless(final(notebook, "1"), 1, 5)


def test_a_silence_of_the_venue_is_filled_afterwards(start_runtime: Start) -> None:
    """Bars close by the clock meanwhile; what turns out to have been missing is told anew."""
    runtime = start_runtime(practice(1, tick_rate=RATE))
    notebook, _ = begun(runtime, SubscribeCandles(A, 1))
    gaps = Notebook()
    ask(runtime, Subscribe("stream.>", to=gaps))
    assert notebook.wait(closed("1", 5), PATIENCE)  # by now the rate of the stream is known
    exchange_of(runtime).mute(A)
    silent_from = notebook.all(BarForming)[-1].until
    time.sleep(SILENCE)
    assert notebook.wait(
        lambda book: any(silent_from < bar.candle.time + 1 for bar in book.all(BarClosed)), PATIENCE
    )
    time_now = len(final(notebook, "1"))
    exchange_of(runtime).unmute(A)
    gap = gaps.first(StreamGap, PATIENCE)
    gaps.first(StreamRecovered, PATIENCE)
    assert notebook.wait(closed("1", time_now + 4), PATIENCE)
    bars = final(notebook, "1")
    assert any(gap.from_time < opened + 1 and opened < gap.to_time for opened in bars)
    assert_seamless(bars, 1, 7)
    told_anew = [bar for bar in notebook.all(BarClosed) if bar.revision]
    assert all(gap.from_time < bar.candle.time + 1 and bar.candle.time < gap.to_time for bar in told_anew)


def test_doubled_and_late_ticks_change_nothing_in_the_end(start_runtime: Start) -> None:
    """Those of one asset are doubled, those of another one are late."""
    runtime = start_runtime(practice(1, tick_rate=RATE))
    faults = {A: "duplicate", ASSETS[1]: "reorder"}
    notebook, _ = begun(runtime, *(SubscribeCandles(asset, 1) for asset in faults))
    for asset, fault in faults.items():
        exchange_of(runtime).fault(fault, asset=asset)
    assert notebook.wait(closed("1", 4, *faults), PATIENCE)
    for fault in faults.values():
        exchange_of(runtime).calm(fault)
    assert notebook.wait(closed("1", 7, *faults), PATIENCE)
    for asset in faults:
        assert_seamless(final(notebook, "1", asset), 1, 7, asset)
