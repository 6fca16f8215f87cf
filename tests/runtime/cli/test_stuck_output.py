"""The command line with an output that takes nothing, such as a halted terminal or a pager."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = 20.0

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="a pipe cannot be filled without waiting there"
)

Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def full() -> Iterator[int]:
    """A pipe that takes no byte more."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        while os.write(write, b"x"):
            pass
    except BlockingIOError:
        os.set_blocking(write, True)
    yield write
    os.close(read)
    os.close(write)


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts the command line with outputs of the test's own; none outlives it."""
    begun = []

    def run(*arguments: str | Path, stdout: int, stderr: int) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "runtime.main", *map(str, arguments)]
        environment = os.environ | {"POCKET_OPTION_SSID": ""}
        environment.pop("PYTHONUNBUFFERED", None)  # a thread that is stuck in a buffer holds its lock
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=stdout, stderr=stderr, text=True
        )
        begun.append(process)
        return process

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def test_ticks_go_on_while_standard_error_takes_no_line_and_a_signal_still_ends_it(
    begin: Begin, full: int, shipped: Path
) -> None:
    process = begin(shipped, "--output", "json", stdout=subprocess.PIPE, stderr=full)
    assert process.stdout is not None
    events = map(json.loads, process.stdout)
    for _ in range(20):
        assert any(event["event"] == "Tick" for event in events)
    process.send_signal(signal.SIGTERM)
    *_, last = events
    assert last["event"] == "Summary"
    assert process.wait(DEADLINE) == 0


def test_the_runtime_stops_in_order_while_standard_output_takes_nothing(
    begin: Begin, full: int, shipped: Path
) -> None:
    process = begin(shipped, "--output", "json", "--duration", "4", stdout=full, stderr=subprocess.PIPE)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert "connection-1 is up" not in err  # that is the log's, where it is the output
    assert "the runtime has stopped after" in err
