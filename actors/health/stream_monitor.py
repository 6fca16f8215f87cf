"""Whether streams and connections live: two clocks, one for any sign of life, one for each stream's data."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct

from actors.health.states import RecoveryAction, StreamHealthState
from actors.health.stream import Life, MonitoredStream
from actors.health.tick_rate import StalenessBounds
from actors.health.trading_hours import TradingHours
from actors.messages.events import (
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    Event,
    StreamConfirmed,
    StreamMoves,
    StreamPlaced,
    StreamReleased,
    StreamStale,
)
from actors.rates import Allowance, Quota, Rate

REPORTS_MISSED = 5.0
"""Seconds without a connection's own account of itself, due every second, after which it is not trusted."""

HOUR = 3600.0

LADDER = tuple(RecoveryAction)


class HealthSettings(Struct, frozen=True):
    """What silence is borne, and how often a connection may be replaced for the silence of its streams."""

    tolerance: StalenessBounds
    reconnects_per_hour: int


class Recovery(NamedTuple):
    """What is to be done about a stale stream, short of replacing its connection."""

    asset: str
    cure: RecoveryAction


class Findings(NamedTuple):
    """What a look at everything has shown: news to tell, streams to treat."""

    news: list[Event]
    treatments: list[Recovery]


class ConnectionHealth:
    """One connection as it last reported, and how fast it receives."""

    def __init__(self, epoch: int, now: float) -> None:
        self.epoch = epoch
        self.heard_at = now
        self.report: ConnectionReport | None = None
        self.suspected_at = now
        self.rate = 0.0


