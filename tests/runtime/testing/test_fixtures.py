"""A bot's test buys, moves the time and has the result, in milliseconds and without a sleep."""

import time
from decimal import Decimal

import pytest

from actors.errors import RequestRefused
from actors.messages import LoadCandles
from actors.values import Outcome
from runtime.runtime import Runtime
from runtime.testing import START, ManualExchange

ASSET = "EURUSD_otc"


def test_a_deal_of_ten_minutes_has_its_result_at_once(exchange: ManualExchange, runtime: Runtime) -> None:
    exchange.force_outcome("win")
    began = time.monotonic()
    deal = runtime.client.buy(ASSET, 5, minutes=10)
    assert deal.opened_at == START
    exchange.advance(600)
    closed = runtime.client.result(deal)
    assert closed.outcome is Outcome.WIN
    assert closed.profit is not None
    assert runtime.client.balance().amount == 10_000 + closed.profit
    assert time.monotonic() - began < 5


def test_a_deal_opens_and_closes_at_the_prices_that_are_set(
    exchange: ManualExchange, runtime: Runtime
) -> None:
    exchange.price(ASSET, 1.08)
    deal = runtime.client.buy(ASSET, 5, minutes=1)
    exchange.advance(30)
    exchange.price(ASSET, 1.0799)
    exchange.advance(30)
    closed = runtime.client.result(deal)
    assert (closed.open_price, closed.close_price, closed.profit) == (1.08, 1.0799, Decimal(-5))


def test_ticks_and_candles_have_the_prices_that_are_set(exchange: ManualExchange, runtime: Runtime) -> None:
    with runtime.client.ticks(ASSET) as ticks:
        exchange.price(ASSET, 1.08)
        exchange.advance(60)
        exchange.price(ASSET, 1.09)
        exchange.advance(60)
        seen = [next(ticks) for _ in range(100)]
    assert {tick.price for tick in seen} == {1.08, 1.09}
    candles = runtime.router.ask(LoadCandles(ASSET, 60, count=2), timeout=10)
    assert [(bar.time, bar.low, bar.high) for bar in candles] == [
        (START, 1.08, 1.08),
        (START + 60, 1.09, 1.09),
    ]


def test_a_day_of_deals_is_a_data_frame(exchange: ManualExchange, runtime: Runtime) -> None:
    pytest.importorskip("pandas")
    exchange.force_outcome("loss")
    for _ in range(24):
        deal = runtime.client.buy(ASSET, 5, minutes=1)
        exchange.advance(3600)
        assert runtime.client.result(deal).profit == -5
    frame = exchange.deals().to_pandas()
    assert len(frame) == 24
    assert frame["profit"].sum() == -120
    assert exchange.now == START + 24 * 3600
    assert runtime.client.balance().amount == Decimal(9880)


def test_a_price_is_set_for_a_listed_asset_and_above_zero(exchange: ManualExchange) -> None:
    for asset, price in (("NOTHING", 1.0), (ASSET, 0.0)):
        with pytest.raises(RequestRefused):
            exchange.price(asset, price)
