"""A running runtime applies a changed configuration file: as a whole or not at all."""

import errno
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from loguru import logger
from msgspec.structs import replace

from actors.errors import ConfigInvalid, RequestRefused
from actors.messages import (
    ConfigRefused,
    ConfigReloaded,
    ConnectionDown,
    ConnectionUp,
    GetAssets,
    SendRaw,
    StreamConfirmed,
    StreamDropped,
    Subscribe,
    SubscribeTicks,
    UnsubscribeTicks,
)
from runtime import Runtime
from runtime.practice import PracticeExchange
from tests.journeys.journey import (
    ASSETS,
    DEADLINE,
    Notebook,
    Start,
    ask,
    eventually,
    exchange_of,
    practice,
    status_of,
)

SETTINGS: dict[str, Any] = {
    "pool": {"workers": 0, "connections": 2},
    "limits": {"messages": ["1000/s"], "connects": ["100/s"]},
    "streams": [{"asset": ASSETS[0]}, {"asset": ASSETS[1]}],
    "practice": {"tick_rate": "20/s"},
    "control": {"enabled": False},
}


def write(path: Path, **sections: Any) -> None:
    """Replace the file in one step, as careful editors do."""
    whole = path.with_suffix(".new")
    whole.write_text(yaml.safe_dump(SETTINGS | sections), encoding="utf-8")
    whole.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    write(path)
    return path


@pytest.fixture
def said() -> Iterator[list[str]]:
    """The lines of the log, as ``LEVEL message``."""
    lines: list[str] = []
    handler = logger.add(lambda message: lines.append(message.rstrip("\n")), format="{level} {message}")
    yield lines
    logger.remove(handler)


@pytest.fixture
def running(path: Path) -> Iterator[tuple[Runtime, Notebook]]:
    with Runtime.from_yaml(path) as runtime:
        notebook = Notebook()
        runtime.router.tell(Subscribe("", to=notebook))
        assert notebook.wait(lambda book: len(book.all(StreamConfirmed)) == 2)
        yield runtime, notebook


def test_streams_come_and_go(path: Path, running: tuple[Runtime, Notebook]) -> None:
    runtime, notebook = running
    write(path, streams=[{"asset": ASSETS[1]}, {"asset": ASSETS[2], "period": 30}])
    assert runtime.reload() == ["streams"]
    assert (status_of(runtime).reload.file, status_of(runtime).reload.last_outcome) == (str(path), "streams")
    assert notebook.first(StreamDropped).asset == ASSETS[0]
    assert notebook.first(StreamConfirmed, asset=ASSETS[2]).period == 30
    assert {stream.placed.asset for stream in status_of(runtime).streams} == {ASSETS[1], ASSETS[2]}
    assert len([each for each in notebook.all(StreamConfirmed) if each.asset == ASSETS[1]]) == 1


def test_a_lower_rate_holds_on_the_wire_from_then_on(path: Path, running: tuple[Runtime, Notebook]) -> None:
    runtime, _ = running
    ledger = exchange_of(runtime).ledger
    write(path, limits=SETTINGS["limits"] | {"messages": ["5/s"]})
    assert runtime.reload() == ["limits.messages"]
    for _ in range(9):
        runtime.router.tell(SendRaw('42["raw"]'))
    assert ledger.wait_until(lambda book: book.count("raw") == 9, DEADLINE)
    times = [event.at for event in ledger.received("raw")]
    assert times[-1] - times[0] >= 1.9  # four a second, of which one is reserved for orders
    assert list(status_of(runtime).limiter.windows) == ["5/1s"]


@pytest.mark.parametrize(
    ("sections", "problem"),
    [
        ({"limits": {"messages": ["5/s"]}, "pool": {"workers": 0, "connections": 4}}, "pool.connections: "),
        ({"limits": {"messages": ["5/s"]}, "health": {"stale_after": "no"}}, "config.yaml:"),
        ({"limits": {"messages": ["5/s"]}, "streems": []}, "streems: is no known key"),
    ],
)
def test_a_file_that_cannot_be_applied_as_a_whole_changes_nothing(
    path: Path, running: tuple[Runtime, Notebook], sections: dict[str, Any], problem: str
) -> None:
    runtime, notebook = running
    write(path, **sections)
    with pytest.raises(ConfigInvalid) as refusal:
        runtime.reload()
    assert any(problem in each for each in refusal.value.problems)
    assert notebook.first(ConfigRefused).problems == list(refusal.value.problems)
    status = status_of(runtime)
    assert list(status.limiter.windows) == ["1000/1s"]
    assert (status.reload.reloads, status.reload.refusals) == (0, 1)
    assert status.reload.problems == refusal.value.problems
    ticks = len(notebook.ticks())
    assert notebook.wait(lambda book: len(book.ticks()) > ticks + 5)


