"""``PyBot``: calls a strategy with the bars of its assets, and with the balance as it changes."""

import asyncio
import enum
import inspect
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, Self, TypeVar, runtime_checkable

from loguru import logger

from actors.values import Direction
from runtime.compat.binaryoptionstools import _chunks
from runtime.compat.binaryoptionstools._streams import in_loop
from runtime.compat.binaryoptionstools.async_client import PocketOptionAsync
from runtime.compat.binaryoptionstools.errors import (
    InvalidParameterError,
    NotAllowedError,
    UninitializedError,
)
from runtime.compat.binaryoptionstools.raw_client import RawPocketOption
from runtime.compat.binaryoptionstools.virtual_market import PyVirtualMarket

T = TypeVar("T")

UPDATE_INTERVAL: Final = 1.0
"""Seconds between two looks at the balance."""


class Action(enum.Enum):
    """The direction of a trade."""

    Call = 0
    Put = 1

    @property
    def direction(self) -> Direction:
        """It in the words of the runtime."""
        return Direction.CALL if self is Action.Call else Direction.PUT

    def __int__(self) -> int:
        return int(self.value)

    def __repr__(self) -> str:
        return f"Action.{self.name}"


@runtime_checkable
class Indicator(Protocol):
    """What ``PyStrategy.add`` takes: it is given each bar as JSON."""

    def update(self, candle: str) -> object: ...
    def reset(self) -> object: ...
    def period(self) -> int: ...


