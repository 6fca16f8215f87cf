"""Quotes out of a file instead of a walk."""

import math
from collections.abc import Iterator, Mapping

from runtime.practice.market.listings import Listing
from runtime.practice.market.prices import Bar
from runtime.practice.market.quotes import QuotedPrice, Quotes
from runtime.practice.market.recorded_series import RecordedSeries


class RecordedQuotes(Quotes):
    """Before its first tick an asset has the price of that tick, after its last one that of the last.

    ``rate`` is that of the ticks that are made of bars. An asset that is not in the file has no tick.
    """

    def __init__(self, series: Mapping[str, RecordedSeries], rate: float) -> None:
        super().__init__(0, rate)
        self.assets = series.keys()
        self._recorded = series

    def instant(self, listing: Listing, number: int) -> float:
        series = self._recorded.get(listing.symbol)
        if series is None or number >= series.count(self.rate):
            return math.inf
        return series.instant(number, self.rate) if number >= 0 else -math.inf

    def number_after(self, listing: Listing, time: float) -> int:
        series = self._recorded.get(listing.symbol)
        return 0 if series is None else series.number_after(time, self.rate)

    def tick(self, listing: Listing, number: int) -> QuotedPrice:
        series = self._recorded[listing.symbol]
        price = series.price(number, self.rate)
        return QuotedPrice(series.instant(number, self.rate), round(price, listing.digits))

    def price(self, listing: Listing, time: float) -> float:
        if listing.symbol not in self._recorded:
            return listing.level
        return self.tick(listing, max(0, self.number_after(listing, time) - 1)).price

    def bars(
        self, listing: Listing, period: int, start: float, end: float, now: float, limit: int
    ) -> Iterator[tuple[int, Bar]]:
        """As of a walk, without the bars in which nothing was recorded."""
        end = min(end, now)
        series = self._recorded.get(listing.symbol)
        if series is None:
            return
        newest = -int(-end // period) - 1
        oldest = max(0, -int(-start // period), newest - limit + 1)
        for index in range(oldest, newest + 1):
            opened = index * period
            bar = self._bar(listing, series, opened, min(opened + period, now))
            if bar is not None:
                yield opened, Bar(*(round(price, listing.digits) for price in bar))

    def _bar(self, listing: Listing, series: RecordedSeries, start: float, end: float) -> Bar | None:
        if bar := series.whole(start, end):
            return bar
        first = self.number_after(listing, math.nextafter(start, -math.inf))
        last = self.number_after(listing, math.nextafter(end, -math.inf))
        prices = [series.price(number, self.rate) for number in range(first, last)]
        return Bar(prices[0], max(prices), min(prices), prices[-1]) if prices else None
