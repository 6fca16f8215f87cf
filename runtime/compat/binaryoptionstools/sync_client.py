"""``PocketOption``: the client that blocks, with an event loop in a thread of its own."""

import asyncio
import datetime as dt
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from runtime.compat._shared import lease_thread, release_thread
from runtime.compat.binaryoptionstools._market import positive
from runtime.compat.binaryoptionstools._raw_calls import deprecated
from runtime.compat.binaryoptionstools._rows import Row
from runtime.compat.binaryoptionstools._streams import (
    SyncCandleLiveIterator,
    SyncSubscription,
)
from runtime.compat.binaryoptionstools._sync_raw_calls import (
    SyncRawCalls,
)
from runtime.compat.binaryoptionstools.async_client import PocketOptionAsync
from runtime.compat.binaryoptionstools.config import Config
from runtime.compat.binaryoptionstools.errors import PocketOptionError
from runtime.compat.binaryoptionstools.trade import Trade, TradeResult

T = TypeVar("T")


class PocketOption(SyncRawCalls):
    """One account, for threads; each method is that of ``PocketOptionAsync``.

    It returns once logged in, and raises ``TimeoutError`` if that takes longer than 60 s, or than
    ``connection_initialization_timeout_secs``. Use ``with``, or
    ``close`` it. Any thread may call it.
    """

    def __init__(
        self,
        ssid: str,
        url: str | None = None,
        config: Config | Mapping[str, Any] | str | None = None,
        **_: Any,
    ) -> None:
        async def make() -> PocketOptionAsync:
            return PocketOptionAsync(ssid, url, config)

        self._begin(make)

    @classmethod
    def try_demo(cls, token: str | None = None) -> Self:
        """As ``PocketOptionAsync.try_demo``."""
        made = cls.__new__(cls)
        made._begin(lambda: PocketOptionAsync.try_demo(token))  # noqa: SLF001
        return made

    def _begin(self, make: Callable[[], Coroutine[Any, Any, PocketOptionAsync]]) -> None:
        self._thread = lease_thread()
        self._closed = False
        try:
            self._client = self._run(make())
            self._run(self._client.wait_for_assets(self._client.start_limit))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not sys.is_finalizing() and hasattr(self, "_closed"):
            self.close()

    def close(self) -> None:
        """Close the client for ever, and the thread with the last client. Idempotent."""
        if self._closed:
            return
        self._closed = True
        client = getattr(self, "_client", None)
        if client is None:  # it could not be made
            release_thread()
        elif self._thread.is_here:  # the last reference was dropped in the loop, which must not wait
            self.loop.create_task(client.shutdown()).add_done_callback(lambda _: release_thread())
        else:
            try:
                self._thread.run(client.shutdown())
            finally:
                release_thread()

    def shutdown(self) -> None:
        """``close``."""
        self.close()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop in the thread of all such clients."""
        return self._thread.loop

    @property
    def client(self) -> PocketOptionAsync:
        """The client in that loop."""
        return self._client

    @property
    def config(self) -> Config:
        return self._client.config

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            coroutine.close()
            raise PocketOptionError("this client has been closed: make another one")
        return self._thread.run(coroutine)

    # Orders and deals

    def buy(self, asset: str, amount: float, time: int, check_win: bool = False) -> TradeResult:
        return self._run(self._client.buy(asset, amount, time, check_win))

    def sell(self, asset: str, amount: float, time: int, check_win: bool = False) -> TradeResult:
        return self._run(self._client.sell(asset, amount, time, check_win))

    def check_win(self, id: str, timeout_seconds: int | None = None) -> Trade:
        return self._run(self._client.check_win(id, timeout_seconds))

    def get_deal_end_time(self, trade_id: str) -> int | None:
        return self._run(self._client.get_deal_end_time(trade_id))

    def balance(self) -> float:
        return self._run(self._client.balance())

    def opened_deals(self) -> dict[str, Row]:
        return self._run(self._client.opened_deals())

    def closed_deals(self) -> dict[str, Row]:
        return self._run(self._client.closed_deals())

    def get_opened_deal(self, trade_id: str) -> Trade | None:
        return self._run(self._client.get_opened_deal(trade_id))

    def get_closed_deal(self, trade_id: str) -> Trade | None:
        return self._run(self._client.get_closed_deal(trade_id))

    def clear_closed_deals(self) -> None:
        self._run(self._client.clear_closed_deals())

    def open_pending_order(
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
        return self._run(
            self._client.open_pending_order(
                open_type, amount, asset, open_time, open_price, timeframe, min_payout, command
            )
        )

    def get_pending_deals(self) -> list[Row]:
        return self._run(self._client.get_pending_deals())

    def cancel_pending_order(self, ticket: str) -> Row:
        return self._run(self._client.cancel_pending_order(ticket))

    def cancel_pending_orders(self, tickets: Sequence[str]) -> Row:
        return self._run(self._client.cancel_pending_orders(tickets))

    # Assets, payouts, the clock

    def active_assets(self) -> list[Row]:
        return self._run(self._client.active_assets())

    def payouts(self) -> dict[str, int]:
        return self._run(self._client.payouts())

    @overload
    def payout(self, asset: str) -> int | None: ...  # type: ignore[overload-overlap]  # a text is one symbol
    @overload
    def payout(self, asset: None = None) -> dict[str, int]: ...
    @overload
    def payout(self, asset: Sequence[str]) -> list[int | None]: ...
    def payout(
        self, asset: str | Sequence[str] | None = None
    ) -> int | dict[str, int] | list[int | None] | None:
        return self._run(self._client.payout(asset))

    def get_server_time(self) -> int:
        return self._run(self._client.get_server_time())

    # Bars and ticks of the past

    def candles(self, asset: str, period: int, count: int = 100, end_time: int | None = None) -> list[Row]:
        return self._run(self._client.candles(asset, period, count, end_time))

    def get_candles(self, asset: str, period: int, offset: int) -> list[Row]:
        deprecated("get_candles", "candles() or get_candles_live()")
        return self.candles(asset, period, offset)

    def get_candles_advanced(self, asset: str, period: int, offset: int, time: int) -> list[Row]:
        deprecated("get_candles_advanced", "candles(..., end_time=...)")
        return self._run(self._client.client.market.window(asset, period, offset, time))

    def history(self, asset: str, period: int) -> list[Row]:
        deprecated("history", "candles()")
        return self._run(self._client.client.market.history(asset, period))

    def compile_candles(self, asset: str, custom_period: int, lookback_period: int) -> list[Row]:
        deprecated("compile_candles", "candles()")
        count = positive("lookback_period", lookback_period) // positive("custom_period", custom_period)
        return self._run(self._client.client.market.history(asset, custom_period, count))

    def ticks(self, asset: str, seconds: int) -> list[tuple[int, float]]:
        return self._run(self._client.ticks(asset, seconds))

    def get_ticks(self, asset: str, lookback_seconds: int) -> list[tuple[int, float]]:
        deprecated("get_ticks", "ticks()")
        return self.ticks(asset, lookback_seconds)

    # Streams

    def get_candles_live(
        self, asset: str, period: int, hours: float = 2.0, max_rows: int = 100
    ) -> SyncCandleLiveIterator:
        bars = self._client.get_candles_live(asset, period, hours, max_rows)
        return SyncCandleLiveIterator(bars, self.loop)

    def stream_candles(
        self, asset: str, period: int, *, history: float = 2.0, max_rows: int = 100
    ) -> SyncCandleLiveIterator:
        return self.get_candles_live(asset, period, history, max_rows)

    def subscribe_ticks(
        self,
        asset: str,
        *,
        chunk_size: int | None = None,
        interval: dt.timedelta | None = None,
        aligned: bool = False,
    ) -> SyncSubscription:
        subscribe = self._client.subscribe_ticks(
            asset, chunk_size=chunk_size, interval=interval, aligned=aligned
        )
        return SyncSubscription(self._run(subscribe), self.loop)

    def subscribe_symbol(self, asset: str) -> SyncSubscription:
        return self.subscribe_ticks(asset)

    def subscribe_symbol_chunked(self, asset: str, chunk_size: int) -> SyncSubscription:
        deprecated("subscribe_symbol_chunked", "subscribe_ticks(asset, chunk_size=...)")
        return self.subscribe_ticks(asset, chunk_size=chunk_size)

    def subscribe_symbol_timed(self, asset: str, time: dt.timedelta) -> SyncSubscription:
        deprecated("subscribe_symbol_timed", "subscribe_ticks(asset, interval=...)")
        return self.subscribe_ticks(asset, interval=time)

    def subscribe_symbol_time_aligned(self, asset: str, time: dt.timedelta) -> SyncSubscription:
        deprecated("subscribe_symbol_time_aligned", "subscribe_ticks(asset, interval=..., aligned=True)")
        return self.subscribe_ticks(asset, interval=time, aligned=True)

    def unsubscribe(self, asset: str) -> None:
        self._run(self._client.unsubscribe(asset))

    # The connection

    def wait_for_assets(self, timeout: float = 60.0) -> None:
        self._run(self._client.wait_for_assets(timeout))

    def is_demo(self) -> bool:
        return self._client.is_demo()

    def is_connected(self) -> bool:
        return self._client.is_connected()

    def is_ssid_valid(self) -> bool:
        return self._client.is_ssid_valid()

    def connect(self) -> None:
        self._run(self._client.connect())

    def disconnect(self) -> None:
        self._run(self._client.disconnect())

    def reconnect(self) -> None:
        self._run(self._client.reconnect())
