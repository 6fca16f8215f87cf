"""What the router answers, and what it refuses."""

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.errors import RequestRefused
from actors.messages import (
    CandlesProgress,
    CommandFailed,
    GetAssets,
    GetBalance,
    GetPayout,
    GetStatus,
    LoadCandles,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    UnsubscribeTicks,
    WorkerDown,
)
from actors.messages.status import Status
from actors.values import AccountKind, Balance, Candle, Payout
from runtime import Runtime, attach
from tests.journeys.journey import (
    ASSETS,
    DEADLINE,
    Notebook,
    Start,
    ask,
    exchange_of,
    practice,
)

UNKNOWN = "NOSUCH_otc"
NAMES_AN_ASSET = [
    GetPayout(UNKNOWN),
    SubscribeTicks(UNKNOWN),
    LoadCandles(UNKNOWN, period=60),
]
MISTYPED: list[Any] = [
    SubscribeTicks(ASSETS[0], period="60"),  # type: ignore[arg-type]
    SubscribeTicks(ASSETS[0], period=60.5),  # type: ignore[arg-type]
    SubscribeTicks(ASSETS[0], period=2**64),
    LoadCandles(ASSETS[0], 60, count="5"),  # type: ignore[arg-type]
    LoadCandles(ASSETS[0], 60, count=5, end="now"),  # type: ignore[arg-type]
    GetPayout([ASSETS[0]]),  # type: ignore[arg-type]
    GetAssets(deadline="5"),  # type: ignore[arg-type]
    SendRaw("\ud800"),
]


@pytest.fixture(autouse=True)
def _no_actor_outlives_its_test() -> None:
    """Replaces the fixture for all tests: the runtime of this module serves several tests."""


@pytest.fixture(scope="module", params=[0, 1, 2], ids=lambda workers: f"workers={workers}")
def runtime(request: pytest.FixtureRequest) -> Iterator[Runtime]:
    with Runtime(practice(request.param)) as running:
        yield running


def candles(runtime: Runtime, command: LoadCandles) -> list[Candle]:
    answer = ask(runtime, command)
    assert isinstance(answer, list)
    assert all(isinstance(candle, Candle) for candle in answer)
    return answer


def test_candles_are_as_many_as_asked_for_without_a_hole_and_end_with_the_last_whole_bar(
    runtime: Runtime,
) -> None:
    for period, count in ((60, 100), (5, 150), (300, 1)):
        asked_at = time.time()
        bars = candles(runtime, LoadCandles(ASSETS[0], period, count))
        assert len(bars) == count
        assert [bar.time for bar in bars] == [bars[0].time + period * n for n in range(count)]
        assert bars[0].time % period == 0
        assert asked_at - 2 * period < bars[-1].time + period <= time.time()
        assert all(
            bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars
        )


def test_the_same_candles_come_again_for_the_same_end(runtime: Runtime) -> None:
    end = time.time() - 3600
    command = LoadCandles(ASSETS[0], period=60, count=50, end=end)
    bars = candles(runtime, command)
    assert bars[-1].time + 60 <= end < bars[-1].time + 120
    assert candles(runtime, command) == bars
    assert candles(runtime, LoadCandles(ASSETS[0], period=60, count=20, end=end)) == bars[-20:]


def test_many_candle_requests_at_once_each_get_their_own_answer(runtime: Runtime) -> None:
    end = time.time() // 300 * 300  # so that no bar of them changes
    commands = [
        LoadCandles(asset, period, count=20 + n, end=end)
        for n, (asset, period) in enumerate((asset, period) for asset in ASSETS for period in (5, 60, 300))
    ]
    answers = [runtime.router.ask(command, block=False) for command in commands]
    for command, answer in zip(commands, answers, strict=True):
        bars = answer.get(timeout=DEADLINE)
        assert len(bars) == command.count
        assert bars[1].time - bars[0].time == command.period
        assert bars == candles(runtime, command)


def test_any_count_of_candles_is_loaded_page_by_page(start_runtime: Start) -> None:
    runtime, notebook = start_runtime(practice(1)), Notebook()
    runtime.router.ask(Subscribe("progress.", to=notebook))
    end = time.time() // 60 * 60
    bars = candles(runtime, LoadCandles(ASSETS[0], period=60, count=1000, end=end))
    assert [bar.time for bar in bars] == [int(end) - 60 * back for back in range(1000, 0, -1)]
    for first in (0, 425, 850):  # as many as the venue sends at once
        page = LoadCandles(ASSETS[0], period=60, count=150, end=bars[first].time + 150 * 60)
        assert candles(runtime, page) == bars[first : first + 150]
    assert notebook.wait(lambda book: len(book.all(CandlesProgress)) == 6)
    assert [event.loaded for event in notebook.all(CandlesProgress)] == [150, 300, 450, 600, 750, 900]


@pytest.mark.parametrize("count", [0, 100_001])
def test_a_count_that_can_only_be_a_slip_is_refused(start_runtime: Start, count: int) -> None:
    runtime = start_runtime(practice(0))
    with pytest.raises(RequestRefused, match=str(count)):
        ask(runtime, LoadCandles(ASSETS[0], period=60, count=count))


def test_bars_of_four_hours_are_aligned_to_the_venues_day(start_runtime: Start) -> None:
    """Protocol 1.8: the venue's clock is two hours ahead of UTC."""
    bars = candles(start_runtime(practice(1)), LoadCandles(ASSETS[0], period=14_400, count=10))
    assert {(bar.time + 7200) % 14_400 for bar in bars} == {0}


def test_the_balance_is_the_exchanges(runtime: Runtime) -> None:
    balance = ask(runtime, GetBalance())
    assert balance == Balance(AccountKind.DEMO, Decimal(10000))


