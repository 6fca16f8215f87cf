"""Faults before a client is connected, as clients see them."""

import time
from email.utils import parsedate_to_datetime
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import websocket

from runtime.practice import PracticeExchange
from tests.doubles.exchange_client import DEADLINE, Client
from tests.doubles.raw_exchange_client import HEAD_END, RawClient


def refusal(exchange: PracticeExchange) -> HTTPError:
    """The HTTP answer of the first region; redirects are not followed."""
    url = exchange.regions[0].url.replace("ws:", "http:")
    try:
        urlopen(Request(url), timeout=DEADLINE).close()
    except HTTPError as error:
        return error
    raise AssertionError("the answer was no refusal")


def test_a_region_hangs_until_it_is_calmed_and_then_serves_the_clients_that_waited(
    exchange: PracticeExchange,
) -> None:
    first, second = exchange.regions
    exchange.fault("hang", region=first.name)
    with RawClient(first.url) as here, Client(second.url) as there:
        there.connect()
        here.assert_silent(0.05)
        exchange.calm("hang")
        assert here.until(HEAD_END).startswith(b"HTTP/1.1 101")
        assert here.frame()[1].startswith(b"0{")


def test_as_many_connections_hang_as_the_count_says_until_the_end(exchange: PracticeExchange) -> None:
    url = exchange.regions[0].url
    exchange.fault("hang", count=1, lasts=0.3)
    with RawClient(url) as here, Client(url) as there:
        there.connect()
        assert exchange.faults() == ["hang count=1 lasts=0.3"]
        here.assert_silent(0.05)
        assert here.until(HEAD_END)
    assert exchange.faults() == []


def test_a_hung_connection_ends_with_its_region(exchange: PracticeExchange) -> None:
    exchange.fault("hang")
    with RawClient(exchange.regions[0].url) as client:
        client.assert_silent(0.05)
        exchange.fault("refuse")
        client.assert_ended()


def test_an_exchange_with_hung_and_dribbling_connections_can_be_stopped() -> None:
    with PracticeExchange() as exchange:
        first, second = exchange.regions
        exchange.fault("hang", region=first.name)
        exchange.fault("dribble", region=second.name, interval=10)
        with RawClient(first.url) as here, RawClient(second.url) as there:
            here.assert_silent(0.05)
            there.assert_silent(0.05)
            exchange.stop()  # raises TimeoutError after five seconds
            here.assert_ended()
            there.assert_ended()
            exchange.start()


def test_a_header_dribbles_and_the_frames_behind_it_do_not(exchange: PracticeExchange) -> None:
    exchange.fault("dribble", interval=0.002, count=1)
    began = time.monotonic()
    with RawClient(exchange.regions[0].url) as client:
        header = client.until(HEAD_END)
        assert time.monotonic() - began > 0.002 * len(header)
        assert client.frame()[1].startswith(b"0{")
        exchange.send_to_all(b"x" * 60_000)  # which would dribble for two minutes
        assert client.frame() == (2, b"x" * 60_000)
    with Client(exchange.regions[0].url) as undisturbed:
        undisturbed.connect()


def test_a_dribbling_header_comes_at_once_when_it_is_calmed(exchange: PracticeExchange) -> None:
    exchange.fault("dribble", interval=0.2)
    with RawClient(exchange.regions[0].url) as client:
        assert client.exactly(1) == b"H"
        exchange.calm()
        began = time.monotonic()
        header = client.until(HEAD_END)
        assert time.monotonic() - began < 0.2 * len(header)  # what it takes if it goes on dribbling


@pytest.mark.parametrize("status", [403, 429, 500, 503, 522])
def test_an_upgrade_is_answered_with_any_status(exchange: PracticeExchange, status: int) -> None:
    exchange.fault("answer", status=status)
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Client(exchange.regions[0].url)
    assert caught.value.status_code == status
    exchange.calm("answer")
    with Client(exchange.regions[0].url) as client:
        client.connect()


def test_a_page_comes_instead_of_an_upgrade(exchange: PracticeExchange) -> None:
    exchange.fault("answer", status=200)
    with RawClient(exchange.regions[0].url) as client:
        header = client.until(HEAD_END)
        assert header.startswith(b"HTTP/1.1 200")
        assert b"Content-Type: text/html" in header
        assert client.until(b"</h1>").startswith(b"<!DOCTYPE html>")


def test_a_redirect_says_where_to(exchange: PracticeExchange) -> None:
    exchange.fault("answer", status=302, location="http://127.0.0.1:1/")
    with RawClient(exchange.regions[0].url) as client:
        assert b"Location: http://127.0.0.1:1/\r\n" in client.until(HEAD_END)


def test_retry_after_comes_in_seconds_or_as_a_date(exchange: PracticeExchange) -> None:
    exchange.fault("answer", status=429, retry_after=7, count=1)
    exchange.fault("answer", status=503, retry_after=7, date=True, count=1)
    with refusal(exchange) as busy, refusal(exchange) as down:
        assert (busy.code, busy.headers["Retry-After"]) == (429, "7")
        until = parsedate_to_datetime(down.headers["Retry-After"]).timestamp()
        assert down.code == 503
        assert until == pytest.approx(time.time() + 7, abs=1.5)
    with Client(exchange.regions[0].url) as client:
        client.connect()


def test_a_refusing_region_opens_by_itself(exchange: PracticeExchange) -> None:
    region = exchange.regions[0]
    exchange.fault("refuse", region=region.name, lasts=0.3)
    with pytest.raises(ConnectionRefusedError):
        Client(region.url)
    assert exchange.ledger.wait_until(lambda ledger: ledger.faults()[-1].ended, DEADLINE)
    exchange.calm()  # queues behind the end that is in the ledger already
    with Client(region.url) as client:
        client.connect()


def test_calm_opens_every_region(exchange: PracticeExchange) -> None:
    exchange.fault("refuse")
    exchange.calm()
    for region in exchange.regions:
        with Client(region.url) as client:
            client.connect()


def test_a_restart_forgets_sockets_and_subscriptions_and_remembers_the_book(
    exchange: PracticeExchange,
) -> None:
    regions = exchange.regions
    with Client(regions[0].url) as client:
        client.login(exchange.session).emit("subfor", "EURUSD_otc")
        client.ticks(1)
        client.emit("td/refill")
        assert client.until("successupdateBalance")["balance"] == 50_000
        exchange.fault("restart", lasts=0.3)
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionResetError)):
            client.until("the end")
    for region in regions:
        with pytest.raises(ConnectionRefusedError):
            Client(region.url)
    assert exchange.ledger.wait_until(lambda ledger: ledger.faults()[-1].ended, DEADLINE)
    assert exchange.faults() == []
    exchange.calm()
    assert exchange.regions == regions
    with Client(regions[0].url) as client:
        client.connect().socket.send(exchange.session)
        assert client.until("successupdateBalance")["balance"] == 50_000
        client.until("updateCharts")
        assert client.fence() == []
