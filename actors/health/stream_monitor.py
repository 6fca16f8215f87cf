"""Which streams are stale, which connections do not report, and what is to be done about both."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct

from actors.health.states import RecoveryAction, StreamHealthState
from actors.health.stream import MonitoredStream
from actors.health.tick_rate import StalenessBounds
from actors.health.trading_hours import TradingHours
from actors.lives import Lives
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
from actors.values import Asset, Life

REPORT_TIMEOUT = 10.0
"""Seconds without a report, which is due every second, every fourth from a connection without streams, after
which a connection is suspect."""

HOUR = 3600.0

ACTIONS = tuple(RecoveryAction)


class HealthSettings(Struct, frozen=True):
    """When a stream is stale, and how often a connection may be replaced because its streams are."""

    bounds: StalenessBounds
    reconnects_per_hour: int


class Recovery(NamedTuple):
    """What the pool is to do about a stale stream."""

    asset: str
    action: RecoveryAction


class Findings(NamedTuple):
    """What a check has found: events to publish, streams to recover."""

    events: list[Event]
    recoveries: list[Recovery]


class ConnectionHealth:
    """The last report of one life of a connection, and how many messages a second it receives."""

    def __init__(self, now: float) -> None:
        self.reported_at = now
        self.report: ConnectionReport | None = None
        self.suspected_at = now
        self.rate = 0.0


class StreamMonitor:
    """Takes in events and reports; ``check`` says what to announce and which streams to recover.

    A stream that is stale is subscribed to again, then moved to another connection, then its connection is
    replaced; after each action it has twice as much time. A connection that still delivers other streams is
    never replaced for one of them; one that delivers none of its two or more is replaced at once. A stream
    whose market is closed is not stale.
    """

    def __init__(self, settings: HealthSettings) -> None:
        self._reconnects: dict[str, Quota] = {}
        self.change(settings)
        self.hours = TradingHours()
        self.streams: dict[str, MonitoredStream] = {}
        self._lives = Lives()
        self.connections: dict[Life, ConnectionHealth] = {}
        """The lives that are up."""

    def change(self, settings: HealthSettings) -> None:
        """Apply ``settings`` now."""
        self._bounds = settings.bounds
        self._reconnect_rate = Rate(settings.reconnects_per_hour, HOUR)
        for quota in self._reconnects.values():
            quota.change(Allowance((self._reconnect_rate,), 1))

    # Events

    def on_up(self, event: ConnectionUp, now: float) -> None:
        """The silence of the streams that it may carry counts from now."""
        before = self._lives.current(event.connection)
        if not self._lives.up(event.life):
            return
        if before is not None:
            del self.connections[before]
        for stream in self.streams.values():
            if stream.life == before:  # its end comes late, or not at all
                stream.on_carrier_lost("another life of its connection began", now)
            elif stream.life.connection == event.connection or self._carrier(stream) is None:
                stream.reset_silence(now)
        self.connections[event.life] = ConnectionHealth(now)

    def on_down(self, event: ConnectionDown, now: float) -> list[Event]:
        """Returns the gaps in the streams that were moving away from that life.

        The gaps in the streams that it carried follow when another life reports them.
        """
        before = self._lives.current(event.connection)
        if self._lives.down(event.life) and before is not None:
            del self.connections[before]
        events: list[Event] = []
        for stream in self.streams.values():
            if stream.life == event.life:
                stream.on_carrier_lost(event.reason, now)
            if stream.previous is not None and stream.previous.life == event.life:
                events += stream.on_previous_lost(event.reason, self._bounds)
        return events

    def on_placed(self, event: StreamPlaced, now: float, utc: float) -> None:
        """A subscription was sent. While another life carries the stream, that one still does."""
        if self._lives.is_current(event.life):
            sent_at = now - max(0.0, utc - event.at)
            stream = self.streams.setdefault(event.asset, MonitoredStream(event, sent_at))
            stream.period, stream.sent_to = event.period, event.life
            if self._carrier(stream) is None:
                stream.on_carrier(stream.sent_to, now)

    def on_confirmed(self, event: StreamConfirmed, now: float) -> None:
        """A stream begins on its connection. A confirmation counts for nothing if its life is over, if the
        stream has left that life since, or if the stream was dropped."""
        stream, life = self.streams.get(event.asset), event.life
        if stream is None or not self._lives.is_current(life):
            return
        stream.period = event.period
        if stream.previous is not None and stream.previous.life == life:
            return  # it stays the previous life until one of the two releases the stream
        previous_alive = self._carrier(stream) is not None
        if not previous_alive or life in (stream.life, stream.next_life, stream.sent_to):
            stream.on_carrier(life, now, previous_alive=previous_alive)
            stream.on_confirmed(now)

    def on_move_begun(self, event: StreamMoves) -> None:
        stream = self.streams.get(event.asset)
        if stream is not None and stream.life == event.life:
            stream.on_move_begun(event.target_life, cut=event.cut)

    def on_assets(self, assets: Iterable[Asset], now: float, utc: float) -> None:
        """The venue has sent its asset table: a market closes now, not at the next check."""
        self.hours.update(assets, utc)
        for stream in self.streams.values():
            stream.on_market(self.hours.is_open(stream.asset, utc), now)

    def on_released(self, event: StreamReleased) -> list[Event]:
        """Returns the gap that a handover shows when it is complete."""
        stream = self.streams.get(event.asset)
        return [] if stream is None else stream.on_released(event.connection, self._bounds)

    def on_dropped(self, asset: str) -> None:
        """The stream is no longer desired."""
        self.streams.pop(asset, None)

    def on_report(self, event: ConnectionReport, now: float) -> list[Event]:
        """Returns the gaps and recoveries that the report shows."""
        life, events = event.life, list[Event]()
        health = self.connections.get(life)
        since_last = now
        if health is not None:
            before = health.report.messages_in if health.report else 0
            since_last = now - health.reported_at
            health.rate = (event.messages_in - before) / max(since_last, 1e-3)
            health.report, health.reported_at = event, now
        for asset, stream in self.streams.items():
            report = event.streams.get(asset)
            if stream.previous is not None and stream.previous.life == life and report is not None:
                events += stream.on_previous_report(report, self._bounds)
            if stream.life != life or stream.cut_off:
                continue
            stream.on_report_seen(now)
            if report is not None:
                # New ticks are younger than the last report, even if the wall clock was set in between.
                age = min(max(0.0, event.made_at - report.received_at), since_last)
                events += stream.on_report(report, age, now, self._bounds)
        return events

    # The check

    def check(self, now: float, utc: float) -> Findings:
        """What is to be announced and done as of ``now``."""
        found = Findings(self._suspects(now), [])
        due: defaultdict[Life | None, list[MonitoredStream]] = defaultdict(list)
        for stream in self.streams.values():
            if not self.connections:
                stream.reset_silence(now)
            stream.on_market(self.hours.is_open(stream.asset, utc), now)
            if stream.needs_recovery(self._as_of(stream, now), self._bounds):
                due[stream.life if self._carrier(stream) else None].append(stream)
        for life, streams in due.items():
            self._recover(life, streams, now, found)
        return found

    def _suspects(self, now: float) -> list[Event]:
        """The connections that do not report."""
        suspects: list[Event] = []
        for life, health in self.connections.items():
            if now - max(health.reported_at, health.suspected_at) > REPORT_TIMEOUT:
                health.suspected_at = now
                suspects.append(ConnectionSuspect(*life, "it does not report any more"))
        return suspects

    def _recover(self, life: Life | None, due: list[MonitoredStream], now: float, found: Findings) -> None:
        """Choose an action for each stream that is ``due``; all are carried by ``life``, or by none."""
        if life is None:
            for stream in due:
                self._announce(stream, RecoveryAction.RESUBSCRIBE, "no connection carries it", now, found)
            return
        carried = [stream for stream in self.streams.values() if self._is_open_on(stream, life)]
        as_of = self._as_of(due[0], now)
        delivering = any(stream.is_delivering(as_of, self._bounds) for stream in carried)
        if len(carried) > 1 and not delivering:
            if not all(stream.is_stale(as_of, self._bounds) for stream in carried):
                return  # whether the others tick or become stale too decides what to do
            if self._may_reconnect(life, now):
                reason = f"all {len(carried)} streams of its connection are stale"
                self._replace(life, carried, reason, now, found)
                return
        for stream in due:
            action = self._next_action(stream, life, now, delivering=delivering)
            if action is RecoveryAction.RECONNECT:
                self._replace(life, [stream], stream.reason(), now, found)
            else:
                self._announce(stream, action, stream.reason(), now, found)

    def _next_action(
        self, stream: MonitoredStream, life: Life, now: float, *, delivering: bool
    ) -> RecoveryAction:
        """The next possible one after the last; after the most intrusive the mildest follows."""
        possible = {
            RecoveryAction.RESUBSCRIBE: True,
            RecoveryAction.MOVE: len(self.connections) > 1,
            RecoveryAction.RECONNECT: not delivering and self._may_reconnect(life, now),
        }
        start = 0 if stream.action is None else ACTIONS.index(stream.action) + 1
        return next(action for action in ACTIONS[start:] + ACTIONS[:start] if possible[action])

    def _may_reconnect(self, life: Life, now: float) -> bool:
        quota = self._reconnects.setdefault(life.connection, Quota(Allowance((self._reconnect_rate,), 1)))
        return quota.wait(now) == 0

    def _replace(
        self, life: Life, streams: Sequence[MonitoredStream], reason: str, now: float, found: Findings
    ) -> None:
        for stream in streams:
            self._announce(stream, RecoveryAction.RECONNECT, reason, now, found)
        self._reconnects[life.connection].book(now)
        found.events.append(ConnectionSuspect(*life, f"{streams[0].asset}: {reason}"))

    def _announce(
        self, stream: MonitoredStream, action: RecoveryAction, reason: str, now: float, found: Findings
    ) -> None:
        silence = stream.silence(self._as_of(stream, now))
        stream.on_recovery(action, now)
        found.events.append(StreamStale(stream.asset, silence, action.value, reason))
        if action is not RecoveryAction.RECONNECT:
            found.recoveries.append(Recovery(stream.asset, action))

    # Lives

    def _carrier(self, stream: MonitoredStream) -> ConnectionHealth | None:
        """The life that carries it, while it is up."""
        return self.connections.get(stream.life)

    def _as_of(self, stream: MonitoredStream, now: float) -> float:
        """The moment up to which the ticks of the stream are known: the last report of its connection."""
        carrier = self._carrier(stream)
        return now if carrier is None else carrier.reported_at

    def _is_open_on(self, stream: MonitoredStream, life: Life) -> bool:
        return stream.life == life and stream.state is not StreamHealthState.CLOSED
