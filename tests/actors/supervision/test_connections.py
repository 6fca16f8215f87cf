import pytest

from actors.errors import AuthRejected, RequestRefused, TooManyRestarts, WorkerDied
from actors.messages.events import (
    ActorQuarantined,
    ActorRestarted,
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
)
from actors.messages.workers import StopConnection
from actors.rates import Rate
from actors.supervision.backoff import Backoff, linear
from actors.supervision.effects import Escalate, Later, ProbeRegions, Retry, SupervisionEffect, TellPool
from actors.supervision.messages import AttemptDue, RegionsProbed, RestartDue, StableDue
from actors.supervision.restart_intensity import RestartIntensity
from actors.values import Region
from tests.doubles.supervised_connections import EU, Process, Scene, news, only, starts, told


def after(scene: Scene, name: str, steps: list[SupervisionEffect]) -> list[SupervisionEffect]:
    """What follows when the delay that ``steps`` have booked for it is over."""
    (retry,) = only(Retry, steps)
    scene.now += retry.delay
    return scene.connections.due(retry.due, scene.now)


def look_again(scene: Scene) -> list[SupervisionEffect]:
    """What follows a second later, when the look that is booked is due."""
    scene.now += 1.0
    return scene.connections.attempt(scene.now)


def regions(steps: list[SupervisionEffect]) -> list[str]:
    return [start.region.name for start in starts(steps)]


# Where they live


def test_connections_are_dealt_out_to_the_hosts_in_turn_and_start_with_them() -> None:
    scene = Scene(5)
    assert [start.connection for start in scene.begun] == ["c1", "c3", "c5", "c2", "c4"]
    assert {start.epoch for start in scene.begun} == {1}
    assert scene.states() == ["starting"] * 5


def test_the_pool_hears_where_each_lives_before_it_starts_also_of_those_that_do_not() -> None:
    scene = Scene(4, kept=1)
    process = Process(7)
    scene.connections.stranded("w1", "killed", None)
    steps = scene.connections.housed("w1", process, scene.now)
    assert [(step.message.connection, step.message.worker) for step in only(TellPool, steps)] == [
        ("c1", process),
        ("c3", process),
    ]
    assert [start.connection for start in starts(steps)] == ["c1"]
    assert isinstance(steps[0], TellPool)


def test_with_a_host_go_its_connections_and_with_the_next_they_come_back() -> None:
    scene = Scene(4)
    scene.up("c1")
    steps = scene.connections.stranded("w1", "killed", None)
    assert news(steps) == [
        ConnectionDown("c1", 1, "EU", "killed", was_ready=True),
        ConnectionDown("c3", 1, "EU", "killed", was_ready=False),
    ]
    assert scene.states() == ["stranded", "starting", "stranded", "starting"]
    assert (scene.child("c1").restarts, scene.child("c2").restarts) == (1, 0)
    assert scene.child("c1").last_error == "killed"
    again = starts(scene.connections.housed("w1", Process(3), scene.now))
    assert [(start.connection, start.epoch) for start in again] == [("c1", 2), ("c3", 2)]


def test_a_start_that_was_booked_on_a_host_that_is_gone_does_not_come() -> None:
    scene = Scene(1)
    scene.down("c1")
    scene.connections.stranded("w1", "killed", None)
    assert scene.connections.due(RestartDue("c1", 1), scene.now) == []
    assert scene.state("c1") == "stranded"


def test_it_escalates_when_the_last_host_that_carries_something_is_given_up() -> None:
    scene = Scene(3)
    gone = WorkerDied("again and again")
    assert only(Escalate, scene.connections.stranded("w1", "killed", gone)) == []
    assert only(Escalate, scene.connections.stranded("w2", "killed", gone)) == [Escalate(gone)]


def test_what_lives_on_a_host_that_was_given_up_returns_when_the_host_does() -> None:
    scene = Scene(2)
    scene.connections.stranded("w1", "killed", WorkerDied("again and again"))
    with pytest.raises(RequestRefused, match="w1"):
        scene.connections.restart("c1", scene.now)
    assert [start.connection for start in starts(scene.connections.housed("w1", Process(3), 0.0))] == ["c1"]


# Regions


def test_a_lost_connection_is_tried_at_once_and_where_it_was() -> None:
    scene = Scene(1)
    scene.up("c1")
    steps = scene.down("c1")
    assert only(Retry, steps) == [Retry(0.0, RestartDue("c1", 1), "cut")]
    again = after(scene, "c1", steps)
    assert news(again) == [ActorRestarted("c1", 1, "cut")]
    assert regions(again) == ["EU"]


