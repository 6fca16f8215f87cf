import math

import pytest

from actors.errors import LocalProtocolError, RemoteProtocolError, TransportClosed
from actors.protocols.websocket.endpoint import MAX_UNANSWERED_PINGS, Endpoint, EndpointState
from actors.protocols.websocket.frames import Frame, Opcode


def server_frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    assert len(payload) < 126
    return bytes((0x80 * final | opcode, len(payload))) + payload


def close_frame(code: int, reason: bytes = b"") -> bytes:
    return server_frame(Opcode.CLOSE, code.to_bytes(2, "big") + reason)


def sent(endpoint: Endpoint) -> list[Frame]:
    """The small masked frames that leave, as opcode and payload."""
    data = endpoint.data_to_send()
    frames = []
    while data:
        opcode, length = data[0] & 0x0F, data[1] & 0x7F
        key, masked, data = data[2:6], data[6 : 6 + length], data[6 + length :]
        frames.append((opcode, bytes(octet ^ key[number % 4] for number, octet in enumerate(masked))))
    return frames


def test_messages_are_handed_over_and_bytes_are_a_sign_of_life() -> None:
    endpoint = Endpoint()
    assert endpoint.last_received == -math.inf
    assert endpoint.receive(server_frame(Opcode.TEXT, b"a") + b"\x82", now=3.0) == [(Opcode.TEXT, b"a")]
    assert endpoint.last_received == 3.0
    assert endpoint.receive(b"", now=4.0) == []
    assert endpoint.last_received == 3.0
    assert endpoint.data_to_send() == b""


# Pings


def test_every_ping_of_a_read_is_answered_in_order() -> None:
    endpoint = Endpoint()
    endpoint.receive(server_frame(Opcode.PING, b"1") + server_frame(Opcode.PING, b"2"), now=0)
    assert sent(endpoint) == [(Opcode.PONG, b"1"), (Opcode.PONG, b"2")]
    assert sent(endpoint) == []


def test_a_ping_between_fragments_is_answered_before_the_message_is() -> None:
    endpoint = Endpoint()
    fragments = (
        server_frame(Opcode.TEXT, b"a", final=False)
        + server_frame(Opcode.PING, b"?")
        + server_frame(Opcode.CONTINUATION, b"b")
    )
    assert endpoint.receive(fragments, now=0) == [(Opcode.TEXT, b"ab")]
    endpoint.send(Opcode.TEXT, [b"ab"])
    assert sent(endpoint) == [(Opcode.PONG, b"?"), (Opcode.TEXT, b"ab")]


def test_of_a_flood_of_pings_the_newest_are_answered() -> None:
    endpoint = Endpoint()
    for number in range(10_000):
        endpoint.receive(server_frame(Opcode.PING, b"%d" % number), now=0)
    expected = [(Opcode.PONG, b"%d" % number) for number in range(10_000 - MAX_UNANSWERED_PINGS, 10_000)]
    assert sent(endpoint) == expected


def test_the_answer_to_our_ping_gives_the_round_trip() -> None:
    endpoint = Endpoint()
    assert endpoint.round_trip is None
    endpoint.ping(now=10.0)
    [(opcode, payload)] = sent(endpoint)
    assert opcode == Opcode.PING
    endpoint.receive(server_frame(Opcode.PONG, payload), now=10.25)
    assert endpoint.round_trip == 0.25
    assert not endpoint.overdue(now=100.0, timeout=1.0)


def test_a_pong_that_was_not_asked_for_answers_nothing() -> None:
    endpoint = Endpoint()
    endpoint.ping(now=1.0)
    [(_, first)] = sent(endpoint)
    endpoint.receive(server_frame(Opcode.PONG, first), now=2.0)
    endpoint.ping(now=3.0)
    endpoint.receive(server_frame(Opcode.PONG) + server_frame(Opcode.PONG, first), now=4.0)
    assert endpoint.round_trip == 1.0
    assert endpoint.overdue(now=5.0, timeout=2.0)


def test_a_ping_is_overdue_after_the_timeout_though_others_were_requested_meanwhile() -> None:
    endpoint = Endpoint()
    assert not endpoint.overdue(now=99.0, timeout=5.0)
    endpoint.ping(now=10.0)
    endpoint.ping(now=14.0)
    assert len(sent(endpoint)) == 1
    assert not endpoint.overdue(now=14.9, timeout=5.0)
    assert endpoint.overdue(now=15.0, timeout=5.0)


# The closing handshake


def test_a_close_of_the_peer_is_echoed_and_named() -> None:
    endpoint = Endpoint()
    stream = server_frame(Opcode.TEXT, b"last") + close_frame(4001, b"so\nlong") + b"\xff garbage"
    assert endpoint.receive(stream, now=0) == [(Opcode.TEXT, b"last")]
    assert isinstance(endpoint.failure, TransportClosed)
    assert endpoint.failure.code == 4001
    assert str(endpoint.failure) == "the peer closed with 4001 'so\\nlong'"
    assert sent(endpoint) == [(Opcode.CLOSE, (4001).to_bytes(2, "big"))]
    assert endpoint.state is EndpointState.CLOSED


