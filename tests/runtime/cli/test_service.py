"""The program as a service of systemd, whose place a socket takes that receives what it would be told."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from actors.messages import Subscribe
from runtime import Config, Runtime
from runtime.cli.service import Service

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd has no Windows")

LIMIT = 15.0
WATCHDOG = 0.3
"""Seconds."""
CONFIG = """
practice: {tick_rate: 20/s}
pool: {workers: 0, connections: 1}
streams: [{asset: EURUSD_otc}]
log: {level: WARNING}
"""


class Systemd:
    """Receives in a thread, with the time of each datagram."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(0.1)
        self._changed = threading.Condition()
        self._ends = False
        self.told: list[tuple[float, str]] = []
        self._thread = threading.Thread(target=self._receive)
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        return {"NOTIFY_SOCKET": str(self.path), "WATCHDOG_USEC": str(int(WATCHDOG * 1e6))}

    def _receive(self) -> None:
        while not self._ends:
            try:
                datagram = self._socket.recv(4096).decode()
            except TimeoutError:
                continue
            with self._changed:
                self.told += [(time.monotonic(), line) for line in datagram.splitlines()]
                self._changed.notify_all()

    def lines(self) -> list[str]:
        with self._changed:
            return [line for _, line in self.told]

    def wait(self, holds: Callable[[list[str]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: holds([line for _, line in self.told]), LIMIT), self.told

    def close(self) -> None:
        self._ends = True
        self._thread.join()
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    listener = Systemd(tmp_path / "notify")
    yield listener
    listener.close()


def test_a_service_is_ready_reloads_and_stops(systemd: Systemd, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(CONFIG)
    command = [sys.executable, "-m", "runtime.main", str(file), "--output", "log"]
    environment = {**os.environ, **systemd.environment}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            systemd.wait(lambda lines: "READY=1" in lines and lines.count("WATCHDOG=1") >= 5)
            assert "STATUS=1 of 1 connections up, 1 of 1 streams fresh" in systemd.lines()
            process.send_signal(signal.SIGHUP)
            systemd.wait(lambda lines: lines.count("READY=1") == 2)
            process.terminate()
            assert process.wait(LIMIT) == 0
        finally:
            process.kill()
    systemd.wait(lambda lines: "STOPPING=1" in lines)
    lines = systemd.lines()
    reloading = lines.index("RELOADING=1")
    assert lines.index("READY=1") < reloading < len(lines) - 1 - lines[::-1].index("READY=1")
    assert re.fullmatch(r"MONOTONIC_USEC=[0-9]+", lines[reloading + 1])


def test_a_refused_file_is_told_and_the_service_goes_on(systemd: Systemd, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(CONFIG)
    service = Service(systemd.environment)
    with Runtime.from_yaml(file) as runtime:
        service.start(runtime.router)
        systemd.wait(lambda lines: "READY=1" in lines)
        file.write_text(CONFIG + "pool: {}\n")
        assert service.reload(runtime.reload)
        systemd.wait(lambda lines: lines.count("READY=1") == 2)
        assert any(line.startswith("STATUS=not reloaded: ") for line in systemd.lines())
        service.stop()


def test_a_venue_that_is_away_is_waited_for_and_a_stuck_actor_is_not(systemd: Systemd) -> None:
    stuck, release = threading.Event(), threading.Event()

    def handler(_: object) -> None:
        stuck.set()
        release.wait(LIMIT)

    config = Config.model_validate(
        {"pool": {"workers": 0}, "practice": {"tick_rate": 50}, "streams": [{"asset": "EURUSD_otc"}]}
    )
    service = Service(systemd.environment)
    with Runtime(config) as runtime, ExitStack() as ending:
        ending.callback(release.set)
        assert runtime.exchange is not None
        for region in runtime.exchange.regions:
            runtime.exchange.close_region(region.name)
        service.start(runtime.router)
        systemd.wait(lambda lines: sum(line.startswith("EXTEND_TIMEOUT_USEC=") for line in lines) >= 3)
        assert "READY=1" not in systemd.lines()
        for region in runtime.exchange.regions:
            runtime.exchange.open_region(region.name)
        systemd.wait(lambda lines: "READY=1" in lines)
        runtime.router.tell(Subscribe("tick.EURUSD_otc", to=handler, inline=True))
        assert stuck.wait(LIMIT)
        began = time.monotonic()
        assert not threading.Event().wait(4 * WATCHDOG)
        told = [at for at, line in systemd.told if line == "WATCHDOG=1"]
        assert told[-1] < began + WATCHDOG  # one that was asked for before
        release.set()
        systemd.wait(lambda lines: lines.count("WATCHDOG=1") > len(told))
        service.stop()


def test_without_systemd_nothing_happens() -> None:
    service = Service({})
    assert not service.reload(pytest.fail)
    service.stop()


def test_the_variables_are_not_handed_on() -> None:
    environment = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "HOME": "/"}
    Service(environment)
    assert environment == {"HOME": "/"}
