import contextlib

import pytest
from hypothesis import given, strategies as st

from actors.errors import RemoteProtocolError
from actors.protocols import engineio
from actors.protocols.engineio import EnginePacketType, Handshake


def test_open_settles_the_times_in_seconds() -> None:
    kind, data = engineio.parse(
        b'0{"sid":"aB3","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
    )
    assert kind is EnginePacketType.OPEN
    assert engineio.parse_open(data) == Handshake("aB3", 25.0, 20.0, 1_000_000)


def test_an_interval_that_a_server_rounded_to_nothing_is_accepted() -> None:
    data = b'{"sid":"a","pingInterval":0,"pingTimeout":1000}'
    assert engineio.parse_open(data) == Handshake("a", 0.0, 1.0, None)


def test_open_needs_no_largest_payload() -> None:
    data = b'{"sid":"a","upgrades":["websocket"],"pingInterval":300,"pingTimeout":200.5}'
    assert engineio.parse_open(data) == Handshake("a", 0.3, 0.2005, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b'{"sid":"a"}',
        b'{"sid":"a","pingInterval":25000,"pingTimeout":0}',
        b'{"sid":"a","pingInterval":-25000,"pingTimeout":20000}',
        b'{"sid":"a","pingInterval":NaN,"pingTimeout":20000}',
        b'{"sid":"a","pingInterval":1e999,"pingTimeout":20000}',
        b'{"sid":7,"pingInterval":25000,"pingTimeout":20000}',
        b'{"sid":"a","pingInterval":25000,"pingTimeout":20000}x',
        b'{"sid":' + b"[" * 100_000,
    ],
)
def test_a_bad_open_is_the_peers_fault(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        engineio.parse_open(data)


@pytest.mark.parametrize(
    ("text", "kind", "data"),
    [
        (b"1", EnginePacketType.CLOSE, b""),
        (b"2", EnginePacketType.PING, b""),
        (b"2probe", EnginePacketType.PING, b"probe"),
        (b"3", EnginePacketType.PONG, b""),
        (b'42["ps"]', EnginePacketType.MESSAGE, b'2["ps"]'),
        (b"6", EnginePacketType.NOOP, b""),
    ],
)
def test_the_first_character_is_the_packet_type(text: bytes, kind: EnginePacketType, data: bytes) -> None:
    assert engineio.parse(text) == (kind, data)


@pytest.mark.parametrize("text", [b"", b"5", b"7", b"hello", b"{}", "é".encode()])
def test_what_is_no_packet_is_the_peers_fault(text: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        engineio.parse(text)


def test_a_pong_returns_what_the_ping_brought() -> None:
    assert engineio.pong(b"") == b"3"
    assert engineio.pong(b"probe") == b"3probe"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_packet_or_the_peers_fault(data: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        engineio.parse(data)
    with contextlib.suppress(RemoteProtocolError):
        engineio.parse_open(data)
