"""How it ends: refused, given up, stopped, started once more, killed; and that nothing is left of it then."""

import contextlib
import gc
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil  # type: ignore[import-untyped]
import pykka
import pytest
from loguru import logger

from actors.errors import AuthRejected, TransportError
from actors.messages import (
    ActorQuarantined,
    ConnectionUp,
    GetBalance,
    GetStatus,
    SendRaw,
    Subscribe,
    Unsubscribe,
)
from runtime.config import Config
from runtime.practice import PracticeExchange
from runtime.wiring import Runtime
from tests.journeys.journey import (
    ASSETS,
    DEADLINE,
    WITH_WORKERS,
    Notebook,
    Start,
    ask,
    assert_lossless,
    exchange_of,
    practice,
    status_of,
    towards,
)
from tests.journeys.raw_server import RawServer

SMALL = 1.0
"""Seconds that a stop may take beyond ``drain_timeout`` on a busy machine."""


@pytest.fixture
def complaints(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What was logged in this process from warnings upward, by us or by pykka."""
    written: list[str] = []
    sink = logger.add(written.append, level="WARNING", diagnose=False, backtrace=False)
    yield lambda: written + [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    logger.remove(sink)


@pytest.fixture
def clean_slate() -> Iterator[None]:
    """Whatever the test starts must be gone at its end: threads, child processes, descriptors."""
    gc.collect()
    threads, descriptors = set(threading.enumerate()), psutil.Process().num_fds()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(DEADLINE)
    assert set(threading.enumerate()) <= threads
    assert psutil.Process().children(recursive=True) == []
    gc.collect()
    assert psutil.Process().num_fds() <= descriptors


# -- given up ----------------------------------------------------------------------------------------


@WITH_WORKERS
def test_a_refused_session_is_tried_twice_per_connection_and_never_again(
    start_runtime: Start, exchange: PracticeExchange, workers: int
) -> None:
    exchange.refuse_sessions()
    notebook = Notebook()
    urls = [region.url for region in exchange.regions]
    settings = towards(exchange.session, urls, workers, pool={"connections": 2})
    runtime = start_runtime(Config.model_validate(settings))
    runtime.router.tell(Subscribe("actor.quarantined", to=notebook))
    assert runtime.wait(DEADLINE)
    assert isinstance(runtime.failure, AuthRejected)
    assert notebook.wait(lambda book: len(book) == 2)
    assert {(event.name, event.auth) for event in notebook.all(ActorQuarantined)} == {
        ("connection-1", True),
        ("connection-2", True),
    }
    assert {connection.state for connection in status_of(runtime).connections} == {"quarantined"}
    runtime.stop()
    assert exchange.ledger.count("auth") <= 4
    assert len(exchange.ledger.sockets()) <= 4


@pytest.mark.parametrize("workers", [0, 1])
def test_a_venue_that_refuses_once_and_then_relents_is_no_failure(
    start_runtime: Start, exchange: PracticeExchange, workers: int
) -> None:
    exchange.refuse_sessions()
    notebook = Notebook()
    runtime = start_runtime(
        Config.model_validate(towards(exchange.session, [exchange.regions[0].url], workers))
    )
    runtime.router.tell(Subscribe("", to=notebook))
    assert exchange.ledger.wait_until(lambda book: book.count("auth") >= 1, DEADLINE)
    exchange.refuse_sessions(False)
    if not runtime.wait(0.2):  # it may have come back before it was let in
        assert notebook.first(ConnectionUp).epoch == 2
        assert not runtime.wait(0)


@WITH_WORKERS
def test_a_venue_that_cannot_be_reached_is_given_up_after_the_configured_attempts(
    start_runtime: Start, exchange: PracticeExchange, nobody: str, workers: int
) -> None:
    notebook = Notebook()
    patience = {"max_reconnect_attempts": 3}
    settings = towards(exchange.session, [nobody], workers, reconnect=patience)
    started = time.monotonic()
    runtime = start_runtime(Config.model_validate(settings))
    runtime.router.tell(Subscribe("actor.", to=notebook))
    assert runtime.wait(DEADLINE)
    assert time.monotonic() - started > 0.05 + 0.1  # the delays between the attempts
    assert isinstance(runtime.failure, TransportError)
    quarantined = notebook.first(ActorQuarantined)
    assert (quarantined.name, quarantined.auth) == ("connection-1", False)
    (connection,) = status_of(runtime).connections
    assert (connection.state, connection.epoch, connection.restarts) == ("quarantined", 4, 3)


def test_a_worker_that_dies_again_and_again_is_given_up(start_runtime: Start) -> None:
    notebook = Notebook()
    patience = {"max_reconnect_attempts": 2, "reconnect_delay": 0.01, "jitter": False}
    runtime = start_runtime(practice(1, reconnect=patience))
    runtime.router.tell(Subscribe("", to=notebook))
    for life in range(1, 4):
        notebook.first(ConnectionUp, epoch=life, connection="connection-1")
        os.kill(status_of(runtime).workers[0].pid, signal.SIGKILL)
    assert runtime.wait(DEADLINE)
    assert notebook.first(ActorQuarantined).name == "worker-1"
    assert status_of(runtime).workers[0].pid == 0


# -- stopped -----------------------------------------------------------------------------------------


@WITH_WORKERS
def test_nothing_is_left_after_a_stop_and_it_may_be_started_again(
    complaints: Callable[[], list[str]], clean_slate: None, workers: int
) -> None:
    runtime = Runtime(practice(workers, *ASSETS))
    for _ in range(2):
        notebook = Notebook()
        with runtime:
            runtime.router.tell(Subscribe("tick.", to=notebook))
            assert notebook.wait(lambda book: len(book) > 20)
            for asset in ASSETS:
                if notebook.ticks(asset):
                    assert_lossless(notebook.ticks(asset), exchange_of(runtime).ledger.ticks(asset))
            pids = [worker.pid for worker in status_of(runtime).workers]
            stopping = time.monotonic()
        assert time.monotonic() - stopping < SMALL
        assert not [pid for pid in pids if psutil.pid_exists(pid)]
        assert runtime.failure is None
    runtime.stop()
    assert complaints() == []


@WITH_WORKERS
def test_a_stop_says_goodbye_to_the_venue(workers: int) -> None:
    with PracticeExchange() as exchange:
        settings = towards(exchange.session, [exchange.regions[0].url], workers, pool={"connections": 2})
        with Runtime(Config.model_validate(settings)):
            assert exchange.ledger.wait_until(
                lambda book: [record.authenticated for record in book.sockets()] == [True, True], DEADLINE
            )
        assert exchange.ledger.wait_until(
            lambda book: all(record.closed_at is not None for record in book.sockets()), DEADLINE
        )
        assert {record.closed_because for record in exchange.ledger.sockets()} == {"the client said goodbye"}


@WITH_WORKERS
def test_a_stop_under_load_is_no_failure(
    complaints: Callable[[], list[str]], clean_slate: None, workers: int
) -> None:
    runtime = Runtime(practice(workers, *ASSETS, tick_rate=500.0, limits={"messages": ["100000/s"]}))
    notebook = Notebook()
    with runtime:
        runtime.router.tell(Subscribe("", to=notebook))
        assert notebook.wait(lambda book: len(book.ticks()) > 100)
        teller = threading.Thread(target=tell_noise, args=(runtime.router,))
        teller.start()
        assert exchange_of(runtime).ledger.wait_until(lambda book: book.count("noise") > 20, DEADLINE)
    teller.join(DEADLINE)
    assert not teller.is_alive()
    assert runtime.failure is None
    assert complaints() == []


def tell_noise(router: pykka.ActorRef[Any]) -> None:
    """Tell the router to send until it is no more, at a rate that it can keep up with."""
    with contextlib.suppress(pykka.ActorDeadError):
        while True:
            router.tell(SendRaw('42["noise"]'))
            router.ask(Unsubscribe("", to=print), timeout=DEADLINE)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stop_right_after_the_start_leaves_nothing(
    complaints: Callable[[], list[str]], clean_slate: None, workers: int
) -> None:
    for _ in range(3):
        started = time.monotonic()
        with Runtime(practice(workers, *ASSETS)):
            pass
        assert time.monotonic() - started < SMALL
    assert complaints() == []


@pytest.mark.parametrize("workers", [0, 1])
def test_a_venue_that_does_not_answer_the_close_holds_the_stop_up_no_longer_than_allowed(
    exchange: PracticeExchange, clean_slate: None, workers: int
) -> None:
    with RawServer(answers_close=False) as server:
        settings = towards(
            exchange.session,
            [server.url],
            workers,
            supervision={"drain_timeout": 0.5},
            connection={"close_timeout": 10},
        )
        runtime = Runtime(Config.model_validate(settings))
        runtime.start()
        assert server.upgraded.wait(DEADLINE)
        ask(runtime, GetStatus())
        stopping = time.monotonic()
        runtime.stop()
        assert time.monotonic() - stopping < 0.5 + SMALL


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stop_during_a_dial_that_hangs_does_not_wait_for_it(
    exchange: PracticeExchange, workers: int
) -> None:
    with RawServer(upgrades=False) as server:
        settings = towards(exchange.session, [server.url], workers, connection={"open_timeout": 2})
        runtime = Runtime(Config.model_validate(settings))
        with runtime:
            with pytest.raises(Exception, match="no answer"):
                ask(runtime, GetBalance(deadline=0.3))
            assert server.accepted == 1
            stopping = time.monotonic()
        assert time.monotonic() - stopping < SMALL
        assert psutil.Process().children() == []


def test_two_runtimes_live_side_by_side(start_runtime: Start) -> None:
    books = [Notebook(), Notebook()]
    runtimes = [start_runtime(practice(workers, ASSETS[0])) for workers in (0, 1)]
    for runtime, notebook in zip(runtimes, books, strict=True):
        runtime.router.tell(Subscribe("", to=notebook))
    assert all(notebook.wait(lambda book: len(book.ticks()) > 10) for notebook in books)
    runtimes[0].stop()
    here = len(books[1].ticks())
    assert books[1].wait(lambda book: len(book.ticks()) > here + 10)
    assert_lossless(books[1].ticks(), exchange_of(runtimes[1]).ledger.ticks(ASSETS[0]))
    assert [connection.restarts for connection in status_of(runtimes[1]).connections] == [0, 0]


# -- killed ------------------------------------------------------------------------------------------

ORPHANAGE = """
import sys
import threading
from actors.messages import GetStatus, Subscribe
from runtime import Runtime
from runtime.config import Config

up = threading.Semaphore(0)
runtime = Runtime(Config.model_validate({"pool": {"workers": 2}}))
runtime.start()
runtime.router.tell(Subscribe("connection.up", to=lambda _: up.release()))
for _ in range(2):
    assert up.acquire(timeout=5)
print(*(worker.pid for worker in runtime.router.ask(GetStatus(), timeout=5).workers), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for processes that are not its children")
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "frozen"])
def test_workers_do_not_outlive_a_killed_parent(stopped: bool) -> None:
    """A frozen worker cannot see the end of its link: the parent's death must reach it otherwise."""
    parent = subprocess.Popen(
        [sys.executable, "-c", ORPHANAGE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        ends = [os.pidfd_open(pid) for pid in pids]
        if stopped:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
        parent.kill()
        deadline = time.monotonic() + 1.0
        for end in ends:
            ended, _, _ = select.select([end], [], [], max(0.0, deadline - time.monotonic()))
            assert ended == [end]
            os.close(end)
    finally:
        parent.kill()
        parent.communicate(timeout=DEADLINE)
