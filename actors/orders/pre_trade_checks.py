"""The checks of an order before it is journaled or sent."""

from decimal import Decimal

from msgspec import Struct

from actors.errors import RequestRefused
from actors.messages.commands import PlaceOrder
from actors.values import Asset, Balance


class OrderLimits(Struct, frozen=True):
    """Which orders are allowed. Amounts are in the account's currency, times in seconds.

    Every amount is a multiple of ``amount_step``, the venue's. ``maximum_open`` counts open deals and orders
    in flight. ``verdict_delay`` is how long after a later login an order whose connection was lost may still
    reach the venue: as long as the operating system may go on sending what that connection left behind.
    """

    minimum_amount: Decimal
    maximum_amount: Decimal
    amount_step: Decimal
    maximum_duration: int
    maximum_open: int
    verdict_delay: float


def check_order(
    command: PlaceOrder, asset: Asset | None, balance: Balance | None, open_deals: int, limits: OrderLimits
) -> None:
    """Raises ``RequestRefused`` with the first rule that the order breaks.

    ``asset`` is ``None`` if the venue does not list it, ``balance`` if the venue has not sent one yet.
    ``open_deals`` includes the orders in flight.
    """
    if asset is None:
        raise RequestRefused(f"the venue does not list {command.asset}")
    if not asset.tradable:
        raise RequestRefused(f"{asset.symbol} cannot be traded at the moment")
    _check_amount(command.amount, balance, limits)
    if not asset.minimum_duration <= command.duration <= limits.maximum_duration:
        raise RequestRefused(
            f"{asset.symbol} can be traded for {asset.minimum_duration} to {limits.maximum_duration} s,"
            f" not for {command.duration} s (orders.maximum_duration)"
        )
    if open_deals >= limits.maximum_open:
        raise RequestRefused(
            f"{open_deals} deals are open or on their way, {limits.maximum_open} are allowed"
            " (orders.maximum_open)"
        )


def _check_amount(amount: Decimal, balance: Balance | None, limits: OrderLimits) -> None:
    if amount <= 0 or not limits.minimum_amount <= amount <= limits.maximum_amount:
        raise RequestRefused(
            f"the amount may be {limits.minimum_amount:f} to {limits.maximum_amount:f}, not {amount:f}"
            " (orders.minimum_amount, orders.maximum_amount)"
        )
    if amount % limits.amount_step:
        raise RequestRefused(f"the amount must be a multiple of {limits.amount_step:f}, not {amount:f}")
    if balance is not None and amount > balance.amount:
        raise RequestRefused(f"the amount of {amount:f} is more than the balance of {balance.amount:f}")