def test_after_a_failed_attempt_comes_the_next_region_and_none_is_left_out() -> None:
    scene = Scene(1)
    scene.up("c1")
    found = [regions(after(scene, "c1", scene.down("c1")))[0] for _ in range(7)]
    assert found == ["EU", "US", "ASIA", "EU", "US", "ASIA", "EU"]


def test_the_region_where_it_was_up_stays_first() -> None:
    scene = Scene(1)
    assert regions(after(scene, "c1", scene.down("c1"))) == ["US"]
    scene.up("c1")
    assert regions(after(scene, "c1", scene.down("c1"))) == ["US"]


def test_a_region_that_lets_in_and_drops_again_and_again_is_left() -> None:
    scene = Scene(1)
    found = []
    for _ in range(3):
        scene.up("c1")
        found += regions(after(scene, "c1", scene.down("c1")))
    assert found == ["EU", "US", "ASIA"]


def test_a_stable_life_in_between_makes_it_the_first_again() -> None:
    scene = Scene(1)
    for life in range(1, 5):
        scene.up("c1")
        scene.connections.stable(StableDue("c1", life))
        steps = scene.down("c1")
        assert only(Retry, steps)[0].delay == 0.0
        assert regions(after(scene, "c1", steps)) == ["EU"]


def test_what_one_has_met_with_another_need_not_try() -> None:
    scene = Scene(2)
    scene.up("c2")
    scene.down("c1")
    assert regions(after(scene, "c2", scene.down("c2"))) == ["US"]


def test_each_measurement_counts_once_however_often_it_is_reported() -> None:
    scene = Scene(1)
    scene.up("c1")
    for epoch, round_trip in ((1, None), (1, 0.1), (1, 0.1), (1, 0.1), (1, 0.4), (7, 9.0)):
        report = ConnectionReport("c1", epoch, "EU", "ready", 1, 1, 1, 1, 0, round_trip, {}, 0.0)
        scene.connections.reported(report)
    assert scene.region("EU").round_trip == pytest.approx(0.25)


def test_the_status_counts_attempts_logins_and_failures() -> None:
    scene = Scene(1)
    after(scene, "c1", scene.down("c1"))
    scene.up("c1")
    scene.down("c1")
    eu, us = scene.region("EU"), scene.region("US")
    assert (eu.attempts, eu.successes, eu.failures) == (1, 0, 1)
    assert (us.attempts, us.successes, us.failures) == (1, 1, 0)


# Being left alone


def test_a_host_that_asks_for_a_pause_has_it_from_all_connections() -> None:
    scene = Scene(2)
    scene.up("c2")
    assert regions(after(scene, "c1", scene.down("c1", retry_after=60.0))) == ["US"]
    assert regions(after(scene, "c2", scene.down("c2"))) == ["US"]
    assert scene.region("EU").blocked_for == 60.0


def test_while_all_hosts_want_a_pause_nobody_dials() -> None:
    scene = Scene(2, regions=(EU,))
    assert after(scene, "c1", scene.down("c1", retry_after=60.0)) == [Later(60.0, AttemptDue())]
    assert after(scene, "c2", scene.down("c2")) == []
    scene.now += 59.0
    assert scene.connections.attempt(scene.now) == []  # the look that was booked is to come
    scene.now += 1.0
    assert regions(scene.connections.attempt(scene.now)) == ["EU", "EU"]


# The gate


def test_what_starts_or_drops_at_once_is_spread_and_each_gets_its_turn() -> None:
    scene = Scene(50, connects=(Rate(5, 1.0),))
    names = [f"c{number}" for number in range(1, 51)]
    begun = list(scene.begun)
    assert [start.connection for start in begun] == ["c1", "c3", "c5", "c7", "c9"]
    for _ in range(9):
        begun += starts(look_again(scene))
    assert sorted(start.connection for start in begun) == sorted(names)
    scene.up(*names)
    scene.now += 60.0
    at_once = [start for name in names for start in starts(after(scene, name, scene.down(name)))]
    assert [start.connection for start in at_once] == names[:5]
    later = [[start.connection for start in starts(look_again(scene))] for _ in range(9)]
    assert later == [names[turn : turn + 5] for turn in range(5, 50, 5)]


