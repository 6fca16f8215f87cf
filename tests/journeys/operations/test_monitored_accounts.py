"""Several accounts behind one HTTP address: metrics, readiness, status, and a page for each."""

import asyncio
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.messages.status import Status
from runtime import Host
from runtime.monitoring.site import Site
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.several_accounts import entries, write, wrong

PATIENCE = 20.0
LISTEN = "status: {listen: '127.0.0.1:0'}\n"


def get(host: Host, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{host.status_url}{path}", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def until(host: Host, path: str, status: int) -> Any:
    due = time.monotonic() + PATIENCE
    while (answer := get(host, path))[0] != status:
        assert time.monotonic() < due, answer
        time.sleep(0.05)
    return json.loads(answer[1])


@pytest.fixture
def three() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(accounts=3, tick_rate=20.0)) as running:
        yield running


def test_all_of_them_are_behind_one_address_and_the_one_that_is_down_is_named(
    three: PracticeExchange, tmp_path: Path, place: Path
) -> None:
    good = three.sessions
    accounts = entries((good[0], good[1], wrong(good[2])))
    file = write(tmp_path / "c.yaml", three, place, accounts=accounts, more=LISTEN)
    with Host.from_yaml(file) as host:
        until(host, "/accounts/main/readyz", 200)
        until(host, "/accounts/hedge/readyz", 200)
        until(host, "/accounts/otc/readyz", 200)
        reasons = until(host, "/readyz", 503)["reasons"]
        assert [each["text"].partition(":")[0] for each in reasons] == ["third"]
        assert get(host, "/healthz") == (200, '{"alive":true}')
        told = json.loads(get(host, "/status")[1])["accounts"]
        assert [*told] == ["hedge", "main", "otc", "third"]
        assert told["main"]["connections"][0]["child"]["state"] == "up"
        metrics = get(host, "/metrics")[1]
        assert 'tellwire_connection_up{account="main",connection="connection-1"} 1.0' in metrics.replace(
            'connection="connection-1",account="main"', 'account="main",connection="connection-1"'
        )
        assert 'account="third"' in metrics
        assert "text/html" in page_type(host, "/accounts/hedge/")
        assert json.loads(get(host, "/accounts/hedge/page/facts")[1])["session"] == "demo"
        assert "accounts/otc/" in get(host, "/")[1]
        assert get(host, "/accounts/fourth/status")[0] == 404
        host.stop_one("hedge")
        assert {each["text"] for each in until(host, "/readyz", 503)["reasons"]} >= {
            "hedge: it has been stopped"
        }
        assert get(host, "/accounts/hedge/status") == (404, "hedge: it has been stopped\n")
        assert json.loads(get(host, "/status")[1])["accounts"]["hedge"] == {"error": "it has been stopped"}
        host.start_one("hedge")
        until(host, "/accounts/hedge/readyz", 200)


@pytest.mark.parametrize("answers_first", [True, False])
@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/status", "/readyz"])
def test_an_account_that_is_stopped_while_all_are_asked_is_left_out(
    three: PracticeExchange,
    tmp_path: Path,
    place: Path,
    path: str,
    answers_first: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = write(tmp_path / "c.yaml", three, place, accounts=entries(three.sessions), more=LISTEN)
    stopping: list[asyncio.Future[None]] = []
    ask = Site.status

    async def status(site: Site) -> Status:
        found = await ask(site) if answers_first else None
        if not stopping:
            stopping.append(asyncio.get_running_loop().run_in_executor(None, host.stop_one, "hedge"))
        await stopping[0]
        return found or await ask(site)

    with Host.from_yaml(file) as host:
        until(host, "/accounts/hedge/readyz", 200)
        until(host, "/accounts/main/readyz", 200)
        monkeypatch.setattr(Site, "status", status)
        code, answer = get(host, path)
        assert code == (503 if path == "/readyz" else 200), answer
        assert "an actor does not answer" not in answer
        if path == "/metrics":
            assert 'account="main"' in answer
            assert 'account="hedge"' not in answer


def page_type(host: Host, path: str) -> str:
    with urllib.request.urlopen(f"{host.status_url}{path}", timeout=PATIENCE) as answer:
        return str(answer.headers["Content-Type"])
