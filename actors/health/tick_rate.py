"""How fast a stream usually ticks, learnt from reports, and after how long without a tick it is stale."""

from collections import deque
from itertools import pairwise

from msgspec import Struct

REMEMBERED_REPORTS = 60
"""Reports with new ticks from which the rate is computed: a minute of a fast stream, more of a slow one."""

ENOUGH_REPORTS, ENOUGH_TICKS = 5, 20
"""With fewer the rate is not known."""

USUAL_INTERVALS = 10
"""Usual intervals between ticks after which a stream is stale: by chance one in 20,000 is as long."""

LONGEST_PAUSES = 2
"""The same in multiples of the longest recent pause, because ticks may come in bursts."""


class StalenessBounds(Struct, frozen=True):
    """Seconds without a tick after which a stream is stale: at least ``floor`` however fast it is, at most
    ``ceiling`` however slow, and ``ceiling`` while its rate is not known."""

    floor: float
    ceiling: float


class TickRate:
    """The tick rate of one stream; times are on any clock that does not step."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque(maxlen=REMEMBERED_REPORTS)
        self._interval: float | None = None
        self._longest_pause = 0.0

    @property
    def rate(self) -> float | None:
        """Ticks per second; ``None`` until enough have come."""
        return None if self._interval is None else 1 / self._interval

    def add(self, at: float, ticks: int) -> None:
        """The newest of ``ticks`` ticks, counted since the last ``interrupt``, came at ``at``."""
        self._marks.append((at, ticks))
        (first_at, first_ticks), (last_at, last_ticks) = self._marks[0], self._marks[-1]
        if len(self._marks) < ENOUGH_REPORTS or last_ticks - first_ticks < ENOUGH_TICKS:
            return
        self._interval = max(last_at - first_at, 1e-6) / (last_ticks - first_ticks)
        self._longest_pause = max(after[0] - before[0] for before, after in pairwise(self._marks))

    def interrupt(self) -> None:
        """The time until the next tick tells nothing about the stream; the rate learnt so far stays."""
        self._marks.clear()

    def stale_after(self, bounds: StalenessBounds) -> float:
        """Seconds without a tick after which the stream is stale."""
        if self._interval is None:
            return bounds.ceiling
        usual = max(USUAL_INTERVALS * self._interval, LONGEST_PAUSES * self._longest_pause)
        return min(bounds.ceiling, max(bounds.floor, usual))
