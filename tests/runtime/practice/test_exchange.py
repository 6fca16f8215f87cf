"""Starting, stopping and the faults on command."""

import socket
import threading

import pytest
import websocket

from actors.errors import RequestRefused
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.exchange_client import CLOSED, DEADLINE, Client


def port_of(url: str) -> int:
    return int(url.split(":")[2].split("/", maxsplit=1)[0])


def test_regions_are_named_and_ranked_as_configured() -> None:
    with PracticeExchange(PracticeSettings(regions=("EAST", "WEST", "NORTH"))) as exchange:
        assert [(region.name, region.priority) for region in exchange.regions] == [
            ("EAST", 0),
            ("WEST", 1),
            ("NORTH", 2),
        ]
        url = exchange.regions[0].url
        assert url == f"ws://127.0.0.1:{port_of(url)}/socket.io/?EIO=4&transport=websocket"


def test_stopping_leaves_no_thread_and_no_port_and_may_be_repeated() -> None:
    exchange = PracticeExchange()
    exchange.start()
    url = exchange.regions[0].url
    with Client(url) as client:
        client.login(exchange.session).emit("subfor", "EURUSD_otc")
        client.until("updateStream")
        exchange.stop()
        exchange.stop()
        assert exchange.ledger.sockets()[0].closed_at is not None
    assert "practice-exchange" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(url)), timeout=DEADLINE)


def test_a_stopped_exchange_can_be_started_again_with_the_same_session() -> None:
    exchange = PracticeExchange()
    for _ in range(2):
        with exchange, Client(exchange.regions[0].url) as client:
            client.login(exchange.session)


def test_it_starts_once() -> None:
    with PracticeExchange() as exchange, pytest.raises(RequestRefused):
        exchange.start()


def test_a_taken_port_is_reported_and_nothing_stays_behind() -> None:
    with PracticeExchange(PracticeSettings(regions=("A",))) as owner:
        taken = port_of(owner.regions[0].url)
        late = PracticeExchange(PracticeSettings(regions=("A", "B"), ports=(0, taken)))
        with pytest.raises(OSError, match="in use"):
            late.start()
        with pytest.raises(RequestRefused):
            late.drop_connections()
        assert [thread.name for thread in threading.enumerate()].count("practice-exchange") == 1


def test_without_a_running_exchange_faults_are_refused() -> None:
    exchange = PracticeExchange()
    for fault in (exchange.drop_connections, exchange.mute, exchange.faults, exchange.calm):
        with pytest.raises(RequestRefused):
            fault()
    with pytest.raises(RequestRefused):
        exchange.regions  # noqa: B018


def test_unknown_regions_and_assets_and_impossible_rates_are_refused(exchange: PracticeExchange) -> None:
    with pytest.raises(RequestRefused, match="NOWHERE"):
        exchange.close_region("NOWHERE")
    with pytest.raises(RequestRefused, match="NOWHERE"):
        exchange.drop_connections("NOWHERE")
    with pytest.raises(RequestRefused, match="NOSUCH"):
        exchange.mute("NOSUCH")
    with pytest.raises(RequestRefused):
        exchange.set_tick_rate(0)


def test_a_closed_region_refuses_until_it_opens_on_its_old_port(exchange: PracticeExchange) -> None:
    first, second = exchange.regions
    with Client(first.url) as here, Client(second.url) as there:
        here.login(exchange.session)
        there.login(exchange.session)
        exchange.close_region(first.name)
        exchange.close_region(first.name)
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionResetError)):
            here.frame()
        assert there.fence() == []
    with pytest.raises(ConnectionRefusedError):
        Client(first.url)
    exchange.open_region(first.name)
    exchange.open_region(first.name)
    assert exchange.regions[0] == first
    with Client(first.url) as again:
        again.login(exchange.session)


def test_dropped_connections_end_without_a_close_frame(exchange: PracticeExchange) -> None:
    first, second = exchange.regions
    with Client(first.url) as here, Client(second.url) as there:
        here.login(exchange.session)
        there.login(exchange.session)
        assert exchange.drop_connections(second.name) == 1
        with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionResetError)):
            there.frame()
        assert here.fence() == []
        assert exchange.drop_connections() == 1
        assert exchange.drop_connections() == 0
    assert {record.closed_because for record in exchange.ledger.sockets()} == {"cut off"}


@pytest.mark.parametrize("garbage", ["451-[", '42["unheard-of",{}]', b"\x00\xff"])
def test_anything_can_be_sent_to_every_socket(exchange: PracticeExchange, garbage: str | bytes) -> None:
    with Client(exchange.regions[0].url) as known, Client(exchange.regions[1].url) as stranger:
        known.login(exchange.session)
        stranger.connect()
        assert exchange.send_to_all(garbage) == 2
        assert known.frame() == garbage
        assert stranger.frame() == garbage


def test_any_event_can_be_published_to_clients_that_are_logged_in(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as known, Client(exchange.regions[0].url) as stranger:
        known.login(exchange.session)
        stranger.connect()
        assert exchange.publish("updateAssets", [[1, "EURUSD"]]) == 1
        assert known.event() == ("updateAssets", [[1, "EURUSD"]])
        stranger.socket.send("41")
        assert stranger.frame() == CLOSED


def test_the_ledger_counts_the_messages_written_to_a_socket(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
    assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].messages == 2 + 2 * 7, DEADLINE)


def test_sessions_are_drawn_anew_for_every_exchange() -> None:
    assert PracticeExchange().session != PracticeExchange().session