def test_there_is_one_look_booked_at_a_time() -> None:
    scene = Scene(4, connects=(Rate(1, 1.0),), kept=0)
    looks = [only(Later, scene.connections.open(f"c{number}", scene.now)) for number in range(1, 5)]
    assert looks == [[], [Later(1.0, AttemptDue())], [], []]


def test_who_stands_at_the_gate_in_vain_takes_no_turn() -> None:
    scene = Scene(4, connects=(Rate(1, 1.0),), kept=0)
    for number in range(1, 5):
        scene.connections.open(f"c{number}", scene.now)
    scene.connections.close("c2")
    scene.connections.stranded("w1", "killed", None)
    assert [start.connection for start in starts(look_again(scene))] == ["c4"]


# Refused sessions


def test_a_refused_session_is_tried_once_more_and_not_at_once() -> None:
    scene = Scene(1)
    scene.now += 1.0
    (retry,) = only(Retry, scene.refused("c1"))
    assert retry.delay == 5.0 + 1.0  # the pause, and its own


def test_two_refusals_within_a_blip_of_the_venue_do_not_end_it_whoever_dials() -> None:
    scene = Scene(3, kept=1)
    scene.now += 0.06
    scene.refused("c1")
    assert starts(scene.connections.open("c2", scene.now)) == []
    assert [step for step in scene.connections.open("c3", scene.now) if isinstance(step, Later)] == []
    scene.now += 4.9
    assert starts(scene.connections.attempt(scene.now)) == []
    scene.now += 0.2
    assert [start.connection for start in starts(scene.connections.attempt(scene.now))] == ["c2", "c3"]


def test_when_it_is_refused_again_all_are_given_up_that_have_not_been_let_in() -> None:
    scene = Scene(4)
    scene.now += 1.0
    scene.up("c4")
    steps = [scene.refused(name) for name in ("c1", "c2")]
    assert [len(only(Retry, step)) for step in steps] == [1, 1]  # refused in one go
    after(scene, "c1", steps[0])
    scene.now += 1.0
    steps.append(scene.refused("c1"))
    assert [(event.name, event.auth) for event in news(steps[-1])] == [("c1", True), ("c2", True)]
    assert scene.states() == ["quarantined", "quarantined", "starting", "up"]
    last = scene.refused("c3")
    assert [event.name for event in news(last)] == ["c3"]
    assert only(Escalate, last) == []
    assert scene.connections.due(RestartDue("c2", 1), scene.now) == []


def test_it_escalates_when_nothing_is_left() -> None:
    scene = Scene(2)
    scene.now += 1.0
    scene.refused("c2")
    after(scene, "c1", scene.refused("c1"))
    scene.now += 1.0
    (escalation,) = only(Escalate, scene.refused("c1"))
    assert isinstance(escalation.error, AuthRejected)


def test_a_login_in_between_makes_refusals_count_anew() -> None:
    scene = Scene(2)
    scene.now += 1.0
    after(scene, "c1", scene.refused("c1"))
    scene.up("c2")
    scene.now += 1.0
    scene.down("c2")
    steps = scene.connections.due(RestartDue("c2", 1), scene.now)
    scene.now += 1.0
    assert starts(steps)
    assert len(only(Retry, scene.refused("c2"))) == 1


# Dying too often


def test_what_dies_too_often_after_it_was_up_is_given_up() -> None:
    scene = Scene(2, new_intensity=lambda: RestartIntensity(1, 60))
    scene.up("c1")
    after(scene, "c1", scene.down("c1"))
    scene.up("c1")
    steps = scene.down("c1")
    assert [type(event) for event in news(steps)] == [ActorQuarantined]
    assert not news(steps)[0].auth
    assert only(Escalate, steps) == []


def test_an_outage_is_no_such_death() -> None:
    scene = Scene(1, new_intensity=lambda: RestartIntensity(1, 1e9))
    for _ in range(50):
        after(scene, "c1", scene.down("c1"))
    assert scene.state("c1") == "starting"


def test_it_escalates_when_all_have_used_up_their_attempts() -> None:
    scene = Scene(2, new_backoff=lambda: Backoff(linear(1, 1, jitter=False), max_attempts=1))
    for name in ("c1", "c2"):
        after(scene, name, scene.down(name))
    assert only(Escalate, scene.down("c1")) == []
    assert len(only(Escalate, scene.down("c2"))) == 1


# News that come late


