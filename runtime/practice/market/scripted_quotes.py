"""Quotes whose prices a caller has set."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from runtime.practice.market.listings import Listing
from runtime.practice.market.prices import Bar
from runtime.practice.market.quotes import QuotedPrice, Quotes


class ScriptedQuotes(Quotes):
    """Those of ``base``, but for an asset from the moment on at which its price is set.

    A price holds until the next one is set. Ticks come when those of ``base`` do.
    """

    def __init__(self, base: Quotes) -> None:
        self._base = base
        self.assets = base.assets
        self._times: defaultdict[str, list[float]] = defaultdict(list)
        self._prices: defaultdict[str, list[float]] = defaultdict(list)

    @property
    def rate(self) -> float:
        return self._base.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._base.rate = rate

    def set(self, listing: Listing, price: float, now: float) -> None:
        """From ``now`` on, which is no earlier than the last call's."""
        self._times[listing.symbol].append(now)
        self._prices[listing.symbol].append(round(price, listing.digits))

    def instant(self, listing: Listing, number: int) -> float:
        return self._base.instant(listing, number)

    def number_after(self, listing: Listing, time: float) -> int:
        return self._base.number_after(listing, time)

    def tick(self, listing: Listing, number: int) -> QuotedPrice:
        tick = self._base.tick(listing, number)
        price = self._scripted(listing, tick.time)
        return tick if price is None else QuotedPrice(tick.time, price)

    def price(self, listing: Listing, time: float) -> float:
        price = self._scripted(listing, time)
        return self._base.price(listing, time) if price is None else price

    def bars(
        self, listing: Listing, period: int, start: float, end: float, now: float, limit: int
    ) -> Iterator[tuple[int, Bar]]:
        """A bar in which a price is set is that of its ticks."""
        times = self._times.get(listing.symbol)
        for opened, bar in self._base.bars(listing, period, start, end, now, limit):
            if times is None or opened + period <= times[0]:
                yield opened, bar
            else:
                yield opened, self._bar_of_ticks(listing, opened, min(opened + period, now)) or bar

    def _bar_of_ticks(self, listing: Listing, start: float, end: float) -> Bar | None:
        upcoming = self.number_after(listing, math.nextafter(end, -math.inf))
        ticks = self.ticks(listing, math.nextafter(start, -math.inf), upcoming, upcoming)
        prices = [tick.price for tick in ticks]
        return Bar(prices[0], max(prices), min(prices), prices[-1]) if prices else None

    def _scripted(self, listing: Listing, time: float) -> float | None:
        times = self._times.get(listing.symbol)
        if times is None or time < times[0]:
            return None
        return self._prices[listing.symbol][bisect_right(times, time) - 1]
