"""Ticks as they travel."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, groupby, repeat
from operator import attrgetter
from typing import Any

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
        """Of an asset, a time and a price for each tick, and of one tick at least."""
        if assets.count(assets[0]) == len(assets):  # a quarter of what hashing each costs
            return cls(received_at, [assets[0]], [], times, prices)
        places: defaultdict[str, int] = defaultdict(count().__next__)  # a new asset gets the next place
        which = list(map(places.__getitem__, assets))
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

    def part(self, places: Sequence[int]) -> "Ticks":
        """The ticks at ``places``, one at least."""
        times, prices = [self.times[at] for at in places], [self.prices[at] for at in places]
        if not self.which:
            return Ticks(self.received_at, self.assets, [], times, prices)
        assets = [self.assets[self.which[at]] for at in places]
        return Ticks.folded(assets, times, prices, self.received_at)

    def __getitem__(self, at: int) -> Tick:
        asset = self.assets[self.which[at] if self.which else 0]
        return Tick(asset, self.times[at], self.prices[at], self.received_at)


def unfolded(events: Iterable[Any]) -> Iterator[Any]:
    """Events in their order, each tick by itself, made when its turn comes.

    HOT: so a tick is made where it is used, in the memory of the one before. A list of them, made beforehand
    by another thread, would come from outside the processor's cache, at 0.05 µs a tick.
    """
    return chain.from_iterable(event if type(event) is Ticks else (event,) for event in events)
