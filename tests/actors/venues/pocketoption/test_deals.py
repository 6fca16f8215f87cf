import decimal
import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import RemoteProtocolError
from actors.values import AccountKind, Direction, Outcome
from actors.venues.pocketoption.deals import Acceptance, ClosedDeals, DealDecoder, DealRefusal, OpenDeals
from tests.doubles.venue_payloads import (
    ACCEPTED,
    ACCEPTED_DEAL,
    CLOSED_DEAL,
    CLOSED_LIST,
    CLOSED_ROW,
    CLOSING,
    CLOSING_DEAL,
    OPEN_LIST,
)


def row(quoted: bytes = CLOSED_ROW, /, without: str = "", **fields: Any) -> bytes:
    """A row as quoted but for these fields; ``bytes`` stand in it as they are."""
    whole = json.loads(quoted, parse_float=Decimal) | fields
    whole.pop(without, None)
    return b"{%s}" % b",".join(b'"%s":%s' % (key.encode(), _literal(value)) for key, value in whole.items())


def _literal(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return str(value).encode() if isinstance(value, Decimal) else json.dumps(value).encode()


def closed(row: bytes) -> Any:
    (deal,) = DealDecoder().closed_list(b"[" + row + b"]").deals
    return deal


# The words as quoted


def test_an_accepted_order_names_its_request_and_its_deal() -> None:
    assert DealDecoder().acceptance(ACCEPTED) == Acceptance("18396039", ACCEPTED_DEAL)


def test_what_an_open_deal_could_win_is_not_its_profit() -> None:
    for deal in (DealDecoder().acceptance(ACCEPTED).deal, *DealDecoder().open_list(OPEN_LIST).deals):
        assert deal == ACCEPTED_DEAL
        assert (deal.profit, deal.close_price, deal.outcome) == (None, None, None)


def test_the_profit_of_a_closed_deal_is_what_was_gained() -> None:
    assert DealDecoder().closing(CLOSING) == ClosedDeals([CLOSING_DEAL], listed=False)
    assert DealDecoder().closed_list(CLOSED_LIST) == ClosedDeals([CLOSED_DEAL], listed=True)
    assert (CLOSING_DEAL.outcome, CLOSED_DEAL.outcome) == (Outcome.LOSS, Outcome.WIN)


@pytest.mark.parametrize(
    ("payload", "refusal"),
    [
        (
            b'{"error":"MaxDemoTrades","amount":10,"asset":"EURUSD_otc"}',
            DealRefusal("EURUSD_otc", "MaxDemoTrades", Decimal(10)),
        ),
        (b'{"error":"OPEN_TIME","amount":1,"asset":"#AAPL"}', DealRefusal("#AAPL", "OPEN_TIME", Decimal(1))),
        (b'{"asset":"A"}', DealRefusal("A", "the venue gave no reason")),
        (b'{"asset":"A","error":null}', DealRefusal("A", "the venue gave no reason")),
        (b'{"asset":"A","error":403}', DealRefusal("A", "403")),
        (b'{"asset":"A","error":"%s"}' % (b"x" * 1000), DealRefusal("A", "x" * 200)),
    ],
)
def test_a_refusal_names_its_asset_and_always_a_reason(payload: bytes, refusal: DealRefusal) -> None:
    assert DealDecoder().refusal(payload) == refusal


# Variations


@pytest.mark.parametrize(
    ("echo", "request_id"),
    [
        (b'"7b0f6c1e-uuid"', "7b0f6c1e-uuid"),
        (b'"18396039"', "18396039"),
        (b"18396039", "18396039"),
        (b"1784987386.5", "1784987386.5"),
        (b"true", "true"),
        (b'""', ""),
        (b"null", ""),
        (b"{}", ""),
    ],
)
def test_a_request_id_is_text_whatever_it_was(echo: bytes, request_id: str) -> None:
    found = DealDecoder().acceptance(row(ACCEPTED, requestId=echo))
    assert found == Acceptance(request_id, ACCEPTED_DEAL)


def test_a_deal_opened_by_nobodys_request_is_a_deal() -> None:
    assert DealDecoder().acceptance(row(ACCEPTED, without="requestId")) == Acceptance("", ACCEPTED_DEAL)


def test_an_order_is_answered_even_by_an_impossible_deal() -> None:
    deals = DealDecoder()
    assert deals.acceptance(b'{"requestId":"r1","amount":-1}') == Acceptance("r1", None)
    assert deals.refused == 1


def test_deals_that_close_together_may_come_in_a_list_without_anything_around_it() -> None:
    other = row(id="other", command=1)
    both = b"[" + CLOSED_ROW + b"," + other + b"]"
    expected = ClosedDeals(
        [CLOSED_DEAL, structs.replace(CLOSED_DEAL, id="other", direction=Direction.PUT)], listed=False
    )
    assert DealDecoder().closing(both) == DealDecoder().closing(b'{"profit":1,"deals":%s}' % both) == expected


def test_lists_may_be_empty() -> None:
    assert DealDecoder().open_list(b"[]") == OpenDeals([])
    assert DealDecoder().closed_list(b"[]") == ClosedDeals([], listed=True)
    assert DealDecoder().closing(b'{"profit":0,"deals":[]}') == ClosedDeals([], listed=False)


@pytest.mark.parametrize("number", ["0.1", "1e2", "20000", "0.92", "0.30000000000000004", "5.00"])
def test_money_is_the_texts_own_number(number: str) -> None:
    deal = closed(row(amount=number.encode(), profit=b"-" + number.encode()))
    assert str(deal.amount) == str(Decimal(number))
    assert str(deal.profit) == str(-Decimal(number))


@pytest.mark.parametrize("profit", [b"0", b"0.0", b"-0", b'"0"'])
def test_a_draw_is_neither_won_nor_lost(profit: bytes) -> None:
    deal = closed(row(profit=profit, closePrice=37.8223))
    assert deal.outcome is Outcome.DRAW


@pytest.mark.parametrize(
    "fields",
    [
        {"copyTicket": 0},
        {"copyTicket": "9a1f"},
        {"amount": "1", "profit": "0.92", "openPrice": "37.8223", "closePrice": "37.82237"},
        {"openTimestamp": "1733098399", "closeTimestamp": "1733098459.0", "openMs": "151", "closeMs": "0"},
        {"openTimestamp": 1733098399000, "closeTimestamp": 1733098459000},
        {"isDemo": True, "command": "0", "percentProfit": "92"},
        {"isDemo": "1", "percentProfit": 92.0, "closeMs": None},
        {"new": {"key": [1]}},
    ],
)
def test_a_field_may_be_spelt_otherwise(fields: dict[str, Any]) -> None:
    assert closed(row(**fields)) == CLOSED_DEAL


@pytest.mark.parametrize(
    "name", ["refundTime", "copyTicket", "openTime", "closeMs", "percentLoss", "uid", "amountUSD"]
)
def test_a_field_of_no_consequence_may_be_missing(name: str) -> None:
    assert closed(row(without=name)) == CLOSED_DEAL


def test_a_deal_may_be_live() -> None:
    assert closed(row(isDemo=0)).account is AccountKind.LIVE


@pytest.mark.parametrize(
    ("command", "close", "profit"),
    [
        (0, "37.8224", "0.92"),
        (0, "37.8222", "-1"),
        (0, "37.8223", "0"),
        (1, "37.8224", "-1"),
        (1, "37.8222", "0.92"),
        (1, "37.82230", "0"),
    ],
)
def test_a_profit_that_is_not_named_follows_from_prices_and_direction(
    command: int, close: str, profit: str
) -> None:
    deal = closed(row(without="profit", command=command, closePrice=close.encode()))
    assert deal.profit == Decimal(profit)


def test_the_part_of_a_stake_that_a_loss_gives_back_is_not_lost() -> None:
    deal = closed(row(without="profit", closePrice=1.0, percentLoss=95, amount=b"0.1"))
    assert deal.profit == Decimal("-0.095")


@pytest.mark.parametrize("price", [0, None])
def test_a_named_profit_needs_no_price(price: object) -> None:
    deal = closed(row(closePrice=price))
    assert (deal.profit, deal.close_price, deal.outcome) == (Decimal("0.92"), None, Outcome.WIN)


# Impossible rows

IMPOSSIBLE: list[dict[str, Any]] = [
    {"id": ""},
    {"id": None},
    {"asset": ""},
    {"asset": 7},
    {"command": 2},
    {"command": -1},
    {"command": True},
    {"command": "call"},
    {"amount": 0},
    {"amount": -1},
    {"amount": "NaN"},
    {"amount": "Infinity"},
    {"amount": b"1e18"},
    {"amount": b"1e999999999"},
    {"amount": None},
    {"openTimestamp": 0},
    {"openTimestamp": "soon"},
    {"openTimestamp": b"1e300"},
    {"closeTimestamp": 1733098398},
    {"openMs": 1000},
    {"openMs": -1},
    {"openPrice": 0},
    {"openPrice": "inf"},
    {"openPrice": "nan"},
    {"percentProfit": -1},
    {"percentProfit": "NaN"},
    {"percentProfit": b"1e9"},
    {"isDemo": 2},
    {"isDemo": None},
]
IMPOSSIBLE_ENDS: list[dict[str, Any]] = [
    {"profit": "NaN"},
    {"profit": b"-1e30"},
    {"profit": {}},
    {"profit": None, "closePrice": 0},
    {"profit": None, "closePrice": None},
    {"profit": None, "percentLoss": "NaN", "closePrice": 1.0},
    {"closePrice": -1},
    {"closePrice": "inf"},
]


@pytest.mark.parametrize("fields", [*IMPOSSIBLE, *IMPOSSIBLE_ENDS])
def test_an_impossible_row_is_left_out_of_closed_deals_and_counted(fields: dict[str, Any]) -> None:
    deals = DealDecoder()
    rows = b"[" + row(**fields) + b"," + CLOSED_ROW + b"]"
    assert deals.closed_list(rows) == ClosedDeals([CLOSED_DEAL], listed=True, complete=False)
    assert deals.closing(rows) == ClosedDeals([CLOSED_DEAL], listed=False, complete=False)
    assert deals.refused == 2


@pytest.mark.parametrize("fields", IMPOSSIBLE)
def test_an_impossible_row_is_left_out_of_open_deals_and_counted(fields: dict[str, Any]) -> None:
    deals = DealDecoder()
    found = deals.open_list(b"[%s,%s]" % (row(ACCEPTED, **fields), ACCEPTED))
    assert found == OpenDeals([ACCEPTED_DEAL], complete=False)
    assert deals.acceptance(row(ACCEPTED, **fields)) == Acceptance("18396039", None)
    assert deals.refused == 2


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "asset",
        "command",
        "amount",
        "openTimestamp",
        "closeTimestamp",
        "openPrice",
        "percentProfit",
        "isDemo",
    ],
)
def test_a_deal_without_a_field_that_counts_is_impossible(name: str) -> None:
    assert DealDecoder().acceptance(row(ACCEPTED, without=name)).deal is None


