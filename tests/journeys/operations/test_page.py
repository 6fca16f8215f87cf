"""The page of a runtime in a real browser: what a trader and an operator see there, and may do."""

import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from loguru import logger

from actors.messages import CancelPendingOrder, GetPendingOrders, GetStatus, PlacePendingOrder, SubscribeTicks
from actors.values import Direction
from runtime import Config, Runtime
from runtime.monitoring import page_routes
from tests.browser import Tab, browser
from tests.doubles.plain_streams import server as plain_server
from tests.doubles.plain_streams.server import LOGIN, PlainServer
from tests.journeys.journey import ASSETS, AT_ONCE, DEADLINE, ask, exchange_of, practice, towards

TOKEN = "0123456789-abcdef-TOKEN"
EVIL = '<img src=x onerror="document.title=1">'


@contextmanager
def running(*assets: str, token: str = "", **sections: Any) -> Iterator[Runtime]:
    status = {"listen": "127.0.0.1:0", "token": token}
    with Runtime(
        practice(0, *assets, tick_rate=20.0, status=status, reconnect=AT_ONCE, **sections)
    ) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as tab:
        yield tab


def visit(tab: Tab, runtime: Runtime) -> None:
    tab.open("about:blank")
    tab.until("location.href === 'about:blank'")  # the page of the test before asks for nothing any more
    tab.events.clear()
    tab.open(f"{runtime.status_url}/")
    tab.until("document.querySelectorAll('#stream-rows tr').length > 0")


def post(runtime: Runtime, name: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str]]:
    where = urlsplit(str(runtime.status_url))
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=2 * DEADLINE)
    try:
        connection.request("POST", f"/control/{name}", json.dumps(body or {}), headers)
        response = connection.getresponse()
        text = response.read().decode()
        return response.status, json.loads(text) if text.startswith("{") else {"error": text}
    finally:
        connection.close()


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def assert_at_peace(tab: Tab, runtime: Runtime) -> None:
    """Nothing was asked of another host, and nothing complained."""
    hosts = {urlsplit(url).netloc for url in tab.requests}
    assert hosts == {urlsplit(str(runtime.status_url)).netloc}
    assert tab.complaints == []


def test_the_page_shows_prices_bars_and_an_order_with_its_countdown_and_its_result(tab: Tab) -> None:
    with running(*ASSETS[:2]) as runtime:
        visit(tab, runtime)
        deal = runtime.client.buy(ASSETS[0], 10, seconds=5)
        price = "document.querySelector('#stream-rows tr td:nth-child(2)').textContent"
        first = tab.until(f"/^[0-9.]+$/.test({price}) && {price}")
        tab.until(f"{price} !== {json.dumps(first)}")
        countdown = tab.until("document.querySelector('#deal-rows tr.open td:nth-child(7)')?.textContent")
        assert re.fullmatch(r"0:0[0-5]", countdown), countdown
        assert "CALL" in tab.text("#deal-rows tr.open").upper()
        tab.until("document.querySelector('#chart-note').textContent === ''")
        assert ASSETS[0] in tab.text("#chart-title")
        [owners] = [
            stream.placed.owners
            for stream in ask(runtime, GetStatus()).streams
            if stream.placed.asset == ASSETS[0]
        ]
        assert set(owners) == {"program", "candles"}
        tab.click("#settings-details summary")
        tab.until("document.querySelector('#settings-text').textContent.includes('tick_rate: 20/s')")
        result = tab.until("document.querySelector('#deal-rows tr.closed td:nth-child(8)')?.textContent")
        closed = runtime.client.result(deal)
        assert closed.outcome is not None
        assert result.startswith(closed.outcome.value)
        assert "1 deal" in tab.text("#equity-note")
        assert "opened deal" in tab.text("#log-lines")
        assert "read only" in tab.text("#account")
        assert_at_peace(tab, runtime)


def test_what_only_a_page_charts_ends_with_it(tab: Tab) -> None:
    with running(ASSETS[0]) as runtime:
        visit(tab, runtime)
        tab.until("document.querySelector('#chart-note').textContent === ''")
        tab.open("about:blank")
        due = threading.Event()
        for _ in range(100):
            [stream] = ask(runtime, GetStatus()).streams
            if stream.placed.owners == ("program",):
                break
            due.wait(0.05)
        assert stream.placed.owners == ("program",)


