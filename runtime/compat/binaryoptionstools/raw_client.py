"""``RawPocketOption``: the client whose answers are JSON texts, below the two others."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any, Self, TypeVar

from actors.values import Direction
from runtime.compat.binaryoptionstools import _chunks
from runtime.compat.binaryoptionstools._arguments import seconds_of
from runtime.compat.binaryoptionstools._guest import guest_ssid
from runtime.compat.binaryoptionstools._market import Market, positive
from runtime.compat.binaryoptionstools._messages import Messages, RawStreamIterator
from runtime.compat.binaryoptionstools._runtime import ClientRuntime
from runtime.compat.binaryoptionstools._streams import StreamIterator
from runtime.compat.binaryoptionstools._trading import Trading
from runtime.compat.binaryoptionstools.config import PyConfig
from runtime.compat.binaryoptionstools.errors import PocketOptionTimeout
from runtime.compat.binaryoptionstools.raw_handler import RawHandle, RawHandler
from runtime.compat.binaryoptionstools.validator import RawValidator

C = TypeVar("C", bound="RawPocketOption")


class RawPocketOption:
    """One account. ``runtime``, ``trading``, ``market`` and ``messages`` do the work, and give dicts.

    It connects when it is made in an event loop, and otherwise with the first request. ``PyConfig`` and
    ``ssid`` are checked at once: ``InvalidSession`` and ``InvalidParameterError`` are raised. Requests raise
    ``PocketOptionError``.
    """

    def __init__(self, ssid: str, config: PyConfig | None = None) -> None:
        self.runtime = ClientRuntime(ssid, config or PyConfig())
        self.trading = Trading(self.runtime)
        self.market = Market(self.runtime)
        self.messages = Messages(self.runtime)

    @classmethod
    def new_with_config(cls, ssid: str, config: PyConfig) -> Self:
        return cls(ssid, config)

    @classmethod
    def new_with_url(cls, ssid: str, url: str) -> Self:
        return cls(ssid, PyConfig(urls=[url]))

    @classmethod
    def new_try_demo(cls, token: str | None = None) -> Self:
        """A guest's session; see ``try_demo``."""
        return cls(guest_ssid(token))

    @classmethod
    async def create(cls, ssid: str) -> Self:
        """Returns once it is logged in, as the other two."""
        return await _connected(cls(ssid))

    @classmethod
    async def create_with_url(cls, ssid: str, url: str) -> Self:
        return await _connected(cls.new_with_url(ssid, url))

    @classmethod
    async def create_with_config(cls, ssid: str, config: PyConfig) -> Self:
        return await _connected(cls.new_with_config(ssid, config))

    @classmethod
    async def create_try_demo(cls, token: str | None = None) -> Self:
        return await _connected(cls.new_try_demo(token))

    async def wait_for_assets(self, timeout_secs: float) -> None:
        """Raises ``PocketOptionTimeout``, a ``TimeoutError``."""
        try:
            await self.market.assets(timeout_secs)
        except PocketOptionTimeout as error:
            missing = "the assets have not come" if self.is_connected() else "no connection is logged in"
            raise PocketOptionTimeout(
                f"{missing} within {timeout_secs:g} s: the log says what failed; check the network and the"
                " urls of the Config, then try again"
            ) from error

    def is_demo(self) -> bool:
        return self.runtime.is_demo

    def is_connected(self) -> bool:
        """Whether a connection is logged in."""
        return self.runtime.is_connected

    async def connect(self) -> None:
        """Connect after ``disconnect``; returns once logged in."""
        await self.runtime.wait_until_connected()

    async def disconnect(self) -> None:
        """Close the connections; subscriptions end. The next request connects again."""
        await self.runtime.leave()

    async def reconnect(self) -> None:
        """Begin every connection anew; subscriptions go on. Returns once logged in."""
        await self.runtime.restart_connections()

    async def shutdown(self) -> None:
        """``disconnect`` for ever."""
        await self.runtime.shut_down()

    async def balance(self) -> float:
        """-1.0 while it is not known."""
        return await self.trading.balance(0.2)

    async def buy(self, asset: str, amount: float, time: int) -> list[str]:
        """The id of the deal, and the deal."""
        deal_id, row = await self.trading.place(asset, amount, time, Direction.CALL)
        return [deal_id, json.dumps(row)]

    async def sell(self, asset: str, amount: float, time: int) -> list[str]:
        """The id of the deal, and the deal."""
        deal_id, row = await self.trading.place(asset, amount, time, Direction.PUT)
        return [deal_id, json.dumps(row)]

    async def check_win(self, trade_id: str) -> str:
        """The closed deal."""
        return json.dumps(await self.trading.result(trade_id))

    async def get_deal_end_time(self, trade_id: str) -> int | None:
        return await self.trading.end_time(trade_id)

    async def opened_deals(self) -> str:
        return json.dumps(await self.trading.opened())

    async def closed_deals(self) -> str:
        return json.dumps(await self.trading.closed())

    async def get_opened_deal(self, trade_id: str) -> str | None:
        return _optional(await self.trading.opened_deal(trade_id))

    async def get_closed_deal(self, trade_id: str) -> str | None:
        return _optional(await self.trading.closed_deal(trade_id))

    async def clear_closed_deals(self) -> None:
        await self.trading.clear_closed()

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
    ) -> str:
        return json.dumps(
            await self.trading.place_pending(
                open_type, amount, asset, open_time, open_price, timeframe, min_payout, command
            )
        )

    async def get_pending_deals(self) -> str:
        return json.dumps(await self.trading.pending())

    async def cancel_pending_order(self, ticket: str) -> str:
        return json.dumps(await self.trading.cancel(ticket))

    async def cancel_pending_orders(self, tickets: Sequence[str]) -> str:
        return json.dumps(await self.trading.cancel_all(tickets))

    async def active_assets(self) -> str:
        return json.dumps(await self.market.asset_rows())

    async def payout(self) -> str:
        return json.dumps(await self.market.payouts())

    async def get_server_time(self) -> int:
        return await self.market.server_time()

    async def candles(self, asset: str, period: int) -> str:
        return json.dumps(await self.market.history(asset, period))

    async def history(self, asset: str, period: int) -> str:
        return json.dumps(await self.market.history(asset, period))

    async def get_candles(self, asset: str, period: int, offset: int) -> str:
        """The bars of the last ``offset`` seconds; the last one forms."""
        closed = offset // positive("period", period) - 1
        return json.dumps(await self.market.history(asset, period, closed))

    async def get_candles_advanced(self, asset: str, period: int, offset: int, time: int) -> str:
        """The bars of the ``offset`` seconds before ``time``, which is of the venue's clock."""
        return json.dumps(await self.market.window(asset, period, offset, time))

    async def compile_candles(self, asset: str, custom_period: int, lookback_period: int) -> str:
        count = lookback_period // positive("custom_period", custom_period)
        return json.dumps(await self.market.history(asset, custom_period, count))

    async def get_ticks(self, asset: str, lookback_seconds: int) -> str:
        return json.dumps(await self.market.ticks(asset, lookback_seconds))

    async def subscribe_symbol(self, symbol: str) -> StreamIterator:
        return await self.market.subscribe(symbol, _chunks.each_tick)

    async def subscribe_symbol_chunked(self, symbol: str, chunk_size: int) -> StreamIterator:
        return await self.market.subscribe(symbol, _chunks.by_count(chunk_size))

    async def subscribe_symbol_timed(self, symbol: str, time: dt.timedelta) -> StreamIterator:
        return await self.market.subscribe(symbol, _chunks.by_time(seconds_of("time", time)))

    async def subscribe_symbol_time_aligned(self, symbol: str, time: dt.timedelta) -> StreamIterator:
        return await self.market.subscribe(symbol, _chunks.aligned(seconds_of("time", time)))

    async def unsubscribe(self, asset: str) -> None:
        await self.market.unsubscribe(asset)

    async def send_raw(self, message: str) -> None:
        await self.messages.send(message)

    async def send_raw_message(self, message: str) -> None:
        await self.messages.send(message)

    async def subscribe_raw(self) -> RawStreamIterator:
        return await self.messages.subscribe(RawValidator())

    async def create_raw_handler(self, validator: RawValidator, keep_alive: str | None = None) -> RawHandler:
        return await RawHandle(self.messages).create(validator, keep_alive)

    async def create_raw_order(self, message: str, validator: RawValidator) -> str:
        """The first message for which ``validator`` holds. Raises ``PocketOptionTimeout`` after the
        configured ``timeout_secs``."""
        return await self.messages.request(message, validator)

    async def create_raw_order_with_timeout(
        self,
        message: str,
        validator: RawValidator,
        timeout: dt.timedelta,  # noqa: ASYNC109
    ) -> str:
        return await self.messages.request(message, validator, timeout)

    async def create_raw_order_with_timeout_and_retry(
        self,
        message: str,
        validator: RawValidator,
        timeout: dt.timedelta,  # noqa: ASYNC109
    ) -> str:
        """``timeout`` is that of each try."""
        return await self.messages.request_again(message, validator, timeout)

    async def create_raw_iterator(
        self,
        message: str,
        validator: RawValidator,
        timeout: dt.timedelta | None = None,  # noqa: ASYNC109
    ) -> RawStreamIterator:
        """Every message for which ``validator`` holds, until ``timeout`` is over."""
        return await self.messages.stream(message, validator, timeout)


def _optional(row: dict[str, Any] | None) -> str | None:
    return None if row is None else json.dumps(row)


async def _connected(client: C) -> C:
    await client.market.assets()
    return client
