import decimal
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import RequestRefused
from actors.messages.commands import PlaceOrder, PlacePendingOrder
from actors.messages.status import LimitStatus
from actors.orders.pre_trade_checks import OrderLimits, Usage, check_order, check_pending, limits_used
from actors.values import AccountKind, Asset, Balance, Direction

ASSET = Asset(66, "EURUSD_otc", "EUR/USD OTC", "currency", 5, 92, True, True, 5, (60,))
LISTED = {ASSET.symbol: ASSET}
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
    check_order(command, LISTED, balance("50000"), Usage(9), LIMITS)


def test_an_unknown_balance_is_left_to_the_venue() -> None:
    check_order(bet("50000"), LISTED, None, Usage(0), LIMITS)


def test_an_asset_that_the_venue_does_not_list_is_refused() -> None:
    with pytest.raises(RequestRefused, match="lists no asset 'EURUSD_otc'"):
        check_order(bet(), {}, None, Usage(0), LIMITS)


def test_a_closed_asset_is_refused() -> None:
    with pytest.raises(RequestRefused, match="EURUSD_otc cannot be traded"):
        check_order(bet(), {ASSET.symbol: structs.replace(ASSET, tradable=False)}, None, Usage(0), LIMITS)


@pytest.mark.parametrize("amount", ["-1", "0", "0.99", "50000.01", "1e30"])
def test_an_amount_outside_the_limits_is_refused_with_the_limits(amount: str) -> None:
    with pytest.raises(RequestRefused, match=r"may be 1 to 50000, not .*\d"):
        check_order(bet(amount), LISTED, None, Usage(0), LIMITS)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_no_limits_allow_an_amount_of_nothing(amount: str) -> None:
    with pytest.raises(RequestRefused):
        check_order(bet(amount), LISTED, None, Usage(0), structs.replace(LIMITS, minimum_amount=Decimal(-5)))


@pytest.mark.parametrize("amount", ["1.001", "1.0000000000000000000000000000000000001"])
def test_fractions_of_a_cent_are_refused(amount: str) -> None:
    with pytest.raises(RequestRefused, match=r"multiple of 0\.01"):
        check_order(bet(amount), LISTED, None, Usage(0), LIMITS)


def test_more_than_the_balance_is_refused_with_both_numbers() -> None:
    with pytest.raises(RequestRefused, match=r"10\.01 .* 10\.00"):
        check_order(bet("10.01"), LISTED, balance("10.00"), Usage(0), LIMITS)
    check_order(bet("10.00"), LISTED, balance("10.00"), Usage(0), LIMITS)


@pytest.mark.parametrize("duration", [-60, 0, 4, 43_201])
def test_a_duration_outside_the_asset_and_the_limits_is_refused(duration: int) -> None:
    with pytest.raises(RequestRefused, match=f"for 5 to 43200 s, not for {duration} s"):
        check_order(bet(duration=duration), LISTED, None, Usage(0), LIMITS)


def test_one_deal_too_many_is_refused() -> None:
    with pytest.raises(RequestRefused, match="10 deals are open or on their way, 10 are allowed"):
        check_order(bet(), LISTED, None, Usage(10), LIMITS)


def test_an_asset_that_pays_too_little_is_refused_by_the_name_of_the_limit() -> None:
    check_order(bet(), LISTED, None, Usage(), structs.replace(LIMITS, minimum_payout=92))
    with pytest.raises(RequestRefused, match=r"pays 92 %, at least 93 % .*orders\.minimum_payout"):
        check_order(bet(), LISTED, None, Usage(), structs.replace(LIMITS, minimum_payout=93))


def test_the_last_order_of_the_day_passes_and_the_next_is_refused() -> None:
    limits = structs.replace(LIMITS, daily_orders=2)
    check_order(bet(), LISTED, None, Usage(orders_today=1), limits)
    with pytest.raises(
        RequestRefused, match=r"2 orders were .* today .*2 are allowed .*orders\.daily_orders"
    ):
        check_order(bet(), LISTED, None, Usage(orders_today=2), limits)


def test_a_day_that_lost_what_it_may_has_no_further_order() -> None:
    limits = structs.replace(LIMITS, daily_loss=Decimal(20))
    check_order(bet(), LISTED, None, Usage(loss_today=Decimal("19.99")), limits)
    with pytest.raises(RequestRefused, match=r"lost 20\.00, 20 are allowed .*orders\.daily_loss"):
        check_order(bet(), LISTED, None, Usage(loss_today=Decimal("20.00")), limits)