def test_the_assets_are_a_table_by_symbol_and_a_payout_is_one_row_of_it(runtime: Runtime) -> None:
    assets = ask(runtime, GetAssets())
    assert len(assets) == 183
    assert all(symbol == asset.symbol for symbol, asset in assets.items())
    for symbol in (ASSETS[0], "#AAPL"):
        payout = ask(runtime, GetPayout(symbol))
        assert payout == Payout(symbol, assets[symbol].payout, assets[symbol].tradable)
    assert assets[ASSETS[0]].tradable
    assert not assets["#AAPL"].tradable


def test_an_unknown_asset_is_refused_by_name(runtime: Runtime) -> None:
    for command in NAMES_AN_ASSET:
        with pytest.raises(RequestRefused, match=UNKNOWN):
            ask(runtime, command)


def test_a_stream_without_a_subscription_cannot_be_unsubscribed(runtime: Runtime) -> None:
    with pytest.raises(RequestRefused, match=ASSETS[0]):
        ask(runtime, UnsubscribeTicks(ASSETS[0]))


def test_a_raw_text_arrives_as_it_was_written(runtime: Runtime) -> None:
    payload = {"asset": "Ω_otc", "nested": [1, 2.5, None, {"deep": "\u2028 {} %s \\"}]}
    ask(runtime, SendRaw("42" + json.dumps(["price-alert/load", payload])))
    ledger = exchange_of(runtime).ledger
    assert ledger.wait_until(lambda book: book.count("price-alert/load") == 1, DEADLINE)
    assert ledger.received("price-alert/load")[0].payload == payload


def test_an_ask_can_be_answered_later(runtime: Runtime) -> None:
    futures = [runtime.router.ask(command, block=False) for command in (GetBalance(), GetStatus())]
    balance, status = (future.get(timeout=DEADLINE) for future in futures)
    assert isinstance(balance, Balance)
    assert isinstance(status, Status)


@pytest.mark.parametrize("workers", [0, 2])
def test_the_status_shows_every_part(start_runtime: Start, workers: int) -> None:
    started = time.time()
    runtime = start_runtime(practice(workers, *ASSETS))
    notebook = Notebook()
    runtime.router.tell(Subscribe("report.connection", to=notebook))
    assert notebook.wait(lambda book: len(book) >= 2)
    status, now = ask(runtime, GetStatus()), time.time()
    assert [connection.child.name for connection in status.connections] == ["connection-1", "connection-2"]
    assert {connection.child.state for connection in status.connections} == {"up"}
    assert {connection.child.region for connection in status.connections} == {"PRACTICE-1"}
    assert [worker.name for worker in status.workers] == [f"worker-{n + 1}" for n in range(workers)]
    assert all(worker.pid > 0 and worker.rss_bytes > 0 for worker in status.workers)
    assert [stream.placed.asset for stream in status.streams] == list(ASSETS)
    assert {stream.placed.state for stream in status.streams} == {"confirmed"}
    for stream in status.streams:
        assert stream.seen.ticks > 0
        assert stream.seen.received_at is not None
        assert started <= stream.seen.received_at <= now
    assert status.limiter.passed == status.batcher.requests >= len(ASSETS)  # more if one has moved
    assert status.router.ticks > 0
    tasks = {task.name: task for task in status.tasks}
    assert {
        "keep alive",
        "ping",
        "report",
        "check",
        "rebalance",
        "check heartbeats",
        "journal upkeep",
    } <= set(tasks)
    assert all(task.last_error == "" and task.next_run <= task.interval for task in tasks.values())
    assert tasks["report"].last_run is not None


def test_a_told_command_that_fails_is_published(runtime: Runtime) -> None:
    notebook = Notebook()
    runtime.router.tell(Subscribe("command.", to=notebook))
    for command in (*NAMES_AN_ASSET, UnsubscribeTicks(UNKNOWN), LoadCandles(ASSETS[0], 60, count=0)):
        runtime.router.tell(command)
    assert notebook.wait(lambda book: len(book) == 5)
    failures = notebook.all(CommandFailed)
    assert sorted(failure.command for failure in failures) == [
        "GetPayout",
        "LoadCandles",
        "LoadCandles",
        "SubscribeTicks",
        "UnsubscribeTicks",
    ]
    assert all(failure.reason.startswith("RequestRefused: ") for failure in failures)
    assert sum(UNKNOWN in failure.reason for failure in failures) == 4


@pytest.mark.parametrize("workers", [0, 1])
def test_a_mistyped_command_ends_neither_the_runtime_nor_a_worker(start_runtime: Start, workers: int) -> None:
    runtime = start_runtime(practice(workers))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    ask(runtime, GetAssets())
    for command in MISTYPED:
        with pytest.raises(RequestRefused):
            ask(runtime, command)
    runtime.router.tell(GetAssets(deadline="5"))  # type: ignore[arg-type]
    assert "deadline must be" in notebook.first(CommandFailed).reason
    assert ask(runtime, GetAssets())
    assert runtime.failure is None
    assert notebook.all(WorkerDown) == []


def test_a_mistyped_command_does_not_end_an_attachment(tmp_path: Path, place: Path) -> None:
    file = tmp_path / "c.yaml"
    settings = {"pool": {"workers": 0, "connections": 1}, "control": {"socket": str(place)}}
    file.write_text(yaml.safe_dump(settings))
    with Runtime.from_yaml(file), attach(file) as attachment:
        for command in MISTYPED:
            with pytest.raises(RequestRefused):
                attachment.router.ask(command, timeout=DEADLINE)
        assert not attachment.ended.is_set()
