import time
import tracemalloc
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from actors.errors import RemoteProtocolError
from actors.protocols.websocket.frames import Frame, FrameParser, Opcode, encode, encode_many, parse_close

MIB = 1024 * 1024
EURO = "€".encode()


def server_frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    length = len(payload)
    if length < 126:
        size = bytes((length,))
    elif length < 1 << 16:
        size = b"\x7e" + length.to_bytes(2, "big")
    else:
        size = b"\x7f" + length.to_bytes(8, "big")
    return bytes((0x80 * final | opcode,)) + size + payload


def pieces(data: bytes, size: int) -> Iterable[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def parse(chunks: Iterable[bytes], max_message_size: int = 16 * MIB) -> tuple[list[Frame], int | None]:
    """All frames, and the code of the failure."""
    parser = FrameParser(max_message_size)
    frames = [frame for chunk in chunks for frame in parser.feed(chunk)]
    return frames, parser.failure.code if parser.failure else None


def unmask(frame: bytes) -> bytes:
    """The payload of a masked frame with a 7-bit length, bit by bit as RFC 6455, 5.3 has it."""
    key, masked = frame[2:6], frame[6:]
    return bytes(octet ^ key[number % 4] for number, octet in enumerate(masked))


# Parsing


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65535, 65536, 70000])
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
def test_a_message_of_any_length_comes_out_whole(opcode: Opcode, length: int) -> None:
    payload = bytes(range(97, 123)) * (length // 26 + 1)
    assert parse([server_frame(opcode, payload[:length])]) == ([(opcode, payload[:length])], None)


def test_fragments_are_joined_and_a_ping_between_them_comes_first() -> None:
    stream = (
        server_frame(Opcode.TEXT, b"one ", final=False)
        + server_frame(Opcode.PING, b"?")
        + server_frame(Opcode.CONTINUATION, b"", final=False)
        + server_frame(Opcode.CONTINUATION, b"two")
        + server_frame(Opcode.BINARY, b"three")
    )
    expected = [(Opcode.PING, b"?"), (Opcode.TEXT, b"one two"), (Opcode.BINARY, b"three")]
    assert parse([stream]) == (expected, None)


def test_control_frames_are_counted_and_data_are_not() -> None:
    parser = FrameParser()
    parser.feed(server_frame(Opcode.TEXT, b"data"))
    assert parser.controls == 0
    parser.feed(server_frame(Opcode.PING) + server_frame(Opcode.PONG) + server_frame(Opcode.CLOSE))
    assert parser.controls == 3


data_frames = st.builds(
    server_frame,
    st.sampled_from([Opcode.BINARY, Opcode.TEXT]),
    st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)),
    final=st.booleans(),
)
other_frames = st.builds(
    server_frame,
    st.sampled_from([Opcode.CONTINUATION, Opcode.CONTINUATION, Opcode.PING, Opcode.PONG, Opcode.CLOSE]),
    st.one_of(st.binary(max_size=130), st.text(max_size=30).map(str.encode)),
    final=st.booleans(),
)
streams = st.lists(st.one_of(data_frames, other_frames), max_size=8).map(b"".join)


@given(stream=streams, cuts=st.lists(st.integers(0, 2000), max_size=12))
def test_however_the_stream_is_cut_the_frames_and_the_failure_are_the_same(
    stream: bytes, cuts: list[int]
) -> None:
    bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    parts = [stream[start:stop] for start, stop in pairwise(bounds)]
    assert parse(parts, 1000) == parse([stream], 1000) == parse(pieces(stream, 1), 1000)


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_garbage_is_parsed_or_refused_but_never_raises(garbage: bytes) -> None:
    assert parse(pieces(garbage, 7), 200) == parse([garbage], 200)


# Faults

