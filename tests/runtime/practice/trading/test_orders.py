"""A pending order knows when its price has come."""

from decimal import Decimal

import pytest

from actors.values import AccountKind, Direction
from runtime.practice.trading.orders import KeptOrder, OrderRequest, money

ORDER = OrderRequest("EURUSD_otc", Decimal(1), Direction.CALL, 60, AccountKind.DEMO)


@pytest.mark.parametrize(("rising", "reached"), [(True, [False, True, True]), (False, [True, True, False])])
def test_a_price_is_reached_from_its_own_side(rising: bool, reached: list[bool]) -> None:
    pending = KeptOrder(1, ORDER, 0, 0, open_price=1.1, rising=rising)
    assert [pending.reached_by(price) for price in (1.0, 1.1, 1.2)] == reached


def test_every_ticket_is_another() -> None:
    assert KeptOrder(1, ORDER, 0, 0).ticket != KeptOrder(1, ORDER, 0, 0).ticket


def test_an_amount_keeps_the_digits_it_was_written_with() -> None:
    assert [str(money(amount)) for amount in (5, 5.0, 1.1, 33.33)] == ["5", "5.0", "1.1", "33.33"]
