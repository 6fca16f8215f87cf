"""When each asset ticks, and its history: ticks and bars, rounded to the digits of the asset."""

import math
from collections.abc import Container, Iterator
from typing import NamedTuple
from zlib import crc32

from runtime.practice.market.listings import Listing
from runtime.practice.market.prices import Bar, PriceSeries

_JITTER = 0.4
_MILLISECOND_RATE = 250.0


class QuotedPrice(NamedTuple):
    """One tick; ``time`` is venue time."""

    time: float
    price: float


class Quotes:
    """Ticks at ``rate`` per second and asset, unevenly spaced.

    ``assets`` are the symbols with quotes; ``None``: every one.

    The ticks of an asset are numbered, so history and live ticks agree. Stamps are whole milliseconds, as the
    venue's are; at rates at which two would be equal they are whole microseconds.
    """

    assets: Container[str] | None = None

    def __init__(self, seed: int, rate: float) -> None:
        self.rate = rate
        self._series = PriceSeries(seed)

    def instant(self, listing: Listing, number: int) -> float:
        """When tick ``number`` is due, in venue time."""
        spread = crc32(number.to_bytes(8, "big"), listing.id) / 2**32
        phase = listing.id * 0.618 % 1
        digits = 3 if self.rate <= _MILLISECOND_RATE else 6
        return round((number + phase + _JITTER * spread) / self.rate, digits)

    def number_after(self, listing: Listing, time: float) -> int:
        """The first tick later than ``time``."""
        number = max(0, int(time * self.rate) - 2)
        while self.instant(listing, number) <= time:
            number += 1
        return number

    def tick(self, listing: Listing, number: int) -> QuotedPrice:
        time = self.instant(listing, number)
        return QuotedPrice(time, round(self._series.price(listing, time), listing.digits))

    def price(self, listing: Listing, time: float) -> float:
        """The price of the latest tick at venue time ``time``."""
        return self.tick(listing, self.number_after(listing, time) - 1).price

    def ticks(self, listing: Listing, start: float, before: int, limit: int) -> list[QuotedPrice]:
        """The newest ``limit`` ticks later than ``start`` whose number is below ``before``, oldest first."""
        first = max(self.number_after(listing, start), before - limit)
        return [self.tick(listing, number) for number in range(first, before)]

    def count(self, listing: Listing, start: float, end: float, now: float) -> int:
        """How many ticks fall in ``[start, end)``, up to ``now``."""
        first = self.number_after(listing, math.nextafter(start, -math.inf))
        return max(0, self.number_after(listing, math.nextafter(min(end, now), -math.inf)) - first)

    def bars(
        self, listing: Listing, period: int, start: float, end: float, now: float, limit: int
    ) -> Iterator[tuple[int, Bar]]:
        """The newest ``limit`` bars that open in ``[start, end)``, oldest first, with their opening times.

        Bars are aligned to the venue's clock; the one that is forming at ``now`` ends there.
        """
        end = min(end, now)
        newest = -int(-end // period) - 1
        oldest = max(0, -int(-start // period), newest - limit + 1)  # no quotes are older than the clock
        for index in range(oldest, newest + 1):
            opened = index * period
            closed = min(opened + period, int(now))
            bar = self._series.bar(listing, opened, closed)
            yield opened, Bar(*(round(price, listing.digits) for price in bar))
