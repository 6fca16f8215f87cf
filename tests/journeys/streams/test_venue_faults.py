"""Faults of the exchange, met by a whole runtime: what it notices and what it does."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from loguru import logger

from actors.messages import (
    ConnectionDown,
    ConnectionReport,
    ConnectionUp,
    LoadCandles,
    StreamRecovered,
    StreamStale,
    Subscribe,
)
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange, PracticeSettings
from tests.journeys.journey import DEADLINE, Notebook, Start, assert_lossless, status_of, towards

ASSET = "EURUSD_otc"
HASTE = {"open_timeout": 0.4, "ping_interval": 0.1, "ping_timeout": 0.2}
"""For ``connection``. A missing pong is noticed with a report, which is made once a second."""
PATIENCE = {"check_interval": 0.1, "stale_after": 1.2}
"""For ``health``: streams are reported once a second, so nothing can be found stale sooner."""


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(tick_rate=50.0)) as running:
        yield running


def start(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook, **sections: dict[str, Any]
) -> Runtime:
    """One connection with one stream, the first region first."""
    urls = [region.url for region in exchange.regions]
    settings = towards(exchange.session, urls, 0, connection=HASTE, **sections)
    runtime = start_runtime(Config.model_validate(settings | {"streams": [{"asset": ASSET}]}))
    runtime.router.tell(Subscribe("", to=notebook))
    return runtime


def flowing(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook, **sections: dict[str, Any]
) -> Runtime:
    runtime = start(start_runtime, exchange, notebook, **sections)
    assert notebook.wait(lambda book: len(book.ticks()) > 3)
    return runtime


def assert_flowing_in(notebook: Notebook, region: str) -> None:
    assert_flowing(notebook, notebook.first(ConnectionUp, region=region))


def assert_flowing_again(notebook: Notebook) -> None:
    """In any region; the one that worked is tried first."""
    assert_flowing(notebook, notebook.first(ConnectionUp, epoch=2))


def assert_flowing(notebook: Notebook, up: ConnectionUp) -> None:
    here = len(notebook.ticks())
    assert notebook.wait(lambda book: len(book.ticks()) > here + 3), up


@pytest.mark.parametrize(
    ("fault", "parameters", "reason"),
    [
        ("hang", {}, "0.4 s"),
        ("dribble", {"interval": 0.05}, "0.4 s"),
        ("pings_only", {}, "no login within 0.4 s"),
        ("answer", {"status": 429, "retry_after": 1}, "HTTP status 429"),
        ("answer", {"status": 503, "retry_after": 1, "date": True}, "HTTP status 503"),
        ("answer", {"status": 200}, "HTTP status 200"),
        ("answer", {"status": 302, "location": "http://127.0.0.1:1/"}, "HTTP status 302"),
    ],
)
def test_a_region_that_does_not_let_in_is_left_for_the_next(
    start_runtime: Start,
    exchange: PracticeExchange,
    notebook: Notebook,
    fault: str,
    parameters: dict[str, Any],
    reason: str,
) -> None:
    exchange.fault(fault, region=exchange.regions[0].name, **parameters)
    start(start_runtime, exchange, notebook)
    assert reason in notebook.first(ConnectionDown, region="REGION-1").reason
    assert_flowing_in(notebook, "REGION-2")


@pytest.mark.parametrize("code", [None, 1000, 1005, 1012])
def test_a_close_with_whatever_code_is_followed_by_a_new_connection(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook, code: int | None
) -> None:
    flowing(start_runtime, exchange, notebook)
    assert exchange.fault("close", code=code) == 1
    notebook.first(ConnectionDown, was_ready=True)
    assert_flowing_again(notebook)


@pytest.mark.parametrize("fault", ["half_frame", "data_only"])
def test_a_transport_that_answers_no_ping_is_replaced_before_any_stream_is_stale(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook, fault: str
) -> None:
    flowing(start_runtime, exchange, notebook, health=PATIENCE)
    exchange.fault(fault, region=exchange.regions[0].name)
    down = notebook.first(ConnectionDown, was_ready=True, timeout=2 * DEADLINE)
    assert "no answer to a ping" in down.reason
    assert_flowing_again(notebook)
    assert notebook.all(StreamStale) == []


def test_a_server_whose_engine_pings_stop_while_data_flow_is_reported_and_replaced(
    start_runtime: Start, notebook: Notebook
) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{level}: {message}")
    with PracticeExchange(PracticeSettings(tick_rate=50.0, ping_interval=0.3, ping_timeout=0.3)) as exchange:
        flowing(start_runtime, exchange, notebook, health=PATIENCE)
        assert not notebook.wait(lambda book: bool(book.all(ConnectionDown)), 1.5)  # while it pings
        exchange.fault("no_pings", region=exchange.regions[0].name)
        assert "no Engine.IO ping for 0.6 s" in notebook.first(ConnectionDown, was_ready=True).reason
        exchange.calm()
        assert_flowing_again(notebook)
        assert notebook.all(StreamStale) == []
    logger.remove(sink)
    assert any(line.startswith("WARNING: connection-1#1 is replaced: no Engine.IO ping") for line in lines)


def test_bytes_that_are_no_frame_end_the_connection(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook
) -> None:
    flowing(start_runtime, exchange, notebook)
    exchange.fault("garbage")
    assert "RemoteProtocolError" in notebook.first(ConnectionDown, was_ready=True).reason
    assert_flowing_again(notebook)


def test_a_stream_whose_new_subscription_is_forgotten_is_subscribed_once_more(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook
) -> None:
    runtime = flowing(start_runtime, exchange, notebook, health=PATIENCE)
    exchange.fault("unanswered", count=2)  # changeSymbol and subfor
    exchange.drop_connections()
    assert notebook.first(StreamStale).cure == "resubscribe"
    notebook.first(StreamRecovered)
    assert exchange.ledger.count("changeSymbol") == 3
    assert status_of(runtime).connections[0].child.restarts == 1


def test_after_a_restart_of_the_exchange_the_streams_are_back(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook
) -> None:
    flowing(start_runtime, exchange, notebook, reconnect={"max_delay": 0.1})
    exchange.fault("restart", lasts=0.3)
    notebook.first(ConnectionDown, was_ready=True)
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
    here = len(notebook.ticks())
    assert notebook.wait(lambda book: len(book.ticks()) > here + 3)


def test_a_slow_line_and_a_clock_that_jumps_cost_no_connection(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook
) -> None:
    flowing(start_runtime, exchange, notebook, health=PATIENCE)
    exchange.fault("slow", rate=20_000)
    exchange.fault("clock_jump", seconds=3600.0)
    assert notebook.wait(lambda book: book.ticks()[-1].time > time.time() + 3500)
    reports = len(notebook.all(ConnectionReport))
    assert notebook.wait(lambda book: len(book.all(ConnectionReport)) > reports)
    exchange.calm("clock_jump")
    here = len(notebook.ticks())
    assert notebook.wait(lambda book: len(book.ticks()) > here + 3)
    assert notebook.wait(lambda book: len(book.all(ConnectionReport)) > reports + 1)
    assert [*notebook.all(StreamStale), *notebook.all(ConnectionDown)] == []


@pytest.mark.parametrize("fault", ["disconnect", "engine_close"])
def test_a_session_that_the_venue_ends_on_an_open_socket_is_replaced(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook, fault: str
) -> None:
    flowing(start_runtime, exchange, notebook)
    assert exchange.fault(fault) == 1
    notebook.first(ConnectionDown, was_ready=True)
    assert_flowing_again(notebook)


def test_every_variant_of_the_venues_messages_is_read(
    start_runtime: Start, exchange: PracticeExchange, notebook: Notebook
) -> None:
    for variant in (
        "batched_ticks",
        "whole_seconds",
        "assets_first",
        "sixth_column",
        "old_history_name",
        "missing_bars",
    ):
        exchange.fault(variant)
    runtime = flowing(start_runtime, exchange, notebook)
    assert notebook.wait(lambda book: len(book.ticks()) > 120)
    got = notebook.ticks()
    assert all(tick.time == int(tick.time) for tick in got)
    assert_lossless(got, exchange.ledger.ticks(ASSET))
    candles = runtime.router.ask(LoadCandles(ASSET, 60, 20), timeout=DEADLINE)
    assert len(candles) == 20
