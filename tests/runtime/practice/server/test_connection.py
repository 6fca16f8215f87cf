"""The handshake, the pings and the end of one socket, frame by frame."""

import json
import time
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import websocket

from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.exchange_client import CLOSED, DEADLINE, Client


def closed_because(exchange: PracticeExchange) -> str:
    """Wait for the end of the only socket. Returns its reason."""
    assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].closed_at is not None, DEADLINE)
    return exchange.ledger.sockets()[0].closed_because


def test_the_first_frames_are_those_of_engine_io_and_socket_io(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        opening = str(client.frame())
        assert opening.startswith("0{")
        handshake = json.loads(opening[1:])
        assert handshake.pop("sid")
        assert handshake == {
            "upgrades": [],
            "pingInterval": 25000,
            "pingTimeout": 20000,
            "maxPayload": 1000000,
        }
        client.socket.send("40")
        granted = str(client.frame())
        assert granted.startswith("40{")
        assert list(json.loads(granted[2:])) == ["sid"]


def test_the_order_of_the_query_and_more_of_it_do_not_matter(exchange: PracticeExchange) -> None:
    base = exchange.regions[0].url.partition("?")[0]
    with Client(f"{base}?t=abc&transport=websocket&EIO=4&b64=1") as client:
        client.connect()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/socket.io/?EIO=4&transport=polling", 400),
        ("/socket.io/?EIO=4&transport=websocket", 400),
    ],
)
def test_a_request_that_is_no_upgrade_of_ours_gets_an_http_error(
    exchange: PracticeExchange, path: str, status: int
) -> None:
    origin = exchange.regions[0].url.partition("/socket.io/")[0].replace("ws:", "http:")
    with pytest.raises(HTTPError) as caught:
        urlopen(origin + path, timeout=DEADLINE)
    caught.value.close()
    assert caught.value.code == status


@pytest.mark.parametrize("query", ["EIO=3&transport=websocket", "EIO=4&transport=polling", ""])
def test_an_upgrade_to_another_protocol_is_refused(exchange: PracticeExchange, query: str) -> None:
    base = exchange.regions[0].url.partition("?")[0]
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        Client(f"{base}?{query}")
    assert caught.value.status_code == 400


def test_frames_are_compressed_only_for_a_client_that_offers_it(exchange: PracticeExchange) -> None:
    url = exchange.regions[0].url
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    with Client(url) as plain:
        assert "sec-websocket-extensions" not in plain.socket.headers
    deflating = websocket.create_connection(url, timeout=DEADLINE, header=offer)
    try:
        assert "permessage-deflate" in deflating.headers["sec-websocket-extensions"]
    finally:
        deflating.close(timeout=0)


@pytest.mark.parametrize("text", ['42["ps"]', "not a packet", "2"])
def test_a_client_that_breaks_the_protocol_is_disconnected(exchange: PracticeExchange, text: str) -> None:
    with Client(exchange.regions[0].url) as client:
        client.frame()
        client.socket.send(text)
        assert client.frame() == CLOSED


def test_a_client_that_sends_binary_is_disconnected(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send_binary(b"[]")
        assert client.frame() == CLOSED
    assert closed_because(exchange) == "the client sent a BINARY message"


def test_a_disconnect_packet_ends_the_connection(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).socket.send("41")
        assert client.frame() == CLOSED
    assert closed_because(exchange) == "the client said goodbye"


def test_a_missing_pong_ends_the_connection() -> None:
    settings = PracticeSettings(ping_interval=0.1, ping_timeout=0.2)
    began = time.monotonic()
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.connect()
        client.mute = True
        assert client.frame() == CLOSED
        assert time.monotonic() - began > 0.3
        assert client.pings == 1
        assert closed_because(exchange) == "no pong"


def test_one_pong_does_not_answer_the_next_ping() -> None:
    settings = PracticeSettings(ping_interval=0.05, ping_timeout=0.1)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.connect()
        client.mute = True
        client.socket.send("3")
        assert client.frame() == CLOSED
        assert client.pings == 1


def test_pongs_keep_the_connection() -> None:
    settings = PracticeSettings(ping_interval=0.05, ping_timeout=0.3, ps_timeout=0.6)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.connect()
        assert client.frame() == CLOSED
        assert client.pings > 4
        assert closed_because(exchange) == "no ps"


def test_without_ps_the_connection_is_closed_without_a_warning() -> None:
    with PracticeExchange(PracticeSettings(ps_timeout=0.2)) as exchange:
        with Client(exchange.regions[0].url) as client:
            client.login(exchange.session)
            assert client.frame() == CLOSED
        assert closed_because(exchange) == "no ps"


def test_every_ps_restarts_the_timeout() -> None:
    with PracticeExchange(PracticeSettings(ps_timeout=0.4, ping_interval=0.1)) as exchange:
        with Client(exchange.regions[0].url) as client:
            client.connect()
            pings = 0
            while (message := client.socket.recv()) == "2":
                pings += 1
                client.socket.send("3")
                if pings <= 5:
                    client.emit("ps")
            assert message == ""  # a close frame
            assert pings > 5
        assert exchange.ledger.count("ps") == 5


def test_a_client_that_does_not_read_is_cut_off(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for _ in range(60):
            exchange.send_to_all(b"x" * 1_000_000)
        assert closed_because(exchange) == "cut off"


def test_a_close_does_not_wait_for_a_client_that_does_not_read() -> None:
    settings = PracticeSettings(ps_timeout=0.3)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for _ in range(20):
            exchange.send_to_all(b"x" * 1_000_000)
        assert closed_because(exchange) == "no ps"
