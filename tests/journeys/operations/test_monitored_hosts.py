"""A host of a cluster over HTTP: its leases, and how the engine answers."""

import json
import re
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime import Host
from tests.doubles.engine_fixtures import engine_server
from tests.doubles.engine_server import EngineServer
from tests.journeys.hosts import exchange, files

__all__ = ["engine_server", "exchange", "files"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="has no engine there")

PATIENCE = 30.0


def get(host: Host, path: str) -> str:
    with urllib.request.urlopen(f"{host.status_url}{path}", timeout=PATIENCE) as answer:
        return str(answer.read().decode())


def cluster_metrics(host: Host) -> dict[str, float]:
    """By name, without labels."""
    found = re.findall(r"^tellwire_cluster_(\w+)(?:{[^}]*})? (\S+)$", get(host, "/metrics"), re.MULTILINE)
    return {name: float(value) for name, value in found}


def until(look: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    due = time.monotonic() + PATIENCE
    while not holds(found := look()):
        assert time.monotonic() < due, found
        time.sleep(0.05)
    return found


def test_metrics_and_status_have_the_leases_of_a_host_and_how_the_engine_answers(
    files: dict[str, Path], engine_server: EngineServer
) -> None:
    text = files["h1"].read_text().replace("workers: 0", "workers: 1")  # else the kernel watches this process
    files["h1"].write_text(text + "status: {listen: '127.0.0.1:0'}\n")
    with Host.from_yaml(files["h1"]) as host:
        found = until(lambda: cluster_metrics(host), lambda each: each["owned"] == 1)
        assert found["epoch"] == found["hosts"] == found["engine_up"] == 1
        assert 0 < found["lease_left_seconds"] <= 2.0
        assert 0 < found["engine_answer_seconds"] < PATIENCE
        told = json.loads(get(host, "/status"))["cluster"]
        assert (told["host"], told["in_maintenance"]) == ("h1", False)
        assert [(each["name"], each["epoch"]) for each in told["duties"]] == [("main", 1)]
        engine_server.kill()
        found = until(lambda: cluster_metrics(host), lambda each: each["owned"] == 0)
        assert found["engine_up"] == 0
        assert not {"epoch", "lease_left_seconds", "engine_answer_seconds"} & found.keys()
