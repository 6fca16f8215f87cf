"""Figures of a run, counted from its events."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from actors.messages.events import (
    ActorRestarted,
    AssetsListed,
    BalanceChanged,
    Event,
    Lagged,
    StreamGap,
)
from actors.values import Asset, Balance, Tick


class StreamCounters(Struct):
    """One stream; ``last`` is its newest tick."""

    ticks: int = 0
    gaps: int = 0
    last: Tick | None = None


class StreamSummary(Struct, frozen=True):
    """One stream at the end."""

    ticks: int
    gaps: int
    last_price: float | None


class Summary(Struct, frozen=True, tag=True, tag_field="event"):
    """A run at its end; ``duration`` in seconds, ``events`` without the ticks.

    ``missed`` ticks were replaced by newer ones because the reader of the output was too slow.
    """

    ticks: int
    events: int
    duration: float
    restarts: int
    gaps: int
    missed: int
    streams: dict[str, StreamSummary]


class Counters:
    """Counts in the subscriber's thread; other threads may read."""

    def __init__(self, assets: Iterable[str] = ()) -> None:
        self.ticks = self.events = self.restarts = self.gaps = self.missed = 0
        self.balance: Balance | None = None
        self.assets: dict[str, Asset] = {}
        self.streams = {asset: StreamCounters() for asset in assets}

    def count(self, events: list[Any]) -> None:
        """Count a batch."""
        for event in events:
            if type(event) is Tick:
                self.ticks += 1
                stream = self.streams.get(event.asset) or self.stream(event.asset)
                stream.ticks += 1
                stream.last = event
            else:
                self.events += 1
                self._count_event(event)

    def count_answer(self, event: AssetsListed | BalanceChanged) -> None:
        """Take over what an answer of the router says; it is no event that came."""
        self._count_event(event)

    def stream(self, asset: str) -> StreamCounters:
        """The counters of ``asset``, created if there are none."""
        return self.streams.setdefault(asset, StreamCounters())

    def summary(self, duration: float) -> Summary:
        streams = {
            asset: StreamSummary(stream.ticks, stream.gaps, stream.last.price if stream.last else None)
            for asset, stream in dict(self.streams).items()
        }
        return Summary(
            self.ticks, self.events, round(duration, 3), self.restarts, self.gaps, self.missed, streams
        )

    def _count_event(self, event: Event) -> None:
        match event:
            case ActorRestarted():
                self.restarts += 1
            case StreamGap():
                self.gaps += 1
                self.stream(event.asset).gaps += 1
            case Lagged():
                self.missed += event.missed
            case BalanceChanged():
                self.balance = event.balance
            case AssetsListed():
                self.assets = {asset.symbol: asset for asset in event.assets}
