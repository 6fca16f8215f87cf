"""A worker process as the main process handles it."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from actors.errors import WorkerDied
from actors.messages.events import Heartbeat
from actors.messages.workers import StopWorker
from actors.routing.messages import LinkOpened
from runtime.workers import process as processes
from runtime.workers.process import WorkerProcess
from tests.frozen_process import freeze

DEADLINE = 20.0
"""Seconds; a test waits so long only for what fails."""

WITH_TIMERS = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

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

    def run(*secrets: str, beats: tuple[float, float] = (60.0, 300.0)) -> tuple[WorkerProcess, Any]:
        router = Router()
        interval, timeout = beats
        worker = WorkerProcess("worker-1", interval, "INFO", router, secrets, "pocketoption", timeout)
        started.append((worker, router.opened[0].link))
        return started[-1]

    yield run
    for worker, link in started:
        worker.kill()
        link.close()


def heartbeats(link: Any) -> list[Heartbeat]:
    """Those that arrive next, at least one."""
    while True:
        readable, _, _ = select.select([link], [], [], DEADLINE)
        assert readable, "no heartbeat came"
        items = [event for batch in link.receive() for event in batch.items]
        if found := [event for event in items if isinstance(event, Heartbeat)]:
            return found


def receive_for_ever(link: Any) -> None:
    while True:
        link.receive()


def first_heartbeat(link: Any) -> Heartbeat:
    return heartbeats(link)[0]


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def until_alarm_waits_for(pid: int) -> None:
    """The timer of a stopped process has expired."""
    status = Path(f"/proc/{pid}/status")

    def pending() -> bool:
        [line] = [line for line in status.read_text().splitlines() if line.startswith("ShdPnd:")]
        return bool(int(line.split()[1], 16) >> (signal.SIGALRM - 1) & 1)

    until(pending)


def until_it_waits_for_room(pid: int) -> None:
    """The processor time of a worker that can send no heartbeat stands still for a quarter of a second."""
    used = [-1.0]

    def stands_still() -> bool:
        time.sleep(0.25)
        times = psutil.Process(pid).cpu_times()
        used.append(times.user + times.system)
        return used[-1] == used[-2]

    until(stands_still)


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


@pytest.fixture
def alarm_ignored_and_blocked() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(signal.SIGALRM, before)


@WITH_TIMERS
@pytest.mark.usefixtures("alarm_ignored_and_blocked")
def test_a_worker_that_was_stopped_for_longer_than_its_heartbeats_allow_dies_before_it_goes_on(
    start: Start,
) -> None:
    worker, link = start(beats=(0.1, 0.5))
    first_heartbeat(link)
    freeze(worker.pid)
    until_alarm_waits_for(worker.pid)
    link.receive()
    worker.tell(StopWorker())
    os.kill(worker.pid, signal.SIGCONT)
    assert worker.kill(DEADLINE) == "by SIGALRM"
    with pytest.raises(WorkerDied):
        assert link.receive() == "the end of the link"


@WITH_TIMERS
def test_a_worker_that_sends_heartbeats_outlives_its_timer(start: Start) -> None:
    worker, link = start(beats=(0.1, 0.5))
    for _ in range(20):
        first_heartbeat(link)
    worker.tell(StopWorker())
    assert worker.kill(DEADLINE) == "exit status 0"


@WITH_TIMERS
def test_a_worker_whose_heartbeats_are_not_read_lives(start: Start) -> None:
    """The main process may stand still for longer than a heartbeat may take; then the link is full."""
    worker, link = start(beats=(0.001, 0.5))
    first_heartbeat(link)
    until_it_waits_for_room(worker.pid)
    time.sleep(2.0)  # four times what a worker may be without heartbeats
    read = 0
    while read < 2000:  # far more than a full link holds
        read += len(heartbeats(link))
    worker.tell(StopWorker())
    assert worker.kill(DEADLINE) == "exit status 0"


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP here")
def test_a_worker_that_cannot_die_is_given_up_within_a_bound_and_its_link_ends(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "KILL_TIMEOUT", 0.05)
    worker, link = start()
    first_heartbeat(link)
    freeze(worker.pid)
    with monkeypatch.context() as powerless:
        powerless.setattr(subprocess.Popen, "kill", lambda _: None)
        assert worker.kill() is None
        with pytest.raises(WorkerDied, match="the link ended"):
            receive_for_ever(link)
        powerless.setattr(processes, "KILL_TIMEOUT", DEADLINE)  # it would fail the test
        assert worker.kill() is None
    os.kill(worker.pid, signal.SIGCONT)
    assert worker.kill(DEADLINE) == "exit status 0"  # it has seen the end of the link


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
    monkeypatch.setenv("HAS_SECRET", "before long-c4n4ry after")
    monkeypatch.setenv("HAS_NONE", "canary")
    worker, link = start("long-c4n4ry")
    first_heartbeat(link)
    variables = Path(f"/proc/{worker.pid}/environ").read_bytes()
    assert b"HAS_NONE=canary" in variables
    assert b"HAS_SECRET" not in variables
    assert b"c4n4ry" not in variables
