"""Stake a fixed fraction of the balance, and stop for the day after a loss that was set before."""

from decimal import ROUND_DOWN, Decimal
from random import choice

from tellwire import Config, Direction, PlaceOrder, RequestRefused, Runtime, load

ASSET = "EURUSD_otc"
FRACTION = Decimal("0.01")
LEAST_STAKE = Decimal(1)
DAILY_LOSS = Decimal(250)
SECONDS = 60
TRADES = 10


def stake(balance: Decimal) -> Decimal:
    """The fraction of the balance in whole cents, and what the venue takes at least."""
    return max(LEAST_STAKE, (balance * FRACTION).quantize(Decimal("0.01"), ROUND_DOWN))


def limited(config: Config) -> Config:
    """The configuration with the limit of the day: the runtime refuses all orders then."""
    return config.model_copy(update={"orders": config.orders.model_copy(update={"daily_loss": DAILY_LOSS})})


with Runtime(limited(load("tellwire.yaml"))) as rt:
    for _ in range(TRADES):
        amount = stake(rt.client.balance().amount)
        order = PlaceOrder(ASSET, amount, choice(list(Direction)), SECONDS)  # your signal instead
        try:
            deal = rt.router.ask(order, timeout=10)
        except RequestRefused as error:
            print("enough:", error)
            break
        closed = rt.client.result(deal)
        print(f"{amount} staked: {closed.outcome}, {closed.profit:+}")
