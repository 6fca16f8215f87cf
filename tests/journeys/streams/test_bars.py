"""Bars as they form are those of the exchange's own quotes; test_disturbed_bars.py disturbs the stream."""

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
    Subscribe,
    SubscribeCandles,
    SubscribeTicks,
    UnsubscribeCandles,
)
from actors.routing.subscriber import INBOX_CAPACITY
from actors.values import BarSeries
from runtime import Runtime, attach
from tests.journeys.bars import PATIENCE, RATE, A, assert_seamless, begun, closed, final, of_the_exchange
from tests.journeys.journey import (
    DEADLINE,
    Notebook,
    Start,
    ask,
    practice,
    status_of,
)


@pytest.mark.parametrize("workers", [0, 2])
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
    first = notebook.first(
        BarForming
    )  # whose read may have brought several ticks, the first of them a second ago
    assert notebook.wait(closed("3-first", 2), PATIENCE)
    bars = final(notebook, "3-first")
    opened = sorted(bars)
    assert opened == [first.candle.time, first.candle.time + 3]
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
    """It works on its first event while four bars form."""
    runtime = start_runtime(practice(1, tick_rate=200.0))
    quick, _ = begun(runtime, SubscribeCandles(A, 1))
    slow = Notebook()

    def dawdle(event: Any) -> None:
        slow(event)
        if len(slow) == 1:
            assert quick.wait(closed("1", 4), PATIENCE)

    ask(runtime, Subscribe("bar.>", to=dawdle))
    assert slow.wait(lambda book: len(book.all(BarClosed)) >= 4, 2 * PATIENCE)
    ours = slow.all(BarClosed)
    theirs = [bar for bar in quick.all(BarClosed) if bar.candle.time >= ours[0].candle.time]
    assert ours == theirs[: len(ours)]
    assert len(slow.all(BarForming)) < len(quick.all(BarForming)) / 2
    assert len(quick.all(BarForming)) > 5 * INBOX_CAPACITY
