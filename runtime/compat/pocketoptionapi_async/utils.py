"""Small helpers of the interface: figures of candles, decorators, a limiter, a register of orders."""

import asyncio
import functools
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from datetime import datetime, timedelta
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from loguru import logger

from runtime.compat.pocketoptionapi_async.models import Candle, OrderResult

if TYPE_CHECKING:
    import pandas as pd

P = ParamSpec("P")
T = TypeVar("T")
_NOTABLE = 0.1
"""Percent by which the price has to change for a trend."""
_COLUMNS = ("open", "high", "low", "close", "volume")


def format_session_id(
    session_id: str,
    is_demo: bool = True,
    uid: int = 0,
    platform: int = 1,
    is_fast_history: bool = True,
) -> str:
    """The whole auth message for a bare session id."""
    fields: dict[str, Any] = {
        "session": session_id,
        "isDemo": 1 if is_demo else 0,
        "uid": uid,
        "platform": platform,
    }
    if is_fast_history:
        fields["isFastHistory"] = True
    return f'42["auth",{json.dumps(fields)}]'


def calculate_payout_percentage(
    entry_price: float, exit_price: float, direction: str, payout_rate: float = 0.8
) -> float:
    """What one unit of stake gains: ``payout_rate`` for a win, -1 for a loss, 0 for a draw."""
    if exit_price == entry_price:
        return 0.0
    rises = exit_price > entry_price
    return payout_rate if rises == (direction.lower() == "call") else -1.0


def analyze_candles(candles: Sequence[Candle]) -> dict[str, Any]:
    """Figures of the closes, in the order given; ``{}`` for no candles."""
    if not candles:
        return {}
    closes = [candle.close for candle in candles]
    change = closes[-1] - closes[0]
    return {
        "count": len(candles),
        "first_price": closes[0],
        "last_price": closes[-1],
        "price_change": change,
        "price_change_percent": change / closes[0] * 100,
        "highest": max(candle.high for candle in candles),
        "lowest": min(candle.low for candle in candles),
        "average_close": fmean(closes),
        "volatility": calculate_volatility(closes),
        "trend": determine_trend(closes),
    }


def calculate_volatility(prices: Sequence[float], periods: int = 14) -> float:
    """The standard deviation of the last ``periods`` prices; 0 for no prices."""
    last = prices[-periods:]
    return pstdev(last) if last else 0.0


def determine_trend(prices: Sequence[float], periods: int = 10) -> str:
    """``bullish``, ``bearish`` or ``sideways``: whether the later half of the last prices is on average more
    than 0.1 % above or below the earlier half."""
    last = prices[-periods:]
    if len(last) < 2:
        return "sideways"
    middle = len(last) // 2
    before, after = fmean(last[:middle]), fmean(last[middle:])
    percent = (after - before) / before * 100
    if abs(percent) <= _NOTABLE:
        return "sideways"
    return "bullish" if percent > 0 else "bearish"


def calculate_support_resistance(candles: Sequence[Candle], periods: int = 20) -> dict[str, float]:
    """The lowest low and the highest high of the last ``periods`` candles, at least one."""
    last = candles[-periods:]
    if not last:
        raise ValueError("there is no candle to find support and resistance in")
    support, resistance = min(candle.low for candle in last), max(candle.high for candle in last)
    return {"support": support, "resistance": resistance, "range": resistance - support}


def format_timeframe(seconds: int) -> str:
    """Such as ``30s``, ``5m``, ``1h``, ``2d``: whole units, rounded down."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def validate_asset_symbol(symbol: str, available_assets: Collection[str]) -> bool:
    """Whether ``symbol`` is one of the keys."""
    return symbol in available_assets


def calculate_order_expiration(duration_seconds: float, current_time: datetime | None = None) -> datetime:
    """``duration_seconds`` after ``current_time``, by default now."""
    return (current_time or datetime.now()) + timedelta(seconds=duration_seconds)


def retry_async(
    max_attempts: int = 3, delay: float = 1.0, backoff_factor: float = 2.0
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """Repeat a coroutine function that raises, after ``delay`` seconds, each time longer by the factor. Not
    for orders: one whose answer was lost would be sent again."""

    def decorate(func: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        @functools.wraps(func)
        async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
            pause = delay
            for attempt in range(1, max_attempts):
                try:
                    return await func(*args, **kwargs)
                except Exception as error:  # noqa: BLE001  # whatever it raises, it is tried again
                    logger.warning("attempt {} of {} failed: {}", attempt, _name(func), error)
                await asyncio.sleep(pause)
                pause *= backoff_factor
            return await func(*args, **kwargs)

        return repeated

    return decorate


def performance_monitor(func: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Log how long each call of a coroutine function takes, at level DEBUG."""

    @functools.wraps(func)
    async def measured(*args: P.args, **kwargs: P.kwargs) -> T:
        began = time.monotonic()
        try:
            return await func(*args, **kwargs)
        finally:
            logger.debug("{} took {:.3f} s", _name(func), time.monotonic() - began)

    return measured


