from decimal import Decimal

import pytest
from msgspec import structs

from actors.errors import RequestRefused
from actors.messages.commands import PlaceOrder
from actors.orders.pre_trade_checks import OrderLimits, check_order
from actors.values import AccountKind, Asset, Balance, Direction

ASSET = Asset(66, "EURUSD_otc", "EUR/USD OTC", "currency", 5, 92, True, True, 5, (60,))
LIMITS = OrderLimits(
    minimum_amount=Decimal(1),
    maximum_amount=Decimal(50_000),
    amount_step=Decimal("0.01"),
    maximum_duration=43_200,
    maximum_open=10,
    verdict_delay=6.0,
)


def bet(amount: str = "1", duration: int = 60) -> PlaceOrder:
    return PlaceOrder("EURUSD_otc", Decimal(amount), Direction.CALL, duration)


def balance(amount: str) -> Balance:
    return Balance(AccountKind.DEMO, Decimal(amount))


@pytest.mark.parametrize("command", [bet("1"), bet("50000"), bet("1.50"), bet("1.5000"), bet(duration=5)])
def test_an_order_within_all_limits_passes(command: PlaceOrder) -> None:
    check_order(command, ASSET, balance("50000"), 9, LIMITS)


def test_an_unknown_balance_is_left_to_the_venue() -> None:
    check_order(bet("50000"), ASSET, None, 0, LIMITS)


def test_an_asset_that_the_venue_does_not_list_is_refused() -> None:
    with pytest.raises(RequestRefused, match="does not list EURUSD_otc"):
        check_order(bet(), None, None, 0, LIMITS)


def test_a_closed_asset_is_refused() -> None:
    with pytest.raises(RequestRefused, match="EURUSD_otc cannot be traded"):
        check_order(bet(), structs.replace(ASSET, tradable=False), None, 0, LIMITS)


@pytest.mark.parametrize("amount", ["-1", "0", "0.99", "50000.01", "1e30"])
def test_an_amount_outside_the_limits_is_refused_with_the_limits(amount: str) -> None:
    with pytest.raises(RequestRefused, match=r"may be 1 to 50000, not .*\d"):
        check_order(bet(amount), ASSET, None, 0, LIMITS)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_no_limits_allow_an_amount_of_nothing(amount: str) -> None:
    with pytest.raises(RequestRefused):
        check_order(bet(amount), ASSET, None, 0, structs.replace(LIMITS, minimum_amount=Decimal(-5)))


@pytest.mark.parametrize("amount", ["1.001", "1.0000000000000000000000000000000000001"])
def test_fractions_of_a_cent_are_refused(amount: str) -> None:
    with pytest.raises(RequestRefused, match=r"multiple of 0\.01"):
        check_order(bet(amount), ASSET, None, 0, LIMITS)


def test_more_than_the_balance_is_refused_with_both_numbers() -> None:
    with pytest.raises(RequestRefused, match=r"10\.01 .* 10\.00"):
        check_order(bet("10.01"), ASSET, balance("10.00"), 0, LIMITS)
    check_order(bet("10.00"), ASSET, balance("10.00"), 0, LIMITS)


@pytest.mark.parametrize("duration", [-60, 0, 4, 43_201])
def test_a_duration_outside_the_asset_and_the_limits_is_refused(duration: int) -> None:
    with pytest.raises(RequestRefused, match=f"for 5 to 43200 s, not for {duration} s"):
        check_order(bet(duration=duration), ASSET, None, 0, LIMITS)


def test_one_deal_too_many_is_refused() -> None:
    with pytest.raises(RequestRefused, match="10 deals are open or on their way, 10 are allowed"):
        check_order(bet(), ASSET, None, 10, LIMITS)
