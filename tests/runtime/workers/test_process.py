"""A worker process as the main process handles it."""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.errors import WorkerDied
from actors.messages.events import Heartbeat
from actors.messages.workers import StopWorker
from actors.routing.messages import LinkOpened
from runtime.workers.process import WorkerProcess

DEADLINE = 20.0
"""Seconds; a test waits so long only for what fails."""

Start = Callable[..., tuple[WorkerProcess, Any]]


class Router:
    def __init__(self) -> None:
        self.opened: list[LinkOpened] = []

    def tell(self, message: LinkOpened) -> None:
        self.opened.append(message)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a worker whose environment may not hold ``secrets``; returns its link as well."""
    started: list[tuple[WorkerProcess, Any]] = []

    def run(*secrets: str) -> tuple[WorkerProcess, Any]:
        router = Router()
        worker = WorkerProcess("worker-1", 60.0, "INFO", router, secrets, "pocketoption")
        started.append((worker, router.opened[0].link))
        return started[-1]

    yield run
    for worker, link in started:
        worker.kill()
        link.close()


def first_heartbeat(link: Any) -> Heartbeat:
    while True:
        readable, _, _ = select.select([link], [], [], DEADLINE)
        assert readable, "no heartbeat came"
        for batch in link.receive():
            for event in batch.items:
                if isinstance(event, Heartbeat):
                    return event


def test_a_worker_that_is_told_to_stop_ends_with_exit_status_0(start: Start) -> None:
    worker, link = start()
    assert first_heartbeat(link).pid == worker.pid
    worker.tell(StopWorker())
    assert worker.kill(DEADLINE) == "exit status 0"


def test_a_worker_that_does_not_end_in_time_is_killed_and_its_end_is_no_news(start: Start) -> None:
    worker, link = start()
    first_heartbeat(link)
    assert worker.kill(0.01) == ""
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGUSR1, "SIGUSR1"), (40, "signal 40")]
)
def test_the_signal_that_ended_a_worker_is_named(start: Start, number: int, name: str) -> None:
    worker, link = start()
    first_heartbeat(link)
    os.kill(worker.pid, number)
    assert worker.kill(DEADLINE) == f"by {name}"


def test_a_worker_whose_link_is_broken_is_killed_by_the_next_message(start: Start) -> None:
    worker, link = start()
    first_heartbeat(link)
    link.close()
    with pytest.raises(WorkerDied):
        worker.tell(StopWorker())
    worker.kill(DEADLINE)
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_variable_with_a_secret_reaches_a_worker(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAS_SECRET", "before c4n4ry after")
    monkeypatch.setenv("HAS_NONE", "canary")
    worker, link = start("c4n4ry")
    first_heartbeat(link)
    variables = Path(f"/proc/{worker.pid}/environ").read_bytes()
    assert b"HAS_NONE=canary" in variables
    assert b"HAS_SECRET" not in variables
    assert b"c4n4ry" not in variables
