"""The life that has carried a stream and hands it over to another one."""

from actors.health.silences import TickPause, pause_before
from actors.messages.events import StreamReport
from actors.values import Life


class PreviousLife:
    """The life that carried a stream before a handover and has not released it yet.

    Its ticks were seen up to ``seen_until``, those of the next life from ``resumed_at`` on (venue times);
    ``resumed_at`` is ``None`` while the next life has reported no tick. ``longest_pause`` is the longest one
    that the previous life has ended itself, and that began before ``resumed_at``.
    """

    def __init__(self, life: Life) -> None:
        self.life = life
        self.seen_until: float | None = None
        self.resumed_at: float | None = None
        self.longest_pause: TickPause | None = None
        self._resumed_by = 0.0

    def on_next_ticked(self, first: float, by: float, seen_until: float | None) -> None:
        """The next life has delivered its ``first`` tick, not later than ``by``; this life has delivered
        ticks up to ``seen_until``, as far as is known."""
        self.resumed_at, self._resumed_by, self.seen_until = first, by, seen_until

    def on_report(self, report: StreamReport, by: float) -> None:
        """It has reported ticks, made not later than ``by``, since the next life ticked."""
        if self.seen_until is not None and report.last_time > self.seen_until and self.resumed_at is not None:
            pause = pause_before(report.resumed_time or report.last_time, by, self.seen_until)
            longest = 0.0 if self.longest_pause is None else self.longest_pause.seconds
            if pause.start < self.resumed_at and pause.seconds > longest:
                self.longest_pause = pause
        self.seen_until = max(report.last_time, self.seen_until or 0.0)

    def pause_before_next(self) -> TickPause | None:
        """The longest pause that the first tick of the next life has ended."""
        if self.resumed_at is None or self.seen_until is None:
            return None
        if self.seen_until < self.resumed_at:
            return pause_before(self.resumed_at, self._resumed_by, self.seen_until)
        if self.longest_pause is None:
            return None
        start, end, seconds = self.longest_pause
        end = min(end, self.resumed_at)
        return TickPause(start, end, min(seconds, end - start))