TEXT_START = server_frame(Opcode.TEXT, b"begun", final=False)
FAULTS = {
    "a masked frame": (b"\x82\x81\x00\x00\x00\x00a", 1002),
    "reserved bit 1": (b"\xc2\x00", 1002),
    "reserved bit 2": (b"\xa2\x00", 1002),
    "reserved bit 3": (b"\x92\x00", 1002),
    "reserved data opcode": (b"\x83\x00", 1002),
    "reserved control opcode": (b"\x8b\x00", 1002),
    "a fragmented ping": (b"\x09\x00", 1002),
    "a ping of 126 bytes": (b"\x89\x7e\x00\x7e" + bytes(126), 1002),
    "16 bits for 125 bytes": (b"\x82\x7e\x00\x7d" + bytes(125), 1002),
    "64 bits for 65535 bytes": (b"\x82\x7f" + (65535).to_bytes(8, "big") + bytes(65535), 1002),
    "the top bit of 64": (b"\x82\x7f\x80" + bytes(7), 1002),
    "a continuation of nothing": (server_frame(Opcode.CONTINUATION, b"x"), 1002),
    "a new message inside a fragmented one": (TEXT_START + server_frame(Opcode.TEXT, b"x"), 1002),
    "a close code of one byte": (server_frame(Opcode.CLOSE, b"\x03"), 1002),
    "a close reason that is no text": (server_frame(Opcode.CLOSE, b"\x03\xe8\xff"), 1007),
    "text that is not UTF-8": (server_frame(Opcode.TEXT, b"\xff"), 1007),
    "long text that is not UTF-8": (server_frame(Opcode.TEXT, b"a" * 200 + b"\xc0\xaf"), 1007),
    "a surrogate": (server_frame(Opcode.TEXT, b"\xed\xa0\x80"), 1007),
    "text that ends inside a character": (server_frame(Opcode.TEXT, EURO[:2]), 1007),
    "fragments that end inside a character": (
        TEXT_START + server_frame(Opcode.CONTINUATION, EURO[:2]),
        1007,
    ),
    "a tebibyte": (b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), 1009),
    "fragments over the limit": (
        server_frame(Opcode.BINARY, bytes(60_000), final=False)
        + server_frame(Opcode.CONTINUATION, bytes(60_000), final=False),
        1009,
    ),
}


@pytest.mark.parametrize("cut", [1, 3, 1 << 20])
@pytest.mark.parametrize(("stream", "code"), FAULTS.values(), ids=FAULTS)
def test_a_broken_rule_is_named_after_all_that_came_before(stream: bytes, code: int, cut: int) -> None:
    before = server_frame(Opcode.BINARY, b"before")
    frames, failure = parse(pieces(before + stream + server_frame(Opcode.TEXT, b"after"), cut), 100_000)
    assert (frames, failure) == ([(Opcode.BINARY, b"before")], code)


def test_after_a_failure_nothing_comes_any_more() -> None:
    parser = FrameParser()
    parser.feed(b"\xff\xff")
    assert isinstance(parser.failure, RemoteProtocolError)
    assert parser.feed(server_frame(Opcode.TEXT, b"late")) == []


def test_text_in_fragments_fails_at_the_first_wrong_byte() -> None:
    stream = TEXT_START + b"\x00\x7e\x10\x00" + b"fine so far " + b"\xff"
    assert parse([stream])[1] == 1007


def test_a_character_may_be_cut_by_fragments_and_reads() -> None:
    stream = server_frame(Opcode.TEXT, EURO[:1], final=False) + server_frame(Opcode.CONTINUATION, EURO[1:])
    assert parse(pieces(stream, 1)) == ([(Opcode.TEXT, EURO)], None)


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 3999, 4000, 4999])
def test_a_close_code_that_may_be_sent_is_read(code: int) -> None:
    payload = code.to_bytes(2, "big") + b"so long"
    assert parse([server_frame(Opcode.CLOSE, payload)]) == ([(Opcode.CLOSE, payload)], None)
    assert parse_close(payload) == (code, "so long")


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535])
def test_a_close_code_that_may_not_be_sent_is_refused(code: int) -> None:
    assert parse([server_frame(Opcode.CLOSE, code.to_bytes(2, "big"))]) == ([], 1002)


def test_an_empty_close_frame_stands_for_1005() -> None:
    assert parse_close(b"") == (1005, "")


@pytest.mark.parametrize("length", [10, 200, 70_000])
def test_the_limit_itself_is_allowed_and_one_byte_more_is_not(length: int) -> None:
    stream = server_frame(Opcode.BINARY, bytes(length))
    assert parse([stream], length) == ([(Opcode.BINARY, bytes(length))], None)
    assert parse([stream], length - 1) == ([], 1009)


