"""A reload during the start or the stop of a runtime is applied or refused, and is never a failure."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pykka
import pytest
import yaml
from loguru import logger

from actors.errors import RequestRefused
from runtime import Runtime
from runtime.config import Config, load
from runtime.system.guardian import Guardian
from runtime.system.reloader import FILE_SETTLING
from tests.journeys.journey import ASSETS, DEADLINE, status_of

ROUNDS = int(os.environ.get("TELLWIRE_RELOAD_ROUNDS", "200"))
"""Stops with a reload in progress; each takes 0.03 s."""

SETTINGS: dict[str, Any] = {
    "pool": {"workers": 0, "connections": 1},
    "limits": {"messages": ["1000/s"], "connects": ["100/s"]},
    "streams": [{"asset": ASSETS[0]}],
    "control": {"enabled": False},
}
CHANGED: dict[str, Any] = {"limits": SETTINGS["limits"] | {"messages": ["7/s"]}, "streams": []}
NAMES = ["limits.messages", "streams"]
STOPPING = "the runtime is stopping"


def write(path: Path, **sections: Any) -> None:
    whole = path.with_suffix(".new")
    whole.write_text(yaml.safe_dump(SETTINGS | sections), encoding="utf-8")
    whole.replace(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    write(path)
    return path


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The lines of the log, as ``LEVEL message``."""
    logged: list[str] = []
    handler = logger.add(lambda message: logged.append(message.rstrip("\n")), format="{level} {message}")
    yield logged
    logger.remove(handler)


def errors(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith(("ERROR", "CRITICAL"))]


class HeldLoad:
    """Replaces ``load``: reports that it was called, and reads the file once it is released."""

    def __init__(self) -> None:
        self.began, self.may_read, self.has_read = threading.Event(), threading.Event(), threading.Event()
        self.calls = 0

    def __call__(self, path: Path) -> Config:
        self.calls += 1
        self.began.set()
        assert self.may_read.wait(4 * DEADLINE)
        try:
            return load(path)
        finally:
            self.has_read.set()


@pytest.fixture
def held_load(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldLoad]:
    held = HeldLoad()
    monkeypatch.setattr("runtime.system.reloader.load", held)
    yield held
    held.may_read.set()


def in_background(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """The thread of ``work``, and its result."""
    outcomes: list[object] = []

    def run() -> None:
        try:
            outcomes.append(work())
        except Exception as error:  # noqa: BLE001  # it is the outcome
            outcomes.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcomes


@pytest.mark.timeout(300)
def test_a_stop_just_after_a_reload_is_no_failure(path: Path, lines: list[str]) -> None:
    for number in range(ROUNDS):
        write(path)
        runtime = Runtime.from_yaml(path)
        runtime.start()
        write(path, **CHANGED)
        runtime.reload_soon()
        time.sleep(
            number % 25 * 0.0005
        )  # seconds; a reload takes 5 ms, and the stop comes at any moment of it
        runtime.stop()
        assert runtime.failure is None, f"round {number}"
    assert errors(lines) == []
    # Each is applied or refused; there are more if a round was so slow that the file watch reloaded too.
    assert len([line for line in lines if "reloaded: " in line]) >= ROUNDS


def test_a_stop_does_not_wait_for_a_slow_load_which_changes_nothing_any_more(
    path: Path, lines: list[str], held_load: HeldLoad
) -> None:
    with Runtime.from_yaml(path) as runtime:
        before = runtime.config
        write(path, **CHANGED)
        asking, outcomes = in_background(runtime.reload)
        assert held_load.began.wait(DEADLINE)
        runtime.reload_soon()
    asking.join(DEADLINE)
    assert [type(each) for each in outcomes] == [RequestRefused]
    assert str(outcomes[0]) == STOPPING
    held_load.may_read.set()
    assert held_load.has_read.wait(DEADLINE)
    assert runtime.failure is None
    assert runtime.config is before
    assert errors(lines) == []
    assert any(line == f"INFO not reloaded: {STOPPING}" for line in lines)
    assert not any("INFO reloaded" in line for line in lines)


def test_a_slow_load_holds_up_neither_the_status_nor_a_second_reload_which_reads_the_file_anew(
    path: Path, lines: list[str], held_load: HeldLoad
) -> None:
    with Runtime.from_yaml(path) as runtime:
        write(path, **CHANGED)
        first, answers_of_first = in_background(runtime.reload)
        assert held_load.began.wait(DEADLINE)
        second, answers_of_second = in_background(runtime.reload)
        assert status_of(runtime).reload.reloads == 0
        held_load.may_read.set()
        first.join(DEADLINE)
        second.join(DEADLINE)
        assert answers_of_first + answers_of_second in ([NAMES, []], [[], NAMES])
        assert runtime.config.streams == []
        assert status_of(runtime).reload.reloads == 1
    assert runtime.failure is None
    assert errors(lines) == []


@pytest.mark.parametrize("latest", ["Router", "Supervisor", "Reloader"])
@pytest.mark.parametrize("valid", [True, False], ids=["valid", "invalid"])
def test_a_file_that_changes_while_the_actors_are_built_counts_after_the_start(
    path: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch, latest: str, valid: bool
) -> None:
    start = Guardian.start
    runtime = Runtime.from_yaml(path)

    def start_slowly(self: Guardian, actor: Any, *args: Any, **kwargs: Any) -> pykka.ActorRef[Any]:
        ref = start(self, actor, *args, **kwargs)
        if actor.__name__ == latest:
            write(path, **(CHANGED if valid else {"limits": {"messages": ["0/s"]}}))
            assert not runtime.wait(2 * FILE_SETTLING), runtime.failure
        return ref

    monkeypatch.setattr(Guardian, "start", start_slowly)
    with runtime:
        end = time.monotonic() + DEADLINE
        while not (found := status_of(runtime).reload).reloads + found.refusals:
            assert time.monotonic() < end
        status = status_of(runtime)
        if valid:
            assert found.last_outcome == ", ".join(NAMES)
            assert list(status.limiter.windows) == ["7/1s"]
            assert status.streams == ()
        else:
            assert f"{path}:" in found.problems[0]
            assert [stream.placed.asset for stream in status.streams] == [ASSETS[0]]
    assert runtime.failure is None
    assert valid == (errors(lines) == [])


def test_a_file_that_has_not_changed_since_it_was_read_is_not_read_again(
    path: Path, held_load: HeldLoad
) -> None:
    with Runtime.from_yaml(path) as runtime:
        assert status_of(runtime).reload.reloads == 0
        assert not held_load.began.wait(2 * FILE_SETTLING)
    assert held_load.calls == 0
