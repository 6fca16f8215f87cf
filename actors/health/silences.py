"""Which pauses of a stream are silences of the venue: ticks are missing, although its connection held."""

from typing import NamedTuple

from actors.health.tick_rate import SHORTEST_SILENCE, StalenessBounds, TickRate

UNDECIDED = 8
"""Long pauses that wait for the rate to be known. If more come, they are what is usual for the stream."""


class TickPause(NamedTuple):
    """No tick came between ``start`` and ``end`` (venue times), for ``seconds``.

    ``seconds`` is less than the difference if the venue's clock was set in between, or its market closed.
    """

    start: float
    end: float
    seconds: float


def pause_before(first: float, by: float, seen_until: float) -> TickPause:
    """The pause between a tick of ``seen_until`` and the ``first`` one after it, which was made not later
    than ``by``: if its stamp says so, the venue's clock was set."""
    return TickPause(seen_until, first, min(first, by) - seen_until)


class Arrivals(NamedTuple):
    """What a report counts: ``ticks`` new ticks, from ``first`` to ``last`` (venue times), which were made
    not later than ``by``."""

    first: float
    last: float
    ticks: int
    by: float

    @property
    def span(self) -> float:
        """Seconds from the first to the last."""
        return max(0.0, min(self.last, self.by) - self.first)


class SilenceDetector:
    """Judges the pauses of one stream by its tick rate, which it learns from those that are usual.

    A pause that comes before the rate is known is judged once it is.
    """

    def __init__(self) -> None:
        self.tick_rate = TickRate()
        self._undecided: list[TickPause] = []

    def judge(self, pause: TickPause | None, arrivals: Arrivals, bounds: StalenessBounds) -> list[TickPause]:
        """The silences that are known now that ``arrivals`` came after ``pause``.

        Without a ``pause`` nothing is known of the time before the first tick.
        """
        silences = self.judge_alone(pause, bounds)
        if silences or (self._undecided and self._undecided[-1] is pause):
            pause = None
        if (within := self._silence_within(arrivals, bounds)) is not None:
            silences.append(within)
        else:
            self._learn(pause, arrivals)
        return self._decide(bounds) + silences if self._undecided else silences

    def judge_alone(self, pause: TickPause | None, bounds: StalenessBounds) -> list[TickPause]:
        """``pause`` if it is known to be a silence; nothing is learnt from it."""
        if pause is None:
            return []
        if pause.seconds > self.tick_rate.silent_after(bounds):
            return [pause]
        if self.tick_rate.interval is None and pause.seconds > SHORTEST_SILENCE:
            self._undecided.append(pause)
        return []

    def _silence_within(self, arrivals: Arrivals, bounds: StalenessBounds) -> TickPause | None:
        """A report that our own stall has delayed covers many seconds: fewer ticks than they would have had
        show a silence, though not where it was."""
        interval = self.tick_rate.interval
        if interval is None:
            return None
        unexplained = arrivals.span - (arrivals.ticks - 1) * interval
        if unexplained <= self.tick_rate.stale_after(bounds):
            return None
        return TickPause(arrivals.first, arrivals.last, unexplained)

    def _learn(self, pause: TickPause | None, arrivals: Arrivals) -> None:
        if pause is not None:
            self.tick_rate.add(pause.seconds, arrivals.span, arrivals.ticks)
        elif arrivals.span > 0:
            self.tick_rate.add(0.0, arrivals.span, arrivals.ticks - 1)

    def _decide(self, bounds: StalenessBounds) -> list[TickPause]:
        """The silences among the undecided pauses, if they can be judged by now."""
        usual: list[TickPause] = []
        silences: list[TickPause] = []
        if self.tick_rate.interval is not None:
            limit = self.tick_rate.silent_after(bounds)
            for pause in self._undecided:
                (silences if pause.seconds > limit else usual).append(pause)
        elif len(self._undecided) > UNDECIDED:
            usual = self._undecided
        else:
            return []
        self._undecided = []
        for pause in usual:
            self.tick_rate.add(pause.seconds, 0.0, 1)
        return silences