# Cost


def cost_of(chunks: list[bytes]) -> float:
    """CPU seconds, the best of nine."""
    times = []
    for _ in range(9):
        started = time.process_time()
        parse(chunks)
        times.append(time.process_time() - started)
    return min(times)


def test_the_cost_of_a_huge_frame_in_pieces_grows_with_its_size_alone() -> None:
    small, large = (list(pieces(server_frame(Opcode.BINARY, bytes(size * MIB)), 4096)) for size in (2, 16))
    assert cost_of(large) < 8 * 4 * cost_of(small)  # a parser that re-joins its tail takes 64 times as long


def test_the_cost_of_fragments_grows_with_their_number_alone() -> None:
    fragment = server_frame(Opcode.CONTINUATION, bytes(200), final=False)
    few, many = (
        [server_frame(Opcode.BINARY, b"", final=False), *[fragment * 64] * count] for count in (100, 1000)
    )
    assert cost_of(many) < 10 * 4 * cost_of(few)


def peak_of(first: bytes, then: bytes, max_message_size: int) -> tuple[int, int | None]:
    """The most memory held while ``then`` is fed over and over, and the code it ends with."""
    parser = FrameParser(max_message_size)
    tracemalloc.start()
    try:
        parser.feed(first)
        for _ in range(4 * max_message_size // len(then) + 100):
            if parser.failure or parser.feed(then):
                break
        return tracemalloc.get_traced_memory()[1], parser.failure.code if parser.failure else None
    finally:
        tracemalloc.stop()


def test_a_message_of_the_largest_size_is_never_held_twice() -> None:
    header = b"\x82\x7f" + (16 * MIB).to_bytes(8, "big")
    peak, failure = peak_of(header, bytes(64 * 1024), 16 * MIB)
    assert failure is None
    assert peak < 24 * MIB


@pytest.mark.parametrize("size", [0, 1, 2, 100])
def test_endless_tiny_fragments_take_no_more_memory_than_the_limit(size: int) -> None:
    opening = server_frame(Opcode.BINARY, b"", final=False)
    fragments = server_frame(Opcode.CONTINUATION, b"x" * size, final=False) * 50
    peak, failure = peak_of(opening, fragments, 64 * 1024)
    assert failure == (1009 if size else None)
    assert peak < 128 * 1024


def test_an_announced_size_reserves_nothing() -> None:
    parser = FrameParser()
    tracemalloc.start()
    try:
        parser.feed(b"\x82\x7f" + (16 * MIB).to_bytes(8, "big") + b"few")
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


# Encoding


@given(st.binary(max_size=125))
def test_a_sent_frame_unmasks_to_its_payload(payload: bytes) -> None:
    frame = encode(Opcode.BINARY, payload)
    assert frame[:2] == bytes((0x82, 0x80 | len(payload)))
    assert unmask(frame) == payload


@pytest.mark.parametrize(
    ("length", "header"),
    [
        (126, b"\x81\xfe\x00\x7e"),
        (65535, b"\x81\xfe\xff\xff"),
        (65536, b"\x81\xff" + (65536).to_bytes(8, "big")),
    ],
)
def test_long_frames_announce_their_length_in_the_shortest_form(length: int, header: bytes) -> None:
    frame = encode(Opcode.TEXT, b"x" * length)
    assert frame.startswith(header)
    assert len(frame) == len(header) + 4 + length


def test_joined_frames_each_have_a_key_of_their_own() -> None:
    payloads = [b"", b"1", b"12345", b"x" * 100]
    rest = encode_many(Opcode.TEXT, payloads)
    keys = set()
    for payload in payloads:
        frame, rest = rest[: 6 + len(payload)], rest[6 + len(payload) :]
        assert frame[:2] == bytes((0x81, 0x80 | len(payload)))
        assert unmask(frame) == payload
        keys.add(frame[2:6])
    assert rest == b""
    assert len(keys) == len(payloads)


def test_no_frames_are_no_bytes() -> None:
    assert encode_many(Opcode.TEXT, []) == b""
