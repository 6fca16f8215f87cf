"""Lines that worker processes log, on their way to the log of the main process."""

import os
import queue
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from loguru import logger

from actors.errors import WorkerDied
from actors.messages import ConnectionDown, Event, GetAssets, Restart, Subscribe, WorkerUp
from actors.messages.traffic import Send
from actors.messages.workers import ConnectionSettings, SetLogLevel, StartConnection, StopConnection
from actors.routing.messages import LinkOpened
from actors.values import LogLevel, Region, Secret
from runtime import Runtime, logs
from runtime.workers.process import WorkerProcess
from tests.journeys.journey import DEADLINE, Notebook, Start, ask, practice

CANARY = "c4n4ry" * 4
SESSION = f'42["auth",{{"session":"{CANARY}","isDemo":1,"uid":7}}]'


StartWorker = Callable[[LogLevel], WorkerProcess]


class Reader:
    """Reads the links of workers as the router does, and records the log of this process."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []
        """Level, worker and message of each line."""
        self._events: list[Any] = []
        self._links: list[Any] = []

    def tell(self, message: LinkOpened) -> None:
        self._links.append(message.link)

    def hear(self, message: Any) -> None:
        record = message.record
        self.lines.append((record["level"].name, record["extra"].get("worker", ""), record["message"]))

    def line(self, text: str) -> tuple[str, str, str]:
        """The first line with ``text``."""
        self._read_until(lambda: any(text in line[2] for line in self.lines))
        return next(line for line in self.lines if text in line[2])

    def wait_for(self, kind: type[Event]) -> None:
        self._read_until(lambda: any(isinstance(event, kind) for event in self._events))

    def close(self) -> None:
        for link in self._links:
            link.close()

    def _read_until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + DEADLINE
        while not holds():
            readable, _, _ = select.select(self._links, [], [], max(0.0, end - time.monotonic()))
            assert readable, f"it did not come; there were {self.lines} and {self._events}"
            for link in readable:
                self._events += [event for batch in link.receive() for event in batch.items]


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    handler = logger.add(reader.hear, level=0)
    yield reader
    logger.remove(handler)
    reader.close()


@pytest.fixture
def start_worker(reader: Reader) -> Iterator[StartWorker]:
    """Starts workers that do not outlive the test."""
    started: list[WorkerProcess] = []

    def start(level: LogLevel) -> WorkerProcess:
        started.append(WorkerProcess("worker-1", 60.0, level, reader, (), "pocketoption", 300.0))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture
def silence() -> Iterator[Region]:
    """A region that accepts connections and sends nothing, so they are never ready."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Region("silence", f"ws://127.0.0.1:{server.getsockname()[1]}/socket.io/?EIO=4")


def started(connection: str, region: Region) -> StartConnection:
    settings = ConnectionSettings(
        venue="pocketoption",
        secret=Secret(SESSION),
        origin="https://example.com",
        headers={},
        ssl_verify=True,
        open_timeout=10.0,
        close_timeout=1.0,
        ping_interval=10.0,
        ping_timeout=10.0,
        keep_alive_interval=10.0,
        inbound_linger=0.0,
        max_message_size=1_000_000,
    )
    return StartConnection(connection, 1, region, settings)


def test_a_worker_logs_nothing_below_its_level_until_that_is_changed(
    start_worker: StartWorker, reader: Reader, silence: Region
) -> None:
    worker = start_worker("INFO")
    worker.tell(started("connection-1", silence))
    worker.tell(Send("connection-1", 1, []))
    worker.tell(StopConnection("connection-1"))
    reader.wait_for(ConnectionDown)
    worker.tell(SetLogLevel("DEBUG"))
    worker.tell(started("connection-2", silence))
    worker.tell(Send("connection-2", 1, []))
    told = "connection-2#1 is not ready; 0 requests stay with the pool"
    assert reader.line("connection-2") == ("DEBUG", "worker-1", told)
    assert not any("connection-1" in message for _, _, message in reader.lines)


