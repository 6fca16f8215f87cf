"""Connections through a proxy, and with certificates of one's own."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from actors.messages import ConnectionDown, GetStatus, Subscribe
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.doubles.proxy_server import ProxyServer
from tests.journeys.journey import Notebook, Start, ask, practice, towards

ASSET = "EURUSD_otc"
CREDENTIALS = "ann:canary-4711-password"
EACH_WAY = pytest.mark.parametrize("workers", [0, 1])


def settings(exchange: PracticeExchange, workers: int, url: str = "", **connection: Any) -> Config:
    url = url or exchange.regions[0].url
    sections = {"connection": connection, "limits": {"connects": ["1000/s"]}}
    streams = {"streams": [{"asset": ASSET}]}
    return Config.model_validate(towards(exchange.session, [url], workers, **sections) | streams)


@EACH_WAY
@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_ticks_come_through_a_proxy_and_again_after_it_cut_them(
    exchange: PracticeExchange, start_runtime: Start, scheme: str, workers: int
) -> None:
    notebook = Notebook()
    with ProxyServer(scheme, credentials=CREDENTIALS) as proxy:
        runtime = start_runtime(settings(exchange, workers, proxy=proxy.url_with(CREDENTIALS)))
        ask(runtime, Subscribe(f"tick.{ASSET}", notebook))
        assert notebook.wait(lambda seen: bool(seen.ticks(ASSET)))
        cut = len(notebook.ticks(ASSET))
        ask(runtime, Subscribe("connection.*", notebook))
        proxy.drop_clients()
        notebook.first(ConnectionDown)
        assert notebook.wait(lambda seen: len(seen.ticks(ASSET)) > cut)
        assert "canary" not in repr(ask(runtime, GetStatus()))
        runtime.stop()
    assert len(proxy.targets) >= 2
    assert {f"ws://{host}:{port}" for host, port in proxy.targets} == {
        exchange.regions[0].url.split("/socket")[0]
    }


@EACH_WAY
def test_a_connection_that_the_proxy_refuses_says_which_and_why(
    exchange: PracticeExchange, start_runtime: Start, workers: int
) -> None:
    notebook = Notebook()
    with ProxyServer(credentials="ann:another") as proxy:
        runtime = start_runtime(settings(exchange, workers, proxy=proxy.url_with(CREDENTIALS)))
        ask(runtime, Subscribe("connection.*", notebook))
        reason = notebook.first(ConnectionDown).reason
        runtime.stop()
    assert f"the proxy {proxy.url}: refuses the user or the password (HTTP status 407)" in reason
    assert "canary" not in repr(notebook.calls)
    assert exchange.ledger.sockets() == []


def test_a_proxy_that_never_answers_is_named_within_the_login_s_time(
    exchange: PracticeExchange, start_runtime: Start
) -> None:
    notebook = Notebook()
    with ProxyServer(silent=True) as proxy:
        runtime = start_runtime(settings(exchange, 0, proxy=proxy.url, open_timeout=0.5))
        ask(runtime, Subscribe("connection.*", notebook))
        assert f"the proxy {proxy.url}" in notebook.first(ConnectionDown).reason
        runtime.stop()


def test_the_embedded_exchange_is_not_behind_the_proxy(start_runtime: Start) -> None:
    notebook = Notebook()
    with ProxyServer(refuses=403) as proxy:
        runtime = start_runtime(practice(0, ASSET, connection={"proxy": proxy.url}))
        ask(runtime, Subscribe(f"tick.{ASSET}", notebook))
        assert notebook.wait(lambda seen: bool(seen.ticks(ASSET)))
        runtime.stop()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secured(exchange: PracticeExchange, authority: trustme.CA) -> Iterator[str]:
    """The exchange behind TLS that asks each client for a certificate; the URL of its region."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    host, _, port = exchange.regions[0].url.removeprefix("ws://").split("/")[0].partition(":")
    with TlsFront(context, (host, int(port))) as front:
        yield front.url


class TlsFront(ProxyServer):
    """Carries each client's TLS to one target."""

    def __init__(self, context: ssl.SSLContext, target: tuple[str, int]) -> None:
        super().__init__(context=context)
        self._target = target

    @property
    def url(self) -> str:
        return f"wss://{self.address}/"

    def _asked_by_http(self, _client: socket.socket) -> tuple[tuple[str, int], bytes]:
        return self._target, b""


@EACH_WAY
def test_ticks_come_with_certificates_of_our_own(
    exchange: PracticeExchange,
    start_runtime: Start,
    authority: trustme.CA,
    secured: str,
    workers: int,
    tmp_path: Path,
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    authority.issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(
        str(tmp_path / "me.pem")
    )
    notebook = Notebook()
    files = {
        "ca_file": str(tmp_path / "ca.pem"),
        "client_cert": str(tmp_path / "me.pem"),
        "ssl_minimum": "1.3",
    }
    runtime = start_runtime(settings(exchange, workers, secured, **files))
    ask(runtime, Subscribe(f"tick.{ASSET}", notebook))
    assert notebook.wait(lambda seen: bool(seen.ticks(ASSET)))
    runtime.stop()
