import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from socketio.packet import EVENT, Packet as JudgePacket  # type: ignore[import-untyped]

from actors.errors import RemoteProtocolError
from actors.protocols import socketio
from actors.protocols.socketio import Connected, ConnectError, Decoder, Disconnected, EventPacket, Packet

HEADER = b'51-["updateAssets",{"_placeholder":true,"num":0}]'


def fed(decoder: Decoder, *parts: str | bytes) -> list[Packet]:
    """Texts as ``str``, attachments as ``bytes``; the packets that came of them."""
    packets = [
        decoder.receive_text(part.encode()) if isinstance(part, str) else decoder.receive_binary(part)
        for part in parts
    ]
    return [packet for packet in packets if packet is not None]


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("0", Connected()),
        ('0{"sid":"c7Yx"}', Connected()),
        ("0/,", Connected()),
        ("1", Disconnected()),
        ("4", ConnectError()),
        ('4{"message":"no","data":{}}', ConnectError("no")),
        ('2["ps"]', EventPacket("ps")),
        ('2["NotAuthorized",{}]', EventPacket("NotAuthorized", (b"{}",))),
        ('2["a", 1 ,[2,  3],"x"]', EventPacket("a", (b"1", b"[2,  3]", b'"x"'))),
        ('212["a",1]', EventPacket("a", (b"1",))),
        ('2/,12["a",1]', EventPacket("a", (b"1",))),
        ('51-["updateOpenedDeals",[]]', EventPacket("updateOpenedDeals", (b"[]",))),
        ('51-["price",0.30]', EventPacket("price", (b"0.30",))),
    ],
)
def test_a_text_is_a_packet(text: str, packet: Packet) -> None:
    decoder = Decoder()
    assert fed(decoder, text) == [packet]
    assert decoder.unpaired == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "7",
        "2",
        "2[]",
        "2{}",
        "2[1]",
        '2["a"',
        '2["a"]]',
        '2["a",NaN]',
        '21-["a"]',
        '3["an answer"]',
        '31["an answer"]',
        '61-["an answer",{"_placeholder":true,"num":0}]',
        '565-["a"]',
        '5999999999-["a"]',
        '59999999999999-["a"]',
        "4[",
        "2[" + "[" * 100_000,
        '2["\\ud800"]x',
    ],
)
def test_a_bad_text_is_the_peers_fault_and_the_decoder_goes_on(text: str) -> None:
    decoder = Decoder()
    with pytest.raises(RemoteProtocolError):
        decoder.receive_text(text.encode())
    assert fed(decoder, '2["a"]') == [EventPacket("a")]


def test_an_attachment_takes_its_placeholders_place() -> None:
    decoder = Decoder()
    assert fed(decoder, HEADER.decode()) == []
    assert decoder.announced == "updateAssets"
    assert fed(decoder, b"[[5]]") == [EventPacket("updateAssets", (b"[[5]]",))]
    assert (decoder.announced, decoder.awaited, decoder.unpaired) == ("", None, 0)


def test_attachments_go_where_their_numbers_say() -> None:
    decoder = Decoder()
    header = (
        '53-["a",{"_placeholder":true,"num":2},7,{"num":0,"_placeholder":true},{"_placeholder":true,"num":1}]'
    )
    assert fed(decoder, header, b"0", b"1", b"2") == [EventPacket("a", (b"2", b"7", b"0", b"1"))]


def test_a_text_in_place_of_an_attachment_drops_the_event_and_is_read_itself() -> None:
    decoder = Decoder()
    packets = fed(decoder, HEADER.decode(), '2["a"]', b"[[5]]", '2["b"]')
    assert packets == [EventPacket("a"), EventPacket("b")]
    assert decoder.unpaired == 2  # the header, and then its late attachment


def test_a_doubled_header_drops_the_first_one() -> None:
    decoder = Decoder()
    assert fed(decoder, HEADER.decode(), HEADER.decode(), b"1") == [EventPacket("updateAssets", (b"1",))]
    assert decoder.unpaired == 1


