"""The effect of each reloaded setting on the behaviour of the runtime."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from actors.messages import ConnectionUp, GetAssets, LoadCandles, Restart, SendRaw, StreamStale, Subscribe
from actors.messages.commands import SubscribeTicks
from actors.outbound.batching import PROMPT
from runtime import Runtime, attach
from runtime.control.protocol import ReloadRuntime
from runtime.practice import PracticeExchange
from runtime.practice.ledger import ExchangeLedger
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask, exchange_of, status_of

ROOT = Path(__file__).resolve().parents[3]

HURRY = {"messages": ["1000/s"], "connects": ["1000/s"], "max_concurrent_operations": 100}
RAWS = 20
LOAD = "loadHistoryPeriod"

Watching = Generator[None, None, None]
"""The observations before the reload and after it."""
Sections = dict[str, Any]


def write(path: Path, sections: Sections) -> None:
    settings: Sections = {
        "pool": {"workers": 0, "connections": 1},
        "limits": HURRY,
        "practice": {"tick_rate": "50/s"},
        "control": {"enabled": False},
    }
    path.write_text(yaml.safe_dump(settings | sections), encoding="utf-8")


def batches(runtime: Runtime) -> int:
    """The number of batches in which messages in quick succession leave."""
    ledger = exchange_of(runtime).ledger
    before, said = status_of(runtime).batcher.batches, ledger.count("raw")
    for _ in range(RAWS):
        runtime.router.tell(SendRaw('42["raw"]'))
    assert ledger.wait_until(lambda book: book.count("raw") == said + RAWS, DEADLINE)
    return status_of(runtime).batcher.batches - before


def full_batches(runtime: Runtime, notebook: Notebook) -> Watching:
    assert batches(runtime) == RAWS
    yield
    assert batches(runtime) < RAWS


def patient_batches(runtime: Runtime, notebook: Notebook) -> Watching:
    """Four requests may be unanswered; the next waits until the first has been unanswered for that long."""
    ask(runtime, GetAssets())
    yield
    times = unanswered(runtime, PROMPT + 1)
    assert times[-1] - times[0] > 0.7


def came(requests: int) -> Callable[[ExchangeLedger], bool]:
    return lambda book: book.count(LOAD) == requests


def unanswered(runtime: Runtime, count: int, at_once: int = 100) -> list[float]:
    """The arrival times of ``count`` requests that the exchange does not answer; ``at_once`` are allowed."""
    exchange = exchange_of(runtime)
    exchange.fault("pings_only")  # reads everything, answers nothing
    for number in range(1, count + 1):
        runtime.router.ask(LoadCandles(ASSETS[0], 60, 10, end=1e9 + 60 * number), block=False)
        assert exchange.ledger.wait_until(came(min(number, at_once)), DEADLINE)
    return [event.at for event in exchange.ledger.received(LOAD)]


def impatient_monitor(runtime: Runtime, notebook: Notebook) -> Watching:
    assert notebook.wait(lambda book: len(book.ticks(ASSETS[0])) > 10)
    exchange_of(runtime).mute(ASSETS[0])
    yield
    assert notebook.first(StreamStale).asset == ASSETS[0]


def more_at_once(runtime: Runtime, notebook: Notebook) -> Watching:
    ask(runtime, GetAssets())
    assert len(unanswered(runtime, 2, at_once=1)) == 1
    assert status_of(runtime).limiter.in_flight == 1
    yield
    assert exchange_of(runtime).ledger.wait_until(came(2), DEADLINE)


def quicker_attempts(runtime: Runtime, notebook: Notebook) -> Watching:
    notebook.first(ConnectionUp)
    assert [each.child.state for each in status_of(runtime).connections].count("waiting") == 1
    yield
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)


@pytest.mark.parametrize(
    ("before", "after", "changed", "watch"),
    [
        (
            {"batching": {"batch_size": 1, "batch_timeout": "1s"}},
            {"batching": {"batch_size": 1024, "batch_timeout": "1s"}},
            ["batching.batch_size"],
            full_batches,
        ),
        (
            {"batching": {"batch_size": 1024, "batch_timeout": 0}},
            {"batching": {"batch_size": 1024, "batch_timeout": "1s"}},
            ["batching.batch_timeout"],
            patient_batches,
        ),
        (
            {
                "health": {"check_interval": "100ms", "stale_after": "60s", "stale_floor": "60s"},
                "streams": [{"asset": ASSETS[0]}],
            },
            {
                "health": {"check_interval": "100ms", "stale_after": "500ms", "stale_floor": "500ms"},
                "streams": [{"asset": ASSETS[0]}],
            },
            ["health.stale_after", "health.stale_floor"],
            impatient_monitor,
        ),
        (
            {"limits": HURRY | {"max_concurrent_operations": 1}},
            {"limits": HURRY},
            ["limits.max_concurrent_operations"],
            more_at_once,
        ),
        (
            {"limits": HURRY | {"connects": ["1/min"]}, "pool": {"workers": 0, "connections": 2}},
            {"limits": HURRY, "pool": {"workers": 0, "connections": 2}},
            ["limits.connects"],
            quicker_attempts,
        ),
    ],
    ids=["batch size", "batch timeout", "patience", "concurrency", "connects"],
)
def test_a_reload_is_seen_in_what_is_done(
    tmp_path: Path,
    before: Sections,
    after: Sections,
    changed: list[str],
    watch: Callable[[Runtime, Notebook], Watching],
) -> None:
    path, notebook = tmp_path / "config.yaml", Notebook()
    write(path, before)
    with Runtime.from_yaml(path) as runtime:
        runtime.router.tell(Subscribe("", to=notebook))
        watching = watch(runtime, notebook)
        next(watching)
        write(path, after)
        assert runtime.reload() in (changed, [])  # the file watch may have been faster
        assert next(watching, "seen") == "seen"


def test_another_priority_of_regions_decides_where_the_next_life_begins(
    tmp_path: Path, exchange: PracticeExchange
) -> None:
    path, notebook = tmp_path / "config.yaml", Notebook()
    one, other = exchange.regions

    def prefer(region: str) -> None:
        regions = [
            {"name": each.name, "url": each.url, "priority": 1 if each.name == region else 2}
            for each in exchange.regions
        ]
        account, journal = {"session": exchange.session}, str(tmp_path / "orders.sqlite")
        write(path, {"account": account, "regions": {"demo": regions}, "orders": {"journal": journal}})

    prefer(one.name)
    with Runtime.from_yaml(path) as runtime:
        runtime.router.tell(Subscribe("connection.up", to=notebook))
        notebook.first(ConnectionUp, epoch=1, region=one.name)
        prefer(other.name)
        runtime.reload()
        ask(runtime, Restart("connection-1"))
        notebook.first(ConnectionUp, epoch=2, region=other.name)


@pytest.fixture
def program(tmp_path: Path, place: Path) -> "Iterator[subprocess.Popen[str]]":
    """The command line with its log on standard error, attachable at ``place``."""
    path = tmp_path / "config.yaml"
    write(path, {"control": {"socket": str(place)}, "log": {"level": "INFO"}})
    with subprocess.Popen(
        [sys.executable, "-m", "runtime.main", str(path), "--output", "log"],
        cwd=ROOT,
        env=os.environ | {"POCKET_OPTION_SSID": ""},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def test_the_main_process_logs_from_the_new_level_on(
    tmp_path: Path, place: Path, program: "subprocess.Popen[str]"
) -> None:
    assert program.stderr is not None
    assert any("connection-1 is up" in line for line in program.stderr)
    with attach(place) as attachment:
        for asset, level in zip(ASSETS, ("INFO", "DEBUG", "INFO"), strict=False):
            write(tmp_path / "config.yaml", {"control": {"socket": str(place)}, "log": {"level": level}})
            attachment.router.ask(ReloadRuntime(), timeout=DEADLINE)
            attachment.router.ask(SubscribeTicks(asset), timeout=DEADLINE)
    program.terminate()
    lines = [line for line in program.stderr if " streams on " in line]
    assert [line.split()[2:4] for line in lines] == [["DEBUG", ASSETS[1]]]
