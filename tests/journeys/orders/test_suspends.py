"""Orders whose deadline passes while the machine is suspended, or a process is stopped, are not executed."""

import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actors.errors import NotSent, OrderUnknown
from actors.messages import GetOpenedDeals
from runtime import attach
from tests.frozen_process import freeze
from tests.journeys import suspended_child
from tests.journeys.journey import DEADLINE, ask, status_of
from tests.journeys.trader import assert_each_sent_once, bet, catch_up, listening, trading, venue

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="CLOCK_BOOTTIME is of Linux")

PATIENT = {"heartbeat_timeout": 30.0}


class Machine:
    """A trader and its workers, which stand still together; their monotonic clock does so too."""

    def __init__(self, process: "subprocess.Popen[str]", suspended: Path) -> None:
        self._process = process
        self._suspended = suspended
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        # A thread: a wait for the descriptor does not see the lines that came with the one before.
        threading.Thread(target=self._read, daemon=True).start()
        self.pid = process.pid
        self._pids = [process.pid, *map(int, self.line().split())]

    def line(self) -> str:
        return self._lines.get(timeout=2 * DEADLINE)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.rstrip("\n"))

    def place(self, amount: int, deadline: float) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{amount} {deadline}\n")
        self._process.stdin.flush()

    def suspend(self, seconds: float) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGSTOP)
        begun = time.monotonic()
        time.sleep(seconds)
        self._suspended.write_bytes(struct.pack("d", time.monotonic() - begun))
        for pid in self._pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def machine(config: Any, folder: Path) -> Iterator[Machine]:
    suspended, settings = folder / "suspended", folder / "config.json"
    suspended.write_bytes(struct.pack("d", 0.0))
    dumped = json.loads(config.model_dump_json())
    dumped["account"]["session"] = config.account.session.get_secret_value()
    settings.write_text(json.dumps(dumped))
    here = Path(__file__).parents[1]
    path = os.pathsep.join(map(str, [here / "suspendable", here.parents[1]]))
    process = subprocess.Popen(
        [sys.executable, suspended_child.__file__, str(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path, "TELLWIRE_TEST_SUSPENDED": str(suspended)},
        text=True,
        bufsize=1,
    )
    with process:
        try:
            yield Machine(process, suspended)
        finally:
            process.kill()


@pytest.mark.parametrize("workers", [0, 1])
def test_an_order_that_waits_for_the_rate_limit_in_a_suspend_is_not_sent_after_its_deadline(
    tmp_path: Path, workers: int
) -> None:
    with venue() as exchange:
        slow = {"messages": ["1/s"]}
        config = trading(exchange, tmp_path / "orders.sqlite", workers, limits=slow, supervision=PATIENT)
        with machine(config, tmp_path) as suspendable:
            suspendable.place(1, 5.0)
            assert suspendable.line() == "1 placed"
            for amount in (2, 3, 4):  # they would leave after 1, 2 and 3 s
                suspendable.place(amount, 5.0)
            suspendable.place(5, 20.0)
            time.sleep(0.5)  # so that all of them wait in the limiter; the test holds too if they do not
            suspendable.suspend(6.0)
            answers = {suspendable.line() for _ in range(4)}
        assert answers == {"2 NotSent", "3 NotSent", "4 NotSent", "5 placed"}
        assert [int(order.amount) for order in exchange.ledger.orders()] == [1, 5]


def test_an_order_that_waits_in_a_stopped_worker_is_not_sent_after_its_deadline(tmp_path: Path) -> None:
    with venue() as exchange:
        config = trading(exchange, tmp_path / "orders.sqlite", 1, supervision=PATIENT)
        with listening(config) as (runtime, notebook):
            ask(runtime, GetOpenedDeals())
            [worker] = status_of(runtime).workers
            freeze(worker.pid)
            try:
                with pytest.raises(OrderUnknown):
                    ask(runtime, bet(5, deadline=0.5))
            finally:
                os.kill(worker.pid, signal.SIGCONT)
            catch_up(exchange, runtime, notebook)
            assert exchange.ledger.orders() == []
            assert status_of(runtime).desk.in_doubt == 0
            with pytest.raises(NotSent):
                ask(runtime, bet(5, deadline=0.0))
            ask(runtime, bet(5))
        assert_each_sent_once(exchange, 1)


def test_an_attached_order_whose_deadline_passes_before_the_runtime_reads_it_is_not_sent(
    tmp_path: Path,
) -> None:
    place = tmp_path / "control.sock"
    with venue() as exchange:
        config = trading(
            exchange, tmp_path / "orders.sqlite", 0, control={"socket": str(place)}, supervision=PATIENT
        )
        with machine(config, tmp_path) as stoppable, attach(place, timeout=DEADLINE) as attached:
            attached.router.ask(GetOpenedDeals(), timeout=DEADLINE)
            freeze(stoppable.pid)
            late = attached.router.ask(bet(5, deadline=0.5), block=False)
            in_time = attached.router.ask(bet(6, deadline=DEADLINE), block=False)
            time.sleep(0.6)
            os.kill(stoppable.pid, signal.SIGCONT)
            with pytest.raises(NotSent, match="its deadline has passed"):
                late.get(timeout=DEADLINE)
            assert in_time.get(timeout=DEADLINE).amount == 6
        assert [int(order.amount) for order in exchange.ledger.orders()] == [6]