def test_a_doubled_attachment_is_dropped() -> None:
    decoder = Decoder()
    packets = fed(decoder, HEADER.decode(), b"1", b"1", HEADER.decode(), b"2")
    assert packets == [EventPacket("updateAssets", (b"1",)), EventPacket("updateAssets", (b"2",))]
    assert decoder.unpaired == 1


def test_a_text_between_two_attachments_drops_the_event() -> None:
    decoder = Decoder()
    header = '52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
    assert fed(decoder, header, b"0", "1", b"1") == [Disconnected()]
    assert decoder.unpaired == 2


@pytest.mark.parametrize(
    "header",
    [
        '52-["a",{"_placeholder":true,"num":0}]',
        '51-["a",{"_placeholder":true,"num":1}]',
        '51-["a",{"_placeholder":true,"num":-1}]',
        '52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]',
        '51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]',
        '51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]',
        '50-["a",{"_placeholder":true,"num":0}]',
        '5["a",{"_placeholder":true,"num":0}]',
        '51-["a",{"_placeholder":true,"num":"0"}]',
        '51-["a",{"_placeholder":true}]',
        '51-["a",{"data":{"_placeholder":true,"num":0}}]',
        '51-["a",[{"_placeholder":true,"num":0}]]',
        '51-[{"_placeholder":true,"num":0}]',
    ],
)
def test_placeholders_and_announced_count_must_agree(header: str) -> None:
    decoder = Decoder()
    with pytest.raises(RemoteProtocolError):
        decoder.receive_text(header.encode())
    assert fed(decoder, b"1", '2["b"]') == [EventPacket("b")]
    assert decoder.unpaired == 1


def test_other_namespaces_are_passed_over_with_their_attachments() -> None:
    decoder = Decoder()
    other = '51-/chat,["a",{"_placeholder":true,"num":0}]'
    told = ['0/chat,{"sid":"x"}', '2/chat,["a"]', "1/chat", '51-/chat,["a",1]']
    assert fed(decoder, *told, other, b"1", '2["b"]') == [EventPacket("b")]
    assert decoder.unpaired == 0


def test_events_are_encoded_as_one_text() -> None:
    assert socketio.encode_event("ps") == b'42["ps"]'
    assert socketio.encode_event("subfor", "#AAPL_otc") == b'42["subfor","#AAPL_otc"]'
    assert socketio.CONNECT == b"40"
    assert socketio.DISCONNECT == b"41"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=6,
).filter(lambda value: "_placeholder" not in json.dumps(value))


@given(st.text(max_size=10), st.lists(PLAIN | st.binary(max_size=20), max_size=5))
def test_python_socketio_as_a_judge_encodes_what_we_decode(name: str, arguments: list[Any]) -> None:
    encoded = JudgePacket(EVENT, data=[name, *arguments]).encode()
    parts = encoded if isinstance(encoded, list) else [encoded]
    (event,) = fed(Decoder(), *parts)
    assert isinstance(event, EventPacket)
    assert event.name == name
    for found, sent in zip(event.arguments, arguments, strict=True):
        assert (found if isinstance(sent, bytes) else json.loads(found)) == sent


@given(st.text(max_size=10), PLAIN)
def test_python_socketio_as_a_judge_decodes_what_we_encode(name: str, payload: Any) -> None:
    text = socketio.encode_event(name, payload).decode()
    judged = JudgePacket(encoded_packet=text[1:])
    assert judged.packet_type == EVENT
    assert judged.data == [name, payload]


@given(
    st.lists(
        st.binary(max_size=30)
        | st.text(max_size=30)
        | st.from_regex(
            r"\A[0-6](\d{0,2}-)?(/\w?,)?\d?(\[\"\w?\"(,\{\"_placeholder\":true,\"num\":\d\})*\])?\Z"
        ),
        max_size=12,
    )
)
def test_any_messages_are_packets_or_the_peers_fault(parts: list[str | bytes]) -> None:
    decoder = Decoder()
    for part in parts:
        with contextlib.suppress(RemoteProtocolError):
            fed(decoder, part)