def test_news_of_an_earlier_life_change_nothing() -> None:
    scene = Scene(1)
    after(scene, "c1", scene.down("c1"))
    assert scene.connections.up(ConnectionUp("c1", 1, "EU")) == []
    assert scene.connections.down(ConnectionDown("c1", 1, "EU", "late"), scene.now) == []
    assert scene.connections.suspected(ConnectionSuspect("c1", 1, "late"), scene.now) == []
    assert scene.state("c1") == "starting"


def test_a_suspect_is_replaced_elsewhere_and_its_own_last_word_is_ignored() -> None:
    scene = Scene(1)
    scene.up("c1")
    steps = scene.connections.suspected(ConnectionSuspect("c1", 1, "mute"), scene.now)
    assert told(steps) == [StopConnection("c1")]
    assert news(steps) == [ConnectionDown("c1", 1, "EU", "mute", was_ready=True)]
    assert scene.connections.down(ConnectionDown("c1", 1, "EU", "stopped", True), scene.now) == []
    assert regions(after(scene, "c1", steps)) == ["US"]


# Opened and closed


def test_only_those_that_are_kept_start_by_themselves() -> None:
    scene = Scene(4, kept=2)
    assert scene.states() == ["starting", "starting", "stopped", "stopped"]
    assert Scene(2, kept=0).begun == []


def test_one_that_is_opened_starts_and_is_kept_from_then_on() -> None:
    scene = Scene(3, kept=0)
    (start,) = starts(scene.connections.open("c3", scene.now))
    assert (start.connection, start.epoch) == ("c3", 1)
    assert scene.connections.open("c3", scene.now) == []
    scene.up("c3")
    assert starts(after(scene, "c3", scene.down("c3")))


def test_one_whose_host_is_not_there_is_opened_with_it() -> None:
    scene = Scene(1, kept=0)
    scene.connections.stranded("w1", "killed", None)
    assert scene.state("c1") == "stopped"
    assert scene.connections.open("c1", scene.now) == []
    assert len(starts(scene.connections.housed("w1", Process(3), scene.now))) == 1


def test_one_that_is_closed_says_goodbye_and_does_not_come_back() -> None:
    scene = Scene(1)
    scene.up("c1")
    assert told(scene.connections.close("c1")) == [StopConnection("c1")]
    assert scene.state("c1") == "closing"
    assert scene.connections.close("c1") == []
    assert scene.down("c1", "stopped", was_ready=True) == []
    assert scene.state("c1") == "stopped"
    assert scene.connections.housed("w1", Process(3), scene.now)[1:] == []
    (start,) = starts(scene.connections.open("c1", scene.now))
    assert start.epoch == 2


@pytest.mark.parametrize("stranded", [False, True])
def test_one_that_is_down_is_closed_at_once(stranded: bool) -> None:
    scene = Scene(1)
    scene.down("c1")
    if stranded:
        scene.connections.stranded("w1", "killed", None)
    assert scene.connections.close("c1") == []
    assert scene.state("c1") == "stopped"
    assert scene.connections.due(RestartDue("c1", 1), scene.now) == []


def test_one_whose_host_dies_while_it_says_goodbye_is_closed() -> None:
    scene = Scene(1)
    scene.up("c1")
    scene.connections.close("c1")
    steps = scene.connections.stranded("w1", "killed", None)
    assert news(steps) == [ConnectionDown("c1", 1, "EU", "killed", was_ready=True)]
    assert (scene.state("c1"), scene.child("c1").restarts) == ("stopped", 0)


def test_one_that_is_opened_while_it_closes_begins_anew_at_once() -> None:
    scene = Scene(1)
    scene.up("c1")
    scene.connections.close("c1")
    assert scene.connections.open("c1", scene.now) == []
    assert len(starts(scene.down("c1", "stopped", was_ready=True))) == 1
    assert scene.child("c1").restarts == 0


def test_one_that_logs_in_while_it_closes_is_closed_all_the_same() -> None:
    scene = Scene(1)
    scene.connections.close("c1")
    scene.up("c1")
    assert scene.state("c1") == "closing"


def test_a_closed_one_may_be_opened_again_when_the_others_were_given_up() -> None:
    scene = Scene(2, new_backoff=lambda: Backoff(linear(1, 1, jitter=False), max_attempts=1))
    scene.connections.close("c2")
    scene.down("c2", "stopped")
    after(scene, "c1", scene.down("c1"))
    assert only(Escalate, scene.down("c1")) == []
    assert starts(scene.connections.open("c2", scene.now))
    after(scene, "c2", scene.down("c2"))
    assert len(only(Escalate, scene.down("c2"))) == 1


