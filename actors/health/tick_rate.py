"""How fast a stream usually ticks, learnt from reports, and how long a silence is nothing unusual."""

from collections import deque
from itertools import pairwise

from msgspec import Struct

REMEMBERED = 60
"""Reports with news that are learnt from: a minute of a lively stream, more of a slow one."""

ENOUGH_REPORTS, ENOUGH_TICKS = 5, 20
"""Less is not enough to know a pace by."""

USUAL_GAPS = 10
"""A silence of so many usual gaps between ticks is unusual: by chance alone one gap in 20,000 is as long."""

LONGEST_PAUSES = 2
"""And so is one of so many times the longest pause of late, for ticks may come in bursts."""


class StalenessBounds(Struct, frozen=True):
    """Bounds of the silence that is borne, in seconds: ``floor`` however fast a stream is, ``ceiling``
    however slow, and as long as its pace is not known."""

    floor: float
    ceiling: float


class TickRate:
    """The pace of one stream; times are on any clock that does not step."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        self._gap: float | None = None
        self._pause = 0.0

    @property
    def rate(self) -> float | None:
        """Ticks per second; ``None`` until enough have come."""
        return None if self._gap is None else 1 / self._gap

    def learn(self, at: float, ticks: int) -> None:
        """The newest of ``ticks`` ticks, counted since ``restart``, came at ``at``."""
        self._marks.append((at, ticks))
        (first_at, first_ticks), (last_at, last_ticks) = self._marks[0], self._marks[-1]
        if len(self._marks) < ENOUGH_REPORTS or last_ticks - first_ticks < ENOUGH_TICKS:
            return
        self._gap = max(last_at - first_at, 1e-6) / (last_ticks - first_ticks)
        self._pause = max(after[0] - before[0] for before, after in pairwise(self._marks))

    def restart(self) -> None:
        """The time until the next tick is no pause of the stream's own; what was learnt still counts."""
        self._marks.clear()

    def patience(self, tolerance: StalenessBounds) -> float:
        """Seconds of silence that are nothing unusual."""
        if self._gap is None:
            return tolerance.ceiling
        usual = max(USUAL_GAPS * self._gap, LONGEST_PAUSES * self._pause)
        return min(tolerance.ceiling, max(tolerance.floor, usual))
