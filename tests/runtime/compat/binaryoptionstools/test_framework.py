"""Bots, strategies and the virtual market, on the practice exchange."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loguru import logger

from runtime.compat.binaryoptionstools import (
    Action,
    InvalidParameterError,
    NotAllowedError,
    PocketOptionAsync,
    PocketOptionError,
    PyBot,
    PyContext,
    PyStrategy,
    PyVirtualMarket,
    UninitializedError,
)
from runtime.practice import PracticeExchange

ASSET, OTHER = "EURUSD_otc", "AUDCAD_otc"
UseClient = Callable[..., None]


@pytest.fixture
def errors() -> Iterator[list[str]]:
    found: list[str] = []
    sink = logger.add(lambda line: found.append(str(line)), format="{message}", level="ERROR")
    yield found
    logger.remove(sink)


class Recorder(PyStrategy):
    """Notes its calls; ``done`` is set after so many bars."""

    def __init__(self, bars: int) -> None:  # it does not call that of its parent, as theirs need not
        self.calls: list[tuple[Any, ...]] = []
        self.left = bars
        self.loop = asyncio.get_running_loop()
        self.done = asyncio.Event()

    def on_start(self, ctx: PyContext) -> None:
        self.calls.append(("start", ctx))

    def on_balance(self, ctx: PyContext, balance: float) -> None:
        self.calls.append(("balance", balance))

    def on_candle(self, ctx: PyContext, asset: str, candle_json: str) -> None:
        self.calls.append(("candle", asset, json.loads(candle_json), threading.current_thread().name))
        self.act(ctx)
        self.left -= 1
        if self.left == 0:
            self.loop.call_soon_threadsafe(self.done.set)

    def act(self, ctx: PyContext) -> None:
        """What a test does with a bar."""

    def of(self, kind: str) -> list[tuple[Any, ...]]:
        return [call[1:] for call in self.calls if call[0] == kind]


async def run(bot: PyBot, done: asyncio.Event) -> None:
    running = asyncio.create_task(bot.run())
    ended = asyncio.create_task(done.wait())
    await asyncio.wait([running, ended], timeout=25, return_when=asyncio.FIRST_COMPLETED)
    assert done.is_set()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_a_bot_calls_its_strategy_with_bars_and_balances(use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        strategy = Recorder(6)
        bot = PyBot(client.client, strategy)
        bot.add_asset(ASSET, 1)
        bot.add_asset(OTHER, 2)
        bot.with_update_interval(20)
        await run(bot, strategy.done)
        assert strategy.calls[0][0] == "start"
        assert strategy.of("balance") == [(10_000.0,)]
        assert {asset for asset, _, _ in strategy.of("candle")} == {ASSET, OTHER}
        for asset, candle, thread in strategy.of("candle"):
            assert candle["symbol"] == asset
            assert candle["timestamp"] % {ASSET: 1, OTHER: 2}[asset] == 0
            assert thread.startswith("pybot")

    use_client(use)


def test_a_strategy_trades_and_waits_for_results(exchange: PracticeExchange, use_client: UseClient) -> None:
    exchange.force_outcome("win")

    class Trader(Recorder):
        def act(self, ctx: PyContext) -> None:
            if self.left == 2:
                deal_id, deal = self.trade(ctx, ASSET, 1.0, 1, Action.Put)
                assert json.loads(deal)["id"] == deal_id
                self.calls.append(("result", json.loads(self.result(ctx, deal_id))))
                with pytest.raises(NotAllowedError):
                    self.result(ctx, "nope")

    async def use(client: PocketOptionAsync) -> None:
        strategy = Trader(2)
        bot = PyBot(client, strategy)
        bot.add_asset(ASSET, 1)
        await run(bot, strategy.done)
        [(result,)] = strategy.of("result")
        assert (result["command"], float(result["profit"]) > 0) == (1, True)

    use_client(use)


def test_coroutine_functions_run_in_the_loop(use_client: UseClient) -> None:
    class Awaiting(PyStrategy):
        done: asyncio.Event
        deals: tuple[str, ...] = ()

        async def on_candle(self, ctx: PyContext, asset: str, candle_json: str) -> None:
            call, put = await ctx.buy(asset, 1.0, 60), await ctx.sell(asset, 1.0, 60)
            self.deals = (call[0], put[0])
            assert await ctx.balance() > 0
            assert set(self.deals) <= set(json.loads(await ctx.client.opened_deals()))
            self.done.set()

    async def use(client: PocketOptionAsync) -> None:
        strategy = Awaiting()
        strategy.done = asyncio.Event()
        bot = PyBot(client, strategy)
        bot.add_asset(ASSET, 1)
        await run(bot, strategy.done)
        assert len(set(strategy.deals)) == 2

    use_client(use)


def test_what_a_strategy_raises_is_logged_and_the_bot_goes_on(
    use_client: UseClient, errors: list[str]
) -> None:
    class Failing(Recorder):
        def act(self, ctx: PyContext) -> None:
            if self.left == 3:
                self.left -= 1
                raise KeyError("boom")

    async def use(client: PocketOptionAsync) -> None:
        strategy = Failing(3)
        bot = PyBot(client, strategy)
        bot.add_asset(ASSET, 1)
        await run(bot, strategy.done)
        assert len(strategy.of("candle")) == 3
        with pytest.raises(UninitializedError, match="add_asset"):
            await PyBot(client, strategy).run()
        unknown = PyBot(client, strategy)
        unknown.add_asset("NOPE", 1)
        with pytest.raises(ExceptionGroup) as failed:
            await unknown.run()
        assert failed.group_contains(PocketOptionError, match="no asset")

    use_client(use)
    assert [error.splitlines()[0] for error in errors] == ["on_candle of the strategy raised"]


def test_a_virtual_market_pays_and_takes() -> None:
    async def use() -> None:
        market = PyVirtualMarket(100.0)
        with pytest.raises(PocketOptionError, match="update_price"):
            await market.place(ASSET, 10, 1, Action.Call.direction)
        await market.update_price(ASSET, 1.5)
        for price, action, profit in [
            (1.6, Action.Call, "8"),
            (1.6, Action.Put, "-10"),
            (1.5, Action.Call, "0"),
        ]:
            await market.update_price(ASSET, 1.5)
            before = market.balance()
            deal_id, deal = await market.place(ASSET, 10, 1, action.direction)
            assert (market.balance(), deal["profit"], deal["openPrice"]) == (before - 10, "8", "1.5")
            await market.update_price(ASSET, price)
            closed = await market.result(deal_id)  # waits for its end
            assert (closed["profit"], closed["closePrice"]) == (profit, f"{price}")
            assert market.balance() == before + float(profit)
        with pytest.raises(PocketOptionError, match="at most 98"):
            await market.place(ASSET, 1000, 1, Action.Call.direction)
        with pytest.raises(ValueError, match="UUID"):
            await market.result("nope")

    asyncio.run(use())


def test_a_bot_trades_on_a_virtual_market(exchange: PracticeExchange, use_client: UseClient) -> None:
    class Trader(Recorder):
        def act(self, ctx: PyContext) -> None:
            if self.left == 2:
                self.trade(ctx, ASSET, 10.0, 60, Action.Call)

    async def use(client: PocketOptionAsync) -> None:
        market = PyVirtualMarket(initial_balance=1000.0)
        strategy = Trader(3)
        bot = PyBot(client, strategy, market)
        bot.add_asset(ASSET, 1)
        bot.with_update_interval(10)
        await run(bot, strategy.done)
        assert strategy.of("balance") == [(1000.0,), (990.0,)]

    use_client(use)
    assert exchange.ledger.orders() == []


def test_a_coroutine_function_is_told_how_to_wait() -> None:
    async def use() -> None:
        market = PyVirtualMarket(100.0)
        ctx = PyContext(None, market, asyncio.get_running_loop())  # type: ignore[arg-type]  # only the market
        strategy = PyStrategy()
        with pytest.raises(NotAllowedError, match=r"write await ctx\.place"):
            strategy.trade(ctx, ASSET, 10.0, 1, Action.Call)
        with pytest.raises(NotAllowedError, match=r"write await ctx\.result"):
            strategy.result(ctx, "any")
        await market.update_price(ASSET, 1.5)
        deal_id, _ = await ctx.place(ASSET, 10.0, 1, Action.Call)
        await market.update_price(ASSET, 1.6)
        assert json.loads(await ctx.result(deal_id))["profit"] == "8"

    asyncio.run(use())


def test_an_asset_needs_a_period(use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        with pytest.raises(InvalidParameterError, match="EURUSD_otc has to be at least 1 s, not 0"):
            PyBot(client, PyStrategy()).add_asset(ASSET, 0)

    use_client(use)


def test_a_strategy_keeps_indicators() -> None:
    class Mean:
        def __init__(self, length: int) -> None:
            self.length = length
            self.seen: list[str] = []

        def update(self, candle: str) -> None:
            self.seen.append(candle)

        def reset(self) -> None:
            self.seen.clear()

        def period(self) -> int:
            return self.length

    strategy = PyStrategy()
    assert (strategy.period(), strategy.list_indicators(), strategy.get("fast")) == (0, [], None)
    fast, slow = Mean(3), Mean(7)
    strategy.add("fast", fast)
    strategy.add("slow", slow)
    assert (strategy.get("fast"), strategy.period()) == (fast, 7)
    assert strategy.list_indicators() == [("fast", str(fast)), ("slow", str(slow))]
    strategy.update("{}")
    assert (fast.seen, slow.seen, strategy.current_candle) == (["{}"], ["{}"], 1)
    strategy.reset()
    assert (fast.seen, strategy.current_candle) == ([], 0)
    strategy.add("broken", object())
    for call in (strategy.period, strategy.reset, lambda: strategy.update("{}")):
        with pytest.raises(NotAllowedError, match="broken"):
            call()
    assert (int(Action.Call), int(Action.Put), repr(Action.Put)) == (0, 1, "Action.Put")
