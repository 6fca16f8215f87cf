import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given, settings, strategies as st

from actors.protocols.websocket.frames import Frame, FrameParser, Opcode
from actors.protocols.websocket.pairs import WINDOW, Found, Pairs, PairScanner
from tests.actors.protocols.websocket.test_frames import server_frame

TEXT = b'451-["tick"]'
HEADER = server_frame(Opcode.TEXT, TEXT)
PING = server_frame(Opcode.PING, b"?")


def pair(payload: bytes) -> bytes:
    return HEADER + server_frame(Opcode.BINARY, payload)


def scanner() -> PairScanner:
    return PairScanner(FrameParser(), TEXT)


def apart(found: Iterable[Found]) -> list[Frame]:
    """As a parser alone would have it."""
    frames: list[Frame] = []
    for each in found:
        if isinstance(each, Pairs):
            frames += [frame for payload in each for frame in ((1, TEXT), (2, payload))]
        else:
            frames.append(each)
    return frames


def test_pairs_in_a_row_come_as_one() -> None:
    stream = pair(b"1") + pair(b"") + pair(b"3" * 125) + PING + pair(b"4")
    assert scanner().feed(stream) == [Pairs([b"1", b"", b"3" * 125]), (9, b"?"), Pairs([b"4"])]


def test_a_pair_is_held_back_until_both_are_whole_wherever_it_is_cut() -> None:
    for before, first in ((pair(b"1"), Pairs([b"1"])), (PING, (9, b"?"))):
        stream = before + pair(b"22")
        for cut in range(len(before), len(stream)):
            cautious = scanner()
            assert cautious.feed(stream[:cut]) == [first]
            assert cautious.feed(stream[cut:]) == [Pairs([b"22"])]


def test_a_pair_behind_a_message_of_any_length_and_cut_is_found() -> None:
    for length in (0, 125, 126, WINDOW - 40, WINDOW, WINDOW + 40, 70_000):
        stream = server_frame(Opcode.BINARY, bytes(length)) + pair(b"1")
        expected = [(2, bytes(length)), Pairs([b"1"])]
        assert scanner().feed(stream) == expected
        for cut in (1, 3, len(stream) // 2, len(stream) - len(pair(b"1")), len(stream) - 1):
            cautious = scanner()
            assert [*cautious.feed(stream[:cut]), *cautious.feed(stream[cut:])] == expected


def test_what_looks_like_a_pair_inside_a_fragmented_message_is_none() -> None:
    """There it breaks the rule that no message begins inside another."""
    parser = FrameParser()
    stream = server_frame(Opcode.TEXT, b"a", final=False) + pair(b"1")
    assert PairScanner(parser, TEXT).feed(stream) == []
    assert str(parser.failure) == "a new message inside a fragmented one"


def test_after_a_failure_nothing_is_found() -> None:
    parser = FrameParser()
    broken = PairScanner(parser, TEXT)
    assert broken.feed(pair(b"1") + b"\xff\xff" + pair(b"2")) == [Pairs([b"1"])]
    assert broken.feed(pair(b"3")) == []
    assert parser.failure is not None


def test_a_header_that_something_else_follows_is_a_text_like_any_other() -> None:
    for other in (PING, HEADER, server_frame(Opcode.BINARY, b"3" * 126), server_frame(Opcode.TEXT, b"")):
        held = scanner()
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


def assert_finds_the_same(stream: bytes, cuts: list[int]) -> None:
    """As a parser alone, but for a header at the end that is held back."""
    plain, inner = FrameParser(), FrameParser()
    frames = plain.feed(stream)
    around = PairScanner(inner, TEXT)
    edges = [0, *sorted(cuts), len(stream)]
    found = apart(each for start, end in itertools.pairwise(edges) for each in around.feed(stream[start:end]))
    assert found == frames[: len(found)]
    assert frames[len(found) :] in ([], [(1, TEXT)])
    assert inner.controls == plain.controls
    assert str(inner.failure) == str(plain.failure)


@settings(max_examples=500)
@given(st.lists(FRAMES, max_size=12).map(b"".join), st.lists(st.integers(0, 400), max_size=12))
def test_any_stream_is_found_to_be_what_a_parser_alone_finds(stream: bytes, cuts: list[int]) -> None:
    assert_finds_the_same(stream, cuts)


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
"""What could be taken for pairs, or prevent that many are found."""


@pytest.mark.parametrize("tempting", TEMPTING)
def test_nothing_else_among_many_pairs_is_taken_for_pairs(tempting: bytes) -> None:
    stream = pair(b"1") * 300 + tempting + pair(b"22") * 300
    found = scanner().feed(stream)
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
    assert_finds_the_same(bytes(damaged), cuts)


def test_a_stream_without_two_pairs_in_a_row_is_soon_not_tried_as_many() -> None:
    around = scanner()
    assert len(around.feed((pair(b"1") + PING) * 1000)) == 2000
    assert not around._at_once
    assert around.feed(pair(b"1") * 1000) == [Pairs([b"1"] * 1000)]
    assert around._at_once


def test_pairs_inside_large_messages_cost_little_more_than_the_parser_alone() -> None:
    """Each might be the next pair, and the message be fed in parts; asked for its length, it is skipped."""
    stream = server_frame(Opcode.BINARY, pair(b"1") * 100_000) * 2
    fed: list[int] = []
    parser = FrameParser()
    feed = parser.feed
    parser.feed = lambda data: fed.append(len(data)) or feed(data)  # type: ignore[method-assign, func-returns-value]
    found = PairScanner(parser, TEXT).feed(stream)
    assert found == FrameParser().feed(stream)
    assert len(fed) < 10