def test_a_reload_changes_the_level_of_living_workers_and_of_those_to_come(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, notebook = tmp_path / "config.yaml", Notebook()
    told: queue.SimpleQueue[int] = queue.SimpleQueue()
    settings = {"pool": {"workers": 2, "connections": 2}, "control": {"enabled": False}}
    tell = WorkerProcess.tell

    def note(worker: WorkerProcess, message: Any) -> None:
        tell(worker, message)
        if message == SetLogLevel("DEBUG"):
            told.put(worker.pid)

    monkeypatch.setattr(WorkerProcess, "tell", note)
    path.write_text(yaml.safe_dump(settings | {"log": {"level": "INFO"}}), encoding="utf-8")
    with Runtime.from_yaml(path) as runtime:
        runtime.router.tell(Subscribe("worker.up", to=notebook))
        assert notebook.wait(lambda book: len(book.all(WorkerUp)) == 2)
        first = {up.pid for up in notebook.all(WorkerUp)}
        path.write_text(yaml.safe_dump(settings | {"log": {"level": "DEBUG"}}), encoding="utf-8")
        assert runtime.reload() in (["log.level"], [])  # the file watch may have been faster
        assert {told.get(timeout=DEADLINE) for _ in first} == first
        assert not any(level == "DEBUG" and worker for level, worker, _ in reader.lines)
        ask(runtime, Restart("worker-1"))
        assert notebook.wait(lambda book: len(book.all(WorkerUp)) == 3)
        end = time.monotonic() + DEADLINE  # the line comes over the link after the event
        while not (said := [line for line in reader.lines if line[0] == "DEBUG" and "serves" in line[2]]):
            assert time.monotonic() < end
            time.sleep(0.01)
    assert [worker for _, worker, _ in said] == ["worker-1"]


def test_a_worker_that_is_gone_does_not_hinder_a_change_of_level(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, notebook, refused = tmp_path / "config.yaml", Notebook(), threading.Event()
    settings = {"pool": {"workers": 1, "connections": 1}, "control": {"enabled": False}}

    def tell(worker: WorkerProcess, message: Any) -> None:
        if isinstance(message, SetLogLevel):
            refused.set()
            raise WorkerDied("the link is broken")
        told(worker, message)

    told = WorkerProcess.tell
    monkeypatch.setattr(WorkerProcess, "tell", tell)
    path.write_text(yaml.safe_dump(settings | {"log": {"level": "INFO"}}), encoding="utf-8")
    with Runtime.from_yaml(path) as runtime:
        runtime.router.tell(Subscribe("worker.up", to=notebook))
        assert notebook.wait(lambda book: len(book.all(WorkerUp)) == 1)
        path.write_text(yaml.safe_dump(settings | {"log": {"level": "DEBUG"}}), encoding="utf-8")
        runtime.reload()
        assert refused.wait(DEADLINE)
        assert ask(runtime, GetAssets())
    assert runtime.failure is None


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals reach no group there")
def test_a_worker_outlives_the_signals_of_its_group_even_before_it_is_up(
    start_worker: StartWorker, reader: Reader
) -> None:
    worker = start_worker("DEBUG")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(worker.pid, number)  # long before its modules are loaded
    assert reader.line("serves")[1] == "worker-1"


def test_a_worker_hides_the_session_before_a_line_leaves_it(
    start_worker: StartWorker, reader: Reader, silence: Region
) -> None:
    worker = start_worker("DEBUG")
    worker.tell(started(CANARY, silence))
    worker.tell(Send(CANARY, 1, []))
    assert reader.line("is not ready")[2].startswith(f"{logs.HIDDEN}#1 ")


def test_a_runtime_hands_its_workers_lines_to_the_log_of_its_program(
    reader: Reader, start_runtime: Start
) -> None:
    notebook = Notebook()
    runtime = start_runtime(practice(2, log={"level": "DEBUG"}))
    runtime.router.tell(Subscribe("worker.up", to=notebook))
    assert notebook.wait(lambda book: len(book.all(WorkerUp)) == 2)
    runtime.stop()
    serving = {worker for _, worker, message in reader.lines if "serves, pid" in message}
    assert serving == {"worker-1", "worker-2"}
