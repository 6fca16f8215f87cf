"""Which region a connection tries next."""

from collections.abc import Sequence

from actors.values import Region


class RegionTurn:
    """One connection's way through the regions: by priority, on to the next after each failure."""

    def __init__(self, regions: Sequence[Region]) -> None:
        if not regions:
            raise ValueError("there must be a region to try")
        self._regions = sorted(regions, key=lambda region: region.priority)
        self._turn = 0

    @property
    def current(self) -> Region:
        return self._regions[self._turn]

    def next(self) -> Region:
        self._turn = (self._turn + 1) % len(self._regions)
        return self.current
