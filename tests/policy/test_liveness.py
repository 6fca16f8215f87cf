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
from actors.policy.liveness import REPORTS_MISSED, Cure, Liveness

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
        self.liveness.confirmed(StreamConfirmed(asset, 60, connection, epoch), now)

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
                connection, epoch, "r", "ready", self.messages, 0, 0, 0, 0, None, streams=streams
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


# -- silence -------------------------------------------------------------------------------------------


def test_a_stream_that_ticks_is_left_in_peace() -> None:
    assert streaming(200).check(200) == QUIET


def test_a_silent_stream_is_subscribed_again_then_its_connection_is_suspect_then_patience_grows() -> None:
    scene = streaming(until=1)  # the last progress is at 0
    found = []
    for now in range(1, 200):
        scene.report(now)
        news, cures = scene.check(now)
        for event in news:
            match event:
                case StreamStale(asset="A", silent_for=silent_for, cure=cure):
                    assert silent_for == now
                    assert cures == ([Cure("A")] if cure == "resubscribe" else [])
                    found.append((now, cure))
                case ConnectionSuspect(connection="c1", epoch=1):
                    found.append((now, "suspect"))
    assert found == [
        (11, "resubscribe"),
        (21, "reconnect"),
        (21, "suspect"),
        (41, "resubscribe"),
        (81, "resubscribe"),
        (161, "resubscribe"),
    ]


def test_exactly_at_the_limit_nothing_is_said() -> None:
    scene = streaming(until=1)
    scene.report(10)
    assert scene.check(STALE) == QUIET
    assert scene.check(STALE + 0.001)[1] == [Cure("A")]


def test_a_stream_that_never_ticked_is_silent_since_it_was_confirmed() -> None:
    scene = Scene()
    scene.up(0)
    scene.report(3)
    scene.confirmed(3)
    scene.report(13)
    assert scene.check(13) == QUIET
    assert scene.check(13.5)[1] == [Cure("A")]


def test_a_silent_stream_is_told_from_one_that_ticks_on_the_same_connection() -> None:
    scene = streaming(until=1)
    scene.confirmed(0, asset="B")
    cures = []
    for now in range(1, 15):
        scene.tick(now, asset="B")
        scene.report(now)
        cures += scene.check(now)[1]
    assert cures == [Cure("A")]


def test_an_asset_that_cannot_be_traded_now_may_be_silent() -> None:
    scene = streaming()
    scene.tradable["A"] = False
    assert scene.run(5, 500, ticking=False) == []


# FAULT: the silence of the closed hours counts, so at the opening the connection is replaced at once.
def test_an_asset_that_opens_gets_its_full_patience() -> None:
    scene = streaming()
    scene.tradable["A"] = False
    assert scene.run(5, 500, ticking=False) == []
    scene.tradable["A"] = True
    assert scene.run(500, 509, ticking=False) == []


def test_an_asset_the_venue_does_not_list_is_judged() -> None:
    scene = streaming()
    scene.tradable.clear()
    assert any(isinstance(event, StreamStale) for event in scene.run(5, 30, ticking=False))


def test_what_nobody_desires_any_more_is_not_judged() -> None:
    scene = streaming()
    scene.liveness.dropped("A")
    scene.liveness.dropped("never heard of")
    assert scene.run(5, 500, ticking=False) == []


def test_without_its_connection_a_stream_is_not_judged() -> None:
    scene = streaming()
    scene.down()
    assert scene.check(500) == QUIET


# FAULT: until a confirmation comes nobody counts the silence of a stream that was sent to a new life.
def test_a_stream_whose_new_life_never_confirms_it_is_subscribed_again() -> None:
    scene = streaming()
    scene.down(epoch=1)
    scene.up(6, epoch=2)
    cures = []
    for now in range(6, 60):
        scene.report(now, epoch=2)
        cures += scene.check(now)[1]
    assert Cure("A") in cures


# -- gaps and recoveries -------------------------------------------------------------------------------


