import pytest

from actors.errors import TransportClosed
from actors.messages.commands import SubscribeTicks
from actors.messages.traffic import Request, Ticks
from actors.messages.workers import ConnectionSettings, StartConnection
from actors.protocols.websocket.frames import Opcode
from actors.values import Region, Secret
from actors.venues.pocketoption import VENUE
from actors.venues.pocketoption.dialect import TICK_HEADER
from actors.venues.pocketoption.session import PocketOptionSession

AUTH = '42["auth",{"session":"k3n8v0q2w5e9r1t4y6u","isDemo":1,"uid":7,"platform":2}]'
SETTINGS = ConnectionSettings("pocketoption", Secret(AUTH), "", {}, True, 1, 1, 1, 1, 1, 0, 1 << 20)
START = StartConnection("c1", 1, Region("EU", "wss://eu.example/", 1), SETTINGS)
HANDSHAKE = b'0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
LOGIN = (HANDSHAKE, b'40{"sid":"y"}', b'42["successauth",{"id":"z"}]')
NOW = 1770848931.5
TICK = b'[["A",1770856131,1]]'


def frame(opcode: int, payload: bytes) -> bytes:
    """As the server sends it, of at most 125 bytes of payload."""
    return bytes([0x80 | opcode, len(payload)]) + payload


@pytest.fixture
def session() -> PocketOptionSession:
    """Logged in, and everything has left."""
    session = VENUE.open_session(START)
    assert isinstance(session, PocketOptionSession)
    for payload in LOGIN:
        session.receive(frame(Opcode.TEXT, payload), 0.0, NOW)
    assert session.ready
    assert session.data_to_send()
    return session


def test_a_read_of_ticks_leaves_nothing_to_send(session: PocketOptionSession) -> None:
    session.send([Request(1, SubscribeTicks("A", 60), 1e9)], NOW)
    assert session.has_data
    session.data_to_send()
    (ticks,) = session.receive(frame(Opcode.TEXT, TICK_HEADER) + frame(Opcode.BINARY, TICK), 1.0, NOW)
    assert isinstance(ticks, Ticks)
    assert not session.has_data


def test_a_ping_of_either_protocol_leaves_its_answer_to_send(session: PocketOptionSession) -> None:
    for ping in (frame(Opcode.TEXT, b"2"), frame(Opcode.PING, b"p")):
        session.receive(ping, 1.0, NOW)
        assert session.has_data
        assert session.data_to_send()
        assert not session.has_data


def test_a_report_counts_a_tick_as_two_messages_and_tells_the_delay_once(
    session: PocketOptionSession,
) -> None:
    session.send([Request(1, SubscribeTicks("A", 60), 1e9)], NOW)
    before = session.report(NOW, ())
    session.receive(frame(Opcode.TEXT, TICK_HEADER) + frame(Opcode.BINARY, TICK), 1.0, NOW)
    report = session.report(NOW, ())
    assert report.messages_in == before.messages_in + 2
    assert (report.state, report.streams["A"].ticks, report.delay) == ("ready", 1, 0.5)
    assert session.report(NOW, ()).delay is None


def test_a_ping_without_a_pong_ends_it(session: PocketOptionSession) -> None:
    session.ping(1.0)
    session.check(1.5)
    with pytest.raises(TransportClosed, match="no answer to a ping for 1 s"):
        session.check(2.0)


def test_a_server_that_sends_data_but_no_engine_ping_for_as_long_as_it_has_declared_is_given_up(
    session: PocketOptionSession,
) -> None:
    def data(now: float) -> None:
        session.receive(frame(Opcode.TEXT, b'42["noise"]'), now, NOW)
        session.data_to_send()

    for now in range(1, 46):
        data(now)
        session.check(now)  # the handshake counts as the first ping
    session.receive(frame(Opcode.TEXT, b"2"), 45.0, NOW)
    session.data_to_send()
    for now in range(46, 91):
        data(now)
        session.check(now)
    data(90.5)
    with pytest.raises(TransportClosed, match=r"no Engine\.IO ping for 45 s"):
        session.check(90.5)
