"""Restarts: when, how often, in which region, on which request, and when not."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pykka
import pytest
from loguru import logger

from actors.errors import AuthRejected, NotPlaced, RequestRefused
from actors.messages import (
    ActorQuarantined,
    ConnectionDown,
    ConnectionUp,
    GetOpenedDeals,
    Restart,
    Subscribe,
    WorkerDown,
    WorkerUp,
)
from actors.messages.supervision import CloseConnection, OpenConnection
from actors.supervision.supervisor import Supervisor
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.doubles.raw_server import RawServer
from tests.frozen_process import freeze
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    DEADLINE,
    Notebook,
    Start,
    ask,
    exchange_of,
    practice,
    status_of,
    towards,
)
from tests.journeys.trader import assert_each_sent_once, bet, listening, trading, venue

BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def start(start_runtime: Start, notebook: Notebook) -> Callable[[dict[str, Any]], Runtime]:
    """Starts a runtime; the notebook records all of its events."""

    def begin(settings: dict[str, Any]) -> Runtime:
        runtime = start_runtime(Config.model_validate(settings))
        runtime.router.tell(Subscribe("", to=notebook))
        return runtime

    return begin


def kinds(runtime: Runtime) -> dict[str, str]:
    """The state of every child in the status."""
    status = status_of(runtime)
    connections = {connection.child.name: connection.child.state for connection in status.connections}
    return connections | {worker.name: worker.state for worker in status.workers}


# Workers


def test_a_frozen_worker_is_dead_before_its_successor_serves_and_its_orders_with_it(
    tmp_path: Path,
) -> None:
    vigilance = {"heartbeat_interval": 0.1, "heartbeat_timeout": 0.5}
    with venue() as exchange:
        config = trading(exchange, tmp_path / "orders.sqlite", 1, supervision=vigilance)
        with listening(config) as (runtime, notebook):
            ask(runtime, GetOpenedDeals())
            frozen = notebook.first(WorkerUp).pid
            freeze(frozen)
            answer = runtime.router.ask(bet(5), block=False)
            notebook.first(WorkerDown, pid=frozen)
            assert notebook.wait(lambda book: len(book.all(WorkerUp)) == 2)
            assert notebook.all(WorkerUp)[1].pid != frozen
            with pytest.raises(ProcessLookupError):
                os.kill(frozen, signal.SIGCONT)
            notebook.first(ConnectionUp, epoch=2)
            with pytest.raises(NotPlaced):
                answer.get(timeout=DEADLINE)
            deal = ask(runtime, bet(6))
        assert [executed.deal for executed in exchange.ledger.deals()] == [deal]
        assert_each_sent_once(exchange, 1)


def test_a_worker_that_dies_too_often_is_given_up_and_a_restart_brings_it_back(
    start_runtime: Start, notebook: Notebook
) -> None:
    runtime = start_runtime(practice(2, supervision={"max_restarts": 2}, reconnect=AT_ONCE))
    runtime.router.tell(Subscribe("", to=notebook))
    for life in range(1, 4):
        notebook.first(ConnectionUp, epoch=life, connection="connection-1")
        os.kill(status_of(runtime).workers[0].pid, signal.SIGKILL)
    given_up = notebook.first(ActorQuarantined)
    assert (given_up.name, given_up.auth) == ("worker-1", False)
    assert "more than 2 times" in given_up.reason
    assert kinds(runtime) == {
        "connection-1": "stranded",
        "connection-2": "up",
        "worker-1": "quarantined",
        "worker-2": "up",
    }
    assert not runtime.wait(0)
    with pytest.raises(RequestRefused, match="worker-1"):
        ask(runtime, Restart("connection-1"))
    assert ask(runtime, Restart("worker-1")) is None
    notebook.first(ConnectionUp, epoch=4, connection="connection-1")
    assert set(kinds(runtime).values()) == {"up"}


def test_what_lived_on_a_worker_that_was_given_up_is_replaced_on_another(
    start_runtime: Start, notebook: Notebook
) -> None:
    pool = {"connections": 1, "max_connections": 2}
    runtime = start_runtime(practice(2, pool=pool, supervision={"max_restarts": 1}, reconnect=AT_ONCE))
    runtime.router.tell(Subscribe("", to=notebook))
    for life in (1, 2):
        notebook.first(ConnectionUp, epoch=life, connection="connection-1")
        os.kill(status_of(runtime).workers[0].pid, signal.SIGKILL)
    assert notebook.first(ActorQuarantined).name == "worker-1"
    notebook.first(ConnectionUp, connection="connection-2")
    assert not runtime.wait(0)


def test_a_worker_that_is_to_restart_has_a_successor_at_once(
    start_runtime: Start, notebook: Notebook
) -> None:
    runtime = start_runtime(practice(1))
    runtime.router.tell(Subscribe("", to=notebook))
    notebook.first(ConnectionUp, connection="connection-2")
    before = notebook.first(WorkerUp).pid
    ask(runtime, Restart("worker-1"))
    notebook.first(ConnectionUp, connection="connection-1", epoch=2)
    assert not psutil.pid_exists(before)
    (worker,) = status_of(runtime).workers
    assert (worker.state, worker.restarts) == ("up", 0)
    assert worker.pid != before


def test_a_requested_end_is_no_error_in_the_log_and_any_other_end_is_explained(
    start: Callable[[dict[str, Any]], Runtime], notebook: Notebook
) -> None:
    lines: list[str] = []
    handler = logger.add(lambda message: lines.append(message.rstrip("\n")), format="{level} {message}")
    try:
        runtime = start({"pool": {"workers": 1, "connections": 1}})
        first = notebook.first(WorkerUp).pid
        ask(runtime, Restart("worker-1"))
        assert notebook.wait(lambda book: len(book.all(WorkerUp)) == 2)
        second = notebook.all(WorkerUp)[-1].pid
        os.kill(second, signal.SIGKILL)
        assert notebook.wait(lambda book: len(book.all(WorkerUp)) == 3)
    finally:
        logger.remove(handler)
    told = [line for line in lines if re.search("worker-1 .*(stopped|ended|down)", line)]
    assert told[:2] == [
        f"INFO worker-1 (pid {first}) is stopped for the requested restart",
        f"INFO worker-1 (pid {first}) has ended, as requested",
    ]
    # A link fails instead of ending if the worker had not read all of its messages.
    died, down = told[2:]
    assert re.fullmatch(rf"WARNING worker-1 \(pid {second}\) has ended: the link .* \(by SIGKILL\)", died)
    assert re.fullmatch(r"INFO worker-1 is down \(the link .*\); next attempt at once", down)


# Connections on request


@pytest.mark.parametrize("workers", [0, 1])
def test_a_connection_that_is_to_restart_closes_first(
    start: Callable[[dict[str, Any]], Runtime], notebook: Notebook, exchange: PracticeExchange, workers: int
) -> None:
    runtime = start(towards(exchange.session, [region.url for region in exchange.regions], workers))
    notebook.first(ConnectionUp, epoch=1)
    assert ask(runtime, Restart("connection-1")) is None
    assert notebook.first(ConnectionDown).reason == "stopped"
    assert notebook.first(ConnectionUp, epoch=2).region == "REGION-1"
    old, _ = exchange.ledger.sockets()
    assert old.closed_because == "the client said goodbye"
    (connection,) = status_of(runtime).connections
    assert (connection.child.state, connection.child.restarts) == ("up", 0)


def test_what_the_status_does_not_show_cannot_be_restarted(start_runtime: Start) -> None:
    runtime = start_runtime(practice(0))
    for name in ("connection-3", "worker-1", "main", ""):
        with pytest.raises(RequestRefused):
            ask(runtime, Restart(name))


def test_a_connection_is_closed_and_opened_on_demand(start_runtime: Start, notebook: Notebook) -> None:
    runtime = start_runtime(practice(1))
    runtime.router.tell(Subscribe("", to=notebook))
    (supervisor,) = pykka.ActorRegistry.get_by_class(Supervisor)
    notebook.first(ConnectionUp, connection="connection-2")
    supervisor.tell(CloseConnection("connection-2"))
    assert notebook.first(ConnectionDown, connection="connection-2").reason == "stopped"
    notebook.first(ConnectionUp, connection="connection-1")
    os.kill(status_of(runtime).workers[0].pid, signal.SIGKILL)
    notebook.first(ConnectionUp, connection="connection-1", epoch=2)
    assert kinds(runtime)["connection-2"] == "stopped"
    supervisor.tell(OpenConnection("connection-2"))
    notebook.first(ConnectionUp, connection="connection-2", epoch=2)
    assert kinds(runtime)["connection-2"] == "up"


# Regions


@pytest.mark.parametrize(
    "status", ["200 OK", "302 Found\r\nLocation: /", "403 Forbidden", "404 Not Found", "522 Timed Out"]
)
def test_any_answer_but_an_upgrade_leads_to_the_next_region(
    start: Callable[[dict[str, Any]], Runtime], notebook: Notebook, exchange: PracticeExchange, status: str
) -> None:
    refusal = f"HTTP/1.1 {status}\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n".encode()
    with RawServer(refusal=refusal) as wrong:
        runtime = start(towards(exchange.session, [wrong.url, exchange.regions[0].url], 0))
        assert notebook.first(ConnectionUp).region == "REGION-2"
        here, there = status_of(runtime).regions
        assert (here.attempts, here.failures, here.successes, here.blocked_for) == (1, 1, 0, 0.0)
        assert (there.attempts, there.failures, there.successes) == (1, 0, 1)
    assert not notebook.all(ActorQuarantined)


def test_an_equal_region_that_a_probe_found_is_measured_before_anybody_needs_it(
    start: Callable[[dict[str, Any]], Runtime], exchange: PracticeExchange, notebook: Notebook
) -> None:
    urls = [region.url for region in exchange.regions]
    settings = towards(exchange.session, urls, 0, reconnect={"probe_regions": 3})
    for region in settings["regions"]["demo"]:
        region["priority"] = 1
    runtime = start(settings)
    notebook.first(ConnectionUp)
    assert exchange.ledger.wait_until(lambda book: len(book.sockets()) == 3, DEADLINE)
    for thread in threading.enumerate():
        if thread.name == "probing":
            thread.join(DEADLINE)  # by then the supervisor has been told
    status = status_of(runtime)
    assert [region.attempts for region in status.regions] == [1, 0]
    assert status.regions[1].round_trip is not None


def test_a_host_that_asks_for_a_pause_has_it_in_all_its_regions(
    start: Callable[[dict[str, Any]], Runtime], notebook: Notebook, exchange: PracticeExchange
) -> None:
    with RawServer(refusal=BUSY) as busy:
        same_host = exchange.regions[0].url
        assert "//127.0.0.1:" in busy.url
        assert "//127.0.0.1:" in same_host
        elsewhere = exchange.regions[1].url.replace("127.0.0.1", "localhost")
        runtime = start(towards(exchange.session, [busy.url, same_host, elsewhere], 1))
        assert notebook.first(ConnectionUp).region == "REGION-3"
        assert busy.accepted == 1
        blocked = [region.blocked_for for region in status_of(runtime).regions]
        assert [seconds > 20 for seconds in blocked] == [True, True, False]
        assert notebook.first(ConnectionDown).retry_after == 30.0


def test_no_connection_dials_while_the_only_host_asks_for_a_pause(
    start: Callable[[dict[str, Any]], Runtime], notebook: Notebook, exchange: PracticeExchange
) -> None:
    with RawServer(refusal=BUSY.replace(b"30", b"1")) as busy:
        start(towards(exchange.session, [busy.url], 0, reconnect=AT_ONCE))
        notebook.first(ConnectionDown, epoch=1)
        began = time.monotonic()
        notebook.first(ConnectionDown, epoch=2)
        assert time.monotonic() - began > 0.9
        assert busy.accepted == 2


# The rate of attempts


def test_connections_dropped_at_once_come_back_at_the_configured_pace(
    start_runtime: Start, notebook: Notebook
) -> None:
    count = 12
    before = time.time()
    runtime = start_runtime(practice(0, pool={"connections": count}, limits={"connects": [f"{count}/s"]}))
    runtime.router.tell(Subscribe("connection.", to=notebook))
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == count)
    exchange = exchange_of(runtime)
    assert exchange.drop_connections() == count
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2 * count)
    began = sorted(record.connected_at for record in exchange.ledger.sockets())
    assert len(began) == 2 * count
    assert began[count] > before + 1.0


def test_a_session_that_is_refused_is_not_tried_by_all(
    start: Callable[[dict[str, Any]], Runtime], exchange: PracticeExchange
) -> None:
    exchange.fault("refuse_sessions")
    limits = {"connects": ["3/s"]}
    runtime = start(
        towards(exchange.session, [exchange.regions[0].url], 0, pool={"connections": 12}, limits=limits)
    )
    assert runtime.wait(DEADLINE)
    assert isinstance(runtime.failure, AuthRejected)
    assert set(kinds(runtime).values()) == {"quarantined"}
    assert exchange.ledger.count("auth") <= 6


def test_a_restart_tries_a_session_again_that_was_refused(
    start: Callable[[dict[str, Any]], Runtime], notebook: Notebook, exchange: PracticeExchange
) -> None:
    exchange.fault("refuse_sessions")
    runtime = start(towards(exchange.session, [exchange.regions[0].url], 0, reconnect=AT_ONCE))
    assert runtime.wait(DEADLINE)
    exchange.calm("refuse_sessions")
    ask(runtime, Restart("connection-1"))
    notebook.first(ConnectionUp)


@pytest.fixture(params=[0, 1])
def dropped(request: pytest.FixtureRequest, start_runtime: Start, notebook: Notebook) -> float:
    """The time (Unix seconds) at which both connections of a streaming runtime were dropped."""
    runtime = start_runtime(practice(request.param, *ASSETS, tick_rate=200.0))
    runtime.router.tell(Subscribe("tick.", to=notebook))
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > 10 for asset in ASSETS))
    at = time.time()
    assert exchange_of(runtime).drop_connections() == 2
    return at


def test_data_flow_again_soon_after_a_drop(dropped: float, notebook: Notebook) -> None:
    """The time is logged and not limited; the aim on an idle machine is 100 ms."""

    def fresh(book: Notebook) -> dict[str, float]:
        return {tick.asset: tick.received_at for tick in reversed(book.ticks()) if tick.time > dropped}

    assert notebook.wait(lambda book: fresh(book).keys() == set(ASSETS))
    back = sorted(at - dropped for at in fresh(notebook).values())
    logger.info("back after {:.1f} ms, all after {:.1f} ms", back[0] * 1000, back[-1] * 1000)