def test_an_empty_close_is_echoed_empty_and_counts_as_1005() -> None:
    endpoint = Endpoint()
    endpoint.receive(server_frame(Opcode.CLOSE), now=0)
    assert isinstance(endpoint.failure, TransportClosed)
    assert endpoint.failure.code == 1005
    assert sent(endpoint) == [(Opcode.CLOSE, b"")]


def test_what_follows_a_close_is_not_looked_at() -> None:
    endpoint = Endpoint()
    stream = close_frame(1000) + server_frame(Opcode.PING) + server_frame(Opcode.TEXT, b"late")
    assert endpoint.receive(stream, now=0) == []
    assert endpoint.receive(server_frame(Opcode.TEXT, b"later"), now=1) == []
    assert [opcode for opcode, _ in sent(endpoint)] == [Opcode.CLOSE]


def test_pings_before_a_close_are_answered_before_its_echo() -> None:
    endpoint = Endpoint()
    endpoint.receive(server_frame(Opcode.PING, b"?") + close_frame(1000), now=0)
    assert [opcode for opcode, _ in sent(endpoint)] == [Opcode.PONG, Opcode.CLOSE]


def test_our_close_lets_messages_in_until_it_is_answered() -> None:
    endpoint = Endpoint()
    endpoint.receive(server_frame(Opcode.PING, b"?"), now=0)
    endpoint.close(1001, "bye")
    endpoint.close()
    assert sent(endpoint) == [(Opcode.PONG, b"?"), (Opcode.CLOSE, (1001).to_bytes(2, "big") + b"bye")]
    stream = server_frame(Opcode.TEXT, b"late") + server_frame(Opcode.PING)
    assert endpoint.receive(stream, now=1) == [(Opcode.TEXT, b"late")]
    endpoint.receive(close_frame(1001), now=2)
    assert isinstance(endpoint.failure, TransportClosed)
    assert sent(endpoint) == []  # nothing may follow our close frame, not even a pong


def test_once_closing_nothing_can_be_sent() -> None:
    endpoint = Endpoint()
    endpoint.close()
    with pytest.raises(LocalProtocolError, match="cannot send a message: the connection is closing"):
        endpoint.send(Opcode.TEXT, [b"late"])
    endpoint.ping(now=1.0)
    assert [opcode for opcode, _ in sent(endpoint)] == [Opcode.CLOSE]
    assert not endpoint.overdue(now=99.0, timeout=1.0)


@pytest.mark.parametrize(("code", "reason"), [(1005, ""), (999, ""), (70_000, ""), (1000, "€" * 42)])
def test_a_close_that_no_frame_can_carry_is_refused_and_changes_nothing(code: int, reason: str) -> None:
    endpoint = Endpoint()
    with pytest.raises(LocalProtocolError):
        endpoint.close(code, reason)
    assert endpoint.state is EndpointState.OPEN
    assert endpoint.data_to_send() == b""


# Faults


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (b"\xf1\x00", 1002),
        (server_frame(Opcode.TEXT, b"\xff"), 1007),
        (b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), 1009),
    ],
)
def test_a_fault_of_the_peer_is_answered_with_its_code(fault: bytes, code: int) -> None:
    endpoint = Endpoint()
    before = server_frame(Opcode.BINARY, b"before")
    assert endpoint.receive(before + fault, now=0) == [(Opcode.BINARY, b"before")]
    assert isinstance(endpoint.failure, RemoteProtocolError)
    assert endpoint.failure.code == code
    [(opcode, payload)] = sent(endpoint)
    assert (opcode, int.from_bytes(payload[:2], "big")) == (Opcode.CLOSE, code)
    assert endpoint.receive(before, now=1) == []


def test_a_fault_while_we_close_sends_no_second_close_frame() -> None:
    endpoint = Endpoint()
    endpoint.close()
    assert len(sent(endpoint)) == 1
    endpoint.receive(b"\xf1\x00", now=1)
    assert isinstance(endpoint.failure, RemoteProtocolError)
    assert sent(endpoint) == []


def test_the_repr_shows_no_payload() -> None:
    endpoint = Endpoint()
    endpoint.send(Opcode.TEXT, [b"secret"])
    assert repr(endpoint) == "<Endpoint OPEN round_trip=None>"


def test_it_has_data_from_a_ping_or_a_message_of_ours_until_that_has_left() -> None:
    endpoint = Endpoint()
    assert not endpoint.has_data
    endpoint.receive(server_frame(Opcode.TEXT, b"x"), 1.0)
    assert not endpoint.has_data
    for cause in (
        lambda: endpoint.receive(server_frame(Opcode.PING, b"p"), 1.0),
        lambda: endpoint.send(Opcode.TEXT, [b"x"]),
        lambda: endpoint.ping(1.0),
        endpoint.close,
    ):
        cause()
        assert endpoint.has_data
        assert endpoint.data_to_send()
        assert not endpoint.has_data
