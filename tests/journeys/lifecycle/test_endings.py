"""Ends without a stop: a refused session, connections that are given up, a killed parent."""

import os
import select
import signal
import subprocess
import sys
import time

import pytest

from actors.errors import AuthRejected, TransportError
from actors.messages import (
    ActorQuarantined,
    ConnectionUp,
    Subscribe,
)
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import (
    DEADLINE,
    WITH_WORKERS,
    Notebook,
    Start,
    practice,
    status_of,
    towards,
)


@WITH_WORKERS
def test_a_refused_session_is_tried_again_once_and_never_after_that(
    start_runtime: Start, exchange: PracticeExchange, workers: int
) -> None:
    exchange.fault("refuse_sessions")
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
    assert {connection.child.state for connection in status_of(runtime).connections} == {"quarantined"}
    runtime.stop()
    assert exchange.ledger.count("auth") <= 4
    assert len(exchange.ledger.sockets()) <= 4


@pytest.mark.parametrize("workers", [0, 1])
def test_a_venue_that_refuses_once_and_then_relents_is_no_failure(
    start_runtime: Start, exchange: PracticeExchange, workers: int
) -> None:
    exchange.fault("refuse_sessions")
    notebook = Notebook()
    runtime = start_runtime(
        Config.model_validate(towards(exchange.session, [exchange.regions[0].url], workers))
    )
    runtime.router.tell(Subscribe("", to=notebook))
    assert exchange.ledger.wait_until(lambda book: book.count("auth") >= 1, DEADLINE)
    exchange.calm("refuse_sessions")
    if not runtime.wait(0.2):  # it may have come back before the session was accepted
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
    assert (connection.child.state, connection.child.epoch, connection.child.restarts) == (
        "quarantined",
        4,
        3,
    )


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


PARENT = """
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
    assert up.acquire(timeout=20)
print(*(worker.pid for worker in runtime.router.ask(GetStatus(), timeout=5).workers), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for processes that are not its children")
@pytest.mark.parametrize("stopped", [False, True], ids=["running", "frozen"])
def test_workers_do_not_outlive_a_killed_parent(stopped: bool) -> None:
    """A frozen worker cannot see the end of its link; the death of the parent must end it in another way."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
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
        deadline = time.monotonic() + 1.0  # docs/reliability.md promises it
        for end in ends:
            ended, _, _ = select.select([end], [], [], max(0.0, deadline - time.monotonic()))
            assert ended == [end]
            os.close(end)
    finally:
        parent.kill()
        parent.communicate(timeout=DEADLINE)
