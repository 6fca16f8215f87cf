"""What the journeys of bars share: the last word on each bar, compared with the exchange's own quotes."""

import math
from collections.abc import Callable

from actors.messages import BarClosed, Subscribe, SubscribeCandles
from actors.values import BarSeries, Candle
from runtime import Runtime
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes
from runtime.practice.server.clock import UTC_OFFSET
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask

A = ASSETS[0]
RATE = 10.0
PATIENCE = 25.0
"""Seconds for a few bars of some seconds each."""


def begun(runtime: Runtime, *commands: SubscribeCandles) -> tuple[Notebook, list[BarSeries]]:
    """The notebook of all bars, and the answers to ``commands``."""
    notebook = Notebook()
    ask(runtime, Subscribe("bar.>", to=notebook))
    return notebook, [runtime.router.ask(command, timeout=3 * DEADLINE) for command in commands]


def final(notebook: Notebook, series: str, asset: str = A) -> dict[int, Candle]:
    """The last word on each closed bar, by its opening."""
    name = f"{asset}.{series}"
    return {bar.candle.time: bar.candle for bar in notebook.all(BarClosed) if bar.series == name}


def of_the_exchange(opened: int, closed: float, rate: float = RATE, asset: str = A) -> Candle:
    """The bar of the exchange's quotes in ``[opened, closed)``."""
    market, listing = Quotes(seed=1, rate=rate), LISTINGS[asset]
    before = market.number_after(listing, math.nextafter(closed + UTC_OFFSET, -math.inf))
    found = market.ticks(listing, math.nextafter(opened + UTC_OFFSET, -math.inf), before, 10**9)
    prices = [tick.price for tick in found]
    return Candle(opened, prices[0], max(prices), min(prices), prices[-1], len(prices))


def assert_seamless(bars: dict[int, Candle], period: int, least: int, asset: str = A) -> None:
    """They are at least so many, one after another, and those of the exchange."""
    opened = sorted(bars)
    assert len(opened) >= least
    assert opened == list(range(opened[0], opened[-1] + 1, period))
    assert all((each + UTC_OFFSET) % period == 0 for each in opened)
    assert [bars[each] for each in opened] == [
        of_the_exchange(each, each + period, asset=asset) for each in opened
    ]


def closed(series: str, count: int, *assets: str) -> Callable[[Notebook], bool]:
    """Whether ``count`` bars of each asset have closed, for ``Notebook.wait``."""
    return lambda book: all(len(final(book, series, asset)) >= count for asset in assets or (A,))
