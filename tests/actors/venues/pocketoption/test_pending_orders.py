import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import RemoteProtocolError
from actors.values import Direction, PendingOrder
from actors.venues.pocketoption.pending_orders import (
    Cancellation,
    PendingOrderDecoder,
    PendingOrderListing,
    Placement,
)
from tests.doubles.venue_payloads import (
    PENDING_ORDER,
    PENDING_PRICE_ORDER,
    PENDING_PRICE_ROW,
    PENDING_ROW,
    REFUSED_PENDING_ROW,
)

TICKET = "8924b0f1-83a0-4050-937c-e8483af4f3f7"
REFUSED_ORDER = PendingOrder(
    "a0523357-1c1e-4f7e-9a3c-0d6f1f4b7b55",
    "EURUSD_otc",
    Direction.CALL,
    Decimal(1),
    60,
    60,
    open_at=1735668739,
)
NO_REASON = "the venue gave no reason"


def row(quoted: bytes = PENDING_ROW, /, without: str = "", **fields: Any) -> bytes:
    whole = json.loads(quoted) | fields
    whole.pop(without, None)
    return json.dumps(whole).encode()


@pytest.mark.parametrize("wrapping", [b"%s", b'{"data":%s}', b'{"data":{"data":%s}}', b' { "data" : %s } '])
def test_a_kept_order_may_come_wrapped(wrapping: bytes) -> None:
    assert PendingOrderDecoder().placement(wrapping % PENDING_ROW) == Placement(PENDING_ORDER)


def test_the_list_of_kept_orders_holds_those_for_a_time_and_those_for_a_price() -> None:
    pending = PendingOrderDecoder()
    both = PendingOrderListing([PENDING_ORDER, PENDING_PRICE_ORDER])
    assert pending.listed(b"[%s,%s]" % (PENDING_ROW, PENDING_PRICE_ROW)) == both
    assert pending.listed(b"[]") == PendingOrderListing([])
    assert pending.refused == 0


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"data":{"data":%s,"error":"OPEN_TIME"}}' % REFUSED_PENDING_ROW, "OPEN_TIME"),
        (
            b'{"data":{"data":%s,"error":"MaxDemoTrades","amount":10,"asset":"EURUSD_otc"}}'
            % REFUSED_PENDING_ROW,
            "MaxDemoTrades",
        ),
        (b'{"data":%s,"error":"OPEN_TIME"}' % REFUSED_PENDING_ROW, "OPEN_TIME"),
        (b'{"error":"OPEN_TIME"}', "OPEN_TIME"),
        (b'{"data":{"error":403}}', "403"),
        (b'"OPEN_TIME"', "OPEN_TIME"),
        (b'{"error":"%s"}' % (b"x" * 1000), "x" * 200),
        (REFUSED_PENDING_ROW, NO_REASON),
        (b"{}", NO_REASON),
        (b"null", NO_REASON),
        (b"", NO_REASON),
    ],
)
def test_a_refused_order_always_has_a_reason_and_its_terms_if_the_venue_says_them(
    payload: bytes, reason: str
) -> None:
    order = REFUSED_ORDER if REFUSED_PENDING_ROW in payload else None
    assert PendingOrderDecoder().refusal(payload) == Placement(order, reason)


def test_a_refused_order_needs_no_ticket() -> None:
    refused = b'{"data":{"data":%s,"error":"OPEN_TIME"}}' % row(REFUSED_PENDING_ROW, without="ticket")
    assert PendingOrderDecoder().refusal(refused).order == structs.replace(REFUSED_ORDER, ticket="")
    with pytest.raises(RemoteProtocolError):
        PendingOrderDecoder().placement(b"[%s]" % row(without="ticket"))


@pytest.mark.parametrize(
    ("payload", "ticket"),
    [
        (b'{"ticket":"%s"}' % TICKET.encode(), TICKET),
        (b'{"data":{"ticket":"%s"}}' % TICKET.encode(), TICKET),
        (b'{"data":"%s"}' % TICKET.encode(), TICKET),
        (b'"%s"' % TICKET.encode(), TICKET),
        (b'{"ticket":1943327}', "1943327"),
        (PENDING_PRICE_ROW, TICKET),
        (b"{}", ""),
        (b"[]", ""),
        (b"null", ""),
        (b"", ""),
    ],
)
def test_a_cancelled_order_is_named_wherever_its_ticket_stands(payload: bytes, ticket: str) -> None:
    assert PendingOrderDecoder().cancellation(payload) == Cancellation(ticket)


