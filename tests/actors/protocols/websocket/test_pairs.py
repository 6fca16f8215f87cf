import itertools

import pytest
from hypothesis import given, settings, strategies as st

from actors.protocols.websocket.frames import Found, Frame, FrameParser, Opcode
from actors.protocols.websocket.pairs import Pairs, PairScanner
from tests.actors.protocols.websocket.test_frames import server_frame

TEXT = b'451-["tick"]'
HEADER = server_frame(Opcode.TEXT, TEXT)
PING = server_frame(Opcode.PING, b"?")


def pair(payload: bytes) -> bytes:
    return HEADER + server_frame(Opcode.BINARY, payload)


def parser() -> FrameParser:
    return FrameParser(announcement=PairScanner(TEXT))


def apart(found: list[Found]) -> list[Frame]:
    """As a parser that expects no announcement would have it."""
    frames: list[Frame] = []
    for each in found:
        if isinstance(each, Pairs):
            frames += [frame for payload in each for frame in ((1, TEXT), (2, payload))]
        else:
            frames.append(each)
    return frames


def test_announced_messages_in_a_row_come_as_one() -> None:
    stream = pair(b"1") + pair(b"") + pair(b"3" * 125) + PING + pair(b"4")
    assert parser().feed(stream) == [Pairs([b"1", b"", b"3" * 125]), (9, b"?"), Pairs([b"4"])]


def test_a_pair_is_held_back_until_both_are_whole_wherever_it_is_cut() -> None:
    stream = pair(b"1") + pair(b"22")
    for cut in range(len(pair(b"1")), len(stream)):
        cautious = parser()
        assert cautious.feed(stream[:cut]) == [Pairs([b"1"])]
        assert cautious.feed(stream[cut:]) == [Pairs([b"22"])]


def test_an_announcement_that_something_else_follows_is_a_text_like_any_other() -> None:
    for other in (PING, HEADER, server_frame(Opcode.BINARY, b"3" * 126), server_frame(Opcode.TEXT, b"")):
        held = parser()
        assert held.feed(HEADER) == []
        found = held.feed(other + PING)
        assert found[0] == (1, TEXT)
        assert apart(found) == FrameParser().feed(HEADER + other + PING)[: len(found)]


FRAMES = st.one_of(
    st.binary(max_size=4).map(pair),
    st.sampled_from(
        [
            HEADER,
            PING,
            pair(b"3" * 126),
            server_frame(Opcode.BINARY, pair(b"inside another message")),
            server_frame(Opcode.TEXT, TEXT, final=False),
            server_frame(Opcode.CONTINUATION, TEXT),
            server_frame(Opcode.CLOSE),
            HEADER + b"\x82\x81\0\0\0\0x",  # masked
            HEADER[:5],
            b"\xff",
        ]
    ),
)


@settings(max_examples=500)
@given(st.lists(FRAMES, max_size=12).map(b"".join), st.lists(st.integers(0, 400), max_size=12))
def test_what_is_found_is_what_a_parser_that_expects_nothing_finds(stream: bytes, cuts: list[int]) -> None:
    plain, expecting = FrameParser(), parser()
    frames = plain.feed(stream)
    edges = [0, *sorted(cuts), len(stream)]
    found = apart(
        [each for start, end in itertools.pairwise(edges) for each in expecting.feed(stream[start:end])]
    )
    assert found == frames[: len(found)]
    assert frames[len(found) :] in ([], [(1, TEXT)])  # held back
    assert expecting.controls == plain.controls
    assert str(expecting.failure) == str(plain.failure)


LONG_RUNS = st.tuples(st.binary(max_size=6), st.integers(1, 400)).map(lambda run: pair(run[0]) * run[1])
TEMPTING = [
    pair(HEADER + b"\x82"),
    pair(HEADER + b"\x82\x01x"),
    pair(b"\x81\x82"),
    pair(b"\x92\xd9\x0c" + TEXT + b"\xc5\0\x01x"),
    pair(pair(b"x") + b"\x92\xac") + TEXT + b"\xc4\x01x",  # as long as two pairs, were it MessagePack
    HEADER + b"\x82\x03a\x81",
    HEADER + b"\x82\x03a\x82",
    HEADER + b"\x82\x7e" + bytes(126),
    HEADER + b"\x82\x85" + bytes(0x85),
    HEADER + b"\xc5\0\x01x",
    b"\x92\xd9\x0c" + TEXT + b"\xc5\0\x01x",
    b"\xdc\0\x02\xd9\x0c" + TEXT + b"\xc4\x01x",
    server_frame(Opcode.BINARY, TEXT) + server_frame(Opcode.TEXT, b"1"),
    server_frame(Opcode.BINARY, b"") + HEADER,
    pair("\u00e4\u0392".encode()),
]
"""What could be taken for pairs, or spoil the finding of many."""


@pytest.mark.parametrize("tempting", TEMPTING)
def test_nothing_else_among_many_pairs_is_taken_for_pairs(tempting: bytes) -> None:
    stream = pair(b"1") * 300 + tempting + pair(b"22") * 300
    found = parser().feed(stream)
    assert apart(found) == FrameParser().feed(stream)


@settings(max_examples=200)
@given(
    st.lists(st.one_of(LONG_RUNS, LONG_RUNS, FRAMES, st.sampled_from(TEMPTING)), max_size=6).map(b"".join),
    st.lists(st.tuples(st.integers(0, 40_000), st.sampled_from(b"\x81\x82\x92\xd9\xc5\0\x7e")), max_size=2),
    st.lists(st.integers(0, 40_000), max_size=3),
)
def test_many_at_once_are_what_they_are_one_by_one(
    stream: bytes, faults: list[tuple[int, int]], cuts: list[int]
) -> None:
    damaged = bytearray(stream)
    for place, byte in faults:
        damaged[place : place + 1] = bytes([byte])[: len(damaged[place : place + 1])]
    plain, expecting = FrameParser(), parser()
    frames = plain.feed(bytes(damaged))
    edges = [0, *sorted(cuts), len(damaged)]
    found = [each for a, b in itertools.pairwise(edges) for each in expecting.feed(bytes(damaged[a:b]))]
    assert apart(found) == frames[: len(apart(found))]
    assert len(frames) - len(apart(found)) <= 1  # an announcement is held back


def test_a_stream_without_two_pairs_in_a_row_is_soon_not_tried_as_many() -> None:
    announcement = PairScanner(TEXT)
    stream = (pair(b"1") + PING) * 1000
    found, pos = announcement.take(stream, 0)
    assert (found, pos) == ([b"1"], len(pair(b"1")))
    assert not announcement._at_once
    calm = pair(b"1") * 1000
    assert announcement.take(calm, 0) == ([b"1"] * 1000, len(calm))
    assert announcement._at_once
