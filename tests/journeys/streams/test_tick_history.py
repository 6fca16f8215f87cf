"""Ticks of the past, as the exchange quoted them."""

import math
import time
from pathlib import Path

import pytest

from actors.errors import RequestRefused
from actors.messages import LoadTicks, Subscribe
from actors.values import Tick
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
)

RATE = 20.0


def of_the_venue(asset: str, start: float, end: float, rate: float = RATE) -> list[tuple[float, float]]:
    """The quotes of the exchange in ``[start, end)``."""
    market, listing = Quotes(seed=1, rate=rate), LISTINGS[asset]
    before = market.number_after(listing, math.nextafter(end + UTC_OFFSET, -math.inf))
    found = market.ticks(listing, math.nextafter(start + UTC_OFFSET, -math.inf), before, 10**9)
    return [(tick.time - UTC_OFFSET, tick.price) for tick in found]


def pages(runtime: Runtime) -> int:
    return exchange_of(runtime).ledger.count("loadHistoryPeriod")


@WITH_WORKERS
def test_the_ticks_of_a_span_are_the_exchanges_own(start_runtime: Start, workers: int) -> None:
    runtime = start_runtime(practice(workers, tick_rate=RATE))
    end = time.time() - 30.25
    ticks = ask(runtime, LoadTicks(ASSETS[0], seconds=60, end=end))
    assert quotes(ticks) == of_the_venue(ASSETS[0], end - 60, end)
    assert all(type(tick) is Tick and tick.asset == ASSETS[0] and tick.received_at == 0 for tick in ticks)
    assert pages(runtime) == 1
    assert ask(runtime, LoadTicks(ASSETS[0], count=100, end=end)) == ticks[-100:]


def test_a_long_span_comes_page_by_page_through_the_loss_of_every_connection(start_runtime: Start) -> None:
    """At this rate a page of the exchange is cut off after 210 s."""
    runtime = start_runtime(practice(1, tick_rate=RATE, reconnect=AT_ONCE))
    exchange = exchange_of(runtime)
    end = time.time() - 5
    answer = runtime.router.ask(LoadTicks(ASSETS[0], seconds=2400, end=end), block=False)
    assert exchange.ledger.wait_until(lambda book: book.count("loadHistoryPeriod") >= 3, DEADLINE)
    exchange.drop_connections()
    assert quotes(answer.get(timeout=3 * DEADLINE)) == of_the_venue(ASSETS[0], end - 2400, end)
    assert pages(runtime) >= 12


def test_the_last_ticks_before_a_stream_are_those_before_its_first(start_runtime: Start) -> None:
    runtime, notebook = start_runtime(practice(1, tick_rate=RATE)), Notebook()
    ask(runtime, Subscribe(f"tick.{ASSETS[0]}", to=notebook, stream=True))
    assert notebook.wait(lambda book: len(book.ticks()) >= 3)
    first = notebook.ticks()[0].time
    ticks = ask(runtime, LoadTicks(ASSETS[0], seconds=10, end=first))
    assert quotes(ticks) == of_the_venue(ASSETS[0], first - 10, first)


def test_equal_loads_share_their_pages(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, tick_rate=RATE))
    command = LoadTicks(ASSETS[0], seconds=600, end=time.time() - 5)
    asked = [runtime.router.ask(command, block=False) for _ in range(10)]
    answers = [future.get(timeout=DEADLINE) for future in asked]
    assert all(answer == answers[0] for answer in answers)
    assert len({id(answer) for answer in answers}) == 10
    assert pages(runtime) == 3


def test_an_attached_process_loads_them_too(start_runtime: Start, tmp_path: Path) -> None:
    socket = tmp_path / "c.sock"
    runtime = start_runtime(practice(1, tick_rate=RATE, control={"socket": str(socket)}))
    command = LoadTicks(ASSETS[0], seconds=20, end=time.time() - 5)
    with attach(socket) as attachment:
        assert attachment.router.ask(command, timeout=DEADLINE) == ask(runtime, command)


def test_what_cannot_be_loaded_is_refused_at_once(start_runtime: Start) -> None:
    runtime = start_runtime(practice(0, tick_rate=RATE, limits={"messages": ["10/s"]}))
    with pytest.raises(RequestRefused, match="NOSUCH_otc"):
        ask(runtime, LoadTicks("NOSUCH_otc", seconds=60))
    with pytest.raises(RequestRefused, match="the ticks of 86,400 s are 44 requests"):
        ask(runtime, LoadTicks(ASSETS[0], seconds=86_400, deadline=1))