def test_a_bad_file_is_reported_once_and_what_took_effect_stays_known(
    path: Path, running: tuple[Runtime, Notebook], said: list[str]
) -> None:
    runtime, notebook = running
    write(path, limits=SETTINGS["limits"] | {"messages": ["7/s"]})
    notebook.first(ConfigReloaded)
    began = status_of(runtime).reload
    assert (began.reloads, began.last_outcome) == (1, "limits.messages")
    assert runtime.reload() == []
    assert status_of(runtime).reload == began
    write(path, limits={"messages": ["0/s"]})
    for _ in range(3):
        with pytest.raises(ConfigInvalid):
            runtime.reload()
    refused = status_of(runtime).reload
    assert (refused.reloads, refused.refusals, refused.last_outcome) == (1, 1, "limits.messages")
    write(path, limits=SETTINGS["limits"] | {"messages": ["7/s"]})
    assert runtime.reload() == []
    assert status_of(runtime).reload == replace(began, refusals=1)
    notebook.first(ConfigRefused)
    assert len(notebook.all(ConfigReloaded)) == len(notebook.all(ConfigRefused)) == 1
    assert len([line for line in said if line.startswith("ERROR not reloaded")]) == 1
    assert any(
        re.fullmatch(
            r"INFO not reloaded: nothing has changed since .*, when limits.messages took effect", line
        )
        for line in said
    )


def test_a_file_that_is_gone_changes_nothing(path: Path, running: tuple[Runtime, Notebook]) -> None:
    runtime, _ = running
    path.unlink()
    with pytest.raises(ConfigInvalid):
        runtime.reload()
    write(path)
    assert runtime.reload() == []


def test_a_changed_file_is_applied_by_itself(path: Path, running: tuple[Runtime, Notebook]) -> None:
    _, notebook = running
    write(path, limits=SETTINGS["limits"] | {"messages": ["7/s"]})
    assert notebook.first(ConfigReloaded).changed == ["limits.messages"]
    path.write_text("limits: {messages: [0/s]}\n", encoding="utf-8")  # overwritten, not replaced
    assert f"{path}:1:" in notebook.first(ConfigRefused).problems[0]