def test_a_session_that_is_refused_is_not_tried_with_those_that_are_not_open() -> None:
    scene = Scene(3, kept=1)
    after(scene, "c1", scene.refused("c1"))
    scene.now += 1.0
    assert len(only(Escalate, scene.refused("c1"))) == 1
    assert scene.states() == ["quarantined", "stopped", "stopped"]


# Restarts that a person asks for


def test_a_living_one_says_goodbye_first_and_then_begins_anew_at_once() -> None:
    scene = Scene(1)
    scene.up("c1")
    assert told(scene.connections.restart("c1", scene.now)) == [StopConnection("c1")]
    assert scene.connections.restart("c1", scene.now) == []
    steps = scene.down("c1", "stopped", was_ready=True)
    assert [(start.epoch, start.region.name) for start in starts(steps)] == [(2, "EU")]
    assert news(steps) == []
    assert scene.child("c1").restarts == 0


def test_one_that_waits_waits_no_longer() -> None:
    scene = Scene(1)
    for _ in range(3):
        steps = scene.down("c1")
        assert starts(scene.connections.restart("c1", scene.now))
    assert scene.connections.due(only(Retry, steps)[0].due, scene.now) == []


def test_one_that_was_given_up_is_tried_as_often_as_before() -> None:
    scene = Scene(1)
    for _ in range(2):
        scene.now += 1.0
        steps = scene.refused("c1")
        assert len(only(Retry, steps)) == 1
        after(scene, "c1", steps)
        scene.now += 1.0
        assert len(only(Escalate, scene.refused("c1"))) == 1
        assert len(starts(scene.connections.restart("c1", scene.now))) == 1


def test_one_that_nobody_wants_open_is_not_restarted() -> None:
    scene = Scene(2, kept=1)
    with pytest.raises(RequestRefused, match="not wanted"):
        scene.connections.restart("c2", scene.now)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(RequestRefused, match="'stranger'"):
        Scene(1).connections.restart("stranger", 0.0)


# The end


def test_nothing_starts_any_more_in_a_drain_and_it_is_over_with_the_last() -> None:
    scene = Scene(3)
    scene.up("c1", "c2")
    scene.down("c3")
    scene.connections.drain()
    assert scene.states() == ["closing", "closing", "stopped"]
    assert scene.connections.due(RestartDue("c3", 1), scene.now) == []
    assert scene.down("c1", "stopped") == []
    assert scene.connections.alive()
    scene.connections.stranded("w2", "killed", None)
    assert not scene.connections.alive()


# What is measured before it is needed

EQUALS = tuple(Region(name, f"wss://{name.lower()}.example/") for name in "ABCD")


def probes(scene: Scene) -> list[str]:
    steps = only(ProbeRegions, scene.connections.probe(scene.now))
    return [region.name for step in steps for region in step.regions]


def test_so_many_equal_regions_are_probed_as_the_plan_says() -> None:
    assert probes(Scene(1, regions=EQUALS, probes=3)) == ["A", "B", "C"]
    assert probes(Scene(1, regions=EQUALS)) == []
    assert probes(Scene(1, probes=3)) == []


def test_a_probe_passes_the_gate_and_takes_no_place_there_from_a_connection() -> None:
    assert probes(Scene(1, regions=EQUALS, probes=3, connects=(Rate(3, 1.0),))) == ["A", "B"]
    assert probes(Scene(2, regions=EQUALS, probes=3, connects=(Rate(1, 1.0),))) == []


def test_the_next_connection_goes_where_a_probe_was_quickest() -> None:
    scene = Scene(2, kept=1, regions=EQUALS, probes=3)
    scene.connections.probed(RegionsProbed({"A": 0.3, "B": 0.2, "C": 0.1}, {}), scene.now)
    assert regions(scene.connections.open("c2", scene.now)) == ["C"]


def test_the_last_that_died_too_often_says_so_when_nothing_is_left() -> None:
    scene = Scene(1, new_intensity=lambda: RestartIntensity(1, 60))
    scene.up("c1")
    after(scene, "c1", scene.down("c1"))
    scene.up("c1")
    (escalation,) = only(Escalate, scene.down("c1"))
    assert isinstance(escalation.error, TooManyRestarts)
    assert str(escalation.error) == "c1 died more than 1 times in 60 s, the last time because: cut"
