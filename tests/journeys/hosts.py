"""Hosts of one cluster as processes on this machine, and what they share."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from actors.errors import NoRuntime
from runtime import Attachment, attach
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.engine_server import EngineServer
from tests.doubles.several_accounts import entries, write
from tests.waiting import eventually

CHILD = Path(__file__).with_name("host_child.py")
PATIENCE = 60.0
LEASE = 2.0
CLUSTER = "cluster: {{engine: '{url}', host: {host}, lease: {lease}s, renew: 500ms, margin: 400ms}}\n"
MANY = "orders: {maximum_open: 1000}\n"
NAMES = ("h1", "h2")


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(max_deals=1000)) as running:
        yield running


@pytest.fixture
def files(
    exchange: PracticeExchange, tmp_path: Path, place: Path, engine_server: EngineServer
) -> dict[str, Path]:
    """The configuration of each host, on a running engine."""
    return {
        name: write(
            tmp_path / f"{name}.yaml",
            exchange,
            place.with_name(f"{name}.sock"),
            accounts=entries(exchange.sessions, ("main",)),
            feeds="",
            more=MANY + CLUSTER.format(url=engine_server.url, host=name, lease=LEASE),
        )
        for name in NAMES
    }


@contextmanager
def hosts(
    files: dict[str, Path], tmp_path: Path, workers: int
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    with ExitStack() as children:
        started = {}
        for name, file in files.items():
            file.write_text(file.read_text().replace("workers: 0", f"workers: {workers}"))
            environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / name)}
            log = children.enter_context((tmp_path / f"{name}.log").open("wb"))
            child = subprocess.Popen([sys.executable, str(CHILD), str(file)], env=environment, stderr=log)
            children.callback(child.wait)
            children.callback(child.kill)
            started[name] = child
        yield started


def attached(url: str | Path, account: str = "main") -> Attachment:
    """Once a host has the account."""
    found: list[Attachment] = []

    def tries() -> bool:
        try:
            found.append(attach(url, account=account))
        except NoRuntime:
            return False
        return True

    eventually(tries, PATIENCE)
    return found[0]
