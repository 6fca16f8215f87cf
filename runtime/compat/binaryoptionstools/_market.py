"""Assets, payouts, bars, ticks and the clock of a client."""

import datetime as dt
import numbers
import time as wall_clock
import weakref
from collections.abc import Sequence
from typing import Final

from actors.messages import GetAssets, GetServerTime, LoadCandles, LoadTicks
from actors.values import Asset, Candle
from runtime.compat.binaryoptionstools import _chunks
from runtime.compat.binaryoptionstools._arguments import seconds_of
from runtime.compat.binaryoptionstools._rows import VENUE_AHEAD, Row, asset_row, stamped_bar, volume
from runtime.compat.binaryoptionstools._runtime import ClientRuntime
from runtime.compat.binaryoptionstools._streams import StreamIterator
from runtime.compat.binaryoptionstools.errors import (
    InvalidParameterError,
    PocketOptionError,
    as_theirs,
)

CLOCK_ASSET: Final = "EURUSD_otc"
"""Streamed for the venue's clock, which comes with ticks; another one where it cannot be traded."""

HISTORY: Final = 100
"""Bars that ``history`` gives: about as many as the venue's first answer has."""


class Market:
    """What a client sees of the market."""

    def __init__(self, runtime: ClientRuntime) -> None:
        self._runtime = runtime
        self._streams: dict[str, weakref.WeakSet[StreamIterator]] = {}
        self._clock_stream: StreamIterator | None = None

    async def assets(self, wait: float | None = None) -> dict[str, Asset]:
        """All assets that can be traded now, by symbol. Raises ``PocketOptionTimeout`` after ``wait``
        seconds."""
        assets = await self._runtime.ask(GetAssets(deadline=wait))
        return {symbol: asset for symbol, asset in assets.items() if asset.tradable}

    async def asset_rows(self) -> dict[str, Row]:
        return {symbol: asset_row(asset) for symbol, asset in (await self.assets()).items()}

    async def payouts(self) -> dict[str, int]:
        """In percent, of the assets that can be traded now."""
        return {symbol: asset.payout for symbol, asset in (await self.assets()).items()}

    async def server_time(self) -> int:
        """The venue's clock, in whole seconds."""
        if self._clock_stream is None and not self._streams:
            self._clock_stream = await self.subscribe(await self._clock_asset(), _chunks.each_tick)
        return int((await self._runtime.ask(GetServerTime())).time) + VENUE_AHEAD

    async def bars(self, asset: str, period: int, count: int, end: float | None = None) -> list[Candle]:
        """The last ``count`` closed bars before ``end`` (UTC). Raises ``InvalidParameterError``."""
        _check_period(period)
        if not isinstance(count, numbers.Integral) or count < 1:
            raise InvalidParameterError(f"the number of bars has to be at least 1, not {count!r}")
        return await self._runtime.ask(LoadCandles(asset, period, count, end))

    async def window(self, asset: str, period: int, offset: int, time: int) -> list[Row]:
        """The bars that opened within ``offset`` seconds before ``time``, both by the venue's clock; the last
        one may still be forming."""
        _check_period(period)
        last, first = time // period, (time - offset) // period
        if last <= first:
            return []
        end = (last + 1) * period - VENUE_AHEAD
        bars = await self.bars(asset, period, last - first, end)
        rows = _stamped(asset, period, bars, ahead=VENUE_AHEAD)
        for row, bar in zip(rows, bars, strict=True):
            row["volume"] = volume(bar)
        return rows

    async def history(self, asset: str, period: int, count: int = HISTORY) -> list[Row]:
        """The last ``count`` closed bars and the one that forms, with prices as texts and times in UTC."""
        _check_period(period)
        end = (wall_clock.time() // period + 1) * period
        return _stamped(asset, period, await self.bars(asset, period, count + 1, end), ahead=0)

    async def ticks(self, asset: str, seconds: int) -> list[tuple[int, float]]:
        """The last price of each of the last seconds, with the second in UTC."""
        ticks = await self._runtime.ask(LoadTicks(asset, seconds=seconds))
        return list({int(tick.time): tick.price for tick in ticks}.items())

    async def subscribe(self, asset: str, joiner: _chunks.Joiner) -> StreamIterator:
        """The bars that ``joiner`` makes of the ticks of ``asset``. Raises ``PocketOptionError`` for an asset
        that is not listed."""
        runtime = await self._runtime.get()
        ticks = runtime.ticks(asset)
        with as_theirs():
            await ticks.begin()
        stream = StreamIterator(ticks, joiner)
        self._streams.setdefault(asset, weakref.WeakSet()).add(stream)
        return stream

    async def subscribe_timed(self, asset: str, interval: dt.timedelta, *, aligned: bool) -> StreamIterator:
        seconds = seconds_of("time", interval)
        return await self.subscribe(asset, (_chunks.aligned if aligned else _chunks.by_time)(seconds))

    async def unsubscribe(self, asset: str) -> None:
        """End the subscriptions of this client to ``asset``. Raises ``PocketOptionError`` if it has none."""
        streams = list(self._streams.pop(asset, ()))
        if not streams:
            raise PocketOptionError(f"this client has no subscription to {asset}")
        for stream in streams:
            await stream.aclose()

    async def _clock_asset(self) -> str:
        assets = await self.assets()
        if not assets:
            raise PocketOptionError("no asset can be traded now, so the venue sends no time")
        return CLOCK_ASSET if CLOCK_ASSET in assets else next(iter(assets))


def _stamped(asset: str, period: int, bars: Sequence[Candle], *, ahead: int) -> list[Row]:
    """``is_closed`` tells the bar that forms, which is the last if there is one."""
    now = wall_clock.time()
    return [stamped_bar(asset, bar, ahead=ahead) | {"is_closed": bar.time + period <= now} for bar in bars]


def _check_period(period: int) -> None:
    if not isinstance(period, numbers.Integral) or period < 1:
        raise InvalidParameterError(f"the period has to be whole seconds from 1 on, not {period!r}")


def positive(name: str, value: object) -> int:
    """Raises ``ValueError`` unless it is a whole number above 0."""
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"{name} must be a positive integer")
    return value
