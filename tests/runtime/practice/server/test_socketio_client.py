"""The client of python-socketio works with the exchange."""

import json
import queue
from collections.abc import Iterator
from typing import Any

import pytest
import socketio  # type: ignore[import-untyped]

from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.exchange_client import DEADLINE


@pytest.fixture
def heard() -> "queue.Queue[tuple[str, Any]]":
    return queue.Queue()


@pytest.fixture
def judge(heard: "queue.Queue[tuple[str, Any]]") -> Iterator[socketio.Client]:
    """A client that puts every event into ``heard``."""
    client = socketio.Client(reconnection=False)
    client.on("*", lambda name, *payload: heard.put((name, *payload)))
    client.on("disconnect", lambda: heard.put(("disconnect", None)))
    yield client
    client.disconnect()
    client.eio.ws.shutdown()  # which disconnect() leaves open


def hear(heard: "queue.Queue[tuple[str, Any]]", name: str) -> Any:
    while True:
        found, *payload = heard.get(timeout=DEADLINE)
        if found == name:
            return payload[0] if payload else None


def connect(judge: socketio.Client, exchange: PracticeExchange) -> None:
    judge.connect(exchange.regions[0].url.partition("/socket.io/")[0], transports=["websocket"])


def test_it_logs_in_and_gets_binary_events(
    exchange: PracticeExchange, judge: socketio.Client, heard: "queue.Queue[tuple[str, Any]]"
) -> None:
    connect(judge, exchange)
    judge.emit(*json.loads(exchange.session[2:]))
    assets = hear(heard, "updateAssets")
    assert isinstance(assets, bytes)
    assert len(json.loads(assets)) == 183
    judge.emit("changeSymbol", {"asset": "EURUSD_otc", "period": 60})
    assert json.loads(hear(heard, "updateHistoryNewFast"))["asset"] == "EURUSD_otc"
    assert json.loads(hear(heard, "updateStream"))[0][0] == "EURUSD_otc"
    judge.disconnect()
    assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].closed_at is not None, DEADLINE)


def test_it_is_refused_as_a_socket_io_server_would(
    exchange: PracticeExchange, judge: socketio.Client, heard: "queue.Queue[tuple[str, Any]]"
) -> None:
    connect(judge, exchange)
    judge.emit("auth", {"session": "another"})
    assert hear(heard, "NotAuthorized") is None
    hear(heard, "disconnect")


def test_it_answers_the_pings(judge: socketio.Client, heard: "queue.Queue[tuple[str, Any]]") -> None:
    settings = PracticeSettings(ping_interval=0.1, ping_timeout=0.3, ps_timeout=0.8)
    with PracticeExchange(settings) as exchange:
        connect(judge, exchange)
        hear(heard, "disconnect")
        assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].closed_at is not None, DEADLINE)
        assert exchange.ledger.sockets()[0].closed_because == "no ps"