def test_an_outage_is_one_gap_from_the_last_tick_seen_to_the_first_seen_again() -> None:
    scene = streaming(until=5)
    scene.down(reason="cut")
    scene.up(7, epoch=2)
    scene.confirmed(8, epoch=2)
    assert scene.run(8, 10, ticking=False, epoch=2) == []
    news = scene.run(10, 40, ticking=True, epoch=2)
    assert news == [StreamGap("A", VENUE + 4, VENUE + 10, "cut"), StreamRecovered("A", "c1")]
    health = scene.liveness.streams["A"]
    assert (health.gaps, health.last_gap) == (1, (VENUE + 4, VENUE + 10))


def test_a_stream_that_moves_to_another_connection_has_one_gap_too() -> None:
    scene = streaming(until=5)
    scene.up(0, connection="c2")
    scene.down(connection="c1")
    scene.confirmed(6, connection="c2")
    news = scene.run(7, 20, ticking=True, connection="c2")
    assert news == [StreamGap("A", VENUE + 4, VENUE + 7, "cut"), StreamRecovered("A", "c2")]


def test_lives_that_delivered_nothing_make_the_gap_longer_and_not_more() -> None:
    scene = streaming(until=5)
    for epoch in (2, 3, 4):
        scene.down(epoch=epoch - 1, reason=f"cut {epoch}")
        scene.up(epoch * 10, epoch=epoch)
        scene.confirmed(epoch * 10, epoch=epoch)
        assert scene.report(epoch * 10 + 1, epoch=epoch) == []
    news = scene.run(42, 60, ticking=True, epoch=4)
    assert news == [StreamGap("A", VENUE + 4, VENUE + 42, "cut 4"), StreamRecovered("A", "c1")]


def test_each_outage_has_its_own_gap() -> None:
    scene = streaming(until=5)
    gaps = []
    for epoch in (2, 3, 4):
        begin = epoch * 10
        scene.down(epoch=epoch - 1)
        scene.up(begin, epoch=epoch)
        scene.confirmed(begin, epoch=epoch)
        gaps += [
            event
            for event in scene.run(begin, begin + 5, ticking=True, epoch=epoch)
            if isinstance(event, StreamGap)
        ]
    assert [(gap.from_time - VENUE, gap.to_time - VENUE) for gap in gaps] == [(4, 20), (24, 30), (34, 40)]
    assert scene.liveness.streams["A"].gaps == 3
    assert scene.liveness.streams["A"].ticks == 20


def test_a_stream_cured_by_a_new_subscription_announces_the_gap_and_its_recovery() -> None:
    scene = streaming(until=1)
    scene.run(1, 12, ticking=False)
    scene.resubscribed()
    scene.confirmed(12)
    news = scene.run(13, 60, ticking=True)
    assert news == [StreamGap("A", VENUE, VENUE + 13, "the stream was silent"), StreamRecovered("A", "c1")]


def test_a_stream_that_recovers_by_itself_missed_nothing() -> None:
    scene = streaming(until=1)
    scene.run(1, 12, ticking=False)
    assert scene.run(12, 60, ticking=True) == [StreamRecovered("A", "c1")]


def test_a_stream_that_was_never_seen_has_no_gap() -> None:
    scene = Scene()
    scene.up(0)
    scene.confirmed(0)
    scene.down()
    scene.up(5, epoch=2)
    scene.confirmed(5, epoch=2)
    assert scene.run(6, 20, ticking=True, epoch=2) == [StreamRecovered("A", "c1")]


def test_a_new_account_of_a_healthy_stream_is_no_gap() -> None:
    scene = streaming()
    scene.resubscribed()
    assert scene.run(5, 20, ticking=True) == []
    assert scene.liveness.streams["A"].ticks == 20


def test_after_a_recovery_patience_starts_anew() -> None:
    scene = streaming(until=1)
    scene.run(1, 50, ticking=False)
    scene.run(50, 51, ticking=True)
    found = [
        (now, cure.asset)
        for now in range(51, 70)
        for _ in [scene.report(now)]
        for cure in scene.check(now)[1]
    ]
    assert found == [(61, "A")]


