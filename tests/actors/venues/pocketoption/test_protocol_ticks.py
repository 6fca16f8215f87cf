from hypothesis import given, strategies as st

from actors.messages import AssetsListed, UnsubscribeTicks
from actors.messages.traffic import Item, Ticks
from actors.protocols.websocket.pairs import Pairs
from actors.values import Tick
from actors.venues.pocketoption.protocol import Message
from tests.doubles.tick_columns import columns
from tests.doubles.venue_dialogue import (
    ASSETS,
    EURUSD_OTC,
    NOW,
    OTHER_TICK_HEADER,
    TICK_HEADER,
    event,
    ready,
    receive,
    request,
    said,
    texts,
)


def test_neighbouring_ticks_share_an_item_and_nothing_overtakes() -> None:
    session = ready("A")
    tick = [event("updateStream", b'[["A",%d,1]]' % (1770856131 + number)) for number in range(5)]
    assets = event("updateAssets", ASSETS)
    other = said(OTHER_TICK_HEADER, tick[2][1][1])
    items = receive(session, [*tick[0], *tick[1], *other, *assets, *tick[3], *said("2"), *tick[4]])
    assert [
        [tick.time - 1770848931 for tick in item] if isinstance(item, Ticks) else item for item in items
    ] == [[0, 1, 2], AssetsListed([EURUSD_OTC]), [3, 4]]


def test_a_tick_may_be_cut_in_two_by_a_read() -> None:
    session = ready("A")
    assert receive(session, said(TICK_HEADER)) == []
    assert receive(session, said(b'[["A",1770856131,1]]')) == [columns(Tick("A", 1770848931, 1, NOW))]
    assert receive(session, said(TICK_HEADER)) == []
    assert receive(session, event("updateStream", b'[["A",1770856132,1]]')) == [
        columns(Tick("A", 1770848932, 1, NOW))
    ]
    assert session.garbage == 1


def test_the_least_delay_of_the_ticks_is_told_once() -> None:
    session = ready("A")
    assert session.tick_reader.take_delay() is None
    for time in (1770856131, 1770856131.25, 1770856130):  # 0.5, 0.25 and 1.5 s before they are read
        receive(session, event("updateStream", b'[["A",%s,1]]' % str(time).encode()))
    receive(session, event("updateStream", b'[["B",1770856140,1]]'))
    assert session.tick_reader.take_delay() == 0.25
    assert session.tick_reader.take_delay() is None


def test_a_ping_between_header_and_attachment_disturbs_neither() -> None:
    session = ready("A")
    items = receive(session, said(TICK_HEADER, "2", b'[["A",1770856131,1]]'))
    assert items == [columns(Tick("A", 1770848931, 1, NOW))]
    assert texts(session) == ["3"]


def test_an_attachment_is_never_given_to_another_event() -> None:
    session = ready("A")
    messages = [*said(TICK_HEADER), *event("updateAssets", ASSETS)]
    assert receive(session, messages) == [AssetsListed([EURUSD_OTC])]
    assert session.garbage == 1


def test_ticks_end_with_the_subscription() -> None:
    session = ready("A")
    session.send([request(0, UnsubscribeTicks(asset="A"))], NOW)
    assert receive(session, event("updateStream", b'[["A",1770856131,1]]')) == []
    assert session.garbage == 0
    assert session.stream_reports() == {}


TICK_PAYLOADS = st.sampled_from(
    [
        b'[["A",1770856131.3,1.5]]',
        b'[["A",1770856131300,2]]',
        b'[["B",1770856132,2.5],["A",1770856132.5,2.5]]',
        b'[["unwanted",1770856132,2.5]]',
        b'[["A",1770856132,0]]',
        b'[["A",1770856132',
        b"[]",
        b"\xff",
    ]
)
SAID: st.SearchStrategy[list[Message]] = st.one_of(
    TICK_PAYLOADS.map(lambda payload: said(TICK_HEADER, payload)),
    TICK_PAYLOADS.map(said),
    st.lists(TICK_PAYLOADS, min_size=1).map(lambda payloads: [Pairs(payloads)]),
    st.sampled_from(
        [
            said(TICK_HEADER),
            said("2"),
            said('42["updateStream",[["A",1770856133,3]]]'),
            said('42["updateTime",1770856131]'),
            said("nonsense"),
            event("updateHistoryNew", b'{"asset":"A","period":60}'),
            event("updateAssets", ASSETS),
        ]
    ),
)
CONVERSATIONS = st.lists(SAID, max_size=30).map(
    lambda chunks: [message for chunk in chunks for message in chunk]
)


def slowly(messages: list[Message]) -> list[Message]:
    """The same, spelt so that no tick takes the short way."""
    slow: list[Message] = []
    for message in messages:
        if isinstance(message, Pairs):
            slow += [each for payload in message for each in said(OTHER_TICK_HEADER, payload)]
        elif message == (1, TICK_HEADER.encode()):
            slow += said(OTHER_TICK_HEADER)
        else:
            slow.append(message)
    return slow


@given(CONVERSATIONS)
def test_the_short_way_of_ticks_leads_where_the_long_one_does(messages: list[Message]) -> None:
    short, long = ready("A", "B"), ready("A", "B")
    assert receive(short, messages) == receive(long, slowly(messages))
    assert texts(short) == texts(long)
    assert short.garbage == long.garbage
    assert short.stream_reports() == long.stream_reports()


def joined(items: list[Item]) -> list[Item | Tick]:
    """Without the seams between reads."""
    return [part for item in items for part in (item if isinstance(item, Ticks) else [item])]


@given(CONVERSATIONS, st.data())
def test_it_does_not_matter_where_reads_end(messages: list[Message], data: st.DataObject) -> None:
    whole, pieces = ready("A", "B"), ready("A", "B")
    expected = receive(whole, messages)
    found: list[Item] = []
    start = 0
    while start < len(messages):
        end = data.draw(st.integers(start + 1, len(messages)))
        found += receive(pieces, messages[start:end])
        start = end
    assert joined(found) == joined(expected)
    assert pieces.garbage == whole.garbage
    assert pieces.stream_reports() == whole.stream_reports()
