"""``tellwire engine``: a real server for this machine, and why there may be none."""

import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.cli.doctor_engine import engine_findings
from runtime.config import load_text
from runtime.program import main
from tests.doubles.engine_server import server_program
from tests.journeys.journey import DEADLINE
from tests.runtime.cli.conftest import Start

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no server of an engine runs there")

Capture = pytest.CaptureFixture[str]
FakeProgram = Callable[[str], None]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeProgram:
    """Has a program of a version be the only server of the machine; ``""``: there is none."""

    def install(version: str) -> None:
        (folder := tmp_path / "bin").mkdir()
        if version:
            program = folder / "redis-server"
            program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
            program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr("runtime.cluster.server.importlib.util.find_spec", lambda _: None)

    return install


def test_it_is_an_engine_that_the_doctor_finds_good(start: Start, tmp_path: Path, port: int) -> None:
    server_program()
    folder = tmp_path / "state"
    arguments = ("engine", "--dir", folder, "--port", str(port))
    process = start(*arguments, module="tellwire")
    text = f"accounts: [{{name: main, session: ''}}]\ncluster: {{engine: 'valkey://127.0.0.1:{port}'}}\n"
    config = load_text(text, "x.yaml", Path())
    due = time.monotonic() + DEADLINE
    while {each.level.value for each in engine_findings(config)} != {"OK"}:
        assert time.monotonic() < due
        time.sleep(0.05)
    assert (folder.stat().st_mode & 0o777) == 0o700
    second = start(*arguments, module="tellwire")
    _, err = second.communicate(timeout=DEADLINE)
    assert (second.returncode, "another server has its data in" in err) == (1, True)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0
    assert f"write cluster: {{engine: 'valkey://127.0.0.1:{port}'}} into the configuration" in err


def test_without_a_server_it_says_how_to_get_one(tmp_path: Path, only: FakeProgram, capsys: Capture) -> None:
    only("")
    assert main(["engine", "--dir", str(tmp_path / "state")]) == 1
    assert "no server of an engine is installed: apt install valkey-server" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def test_a_server_that_is_too_old_is_refused(tmp_path: Path, only: FakeProgram, capsys: Capture) -> None:
    only("6.2.14")
    assert main(["engine", "--dir", str(tmp_path / "state")]) == 1
    assert "has version 6.2.14, and 7.0 is the oldest that will do" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(tmp_path: Path, capsys: Capture) -> None:
    server_program()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["engine", "--dir", str(tmp_path / "state"), "--port", str(port)]) == 1
    assert f"port {port} cannot be used (Address already in use)" in capsys.readouterr().err
