"""Whether streams and connections live: two clocks, one for any sign of life, one for each stream's data."""

from collections.abc import Mapping

from msgspec import Struct

from actors.messages.events import (
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    Event,
    StreamConfirmed,
    StreamGap,
    StreamRecovered,
    StreamReport,
    StreamStale,
)

REPORTS_MISSED = 5.0
"""Seconds without a connection's own account of itself, due every second, after which it is not trusted."""


class Cure(Struct, frozen=True):
    """What is to be done about a stale stream: subscribe again on its connection."""

    asset: str


class StreamHealth:
    """One stream as it was last reported; ``progress_at`` is when its newest tick came, ``since`` (UTC) when
    the stream began."""

    def __init__(self, connection: str, epoch: int, now: float, utc: float) -> None:
        self.connection = connection
        self.epoch = epoch
        self.progress_at = now
        self.since = utc
        self.report: StreamReport | None = None
        self.ticks_before = 0
        self.broken = ""
        self.cures = 0
        self.gaps = 0
        self.last_gap: tuple[float, float] | None = None

    @property
    def ticks(self) -> int:
        return self.ticks_before + (self.report.ticks if self.report else 0)


class ConnectionHealth:
    """One connection as it last reported, and how fast it receives."""

    def __init__(self, epoch: int, now: float) -> None:
        self.epoch = epoch
        self.heard_at = now
        self.report: ConnectionReport | None = None
        self.suspected_at = now
        self.rate = 0.0


class Liveness:
    """Learns from reports; says what to announce and which streams to cure.

    A silent stream is subscribed again after ``stale_after`` seconds; if it is silent for as long again,
    its connection is called suspect. Each further round waits twice as long as the one before, and an
    asset that the venue says cannot be traded now is left in peace.
    """

    def __init__(self, stale_after: float) -> None:
        self._stale_after = stale_after
        self.streams: dict[str, StreamHealth] = {}
        self.connections: dict[str, ConnectionHealth] = {}

    def up(self, event: ConnectionUp, now: float) -> None:
        """The silence of the streams that it may carry is counted from here."""
        self.connections[event.connection] = ConnectionHealth(event.epoch, now)
        for stream in self.streams.values():
            if stream.broken or stream.connection == event.connection:
                stream.progress_at = now

    def down(self, event: ConnectionDown) -> None:
        """The streams it carried are broken until they deliver again."""
        health = self.connections.get(event.connection)
        if health is not None and health.epoch == event.epoch:
            del self.connections[event.connection]
        for stream in self.streams.values():
            if (stream.connection, stream.epoch) == (event.connection, event.epoch):
                stream.broken = stream.broken or event.reason

    def confirmed(self, event: StreamConfirmed, now: float, utc: float) -> None:
        """A stream was placed; its silence is counted from here. The late word of an ended life is not."""
        carrier = self.connections.get(event.connection)
        if carrier is None or carrier.epoch != event.epoch:
            return
        stream = self.streams.get(event.asset)
        if stream is None:
            self.streams[event.asset] = StreamHealth(event.connection, event.epoch, now, utc)
            return
        if (stream.connection, stream.epoch) != (event.connection, event.epoch):
            stream.connection, stream.epoch, stream.progress_at = event.connection, event.epoch, now

    def dropped(self, asset: str) -> None:
        """Nobody desires the stream any more."""
        self.streams.pop(asset, None)

    def reported(self, event: ConnectionReport, now: float) -> list[Event]:
        """Take in a connection's account; the gaps and recoveries it shows."""
        health = self.connections.get(event.connection)
        if health is not None and health.epoch == event.epoch:
            before = health.report.messages_in if health.report else 0
            health.rate = (event.messages_in - before) / max(now - health.heard_at, 1e-3)
            health.report, health.heard_at = event, now
        news: list[Event] = []
        for asset, report in event.streams.items():
            stream = self.streams.get(asset)
            if stream is not None and (stream.connection, stream.epoch) == (event.connection, event.epoch):
                news += self._progress(asset, stream, report)
                age = max(0.0, event.made_at - report.received_at)
                stream.progress_at = max(stream.progress_at, now - age)
        return news

    def check(self, now: float, tradable: Mapping[str, bool]) -> tuple[list[Event], list[Cure]]:
        """What to announce and which streams to subscribe again, as of ``now``."""
        news: list[Event] = []
        cures: list[Cure] = []
        for name, health in self.connections.items():
            if now - max(health.heard_at, health.suspected_at) > REPORTS_MISSED:
                health.suspected_at = now
                news.append(ConnectionSuspect(name, health.epoch, "it does not report any more"))
        for asset, stream in self.streams.items():
            if not self.connections or not tradable.get(asset, True):
                stream.progress_at = now  # silence that nothing here can cure does not count
            carrier = self.connections.get(stream.connection)
            carried = carrier is not None and carrier.epoch == stream.epoch
            # What came since the connection's last report is not known yet, so it is no silence.
            as_of = carrier.heard_at if carrier is not None and carried else now
            silent = as_of - stream.progress_at
            if silent <= self._stale_after * 2**stream.cures:
                continue
            stream.cures += 1
            if stream.cures == 2 and carrier is not None and carried:
                news.append(StreamStale(asset, silent, "reconnect"))
                reason = f"{asset} stayed silent after a new subscription"
                news.append(ConnectionSuspect(stream.connection, carrier.epoch, reason))
            else:
                news.append(StreamStale(asset, silent, "resubscribe"))
                cures.append(Cure(asset))
        return news, cures

    def _progress(self, asset: str, stream: StreamHealth, report: StreamReport) -> list[Event]:
        last = stream.report
        if last is not None and report.first_time == last.first_time and report.ticks == last.ticks:
            return []
        news: list[Event] = []
        if last is not None and report.first_time != last.first_time:
            stream.ticks_before += last.ticks
        if stream.broken or stream.cures:
            # A connection that was killed before its first report may have delivered since it began.
            seen = last.last_time if last is not None else stream.since
            if report.first_time > seen:
                stream.gaps += 1
                stream.last_gap = (seen, report.first_time)
                reason = stream.broken or "the stream was silent"
                news.append(StreamGap(asset, seen, report.first_time, reason))
            news.append(StreamRecovered(asset, stream.connection))
        stream.report, stream.broken, stream.cures = report, "", 0
        return news