@pytest.mark.parametrize(
    ("payload", "ticket", "reason"),
    [
        (b'{"error":"notFound"}', "", "notFound"),
        (b'{"error":"notFound","ticket":"%s"}' % TICKET.encode(), TICKET, "notFound"),
        (b'{"data":{"ticket":"%s"},"error":"notFound"}' % TICKET.encode(), TICKET, "notFound"),
        (b'{"data":{"ticket":"%s"}}' % TICKET.encode(), TICKET, NO_REASON),
        (b'"notFound"', "", "notFound"),
        (b"", "", NO_REASON),
    ],
)
def test_a_failed_cancellation_always_has_a_reason(payload: bytes, ticket: str, reason: str) -> None:
    assert PendingOrderDecoder().failed_cancellation(payload) == Cancellation(ticket, reason)


def test_numbers_may_be_spelt_as_strings() -> None:
    found = PendingOrderDecoder().listed(
        b"[%s]" % row(amount="1.50", openType="0", timeframe="60", minPayout="60", command="0")
    )
    assert [order.amount for order in found.orders] == [Decimal("1.5")]
    (by_price,) = PendingOrderDecoder().listed(b"[%s]" % row(PENDING_PRICE_ROW, openPrice="171.125")).orders
    assert by_price == PENDING_PRICE_ORDER


IMPOSSIBLE: list[dict[str, Any]] = [
    {"ticket": ""},
    {"ticket": 7},
    {"symbol": None},
    {"openType": 2},
    {"openType": 1},
    {"openType": 1, "openPrice": -1},
    {"openTime": "0000-00-00 00:00:00"},
    {"openTime": ""},
    {"openTime": 1735668739},
    {"amount": 0},
    {"amount": "NaN"},
    {"timeframe": 0},
    {"minPayout": -1},
    {"command": 2},
]


@pytest.mark.parametrize("fields", IMPOSSIBLE)
def test_an_impossible_order_is_left_out_and_counted_and_alone_is_no_answer(fields: dict[str, Any]) -> None:
    pending = PendingOrderDecoder()
    assert pending.listed(b"[%s,%s]" % (row(**fields), PENDING_PRICE_ROW)) == PendingOrderListing(
        [PENDING_PRICE_ORDER], complete=False
    )
    assert pending.refused == 1
    with pytest.raises(RemoteProtocolError):
        pending.listed(b"[%s]" % row(**fields))
    with pytest.raises(RemoteProtocolError):
        pending.placement(b'{"data":%s}' % row(**fields))


@pytest.mark.parametrize(
    "name", ["ticket", "symbol", "openType", "amount", "timeframe", "minPayout", "command"]
)
def test_an_order_without_a_field_that_counts_is_impossible(name: str) -> None:
    with pytest.raises(RemoteProtocolError):
        PendingOrderDecoder().placement(row(without=name))


@pytest.mark.parametrize(
    "payload", [b"{", b'{"data":' * 5 + b"1" + b"}" * 5, b'"\xff"', b'{"error":"\\ud800"}', b"[" * 100_000]
)
def test_what_cannot_be_read_is_the_peers_fault(payload: bytes) -> None:
    pending = PendingOrderDecoder()
    for read in (
        pending.placement,
        pending.refusal,
        pending.cancellation,
        pending.failed_cancellation,
        pending.listed,
    ):
        with pytest.raises(RemoteProtocolError):
            read(payload)


@pytest.mark.parametrize("row", [PENDING_ROW, PENDING_PRICE_ROW])
def test_a_pending_order_keeps_every_field_that_the_venue_sent(row: bytes) -> None:
    decoder = PendingOrderDecoder()
    (listed,) = decoder.listed(b"[%s]" % row).orders
    placed = decoder.placement(b'{"data":%s}' % row).order
    assert placed is not None
    assert listed.raw == placed.raw == json.loads(row)
    assert {"dateCreated", "id"} < listed.raw.keys()


def test_a_refused_pending_order_keeps_its_fields() -> None:
    refused = PendingOrderDecoder().refusal(b'{"data":{"data":%s,"error":"OPEN_TIME"}}' % REFUSED_PENDING_ROW)
    assert refused.order is not None
    assert refused.order.raw == json.loads(REFUSED_PENDING_ROW)
