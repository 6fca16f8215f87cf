"""Test a bot without waiting: ``pytest test_my_bot.py``. The test moves the exchange's clock."""

from decimal import Decimal

import pytest
from tellwire import Deal, Direction, OrderUnknown, PlaceOrder, Runtime

from runtime.testing import ManualExchange

pytest_plugins = ["runtime.testing"]

ASSET = "EURUSD_otc"


class Doubler:
    """The bot: it doubles its stake until it wins or reaches ``most``."""

    def __init__(self, rt: Runtime, stake: Decimal, most: Decimal) -> None:
        self.gained = Decimal(0)
        self._rt, self._stake, self._most = rt, stake, most

    def open(self) -> Deal | None:
        """The next deal, of ten minutes; nothing when it is done."""
        if self.gained > 0 or self._stake > self._most:
            return None
        return self._rt.router.ask(PlaceOrder(ASSET, self._stake, Direction.CALL, 600), timeout=10)

    def close(self, deal: Deal) -> None:
        profit = self._rt.client.result(deal).profit
        assert profit is not None  # a deal that has closed has one
        self.gained += profit
        self._stake *= 2


def run(bot: Doubler, exchange: ManualExchange) -> None:
    while deal := bot.open():
        exchange.advance(600)
        bot.close(deal)


def test_it_stops_at_its_limit(exchange: ManualExchange, runtime: Runtime) -> None:
    exchange.force_outcome("loss")
    bot = Doubler(runtime, Decimal(2), most=Decimal(5))
    run(bot, exchange)
    assert bot.gained == -6
    assert [deal.amount for deal in exchange.deals()] == [2, 4]


def test_it_wins_when_the_price_rises(exchange: ManualExchange, runtime: Runtime) -> None:
    exchange.price(ASSET, 1.0800)
    bot = Doubler(runtime, Decimal(1), most=Decimal(5))
    deal = bot.open()
    assert deal is not None
    exchange.price(ASSET, 1.0801)
    exchange.advance(600)
    bot.close(deal)
    assert bot.gained > 0
    assert runtime.client.balance().amount == 10_000 + bot.gained


def test_an_order_without_an_answer_is_not_sent_again(exchange: ManualExchange, runtime: Runtime) -> None:
    exchange.disturb_orders("lost_before")
    with pytest.raises(OrderUnknown):
        runtime.router.ask(PlaceOrder(ASSET, 1, Direction.CALL, 60), timeout=0.6)
    assert len(exchange.ledger.orders()) == 1
