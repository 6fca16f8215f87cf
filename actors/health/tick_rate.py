"""How fast a stream usually ticks, learnt from reports, and after how long without a tick it is stale."""

from collections import deque

from msgspec import Struct

REMEMBERED_REPORTS = 60
"""Reports with new ticks from which the rate is computed: a minute of a fast stream, more of a slow one."""

ENOUGH_REPORTS, ENOUGH_TICKS = 4, 20
"""With fewer the rate is not known."""

USUAL_INTERVALS = 10
"""Usual intervals between ticks after which a stream is stale: by chance one in 20,000 is as long."""

LONGEST_PAUSES = 2
"""The same in multiples of the longest recent pause, because ticks may come in bursts."""

UNSEEN_PAUSE = 1.0
"""Seconds. A pause within one report is not seen, and a report covers about a second."""

IMPROBABLE_INTERVALS = 20
"""Usual intervals after which ticks are missing: by chance one in 500,000,000 is as long."""

SHORTEST_SILENCE = 2.0
"""Seconds. A shorter pause is never taken for a silence of the venue, however fast the stream is."""


class StalenessBounds(Struct, frozen=True):
    """Seconds without a tick after which a stream is stale: at least ``floor`` however fast it is, at most
    ``ceiling`` however slow, and ``ceiling`` while its rate is not known."""

    floor: float
    ceiling: float


class TickRate:
    """The tick rate of one stream. What is not added tells nothing: the rate learnt so far stays."""

    def __init__(self) -> None:
        self._pauses: deque[float] = deque(maxlen=REMEMBERED_REPORTS)  # one of each kind per report
        self._spans: deque[float] = deque(maxlen=REMEMBERED_REPORTS)
        self._ticks: deque[int] = deque(maxlen=REMEMBERED_REPORTS)
        self._interval: float | None = None
        self._longest_pause = 0.0

    @property
    def interval(self) -> float | None:
        """Seconds between two ticks; ``None`` until enough have come."""
        return self._interval

    @property
    def rate(self) -> float | None:
        """Ticks per second; ``None`` until enough have come."""
        return None if self._interval is None else 1 / self._interval

    def add(self, pause: float, span: float, ticks: int) -> None:
        """A report counts ``ticks`` new ticks: the first one ``pause`` seconds after the tick before it, the
        others within ``span`` seconds after the first."""
        self._pauses.append(pause)
        self._spans.append(span)
        self._ticks.append(ticks)
        counted = sum(self._ticks)
        if len(self._ticks) < ENOUGH_REPORTS or counted < ENOUGH_TICKS:
            return
        self._interval = max(sum(self._pauses) + sum(self._spans), 1e-6) / counted
        self._longest_pause = max(UNSEEN_PAUSE, *self._pauses)

    def stale_after(self, bounds: StalenessBounds) -> float:
        """Seconds without a tick after which the stream is stale."""
        if self._interval is None:
            return bounds.ceiling
        usual = max(USUAL_INTERVALS * self._interval, LONGEST_PAUSES * self._longest_pause)
        return min(bounds.ceiling, max(bounds.floor, usual))

    def silent_after(self, bounds: StalenessBounds) -> float:
        """Seconds without a tick after which ticks are missing, although more came since: as long as it takes
        to be stale, or less if the usual rate leaves no doubt."""
        stale_after = self.stale_after(bounds)
        if self._interval is None or bounds.floor >= bounds.ceiling:
            return stale_after
        improbable = max(IMPROBABLE_INTERVALS * self._interval, LONGEST_PAUSES * self._longest_pause)
        return min(stale_after, max(SHORTEST_SILENCE, improbable))