def test_without_daily_limits_no_day_is_too_bad() -> None:
    check_order(bet(), LISTED, None, Usage(0, 10**6, Decimal(10**9)), LIMITS)


OPENS = 1_770_849_000.0


def pending(amount: str = "1", duration: int = 60, minimum_payout: int = 0) -> PlacePendingOrder:
    return PlacePendingOrder(
        "EURUSD_otc",
        Decimal(amount),
        Direction.CALL,
        duration,
        open_price=1.0,
        minimum_payout=minimum_payout,
    )


def test_a_pending_order_may_wait_for_a_closed_market() -> None:
    closed = structs.replace(ASSET, tradable=False, payout=0)
    check_pending(pending(), {ASSET.symbol: closed}, Usage(10), LIMITS)


@pytest.mark.parametrize(
    ("command", "assets", "usage", "rule"),
    [
        (pending(), {}, Usage(), "lists no asset 'EURUSD_otc'"),
        (pending("0"), LISTED, Usage(), "may be 1 to 50000, not 0"),
        (pending("50001"), LISTED, Usage(), r"orders\.maximum_amount"),
        (pending("1.001"), LISTED, Usage(), r"multiple of 0\.01"),
        (pending(duration=4), LISTED, Usage(), "for 5 to 43200 s"),
        (pending(minimum_payout=79), LISTED, Usage(), r"at least 80, not 79 .*orders\.minimum_payout"),
        (pending(minimum_payout=80), LISTED, Usage(orders_today=3), r"orders\.daily_orders"),
        (pending(minimum_payout=80), LISTED, Usage(loss_today=Decimal(9)), r"orders\.daily_loss"),
    ],
)
def test_a_pending_order_meets_the_same_limits(
    command: PlacePendingOrder, assets: dict[str, Asset], usage: Usage, rule: str
) -> None:
    limits = structs.replace(LIMITS, minimum_payout=80, daily_orders=3, daily_loss=Decimal(9))
    with pytest.raises(RequestRefused, match=rule):
        check_pending(command, assets, usage, limits)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"minimum_payout": 500}, "no asset pays 500 %"),
        ({"minimum_payout": 101}, "may be 0 to 100"),
        ({"minimum_payout": -1}, "at least 0, not -1"),
        ({"open_at": OPENS}, "open_at has passed: it is 0 s ago by the venue's clock"),
        ({"open_at": OPENS - 60}, "60 s ago"),
        ({"open_at": math.inf}, "must be a time, not inf"),
        ({"open_at": math.nan}, "must be a time, not nan"),
        ({"open_at": None, "open_price": 0.0}, r"above 0, not 0\.0"),
        ({"open_at": None, "open_price": -1.1}, "above 0"),
        ({"open_at": None, "open_price": math.nan}, "above 0, not nan"),
    ],
)
def test_a_pending_order_that_can_never_be_opened_is_refused(changes: dict[str, Any], rule: str) -> None:
    command = structs.replace(pending(), open_at=OPENS + 60, open_price=None)
    check_pending(command, LISTED, Usage(), LIMITS, OPENS)
    with pytest.raises(RequestRefused, match=rule):
        check_pending(structs.replace(command, **changes), LISTED, Usage(), LIMITS, OPENS)


def test_the_status_shows_the_limits_that_are_set() -> None:
    usage = Usage(2, 5, Decimal("7.5"))
    assert limits_used(usage, LIMITS) == (LimitStatus("orders.maximum_open", Decimal(2), Decimal(10)),)
    limits = structs.replace(LIMITS, daily_orders=9, daily_loss=Decimal(30))
    assert limits_used(usage, limits)[1:] == (
        LimitStatus("orders.daily_orders", Decimal(5), Decimal(9)),
        LimitStatus("orders.daily_loss", Decimal("7.5"), Decimal(30)),
    )


@pytest.fixture
def hostile_context() -> Iterator[None]:
    """What another library may have set for this thread."""
    with decimal.localcontext() as context:
        context.prec = 3
        context.traps[decimal.Inexact] = context.traps[decimal.Rounded] = True
        context.traps[decimal.Subnormal] = context.traps[decimal.FloatOperation] = True
        yield


@pytest.mark.usefixtures("hostile_context")
def test_no_decimal_context_of_others_changes_a_check() -> None:
    check_order(bet("12345.67"), LISTED, balance("12345.67"), Usage(), LIMITS)
    with pytest.raises(RequestRefused, match=r"multiple of 0\.01, not 12345\.678"):
        check_order(bet("12345.678"), LISTED, None, Usage(), LIMITS)
