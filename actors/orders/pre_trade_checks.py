"""The checks of an order before it is journaled or sent."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from actors.arithmetic import remainder
from actors.errors import RequestRefused
from actors.messages.commands import PlaceOrder, PlacePendingOrder
from actors.messages.status import LimitStatus
from actors.symbols import unlisted
from actors.values import Asset, Balance

DAILY_LOSS: Final = "orders.daily_loss"
"""The name of this limit, which is that of its setting."""

LARGEST_PAYOUT: Final = 100
"""Percent. A deal that pays more would be one that the venue loses on average."""


class OrderLimits(Struct, frozen=True):
    """Which orders are allowed. Amounts are in the account's currency, times in seconds.

    Every amount is a multiple of ``amount_step``, the venue's. ``maximum_open`` counts open deals and orders
    in flight. ``daily_loss`` and ``daily_orders`` are of one UTC day, ``None``: without limit.
    ``minimum_payout`` is in percent. ``verdict_delay`` is how long after a later login an order whose
    connection was lost may still reach the venue: as long as the operating system may go on sending what that
    connection left behind.
    """

    minimum_amount: Decimal
    maximum_amount: Decimal
    amount_step: Decimal
    maximum_duration: int
    maximum_open: int
    verdict_delay: float
    daily_loss: Decimal | None = None
    daily_orders: int | None = None
    minimum_payout: int = 0


class Usage(NamedTuple):
    """How much of the limits is used: ``open_deals`` with the orders in flight, and what today came to."""

    open_deals: int = 0
    orders_today: int = 0
    loss_today: Decimal = Decimal(0)


def check_order(
    command: PlaceOrder,
    assets: Mapping[str, Asset],
    balance: Balance | None,
    usage: Usage,
    limits: OrderLimits,
) -> None:
    """Raises ``RequestRefused`` with the first rule that the order breaks.

    ``assets`` are those that the venue lists; ``balance`` is ``None`` if the venue has not sent one yet.
    """
    asset = _listed(command, assets)
    if not asset.tradable:
        raise RequestRefused(f"{asset.symbol} cannot be traded at the moment")
    _check_amount(command.amount, limits)
    if balance is not None and command.amount > balance.amount:
        raise RequestRefused(
            f"the amount of {command.amount:f} is more than the balance of {balance.amount:f}"
        )
    _check_duration(command, asset, limits)
    if asset.payout < limits.minimum_payout:
        raise RequestRefused(
            f"{asset.symbol} pays {asset.payout} %, at least {limits.minimum_payout} % are wanted"
            " (orders.minimum_payout)"
        )
    if usage.open_deals >= limits.maximum_open:
        raise RequestRefused(
            f"{usage.open_deals} deals are open or on their way, {limits.maximum_open} are allowed"
            " (orders.maximum_open)"
        )
    _check_day(usage, limits)


def check_pending(
    command: PlacePendingOrder,
    assets: Mapping[str, Asset],
    usage: Usage,
    limits: OrderLimits,
    earliest: float = -math.inf,
) -> None:
    """Raises ``RequestRefused`` with the first rule that the pending order breaks.

    The market, the payout and the balance count when the venue opens it, so those of now are not checked.
    ``earliest`` is the time that has certainly passed at the venue (UTC).
    """
    asset = _listed(command, assets)
    _check_amount(command.amount, limits)
    _check_duration(command, asset, limits)
    _check_condition(command, earliest)
    if command.minimum_payout > max(LARGEST_PAYOUT, asset.payout):
        raise RequestRefused(
            f"no asset pays {command.minimum_payout} %: minimum_payout may be {limits.minimum_payout} to"
            f" {LARGEST_PAYOUT}"
        )
    if command.minimum_payout < limits.minimum_payout:
        raise RequestRefused(
            f"minimum_payout must be at least {limits.minimum_payout}, not {command.minimum_payout}"
            " (orders.minimum_payout)"
        )
    _check_day(usage, limits)


def _check_condition(command: PlacePendingOrder, earliest: float) -> None:
    """Whether its time or its price can come."""
    price, at = command.open_price, command.open_at
    if price is not None and not 0 < price < math.inf:
        raise RequestRefused(f"open_price must be above 0, not {price}")
    if at is not None and not at < math.inf:
        raise RequestRefused(f"open_at must be a time, not {at}")
    if at is not None and at <= earliest:
        raise RequestRefused(f"open_at has passed: it is {earliest - at:.0f} s ago by the venue's clock")


def _listed(command: PlaceOrder | PlacePendingOrder, assets: Mapping[str, Asset]) -> Asset:
    asset = assets.get(command.asset)
    if asset is None:
        raise RequestRefused(unlisted(command.asset, assets))
    return asset


def _check_amount(amount: Decimal, limits: OrderLimits) -> None:
    if amount <= 0 or not limits.minimum_amount <= amount <= limits.maximum_amount:
        raise RequestRefused(
            f"the amount may be {limits.minimum_amount:f} to {limits.maximum_amount:f}, not {amount:f}"
            " (orders.minimum_amount, orders.maximum_amount)"
        )
    if remainder(amount, limits.amount_step):
        raise RequestRefused(f"the amount must be a multiple of {limits.amount_step:f}, not {amount:f}")


def _check_duration(command: PlaceOrder | PlacePendingOrder, asset: Asset, limits: OrderLimits) -> None:
    if not asset.minimum_duration <= command.duration <= limits.maximum_duration:
        raise RequestRefused(
            f"{asset.symbol} can be traded for {asset.minimum_duration} to {limits.maximum_duration} s,"
            f" not for {command.duration} s (orders.maximum_duration)"
        )


def _check_day(usage: Usage, limits: OrderLimits) -> None:
    if limits.daily_orders is not None and usage.orders_today >= limits.daily_orders:
        raise RequestRefused(
            f"{usage.orders_today} orders were placed today (UTC), {limits.daily_orders} are allowed"
            " (orders.daily_orders)"
        )
    if limits.daily_loss is not None and usage.loss_today >= limits.daily_loss:
        raise RequestRefused(
            f"the deals that closed today (UTC) lost {usage.loss_today:f}, {limits.daily_loss:f} are allowed"
            f" ({DAILY_LOSS})"
        )


def limits_used(usage: Usage, limits: OrderLimits) -> tuple[LimitStatus, ...]:
    """Those that fill up, as far as they are set, for the status."""
    used = (
        ("orders.maximum_open", Decimal(usage.open_deals), Decimal(limits.maximum_open)),
        ("orders.daily_orders", Decimal(usage.orders_today), limits.daily_orders),
        (DAILY_LOSS, usage.loss_today, limits.daily_loss),
    )
    return tuple(LimitStatus(name, value, Decimal(limit)) for name, value, limit in used if limit is not None)