class StreamMonitor:
    """Learns from reports; says what to announce and how to cure what is silent.

    A stream that is silent for longer than its pace explains is subscribed again, then moved to another
    connection, then its connection is replaced; after each cure it has twice as much time. A connection
    that still brings other streams is never replaced for one; one that brings none of its two or more is
    replaced at once. Closed markets are left in peace.
    """

    def __init__(self, vigilance: HealthSettings) -> None:
        self._reconnects: dict[str, Quota] = {}
        self.change(vigilance)
        self.hours = TradingHours()
        self.streams: dict[str, MonitoredStream] = {}
        self.connections: dict[str, ConnectionHealth] = {}

    def change(self, vigilance: HealthSettings) -> None:
        """Bear this from now on."""
        self._tolerance = vigilance.tolerance
        self._reconnect_rate = Rate(vigilance.reconnects_per_hour, HOUR)
        for quota in self._reconnects.values():
            quota.change(Allowance((self._reconnect_rate,), 1))

    # What happens

    def up(self, event: ConnectionUp, now: float) -> None:
        """The silence of the streams that it may carry is counted from here."""
        for stream in self.streams.values():
            if stream.carrier[0] == event.connection or self._carrier(stream) is None:
                stream.excuse(now)
        self.connections[event.connection] = ConnectionHealth(event.epoch, now)

    def down(self, event: ConnectionDown, now: float) -> list[Event]:
        """The streams it carried are lost until they deliver again; the gaps in those that had just moved."""
        life = (event.connection, event.epoch)
        health = self.connections.get(event.connection)
        if health is not None and health.epoch == event.epoch:
            del self.connections[event.connection]
        news: list[Event] = []
        for stream in self.streams.values():
            if stream.carrier == life:
                stream.lose(event.reason, now)
            if stream.predecessor is not None and stream.predecessor.life == life:
                news += stream.bereave(event.reason)
        return news

    def placed(self, event: StreamPlaced, now: float, utc: float) -> None:
        """A subscription has left. While another connection carries the stream, that one goes on."""
        if self._lives(event):
            left_at = now - max(0.0, utc - event.at)
            stream = self.streams.setdefault(event.asset, MonitoredStream(event, left_at))
            stream.period, stream.sent_to = event.period, (event.connection, event.epoch)
            if self._carrier(stream) is None:
                stream.place(stream.sent_to, now)

    def confirmed(self, event: StreamConfirmed, now: float) -> None:
        """A stream begins on its connection. The late word of an ended life does not count, nor that of one
        that it has left since, nor one about a stream that nobody desires any more."""
        stream, life = self.streams.get(event.asset), (event.connection, event.epoch)
        if stream is None or not self._lives(event):
            return
        stream.period = event.period
        if stream.predecessor is not None and stream.predecessor.life == life:
            return  # it goes on as what it is until it lets go, or the other one does
        old_lives = self._carrier(stream) is not None
        if not old_lives or life in (stream.carrier, stream.heir, stream.sent_to):
            stream.place(life, now, old_lives=old_lives)
            stream.confirmed = True

    def moves(self, event: StreamMoves) -> None:
        """A stream begins to pass from one life to another."""
        stream = self.streams.get(event.asset)
        if stream is not None and stream.carrier == (event.connection, event.epoch):
            stream.moves((event.target, event.target_epoch), cut=event.cut)

    def released(self, event: StreamReleased) -> None:
        """A connection has said its last of a stream."""
        if (stream := self.streams.get(event.asset)) is not None:
            stream.released(event.connection)

    def dropped(self, asset: str) -> None:
        """Nobody desires the stream any more."""
        self.streams.pop(asset, None)

    def reported(self, event: ConnectionReport, now: float) -> list[Event]:
        """Take in a connection's account; the gaps and recoveries it shows."""
        health = self.connections.get(event.connection)
        since_last = now
        if health is not None and health.epoch == event.epoch:
            before = health.report.messages_in if health.report else 0
            since_last = now - health.heard_at
            health.rate = (event.messages_in - before) / max(since_last, 1e-3)
            health.report, health.heard_at = event, now
        life, news = (event.connection, event.epoch), list[Event]()
        for asset, stream in self.streams.items():
            report = event.streams.get(asset)
            if stream.predecessor is not None and stream.predecessor.life == life and report is not None:
                stream.heed(report)
            if stream.carrier != life or stream.cut_off:
                continue
            stream.account(now)
            if report is not None:
                # New ticks came since the last report, whatever a wall clock that was set may make of it.
                age = min(max(0.0, event.made_at - report.received_at), since_last)
                news += stream.take(report, age, now)
        return news

    # What to do

    def check(self, now: float, utc: float) -> Findings:
        """What is to be announced and done as of ``now``."""
        found = Findings(self._distrusted(now), [])
        silent: defaultdict[Life | None, list[MonitoredStream]] = defaultdict(list)
        for stream in self.streams.values():
            if not self.connections:
                stream.excuse(now)
            stream.attend(self.hours.is_open(stream.asset, utc), now)
            if stream.is_due(self._as_of(stream, now), self._tolerance):
                silent[stream.carrier if self._carrier(stream) else None].append(stream)
        for life, streams in silent.items():
            self._treat(life, streams, now, found)
        return found

    def _distrusted(self, now: float) -> list[Event]:
        """Transport: connections that do not even report."""
        suspects: list[Event] = []
        for name, health in self.connections.items():
            if now - max(health.heard_at, health.suspected_at) > REPORTS_MISSED:
                health.suspected_at = now
                suspects.append(ConnectionSuspect(name, health.epoch, "it does not report any more"))
        return suspects

    def _treat(self, life: Life | None, silent: list[MonitoredStream], now: float, found: Findings) -> None:
        """Data: some streams of one life (or, without one, of none) are due for a cure."""
        if life is None:
            for stream in silent:
                self._announce(stream, RecoveryAction.RESUBSCRIBE, "no connection carries it", now, found)
            return
        carried = [stream for stream in self.streams.values() if self._is_open_on(stream, life)]
        as_of = self._as_of(silent[0], now)
        delivering = any(stream.delivers(as_of, self._tolerance) for stream in carried)
        if len(carried) > 1 and not delivering:
            if not all(stream.is_quiet(as_of, self._tolerance) for stream in carried):
                return  # the rest will tick or fall silent too, and that makes the difference
            if self._may_reconnect(life, now):
                reason = f"all {len(carried)} streams of its connection are silent"
                self._replace(life, carried, reason, now, found)
                return
        for stream in silent:
            cure = self._next_cure(stream, life, now, delivering=delivering)
            if cure is RecoveryAction.RECONNECT:
                self._replace(life, [stream], stream.complaint(), now, found)
            else:
                self._announce(stream, cure, stream.complaint(), now, found)

    def _next_cure(
        self, stream: MonitoredStream, life: Life, now: float, *, delivering: bool
    ) -> RecoveryAction:
        """The next on the ladder that can be had; from its top it begins anew."""
        possible = {
            RecoveryAction.RESUBSCRIBE: True,
            RecoveryAction.MOVE: len(self.connections) > 1,
            RecoveryAction.RECONNECT: not delivering and self._may_reconnect(life, now),
        }
        start = 0 if stream.cure is None else LADDER.index(stream.cure) + 1
        return next(cure for cure in LADDER[start:] + LADDER[:start] if possible[cure])

    def _may_reconnect(self, life: Life, now: float) -> bool:
        quota = self._reconnects.setdefault(life[0], Quota(Allowance((self._reconnect_rate,), 1)))
        return quota.wait(now) == 0

    def _replace(
        self, life: Life, streams: Sequence[MonitoredStream], reason: str, now: float, found: Findings
    ) -> None:
        for stream in streams:
            self._announce(stream, RecoveryAction.RECONNECT, reason, now, found)
        self._reconnects[life[0]].book(now)
        found.news.append(ConnectionSuspect(*life, f"{streams[0].asset}: {reason}"))

    def _announce(
        self, stream: MonitoredStream, cure: RecoveryAction, reason: str, now: float, found: Findings
    ) -> None:
        silence = stream.silence(self._as_of(stream, now))
        stream.treat(cure, now)
        found.news.append(StreamStale(stream.asset, silence, cure.value, reason))
        if cure is not RecoveryAction.RECONNECT:
            found.treatments.append(Recovery(stream.asset, cure))

    # Who carries what

    def _lives(self, event: StreamPlaced | StreamConfirmed) -> bool:
        carrier = self.connections.get(event.connection)
        return carrier is not None and carrier.epoch == event.epoch

    def _carrier(self, stream: MonitoredStream) -> ConnectionHealth | None:
        """The connection that carries it, while that life lasts."""
        name, epoch = stream.carrier
        health = self.connections.get(name)
        return health if health is not None and health.epoch == epoch else None

    def _as_of(self, stream: MonitoredStream, now: float) -> float:
        """What came since its connection's last report is not known yet, so it is no silence."""
        carrier = self._carrier(stream)
        return now if carrier is None else carrier.heard_at

    def _is_open_on(self, stream: MonitoredStream, life: Life) -> bool:
        return stream.carrier == life and stream.state is not StreamHealthState.CLOSED
