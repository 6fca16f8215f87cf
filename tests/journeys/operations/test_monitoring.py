"""A runtime that programs look at over HTTP: is it alive, is it ready, what has it done."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client.parser import text_string_to_metric_families

from actors.errors import ConfigInvalid
from actors.messages import GetBalance, GetStatus, Subscribe
from runtime import Config, Runtime
from runtime.monitoring import site
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask, exchange_of, practice

ANY_PORT = {"listen": "127.0.0.1:0"}


class Answer:
    """One answer over HTTP."""

    def __init__(self, url: str, path: str, **headers: str) -> None:
        where = urlsplit(url)
        connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=2 * DEADLINE)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            self.status, self.headers, self.text = response.status, response.headers, response.read().decode()
        finally:
            connection.close()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@contextmanager
def running(workers: int = 0, reconnect: dict[str, Any] | None = None) -> Iterator[Runtime]:
    config = practice(workers, ASSETS[0], status=ANY_PORT, reconnect=reconnect or {})
    with Runtime(config) as runtime:
        yield runtime


def look(runtime: Runtime, path: str, **headers: str) -> Answer:
    assert runtime.status_url is not None
    return Answer(runtime.status_url, path, **headers)


def until(runtime: Runtime, path: str, status: int) -> Answer:
    """The first answer with this status; each look waits for the answers of all actors."""
    due = time.monotonic() + 2 * DEADLINE
    while (answer := look(runtime, path)).status != status:
        assert time.monotonic() < due, answer.text
        threading.Event().wait(0.02)
    return answer


def metrics_of(runtime: Runtime) -> dict[str, float]:
    """Those without a label."""
    text = look(runtime, "/metrics").text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.name: sample.value for sample in samples if not sample.labels}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_runtime_gets_ready_and_counts_what_it_does(workers: int) -> None:
    with running(workers) as runtime:
        assert until(runtime, "/readyz", 200).json == {"ready": True, "reasons": []}
        assert look(runtime, "/healthz").json == {"alive": True}
        ask(runtime, GetBalance())
        due = time.monotonic() + DEADLINE
        while (found := metrics_of(runtime))["tellwire_tick_age_seconds_count"] < 2:
            assert time.monotonic() < due, found
            threading.Event().wait(0.05)
        assert found["tellwire_ready"] == 1
        assert found["tellwire_ticks_total"] > 0
        assert found["process_resident_memory_bytes"] > 2**20
        assert 0 < found["tellwire_tick_age_seconds_sum"] / found["tellwire_tick_age_seconds_count"] < 1
        assert 'tellwire_ask_seconds_count{command="GetBalance"} 1.0' in look(runtime, "/metrics").text
        status = look(runtime, "/status").json
        assert status["streams"][0]["placed"]["asset"] == ASSETS[0]
        assert len(status["connections"]) == len(ask(runtime, GetStatus()).connections)


def test_an_outage_of_the_venue_is_not_ready_and_alive() -> None:
    notebook = Notebook()
    with running(reconnect={"reconnect_delay": 0.05, "max_delay": 0.05}) as runtime:
        ask(runtime, Subscribe("connection.>", to=notebook))
        until(runtime, "/readyz", 200)
        exchange = exchange_of(runtime)
        for region in exchange.regions:
            exchange.close_region(region.name)
        unready = until(runtime, "/readyz", 503).json
        kinds = {reason["kind"] for reason in unready["reasons"]}
        assert kinds == {"connections", "stream"}, unready
        assert look(runtime, "/healthz").status == 200
        assert metrics_of(runtime)["tellwire_ready"] == 0
        for region in exchange.regions:
            exchange.open_region(region.name)
        until(runtime, "/readyz", 200)


def test_a_runtime_whose_actors_are_stuck_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site, "ALIVE_WITHIN", 0.3)
    stuck, release = threading.Event(), threading.Event()

    def handler(_: object) -> None:
        stuck.set()
        release.wait(2 * DEADLINE)

    with running() as runtime:
        until(runtime, "/readyz", 200)
        runtime.router.tell(Subscribe(f"tick.{ASSETS[0]}", to=handler, inline=True))
        assert stuck.wait(DEADLINE)
        try:
            answer = look(runtime, "/healthz")
            assert (answer.status, answer.json["alive"]) == (503, False)
            assert look(runtime, "/readyz").json["reasons"][0]["kind"] == "status"
            assert look(runtime, "/metrics").status == 503
        finally:
            release.set()


def test_only_requests_that_no_foreign_page_sends_are_answered() -> None:
    with running() as runtime:
        assert look(runtime, "/healthz", Host="rebound.example").status == 421
        assert look(runtime, "/healthz", Origin="https://page.example").status == 403
        answer = look(runtime, "/nothing")
        assert answer.status == 404
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] is not None
        assert look(runtime, "/status", Host="localhost").status == 200


def test_it_is_alive_and_not_ready_while_it_stops() -> None:
    with running() as runtime:
        until(runtime, "/readyz", 200)
        url = runtime.status_url
        assert url is not None
        exchange_of(runtime).fault("stall")
        stopping = threading.Thread(target=runtime.stop)
        stopping.start()
        answers = []
        while stopping.is_alive():
            try:
                answers.append((Answer(url, "/healthz").status, Answer(url, "/readyz").status))
            except OSError:
                break
        stopping.join(DEADLINE)
        assert {alive for alive, _ in answers} <= {200}
        assert runtime.status_url is None
        socket.create_server(("127.0.0.1", urlsplit(url).port or 0)).close()


def test_a_port_in_use_ends_the_start_with_its_place(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        file = tmp_path / "a.yaml"
        file.write_text(f"practice: {{regions: 1}}\nstatus:\n  listen: 127.0.0.1:{port}\n")
        with pytest.raises(ConfigInvalid, match=rf"a\.yaml:3:3: status\.listen: .*{port} cannot be bound"):
            Runtime.from_yaml(file).start()


def test_without_the_setting_there_is_no_server() -> None:
    with Runtime(Config()) as runtime:
        assert runtime.status_url is None
