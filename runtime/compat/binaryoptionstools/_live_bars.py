"""The closed bars and the forming one with each tick: history up to a stream's first tick, then its ticks."""

import time
from collections import deque
from collections.abc import AsyncGenerator, Sequence

from actors.messages import LoadCandles
from actors.values import Candle, Tick
from runtime.compat.binaryoptionstools._rows import Row, plain_bar
from runtime.compat.binaryoptionstools._runtime import ClientRuntime
from runtime.compat.binaryoptionstools.errors import InvalidParameterError, as_theirs

Bars = tuple[list[Row], Row | None]
"""The closed bars, the oldest first, and the forming one."""

HOUR = 3600


async def live_bars(
    runtime: ClientRuntime, asset: str, period: int, hours: float, max_rows: int
) -> AsyncGenerator[Bars, None]:
    """Ends with the client. Raises ``InvalidParameterError``, and ``PocketOptionError`` for the asset."""
    if type(period) is not int or period < 1 or max_rows < 1 or hours <= 0:
        raise InvalidParameterError("period, hours and max_rows have to be above 0, the period whole seconds")
    ticks = (await runtime.get()).ticks(asset)
    try:
        with as_theirs():
            await ticks.begin()
        count = max(1, min(max_rows, int(hours * HOUR) // period))
        forming_too = time.time() + period
        loaded = await runtime.ask(LoadCandles(asset, period, count + 1, forming_too))
        board = _Board(loaded, period, max_rows)
        yield board.rows()
        with as_theirs():
            async for tick in ticks:
                if board.add(tick):
                    yield board.rows()
    finally:
        await ticks.aclose()


class _Board:
    """Bars that ticks go on with. A bar that has no tick is not there, as in the venue's history."""

    def __init__(self, loaded: Sequence[Candle], period: int, max_rows: int) -> None:
        self._period = period
        forms = bool(loaded) and loaded[-1].time + period > time.time()
        closed = loaded[:-1] if forms else loaded
        self._closed = deque(map(plain_bar, closed), maxlen=max_rows)
        self._forming: Row | None = plain_bar(loaded[-1]) if forms else None

    def rows(self) -> Bars:
        forming = self._forming
        return [dict(bar) for bar in self._closed], None if forming is None else dict(forming)

    def add(self, tick: Tick) -> bool:
        """Whether it belongs to the forming bar or to a later one."""
        start, price, forming = int(tick.time // self._period) * self._period, tick.price, self._forming
        if forming is not None and start < forming["time"]:
            return False
        if forming is not None and start == forming["time"]:
            forming["high"], forming["low"] = max(forming["high"], price), min(forming["low"], price)
            forming["close"] = price
            return True
        if forming is not None:
            self._closed.append(forming)
        self._forming = {"time": start, "open": price, "high": price, "low": price, "close": price}
        return True
