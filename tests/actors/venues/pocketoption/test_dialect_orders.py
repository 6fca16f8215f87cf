import json
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import RequestRefused
from actors.messages import Direction, PlaceOrder
from actors.messages.commands import PlacePendingOrder
from actors.values import AccountKind
from actors.venues.pocketoption import dialect

CALL = PlaceOrder(asset="EURUSD_otc", amount=Decimal(1), direction=Direction.CALL, duration=60)
AT_TIME = PlacePendingOrder(
    asset="EURUSD_otc",
    amount=Decimal(10),
    direction=Direction.CALL,
    duration=60,
    open_at=1785072487.0,
    minimum_payout=60,
)
AT_PRICE = structs.replace(AT_TIME, open_at=None, open_price=1.13183, direction=Direction.PUT)
NOW = 1785072487.9


def test_an_order_names_its_book_and_its_id() -> None:
    assert dialect.place_order(CALL, "7b0f", AccountKind.DEMO) == (
        b'42["openOrder",{"asset":"EURUSD_otc","amount":1,"action":"call","isDemo":1,'
        b'"requestId":"7b0f","optionType":100,"time":60}]'
    )
    put = structs.replace(CALL, direction=Direction.PUT)
    assert dialect.place_order(put, "7b0f", AccountKind.LIVE) == (
        b'42["openOrder",{"asset":"EURUSD_otc","amount":1,"action":"put","isDemo":0,'
        b'"requestId":"7b0f","optionType":100,"time":60}]'
    )


@pytest.mark.parametrize(
    ("amount", "number"),
    [(1, "1"), ("1.50", "1.5"), (0.1, "0.1"), ("1e2", "100"), (20000, "20000"), ("0.92", "0.92")],
)
def test_amounts_are_numbers_to_the_digit(amount: Any, number: str) -> None:
    order = structs.replace(CALL, amount=amount)
    pending = structs.replace(AT_TIME, amount=amount)
    for text in (
        dialect.place_order(order, "7b0f", AccountKind.DEMO),
        dialect.place_pending_order(pending, NOW),
    ):
        assert f'"amount":{number},'.encode() in text


def test_an_order_for_a_time_names_it_on_the_venues_clock() -> None:
    assert dialect.place_pending_order(AT_TIME, NOW) == (
        b'42["openPendingOrder",{"openType":0,"amount":10,"asset":"EURUSD_otc",'
        b'"openTime":"2026-07-26 15:28:07","openPrice":0,"timeframe":60,"minPayout":60,"command":0}]'
    )


def test_an_order_for_a_price_names_a_time_too_which_is_now() -> None:
    assert dialect.place_pending_order(AT_PRICE, NOW) == (
        b'42["openPendingOrder",{"openType":1,"amount":10,"asset":"EURUSD_otc",'
        b'"openTime":"2026-07-26 15:28:07","openPrice":1.13183,"timeframe":60,"minPayout":60,"command":1}]'
    )


def test_a_kept_order_is_taken_back_by_its_ticket() -> None:
    assert dialect.cancel_pending_order("8924b0f1-83a0") == (
        b'42["cancelPendingOrder",{"ticket":"8924b0f1-83a0"}]'
    )


@pytest.mark.parametrize("amount", ["0", "-1", "1e18"])
def test_what_is_no_stake_is_not_sent(amount: str) -> None:
    with pytest.raises(RequestRefused):
        dialect.place_order(structs.replace(CALL, amount=amount), "7b0f", AccountKind.DEMO)
    with pytest.raises(RequestRefused):
        dialect.place_pending_order(structs.replace(AT_TIME, amount=amount), NOW)


def test_an_order_whose_answer_could_not_name_it_is_not_sent() -> None:
    with pytest.raises(RequestRefused):
        dialect.place_order(CALL, "", AccountKind.DEMO)


@pytest.mark.parametrize(
    ("open_at", "open_price"),
    [
        (None, None),
        (NOW, 1.5),
        (-1.0, None),
        (1e12, None),
        (float("nan"), None),
        (None, 0.0),
        (None, -1.0),
        (None, float("nan")),
        (None, float("inf")),
    ],
)
def test_an_order_that_could_never_open_is_not_sent(open_at: float | None, open_price: float | None) -> None:
    with pytest.raises(RequestRefused):
        dialect.place_pending_order(structs.replace(AT_TIME, open_at=open_at, open_price=open_price), NOW)


def test_names_are_escaped_as_json_has_it() -> None:
    text = dialect.place_order(structs.replace(CALL, asset='"é\\'), "7b0f", AccountKind.DEMO)
    assert json.loads(text[2:])[1]["asset"] == '"é\\'
