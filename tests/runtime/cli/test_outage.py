"""No connection is up: what the log and the exit codes say of it, in processes of their own."""

import queue
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE
from tests.runtime.cli.conftest import Start, venue

QUIET = (
    "pool: {connections: 2, workers: 0}\n"
    "streams: [{asset: EURUSD_otc}]\n"
    "log: {level: WARNING}\n"
    "health: {outage_after: 500ms}\n"
    "reconnect: {reconnect_delay: 20ms, max_delay: 100ms}\n"
    "orders: {journal: orders.sqlite}\n"
)


class Lines:
    """What a process writes to standard error, as it comes."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(process.stderr,), daemon=True).start()

    def _read(self, pipe: object) -> None:
        for line in pipe:  # type: ignore[attr-defined]
            self._lines.put(line)

    def until(self, text: str) -> str:
        while True:
            line = self._lines.get(timeout=DEADLINE)
            if text in line:
                return line


@pytest.fixture
def file(tmp_path: Path, exchange: PracticeExchange) -> Path:
    file = tmp_path / "outage.yaml"
    venue(file, exchange.session, [region.url for region in exchange.regions], QUIET)
    return file


@pytest.fixture
def close(exchange: PracticeExchange) -> Callable[[], None]:
    def all_regions() -> None:
        for region in exchange.regions:
            exchange.close_region(region.name)

    return all_regions


def test_a_run_in_which_nothing_ever_was_up_says_so_with_each_region_and_in_its_exit_code(
    start: Start, file: Path, close: Callable[[], None]
) -> None:
    close()
    process = start(file, "--output", "log", "--duration", "4s")
    lines = Lines(process)
    assert "(region-" in lines.until(" times in a row")
    outage = lines.until("no connection is up")
    assert "ERROR" in outage
    assert "region-1: DialFailed: " in outage
    assert "region-2: DialFailed: " in outage
    assert "tellwire doctor" in outage
    lines.until("at the end of the run")
    assert process.wait(DEADLINE) == 6


def test_an_outage_is_told_by_the_status_and_the_log_and_so_is_its_end(
    start: Start, file: Path, close: Callable[[], None], exchange: PracticeExchange
) -> None:
    process = start(file, "--output", "log")
    assert exchange.ledger.wait_until(lambda ledger: ledger.count("auth") >= 2, DEADLINE)
    lines = Lines(process)
    close()
    lines.until("no connection is up")
    for more in ([], ["--json"]):
        ctl = start(file, "status", *more, module="runtime.ctl")
        out, _ = ctl.communicate(timeout=2 * DEADLINE)
        assert ctl.returncode == 6
        assert ("NO CONNECTION IS UP" in out) is (not more)
    for region in exchange.regions:
        exchange.open_region(region.name)
    assert "WARNING" in lines.until("the outage has ended after")
    ctl = start(file, "status", module="runtime.ctl")
    out, _ = ctl.communicate(timeout=2 * DEADLINE)
    assert ctl.returncode == 0
    process.terminate()
    assert process.wait(DEADLINE) == 0
