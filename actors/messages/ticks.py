"""Ticks as they travel."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, repeat
from operator import attrgetter

from msgspec import Struct

from actors.values import Tick


class Ticks(Struct, frozen=True, tag=True):
    """Ticks of one read, one at least, in order and by columns: so they cross a link at a third of the cost.

    ``assets`` names each asset once; ``which`` is the place in it of each tick's own, and left empty while
    there is but one.
    """

    received_at: float
    assets: list[str]
    which: list[int]
    times: list[float]
    prices: list[float]

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def folded(
        cls, assets: Sequence[str], times: list[float], prices: list[float], received_at: float
    ) -> "Ticks":
        """Of an asset, a time and a price for each tick."""
        places = {asset: place for place, asset in enumerate(dict.fromkeys(assets))}
        which = [places[asset] for asset in assets] if len(places) > 1 else []
        return cls(received_at, list(places), which, times, prices)

    @classmethod
    def by_read(cls, ticks: Iterable[Tick]) -> "list[Ticks]":
        """Ticks of any number of reads, in their order."""
        found = []
        for received_at, of_one_read in groupby(ticks, attrgetter("received_at")):
            read = list(of_one_read)
            times, prices = [tick.time for tick in read], [tick.price for tick in read]
            found.append(cls.folded([tick.asset for tick in read], times, prices, received_at))
        return found

    def __iter__(self) -> Iterator[Tick]:
        """HOT: 0.035 µs a tick."""
        assets: Iterable[str] = (
            map(self.assets.__getitem__, self.which) if self.which else repeat(self.assets[0])
        )
        return map(Tick, assets, self.times, self.prices, repeat(self.received_at))

    def __getitem__(self, at: int) -> Tick:
        asset = self.assets[self.which[at] if self.which else 0]
        return Tick(asset, self.times[at], self.prices[at], self.received_at)