def test_an_outage_shows_with_its_reason_and_its_place_in_the_lives(tab: Tab) -> None:
    with running(ASSETS[0], health={"outage_after": "1s"}) as runtime:
        visit(tab, runtime)
        tab.until("document.querySelector('#state').textContent === 'ready'")
        exchange = exchange_of(runtime)
        for region in exchange.regions:
            exchange.close_region(region.name)
        tab.until("document.querySelector('#state').textContent.startsWith('outage')")
        assert "no connection is logged in" in tab.text("#reasons")
        tab.until("document.querySelectorAll('rect.past').length > 0")
        for region in exchange.regions:
            exchange.open_region(region.name)
        tab.until("document.querySelector('#state').textContent === 'ready'")
        tab.until("document.querySelectorAll('rect.up').length > 0")
        assert "outage" in tab.text("#alert-notes")
        tab.until("document.querySelector('#gap-notes').textContent.includes('filled with')")
        assert_at_peace(tab, runtime)


def test_an_operator_halts_and_resumes_with_the_token(tab: Tab) -> None:
    with running(ASSETS[0], token=TOKEN) as runtime:
        visit(tab, runtime)
        for _ in range(2):
            tab.click("#halt")
        tab.until("document.querySelector('#token-dialog').open")
        tab.value(f"document.querySelector('#token').value = {json.dumps(TOKEN)}")
        tab.click("#token-form button[value=use]")
        tab.until("document.querySelector('#message').textContent === 'no order is sent from now on'")
        assert ask(runtime, GetStatus()).desk.halted == "by the page"
        tab.until("document.querySelector('#state').textContent === 'halted'")
        assert post(runtime, "resume", **bearer()) == (200, {"said": "orders are sent again"})
        tab.until("document.querySelector('#state').textContent === 'ready'")
        assert TOKEN not in tab.value("document.documentElement.outerHTML")
        assert_at_peace(tab, runtime)


def test_an_operator_disconnects_and_connects_with_the_token(tab: Tab) -> None:
    with running(ASSETS[0], token=TOKEN) as runtime:
        visit(tab, runtime)
        tab.until("document.querySelector('#state').textContent === 'ready'")
        for _ in range(2):
            tab.click("#disconnect")
        tab.until("document.querySelector('#token-dialog').open")
        tab.value(f"document.querySelector('#token').value = {json.dumps(TOKEN)}")
        tab.click("#token-form button[value=use]")
        tab.until(
            "document.querySelector('#message').textContent === 'all connections are closed until connect'"
        )
        assert ask(runtime, GetStatus()).disconnected == "by the page"
        tab.until("document.querySelector('#state').textContent === 'disconnected'")
        assert "all connections are disconnected (by the page)" in tab.text("#reasons")
        tab.until("document.querySelector('#disconnect').hidden")
        for _ in range(2):
            tab.click("#connect")
        tab.until("document.querySelector('#message').textContent === 'it connects again'")
        tab.until("document.querySelector('#state').textContent === 'ready'")
        assert post(runtime, "connect", **bearer()) == (200, {"said": "it was not disconnected"})
        assert_at_peace(tab, runtime)


def test_pending_orders_workers_and_regions_have_their_rows(tab: Tab) -> None:
    with running(ASSETS[0], pool={"workers": 1, "connections": 1}) as runtime:
        at = time.time() + 3600
        ask(runtime, PlacePendingOrder(ASSETS[0], 3, Direction.CALL, 60, open_at=at, minimum_payout=10))
        visit(tab, runtime)
        ask(runtime, PlacePendingOrder(ASSETS[0], 4, Direction.PUT, 60, open_price=0.5))
        tab.until("document.querySelectorAll('#deal-rows tr.pending').length === 2")
        rows = "[...document.querySelectorAll('#deal-rows tr.pending')].map(row => row.innerText)"
        tab.until(f"{rows}.some(text => text.includes('opens in 59:') || text.includes('opens in 1:00:'))")
        by_time, by_price = sorted(tab.value(rows), key=lambda text: "at its price" in text)
        assert "≥ 10 %" in by_time
        assert ("call" in by_time, "put" in by_price, "0.5" in by_price) == (True, True, True)
        status = ask(runtime, GetStatus())
        tab.until(r"/^\d+ %$/.test(document.querySelector('#worker-rows td:nth-child(5)')?.textContent)")
        assert str(status.workers[0].pid) in tab.text("#worker-rows")
        names = "[...document.querySelectorAll('#region-rows td:first-child')].map(cell => cell.textContent)"
        assert tab.value(names) == [region.name for region in status.regions]
        assert "open" in tab.text("#region-rows")
        for order in ask(runtime, GetPendingOrders()):
            ask(runtime, CancelPendingOrder(order.ticket))
        tab.until("document.querySelectorAll('#deal-rows tr.pending').length === 0")
        assert_at_peace(tab, runtime)