class PyContext:
    """What the methods of a strategy trade with. ``client`` is the client of the bot."""

    def __init__(
        self,
        client: RawPocketOption,
        market: PyVirtualMarket | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.client = client
        self.loop = loop
        self._market = market

    async def buy(self, asset: str, amount: float, time: int) -> list[str]:
        """Open a call; the id of the deal, and the deal as JSON."""
        return await self.place(asset, amount, time, Action.Call)

    async def sell(self, asset: str, amount: float, time: int) -> list[str]:
        """Open a put."""
        return await self.place(asset, amount, time, Action.Put)

    async def balance(self) -> float:
        return self._market.balance() if self._market is not None else await self.client.balance()

    async def place(self, asset: str, amount: float, time: int, direction: Action) -> list[str]:
        """Open a trade; the id of the deal, and the deal as JSON."""
        trading = self.client.trading if self._market is None else self._market
        deal_id, row = await trading.place(asset, amount, time, direction.direction)
        return [deal_id, json.dumps(row)]

    async def result(self, deal_id: str) -> str:
        """The closed deal as JSON, once it is closed."""
        trading = self.client.trading if self._market is None else self._market
        return json.dumps(await trading.result(deal_id))


class PyStrategy:
    """Override what you need: functions, which run in a thread of the bot, or coroutine functions, which run
    in its loop. What they raise is logged, and the bot goes on."""

    current_candle: int = 0
    """How many bars ``update`` has been given."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        made = super().__new__(cls)  # a subclass need not call our __init__
        made._indicators = {}
        return made

    _indicators: dict[str, Any]

    def on_start(self, ctx: PyContext) -> Awaitable[None] | None:
        """Called once, first."""
        return None

    def on_candle(self, ctx: PyContext, asset: str, candle_json: str) -> Awaitable[None] | None:
        """Called with each bar of ``asset``: a dict as ``subscribe_ticks`` gives it, as JSON."""
        return None

    def on_balance(self, ctx: PyContext, balance: float) -> Awaitable[None] | None:
        """Called with the balance at the start, and after each change."""
        return None

    def trade(
        self, ctx: PyContext, asset: str, amount: float, timeframe: int, direction: Action
    ) -> list[str]:
        """Open a trade and wait; for a function, in the thread of the bot. Raises ``NotAllowedError`` in a
        coroutine function: there it is ``await ctx.place(...)``."""
        _refuse_in_loop(ctx, "trade", "await ctx.place(asset, amount, timeframe, direction)")
        return in_loop(ctx.place(asset, amount, timeframe, direction), ctx.loop)

    def result(self, ctx: PyContext, id: str) -> str:
        """Wait for a trade to close; the deal as JSON. Raises ``NotAllowedError`` for what is no id, and in a
        coroutine function: there it is ``await ctx.result(id)``."""
        _refuse_in_loop(ctx, "result", "await ctx.result(id)")
        try:
            return in_loop(ctx.result(id), ctx.loop)
        except ValueError as error:
            raise NotAllowedError(str(error)) from error

    def add(self, name: str, indicator: Any) -> None:
        """Keep an ``Indicator`` by its name."""
        self._indicators[name] = indicator

    def get(self, name: str) -> Any:
        """``None`` if there is none."""
        return self._indicators.get(name)

    def list_indicators(self) -> list[tuple[str, str]]:
        """Names and texts."""
        return [(name, str(indicator)) for name, indicator in self._indicators.items()]

    def update(self, candle: str) -> None:
        """Give a bar to all indicators. Raises ``NotAllowedError`` if one fails."""
        self.current_candle += 1
        for name in self._indicators:
            self._call(name, "update", candle)

    def reset(self) -> None:
        """Reset all indicators. Raises ``NotAllowedError`` if one fails."""
        self.current_candle = 0
        for name in self._indicators:
            self._call(name, "reset")

    def period(self) -> int:
        """The longest period of the indicators; 0 without any. Raises ``NotAllowedError`` if one fails."""
        return max((int(self._call(name, "period")) for name in self._indicators), default=0)

    def _call(self, name: str, method: str, *arguments: Any) -> Any:
        try:
            return getattr(self._indicators[name], method)(*arguments)
        except Exception as error:
            raise NotAllowedError(
                f"{method} of the indicator {name!r} failed: {type(error).__name__}: {error}"
            ) from error


def _refuse_in_loop(ctx: PyContext, method: str, instead: str) -> None:
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:  # in the thread of the bot
        return
    if here is ctx.loop:
        raise NotAllowedError(
            f"{method} waits, which a coroutine function may not: write {instead}, or make it a function"
        )


class PyBot:
    """Runs a strategy. With a ``PyVirtualMarket`` its trades are made there, with the real bars."""

    def __init__(
        self,
        client: RawPocketOption | PocketOptionAsync,
        strategy: PyStrategy,
        virtual_market: PyVirtualMarket | None = None,
    ) -> None:
        self._client = client.client if isinstance(client, PocketOptionAsync) else client
        self._strategy = strategy
        self._market = virtual_market
        self._assets: list[tuple[str, int]] = []
        self._interval = UPDATE_INTERVAL

    def add_asset(self, asset: str, period: int) -> None:
        """Have the strategy called with the bars of ``period`` seconds, aligned to the venue's clock. Raises
        ``InvalidParameterError`` for a period below 1."""
        if period < 1:
            raise InvalidParameterError(f"the period of {asset} has to be at least 1 s, not {period}")
        self._assets.append((asset, period))

    def with_update_interval(self, millis: int) -> None:
        """How often the bot looks at the balance."""
        self._interval = millis / 1000

    async def run(self) -> None:
        """Until it is cancelled, or the client is closed. Raises ``UninitializedError`` without an asset."""
        if not self._assets:
            raise UninitializedError("the bot has no asset: call add_asset first")
        await self._client.wait_for_assets(60.0)
        context = PyContext(self._client, self._market, asyncio.get_running_loop())
        # One thread, so that a strategy is called with one thing after another, in which it may wait.
        with ThreadPoolExecutor(1, thread_name_prefix="pybot") as thread:
            caller = _Caller(thread)
            await caller.call(self._strategy.on_start, context)
            balances = asyncio.create_task(self._watch_balance(caller, context))
            try:
                async with asyncio.TaskGroup() as group:
                    for asset, period in self._assets:
                        group.create_task(self._follow(caller, context, asset, period))
            finally:
                balances.cancel()

    async def _follow(self, caller: "_Caller", context: PyContext, asset: str, period: int) -> None:
        stream = await self._client.market.subscribe(asset, _chunks.aligned(period))
        try:
            async for candle in stream:
                if self._market is not None:
                    await self._market.update_price(asset, float(json.loads(candle)["close"]))
                await caller.call(self._strategy.on_candle, context, asset, candle)
        finally:
            await stream.aclose()

    async def _watch_balance(self, caller: "_Caller", context: PyContext) -> None:
        last: float | None = None
        while True:
            balance = await context.balance()
            if balance != last and balance >= 0:
                last = balance
                await caller.call(self._strategy.on_balance, context, balance)
            await asyncio.sleep(self._interval)


class _Caller:
    """Calls the methods of a strategy, one at a time."""

    def __init__(self, thread: ThreadPoolExecutor) -> None:
        self._thread = thread
        self._busy = asyncio.Lock()

    async def call(self, method: Callable[..., Any], *arguments: Any) -> None:
        """Whatever it raises is logged."""
        async with self._busy:
            try:
                if inspect.iscoroutinefunction(method):
                    await method(*arguments)
                    return
                result = await asyncio.get_running_loop().run_in_executor(self._thread, method, *arguments)
                if inspect.isawaitable(result):
                    await result
            except Exception as error:  # noqa: BLE001  # of the user's code
                logger.opt(exception=error).error("{} of the strategy raised", method.__name__)