@pytest.mark.parametrize("payload", [b"[{}]", b'[7,"x",null]', b"{}", b'"x"', b"7", b"null", b"", b"["])
def test_what_lists_no_deal_is_not_an_empty_list(payload: bytes) -> None:
    for read in (DealDecoder().open_list, DealDecoder().closed_list, DealDecoder().closing):
        with pytest.raises(RemoteProtocolError):
            read(payload)


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b'"x"', b"{", b'{"error":"x"}', b'{"asset":""}'])
def test_a_refusal_of_nothing_is_the_peers_fault(payload: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        DealDecoder().refusal(payload)


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b'"x"', b'{"requestId":', b'{"requestId":"\xff"}'])
def test_an_acceptance_of_nothing_is_the_peers_fault(payload: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        DealDecoder().acceptance(payload)


def test_no_decimal_context_of_others_changes_a_profit_that_follows_from_prices() -> None:
    terms: dict[str, Any] = {
        "amount": 1234.56,
        "percentProfit": 87,
        "profit": None,
        "openPrice": 1.1,
        "closePrice": 1.2,
    }
    with decimal.localcontext() as context:
        context.prec = 2
        context.traps[decimal.Inexact] = context.traps[decimal.Rounded] = True
        won = closed(row(command=0, **terms))
        lost = closed(row(command=1, **terms))
    assert (won.profit, lost.profit) == (Decimal("1074.0672"), Decimal("-1234.56"))


# The fields of the venue


def test_each_deal_keeps_every_field_that_the_venue_sent() -> None:
    decoder = DealDecoder()
    accepted = decoder.acceptance(ACCEPTED).deal
    assert accepted is not None
    assert accepted.raw == json.loads(ACCEPTED)
    assert len(accepted.raw) == 21
    (listed,) = decoder.open_list(OPEN_LIST).deals
    assert listed.raw == json.loads(OPEN_LIST)[0]
    (ended,) = decoder.closing(CLOSING).deals
    assert ended.raw == json.loads(CLOSING)["deals"][0]
    assert closed(CLOSED_ROW).raw == json.loads(CLOSED_ROW)


@pytest.mark.parametrize(
    "fields",
    [
        {"requestId": 2**70},
        {"requestId": -(2**70)},
        {"copyTicket": "x" * 5000},
    ],
)
def test_a_deal_is_not_lost_with_fields_that_cannot_be_kept(fields: dict[str, Any]) -> None:
    deal = closed(row(CLOSED_ROW, **fields))
    assert deal == CLOSED_DEAL
    assert deal.raw == {}


@pytest.mark.parametrize(
    ("written", "currency"),
    [
        ("EUR", "EUR"),
        ("", None),
        (None, None),
        (7, None),
        ({"code": "USD"}, None),
        ("U S", None),
        ("X" * 13, None),
        (b'"\xc3\xbc"', None),
    ],
)
def test_the_currency_is_that_of_the_venue_or_unknown(written: Any, currency: str | None) -> None:
    assert closed(row(CLOSED_ROW, currency=written)).currency == currency


def test_without_a_currency_a_deal_is_what_it_was() -> None:
    assert closed(row(CLOSED_ROW, without="currency")) == structs.replace(CLOSED_DEAL, currency=None)
