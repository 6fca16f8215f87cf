"""Faults of connected sockets, as clients see them."""

import time

import pytest
import websocket

from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.exchange_client import CLOSED, DEADLINE, Client
from tests.doubles.raw_exchange_client import HEAD_END, RawClient

ASSET = "EURUSD_otc"
NOISE = b"\x81\xfe\x10\x00\0\0\0\0" + b'42["noise","'.ljust(4094, b"x") + b'"]'
"""A text frame of 4096 bytes, masked with zeros."""


def connected(client: RawClient) -> RawClient:
    """After the Engine.IO and Socket.IO handshakes."""
    client.until(HEAD_END)
    assert client.frame()[1].startswith(b"0{")
    client.send("40")
    assert client.frame()[1].startswith(b"40{")
    return client


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1012, 4321, 65535])
def test_sockets_are_closed_with_any_code(exchange: PracticeExchange, code: int) -> None:
    with RawClient(exchange.regions[0].url) as client:
        connected(client)
        assert exchange.fault("close", code=code, reason="for a test") == 1
        assert client.frame() == (8, code.to_bytes(2, "big") + b"for a test")
        client.socket.sendall(b"\x88\x80\0\0\0\0")
        client.assert_ended()
    assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].closed_at is not None, DEADLINE)
    assert exchange.ledger.sockets()[0].closed_because == "closed on command"


