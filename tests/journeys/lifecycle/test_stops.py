"""Stops: how long they take, what they leave behind, and another start."""

import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pykka
import pytest
from loguru import logger

from actors.errors import NotSent, RequestError
from actors.messages import (
    ConnectionUp,
    GetStatus,
    SendRaw,
    Subscribe,
    Unsubscribe,
)
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.doubles.raw_server import RawServer
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
from tests.journeys.trader import bet, trading, venue

PATIENT = {"drain_timeout": 30.0}
"""For ``supervision``: a stop that waits in vain takes so many seconds."""

SMALL = 5.0
"""Seconds that a stop may take on a busy machine, as docs/reliability.md says."""


@pytest.fixture
def errors(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """The errors that were logged in this process, by us or by pykka."""
    written: list[str] = []
    sink = logger.add(written.append, level="ERROR", diagnose=False, backtrace=False)
    yield lambda: written + [record.message for record in caplog.records if record.levelno >= logging.ERROR]
    logger.remove(sink)


@pytest.fixture
def clean_slate() -> Iterator[None]:
    """No thread, child process or descriptor of the test is left at its end."""
    gc.collect()
    threads, descriptors = set(threading.enumerate()), psutil.Process().num_fds()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(DEADLINE)
    assert set(threading.enumerate()) <= threads
    assert psutil.Process().children(recursive=True) == []
    gc.collect()
    assert psutil.Process().num_fds() <= descriptors


@WITH_WORKERS
def test_nothing_is_left_after_a_stop_and_it_may_be_started_again(
    errors: Callable[[], list[str]], clean_slate: None, workers: int
) -> None:
    runtime = Runtime(practice(workers, *ASSETS, supervision=PATIENT))
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
    assert errors() == []


@WITH_WORKERS
def test_a_stop_closes_every_connection_to_the_venue(workers: int) -> None:
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
    errors: Callable[[], list[str]], clean_slate: None, workers: int
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
    assert errors() == []


def tell_noise(router: pykka.ActorRef[Any]) -> None:
    """Tell the router to send until it has stopped, at a rate that it can keep up with."""
    with contextlib.suppress(pykka.ActorDeadError, RequestError):
        while True:
            router.tell(SendRaw('42["noise"]'))
            router.ask(Unsubscribe("", to=print), timeout=DEADLINE)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stop_right_after_the_start_leaves_nothing(
    errors: Callable[[], list[str]], clean_slate: None, workers: int
) -> None:
    for _ in range(3):
        started = time.monotonic()
        with Runtime(practice(workers, *ASSETS, supervision=PATIENT)):
            pass
        assert time.monotonic() - started < SMALL
    assert errors() == []


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
            connection={"close_timeout": 30},
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
    exchange: PracticeExchange, errors: Callable[[], list[str]], workers: int
) -> None:
    with RawServer(upgrades=False) as server:
        hanging = {"open_timeout": 30}
        settings = towards(exchange.session, [server.url], workers, supervision=PATIENT, connection=hanging)
        with Runtime(Config.model_validate(settings)):
            assert server.reached.wait(DEADLINE)
            stopping = time.monotonic()
        assert time.monotonic() - stopping < SMALL
        assert psutil.Process().children() == []
    assert errors() == []


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
    assert [connection.child.restarts for connection in status_of(runtimes[1]).connections] == [0, 0]


def test_an_order_that_still_waits_for_the_rate_limit_is_not_sent_rather_than_unknown(tmp_path: Path) -> None:
    with venue() as exchange:
        config = trading(exchange, tmp_path / "orders.sqlite", limits={"messages": ["2/min"]})
        with Runtime(config) as runtime:
            notebook = Notebook()
            runtime.router.tell(Subscribe("", to=notebook))
            notebook.first(ConnectionUp)
            answers = [runtime.router.ask(bet(1 + n, deadline=100.0), block=False) for n in range(3)]
            for answer in answers[:2]:
                answer.get(timeout=5)
        assert len(exchange.ledger.orders()) == 2
        with pytest.raises(NotSent):
            answers[2].get(timeout=1)
        with Runtime(config) as runtime:
            desk = status_of(runtime).desk
            assert (desk.in_flight, desk.in_doubt) == (0, 0), "the journal does not know that it was not sent"


def test_an_order_that_waits_for_the_venues_lists_is_not_sent(nobody: str, tmp_path: Path) -> None:
    with venue() as exchange:
        config = trading(
            exchange, tmp_path / "orders.sqlite", regions={"demo": [{"name": "r", "url": nobody}]}
        )
        with Runtime(config) as runtime:
            answer = runtime.router.ask(bet(deadline=100.0), block=False)
            status_of(runtime)
        with pytest.raises(NotSent):
            answer.get(timeout=1)
