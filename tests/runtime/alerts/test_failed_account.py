"""The notice of an account that has ended."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from runtime.alerts.conditions import found_in
from runtime.alerts.failed_account import tell_in_background
from runtime.config import Config
from tests.doubles.status_samples import connection, status


class Receiver(http.server.ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.notices: list[dict[str, object]] = []
        self.came = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.notices.append(json.loads(body))
        self.send_response(200)
        self.end_headers()
        self.server.came.set()

    def log_message(self, *_: object) -> None:
        """Not on standard error."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_it_names_the_account_and_the_reason(receiver: Receiver) -> None:
    webhook = f"http://127.0.0.1:{receiver.server_port}/"
    account = {"name": "hedge", "session": ""}
    config = Config.model_validate({"accounts": [account], "alerts": {"webhook": webhook}})
    tell_in_background(config.of("hedge"), "the disk is full")
    assert receiver.came.wait(10)
    (notice,) = receiver.notices
    assert notice["runtime"] == "tellwire, hedge"
    assert "the account hedge does not run: the disk is full" in str(notice["text"])


def test_advice_names_the_account_of_the_command() -> None:
    given_up = status(connections=(connection(1, state="quarantined"),), streams=())
    (condition,) = found_in(given_up, (), "FILE --account hedge")
    assert "`tellwire ctl FILE --account hedge restart connection-1`" in condition.text