def test_patience_stays_grown_through_a_reconnect_that_cured_nothing() -> None:
    scene = streaming(until=1)
    scene.run(1, 22, ticking=False)
    scene.down(reason="suspect")
    scene.up(23, epoch=2)
    scene.confirmed(23, epoch=2)
    suspects = [
        event for event in scene.run(24, 300, ticking=False, epoch=2) if isinstance(event, ConnectionSuspect)
    ]
    assert suspects == []


# -- old news ------------------------------------------------------------------------------------------


def test_the_death_of_an_earlier_life_breaks_nothing() -> None:
    scene = streaming(until=5)
    scene.down(epoch=1)
    scene.up(6, epoch=2)
    scene.confirmed(6, epoch=2)
    scene.run(7, 8, ticking=True, epoch=2)
    scene.down(epoch=1)
    assert scene.run(8, 30, ticking=True, epoch=2) == []
    assert any(isinstance(event, StreamStale) for event in scene.run(30, 60, ticking=False, epoch=2))


def test_the_report_of_an_earlier_life_changes_nothing() -> None:
    scene = streaming(until=5)
    scene.down(epoch=1)
    scene.up(6, epoch=2)
    scene.confirmed(6, epoch=2)
    scene.tick(6, epoch=1)
    assert scene.report(7, epoch=1) == []
    assert scene.liveness.streams["A"].ticks == 5
    assert scene.liveness.connections["c1"].report is None


def test_the_report_of_a_connection_that_no_longer_carries_it_changes_nothing() -> None:
    scene = streaming(until=5)
    scene.up(0, connection="c2")
    scene.down(connection="c1")
    scene.confirmed(6, connection="c2")
    scene.tick(6, connection="c1")
    assert scene.report(7, connection="c1") == []
    assert scene.liveness.streams["A"].ticks == 5


# FAULT: any confirmation moves the stream, so after this nobody watches it and its ticks are not seen.
def test_the_late_confirmation_of_a_life_that_has_ended_is_ignored() -> None:
    scene = streaming(until=5)
    scene.up(0, connection="c2")
    scene.down(connection="c1")
    scene.confirmed(6, connection="c2")
    scene.confirmed(7, connection="c1", epoch=1)
    assert any(isinstance(e, StreamRecovered) for e in scene.run(8, 20, ticking=True, connection="c2"))


# -- connections ---------------------------------------------------------------------------------------


def test_a_connection_that_stops_reporting_is_suspect_at_intervals_until_it_is_down() -> None:
    scene = Scene()
    scene.up(0, epoch=3)
    scene.report(2, epoch=3)
    assert scene.check(2 + REPORTS_MISSED) == QUIET
    found = [(now, event) for now in range(8, 20) for event in scene.check(now)[0]]
    assert [now for now, _ in found] == [8, 14]
    for _, event in found:
        assert isinstance(event, ConnectionSuspect)
        assert (event.connection, event.epoch) == ("c1", 3)
    scene.down(epoch=3)
    assert scene.check(100) == QUIET


def test_a_connection_that_never_reported_is_suspect_too() -> None:
    scene = Scene()
    scene.up(0)
    (suspect,) = scene.check(REPORTS_MISSED + 1)[0]
    assert isinstance(suspect, ConnectionSuspect)


def test_the_rate_is_messages_per_second_since_the_last_report() -> None:
    scene = Scene()
    scene.up(0)
    scene.messages = 100
    scene.report(1)
    assert scene.liveness.connections["c1"].rate == 100
    scene.messages = 150
    scene.report(3)
    assert scene.liveness.connections["c1"].rate == 25


# FAULT: a suspicion moves the moment that the rate is reckoned from.
def test_the_rate_after_a_pause_is_reckoned_over_the_whole_pause() -> None:
    scene = Scene()
    scene.up(0)
    scene.report(1)
    assert scene.check(10)[0] != []
    scene.messages = 100
    scene.report(11)
    assert scene.liveness.connections["c1"].rate == 10