class RateLimiter:
    """At most ``max_calls`` within ``time_window`` seconds. The runtime has limits of its own for what it
    sends; this one is for calls of yours."""

    def __init__(self, max_calls: int = 100, time_window: float = 60) -> None:
        self.max_calls = max_calls
        self.time_window = time_window
        self.calls: deque[float] = deque()
        self._turn = asyncio.Lock()

    async def acquire(self) -> bool:
        """Wait for a turn, in the order of the calls; always ``True``."""
        async with self._turn:
            while not self._has_room():  # noqa: ASYNC110  # it waits for time to pass
                await asyncio.sleep(max(self.calls[0] + self.time_window - time.monotonic(), 0))
            self.calls.append(time.monotonic())
        return True

    def _has_room(self) -> bool:
        now = time.monotonic()
        while self.calls and self.calls[0] <= now - self.time_window:
            self.calls.popleft()
        return len(self.calls) < self.max_calls


class OrderManager:
    """A register of orders, which its user keeps."""

    def __init__(self) -> None:
        self.active_orders: dict[str, OrderResult] = {}
        self.completed_orders: dict[str, OrderResult] = {}
        self.order_callbacks: dict[str, list[Callable[[OrderResult], object]]] = {}

    def add_order(self, order: OrderResult) -> None:
        """Register an active order."""
        self.active_orders[order.order_id] = order

    def complete_order(self, order_id: str, result: OrderResult) -> None:
        """Register the result, and call the order's callbacks, each once; what one raises is logged."""
        self.active_orders.pop(order_id, None)
        self.completed_orders[order_id] = result
        for callback in self.order_callbacks.pop(order_id, ()):
            try:
                callback(result)
            except Exception as error:  # noqa: BLE001  # of the user's code
                logger.error("a callback of order {} raised {!r}", order_id, error)

    def add_order_callback(self, order_id: str, callback: Callable[[OrderResult], object]) -> None:
        """Have ``callback`` called when the order is completed."""
        self.order_callbacks.setdefault(order_id, []).append(callback)

    def get_order_status(self, order_id: str) -> OrderResult | None:
        """The order, active or completed."""
        return self.active_orders.get(order_id) or self.completed_orders.get(order_id)

    def get_active_count(self) -> int:
        """How many orders are active."""
        return len(self.active_orders)

    def get_completed_count(self) -> int:
        """How many orders are completed."""
        return len(self.completed_orders)


def candles_to_dataframe(candles: Sequence[Candle]) -> "pd.DataFrame":
    """With the columns open, high, low, close, volume and asset, and the index timestamp, ascending. Needs
    pandas."""
    return frame_of(candles, (*_COLUMNS, "asset"))


def frame_of(candles: Sequence[Candle], columns: Sequence[str] = _COLUMNS) -> "pd.DataFrame":
    """The given columns of ``candles``, by time; an empty frame without columns for no candles."""
    try:
        import pandas as pd  # noqa: PLC0415  # not everybody has it
    except ImportError as error:
        raise ImportError(
            "a DataFrame needs pandas, which is not installed: pip install 'tellwire[pandas]'"
        ) from error
    if not candles:
        return pd.DataFrame()
    rows = [{name: getattr(candle, name) for name in columns} for candle in candles]
    index = pd.DatetimeIndex([candle.timestamp for candle in candles], name="timestamp")
    return pd.DataFrame(rows, index=index).sort_index()


def _name(func: Callable[..., object]) -> str:
    return getattr(func, "__name__", repr(func))
