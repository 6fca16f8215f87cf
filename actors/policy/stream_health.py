"""The health of one stream: its state, its silence, and what was tried against that."""

import enum
from typing import Final

from actors.messages.events import (
    Event,
    StreamGap,
    StreamPlaced,
    StreamRecovered,
    StreamReport,
)
from actors.policy.pace import Pace, Tolerance

LONGEST_PATIENCE: Final = 600.0
"""Seconds to which the time between two cures grows, unless the stream's own patience is longer."""

NEWS_AGE: Final = 1.0
"""Seconds that the news of a stream's beginning may be late, behind its first ticks; also by the clocks."""

MOST_DOUBLINGS: Final = 16
"""By then any patience has grown to the longest, and numbers stay numbers."""

Life = tuple[str, int]
"""A connection and its epoch."""


class StreamState(enum.Enum):
    """What a stream looks like: without a tick since it was placed or its market opened, ticking, silent for
    too long, or rightly silent."""

    UNCONFIRMED = "unconfirmed"
    FRESH = "fresh"
    STALE = "stale"
    CLOSED = "closed"


class Turn(enum.Enum):
    """What can happen to it."""

    HANDED_ON = "it has another carrier, or none"
    TICKED = "a tick came"
    SILENT = "its patience ended"
    CLOSED = "its market closed"
    OPENED = "its market opened"


class Cure(enum.Enum):
    """What can be done about silence, the mildest first."""

    RESUBSCRIBE = "resubscribe"
    MOVE = "move"
    RECONNECT = "reconnect"


_NEXT: Final = {
    (StreamState.UNCONFIRMED, Turn.HANDED_ON): StreamState.UNCONFIRMED,
    (StreamState.UNCONFIRMED, Turn.TICKED): StreamState.FRESH,
    (StreamState.UNCONFIRMED, Turn.SILENT): StreamState.STALE,
    (StreamState.UNCONFIRMED, Turn.CLOSED): StreamState.CLOSED,
    (StreamState.FRESH, Turn.HANDED_ON): StreamState.UNCONFIRMED,
    (StreamState.FRESH, Turn.TICKED): StreamState.FRESH,
    (StreamState.FRESH, Turn.SILENT): StreamState.STALE,
    (StreamState.FRESH, Turn.CLOSED): StreamState.CLOSED,
    (StreamState.STALE, Turn.HANDED_ON): StreamState.STALE,  # it is not cured before it ticks
    (StreamState.STALE, Turn.TICKED): StreamState.FRESH,
    (StreamState.STALE, Turn.SILENT): StreamState.STALE,
    (StreamState.STALE, Turn.CLOSED): StreamState.CLOSED,
    (StreamState.CLOSED, Turn.HANDED_ON): StreamState.CLOSED,
    (StreamState.CLOSED, Turn.TICKED): StreamState.CLOSED,
    (StreamState.CLOSED, Turn.OPENED): StreamState.UNCONFIRMED,
}


