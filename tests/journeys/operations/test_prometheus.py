"""A real Prometheus that scrapes a runtime, and the alert rules in it."""

import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.journeys.journey import DEADLINE, exchange_of
from tests.journeys.operations.test_monitoring import running
from tests.system_programs import program

RULES = Path(__file__).parents[3] / "deploy" / "alerts.yml"


class Prometheus:
    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1"

    def value(self, expression: str) -> float | None:
        found = self._get(f"/query?query={urllib.parse.quote(expression)}")["result"]
        return float(found[0]["value"][1]) if found else None

    def alarms(self) -> set[str]:
        return {each["labels"]["alertname"] for each in self._get("/alerts")["alerts"]}

    def until(self, holds: Callable[[], bool]) -> None:
        due = time.monotonic() + 4 * DEADLINE
        while True:
            try:
                if holds():
                    return
            except OSError:  # it has not started yet
                pass
            assert time.monotonic() < due
            time.sleep(0.1)

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self._url + path, timeout=DEADLINE) as answer:
            return json.load(answer)["data"]


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Prometheus]:
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "tellwire", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield Prometheus(port)
        finally:
            process.terminate()


def test_prometheus_sees_an_outage_begin_and_end(tmp_path: Path) -> None:
    with running(reconnect={"reconnect_delay": 0.05, "max_delay": 0.05}) as runtime:
        target = urlsplit(runtime.status_url or "").netloc
        with prometheus(tmp_path, target) as watching:
            watching.until(lambda: watching.value("tellwire_ready") == 1)
            assert watching.value('up{job="tellwire"}') == 1
            assert (watching.value("tellwire_ticks_total") or 0) > 0
            watching.until(lambda: "TellwireOutage" not in watching.alarms())
            exchange = exchange_of(runtime)
            for region in exchange.regions:
                exchange.close_region(region.name)
            watching.until(lambda: watching.value("tellwire_ready") == 0)
            watching.until(lambda: "TellwireOutage" in watching.alarms())
            for region in exchange.regions:
                exchange.open_region(region.name)
            watching.until(lambda: watching.value("tellwire_ready") == 1)
            watching.until(lambda: "TellwireOutage" not in watching.alarms())
