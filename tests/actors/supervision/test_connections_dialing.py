"""When each connection dials, and which region."""

import pytest

from actors.messages.events import (
    ActorRestarted,
    ConnectionReport,
)
from actors.messages.workers import StopConnection
from actors.rates import Rate
from actors.supervision.effects import Later, ProbeRegions, Retry
from actors.supervision.messages import BackoffElapsed, DialTurn, RegionsProbed, StablePeriodElapsed
from actors.supervision.regions import DialSettings
from actors.supervision.restart_intensity import RestartIntensity
from actors.values import Region
from tests.doubles.supervised_connections import (
    EU,
    US,
    SupervisedConnections,
    announced,
    only,
    regions,
    sent,
    started,
    starts,
)

# Regions


def test_a_lost_connection_dials_the_same_region_at_once() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    effects = supervised.down("c1")
    assert only(Retry, effects) == [Retry(0.0, BackoffElapsed("c1", 1), "cut", " (EU)")]
    again = supervised.after_backoff(effects)
    assert announced(again) == [ActorRestarted("c1", 1, "cut")]
    assert regions(again) == ["EU"]


def test_after_a_failed_attempt_the_next_region_is_dialed_and_none_is_left_out() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    found = [regions(supervised.after_backoff(supervised.down("c1")))[0] for _ in range(7)]
    assert found == ["EU", "US", "ASIA", "EU", "US", "ASIA", "EU"]


def test_the_region_in_which_it_was_up_stays_first() -> None:
    supervised = SupervisedConnections(1)
    assert regions(supervised.after_backoff(supervised.down("c1"))) == ["US"]
    supervised.up("c1")
    assert regions(supervised.after_backoff(supervised.down("c1"))) == ["US"]


def test_a_region_that_repeatedly_drops_a_connection_after_login_is_left() -> None:
    supervised = SupervisedConnections(1)
    found = []
    for _ in range(3):
        supervised.up("c1")
        found += regions(supervised.after_backoff(supervised.down("c1")))
    assert found == ["EU", "US", "ASIA"]


def test_a_stable_life_keeps_its_region_first() -> None:
    supervised = SupervisedConnections(1)
    for life in range(1, 5):
        supervised.up("c1")
        supervised.connections.on_stable_period(StablePeriodElapsed("c1", life))
        effects = supervised.down("c1")
        assert only(Retry, effects)[0].delay == 0.0
        assert regions(supervised.after_backoff(effects)) == ["EU"]


def test_a_region_that_failed_for_one_connection_is_not_dialed_by_another() -> None:
    supervised = SupervisedConnections(2)
    supervised.up("c2")
    supervised.down("c1")
    assert regions(supervised.after_backoff(supervised.down("c2"))) == ["US"]


def test_each_round_trip_counts_once_however_often_it_is_reported() -> None:
    supervised = SupervisedConnections(1)
    supervised.up("c1")
    for epoch, round_trip in ((1, None), (1, 0.1), (1, 0.1), (1, 0.1), (1, 0.4), (7, 9.0)):
        report = ConnectionReport("c1", epoch, "EU", "ready", 1, 1, 1, 1, 0, round_trip, {}, 0.0)
        supervised.connections.on_report(report)
    assert supervised.region("EU").round_trip == pytest.approx(0.25)


def test_the_status_counts_attempts_logins_and_failures() -> None:
    supervised = SupervisedConnections(1)
    supervised.after_backoff(supervised.down("c1"))
    supervised.up("c1")
    supervised.down("c1")
    eu, us = supervised.region("EU"), supervised.region("US")
    assert (eu.attempts, eu.successes, eu.failures) == (1, 0, 1)
    assert (us.attempts, us.successes, us.failures) == (1, 1, 0)


# Pauses


def test_a_host_that_asks_for_a_pause_is_dialed_by_no_connection() -> None:
    supervised = SupervisedConnections(2)
    supervised.up("c2")
    assert regions(supervised.after_backoff(supervised.down("c1", retry_after=60.0))) == ["US"]
    assert regions(supervised.after_backoff(supervised.down("c2"))) == ["US"]
    assert supervised.region("EU").blocked_for == 60.0


def test_while_all_hosts_ask_for_a_pause_no_connection_dials() -> None:
    supervised = SupervisedConnections(2, regions=(EU,))
    assert supervised.after_backoff(supervised.down("c1", retry_after=60.0)) == [Later(60.0, DialTurn())]
    assert supervised.after_backoff(supervised.down("c2")) == []
    assert supervised.dial_turn(59.0) == []  # the timer that was set has yet to come
    assert regions(supervised.dial_turn(1.0)) == ["EU", "EU"]


# The dial gate


