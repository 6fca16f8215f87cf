"""The exchange as a program of its own."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.practice.client import DEADLINE, Client

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the program; whatever still runs in the end is killed."""
    started = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.practice", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_cleanly_on_a_signal(start: Start, number: signal.Signals) -> None:
    process = start("--regions", "EAST,WEST", "--tick-rate", "50", "--seed", "3")
    assert process.stdout is not None
    name, url = process.stdout.readline().split()
    assert name == "EAST"
    assert process.stdout.readline().startswith("WEST ws://127.0.0.1:")
    variable, _, session = process.stdout.readline().strip().partition("=")
    assert variable == "POCKET_OPTION_SSID"
    with Client(url) as client:
        client.login(session.strip("'")).emit("subfor", "EURUSD_otc")
        client.until("updateStream")
        process.send_signal(number)
        _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert "EAST: socket 1 authenticated" in log
    assert session.split('"')[5] not in log


def test_arguments_that_cannot_work_end_it_with_a_reason(start: Start) -> None:
    process = start("--tick-rate", "0")
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert "tick_rate: must be above zero" in log
