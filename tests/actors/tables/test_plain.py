"""What ``json.dumps`` makes of values, events and statuses."""

import json
from decimal import Decimal

import pytest

from actors.messages import OrderOpened
from actors.tables.plain import json_default
from actors.tables.rows import CandleList
from actors.values import AccountKind, Balance, Candle, Deal, Direction, Secret, Tick

DEAL = Deal("d1", "A", Direction.CALL, Decimal("1.50"), 0.0, 60.0, 1.25, 92, AccountKind.DEMO)


def dumped(value: object) -> object:
    return json.loads(json.dumps(value, default=json_default))


def test_values_are_objects_of_their_fields() -> None:
    assert dumped(Candle(60, 1.0, 2.0, 0.5, 1.5)) == {
        "time": 60, "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": None,
    }  # fmt: skip
    assert dumped(Tick("A", 1.5, 2.5, 3.5))["asset"] == "A"  # type: ignore[index]
    balance = dumped(Balance(AccountKind.DEMO, Decimal("10.10")))
    assert balance == {"account": "demo", "amount": "10.10", "currency": None}


def test_a_list_of_them_and_an_event_are_too() -> None:
    assert dumped({"candles": CandleList([Candle(60, 1.0, 2.0, 0.5, 1.5)])})["candles"][0]["time"] == 60  # type: ignore[index]
    event = OrderOpened("signal-7", DEAL)
    assert dumped(event)["deal"]["amount"] == "1.50"  # type: ignore[index]


def test_a_secret_stays_one() -> None:
    assert "hush" not in json.dumps(Secret("hush"), default=json_default)


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object is no value that JSON has a form for"):
        json.dumps(object(), default=json_default)
