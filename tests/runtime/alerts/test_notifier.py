"""Alerts of a real runtime, as a real receiver over HTTP gets them."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from actors.errors import ConfigInvalid
from actors.messages import Halt, Resume
from runtime import Config, Runtime
from runtime.alerts import notifier
from runtime.config import effective_yaml

LIMIT = 10.0
SECRET = "a-very-secret-path"


class Receiver:
    """An HTTP server that records what is posted to it, and answers the codes that it is given first."""

    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answers: list[int] = []
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                code = receiver.answers.pop(0) if receiver.answers else 204
                with receiver._changed:
                    receiver.paths.append(self.path)
                    if code < 300:
                        receiver.posted.append(body)
                    receiver._changed.notify_all()
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/{SECRET}"

    def until(self, holds: Callable[["Receiver"], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: holds(self), LIMIT), (self.posted, self.paths)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifier, "CHECK", 0.1)
    monkeypatch.setattr(notifier, "RETRIES", (0.05, 0.05))


def config(**alerts: Any) -> Config:
    settings = {
        "pool": {"workers": 0, "connections": 1},
        "practice": {"tick_rate": 50},
        "reconnect": {"reconnect_delay": 0.05, "max_delay": 0.05},
        "health": {"outage_after": 0.3},
        "alerts": {"group_for": 0.2, **alerts},
    }
    return Config.model_validate(settings)


def kinds(body: dict[str, Any], part: str) -> list[str]:
    return [each["kind"] for each in body[part]]


def test_an_outage_is_told_and_its_end(receiver: Receiver) -> None:
    with Runtime(config(webhook=receiver.url)) as runtime:
        assert runtime.exchange is not None
        for region in runtime.exchange.regions:
            runtime.exchange.close_region(region.name)
        receiver.until(lambda found: bool(found.posted))
        told = receiver.posted[0]
        assert kinds(told, "firing") == ["outage"]
        assert told["firing"][0]["severity"] == "critical"
        assert told["title"] == "tellwire: outage"
        assert "no connection to the venue" in told["text"]
        for region in runtime.exchange.regions:
            runtime.exchange.open_region(region.name)
        receiver.until(lambda found: len(found.posted) == 2)
        assert (kinds(receiver.posted[1], "firing"), kinds(receiver.posted[1], "resolved")) == (
            [],
            ["outage"],
        )


def test_a_receiver_that_fails_is_tried_again_and_no_secret_is_logged(receiver: Receiver) -> None:
    lines: list[str] = []
    sink = logger.add(lines.append, level="DEBUG", format="{message}")
    receiver.answers += [500, 302]
    try:
        with Runtime(config(webhook=receiver.url)) as runtime:
            runtime.router.ask(Halt("lunch"), timeout=LIMIT)
            receiver.until(lambda found: bool(found.posted))
            assert kinds(receiver.posted[0], "firing") == ["halt"]
            assert "lunch" in receiver.posted[0]["text"]
            runtime.router.ask(Resume(), timeout=LIMIT)
            receiver.until(lambda found: len(found.posted) == 2)
    finally:
        logger.remove(sink)
    assert receiver.paths == [f"/{SECRET}"] * 4  # the redirect was not followed
    failures = [line for line in lines if "did not take" in line]
    assert ["it answers 500" in failures[0], "it answers 302" in failures[1]] == [True, True]
    assert not [line for line in lines if SECRET in line]


def test_apprise_delivers_too(receiver: Receiver) -> None:
    url = receiver.url.replace("http://", "json://")
    with Runtime(config(apprise=[url])) as runtime:
        runtime.router.ask(Halt("lunch"), timeout=LIMIT)
        receiver.until(lambda found: bool(found.posted))
    assert receiver.posted[0]["title"] == "tellwire: halt (tellwire)"
    assert "lunch" in receiver.posted[0]["message"]


def test_a_service_that_apprise_does_not_know_is_refused_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"practice: {{regions: 1}}\nalerts:\n  apprise: ['nosuch://{SECRET}']\n")
    with pytest.raises(
        ConfigInvalid, match=r"a\.yaml:3:3: alerts\.apprise: Apprise knows no such URL"
    ) as refused:
        Runtime.from_yaml(file).start()
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["hooks.example/x", "ftp://hooks.example/x", "http://hooks.example/x", "https://u:p@h/x"]
)
def test_a_webhook_that_is_no_url_or_tells_in_clear_text_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="webhook"):
        Config.model_validate({"alerts": {"webhook": url}})


def test_the_addresses_are_shown_nowhere() -> None:
    shown = config(webhook=f"https://hooks.example/{SECRET}", apprise=[f"json://host/{SECRET}"])
    assert SECRET not in effective_yaml(shown)
    assert SECRET not in repr(shown)
