import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, strategies as st

from actors.messages import AssetsListed, PendingOrdersListed, PlaceOrder, RawMessage
from actors.messages.events import DealAccepted, DealRefused, DealsClosed, DealsOpen, PendingAnswered
from actors.messages.traffic import EventBatch, Item, Uplink
from actors.values import Deal, Direction
from tests.doubles.venue_dialogue import ASSETS, EURUSD_OTC, NOW, event, ready, receive, request, said
from tests.doubles.venue_payloads import (
    ACCEPTED,
    ACCEPTED_DEAL,
    CLOSED_DEAL,
    CLOSED_LIST,
    CLOSED_ROW,
    CLOSING,
    CLOSING_DEAL,
    LATER_EVENTS,
    OPEN_LIST,
    PENDING_ORDER,
    PENDING_PRICE_ORDER,
    PENDING_PRICE_ROW,
    PENDING_ROW,
    REFUSED_PENDING_ROW,
)

WORDS: list[tuple[str, bytes, Item]] = [
    ("successopenOrder", ACCEPTED, DealAccepted("c1", "18396039", ACCEPTED_DEAL)),
    (
        "failopenOrder",
        b'{"error":"OPEN_TIME","amount":1,"asset":"A"}',
        DealRefused("c1", "", "A", "OPEN_TIME"),
    ),
    ("successcloseOrder", CLOSING, DealsClosed("c1", 3, [CLOSING_DEAL], listed=False)),
    ("successcloseOrder", CLOSED_LIST, DealsClosed("c1", 3, [CLOSED_DEAL], listed=False)),
    ("updateOpenedDeals", OPEN_LIST, DealsOpen("c1", 3, [ACCEPTED_DEAL])),
    ("updateClosedDeals", CLOSED_LIST, DealsClosed("c1", 3, [CLOSED_DEAL], listed=True)),
    ("successopenPendingOrder", b'{"data":%s}' % PENDING_ROW, PendingAnswered("c1", order=PENDING_ORDER)),
    (
        "failopenPendingOrder",
        b'{"data":{"data":%s,"error":"OPEN_TIME"}}' % REFUSED_PENDING_ROW,
        PendingAnswered("c1", order=PENDING_ORDER, reason="OPEN_TIME"),
    ),
    ("successcancelPendingOrder", b'{"ticket":"t"}', PendingAnswered("c1", ticket="t")),
    ("failcancelPendingOrder", b'{"ticket":"t","error":"x"}', PendingAnswered("c1", ticket="t", reason="x")),
    (
        "successupdatePending",
        b"[%s,%s]" % (PENDING_ROW, PENDING_PRICE_ROW),
        PendingOrdersListed([PENDING_ORDER, PENDING_PRICE_ORDER], "c1", 3),
    ),
    *((name, payload, RawMessage(name, payload.decode())) for name, payload in LATER_EVENTS.items()),
]


@pytest.mark.parametrize(("name", "payload", "item"), WORDS)
def test_a_word_is_the_same_as_attachment_as_text_and_inline(name: str, payload: bytes, item: Item) -> None:
    session = ready()
    inline = f'["{name}",{payload.decode()}]'
    for messages in (event(name, payload), said(f"42{inline}"), said(f"451-{inline}")):
        assert receive(session, messages) == [item]
    assert session.garbage == 0


def test_every_word_travels_between_processes_unchanged() -> None:
    batch = EventBatch("c1", [item for _, _, item in WORDS])
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=Uplink) == batch


# Garbage

TRADING = sorted({name for name, _, _ in WORDS} - set(LATER_EVENTS))
QUOTED = [json.loads(text) for text in (ACCEPTED, CLOSED_ROW, PENDING_ROW, PENDING_PRICE_ROW)]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([0, 1, -5, 0.92, "1", "NaN", "Infinity", "-1", 1733098459, 1733098459000, "", [], {}]),
    st.text(max_size=5),
)
KEYS = st.sampled_from(sorted({key for quoted in QUOTED for key in quoted}))
ROWS = st.sampled_from(QUOTED).flatmap(
    lambda quoted: st.dictionaries(KEYS, VALUES, max_size=3).map(lambda changes: quoted | changes)
)
PAYLOADS = st.recursive(
    ROWS | VALUES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["data", "deals", "error", "ticket", "asset"]), inner, max_size=4)
    ),
    max_leaves=6,
)


