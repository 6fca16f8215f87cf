"""Ticks in columns: however many messages are read at once, each is judged by itself."""

import pytest
from hypothesis import example, given, settings, strategies as st

from actors.values import Tick
from actors.venues.pocketoption.profile import VENUE_UTC_OFFSET
from actors.venues.pocketoption.ticks import TickReader
from actors.venues.stream_counter import StreamCounter

NOW = 1770848931.5
ROW = b'["A",8000.5,1.25]'
LONE = b"[%s]" % ROW


def read_together(
    payloads: list[bytes], assets: str = "AB"
) -> tuple[list[Tick], int, dict[str, StreamCounter]]:
    """Ticks, messages refused, accounts."""
    reader, streams = TickReader(), {asset: StreamCounter() for asset in assets}
    ticks = reader.read(payloads, streams, 1.0)
    return list(ticks or ()), reader.refused, streams


def read_one_by_one(
    payloads: list[bytes], assets: str = "AB"
) -> tuple[list[Tick], int, dict[str, StreamCounter]]:
    reader, streams = TickReader(), {asset: StreamCounter() for asset in assets}
    ticks = [tick for payload in payloads for tick in reader.read([payload], streams, 1.0) or ()]
    return ticks, reader.refused, streams


def lone(asset: str, time: float, price: float) -> bytes:
    return b'[["%s",%r,%r]]' % (asset.encode(), time, price)


def test_ticks_come_in_the_order_of_their_messages() -> None:
    payloads = [lone("AB"[number % 2], 8000 + number, 1 + number) for number in range(2000)]
    ticks, refused, streams = read_together(payloads)
    assert [tick.price for tick in ticks] == [1 + number for number in range(2000)]
    assert [tick.time + VENUE_UTC_OFFSET for tick in ticks] == [8000 + number for number in range(2000)]
    assert not refused
    assert (streams["A"].ticks, streams["B"].ticks) == (1000, 1000)
    assert streams["B"].last == ticks[-1]


def test_of_assets_that_nobody_subscribed_to_nothing_is_read() -> None:
    assert read_together([lone("C", 8000, 1.0)] * 3, "AB") == (
        [],
        0,
        {"A": StreamCounter(), "B": StreamCounter()},
    )
    ticks, _, _ = read_together([lone("C", 8000, 1.0), lone("A", 8000, 2.0), lone("C", 8000, 3.0)])
    assert [tick.price for tick in ticks] == [2.0]


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b'[["A",8000.5,1.25]', b"]"], id="the end of one in the next"),
        pytest.param([b'[["A",8000.5,1.25]', b'],[["B",8000.5,1.5]]'], id="the end of one before another"),
        pytest.param([b'[["A",8000.5', b'1.25]],[["B",8000.5,1.5]]'], id="a row in two"),
        pytest.param([b'[["A', b'B",8000.5,1.25]],[["B",8000.5,1.5]]'], id="a string in two"),
        pytest.param(
            [b'[["A', b'B",8000.5,1.25]],null,[["B",8000.5,1.5]]'], id="a string in two, and one more"
        ),
        pytest.param([b'[["A",8000.5,1.25', b'7]],null,[["B",8000.5,1.5]]'], id="a row in two, and one more"),
        pytest.param([LONE + b",\nnull," + LONE, b""], id="two in one and none"),
        pytest.param([LONE + b",\nnull," + LONE, b"null"], id="two in one and a null"),
        pytest.param([LONE + b",\nnull," + LONE, LONE], id="two in one, apart as if they were two"),
        pytest.param([b"null", LONE], id="a null"),
        pytest.param([LONE + b"," + LONE, LONE], id="two in one"),
        pytest.param([LONE + b"]", b"[" + LONE], id="a bracket too much"),
        pytest.param([b"", LONE], id="nothing"),
        pytest.param([b"[%s,%s]" % (ROW, ROW), LONE], id="two rows"),
        pytest.param([b'[["A",8000.5,1.25,7]]', LONE], id="a further column"),
        pytest.param([b'[["A",8000.5,0]]', LONE], id="no price"),
        pytest.param([b'[["A",8000.5,NaN]]', LONE], id="not a number"),
        pytest.param([b'[["A",8000.5,1e999]]', LONE], id="beyond all numbers"),
        pytest.param([b'[["\xff",8000.5,1]]', LONE], id="not UTF-8"),
        pytest.param([b"[" * 5000, LONE], id="too deep"),
        pytest.param([b"[]", LONE], id="no row"),
        pytest.param([b'[["A",8000000000000,1]]', LONE], id="milliseconds"),
        pytest.param([b' [ [ "A" , 8000 , 1 ] ]\n', LONE], id="spaces"),
    ],
)
def test_no_message_takes_anything_from_another(parts: list[bytes]) -> None:
    for payloads in (parts, [LONE, *parts], [*parts, LONE, LONE], [*parts] * 3):
        assert read_together(payloads) == read_one_by_one(payloads)