def test_sockets_are_closed_with_an_empty_frame(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        exchange.fault("close")
        assert client.socket.recv_data() == (8, b"")


def test_a_client_that_does_not_answer_a_close_is_cut_off(exchange: PracticeExchange) -> None:
    with RawClient(exchange.regions[0].url) as client:
        connected(client)
        exchange.fault("close", code=1001)
        client.frame()
        client.assert_ended()


def test_only_the_oldest_sockets_are_struck_where_a_count_is_given(exchange: PracticeExchange) -> None:
    first, second = exchange.regions
    with Client(first.url) as elder, Client(first.url) as younger, Client(second.url) as elsewhere:
        for client in (elder, younger, elsewhere):
            client.login(exchange.session)
        assert exchange.fault("close", count=1) == 1
        assert elder.frame() == CLOSED
        assert exchange.fault("close", region=second.name, count=5) == 1
        assert elsewhere.frame() == CLOSED
        assert younger.fence() == []


def test_garbage_is_no_frame(exchange: PracticeExchange) -> None:
    with RawClient(exchange.regions[0].url) as client:
        connected(client)
        assert exchange.fault("garbage") == 1
        assert client.exactly(16) == b"\xff" * 16


def test_garbage_in_a_frame_is_no_packet_and_harms_nothing_else(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        exchange.fault("garbage", framed=True)
        assert client.frame() == "no packet"
        assert client.fence() == []


def test_half_a_frame_is_followed_by_nothing_until_the_fault_ends(exchange: PracticeExchange) -> None:
    with RawClient(exchange.regions[0].url) as client:
        connected(client)
        assert exchange.fault("half_frame") == 1
        first, length = client.exactly(2)
        half = client.exactly((2 + length) // 2 - 2)
        exchange.send_to_all("behind it")
        client.assert_silent(0.05)
        assert exchange.faults() == ["half_frame"]
        exchange.calm("half_frame")
        whole = half + client.exactly(length - len(half))
        assert (first, whole) == (0x81, b'42["half a frame",{}]')
        assert client.frame() == (1, b"behind it")


def test_half_a_frame_strikes_no_later_client(exchange: PracticeExchange) -> None:
    with RawClient(exchange.regions[0].url) as client:
        connected(client)
        exchange.fault("half_frame")
        with Client(exchange.regions[0].url) as later:
            later.login(exchange.session)
        assert exchange.drop_connections() >= 1
        assert exchange.faults() == []


def test_an_exchange_with_half_a_frame_sent_can_be_stopped() -> None:
    with PracticeExchange() as exchange, RawClient(exchange.regions[0].url) as client:
        connected(client)
        exchange.fault("half_frame")
        exchange.stop()  # raises TimeoutError after five seconds


def test_what_a_client_writes_to_a_stalled_socket_backs_up_until_the_fault_ends(
    exchange: PracticeExchange,
) -> None:
    with RawClient(exchange.regions[0].url) as client:
        connected(client)
        assert exchange.fault("stall") == 1
        with Client(exchange.regions[0].url) as later:
            later.login(exchange.session)
        client.send('42["ps"]')
        assert client.write_until_it_backs_up(NOISE) > 100
        assert exchange.ledger.count("ps") == 0
        exchange.calm("stall")
        assert exchange.ledger.wait_until(lambda ledger: ledger.count("ps") == 1, DEADLINE)
        assert exchange.ledger.wait_until(lambda ledger: ledger.count("noise") > 100, DEADLINE)


def test_a_slow_line_passes_bytes_at_its_rate_and_loses_none(
    exchange: PracticeExchange,
) -> None:
    with Client(exchange.regions[0].url) as client, Client(exchange.regions[1].url) as fast:
        client.login(exchange.session)
        fast.login(exchange.session)
        exchange.fault("slow", rate=100_000, region=exchange.regions[0].name)
        began = time.monotonic()
        exchange.send_to_all(b"x" * 30_000)
        assert fast.frame() == b"x" * 30_000
        assert client.frame() == b"x" * 30_000
        assert time.monotonic() - began > 0.29


def test_a_slow_line_is_slow_for_later_clients_too_and_fast_again_at_the_end(
    exchange: PracticeExchange,
) -> None:
    exchange.fault("slow", rate=1000)
    with RawClient(exchange.regions[0].url) as client:
        began = time.monotonic()
        client.until(HEAD_END)
        assert time.monotonic() - began > 0.1
        exchange.send_to_all(b"x" * 60_000)
        exchange.calm("slow")
        while client.frame() != (2, b"x" * 60_000):
            pass
        assert time.monotonic() - began < 60  # what 60,000 bytes take at that rate


def test_a_slow_client_that_lets_too_much_pile_up_is_cut_off(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        exchange.fault("slow", rate=1)
        for _ in range(40):
            exchange.send_to_all(b"x" * 1_000_000)
        assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].closed_at is not None, DEADLINE)
    assert exchange.ledger.sockets()[0].closed_because == "cut off"


def test_pings_go_on_where_no_message_leaves_any_more() -> None:
    settings = PracticeSettings(tick_rate=100, ping_interval=0.05, ps_timeout=0.5)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        client.ticks(1)
        exchange.fault("pings_only")
        sent = exchange.ledger.ticks()
        while (frame := client.frame()) != CLOSED:
            assert isinstance(frame, bytes) or frame.startswith("451-")  # what was on its way
        assert client.pings > 3
        assert exchange.ledger.ticks() == sent
        unsent = exchange.ledger.unsent(ASSET)
        assert len(unsent) > 10
        assert {tick.socket for tick in unsent} == {1}
        assert unsent[0].time > sent[-1].time


def test_a_new_socket_gets_nothing_but_engine_io_where_only_pings_go_on(exchange: PracticeExchange) -> None:
    exchange.fault("pings_only", region=exchange.regions[0].name)
    with RawClient(exchange.regions[0].url) as client, Client(exchange.regions[1].url) as elsewhere:
        client.until(HEAD_END)
        assert client.frame()[1].startswith(b"0{")
        client.send("40")
        client.assert_silent(0.05)
        client.socket.sendall(b"\x89\x81\0\0\0\0!")
        assert client.frame() == (10, b"!")
        elsewhere.login(exchange.session)


def test_messages_go_on_where_no_ping_is_sent_or_answered() -> None:
    settings = PracticeSettings(tick_rate=100, ping_interval=0.05, ping_timeout=0.05)
    with PracticeExchange(settings) as exchange, RawClient(exchange.regions[0].url) as client:
        exchange.fault("data_only")
        connected(client)
        client.socket.sendall(b"\x89\x80\0\0\0\0")
        client.assert_silent(0.2)
        exchange.publish("nobody is logged in", {})
        exchange.send_to_all("on it goes")
        assert client.frame() == (1, b"on it goes")
        exchange.calm("data_only")
        assert client.frame() == (1, b"2")
        client.send("3")
        client.socket.sendall(b"\x89\x80\0\0\0\0")
        while (frame := client.frame()) != (10, b""):
            assert frame == (1, b"2")
            client.send("3")


def test_messages_and_answers_go_on_where_no_engine_ping_is_sent() -> None:
    settings = PracticeSettings(tick_rate=100, ping_interval=0.05, ping_timeout=0.05)
    with PracticeExchange(settings) as exchange, RawClient(exchange.regions[0].url) as client:
        exchange.fault("no_pings", region=exchange.regions[0].name)
        connected(client)
        client.assert_silent(0.2)
        client.socket.sendall(b"\x89\x80\0\0\0\0")
        assert client.frame() == (10, b"")
        exchange.send_to_all("on it goes")
        assert client.frame() == (1, b"on it goes")
        exchange.calm("no_pings")
        assert client.frame() == (1, b"2")


def test_a_ping_is_answered_as_a_rule(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.ping("who is there")
        assert client.socket.recv_data(control_frame=True) == (10, b"who is there")


def test_after_a_bare_disconnect_no_event_comes_though_the_socket_is_open() -> None:
    settings = PracticeSettings(tick_rate=100, ping_interval=0.2)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        client.ticks(1)
        exchange.fault("disconnect")
        while client.frame() != "41":
            pass
        for _ in range(3):
            assert client.socket.recv_data()[1] == b"2"
            client.socket.send("3")
        assert exchange.ledger.unsent()


def test_after_an_engine_close_nothing_comes_though_the_socket_is_open() -> None:
    settings = PracticeSettings(tick_rate=100, ping_interval=0.2)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        client.ticks(1)
        exchange.fault("engine_close")
        while client.frame() != "1":
            pass
        before = client.pings
        client.socket.settimeout(1.0)
        with pytest.raises(websocket.WebSocketTimeoutException):
            client.frame()
        assert client.pings == before
