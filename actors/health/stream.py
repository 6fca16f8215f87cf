"""The health of one stream: which life carries it, whether it is stale, which of its ticks are missing."""

import math
from collections import deque
from collections.abc import Iterable
from typing import Final

from actors.health.previous_life import PreviousLife
from actors.health.silences import Arrivals, SilenceDetector, TickPause, pause_before
from actors.health.states import NEXT_STATE, RecoveryAction, StreamHealthState, StreamInput
from actors.health.tick_rate import SHORTEST_SILENCE, StalenessBounds, TickRate
from actors.health.venue_clock import STEP
from actors.messages.events import (
    Event,
    StreamGap,
    StreamPlaced,
    StreamRecovered,
    StreamReport,
)
from actors.values import Life

MAX_RECOVERY_INTERVAL: Final = 600.0
"""Seconds to which the time between two recovery actions grows, unless ``stale_after`` is longer."""

MARGIN: Final = 1.0
"""Seconds. The venue may have started a stream earlier than our clock says by as much, and a report may be
older than its arrival by as much."""

MAX_DOUBLINGS: Final = 16
"""By then every interval has reached ``MAX_RECOVERY_INTERVAL``; it keeps the power of two finite."""

REMEMBERED_DELAYS: Final = 60
"""Reports, of about a second each, of whose delays the least counts."""

SILENT: Final = "no tick for longer than usual"
"""The reason of a gap that only the pause shows."""


