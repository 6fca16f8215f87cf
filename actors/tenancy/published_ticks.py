"""Which ticks of a feed its owners have published."""

from collections.abc import Mapping
from typing import TypeAlias

from actors.messages.traffic import Ticks

NewestQuotes: TypeAlias = dict[str, tuple[float, list[float]]]
"""By asset, the venue's time of its last tick, and the prices of all its ticks of that time: one that the
venue quotes twice is there twice."""


class PublishedTicks:
    """Begins with ``newest``, and grows with what is published."""

    def __init__(self, newest: Mapping[str, tuple[float, list[float]]]) -> None:
        self.newest: NewestQuotes = {asset: (time, [*prices]) for asset, (time, prices) in newest.items()}

    def __repr__(self) -> str:
        return f"<PublishedTicks of {len(self.newest)} assets>"

    def add(self, ticks: Ticks) -> None:
        """HOT: one step per tick."""
        newest = self.newest
        for tick in ticks:
            known = newest.get(tick.asset)
            if known is None or tick.time > known[0]:
                newest[tick.asset] = tick.time, [tick.price]
            elif tick.time == known[0]:
                known[1].append(tick.price)