PIECES = st.sampled_from(
    [
        *(
            b"[",
            b"]",
            b"[[",
            b"]]",
            b",",
            b",\nnull,",
            b"null",
            b'"A"',
            b'"B"',
            b'"',
            b"8000.5",
            b"1.25",
            b"0",
        ),
        *(b"\n", b" ", LONE, LONE, ROW, b'[["A",8000.5,', b"1.25]]", b'"B",9000,2]]', b'{"a":1}'),
    ]
)
PAYLOADS = st.one_of(st.just(LONE), st.lists(PIECES, max_size=6).map(b"".join))


@settings(max_examples=500)
@given(st.lists(PAYLOADS, max_size=5))
@example([b'[["A",8000.5,1.25]', b'],[["B",8000.5,1.5]]'])
def test_together_they_are_what_each_is_by_itself(payloads: list[bytes]) -> None:
    assert read_together(payloads) == read_one_by_one(payloads)


@given(st.lists(st.just(LONE), min_size=2, max_size=3), st.data())
def test_a_stream_of_messages_cut_elsewhere_is_no_stream_of_messages(
    messages: list[bytes], data: st.DataObject
) -> None:
    text = data.draw(st.sampled_from([b",\nnull,", b",", b"\n", b""])).join(messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=3)))
    payloads = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert read_together(payloads) == read_one_by_one(payloads)


def ticks(payload: str, *assets: str, reader: TickReader | None = None) -> list[Tick]:
    found = (reader or TickReader()).read(
        [payload.encode()], {asset: StreamCounter() for asset in assets}, NOW
    )
    return list(found or [])


def test_a_tick_is_stamped_in_utc() -> None:
    assert ticks('[["EURUSD_otc",1770856131.3,1.19537]]', "EURUSD_otc") == [
        Tick("EURUSD_otc", 1770848931.3, 1.19537, NOW)
    ]


@pytest.mark.parametrize("time", ["1770856131", "1770856131.0", "1770856131000", "1770856131000.0"])
def test_the_time_of_a_tick_may_be_whole_or_in_milliseconds(time: str) -> None:
    (tick,) = ticks(f'[["A",{time},1]]', "A")
    assert tick.time == 1770848931.0


def test_a_message_may_hold_several_ticks_and_columns_yet_unknown() -> None:
    found = ticks('[["A",1770856131,1],["B",1770856131.5,2,null],["A",1770856132,3,"new"]]', "A", "B")
    assert [(tick.asset, tick.price) for tick in found] == [("A", 1.0), ("B", 2.0), ("A", 3.0)]


def test_ticks_of_a_stream_that_was_let_go_are_left_out_and_are_no_garbage() -> None:
    reader = TickReader()
    found = ticks('[["B",1770856131,1],["A",1770856131,2]]', "A", reader=reader)
    assert [tick.asset for tick in found] == ["A"]
    assert reader.refused == 0


def test_ticks_are_entered_into_their_streams_account() -> None:
    streams = {"A": StreamCounter(), "B": StreamCounter()}
    payloads = [b'[["A",1770856131,1]]', b'[["A",1770856132,2],["A",1770856133,3]]']
    TickReader().read(payloads, streams, NOW)
    report = streams["A"].report()
    assert report is not None
    assert (report.ticks, report.first_time, report.last_time) == (3, 1770848931, 1770848933)
    assert (report.last_price, report.received_at) == (3.0, NOW)
    assert streams["B"].report() is None


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "{}",
        "7",
        '["A",1770856131,1]',
        '[["A",1770856131]]',
        '[["A",1770856131,0]]',
        '[["A",1770856131,-1.5]]',
        '[["A",1770856131,NaN]]',
        '[["A",1770856131,Infinity]]',
        '[["A",1770856131,1e999]]',
        '[["A",1770856131,"1"]]',
        '[["A",1770856131,null]]',
        '[["A",0,1]]',
        '[["A",1e300,1]]',
        "[[7,1770856131,1]]",
        '[["A",1770856131,1]',
        '[["A",1770856131,1]]]',
        '[["\\ud800",1770856131,1]]',
        "[" * 100_000,
        '[["A",1770856131,1,' + "[" * 100_000,
    ],
)
def test_impossible_ticks_are_refused_and_counted(payload: str) -> None:
    reader = TickReader()
    assert ticks(payload, "A", "\ufffd", reader=reader) == []
    assert reader.refused == 1
    assert len(ticks('[["A",1770856131,1]]', "A", reader=reader)) == 1
