"""A venue and its connections, as ``StreamMonitor`` is told of them, on a clock that is moved by hand."""

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
from actors.values import Asset

STALE = 10.0
FLOOR = 3.0
"""Used where a stream is let tick for long enough that its pace is learnt."""

VENUE = 1_770_000_000.0
"""Venue time at moment 0 of our clock."""

QUIET = Findings([], [])


def asset(symbol: str, *, tradable: bool, opens_at: int | None = None, closes_at: int | None = None) -> Asset:
    return Asset(1, symbol, symbol, "stock", 5, 80, False, tradable, 60, (60,), opens_at, closes_at)


def gap(start: float, end: float, reason: str = "cut", connection: str = "c1") -> StreamGap:
    return StreamGap("A", VENUE + start, VENUE + end, reason, connection, 60)


class Scene:
    """Tells ``StreamMonitor`` what a venue, seen once a second, would have it told.

    ``vigilance`` bears silence for ``STALE`` seconds, at first and, without a lower ``floor``, for ever.
    """

    def __init__(self, floor: float = STALE, reconnects_per_hour: int = 6) -> None:
        self.liveness = StreamMonitor(HealthSettings(StalenessBounds(floor, STALE), reconnects_per_hour))
        self.accounts: dict[tuple[str, int], dict[str, StreamReport]] = {}
        self.messages = 0

    # What happens

    def up(self, now: float, connection: str = "c1", epoch: int = 1) -> None:
        self.liveness.up(ConnectionUp(connection, epoch, "r"), now)
        self.accounts[connection, epoch] = {}

    def down(
        self, connection: str = "c1", epoch: int = 1, reason: str = "cut", now: float = 5.0
    ) -> list[Event]:
        return self.liveness.down(ConnectionDown(connection, epoch, "r", reason, was_ready=True), now)

    def moves(self, old: str, new: str, *, cut: bool = False) -> None:
        """Stream A begins to pass from the first life of the one to that of the other."""
        self.liveness.moves(StreamMoves("A", old, 1, new, 1, cut))

    def released(self, connection: str) -> None:
        self.accounts[connection, 1].pop("A", None)
        self.liveness.released(StreamReleased("A", connection))

    def placed(self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        self.liveness.placed(StreamPlaced(asset, 60, connection, epoch, VENUE + now), now, VENUE + now)

    def confirmed(self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        self.placed(now, asset, connection, epoch)
        self.liveness.confirmed(StreamConfirmed(asset, 60, connection, epoch), now)

    def listed(self, now: float, *assets: Asset) -> None:
        self.liveness.hours.learn(assets, VENUE + now)

    def resubscribed(self, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        """The connection opens a new account of the stream."""
        self.accounts[connection, epoch].pop(asset, None)

    def tick(
        self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1, count: int = 1
    ) -> None:
        account = self.accounts[connection, epoch]
        old = account.get(asset)
        account[asset] = StreamReport(
            ticks=old.ticks + count if old else count,
            first_time=old.first_time if old else VENUE + now,
            last_time=VENUE + now,
            last_price=1.0,
            received_at=VENUE + now,
        )
        self.messages += count

    def report(
        self, now: float, connection: str = "c1", epoch: int = 1, made_at: float | None = None
    ) -> list[Event]:
        return self.liveness.reported(
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
                streams=dict(self.accounts.get((connection, epoch), {})),
                made_at=VENUE + now if made_at is None else made_at,
            ),
            now,
        )

    def check(self, now: float) -> Findings:
        return self.liveness.check(now, VENUE + now)

    # For a while

    def run(self, since: int, until: int, *, ticking: bool, **who: Any) -> list[Event]:
        """Stream A ticks, or not, and its connection reports, every second; all the news of that."""
        news: list[Event] = []
        for now in range(since, until):
            if ticking:
                self.tick(now, **who)
            news += self.report(now, **{k: v for k, v in who.items() if k != "asset"})
            news += self.check(now).news
        return news

    def pass_time(
        self, since: int, until: int, ticking: Iterable[str] = (), rate: int = 2
    ) -> list[tuple[int, str, str]]:
        """Streams that are carried tick, if named, and all living connections report, every second.

        Answers with what was done: when, to what, and how.
        """
        done: list[tuple[int, str, str]] = []
        ticking = set(ticking)
        for now in range(since, until):
            for symbol, stream in self.liveness.streams.items():
                if symbol in ticking and stream.carrier in self.accounts:
                    self.tick(now, symbol, *stream.carrier, count=rate)
            for name, health in list(self.liveness.connections.items()):
                self.report(now, name, health.epoch)
            done += [(now, subject, what) for subject, what in acts(self.check(now))]
        return done


def acts(found: Findings) -> list[tuple[str, str]]:
    """What is done, and to what: streams by their asset, connections by their name.

    Every treatment has its announcement.
    """
    stale = [(event.asset, event.cure) for event in found.news if isinstance(event, StreamStale)]
    treated = [(each.asset, each.cure.value) for each in found.treatments]
    assert [act for act in stale if act[1] != "reconnect"] == treated
    suspects = [(event.connection, "replace") for event in found.news if isinstance(event, ConnectionSuspect)]
    return treated + suspects


def streaming(until: int = 5, **settings: Any) -> Scene:
    """One connection with one stream that ticks until then."""
    scene = Scene(**settings)
    scene.up(0)
    scene.confirmed(0)
    assert scene.run(0, until, ticking=True) == []
    return scene


def pool_of(connections: int, streams: int, until: int = 40, **settings: Any) -> Scene:
    """Connections c1 and on with ``streams`` each, S1 and on, that tick twice a second until then, which is
    long enough for their pace to be learnt."""
    scene = Scene(floor=FLOOR, **settings)
    for number in range(1, connections + 1):
        scene.up(0, f"c{number}")
        for place in range(1, streams + 1):
            symbol = f"S{(number - 1) * streams + place}"
            scene.placed(0, symbol, f"c{number}")
            scene.confirmed(0, symbol, f"c{number}")
    assert scene.pass_time(0, until, scene.liveness.streams) == []
    return scene