class StreamHealth:
    """One stream as it was last reported.

    ``carrier`` is the life that it is expected on. ``quiet_since`` is when the silence that counts began;
    ``cures`` counts what was tried since, at last ``cure``, at ``cured_at``. ``missing`` says why ticks may
    have been missed since ``seen_until`` (venue time), and is empty while all is well.
    """

    def __init__(self, placed: StreamPlaced, now: float, utc: float) -> None:
        self.asset = placed.asset
        self.period = placed.period
        self.carrier: Life = (placed.connection, placed.epoch)
        self.state = StreamState.UNCONFIRMED
        self.confirmed = False
        self.quiet_since = self.cured_at = now
        self.cure: Cure | None = None
        self.cures = 0
        self.missing = ""
        self.seen_until = utc - NEWS_AGE
        self.report: StreamReport | None = None
        self.pace = Pace()
        self.gaps = 0
        self.last_gap: tuple[float, float] | None = None
        self._ticks_before = 0

    @property
    def ticks(self) -> int:
        return self._ticks_before + (self.report.ticks if self.report else 0)

    # What happens to it

    def place(self, carrier: Life, now: float) -> None:
        """From now on it is expected from ``carrier``, where it has time to begin."""
        if carrier != self.carrier:
            self.carrier, self.confirmed = carrier, False
            self.pace.restart()
            self.quiet_since = now
            self._turn(Turn.HANDED_ON)

    def confirm(self, period: int, utc: float) -> None:
        """The venue has confirmed it, in bars of ``period``; what was before its beginning, nobody missed."""
        self.period, self.confirmed = period, True
        if self.report is None and not self.missing:
            self.seen_until = utc - NEWS_AGE

    def lose(self, reason: str) -> None:
        """Its carrier is gone; what a closed market might have said, nobody missed."""
        self.pace.restart()
        self.confirmed = False
        if self.state is not StreamState.CLOSED:
            self.missing = self.missing or reason
        self._turn(Turn.HANDED_ON)

    def excuse(self, now: float) -> None:
        """Silence up to now had a cause that no cure helps against."""
        self.quiet_since = now

    def attend(self, is_open: bool, now: float, utc: float) -> None:
        """Its market is open, or not."""
        if not is_open:
            self.quiet_since = now
            if self.state is not StreamState.CLOSED:
                self._turn(Turn.CLOSED)
                self._calm()
                self.pace.restart()
        elif self.state is StreamState.CLOSED:
            self._turn(Turn.OPENED)
            if not self.missing:
                self.seen_until = max(self.seen_until, utc)
                self.missing = "" if self.confirmed else "it was not confirmed when its market opened"

    def treat(self, cure: Cure, now: float) -> None:
        """It was silent for too long, and this is done about it."""
        self._turn(Turn.SILENT)
        self.cure, self.cured_at = cure, now
        self.cures += 1
        self.missing = self.missing or "the stream was silent"
        self.pace.restart()

    def take(self, report: StreamReport, age: float, now: float) -> list[Event]:
        """Its carrier's account of it, the newest tick ``age`` seconds old; what that shows to announce."""
        last = self.report
        same_account = last is not None and report.first_time == last.first_time
        if last is not None and same_account and report.ticks == last.ticks:
            return []
        if last is not None and not same_account:
            self._ticks_before += last.ticks
            self.pace.restart()
        news = self._recover(report) if self.missing else []
        self.report, self.seen_until, self.confirmed = report, report.last_time, True
        self.quiet_since = max(self.quiet_since, now - age)
        self.pace.learn(now - age, report.ticks)
        self._calm()
        self._turn(Turn.TICKED)
        return news

    # How it stands

    def silence(self, as_of: float) -> float:
        """Seconds of silence that count."""
        return as_of - self.quiet_since

    def is_due(self, as_of: float, tolerance: Tolerance) -> bool:
        """Whether it has been silent for too long, again after the last cure; every time waits for longer."""
        if self.state is StreamState.CLOSED:
            return False
        patience = self.pace.patience(tolerance)
        grown: float = min(patience * 2 ** min(self.cures, MOST_DOUBLINGS), max(patience, LONGEST_PATIENCE))
        return as_of - max(self.quiet_since, self.cured_at) > grown

    def is_quiet(self, as_of: float, tolerance: Tolerance) -> bool:
        """Whether it has been silent for too long."""
        return self.state is StreamState.STALE or self.silence(as_of) > self.pace.patience(tolerance)

    def delivers(self, as_of: float, tolerance: Tolerance) -> bool:
        """Whether its latest tick is young enough that its connection surely brings data."""
        return self.state is StreamState.FRESH and 2 * self.silence(as_of) < self.pace.patience(tolerance)

    def complaint(self) -> str:
        """What speaks for a fault."""
        if not self.confirmed:
            return "the venue has not confirmed it"
        ticked = self.state is not StreamState.UNCONFIRMED and self.report is not None
        return "no tick for longer than usual" if ticked else "no tick since it was confirmed"

    def _recover(self, report: StreamReport) -> list[Event]:
        connection, reason = self.carrier[0], self.missing
        self.missing = ""
        start, end = self.seen_until, report.first_time
        if end <= start:
            return [StreamRecovered(self.asset, connection)]
        self.gaps += 1
        self.last_gap = (start, end)
        return [StreamGap(self.asset, start, end, reason, connection, self.period)]

    def _calm(self) -> None:
        self.cure, self.cures = None, 0

    def _turn(self, turn: Turn) -> None:
        self.state = _NEXT[self.state, turn]
