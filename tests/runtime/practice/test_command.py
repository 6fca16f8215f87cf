"""The exchange as a program of its own."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import websocket

from tests.doubles.exchange_client import DEADLINE, Client

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts the program, and kills it at the end of the test."""
    started = []

    def run(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime.practice", *arguments],
            stdin=subprocess.PIPE,
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


def say(process: "subprocess.Popen[str]", line: str) -> str:
    """The first line of the console's answer."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_cleanly_on_a_signal(start: Start, number: signal.Signals) -> None:
    process = start("--regions", "EAST,WEST", "--tick-rate", "50", "--seed", "3")
    assert process.stdout is not None
    name, url = process.stdout.readline().split()
    assert name == "EAST"
    assert process.stdout.readline().startswith("WEST ws://127.0.0.1:")
    variable, _, session = process.stdout.readline().strip().partition("=")
    assert variable == "export POCKET_OPTION_SSID"
    with Client(url) as client:
        client.login(session.strip("'")).emit("subfor", "EURUSD_otc")
        client.until("updateStream")
        process.send_signal(number)
        _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert "EAST: socket 1 authenticated" in log
    assert session.split('"')[5] not in log


def test_impossible_arguments_end_it_with_a_reason(start: Start) -> None:
    process = start("--tick-rate", "0")
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert "tick_rate: must be above zero" in log


def test_a_port_that_is_in_use_is_named_with_what_to_do(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start("--regions", "EAST", "--port", str(port))
        _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert f" port {port} on 127.0.0.1 cannot be bound: Address already in use (choose another, " in log
    assert "Errno" not in log


def test_faults_begin_with_it_and_go_on_by_console_until_it_ends(start: Start) -> None:
    process = start("--regions", "EAST", "--fault", "answer status=503", "--fault", "mute", "--console")
    assert process.stdout is not None
    name, url = process.stdout.readline().split()
    assert name == "EAST"
    with pytest.raises(websocket.WebSocketBadStatusException):
        Client(url)
    process.stdout.readline()
    assert say(process, "nonsense").startswith("refused: ")
    assert say(process, "status") == f"EAST {url}: 0 sockets\n"
    assert process.stdout.readline() == "fault answer status=503\n"
    assert process.stdout.readline() == "fault mute\n"
    assert say(process, "calm answer") == "ok\n"
    with Client(url) as client:
        client.connect()
    process.send_signal(signal.SIGINT)
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert "Traceback" not in log


def test_it_serves_on_when_its_console_has_ended(start: Start) -> None:
    process = start("--regions", "EAST", "--console")
    assert process.stdin is not None
    assert process.stdout is not None
    _, url = process.stdout.readline().split()
    process.stdin.close()
    with Client(url) as client:
        client.connect()
    process.stdin = None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=DEADLINE)
    assert process.returncode == 0


def test_an_impossible_fault_ends_it_with_a_reason(start: Start) -> None:
    process = start("--fault", "slow")
    _, log = process.communicate(timeout=DEADLINE)
    assert process.returncode == 2
    assert "slow rate=NUMBER" in log
