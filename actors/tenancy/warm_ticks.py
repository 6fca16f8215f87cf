"""What a host that stands by for a feed has received, and what of it is missing when it takes over."""

import math
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, Final

from msgspec import structs

from actors.messages.events import StreamGap
from actors.messages.traffic import Ticks
from actors.tenancy.published_ticks import PublishedTicks
from actors.values import Tick

MOST_KEPT: Final = 100_000
"""Ticks. One that was read alone takes some 550 bytes here and some 100 in the engine: 55 MB, and 10 MB that
a new owner publishes at once."""


class WarmTicks:
    """The ticks of the last seconds, and what is known of those before.

    A tick that the owner has published is known by its asset, time and price. Equal quotes are matched by
    counting, as when a stream moves between connections.
    """

    def __init__(self, keeps: float) -> None:
        """A tick is kept for ``keeps`` seconds at least."""
        self._keeps = keeps
        self._keeps_until = -math.inf
        self._size = 0  # in ticks
        self._kept: deque[tuple[float, Ticks | StreamGap]] = deque()
        self._first: dict[str, float] = {}  # the venue's time of the first tick, by asset
        self._dropped: dict[str, float] = {}  # that of the last tick that is not kept any more

    def __repr__(self) -> str:
        return f"<WarmTicks of {len(self._first)} assets>"

    @property
    def assets(self) -> set[str]:
        """Those that have had a tick."""
        return set(self._first)

    def hold(self, now: float) -> None:
        """Nobody can take over or publish now: all is kept, up to ``MOST_KEPT``, as for some time after."""
        self._keeps_until = now + self._keeps

    def take(self, events: Sequence[Any], now: float) -> None:
        """HOT: one call per read."""
        for event in events:
            if type(event) is Ticks:
                self._size += len(event)
                for at, asset in enumerate(event.assets):
                    if asset not in self._first:
                        self._first[asset] = event.times[event.which.index(at) if event.which else 0]
            elif type(event) is not StreamGap:
                continue
            self._kept.append((now, event))
        oldest = -math.inf if now < self._keeps_until else now - self._keeps
        while self._kept and (self._kept[0][0] < oldest or self._size > MOST_KEPT):
            _, event = self._kept.popleft()
            if type(event) is Ticks:
                self._size -= len(event)
                assets = [event.assets[at] for at in event.which] or event.assets * len(event)
                self._dropped.update(zip(assets, event.times, strict=True))

    def lose(self) -> None:
        """Ticks have been lost on the way here: what was received before proves nothing any more."""
        self._kept.clear()
        self._size = 0
        self._first.clear()
        self._dropped.clear()

    def unpublished(self, published: PublishedTicks) -> list[Any]:
        """The ticks that come after those that are ``published``, and the gaps of this host between them, in
        their order."""
        expected = {asset: (time, Counter(prices)) for asset, (time, prices) in published.newest.items()}
        found: list[Any] = []
        for _, event in self._kept:
            if isinstance(event, StreamGap):
                last, _ = expected.get(event.asset, (-math.inf, None))
                if event.to_time > last:  # no bars were published for it
                    since = max(event.from_time, last)
                    found.append(structs.replace(event, from_time=since, period=0))
                continue
            places = [at for at, tick in enumerate(event) if _is_new(tick, expected)]
            if places:
                found.append(event.part(places))
        return found

    def whole(self, published: PublishedTicks) -> list[str]:
        """The assets of which no tick is missing between what is ``published`` and what is kept."""
        return [
            asset
            for asset, (time, _) in published.newest.items()
            if self._first.get(asset, math.inf) <= time and self._dropped.get(asset, -math.inf) <= time
        ]


def _is_new(tick: Tick, expected: dict[str, tuple[float, Counter[float]]]) -> bool:
    if (newest := expected.get(tick.asset)) is None:
        return True
    time, prices = newest
    if tick.time != time:
        return tick.time > time
    if not prices[tick.price]:
        return True
    prices[tick.price] -= 1
    return False
