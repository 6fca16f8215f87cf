"""A venue and its connections, as ``Liveness`` is told of them."""

from actors.messages.events import (
    ConnectionDown,
    ConnectionReport,
    ConnectionUp,
    Event,
    StreamConfirmed,
    StreamReport,
)
from actors.policy.liveness import Cure, Liveness

STALE = 10.0
VENUE = 1_770_000_000.0
"""Venue time at moment 0 of our clock."""

Check = tuple[list[Event], list[Cure]]
QUIET: Check = ([], [])


class Scene:
    """Tells ``Liveness`` what a venue, seen once a second, would have it told."""

    def __init__(self) -> None:
        self.liveness = Liveness(STALE)
        self.tradable: dict[str, bool] = {"A": True, "B": True}
        self.accounts: dict[tuple[str, int], dict[str, StreamReport]] = {}
        self.messages = 0

    def up(self, now: float, connection: str = "c1", epoch: int = 1) -> None:
        self.liveness.up(ConnectionUp(connection, epoch, "r"), now)
        self.accounts[connection, epoch] = {}

    def down(self, connection: str = "c1", epoch: int = 1, reason: str = "cut") -> None:
        self.liveness.down(ConnectionDown(connection, epoch, "r", reason, was_ready=True))

    def confirmed(self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        self.liveness.confirmed(StreamConfirmed(asset, 60, connection, epoch), now, VENUE + now)

    def resubscribed(self, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        """The connection opens a new account of the stream."""
        self.accounts[connection, epoch].pop(asset, None)

    def tick(self, now: float, asset: str = "A", connection: str = "c1", epoch: int = 1) -> None:
        account = self.accounts[connection, epoch]
        old = account.get(asset)
        account[asset] = StreamReport(
            ticks=old.ticks + 1 if old else 1,
            first_time=old.first_time if old else VENUE + now,
            last_time=VENUE + now,
            last_price=1.0,
            received_at=VENUE + now,
        )
        self.messages += 1

    def report(self, now: float, connection: str = "c1", epoch: int = 1) -> list[Event]:
        streams = dict(self.accounts.get((connection, epoch), {}))
        return self.liveness.reported(
            ConnectionReport(
                connection, epoch, "r", "ready", self.messages, 0, 0, 0, 0, None, streams, VENUE + now
            ),
            now,
        )

    def check(self, now: float) -> Check:
        return self.liveness.check(now, self.tradable)

    def run(self, since: int, until: int, *, ticking: bool, **who: object) -> list[Event]:
        """Report and check every second; the news and, as they come, ``Cure`` made into its news."""
        news: list[Event] = []
        for now in range(since, until):
            if ticking:
                self.tick(now, **who)  # type: ignore[arg-type]
            news += self.report(now, **{k: v for k, v in who.items() if k != "asset"})  # type: ignore[arg-type]
            news += self.check(now)[0]
        return news


def streaming(until: int = 5) -> Scene:
    """One connection with one stream that ticks until then."""
    scene = Scene()
    scene.up(0)
    scene.confirmed(0)
    assert scene.run(0, until, ticking=True) == []
    return scene
