import json
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from actors.errors import RequestRefused
from actors.venues.pocketoption import money

STAKES = st.decimals(min_value=Decimal("1e-9"), max_value=Decimal(10**17), allow_nan=False)


@pytest.mark.parametrize(
    ("stake", "text"),
    [
        ("1", b"1"),
        ("1.50", b"1.5"),
        ("1.00", b"1"),
        ("0.1", b"0.1"),
        ("0.92", b"0.92"),
        ("1e2", b"100"),
        ("20000", b"20000"),
        ("100", b"100"),
        ("1E-7", b"0.0000001"),
        ("0.1000000000000000055511151231257827021181583404541015625", None),
        ("12345678901234567.123456789012345678", None),
    ],
)
def test_a_stake_is_written_to_the_digit(stake: str, text: bytes | None) -> None:
    assert bytes(money.write(Decimal(stake))) == (text or stake.encode())


@given(STAKES)
def test_what_is_written_is_the_same_number_without_an_exponent(stake: Decimal) -> None:
    text = bytes(money.write(stake)).decode()
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == stake
    assert set(text) <= set("0123456789.")


@pytest.mark.parametrize("stake", ["0", "-1", "NaN", "sNaN", "Infinity", "1e18", "1e-19", "1e999999", "0e-9"])
def test_what_is_no_stake_is_not_written(stake: str) -> None:
    with pytest.raises(RequestRefused):
        money.write(Decimal(stake))


@pytest.mark.parametrize("number", ["0", "0.00", "-5", "4.6", "1e2", "-999999999999999999.99", "1e-18"])
def test_money_may_be_owed_and_may_be_nothing(number: str) -> None:
    assert money.is_amount(Decimal(number))


@pytest.mark.parametrize("number", ["NaN", "sNaN", "-Infinity", "1e18", "-1e18", "1e-19", "1e999999999"])
def test_what_cannot_be_counted_is_no_money(number: str) -> None:
    assert not money.is_amount(Decimal(number))
