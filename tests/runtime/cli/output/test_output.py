"""What becomes of events in the counters, in JSON and in the log."""

import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from loguru import logger

from actors.messages.commands import GetBalance
from actors.messages.events import (
    ActorRestarted,
    BalanceChanged,
    CandlesLoaded,
    ConnectionDown,
    ConnectionUp,
    Event,
    Lagged,
    StreamGap,
    StreamRecovered,
    WorkerUp,
)
from actors.messages.status import Status
from actors.values import AccountKind, Balance, Candle, Tick
from runtime import Runtime, logs
from runtime.cli.output.base import fetch_status
from runtime.cli.output.counters import Counters
from runtime.cli.output.event_log import EventLog, PlainLog
from runtime.cli.output.json_lines import JsonLines
from runtime.config import Config, PoolConfig, PracticeConfig

TICK = Tick("EURUSD_otc", 100.5, 1.10001, 100.75)


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What was logged, as ``LEVEL message``."""
    lines: list[str] = []
    handler = logger.add(lambda message: lines.append(message.rstrip("\n")), format="{level} {message}")
    yield lines
    logger.remove(handler)


def written(*batches: list[Any]) -> list[Any]:
    read, write = os.pipe()
    output = JsonLines(write, logs.to_stderr(logs.plain), lambda _: None)
    for batch in batches:
        output.show(batch)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_ticks_and_events_are_objects_with_names() -> None:
    assert written([TICK], [ConnectionUp("connection-1", 2, "europe"), TICK]) == [
        {"event": "Tick", "asset": "EURUSD_otc", "time": 100.5, "price": 1.10001, "received_at": 100.75},
        {"event": "ConnectionUp", "connection": "connection-1", "epoch": 2, "region": "europe"},
        {"event": "Tick", "asset": "EURUSD_otc", "time": 100.5, "price": 1.10001, "received_at": 100.75},
    ]


def test_money_is_written_exactly_and_candles_as_rows() -> None:
    balance = BalanceChanged(Balance(AccountKind.DEMO, Decimal("0.10")))
    candles = CandlesLoaded("EURUSD_otc", 60, [Candle(60, 1.0, 2.0, 0.5, 1.5)])
    assert written([balance, candles]) == [
        {"event": "BalanceChanged", "balance": {"account": "demo", "amount": "0.10", "currency": None}},
        {
            "event": "CandlesLoaded",
            "asset": "EURUSD_otc",
            "period": 60,
            "candles": [[60, 1.0, 2.0, 0.5, 1.5, None]],
        },
    ]


def test_a_batch_that_the_pipe_cannot_take_at_once_is_written_whole() -> None:
    read, write = os.pipe()
    output = JsonLines(write, logs.to_stderr(logs.plain), lambda _: None)
    writer = threading.Thread(target=output.show, args=([TICK] * 20_000,))
    writer.start()
    with os.fdopen(read, "rb", buffering=0) as pipe:
        received = b""
        while received.count(b"\n") < 20_000:
            received += pipe.read(50_000)
    writer.join(5.0)
    os.close(write)
    assert set(received.splitlines()) == {received.splitlines()[0]}


def test_a_reader_that_has_gone_is_reported_once() -> None:
    read, write = os.pipe()
    os.close(read)
    reports: list[OSError] = []
    output = JsonLines(write, logs.to_stderr(logs.plain), reports.append)
    output.show([TICK])
    output.show([TICK])
    os.close(write)
    assert [type(report) for report in reports] == [BrokenPipeError]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no such device")  # noqa: PTH110
def test_a_full_disk_is_reported_once() -> None:
    reports: list[OSError] = []
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123
        output = JsonLines(full.fileno(), logs.to_stderr(logs.plain), reports.append)
        output.show([TICK])
        output.show([TICK])
    assert [report.errno for report in reports] == [errno.ENOSPC]


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe cannot be made non-blocking there")
def test_a_pipe_that_another_program_made_non_blocking_is_waited_for() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    reports: list[OSError] = []
    output = JsonLines(write, logs.to_stderr(logs.plain), reports.append)
    writer = threading.Thread(target=output.show, args=([TICK] * 20_000,))
    writer.start()
    with os.fdopen(read, "rb", buffering=0) as pipe:
        received = 0
        while received < 20_000:
            received += pipe.read(50_000).count(b"\n")
    writer.join(5.0)
    os.close(write)
    assert reports == []


def test_the_summary_adds_up_what_happened() -> None:
    counters = Counters(["EURUSD_otc", "#AAPL_otc"])
    counters.count(
        [TICK, TICK, StreamGap("EURUSD_otc", 1.0, 2.0, "lost", "c1", 60), Lagged("subscriber *", 7)]
    )
    counters.count([ActorRestarted("connection-1", 1, "lost")])
    summary = counters.summary(12.3456)
    assert (summary.ticks, summary.events, summary.duration) == (2, 3, 12.346)
    assert (summary.restarts, summary.gaps, summary.missed) == (1, 1, 7)
    assert summary.streams["EURUSD_otc"].last_price == 1.10001
    assert (summary.streams["EURUSD_otc"].ticks, summary.streams["EURUSD_otc"].gaps) == (2, 1)
    assert summary.streams["#AAPL_otc"].last_price is None


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ConnectionUp("connection-1", 1, "europe"), "INFO connection-1 is up in europe"),
        (ConnectionDown("connection-1", 1, "europe", "stopped"), "INFO connection-1 is closed"),
        (ActorRestarted("connection-1", 3, "lost"), "INFO connection-1 starts again, attempt 3"),
        (WorkerUp("worker-1", 7), "INFO worker-1 is up, pid 7"),
        (StreamRecovered("EURUSD_otc", "connection-2"), "INFO EURUSD_otc delivers again, on connection-2"),
        (
            StreamRecovered("EURUSD_otc", "c2", 1.0, 9.0, 1, ((1.0, 2.5), (8.0, 9.0)), "no candles"),
            "INFO EURUSD_otc delivers again, on c2; 2.5 s of its gap have no candles: no candles",
        ),
        (
            Lagged("subscriber x", 5),
            (
                "WARNING subscriber x was too slow for 5 ticks:"
                " let its handler do less, or take lists (batch=True)"
            ),
        ),
    ],
)
def test_an_event_that_matters_is_a_line(said: list[str], event: Event, line: str) -> None:
    EventLog().show([TICK, event])
    assert said == [line]


def test_a_balance_is_told_when_it_changes(said: list[str]) -> None:
    log = EventLog()
    for amount in ("10000", "10000", "10001.5"):
        log.show([BalanceChanged(Balance(AccountKind.DEMO, Decimal(amount)))])
    assert said == ["INFO the demo balance is 10,000.00", "INFO the demo balance is 10,001.50"]


def test_the_plain_log_tells_how_things_stand(said: list[str], start_runtime: Callable[..., Runtime]) -> None:
    runtime = start_runtime(
        Config(pool=PoolConfig(connections=1, workers=0), practice=PracticeConfig(regions=1))
    )
    log = PlainLog(logs.to_stderr(logs.plain))
    log.open(runtime.router)
    runtime.router.ask(GetBalance(), timeout=5.0)
    log.refresh()
    assert "1/1 connections up, 0/0 streams confirmed, 0 ticks (0.0/s)" in said[-1]
    assert isinstance(fetch_status(runtime.router), Status)
    runtime.stop()
    log.refresh()
    assert said[-1].startswith("WARNING no status came in time: ")
