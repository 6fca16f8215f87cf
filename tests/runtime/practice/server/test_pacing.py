"""The bytes that may leave by a time."""

import pytest

from runtime.practice.server.pacing import Pacing

HEAD = b"HTTP/1.1 101 Yes\r\n\r\n"


def drain(pacing: Pacing, now: float) -> bytes:
    return b"".join(iter(lambda: pacing.take(now), b""))


def test_without_a_rate_everything_leaves_at_once_and_nothing_has_to_wait() -> None:
    pacing = Pacing()
    pacing.put(b"one", 0.0)
    pacing.put(b"two", 0.0)
    assert pacing.take(0.0) == b"onetwo"
    assert (len(pacing), pacing.take(0.0), pacing.pause()) == (0, b"", None)


def test_a_rate_lets_bytes_leave_in_order_as_time_goes_by() -> None:
    pacing = Pacing()
    pacing.set_rate(10, 0.0)
    pacing.put(b"abcdef", 0.0)
    assert pacing.take(0.0) == b""
    assert pacing.pause() == pytest.approx(0.1)
    assert [drain(pacing, now) for now in (0.1, 0.15, 0.2, 0.45)] == [b"a", b"", b"b", b"cd"]
    assert drain(pacing, 60.0) == b"ef"


def test_a_fast_rate_is_served_in_pieces_instead_of_single_bytes() -> None:
    pacing = Pacing()
    pacing.set_rate(100_000, 0.0)
    pacing.put(bytes(5000), 0.0)
    assert pacing.pause() == 0.01
    assert len(drain(pacing, 0.01)) == 1000


def test_time_in_which_nothing_waits_earns_nothing() -> None:
    pacing = Pacing()
    pacing.set_rate(10, 0.0)
    pacing.put(b"a", 0.0)
    assert drain(pacing, 1.0) == b"a"
    pacing.put(b"bcd", 9.0)
    assert drain(pacing, 9.1) == b"b"


def test_a_rate_that_is_lifted_lets_the_rest_go() -> None:
    pacing = Pacing()
    pacing.set_rate(1, 0.0)
    pacing.put(b"abc", 0.0)
    assert drain(pacing, 1.0) == b"a"
    pacing.set_rate(None, 1.0)
    assert drain(pacing, 1.0) == b"bc"


def test_the_same_rate_again_does_not_lose_what_was_earned() -> None:
    pacing = Pacing()
    pacing.set_rate(1, 0.0)
    pacing.put(b"abc", 0.0)
    pacing.set_rate(1, 0.9)
    assert drain(pacing, 1.0) == b"a"


def test_held_bytes_wait_for_no_time() -> None:
    pacing = Pacing()
    pacing.held = True
    pacing.put(b"abc", 0.0)
    assert (pacing.take(60.0), pacing.pause(), len(pacing)) == (b"", None, 3)
    pacing.held = False
    assert pacing.take(60.0) == b"abc"


def test_bytes_are_unhindered_only_without_a_rate_and_a_fault() -> None:
    pacing = Pacing()
    assert pacing.unhindered
    pacing.held = True
    assert not pacing.unhindered
    pacing.held = False
    pacing.set_rate(5, 0.0)
    assert not pacing.unhindered
    pacing.set_rate(None, 0.0)
    pacing.dribble(1.0)
    assert not pacing.unhindered
    pacing.dribble(None)
    pacing.put(b"a", 0.0)
    assert not pacing.unhindered
    assert drain(pacing, 0.0) == b"a"
    assert pacing.unhindered


def test_a_header_dribbles_and_what_follows_flows() -> None:
    pacing = Pacing()
    pacing.dribble(0.5)
    pacing.put(HEAD, 0.0)
    pacing.put(b"frames", 0.0)
    assert [drain(pacing, now) for now in (0.5, 1.0, 1.4)] == [b"H", b"T", b""]
    assert drain(pacing, len(HEAD) * 0.5 - 0.1) == HEAD[2:-1]
    assert drain(pacing, len(HEAD) * 0.5) == b"\nframes"
    pacing.put(HEAD, 100.0)
    assert drain(pacing, 100.0) == HEAD


def test_a_header_that_need_not_dribble_any_more_goes_on_at_once() -> None:
    pacing = Pacing()
    pacing.dribble(0.5)
    pacing.put(HEAD, 0.0)
    assert drain(pacing, 0.5) == b"H"
    pacing.dribble(None)
    assert drain(pacing, 0.5) == HEAD[1:]