def test_connections_that_start_or_drop_together_dial_at_the_rate_and_each_has_its_turn() -> None:
    supervised = SupervisedConnections(50, connects=(Rate(5, 1.0),))
    names = [f"c{number}" for number in range(1, 51)]
    begun = list(supervised.begun)
    assert [start.connection for start in begun] == ["c1", "c3", "c5", "c7", "c9"]
    for _ in range(9):
        begun += starts(supervised.dial_turn())
    assert sorted(start.connection for start in begun) == sorted(names)
    supervised.up(*names)
    supervised.now += 60.0
    at_once = [start for name in names for start in starts(supervised.after_backoff(supervised.down(name)))]
    assert [start.connection for start in at_once] == names[:5]
    later = [started(supervised.dial_turn()) for _ in range(9)]
    assert later == [names[turn : turn + 5] for turn in range(5, 50, 5)]


def test_one_timer_for_the_gate_is_set_at_a_time() -> None:
    supervised = SupervisedConnections(4, connects=(Rate(1, 1.0),), kept=0)
    timers = [
        only(Later, supervised.connections.open(f"c{number}", supervised.now)) for number in range(1, 5)
    ]
    assert timers == [[], [Later(1.0, DialTurn())], [], []]


def test_a_connection_that_is_closed_or_stranded_at_the_gate_takes_no_turn() -> None:
    supervised = SupervisedConnections(4, connects=(Rate(1, 1.0),), kept=0)
    for number in range(1, 5):
        supervised.connections.open(f"c{number}", supervised.now)
    supervised.connections.close("c2")
    supervised.connections.on_worker_lost("w1", "killed", None)
    assert started(supervised.dial_turn()) == ["c4"]


# A reload


def test_repeated_reloads_quarantine_no_connection() -> None:
    supervised = SupervisedConnections(1, new_intensity=lambda: RestartIntensity(3, 60))
    for region in [US, EU] * 4:
        supervised.now += 1.0
        supervised.up("c1")
        effects = supervised.connections.change(DialSettings((region,), (Rate(1000, 1.0),)), supervised.now)
        assert sent(effects) == [StopConnection("c1")]
        moved = supervised.down("c1", "stopped", was_ready=True)
        assert [start.region for start in starts(moved)] == [region]
        assert announced(moved) == []
    assert (supervised.state("c1"), supervised.child("c1").restarts) == ("starting", 0)


@pytest.mark.parametrize("logs_in", [False, True])
def test_a_connection_that_is_starting_in_a_region_that_a_reload_removes_moves(logs_in: bool) -> None:
    supervised = SupervisedConnections(1)
    assert supervised.child("c1").region == EU.name
    effects = supervised.connections.change(DialSettings((US,), (Rate(1000, 1.0),)), supervised.now)
    assert sent(effects) == [StopConnection("c1")]
    if logs_in:
        supervised.up("c1")
    assert supervised.state("c1") == "restarting"
    (start,) = starts(supervised.down("c1", "stopped", was_ready=logs_in))
    assert (start.epoch, start.region) == (2, US)


def test_a_higher_rate_applies_to_the_connections_at_the_gate() -> None:
    supervised = SupervisedConnections(3, connects=(Rate(1, 60.0),))
    assert [start.connection for start in supervised.begun] == ["c1"]
    effects = supervised.connections.change(DialSettings((EU, US), (Rate(2, 10.0),)), supervised.now)
    assert started(effects) == ["c3"]
    assert [effect for effect in effects if isinstance(effect, Later)] == [Later(10.0, DialTurn())]
    assert started(supervised.dial_turn(10.0)) == ["c2"]


def test_the_timer_of_the_old_rate_sets_no_second_one() -> None:
    supervised = SupervisedConnections(4, connects=(Rate(1, 60.0),))
    supervised.connections.change(DialSettings((EU, US), (Rate(1, 100.0),)), supervised.now)
    assert supervised.dial_turn(60.0) == [Later(40.0, DialTurn())]
    assert supervised.connections.on_dial_turn(supervised.now) == []


# Probes

EQUALS = tuple(Region(name, f"wss://{name.lower()}.example/") for name in "ABCD")


def probes(supervised: SupervisedConnections) -> list[str]:
    effects = only(ProbeRegions, supervised.connections.probe(supervised.now))
    return [region.name for effect in effects for region in effect.regions]


def test_as_many_equal_regions_are_probed_as_the_plan_says() -> None:
    assert probes(SupervisedConnections(1, regions=EQUALS, probes=3)) == ["A", "B", "C"]
    assert probes(SupervisedConnections(1, regions=EQUALS)) == []
    assert probes(SupervisedConnections(1, probes=3)) == []


def test_a_probe_passes_the_gate_after_every_connection() -> None:
    assert probes(SupervisedConnections(1, regions=EQUALS, probes=3, connects=(Rate(3, 1.0),))) == ["A", "B"]
    assert probes(SupervisedConnections(2, regions=EQUALS, probes=3, connects=(Rate(1, 1.0),))) == []


def test_the_next_connection_dials_the_region_with_the_quickest_probe() -> None:
    supervised = SupervisedConnections(2, kept=1, regions=EQUALS, probes=3)
    supervised.connections.on_probed(RegionsProbed({"A": 0.3, "B": 0.2, "C": 0.1}, {}), supervised.now)
    assert regions(supervised.connections.open("c2", supervised.now)) == ["C"]
