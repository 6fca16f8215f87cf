"""How a subscription joins ticks to bars: by count, by time from the first tick, by time on the clock."""

from collections.abc import Callable
from typing import Protocol

from actors.values import Tick
from runtime.compat.binaryoptionstools._rows import VENUE_AHEAD, Row, price_row


class Joiner(Protocol):
    """Takes ticks, and gives a bar as soon as one is complete."""

    def __call__(self, tick: Tick) -> Row | None: ...


def each_tick(tick: Tick) -> Row:
    """Every tick is a bar of its own, with four equal prices."""
    return price_row(tick.asset, _venue_second(tick), (tick.price,) * 4)


def by_count(size: int) -> Joiner:
    """Bars of ``size`` ticks. Raises ``ValueError`` unless that is at least 1."""
    if type(size) is not int or size < 1:
        raise ValueError(f"chunk_size must be a whole number from 1 on, not {size!r}")
    return _Joined(lambda bar, _: bar.ticks >= size)


def by_time(seconds: float) -> Joiner:
    """Bars that end with the first tick whose whole second is ``seconds`` after that of the first tick."""
    _check_length(seconds)
    return _Joined(lambda bar, tick: _venue_second(tick) >= bar.time + seconds)


def aligned(seconds: float) -> Joiner:
    """Bars that begin at multiples of ``seconds`` on the venue's clock; the first one begins with the
    subscription. A bar is complete when the first tick of a later one has come."""
    _check_length(seconds)
    if seconds != int(seconds):
        raise ValueError("an aligned interval has to be whole seconds")
    return _Aligned(int(seconds))


def _check_length(seconds: float) -> None:
    if seconds <= 0:
        raise ValueError("the interval has to be longer than 0")


def _venue_second(tick: Tick) -> int:
    return int(tick.time) + VENUE_AHEAD


class _Bar:
    def __init__(self, tick: Tick, time: int) -> None:
        self.asset, self.time, self.ticks = tick.asset, time, 1
        self.open = self.high = self.low = self.close = tick.price

    def add(self, tick: Tick) -> None:
        self.ticks += 1
        self.high, self.low = max(self.high, tick.price), min(self.low, tick.price)
        self.close = tick.price

    def row(self) -> Row:
        return price_row(self.asset, self.time, (self.open, self.high, self.low, self.close))


class _Joined:
    """Bars whose last tick belongs to them."""

    def __init__(self, is_last: Callable[[_Bar, Tick], bool]) -> None:
        self._is_last = is_last
        self._bar: _Bar | None = None

    def __call__(self, tick: Tick) -> Row | None:
        bar = self._bar
        if bar is None:
            bar = self._bar = _Bar(tick, _venue_second(tick))
        else:
            bar.add(tick)
        if not self._is_last(bar, tick):
            return None
        self._bar = None
        return bar.row()


class _Aligned:
    """Bars that the first tick of the next one completes."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._bar: _Bar | None = None

    def __call__(self, tick: Tick) -> Row | None:
        start = _venue_second(tick) // self._seconds * self._seconds
        bar = self._bar
        if bar is not None and start <= bar.time:
            bar.add(tick)
            return None
        self._bar = _Bar(tick, start)
        return None if bar is None else bar.row()
