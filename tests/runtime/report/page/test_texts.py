"""How amounts and times are written: no amount is rounded."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from runtime.report.page.texts import DASH, MINUS, MoneyForm, lasting, percent, quick, ratio


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=8))
def test_an_amount_is_written_with_all_of_its_decimals(amount: Decimal) -> None:
    money = MoneyForm([amount], "USD")
    for text in (money.plain(amount), money.signed(amount), money.signed_column(amount)):
        assert Decimal(text.replace(",", "").replace(MINUS, "-")) == amount
        assert len(text.partition(".")[2]) >= 2


def test_a_column_has_the_decimals_of_its_longest_amount() -> None:
    money = MoneyForm([Decimal("0.925"), Decimal(-1)], "USD")
    assert (money.signed_column(Decimal(-1)), money.column(Decimal(2))) == (f"{MINUS}1.000", "2.000")
    assert money.signed_column(Decimal("0.92500")) == "+0.925"
    assert money.named(Decimal(1234)) == "+1,234.00 USD"
    assert MoneyForm([], None).named(Decimal(0)) == "0.00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0.4 s"), (5, "5 s"), (60, "1 min"), (90, "1 min 30 s"), (7200, "2 h"), (90_061, "1 d 1 h")],
)
def test_a_duration_has_two_units_at_most(seconds: float, text: str) -> None:
    assert lasting(seconds) == text


def test_rates_and_short_times() -> None:
    assert (percent(0.5), percent(None), ratio(1.234), ratio(None)) == ("50.0 %", DASH, "1.23", DASH)
    assert (quick(0.0123), quick(1.5)) == ("12 ms", "1.50 s")
