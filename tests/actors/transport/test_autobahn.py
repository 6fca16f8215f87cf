"""The Autobahn cases, run by kosoku against the real transport and the real endpoint."""

import json
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from actors.errors import TransportClosed
from actors.protocols.websocket.endpoint import Endpoint
from actors.protocols.websocket.frames import Frame
from actors.protocols.websocket.pairs import Pairs
from actors.transport.socket_transport import SocketTransport
from actors.transport.websocket import dial

pytestmark = pytest.mark.skipif(find_spec("kosoku") is None, reason="kosoku has no wheel for this platform")

CASES = 247  # all but groups 9 (speed) and 12, 13 (compression, which we do not ask for)
CASE_TIMEOUT = 20.0
GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}
KOSOKU = (
    "from importlib.metadata import entry_points\n"
    "[command] = entry_points(group='console_scripts', name='kosoku')\n"
    "command.load()()\n"
)


class FuzzingServer(NamedTuple):
    url: str
    process: "subprocess.Popen[str]"
    reports: Path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FuzzingServer]:
    excluded = [argument for group in ("9.*", "12.*", "13.*") for argument in ("-x", group)]
    process = subprocess.Popen(
        [sys.executable, "-c", KOSOKU, "-m", "fuzzingserver", "127.0.0.1:0", "-o", str(tmp_path), *excluded],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process, process.stderr:
        try:
            announced = re.search(r"ws://\S+", process.stderr.readline())
            assert announced is not None
            yield FuzzingServer(announced.group(), process, tmp_path)
        finally:
            process.kill()


def echo(url: str) -> list[Frame]:
    """Send every message back until the server ends the stream; returns them."""
    transport = dial(url, timeout=5)
    endpoint = Endpoint()
    messages: list[Frame] = []
    try:
        exchange(transport, endpoint, messages)
    except TransportClosed:
        return messages
    finally:
        transport.close()
    raise AssertionError(f"{url} did not end within {CASE_TIMEOUT} s")


def exchange(transport: SocketTransport, endpoint: Endpoint, messages: list[Frame]) -> None:
    deadline = time.monotonic() + CASE_TIMEOUT
    with selectors.DefaultSelector() as selector:
        selector.register(transport, selectors.EVENT_READ)
        while (now := time.monotonic()) < deadline:
            received = endpoint.receive(transport.read(), now)
            for message in received:
                assert not isinstance(message, Pairs)
                opcode, payload = message
                messages.append(message)
                if endpoint.failure is None:
                    endpoint.send(opcode, [payload])
            transport.write(endpoint.data_to_send())
            transport.flush()
            writable = selectors.EVENT_WRITE if transport.wants_write else 0
            selector.modify(transport, selectors.EVENT_READ | writable)
            selector.select(deadline - now)


def run_all_cases(server: FuzzingServer) -> dict[str, Any]:
    [(_, count)] = echo(f"{server.url}/getCaseCount")
    for case in range(1, int(count) + 1):
        echo(f"{server.url}/runCase?case={case}&agent=tellwire")
    echo(f"{server.url}/updateReports?agent=tellwire")
    server.process.wait(timeout=10)
    index: dict[str, dict[str, Any]] = json.loads((server.reports / "index.json").read_text(encoding="utf-8"))
    [results] = index.values()
    return results


def test_every_autobahn_case_is_passed_with_the_right_close_code(server: FuzzingServer) -> None:
    results = run_all_cases(server)
    assert len(results) == CASES
    failed = {
        case: (result["behavior"], result["behaviorClose"])
        for case, result in results.items()
        if {result["behavior"], result["behaviorClose"]} - GOOD
    }
    assert failed == {}