def test_without_the_right_token_nothing_is_done() -> None:
    with running(ASSETS[0], token=TOKEN) as runtime:
        for headers in ({}, bearer("x" * 23), {"Authorization": TOKEN}, bearer(TOKEN[:-1])):
            status, answer = post(runtime, "halt", **headers)
            assert (status, answer) == (401, {"error": "the token is not that of status.token"})
        assert post(runtime, "halt", **bearer(), Origin="https://page.example")[0] == 403
        assert ask(runtime, GetStatus()).desk.halted is None
        assert post(runtime, "restart", {"name": "nobody"}, **bearer())[0] == 409
        assert post(runtime, "halt", {"resaon": "typo"}, **bearer())[0] == 400
        assert post(runtime, "stop", **bearer())[0] == 404
        subscribed = post(runtime, "subscribe", {"asset": ASSETS[1]}, **bearer())
        assert subscribed[0] == 200
        owners = {each.placed.asset: each.placed.owners for each in ask(runtime, GetStatus()).streams}
        assert owners[ASSETS[1]] == ("operator",)
        said = f"{ASSETS[1]} no longer streams"
        assert post(runtime, "unsubscribe", {"asset": ASSETS[1]}, **bearer()) == (200, {"said": said})


def test_without_a_token_in_the_settings_it_is_read_only() -> None:
    with running(ASSETS[0]) as runtime:
        status, answer = post(runtime, "halt", **bearer(""))
        assert (status, "status.token" in answer["error"]) == (403, True)
        assert ask(runtime, GetStatus()).desk.halted is None


def test_names_and_reasons_are_text_whatever_is_in_them(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a venue that has an asset of that name: PocketOption's symbols are checked."""
    monkeypatch.setattr(plain_server, "SYMBOLS", (EVIL,))
    with PlainServer() as server:
        status = {"listen": "127.0.0.1:0", "token": TOKEN}
        settings = towards(LOGIN, [server.url], 0, status=status)
        settings["account"]["venue"] = "tests.doubles.plain_streams"
        settings["streams"] = [{"asset": EVIL}]
        with Runtime(Config.model_validate(settings)) as runtime:
            visit(tab, runtime)
            assert EVIL in tab.text("#stream-rows")
            tab.until(f"document.querySelector('#chart-title').textContent.includes({json.dumps(EVIL)})")
            assert post(runtime, "halt", {"reason": EVIL}, **bearer())[0] == 409  # it does not trade
            runtime.router.tell(SubscribeTicks(f"{EVIL}2"))
            tab.until(f"document.querySelector('#alert-notes').textContent.includes({json.dumps(EVIL)})")
            tab.until(f"document.querySelector('#log-lines').textContent.includes({json.dumps(EVIL)})")
            assert tab.value("document.querySelectorAll('img, main script').length") == 0
            assert tab.value("document.title").startswith("tellwire: ")
            assert_at_peace(tab, runtime)


def subscriptions(runtime: Runtime, wanted: int) -> None:
    """Wait until the router has so many; a page that is open has some."""
    due = time.monotonic() + 4 * DEADLINE
    while (found := ask(runtime, GetStatus()).router.subscriptions) != wanted:
        assert time.monotonic() < due, found
        threading.Event().wait(0.05)


def test_a_page_that_does_not_read_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_routes, "WRITE_TIMEOUT", 0.3)
    with running(*ASSETS) as runtime, socket.socket() as page:
        alone = ask(runtime, GetStatus()).router.subscriptions
        where = urlsplit(str(runtime.status_url))
        page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # unread, it stays with the sender
        page.connect((where.hostname, where.port))
        page.settimeout(DEADLINE)
        page.sendall(f"GET /page/events HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
        assert page.recv(15) == b"HTTP/1.1 200 OK"
        subscriptions(runtime, alone + 2)
        for _ in range(4000):  # more than the buffers of both ends hold
            logger.info("x" * 900)
        subscriptions(runtime, alone)
