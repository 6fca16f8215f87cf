"""The health of one stream: its carrier, its silence, what was tried against that, and what it has missed."""

from typing import Final

from actors.health.states import NEXT, RecoveryAction, StreamHealthState, StreamInput
from actors.health.tick_rate import StalenessBounds, TickRate
from actors.messages.events import (
    Event,
    StreamGap,
    StreamPlaced,
    StreamRecovered,
    StreamReport,
)

LONGEST_PATIENCE: Final = 600.0
"""Seconds to which the time between two cures grows, unless the stream's own patience is longer."""

MARGIN: Final = 1.0
"""Seconds that a stream may have begun, in the venue's eyes, before we reckon that it has."""

MOST_DOUBLINGS: Final = 16
"""By then any patience has grown to the longest, and numbers stay numbers."""

Life = tuple[str, int]
"""A connection and its epoch."""


class PreviousCarrier:
    """The life that a stream was taken over from and that has not let it go yet.

    Its ticks have come up to ``seen_until``, and those of the successor from ``resumed`` on (venue times);
    ``resumed`` is ``None`` while the successor has not reported any.
    """

    def __init__(self, life: Life) -> None:
        self.life = life
        self.seen_until: float | None = None
        self.resumed: float | None = None


class MonitoredStream:
    """One stream as it was last reported; ``began`` is when it was first sent for (on the monotonic clock).

    ``carrier`` is the life that it is expected on, and ``cut_off`` says that its word counts no more;
    ``heir`` is the one that it is being handed over to, ``sent_to`` where it was last sent for.
    ``quiet_since`` is when the silence that counts began; ``cures`` counts what was tried since, at last
    ``cure``, at ``cured_at``. ``missing`` says why ticks may have been missed since ``seen_until`` (venue
    time; ``None`` while none was seen since ``began``), and is empty while all is well.
    """

    def __init__(self, placed: StreamPlaced, began: float) -> None:
        self.asset = placed.asset
        self.period = placed.period
        self.carrier: Life = (placed.connection, placed.epoch)
        self.sent_to = self.carrier
        self.heir: Life | None = None
        self.predecessor: PreviousCarrier | None = None
        self.cut_off = False
        self.state = StreamHealthState.UNCONFIRMED
        self.confirmed = False
        self.began = self.quiet_since = self.cured_at = began
        self.cure: RecoveryAction | None = None
        self.cures = 0
        self.missing = ""
        self.seen_until: float | None = None
        self.report: StreamReport | None = None
        self.pace = TickRate()
        self.gaps = 0
        self.last_gap: tuple[float, float] | None = None
        self._ticks_before = 0
        self._venue_ahead = 0.0
        self._accounted = True
        self._lost_at = self._closed_at = self._closed_until = began

    @property
    def ticks(self) -> int:
        return self._ticks_before + (self.report.ticks if self.report else 0)

    # What happens to it

    def place(self, carrier: Life, now: float, *, old_lives: bool = False) -> None:
        """From now on it is expected from ``carrier``, where it has time to begin. An old one that lives goes
        on until it lets go if it hands over; otherwise nothing tells that the two have met."""
        if carrier == self.carrier:
            return
        if old_lives and carrier == self.heir and not self.cut_off:
            self.predecessor = PreviousCarrier(self.carrier)
        elif old_lives:
            self.missing = self.missing or "it came to another connection without a handover"
        self.carrier, self.heir, self.confirmed, self.cut_off = carrier, None, False, False
        self.pace.restart()
        self.quiet_since = now
        self._turn(StreamInput.HANDED_ON)

    def moves(self, heir: Life, *, cut: bool) -> None:
        """It is to pass to ``heir``; if it is ``cut``, nothing that its carrier still says is delivered."""
        self.heir, self.cut_off = heir, cut
        if cut:
            self.missing = self.missing or "it was cut off from a connection that did not bring it"

    def released(self, connection: str) -> None:
        """``connection`` has let go of it, behind the last tick that it says."""
        predecessor, self.predecessor = self.predecessor, None
        if predecessor is not None and predecessor.life[0] != connection != self.carrier[0]:
            self.predecessor = predecessor
        elif predecessor is not None and self.carrier[0] == connection:
            # Its move was given up after all, and what the new carrier had said was not delivered.
            self.carrier = predecessor.life
            self.seen_until = self.seen_until if predecessor.resumed is None else predecessor.seen_until
        elif predecessor is None and self.carrier[0] == connection:
            self.cut_off = False
            self.missing = self.missing or "its connection let it go"

    def bereave(self, reason: str) -> list[Event]:
        """Its predecessor is gone without having let go: what it had not said by its last report may be
        missing up to where its successor began."""
        predecessor, self.predecessor = self.predecessor, None
        if predecessor is None:
            return []
        if predecessor.resumed is None:
            self.missing = self.missing or reason
            return []
        return self._gap(self._since(predecessor.seen_until), predecessor.resumed, reason)

    def lose(self, reason: str, now: float) -> None:
        """Its carrier is gone; what a closed market might have said since its last account, nobody missed."""
        self.pace.restart()
        self.confirmed = False
        if self.state is not StreamHealthState.CLOSED or not self._accounted:
            self.missing = self.missing or reason
        self._turn(StreamInput.HANDED_ON)
        self.quiet_since = self._lost_at = now

    def excuse(self, now: float) -> None:
        """Silence up to now had a cause that no cure helps against."""
        self.quiet_since = now

    def attend(self, is_open: bool, now: float) -> None:
        """Its market is open, or not."""
        if not is_open:
            if self.state is not StreamHealthState.CLOSED:
                self._turn(StreamInput.CLOSED)
                self._calm()
                self.pace.restart()
                self._accounted, self._closed_at = False, now
            self.quiet_since = self._closed_until = now
        elif self.state is StreamHealthState.CLOSED:
            self._turn(StreamInput.OPENED)
            if not self.missing:
                self.began, self.seen_until = self._closed_until, None
                # It may have been lost, and confirmed anew, between the opening and this look at it.
                unbroken = self.confirmed and self._lost_at <= self._closed_until
                self.missing = "" if unbroken else "it was not confirmed when its market opened"

    def account(self, now: float) -> None:
        """Its carrier has reported, whatever the stream did since the report before."""
        self._accounted = self._accounted or now - self._closed_at > MARGIN

    def treat(self, cure: RecoveryAction, now: float) -> None:
        """It was silent for too long, and this is done about it."""
        self._turn(StreamInput.SILENT)
        self.cure, self.cured_at = cure, now
        self.cures += 1
        self.missing = self.missing or "the stream was silent"
        self.pace.restart()

    def heed(self, report: StreamReport) -> None:
        """Its predecessor's account of it."""
        if self.predecessor is None:
            return
        if self.predecessor.resumed is not None:
            self.predecessor.seen_until = report.last_time
        elif not self.missing:
            self.seen_until = report.last_time

    def take(self, report: StreamReport, age: float, now: float) -> list[Event]:
        """Its carrier's account of it, the newest tick ``age`` seconds old; what that shows to announce."""
        last = self.report
        same_account = last is not None and report.first_time == last.first_time
        if last is not None and same_account and report.ticks == last.ticks:
            return []
        if last is not None and not same_account:
            self._ticks_before += last.ticks
            self.pace.restart()
        self._venue_ahead = report.last_time - (now - age)
        news = self._follow(report)
        self.report, self.seen_until, self.confirmed = report, report.last_time, True
        self.quiet_since = max(self.quiet_since, now - age)
        self.pace.learn(now - age, report.ticks)
        self._calm()
        self._turn(StreamInput.TICKED)
        return news

    # How it stands

    def silence(self, as_of: float) -> float:
        """Seconds of silence that count."""
        return as_of - self.quiet_since

    def is_due(self, as_of: float, tolerance: StalenessBounds) -> bool:
        """Whether it has been silent for too long, again after the last cure; every time waits for longer."""
        if self.state is StreamHealthState.CLOSED:
            return False
        patience = self.pace.patience(tolerance)
        grown: float = min(patience * 2 ** min(self.cures, MOST_DOUBLINGS), max(patience, LONGEST_PATIENCE))
        return as_of - max(self.quiet_since, self.cured_at) > grown

    def is_quiet(self, as_of: float, tolerance: StalenessBounds) -> bool:
        """Whether it has been silent for too long."""
        return self.state is StreamHealthState.STALE or self.silence(as_of) > self.pace.patience(tolerance)

    def delivers(self, as_of: float, tolerance: StalenessBounds) -> bool:
        """Whether its latest tick is young enough that its connection surely brings data."""
        return self.state is StreamHealthState.FRESH and 2 * self.silence(as_of) < self.pace.patience(
            tolerance
        )

    def complaint(self) -> str:
        """What speaks for a fault."""
        if not self.confirmed:
            return "the venue has not confirmed it"
        ticked = self.state is not StreamHealthState.UNCONFIRMED and self.report is not None
        return "no tick for longer than usual" if ticked else "no tick since it was confirmed"

    def _follow(self, report: StreamReport) -> list[Event]:
        """What was missed before the account began."""
        reason, self.missing = self.missing, ""
        predecessor = self.predecessor
        if predecessor is not None and predecessor.resumed is None:
            predecessor.seen_until, predecessor.resumed = self.seen_until, report.first_time
            if reason:
                self.predecessor = None  # what it has yet to say lies in the gap
        if not reason:
            return []
        gap = self._gap(self._since(self.seen_until), report.first_time, reason)
        return gap or [StreamRecovered(self.asset, self.carrier[0])]

    def _since(self, seen_until: float | None) -> float:
        """From where on ticks may be missing. Where none was seen, our own clock tells how long ago it was,
        and the difference of the clocks is that of the latest tick."""
        return self.began + self._venue_ahead - MARGIN if seen_until is None else seen_until

    def _gap(self, start: float, end: float, reason: str) -> list[Event]:
        if end <= start:
            return []
        self.gaps += 1
        self.last_gap = (start, end)
        return [StreamGap(self.asset, start, end, reason, self.carrier[0], self.period)]

    def _calm(self) -> None:
        self.cure, self.cures = None, 0

    def _turn(self, turn: StreamInput) -> None:
        self.state = NEXT[self.state, turn]
