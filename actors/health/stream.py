"""The health of one stream: which life carries it, whether it is stale, which of its ticks are missing."""

from typing import Final

from actors.health.states import NEXT_STATE, RecoveryAction, StreamHealthState, StreamInput
from actors.health.tick_rate import StalenessBounds, TickRate
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


class PreviousLife:
    """The life that carried a stream before a handover and has not released it yet.

    Its ticks were seen up to ``seen_until``, those of the next life from ``resumed_at`` on (venue times);
    ``resumed_at`` is ``None`` while the next life has reported no tick.
    """

    def __init__(self, life: Life) -> None:
        self.life = life
        self.seen_until: float | None = None
        self.resumed_at: float | None = None


class MonitoredStream:
    """One stream as it was last reported; times are monotonic unless said otherwise.

    ``life`` is the life that carries it; with ``cut_off`` the router discards what that life still delivers.
    ``next_life`` is the target of a handover, ``sent_to`` the life to which the last subscription was sent.
    Ticks are expected since ``expected_since``, and silence counts from ``silence_start``. Since then
    ``attempts`` recovery actions were taken, the last one, ``action``, at ``acted_at``. ``gap_reason`` says
    why ticks after ``seen_until`` may be missing, and is empty if none is. ``seen_until`` is a venue time,
    ``None`` if no tick was seen since ``expected_since``.
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
        self.tick_rate = TickRate()
        self.gaps = 0
        self.last_gap: tuple[float, float] | None = None
        self._ticks_before = 0
        self._venue_ahead = 0.0
        self._reported_since_close = True
        self._lost_at = self._closed_at = self._closed_until = sent_at

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

    # Events

    def on_carrier(self, life: Life, now: float, *, previous_alive: bool = False) -> None:
        """The stream now runs on ``life``; its silence counts from now.

        ``previous_alive``: the life that carried it is still up. If it was handing over to ``life``, keep it
        as ``previous`` until it releases the stream; if not, ticks may be missing, so a gap begins.
        """
        if life == self.life:
            return
        if previous_alive and life == self.next_life and not self.cut_off:
            self.previous = PreviousLife(self.life)
        elif previous_alive:
            self.gap_reason = self.gap_reason or "it came to another connection without a handover"
        self.life, self.next_life, self.confirmed, self.cut_off = life, None, False, False
        self.tick_rate.interrupt()
        self.silence_start = now
        self._advance(StreamInput.LIFE_CHANGED)

    def on_move_begun(self, next_life: Life, *, cut: bool) -> None:
        """A handover to ``next_life`` has begun; with ``cut`` the router discards what ``life`` delivers."""
        self.next_life, self.cut_off = next_life, cut
        if cut:
            self.gap_reason = self.gap_reason or "it was moved from a connection that did not deliver it"

    def on_released(self, connection: str) -> None:
        """``connection`` has released the stream, after the last tick that it delivers."""
        previous, self.previous = self.previous, None
        if previous is not None and previous.life.connection != connection != self.life.connection:
            self.previous = previous
        elif previous is not None and self.life.connection == connection:
            # The move was cancelled, and the router has discarded what the new life delivered.
            self.life = previous.life
            self.seen_until = self.seen_until if previous.resumed_at is None else previous.seen_until
        elif previous is None and self.life.connection == connection:
            self.cut_off = False
            self.gap_reason = self.gap_reason or "its connection released it"

    def on_previous_lost(self, reason: str) -> list[Event]:
        """The previous life ended before it released the stream: the ticks between its last report and the
        first tick of the next life may be missing. Returns the gap if that first tick is known."""
        previous, self.previous = self.previous, None
        if previous is None:
            return []
        if previous.resumed_at is None:
            self.gap_reason = self.gap_reason or reason
            return []
        return self._gap(self._gap_start(previous.seen_until), previous.resumed_at, reason)

    def on_carrier_lost(self, reason: str, now: float) -> None:
        """The life that carries it ended. No tick is missing if the market is closed and that life has
        reported since it closed."""
        self.tick_rate.interrupt()
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
                self._advance(StreamInput.MARKET_CLOSED)
                self._clear_recovery()
                self.tick_rate.interrupt()
                self._reported_since_close, self._closed_at = False, now
            self.silence_start = self._closed_until = now
        elif self.state is StreamHealthState.CLOSED:
            self._advance(StreamInput.MARKET_OPENED)
            if not self.gap_reason:
                self.expected_since, self.seen_until = self._closed_until, None
                # Its life may have ended, and a new one been confirmed, between the opening and this check.
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
        self.tick_rate.interrupt()

    def on_previous_report(self, report: StreamReport) -> None:
        """The previous life has reported the stream."""
        if self.previous is None:
            return
        if self.previous.resumed_at is not None:
            self.previous.seen_until = report.last_time
        elif not self.gap_reason:
            self.seen_until = report.last_time

    def on_report(self, report: StreamReport, age: float, now: float) -> list[Event]:
        """The life that carries it has reported it, the newest tick ``age`` seconds old.

        Returns the gap that ends with this report, or the recovery without one.
        """
        last = self.report
        same_counter = last is not None and report.first_time == last.first_time
        if last is not None and same_counter and report.ticks == last.ticks:
            return []
        if last is not None and not same_counter:
            self._ticks_before += last.ticks
            self.tick_rate.interrupt()
        self._venue_ahead = report.last_time - (now - age)
        events = self._resume(report)
        self.report, self.seen_until, self.confirmed = report, report.last_time, True
        self.silence_start = max(self.silence_start, now - age)
        self.tick_rate.add(now - age, report.ticks)
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

    def _resume(self, report: StreamReport) -> list[Event]:
        """Close the open gap, if there is one, at the first tick that ``report`` counts."""
        reason, self.gap_reason = self.gap_reason, ""
        previous = self.previous
        if previous is not None and previous.resumed_at is None:
            previous.seen_until, previous.resumed_at = self.seen_until, report.first_time
            if reason:
                self.previous = None  # the gap covers what it has yet to report
        if not reason:
            return []
        gap = self._gap(self._gap_start(self.seen_until), report.first_time, reason)
        return gap or [StreamRecovered(self.asset, self.life.connection)]

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
