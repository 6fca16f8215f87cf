"""Several accounts behind one HTTP address: metrics, readiness, status, and a page for each."""

import asyncio
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.engine.router_ref import RouterRef
from actors.messages.status import Status
from runtime import Host
from runtime.control.host_desk import HostedDuty, hosted
from runtime.monitoring.host_server import HostServer
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


@pytest.mark.parametrize("opened", [False, True])
def test_an_account_that_is_stopped_while_its_page_opens_is_shown_as_stopped(
    three: PracticeExchange, tmp_path: Path, place: Path, opened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(
        tmp_path / "c.yaml", three, place, accounts=entries(three.sessions[:2]), feeds="", more=LISTEN
    )
    open_site = Site.open

    async def stop_meanwhile(site: Site, router: RouterRef) -> None:
        if opened:
            await open_site(site, router)
        await asyncio.get_running_loop().run_in_executor(None, host.stop_one, "hedge")
        if not opened:
            await open_site(site, router)

    with Host.from_yaml(file) as host:
        host.stop_one("hedge")
        with monkeypatch.context() as patch:
            patch.setattr(Site, "open", stop_meanwhile)
            host.start_one("hedge")
        assert get(host, "/healthz") == (200, '{"alive":true}')
        assert get(host, "/accounts/hedge/status") == (404, "hedge: it has been stopped\n")
        assert host.start_one("hedge")
        until(host, "/accounts/hedge/readyz", 200)


def test_an_account_that_is_being_started_makes_the_host_not_ready(
    three: PracticeExchange, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(
        tmp_path / "c.yaml", three, place, accounts=entries(three.sessions[:2]), feeds="", more=LISTEN
    )
    opening, go_on = threading.Event(), threading.Event()
    open_site = Site.open

    async def open_later(site: Site, router: RouterRef) -> None:
        opening.set()
        await asyncio.get_running_loop().run_in_executor(None, go_on.wait, PATIENCE)
        await open_site(site, router)

    with Host.from_yaml(file) as host:
        until(host, "/readyz", 200)
        host.stop_one("hedge")
        with monkeypatch.context() as patch:
            patch.setattr(Site, "open", open_later)
            starting = threading.Thread(target=host.start_one, args=("hedge",))
            starting.start()
            assert opening.wait(PATIENCE)
            answers = [get(host, path) for path in ("/readyz", "/status", "/accounts/hedge/status")]
            go_on.set()
            starting.join(PATIENCE)
        reasons = json.loads(answers[0][1])["reasons"]
        assert [each["text"] for each in reasons] == ["hedge: it is being started"]
        assert json.loads(answers[1][1])["accounts"]["hedge"] == {"error": "it is being started"}
        assert answers[2] == (404, "hedge: it is being started\n")
        until(host, "/readyz", 200)


def test_an_account_that_a_reload_removes_while_all_are_looked_at_ends_no_actor(
    three: PracticeExchange, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "c.yaml"
    sessions = three.sessions
    write(file, three, place, accounts=entries(sessions[:2]), feeds="", more=LISTEN)
    reloaded: list[list[str]] = []

    def reload_meanwhile(name: str, *arguments: Any, **options: Any) -> HostedDuty:
        if not reloaded:
            write(file, three, place, accounts=entries(sessions[:1]), feeds="", more=LISTEN)
            reloaded.append([])
            reloaded[0] = host.reload()
        return hosted(name, *arguments, **options)

    with Host.from_yaml(file) as host:
        until(host, "/readyz", 200)
        monkeypatch.setattr("runtime.host.hosted", reload_meanwhile)
        assert host.states()[0].name == "main"
        assert reloaded == [["hedge removed"]]
        assert host._desk is not None
        assert host._desk.is_alive()
        assert [state.name for state in host.states()] == ["main"]


def test_a_host_stops_although_an_account_is_being_stopped(
    three: PracticeExchange, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "c.yaml", three, place, accounts=entries(three.sessions), feeds="", more=LISTEN)
    close = Site.close
    removed: list[str] = []
    server: HostServer

    async def remove_meanwhile(site: Site) -> None:
        if not removed:
            removed.append("third")
            await server._remove("third")
        await close(site)

    with Host.from_yaml(file) as host:
        assert host._server is not None
        server = host._server
        until(host, "/readyz", 200)
        monkeypatch.setattr(Site, "close", remove_meanwhile)
        server.stop()
        assert removed
