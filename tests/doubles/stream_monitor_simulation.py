"""The events of a venue and its connections that ``StreamMonitor`` gets, on a clock moved by hand."""

from collections.abc import Iterable
from typing import Any

from actors.health.stream_monitor import Findings, HealthSettings, StreamMonitor
from actors.health.tick_rate import StalenessBounds
from actors.messages.events import (
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    Event,
    StreamConfirmed,
    StreamGap,
    StreamMoves,
    StreamPlaced,
    StreamReleased,
    StreamReport,
    StreamStale,
)
from actors.values import Asset, Life

STALE_AFTER = 10.0
FLOOR = 3.0
"""For simulations in which a stream ticks for long enough that its rate is known."""

START = 1_770_000_000.0
"""The venue's time at moment 0 of our clock."""

NOTHING_FOUND = Findings([], [])


def asset(symbol: str, *, tradable: bool, opens_at: int | None = None, closes_at: int | None = None) -> Asset:
    return Asset(1, symbol, symbol, "stock", 5, 80, False, tradable, 60, (60,), opens_at, closes_at)


def gap(start: float, end: float, reason: str = "cut", connection: str = "c1") -> StreamGap:
    return StreamGap("A", START + start, START + end, reason, connection, 60)


class StreamMonitorSimulation:
    """A ``StreamMonitor`` under test, and what its connections count.

    A stream is stale after ``STALE_AFTER`` seconds while its rate is unknown, and always with the default
    ``floor``.
    """

    def __init__(self, floor: float = STALE_AFTER, reconnects_per_hour: int = 6) -> None:
        self.monitor = StreamMonitor(HealthSettings(StalenessBounds(floor, STALE_AFTER), reconnects_per_hour))
        self.counters: dict[Life, dict[str, StreamReport]] = {}
        self.messages = 0
        self._reported: set[StreamReport] = set()

    # Events

    def up(self, now: float, connection: str = "c1", epoch: int = 1) -> None:
        self.monitor.on_up(ConnectionUp(connection, epoch, "r"), now)
        self.counters[Life(connection, epoch)] = {}

    def down(
        self, connection: str = "c1", epoch: int = 1, reason: str = "cut", now: float = 5.0
    ) -> list[Event]:
        return self.monitor.on_down(ConnectionDown(connection, epoch, "r", reason, was_ready=True), now)

    def moves(self, old: str, new: str, *, cut: bool = False) -> None:
        """A handover of stream A begins, from the first life of ``old`` to the first life of ``new``."""
        self.monitor.on_move_begun(StreamMoves("A", old, 1, new, 1, cut))

    def released(self, connection: str) -> list[Event]:
        self.counters[Life(connection, 1)].pop("A", None)
        return self.monitor.on_released(StreamReleased("A", connection))

    def placed(self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        self.monitor.on_placed(StreamPlaced(asset, 60, connection, epoch, START + now), now, START + now)

    def confirmed(self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        self.placed(now, asset, connection, epoch)
        self.monitor.on_confirmed(StreamConfirmed(asset, 60, connection, epoch), now)

    def listed(self, now: float, *assets: Asset) -> None:
        self.monitor.hours.update(assets, START + now)

    def resubscribed(self, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        """The connection starts a new counter of the stream."""
        self.counters[Life(connection, epoch)].pop(asset, None)

    def tick(
        self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1, count: int = 1
    ) -> None:
        counters = self.counters[Life(connection, epoch)]
        old = counters.get(asset)
        counters[asset] = StreamReport(
            ticks=old.ticks + count if old else count,
            first_time=old.first_time if old else START + now,
            last_time=START + now,
            last_price=1.0,
            received_at=START + now,
            resumed_time=START + now if old is None or old in self._reported else old.resumed_time,
        )
        self.messages += count

    def report(
        self,
        now: float,
        connection: str = "c1",
        epoch: int = 1,
        made_at: float | None = None,
        handled_at: float | None = None,
    ) -> list[Event]:
        streams = dict(self.counters.get(Life(connection, epoch), {}))
        self._reported.update(streams.values())
        return self.monitor.on_report(
            ConnectionReport(
                connection=connection,
                epoch=epoch,
                region="r",
                state="ready",
                messages_in=self.messages,
                messages_out=0,
                writes=0,
                bytes_in=0,
                garbage=0,
                round_trip=None,
                streams=streams,
                made_at=START + now if made_at is None else made_at,
            ),
            now if handled_at is None else handled_at,
        )

    def check(self, now: float) -> Findings:
        return self.monitor.check(now, START + now)

    # Periods of time

    def run(self, since: int, until: int, *, ticking: bool, **carrier: Any) -> list[Event]:
        """Every second stream A ticks, or not, and its connection reports. Returns all events published."""
        events: list[Event] = []
        for now in range(since, until):
            if ticking:
                self.tick(now, **carrier)
            events += self.report(now, **{k: v for k, v in carrier.items() if k != "asset"})
            events += self.check(now).events
        return events

    def pass_time(
        self, since: int, until: int, ticking: Iterable[str] = (), rate: int = 2
    ) -> list[tuple[int, str, str]]:
        """Every second the streams in ``ticking`` that a life carries tick, and all connections report.

        Returns the actions: when, on what, and which.
        """
        done: list[tuple[int, str, str]] = []
        ticking = set(ticking)
        for now in range(since, until):
            for symbol, stream in self.monitor.streams.items():
                if symbol in ticking and stream.life in self.counters:
                    self.tick(now, symbol, *stream.life, count=rate)
            for life in list(self.monitor.connections):
                self.report(now, *life)
            done += [(now, subject, what) for subject, what in actions_of(self.check(now))]
        return done


def actions_of(found: Findings) -> list[tuple[str, str]]:
    """Pairs of a stream's asset, or a connection's name, and what is done about it.

    Asserts that every recovery is announced.
    """
    stale = [(event.asset, event.cure) for event in found.events if isinstance(event, StreamStale)]
    recoveries = [(asset, action.value) for asset, action in found.recoveries]
    assert [pair for pair in stale if pair[1] != "reconnect"] == recoveries
    suspects = [
        (event.connection, "replace") for event in found.events if isinstance(event, ConnectionSuspect)
    ]
    return recoveries + suspects


def streaming(until: int = 5, **settings: Any) -> StreamMonitorSimulation:
    """One connection with one stream, A, that ticks until then."""
    simulation = StreamMonitorSimulation(**settings)
    simulation.up(0)
    simulation.confirmed(0)
    assert simulation.run(0, until, ticking=True) == []
    return simulation


def pool_of(connections: int, streams: int, until: int = 40, **settings: Any) -> StreamMonitorSimulation:
    """Connections c1, c2 ... that carry ``streams`` each, called S1, S2 ..., which tick twice a second until
    then: by default long enough for their rates to be known."""
    simulation = StreamMonitorSimulation(floor=FLOOR, **settings)
    for number in range(1, connections + 1):
        simulation.up(0, f"c{number}")
        for place in range(1, streams + 1):
            symbol = f"S{(number - 1) * streams + place}"
            simulation.placed(0, symbol, f"c{number}")
            simulation.confirmed(0, symbol, f"c{number}")
    assert simulation.pass_time(0, until, simulation.monitor.streams) == []
    return simulation
