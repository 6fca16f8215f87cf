"""What one page has not got yet."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from actors.values import Candle
from runtime.monitoring.history import Change
from runtime.monitoring.view import View

MOST_CHANGES: Final = 5000
"""That wait for a page; one that leaves more unread is dropped."""

TimedPrice = tuple[float, float]
"""The venue's time of a tick, and its price."""


class ChartBars(Struct, frozen=True):
    """Bars of the chart; ``first``: they replace those before. ``error`` is why there are none."""

    bars: list[Candle]
    first: bool = False
    error: str = ""


class Update(Struct, frozen=True, omit_defaults=True):
    """One message to a page; what is left out has not changed."""

    changes: list[Change] = []
    quotes: dict[str, TimedPrice] = {}
    view: View | None = None
    bars: list[ChartBars] = []
    error: str = ""


class PageOutbox:
    """Merges what arrives until it is taken: only the newest quote of an asset counts, the newest view, and
    the newest form of a bar. In one event loop."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._news = asyncio.Event()
        self._changes: list[Change] = []
        self._quotes: dict[str, TimedPrice] = {}
        self._view: View | None = None
        self._error = ""
        self._history: ChartBars | None = None
        self._bars: dict[int, Candle] = {}
        self.put_changes(changes)
        self.ended = False

    @property
    def is_too_full(self) -> bool:
        return len(self._changes) > MOST_CHANGES

    def put_changes(self, changes: Iterable[Change]) -> None:
        self._changes.extend(changes)
        self._news.set()

    def put_quotes(self, quotes: Mapping[str, TimedPrice]) -> None:
        self._quotes.update(quotes)
        self._news.set()

    def put_view(self, view: View) -> None:
        self._view, self._error = view, ""
        self._news.set()

    def put_error(self, error: str) -> None:
        """Why there is no view now."""
        self._error = error
        self._news.set()

    def put_history(self, bars: list[Candle], error: str = "") -> None:
        """All bars of the chart so far."""
        self._history = ChartBars(bars, first=True, error=error)
        self._news.set()

    def put_bar(self, bar: Candle) -> None:
        self._bars[bar.time] = bar
        self._news.set()

    def end(self) -> None:
        """Nothing comes any more."""
        self.ended = True
        self._news.set()

    async def news(self) -> None:
        """Returns once there is something to take, or the end."""
        await self._news.wait()
        self._news.clear()

    def take(self) -> bytes:
        """All that waits, as an event of a text/event-stream."""
        bars = [self._history] if self._history else []
        if self._bars:
            bars.append(ChartBars([self._bars[time] for time in sorted(self._bars)]))
        update = Update(self._changes, self._quotes, self._view, bars, self._error)
        self._begin_again()
        return b"data: " + msgspec.json.encode(update) + b"\n\n"

    def _begin_again(self) -> None:
        self._changes, self._quotes, self._view, self._error = [], {}, None, ""
        self._history, self._bars = None, {}
