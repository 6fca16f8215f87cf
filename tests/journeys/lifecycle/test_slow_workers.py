"""Workers that have little time: they are judged by no clock before they serve."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from actors.messages import ConnectionUp, Subscribe, WorkerDown
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import Notebook, Start, status_of, towards

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGSTOP")

MANY = 64
CHECK_INTERVAL = 0.005
"""Seconds between two looks for children that have begun."""

LONG_HEADER = "x" * 3500
"""Bytes that every connection needs; 64 times as many do not fit into a link."""


@contextlib.contextmanager
def starved(runs: float, stands: float) -> Iterator[None]:
    """All children of this process, also those that begin meanwhile, run for so many seconds of each turn."""
    ended = threading.Event()

    def starve() -> None:
        while not ended.is_set():
            until = time.monotonic() + stands
            while time.monotonic() < until and not ended.wait(CHECK_INTERVAL):
                signal_all(signal.SIGSTOP)
            signal_all(signal.SIGCONT)
            ended.wait(runs)

    thread = threading.Thread(target=starve)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def signal_all(number: signal.Signals) -> None:
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):
            child.send_signal(number)


def test_a_worker_with_a_tenth_of_the_time_brings_up_all_connections_and_is_not_killed(
    exchange: PracticeExchange, start_runtime: Start
) -> None:
    urls = [region.url for region in exchange.regions]
    settings = towards(
        exchange.session,
        urls,
        1,
        pool={"connections": MANY},
        connection={"custom_headers": {"User-Agent": LONG_HEADER}},
        limits={"connects": ["100/s"]},
    )
    notebook = Notebook()
    with starved(0.05, 0.45):
        runtime = start_runtime(Config.model_validate(settings))
        runtime.router.tell(Subscribe("", to=notebook))
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == MANY, 40.0)
    assert notebook.all(WorkerDown) == []
    assert {row.child.epoch for row in status_of(runtime).connections} == {1}