class MonitoredStream:
    """One stream as it was last reported; times are monotonic unless said otherwise.

    ``life`` is the life that carries it; with ``cut_off`` the router discards what that life still delivers.
    ``next_life`` is the target of a handover, ``sent_to`` the life to which the last subscription was sent.
    Ticks are expected since ``expected_since``. Since the last one ``attempts`` recovery actions were taken,
    the last one, ``action``, at ``acted_at``. ``gap_reason`` says why ticks after ``seen_until`` may be
    missing, and is empty if none is. ``seen_until`` is a venue time, ``None`` if no tick was seen since
    ``expected_since``.

    Two clocks count the time without a tick. ``silence_start`` decides on recovery actions: it starts anew
    where none helps or another life begins to carry the stream. What is missing counts from ``seen_until``,
    which only a tick moves on: however often the stream moves, the first tick after a silence shows it.
    """

    def __init__(self, placed: StreamPlaced, sent_at: float) -> None:
        self.asset = placed.asset
        self.period = placed.period
        self.life = placed.life
        self.sent_to = placed.life
        self.next_life: Life | None = None
        self.previous: PreviousLife | None = None
        self.cut_off = False
        self.state = StreamHealthState.UNCONFIRMED
        self.confirmed = False
        self.expected_since = self.silence_start = self.acted_at = sent_at
        self.action: RecoveryAction | None = None
        self.attempts = 0
        self.gap_reason = ""
        self.seen_until: float | None = None
        self.report: StreamReport | None = None
        self.gaps = 0
        self.last_gap: tuple[float, float] | None = None
        self._silences = SilenceDetector()
        self._delays: deque[float] = deque(maxlen=REMEMBERED_DELAYS)
        self._due_since: float | None = None  # confirmed, or its market opened; without a tick since
        self._before_close: TickPause | None = None  # the pause that the closing of its market has cut off
        self._ticks_before = 0
        self._venue_ahead = 0.0
        self._reported_since_close = True
        self._ticked_since_closed = False
        self._ticked_at = self._lost_at = self._closed_at = self._closed_until = sent_at

    def __repr__(self) -> str:
        """As in ``<MonitoredStream A on c1#2: fresh, ticks: 40, gaps: 1, next on c2#1>``."""
        notes = [self.state.value, f"ticks: {self.ticks}", f"gaps: {self.gaps}"]
        if not self.confirmed:
            notes.append("not confirmed")
        if self.next_life is not None:
            notes.append(f"next on {self.next_life}{', cut off' if self.cut_off else ''}")
        if self.previous is not None:
            notes.append(f"not released by {self.previous.life}")
        if self.action is not None:
            notes.append(f"{self.action.value} tried, attempts: {self.attempts}")
        if self.gap_reason:
            notes.append(f"gap open: {self.gap_reason}")
        return f"<MonitoredStream {self.asset} on {self.life}: {', '.join(notes)}>"

    @property
    def ticks(self) -> int:
        """All ticks reported so far, over all lives."""
        return self._ticks_before + (self.report.ticks if self.report else 0)

    @property
    def tick_rate(self) -> TickRate:
        """What is usual for it, over all lives."""
        return self._silences.tick_rate

    # Events

    def on_carrier(self, life: Life, now: float, *, previous_alive: bool = False) -> None:
        """The stream now runs on ``life``.

        ``previous_alive``: the life that carried it is still up. If it was handing over to ``life``, keep it
        as ``previous`` until it releases the stream; if not, ticks may be missing, so a gap begins. A
        handover does not hide a silence: it goes on counting.
        """
        if life == self.life:
            return
        if previous_alive and life == self.next_life and not self.cut_off:
            self.previous = PreviousLife(self.life)
        else:
            if previous_alive:
                self.gap_reason = self.gap_reason or "it came to another connection without a handover"
            self.silence_start = now
        self.life, self.next_life, self.confirmed, self.cut_off = life, None, False, False
        self._advance(StreamInput.LIFE_CHANGED)

    def on_confirmed(self, now: float) -> None:
        """The life that carries it was confirmed."""
        self.confirmed = True
        if self._due_since is None:
            self._due_since = now

    def on_move_begun(self, next_life: Life, *, cut: bool) -> None:
        """A handover to ``next_life`` has begun; with ``cut`` the router discards what ``life`` delivers."""
        self.next_life, self.cut_off = next_life, cut
        if cut:
            self.gap_reason = self.gap_reason or "it was moved from a connection that did not deliver it"

    def on_released(self, connection: str, bounds: StalenessBounds) -> list[Event]:
        """``connection`` has released the stream, after the last tick that it delivers. Returns the gap that
        the life before has left in a handover that is complete now."""
        previous, self.previous = self.previous, None
        if previous is None:
            if self.life.connection == connection:
                self.cut_off = False
                self.gap_reason = self.gap_reason or "its connection released it"
        elif previous.life.connection == connection:
            return self._gaps_of(self._silences.judge_alone(previous.pause_before_next(), bounds))
        elif self.life.connection == connection:
            # The move was cancelled, and the router has discarded what the new life delivered.
            self.life = previous.life
            if previous.resumed_at is not None:
                self.seen_until = previous.seen_until
                return self._gaps_of(self._silences.judge_alone(previous.longest_pause, bounds))
        else:
            self.previous = previous
        return []

    def on_previous_lost(self, reason: str, bounds: StalenessBounds) -> list[Event]:
        """The previous life ended before it released the stream: the ticks between its last report and the
        first tick of the next life may be missing. Returns the gap if that first tick is known."""
        previous, self.previous = self.previous, None
        if previous is None:
            return []
        if previous.resumed_at is None:
            self.gap_reason = self.gap_reason or reason
            return []
        return self._gap(self._gap_start(previous.seen_until), previous.resumed_at, reason) or self._gaps_of(
            self._silences.judge_alone(previous.pause_before_next(), bounds)
        )

    def on_carrier_lost(self, reason: str, now: float) -> None:
        """The life that carries it ended. No tick is missing if the market is closed and that life has
        reported since it closed."""
        self.confirmed = False
        if self.state is not StreamHealthState.CLOSED or not self._reported_since_close:
            self.gap_reason = self.gap_reason or reason
        self._advance(StreamInput.LIFE_CHANGED)
        self.silence_start = self._lost_at = now

    def reset_silence(self, now: float) -> None:
        """The silence so far has a cause against which no recovery action helps."""
        self.silence_start = now

    def on_market(self, is_open: bool, now: float) -> None:
        """The market is open, or not."""
        if not is_open:
            if self.state is not StreamHealthState.CLOSED:
                self._on_market_closed(now)
            self.silence_start = self._closed_until = now
            self._ticked_since_closed = False
        elif self.state is StreamHealthState.CLOSED:
            self._advance(StreamInput.MARKET_OPENED)
            if not self._ticked_since_closed:
                self._on_market_opened()

    def _on_market_closed(self, now: float) -> None:
        """The pause that this cuts off goes on when the market opens again."""
        if self.seen_until is not None:
            self._before_close = TickPause(self.seen_until, math.inf, now - self._ticked_at)
        elif self._due_since is not None:
            start, end, seconds = self._before_close or TickPause(self._gap_start(None), math.inf, 0.0)
            self._before_close = TickPause(start, end, seconds + now - self._due_since)
        self._advance(StreamInput.MARKET_CLOSED)
        self._clear_recovery()
        self._reported_since_close, self._closed_at = False, now

    def _on_market_opened(self) -> None:
        if not self.gap_reason:
            self.expected_since, self.seen_until = self._closed_until, None
            self._due_since = self._closed_until
            # Its life may have ended, and a new one been confirmed, since the last check.
            unbroken = self.confirmed and self._lost_at <= self._closed_until
            self.gap_reason = "" if unbroken else "it was not confirmed when its market opened"

    def on_report_seen(self, now: float) -> None:
        """The life that carries it has reported, whether or not it lists the stream."""
        self._reported_since_close = self._reported_since_close or now - self._closed_at > MARGIN

    def on_recovery(self, action: RecoveryAction, now: float) -> None:
        """The stream is stale, and ``action`` is taken."""
        self._advance(StreamInput.BECAME_STALE)
        self.action, self.acted_at = action, now
        self.attempts += 1
        self.gap_reason = self.gap_reason or "the stream was stale"

    def on_previous_report(self, report: StreamReport, bounds: StalenessBounds) -> list[Event]:
        """The previous life has reported the stream. Returns the gap that it shows."""
        if self.previous is None:
            return []
        by = self._made_by(report)
        if self.previous.resumed_at is not None:
            self.previous.on_report(report, by)
            return []
        if self.gap_reason or (self.seen_until is not None and report.last_time <= self.seen_until):
            return []
        seen_until, self.seen_until = self.seen_until, report.last_time
        if seen_until is None:
            return []
        pause = pause_before(report.resumed_time or report.last_time, by, seen_until)
        return self._gaps_of(self._silences.judge_alone(pause, bounds))

    def on_report(self, report: StreamReport, age: float, now: float, bounds: StalenessBounds) -> list[Event]:
        """The life that carries it has reported it, the newest tick ``age`` seconds old.

        Returns the gaps that this report shows, or the recovery without one.
        """
        last = self.report
        same_counter = last is not None and report.first_time == last.first_time
        if last is not None and same_counter and report.ticks == last.ticks:
            return []
        if last is not None and not same_counter:
            self._ticks_before += last.ticks
        self._venue_ahead = report.last_time - (now - age)
        ticks = report.ticks - last.ticks if last is not None and same_counter else report.ticks
        first = report.first_time
        if same_counter or (self.seen_until is not None and first <= self.seen_until):
            first = report.resumed_time or report.last_time
        arrivals = Arrivals(first, report.last_time, ticks, self._made_by(report))
        if self.state is StreamHealthState.CLOSED and not self._ticked_since_closed:
            self._on_market_opened()  # the check has not noticed it yet
            self._ticked_since_closed = True
        events = self._resume(arrivals, now, bounds)
        self.report, self.seen_until, self.confirmed = report, report.last_time, True
        self._due_since, self._before_close, self._ticked_at = None, None, now - age
        self.silence_start = max(self.silence_start, now - age)
        self._clear_recovery()
        self._advance(StreamInput.TICKED)
        return events

    # Questions

    def silence(self, as_of: float) -> float:
        """Seconds since ``silence_start``."""
        return as_of - self.silence_start

    def needs_recovery(self, as_of: float, bounds: StalenessBounds) -> bool:
        """Whether it is stale and the last recovery action has had its time, which doubles with each one."""
        if self.state is StreamHealthState.CLOSED:
            return False
        stale_after = self.tick_rate.stale_after(bounds)
        longest = max(stale_after, MAX_RECOVERY_INTERVAL)
        interval: float = min(stale_after * 2 ** min(self.attempts, MAX_DOUBLINGS), longest)
        return as_of - max(self.silence_start, self.acted_at) > interval

    def is_stale(self, as_of: float, bounds: StalenessBounds) -> bool:
        """Whether it is stale, found so before or not."""
        return self.state is StreamHealthState.STALE or self.silence(as_of) > self.tick_rate.stale_after(
            bounds
        )

    def is_delivering(self, as_of: float, bounds: StalenessBounds) -> bool:
        """Whether its newest tick is young enough to prove that its connection delivers data."""
        fresh = self.state is StreamHealthState.FRESH
        return fresh and 2 * self.silence(as_of) < self.tick_rate.stale_after(bounds)

    def reason(self) -> str:
        """Why it is stale, as far as is known."""
        if not self.confirmed:
            return "the venue has not confirmed it"
        ticked = self.state is not StreamHealthState.UNCONFIRMED and self.report is not None
        return "no tick for longer than usual" if ticked else "no tick since it was confirmed"

    def _resume(self, arrivals: Arrivals, now: float, bounds: StalenessBounds) -> list[Event]:
        """Close the open gap, if there is one, at the first of ``arrivals``, or judge the pause before it."""
        first = arrivals.first
        reason, self.gap_reason = self.gap_reason, ""
        previous, pause = self.previous, None
        if previous is None or previous.resumed_at is not None or self.seen_until is None:
            pause = None if reason else self._pause_before(arrivals, now)
        if previous is not None and previous.resumed_at is None:
            # Until it is released, the previous life may deliver what came before.
            previous.on_next_ticked(first, arrivals.by, self.seen_until)
            if reason:
                self.previous = None  # the gap covers what it has yet to report
        found = self._gaps_of(self._silences.judge(pause, arrivals, bounds))
        if not reason:
            return found
        gap = self._gap(self._gap_start(self.seen_until), first, reason)
        return [*(gap or [StreamRecovered(self.asset, self.life.connection)]), *found]

    def _made_by(self, report: StreamReport) -> float:
        """The venue's time after which the ticks of ``report`` cannot have been made. It is a bound only if
        their stamps pass it, and so show that the venue's clock was set: then it is the time of their
        receipt, less the least delay. A stall of ours makes the delay longer, and no stamp later."""
        delay = report.received_at - report.last_time
        least = min(self._delays, default=delay)
        self._delays.append(delay)
        return report.received_at - least if least - delay > STEP else math.inf

    def _pause_before(self, arrivals: Arrivals, now: float) -> TickPause | None:
        first = arrivals.first
        if self.seen_until is not None:
            return pause_before(first, arrivals.by, self.seen_until)
        if self._due_since is None:
            return None
        seconds = min(first - self._due_since - self._venue_ahead, now - self._due_since)
        before, self._before_close = self._before_close, None
        start = self._gap_start(None)
        if before is not None:
            start, seconds = before.start, before.seconds + seconds
        # How soon the first tick is due, and when the market opened, is known to about a second.
        seconds -= MARGIN
        return TickPause(start, first, seconds) if seconds > SHORTEST_SILENCE else None

    def _gaps_of(self, silences: Iterable[TickPause]) -> list[Event]:
        return [event for each in silences for event in self._gap(each.start, each.end, SILENT)]

    def _gap_start(self, seen_until: float | None) -> float:
        """The venue time after which ticks may be missing. If no tick was seen, it is ``expected_since`` on
        our clock, converted by the difference of the clocks at the newest tick."""
        return self.expected_since + self._venue_ahead - MARGIN if seen_until is None else seen_until

    def _gap(self, start: float, end: float, reason: str) -> list[Event]:
        if end <= start:
            return []
        self.gaps += 1
        self.last_gap = (start, end)
        return [StreamGap(self.asset, start, end, reason, self.life.connection, self.period)]

    def _clear_recovery(self) -> None:
        self.action, self.attempts = None, 0

    def _advance(self, happened: StreamInput) -> None:
        self.state = NEXT_STATE[self.state, happened]
