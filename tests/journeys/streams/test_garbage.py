"""Malformed messages of the server: counted and ignored, or the end of the connection."""

import pytest

from actors.messages import (
    ConnectionDown,
    ConnectionReport,
    ConnectionUp,
    RawMessage,
    Subscribe,
)
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.doubles.raw_server import RawServer
from tests.journeys.journey import (
    ASSETS,
    DEADLINE,
    Notebook,
    Start,
    assert_lossless,
    exchange_of,
    practice,
    status_of,
    towards,
)

TICK_HEADER = '451-["updateStream",{"_placeholder":true,"num":0}]'

GARBAGE: dict[str, list[str | bytes]] = {
    "half an event": ["42["],
    "half a binary event": ['451-["x"'],
    "an event without a name": ["42{}"],
    "an event whose name is a number": ["42[7]"],
    "text that is no packet": ["hello"],
    "an empty text": [""],
    "an unknown packet": ["9"],
    "an unknown Socket.IO packet": ["49[]"],
    "a second OPEN": ['0{"sid":"x","upgrades":[],"pingInterval":1,"pingTimeout":1,"maxPayload":1}'],
    "a second CONNECT": ['40{"sid":"x"}'],
    "a binary message that nothing announced": [b"\x00\xff\xfe"],
    "an announced attachment that does not come": [TICK_HEADER, '42["noise"]'],
    "an attachment that is not JSON": [TICK_HEADER, b"[[\xff"],
    "ticks that are not rows": [TICK_HEADER, b'{"a":1}'],
    "a tick whose price is a text": [TICK_HEADER, f'[["{ASSETS[0]}",1,"x"]]'.encode()],
    "a tick whose price is not a number": [TICK_HEADER, f'[["{ASSETS[0]}",1,NaN]]'.encode()],
    "a tick whose price is infinite": [TICK_HEADER, f'[["{ASSETS[0]}",1,1e999]]'.encode()],
    "a tick whose price is negative": [TICK_HEADER, f'[["{ASSETS[0]}",1,-1]]'.encode()],
    "a tick without a time": [TICK_HEADER, f'[["{ASSETS[0]}",null,1]]'.encode()],
    "an asset table that is none": ['42["updateAssets",{}]'],
    "a balance that is none": ['42["successupdateBalance",[1]]'],
    "JSON without an end": ['42["x",' + "[" * 50_000],
}


def test_garbage_is_counted_and_the_streams_go_on(start_runtime: Start) -> None:
    runtime = start_runtime(practice(2, *ASSETS))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > 3 for asset in ASSETS))
    assert exchange.ledger.wait_until(
        lambda ledger: sum(each.authenticated for each in ledger.sockets()) == 2, DEADLINE
    )
    for messages in GARBAGE.values():
        for message in messages:
            assert exchange.send_to_all(message) == 2
    exchange.send_to_all('42["last"]')
    assert notebook.wait(lambda book: sum(raw.name == "last" for raw in book.all(RawMessage)) == 2)
    here = {asset: len(notebook.ticks(asset)) for asset in ASSETS}
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > here[asset] + 5 for asset in ASSETS))
    for name in ("connection-1", "connection-2"):
        assert notebook.wait(
            lambda book, name=name: any(  # type: ignore[misc]
                report.garbage for report in book.all(ConnectionReport) if report.connection == name
            )
        )
    assert notebook.all(ConnectionDown) == []
    for asset in ASSETS:
        assert_lossless(notebook.ticks(asset), exchange.ledger.ticks(asset))
    for connection in status_of(runtime).connections:
        assert connection.seen.report is not None
        assert connection.seen.report.garbage >= len(GARBAGE)
        assert connection.child.restarts == 0


@pytest.mark.parametrize("what", GARBAGE)
def test_each_kind_of_garbage_counts(start_runtime: Start, what: str) -> None:
    runtime = start_runtime(practice(0, ASSETS[0], pool={"connections": 1}))
    exchange, notebook = exchange_of(runtime), Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: len(book.ticks()) > 1)
    exchange.send_to_all(*GARBAGE[what])  # together: a tick between them would be garbage too
    exchange.send_to_all('42["last"]')
    assert notebook.wait(lambda book: any(raw.name == "last" for raw in book.all(RawMessage)))
    exchange.drop_connections()  # a connection sends a last report when it ends
    notebook.first(ConnectionDown)
    assert notebook.all(ConnectionReport)[-1].garbage == 1
    assert_lossless(notebook.ticks(ASSETS[0])[:2], exchange.ledger.ticks(ASSETS[0]))


VIOLATIONS = {
    "a masked frame": b"\x81\x82\x00\x00\x00\x00hi",
    "a reserved bit": b"\xc1\x02hi",
    "an unknown opcode": b"\x83\x02hi",
    "a fragmented ping": b"\x09\x02hi",
    "a ping of 126 bytes": b"\x89\x7e\x00\x7e" + b"x" * 126,
    "a continuation of nothing": b"\x80\x02hi",
    "a length that is longer than it needs to be": b"\x81\x7e\x00\x02hi",
}
WITH_TWO_REGIONS = [(violation, 0) for violation in VIOLATIONS] + [
    ("a masked frame", 1),
    ("a masked frame", 2),
]


@pytest.mark.parametrize(("violation", "workers"), WITH_TWO_REGIONS)
def test_a_server_that_breaks_the_rules_is_closed_with_1002_and_the_next_region_serves(
    start_runtime: Start, exchange: PracticeExchange, violation: str, workers: int
) -> None:
    notebook = Notebook()
    with RawServer(VIOLATIONS[violation]) as offender:
        urls = [offender.url, exchange.regions[0].url]
        runtime = start_runtime(Config.model_validate(towards(exchange.session, urls, workers)))
        runtime.router.tell(Subscribe("", to=notebook))
        payload = offender.closes.get(timeout=DEADLINE)
        assert payload is not None
        assert int.from_bytes(payload[:2], "big") == 1002
        assert notebook.first(ConnectionUp).region == "REGION-2"
        down = notebook.first(ConnectionDown)
        assert down.region == "REGION-1"
        assert "RemoteProtocolError" in down.reason
        (connection,) = status_of(runtime).connections
        assert (connection.child.region, connection.child.state, connection.child.restarts) == (
            "REGION-2",
            "up",
            1,
        )
        assert connection.child.last_error
        assert offender.accepted == 1