def deals_in(item: Item) -> list[Deal]:
    match item:
        case DealAccepted(deal=deal):
            return [deal]
        case DealsOpen(deals=deals) | DealsClosed(deals=deals):
            return deals
    return []


@given(st.sampled_from(TRADING), PAYLOADS)
def test_whatever_the_venue_says_of_deals_what_we_say_of_them_can_be_true(name: str, payload: object) -> None:
    session = ready()
    session.send(
        [request(0, PlaceOrder("A", amount=Decimal(1), direction=Direction.PUT, duration=5), "o1")], NOW
    )
    items = receive(session, event(name, json.dumps(payload).encode()))
    for item in items:
        for deal in deals_in(item):
            assert deal.id
            assert deal.asset
            assert deal.amount > 0
            assert deal.amount.is_finite()
            assert deal.open_price > 0
            assert 0 < deal.opened_at < deal.closes_at + 1
            assert deal.payout >= 0
            closed = isinstance(item, DealsClosed)
            assert (deal.profit is not None) is (deal.outcome is not None) is closed
            assert deal.profit is None or deal.profit.is_finite()
            assert closed or deal.close_price is None
    batch = EventBatch("c1", items)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=Uplink) == batch
    assert session.failure is None
    assert items or session.garbage
    assert receive(session, event("updateAssets", ASSETS)) == [AssetsListed([EURUSD_OTC])]


@given(st.sampled_from(TRADING), st.binary(max_size=60))
def test_bytes_that_are_no_json_are_garbage(name: str, payload: bytes) -> None:
    session = ready()
    items = receive(session, event(name, payload))
    assert items or session.garbage
    assert session.failure is None


@given(st.sampled_from([ACCEPTED, CLOSING, OPEN_LIST, CLOSED_LIST, PENDING_ROW]), st.data())
def test_a_word_cut_short_is_garbage(payload: bytes, data: st.DataObject) -> None:
    session = ready()
    part = payload[: data.draw(st.integers(1, len(payload) - 1))]
    for name in TRADING:
        assert receive(session, event(name, part)) == []
    assert session.garbage == len(TRADING)


ORDERS = st.lists(st.tuples(st.booleans(), st.sampled_from("AB"), st.integers(0, 9)), max_size=30)


@given(ORDERS)
def test_a_refusal_is_attributed_only_when_one_order_is_left_that_it_can_mean(
    steps: list[tuple[bool, str, int]],
) -> None:
    """Against plain lists of what is unanswered: a step sends an order, or answers one either way."""
    session = ready()
    unanswered: dict[str, list[str]] = {"A": [], "B": []}
    meant: dict[str, list[str]] = {"A": [], "B": []}
    for number, (sends, asset, answered) in enumerate(steps):
        if sends:
            command = PlaceOrder(asset, amount=Decimal(1), direction=Direction.CALL, duration=60)
            session.send([request(0, command, f"o{number}")], NOW)
            unanswered[asset].append(f"o{number}")
            continue
        if answered < len(unanswered[asset]):
            order = unanswered[asset].pop(answered)
            word = event("successopenOrder", ACCEPTED.replace(b"18396039", b'"%s"' % order.encode()))
        else:
            meant[asset] = [order for order in meant[asset] if order in unanswered[asset]] or [
                *unanswered[asset]
            ]
            word = event("failopenOrder", f'{{"error":"x","asset":"{asset}"}}'.encode())
        found = [item.order for item in receive(session, word) if isinstance(item, DealRefused)]
        left = [order for order in meant[asset] if order in unanswered[asset]]
        known = left if len(left) == 1 else []
        assert [order for order in found if order] == known
        unanswered[asset] = [order for order in unanswered[asset] if order not in known]
        meant[asset] = [] if known else left
