"""The closed bars and the forming one with each tick, made of those of ``SubscribeCandles``."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from typing import Final

from actors.messages import BarClosed, BarForming
from actors.values import Candle
from runtime.aio.bar_stream import BarStream
from runtime.compat.binaryoptionstools._rows import Row, plain_bar
from runtime.compat.binaryoptionstools._runtime import ClientRuntime
from runtime.compat.binaryoptionstools.errors import InvalidParameterError, as_theirs

Bars = tuple[list[Row], Row | None]
"""The closed bars, the oldest first, and the forming one."""

HOUR: Final = 3600
PATIENCE: Final = 1.0
"""Seconds that the first item waits for the forming bar, which an asset without ticks does not have."""


async def live_bars(
    runtime: ClientRuntime, asset: str, period: int, hours: float, max_rows: int
) -> AsyncGenerator[Bars, None]:
    """Ends with the client. Raises ``InvalidParameterError``, and ``PocketOptionError`` for the asset."""
    if type(period) is not int or period < 1 or max_rows < 1 or hours <= 0:
        raise InvalidParameterError("period, hours and max_rows have to be above 0, the period whole seconds")
    count = max(1, min(max_rows, int(hours * HOUR) // period))
    leased = await runtime.get()
    with as_theirs():
        bars = leased.candles(asset, period, history=count)
    try:
        with as_theirs():
            await bars.begin()
        board = _Board(bars.history, max_rows)
        with as_theirs():
            await _first_forming(bars, board)
            yield board.rows()
            async for bar in bars:
                if board.add(bar):
                    yield board.rows()
    finally:
        await bars.aclose()


async def _first_forming(bars: BarStream, board: "_Board") -> None:
    """Returns once a bar forms, or after ``PATIENCE``."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            async for bar in bars:
                if board.add(bar):
                    return


class _Board:
    """Bars by their opening. A time without a tick has none, as in the venue's history."""

    def __init__(self, history: Iterable[Candle], max_rows: int) -> None:
        self._closed = {bar.time: plain_bar(bar) for bar in history}
        self._forming: Row | None = None
        self._max_rows = max_rows

    def rows(self) -> Bars:
        forming = self._forming
        return [dict(bar) for bar in self._closed.values()], None if forming is None else dict(forming)

    def add(self, bar: BarForming | BarClosed) -> bool:
        """Whether it forms, so that a tick has come: each tick is an item. A bar that is told again replaces
        what was told before."""
        opened = bar.candle.time
        if isinstance(bar, BarForming):
            self._forming = plain_bar(bar.candle)
            return True
        self._closed[opened] = plain_bar(bar.candle)
        newest = sorted(self._closed)[-self._max_rows :]
        self._closed = {each: self._closed[each] for each in newest}
        return False
