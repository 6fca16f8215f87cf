"""``PocketOptionAsync``: the client for event loops."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, overload

from actors.values import Direction
from runtime.compat.binaryoptionstools import _chunks
from runtime.compat.binaryoptionstools._arguments import seconds_of
from runtime.compat.binaryoptionstools._live_bars import Bars, live_bars
from runtime.compat.binaryoptionstools._market import positive
from runtime.compat.binaryoptionstools._raw_calls import AsyncRawCalls, deprecated
from runtime.compat.binaryoptionstools._rows import Row, plain_bar
from runtime.compat.binaryoptionstools._streams import AsyncSubscription
from runtime.compat.binaryoptionstools.config import Config
from runtime.compat.binaryoptionstools.errors import PocketOptionError
from runtime.compat.binaryoptionstools.raw_client import RawPocketOption
from runtime.compat.binaryoptionstools.tracing import LogBuilder, Logger
from runtime.compat.binaryoptionstools.trade import Trade, TradeResult

RESULT_TIMEOUT = 300
"""Seconds that ``check_win`` waits unless it is told."""

START_LIMIT = 60.0
"""Seconds that a client waits for its login, unless the configuration has fewer."""

BALANCE_TIMEOUT = 10.0
"""Seconds that ``balance`` waits for the venue to tell it."""


def as_config(config: Config | Mapping[str, Any] | str | None, url: str | None) -> Config:
    """What a client is given, as a ``Config`` with ``url`` first."""
    match config:
        case None:
            made = Config()
        case Config():
            made = config
        case str():
            made = Config.from_json(config)
        case Mapping():
            made = Config.from_dict(config)
        case _:
            raise ValueError(f"config has to be a Config, a dict or JSON, not {type(config).__name__}")
    if url is not None:
        made.urls.insert(0, url)
    return made


class PocketOptionAsync(AsyncRawCalls):
    """One account, for one event loop.

    It connects when it is made in an event loop, and otherwise with the first request. ``async with`` waits
    for the login and shuts down. The SSID and ``config`` are checked at once: ``InvalidSession``, a
    ``ValueError``, and ``InvalidParameterError`` are raised. Requests raise ``PocketOptionError``, those that
    take too long ``PocketOptionTimeout``, which is a ``TimeoutError`` too.
    """

    def __init__(
        self,
        ssid: str,
        url: str | None = None,
        config: Config | Mapping[str, Any] | str | None = None,
        **_: Any,
    ) -> None:
        self.logger = Logger()
        self.config = as_config(config, url)
        if self.config.terminal_logging:
            log = LogBuilder()
            log.terminal(level=self.config.log_level)
            log.build()
        self.client = RawPocketOption(ssid, self.config.pyconfig)

    @classmethod
    async def try_demo(cls, token: str | None = None) -> Self:
        """A client on a guest's session of the venue, which needs no account. ``token`` is that of an earlier
        one."""
        made = cls.__new__(cls)
        made.logger = Logger()
        made.config = Config()
        made.client = await RawPocketOption.create_try_demo(token)
        return made

    async def __aenter__(self) -> Self:
        try:
            await self.wait_for_assets(self.start_limit)
        except BaseException:
            await self.shutdown()
            raise
        return self

    @property
    def start_limit(self) -> float:
        """Seconds that ``async with`` and the client that blocks wait for the login."""
        return min(START_LIMIT, self.config.connection_initialization_timeout_secs)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.shutdown()

    # Orders and deals

    async def buy(self, asset: str, amount: float, time: int, check_win: bool = False) -> TradeResult:
        """Open a call of ``time`` seconds; with ``check_win`` wait for its result."""
        return await self._trade(asset, amount, time, Direction.CALL, check_win)

    async def sell(self, asset: str, amount: float, time: int, check_win: bool = False) -> TradeResult:
        """Open a put of ``time`` seconds; with ``check_win`` wait for its result."""
        return await self._trade(asset, amount, time, Direction.PUT, check_win)

    async def check_win(self, id: str, timeout_seconds: int | None = None) -> Trade:
        """The closed deal with its ``result``. ``timeout_seconds`` is 300 by default, 0 for no limit.

        Raises ``TimeoutError`` then, ``ValueError`` for what is no id, ``RuntimeError`` for a deal that
        the venue does not know, and if anything else fails.
        """
        limit = RESULT_TIMEOUT if timeout_seconds is None else timeout_seconds
        try:
            async with asyncio.timeout(limit if limit > 0 else None):
                row = await self._result(id)
        except TimeoutError:
            raise TimeoutError(f"Timeout waiting for trade result for ID: {id}") from None
        profit = float(row["profit"])
        return Trade(row, result="win" if profit > 0 else "loss" if profit < 0 else "draw")

    async def get_deal_end_time(self, trade_id: str) -> int | None:
        """When a deal ends, by the venue's clock."""
        return await self.client.trading.end_time(trade_id)

    async def balance(self) -> float:
        """-1.0 if the venue has not told it within 10 s."""
        return await self.client.trading.balance(BALANCE_TIMEOUT)

    async def opened_deals(self) -> dict[str, Row]:
        """The open deals by their ids."""
        return await self.client.trading.opened()

    async def closed_deals(self) -> dict[str, Row]:
        """The closed deals by their ids: those that the venue lists, and those since the start."""
        return await self.client.trading.closed()

    async def get_opened_deal(self, id: str) -> Trade | None:
        return _trade_of(await self.client.trading.opened_deal(id))

    async def get_closed_deal(self, id: str) -> Trade | None:
        return _trade_of(await self.client.trading.closed_deal(id))

    async def clear_closed_deals(self) -> None:
        """Have ``closed_deals`` give only later ones."""
        await self.client.trading.clear_closed()

    async def open_pending_order(
        self,
        open_type: int,
        amount: float,
        asset: str,
        open_time: int | str,
        open_price: float,
        timeframe: int,
        min_payout: int,
        command: int,
    ) -> Row:
        """Have the venue open a deal of ``timeframe`` seconds at a time (``open_type`` 0) or a price (1).

        ``open_time`` is of the venue's clock: seconds, or a text like ``2026-01-31 12:00:00``. ``command`` is
        0 for a call, 1 for a put. Raises ``InvalidParameterError``.
        """
        return await self.client.trading.place_pending(
            open_type, amount, asset, open_time, open_price, timeframe, min_payout, command
        )

    async def get_pending_deals(self) -> list[Row]:
        return await self.client.trading.pending()

    async def cancel_pending_order(self, ticket: str) -> Row:
        """``{"ticket": ..., "status": "cancelled"}``."""
        return await self.client.trading.cancel(ticket)

    async def cancel_pending_orders(self, tickets: Sequence[str]) -> Row:
        """``{"cancelled": [tickets], "failed": [{"ticket": ..., "error": ...}]}``."""
        return await self.client.trading.cancel_all(tickets)

    async def _trade(
        self, asset: str, amount: float, time: int, direction: Direction, check_win: bool
    ) -> TradeResult:
        deal_id, row = await self.client.trading.place(asset, amount, time, direction)
        return deal_id, await self.check_win(deal_id, time + 30) if check_win else Trade(row)

    async def _result(self, deal_id: str) -> Row:
        try:
            return await self.client.trading.result(deal_id)
        except ValueError as error:
            raise ValueError(f"Invalid trade result response for ID {deal_id}: {error}") from error
        except PocketOptionError as error:
            raise RuntimeError(f"Error getting trade result for ID {deal_id}: {error}") from error

    # Assets, payouts, the clock

    async def active_assets(self) -> list[Row]:
        """The assets that can be traded now."""
        return list((await self.client.market.asset_rows()).values())

    async def payouts(self) -> dict[str, int]:
        """What a win pays, in percent of the stake, for each asset that can be traded now."""
        return await self.client.market.payouts()

    @overload
    async def payout(self, asset: str) -> int | None: ...  # type: ignore[overload-overlap]  # a text is one symbol
    @overload
    async def payout(self, asset: None = None) -> dict[str, int]: ...
    @overload
    async def payout(self, asset: Sequence[str]) -> list[int | None]: ...
    async def payout(
        self, asset: str | Sequence[str] | None = None
    ) -> int | dict[str, int] | list[int | None] | None:
        """The payout of an asset; those of several, in their order; or all, by symbol."""
        payouts = await self.payouts()
        match asset:
            case None:
                return payouts
            case str():
                return payouts.get(asset)
        return [payouts.get(each) for each in asset]

    async def get_server_time(self) -> int:
        """The venue's clock, in whole seconds: two hours ahead of UTC."""
        return await self.client.market.server_time()

    # Bars and ticks of the past

    async def candles(
        self, asset: str, period: int, count: int = 100, end_time: int | None = None
    ) -> list[Row]:
        """The last ``count`` closed bars, or those before ``end_time``: ``time``, ``open``, ``high``,
        ``low``, ``close`` as numbers. All times are UTC."""
        bars = await self.client.market.bars(asset, period, count, end_time)
        return [plain_bar(bar) for bar in bars]

    async def get_candles(self, asset: str, period: int, offset: int) -> list[Row]:
        """Deprecated: ``candles(asset, period, offset)``."""
        deprecated("get_candles", "candles() or get_candles_live()")
        return await self.candles(asset, period, offset)

    async def get_candles_advanced(self, asset: str, period: int, offset: int, time: int) -> list[Row]:
        """Deprecated. The bars of the ``offset`` seconds before ``time``, with prices as texts; all times are
        of the venue's clock. The last bar may be forming; ``is_closed`` says so."""
        deprecated("get_candles_advanced", "candles(..., end_time=...)")
        return await self.client.market.window(asset, period, offset, time)

    async def history(self, asset: str, period: int) -> list[Row]:
        """Deprecated. The last bars, with prices as texts and ``timestamp`` in UTC; the last one forms."""
        deprecated("history", "candles()")
        return await self.client.market.history(asset, period)

    async def compile_candles(self, asset: str, custom_period: int, lookback_period: int) -> list[Row]:
        """Deprecated. As ``history``, for the last ``lookback_period`` seconds and any period."""
        positive("custom_period", custom_period)
        positive("lookback_period", lookback_period)
        deprecated("compile_candles", "candles()")
        return await self.client.market.history(asset, custom_period, lookback_period // custom_period)

    async def ticks(self, asset: str, seconds: int) -> list[tuple[int, float]]:
        """The last price of each of the last ``seconds`` seconds, with the second in UTC."""
        return await self.client.market.ticks(asset, positive("seconds", seconds))

    async def get_ticks(self, asset: str, lookback_seconds: int) -> list[tuple[int, float]]:
        """Deprecated: ``ticks``."""
        deprecated("get_ticks", "ticks()")
        return await self.client.market.ticks(asset, positive("lookback_seconds", lookback_seconds))

    # Streams

    def get_candles_live(
        self, asset: str, period: int, hours: float = 2.0, max_rows: int = 100
    ) -> AsyncGenerator[Bars, None]:
        """With each tick the closed bars, at most ``max_rows`` of them, and the forming one: as ``candles``
        gives them, from ``hours`` ago on."""
        return live_bars(self.client.runtime, asset, period, hours, max_rows)

    def stream_candles(
        self, asset: str, period: int, *, history: float = 2.0, max_rows: int = 100
    ) -> AsyncGenerator[Bars, None]:
        """``get_candles_live`` by its newer name."""
        return live_bars(self.client.runtime, asset, period, history, max_rows)

    async def subscribe_ticks(
        self,
        asset: str,
        *,
        chunk_size: int | None = None,
        interval: dt.timedelta | None = None,
        aligned: bool = False,
    ) -> AsyncSubscription:
        """Every tick, or bars: of ``chunk_size`` ticks; of ``interval`` from the first tick on; ``aligned``
        with the venue's clock. Each is a dict with prices as texts and ``timestamp`` by the venue's clock."""
        joiner: _chunks.Joiner = _chunks.each_tick
        if chunk_size is not None:
            joiner = _chunks.by_count(chunk_size)
        elif interval is not None:
            joiner = (_chunks.aligned if aligned else _chunks.by_time)(seconds_of("interval", interval))
        return AsyncSubscription(await self.client.market.subscribe(asset, joiner))

    async def subscribe_symbol(self, asset: str) -> AsyncSubscription:
        """Every tick, as a bar with four equal prices."""
        return await self.subscribe_ticks(asset)

    async def subscribe_symbol_chunked(self, asset: str, chunk_size: int) -> AsyncSubscription:
        """Deprecated: ``subscribe_ticks(asset, chunk_size=...)``."""
        deprecated("subscribe_symbol_chunked", "subscribe_ticks(asset, chunk_size=...)")
        return await self.subscribe_ticks(asset, chunk_size=chunk_size)

    async def subscribe_symbol_timed(self, asset: str, time: dt.timedelta) -> AsyncSubscription:
        """Deprecated: ``subscribe_ticks(asset, interval=...)``."""
        deprecated("subscribe_symbol_timed", "subscribe_ticks(asset, interval=...)")
        return await self.subscribe_ticks(asset, interval=time)

    async def subscribe_symbol_time_aligned(self, asset: str, time: dt.timedelta) -> AsyncSubscription:
        """Deprecated: ``subscribe_ticks(asset, interval=..., aligned=True)``."""
        deprecated("subscribe_symbol_time_aligned", "subscribe_ticks(asset, interval=..., aligned=True)")
        return await self.subscribe_ticks(asset, interval=time, aligned=True)

    async def unsubscribe(self, asset: str) -> None:
        """End the subscriptions of this client to ``asset``, here and at the venue."""
        await self.client.unsubscribe(asset)

    # The connection

    async def wait_for_assets(self, timeout: float = 60.0) -> None:  # noqa: ASYNC109  # their name
        """Returns once logged in and the assets have come. Raises ``TimeoutError``."""
        await self.client.wait_for_assets(timeout)

    def is_demo(self) -> bool:
        return self.client.is_demo()

    def is_connected(self) -> bool:
        """Whether a connection is logged in."""
        return self.client.is_connected()

    def is_ssid_valid(self) -> bool:
        """Always true: a client with another one cannot be made."""
        return True

    async def disconnect(self) -> None:
        """Close the connections; subscriptions end. The next request connects again."""
        await self.client.disconnect()

    async def connect(self) -> None:
        """Connect after ``disconnect``; returns once logged in."""
        await self.client.connect()

    async def reconnect(self) -> None:
        """Begin every connection anew; subscriptions go on. Returns once logged in."""
        await self.client.reconnect()

    async def shutdown(self) -> None:
        """Close the client for ever."""
        await self.client.shutdown()


def _trade_of(row: Row | None) -> Trade | None:
    return None if row is None else Trade(row)