def test_a_file_that_the_system_cannot_watch_is_reloaded_on_demand(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted() -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr("watchdog.observers.Observer", exhausted)
    with Runtime.from_yaml(path) as runtime:
        write(path, log={"level": "DEBUG"})
        assert runtime.reload() == ["log.level"]


@pytest.fixture
def release(tmp_path: Path) -> Callable[..., Path]:
    """Replaces the folder of the configuration by a new one in one step, as deployments do."""
    numbers = itertools.count(1)

    def swap(**sections: Any) -> Path:
        folder = tmp_path / f"release-{next(numbers)}"
        folder.mkdir()
        write(folder / "config.yaml", **sections)
        (tmp_path / "next").symlink_to(folder.name)
        (tmp_path / "next").replace(tmp_path / "current")
        return folder

    return swap


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_with_another_target_is_followed_to_it(tmp_path: Path, release: Callable[..., Path]) -> None:
    """As Kubernetes mounts configurations: the file is a link into a folder that is a link."""
    notebook = Notebook()
    first = release()
    (tmp_path / "config.yaml").symlink_to("current/config.yaml")
    with Runtime.from_yaml(tmp_path / "config.yaml") as runtime:
        runtime.router.tell(Subscribe("config.", to=notebook))
        assert ask(runtime, GetAssets())
        second = release(limits=SETTINGS["limits"] | {"messages": ["7/s"]})
        assert notebook.first(ConfigReloaded).changed == ["limits.messages"]
        shutil.rmtree(first)
        write(second / "config.yaml", log={"level": "DEBUG"})
        assert notebook.wait(
            lambda book: book.all(ConfigReloaded)[-1].changed == ["limits.messages", "log.level"]
        )
        release(streams=[])
        assert set(runtime.reload()) == {"log.level", "streams"}


def test_connections_leave_a_region_that_is_no_longer_configured(
    tmp_path: Path, exchange: PracticeExchange
) -> None:
    notebook = Notebook()
    regions = [{"name": region.name, "url": region.url} for region in exchange.regions]
    path = tmp_path / "config.yaml"
    settings = {"account": {"session": exchange.session}, "orders": {"journal": str(tmp_path / "orders")}}
    write(path, **settings, regions={"demo": regions[:1]})
    with Runtime.from_yaml(path) as runtime:
        runtime.router.tell(Subscribe("connection.", to=notebook))
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
        write(path, **settings, regions={"demo": regions[1:]})
        assert runtime.reload() == ["regions.demo"]
        for name in ("connection-1", "connection-2"):
            notebook.first(ConnectionDown, connection=name, region=regions[0]["name"])
            notebook.first(ConnectionUp, connection=name, region=regions[1]["name"])


def test_without_a_file_there_is_nothing_to_reload(start_runtime: Start) -> None:
    with pytest.raises(RequestRefused, match="not read from a file"):
        start_runtime(practice(0)).reload()


def test_before_its_start_and_after_its_stop_a_runtime_reloads_nothing(path: Path) -> None:
    runtime = Runtime.from_yaml(path)
    with pytest.raises(RequestRefused):
        runtime.reload()
    with runtime:
        ask(runtime, SendRaw('42["raw"]'))
    with pytest.raises(RequestRefused):
        runtime.reload()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
def test_a_hangup_reloads_the_program_and_its_log_level(path: Path) -> None:
    command = [sys.executable, "-m", "runtime.main", str(path), "--practice", "--output", "log"]
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert program.stderr is not None
        seen: list[str] = []

        def read_until(text: str) -> None:
            end = time.monotonic() + 10 * DEADLINE
            while time.monotonic() < end and program.stderr is not None:
                seen.append(program.stderr.readline())
                if text in seen[-1]:
                    return
            raise AssertionError(seen)

        read_until("connection-1")
        path.write_text(yaml.safe_dump(SETTINGS | {"log": {"level": "DEBUG"}}), encoding="utf-8")
        program.send_signal(signal.SIGHUP)
        read_until("reloaded: log.level")
    finally:
        program.terminate()
        program.communicate(timeout=4 * DEADLINE)
    assert program.returncode == 0


def test_a_stream_that_the_rate_limit_holds_back_ends_as_soon_as_it_may(path: Path) -> None:
    slow = {"limits": SETTINGS["limits"] | {"messages": ["5/s"]}, "connection": {"message_timeout": "600ms"}}
    write(path, **slow)
    with Runtime.from_yaml(path) as runtime:
        notebook = Notebook()
        runtime.router.tell(Subscribe("", to=notebook))
        assert notebook.wait(lambda book: len(book.all(StreamConfirmed)) == 2)
        for _ in range(8):  # the limit is used up for two seconds, longer than the timeout of a command
            runtime.router.tell(SendRaw('42["raw"]', deadline=DEADLINE))
        write(path, **slow, streams=[{"asset": ASSETS[1]}])
        assert runtime.reload() == ["streams"]
        assert [each.asset for each in status_of(runtime).pending_streams] == [ASSETS[0]]
        assert notebook.first(StreamDropped).asset == ASSETS[0]
        eventually(runtime, notebook, lambda status: status.pending_streams == ())


def test_a_stream_for_which_the_pool_has_no_place_begins_once_there_is_one(path: Path) -> None:
    pool = {"workers": 0, "connections": 1, "streams_per_connection": 3}
    write(path, pool=pool)
    with Runtime.from_yaml(path) as runtime:
        notebook = Notebook()
        runtime.router.tell(Subscribe("", to=notebook))
        ask(runtime, SubscribeTicks(ASSETS[2]))
        write(path, pool=pool, streams=[{"asset": asset} for asset in (*ASSETS[:2], ASSETS[3])])
        assert runtime.reload() == ["streams"]
        full = eventually(
            runtime, notebook, lambda status: any(each.reason for each in status.pending_streams)
        )
        [pending] = full.pending_streams
        assert (pending.asset, pending.wanted) == (ASSETS[3], True)
        assert "full" in pending.reason
        ask(runtime, UnsubscribeTicks(ASSETS[2]))
        assert notebook.first(StreamConfirmed, asset=ASSETS[3])
        eventually(runtime, notebook, lambda status: status.pending_streams == ())
