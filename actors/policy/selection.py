"""Which region a connection tries next, and which connection takes a request."""

from collections.abc import Collection, Mapping, Sequence

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


def least_loaded(load: Mapping[str, int], ready: Collection[str], limit: int | None = None) -> str | None:
    """The ready connection with the smallest load, the first by name among equals; ``None`` if none is
    ready or all are at ``limit``."""
    candidates = [name for name in ready if limit is None or load.get(name, 0) < limit]
    return min(candidates, key=lambda name: (load.get(name, 0), name), default=None)
