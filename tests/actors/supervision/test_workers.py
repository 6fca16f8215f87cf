from typing import Any

import pytest

from actors.errors import RequestRefused, WorkerDied
from actors.messages.events import ActorQuarantined, ActorRestarted, Heartbeat, WorkerDown, WorkerUp
from actors.messages.workers import SetLogLevel, StopWorker
from actors.supervision.effects import (
    KillWorker,
    Retry,
    StartWorker,
    SupervisionEffect,
    TellWorker,
    WorkerLost,
)
from actors.supervision.messages import RestartDue
from actors.supervision.restart_intensity import RestartIntensity
from actors.supervision.workers import STARTUP, Workers
from tests.doubles.supervised_connections import Process, a_plan, news, only, told


def beat(worker: str, pid: int) -> Heartbeat:
    return Heartbeat(worker, pid, 1.5, 1024)


def running(**changes: Any) -> Workers:
    """Both workers have been started and heard of at moment 0, and looked after since."""
    hosts = Workers(a_plan(**changes))
    hosts.check(0.0)
    for pid, name in enumerate(("w1", "w2"), 1):
        hosts.started(name, Process(pid), 0.0)
        hosts.heard(beat(name, pid), 0.0)
    return hosts


def look_until(hosts: Workers, end: float) -> list[KillWorker]:
    """Whom a look every half second kills, from shortly before ``end``."""
    for at in range(1, int(end * 2)):
        if killed := only(KillWorker, hosts.check(at / 2)):
            return killed
    return only(KillWorker, hosts.check(end))


def state(hosts: Workers, name: str) -> str:
    return next(worker.state for worker in hosts.part() if worker.name == name)


def kill(hosts: Workers, name: str, pid: int, now: float = 1.0) -> list[SupervisionEffect]:
    return hosts.down(WorkerDown(name, pid, "killed"), now)


def test_all_are_started_at_the_beginning() -> None:
    assert Workers(a_plan()).begin() == [StartWorker("w1"), StartWorker("w2")]


def test_the_first_heartbeat_of_a_life_is_told_from_the_others() -> None:
    hosts = Workers(a_plan())
    hosts.started("w1", Process(1), 0.0)
    assert news(hosts.heard(beat("w1", 1), 1.0)) == [WorkerUp("w1", 1)]
    assert state(hosts, "w1") == "up"
    assert hosts.heard(beat("w1", 1), 2.0) == []


def test_the_heartbeat_of_a_process_that_is_gone_counts_for_nothing() -> None:
    hosts = Workers(a_plan())
    assert hosts.heard(beat("w1", 1), 1.0) == []
    hosts.started("w1", Process(2), 2.0)
    assert hosts.heard(beat("w1", 1), 3.0) == []
    assert state(hosts, "w1") == "starting"


def test_who_is_silent_for_too_long_is_killed_once_and_not_replaced_before_its_end_is_known() -> None:
    hosts = running()
    hosts.heard(beat("w2", 2), 4.0)
    (killed,) = look_until(hosts, 5.0)
    assert (killed.name, killed.process.pid, killed.because) == ("w1", 1, "is killed: silent for 5.0 s")
    assert hosts.check(5.5) == []
    steps = kill(hosts, "w1", 1, 6.0)
    assert [type(step) for step in steps] == [KillWorker, Retry, WorkerLost]


def test_a_process_that_never_spoke_has_had_longer() -> None:
    hosts = running()
    kill(hosts, "w1", 1, 0.0)
    hosts.started("w1", Process(3), 0.0)
    hosts.heard(beat("w2", 2), STARTUP - 1)
    assert [each.process.pid for each in look_until(hosts, STARTUP)] == [3]


def test_nobody_is_killed_because_we_stood_still_ourselves() -> None:
    hosts = running()
    assert look_until(hosts, 2.0) == []
    assert hosts.check(60.0) == []
    assert hosts.check(60.5) == []


def test_the_main_process_is_never_silent_and_is_no_worker() -> None:
    hosts = Workers(a_plan(hosts=("main",), workers=False))
    hosts.started("main", Process(0), 0.0)
    assert look_until(hosts, 100.0) == []
    assert hosts.part() == ()
    with pytest.raises(RequestRefused):
        hosts.restart("main")


def test_a_worker_that_dies_is_dead_before_its_connections_are_lost_and_starts_again() -> None:
    hosts = running()
    fence, verdict, lost = kill(hosts, "w1", 1)
    assert isinstance(fence, KillWorker)
    assert verdict == Retry(0.0, RestartDue("w1", 1), "killed")
    assert lost == WorkerLost("w1", "killed")
    assert hosts.due(RestartDue("w1", 1)) == [StartWorker("w1")]
    assert news(hosts.started("w1", Process(3), 2.0)) == [ActorRestarted("w1", 1, "killed")]
    assert hosts.due(RestartDue("w1", 1)) == []


def test_the_notice_of_an_earlier_process_changes_nothing() -> None:
    hosts = running()
    assert kill(hosts, "w1", 99) == []
    kill(hosts, "w1", 1)
    assert kill(hosts, "w1", 1) == []


def test_a_worker_that_dies_too_often_is_given_up_for_good() -> None:
    hosts = running(new_intensity=lambda: RestartIntensity(2, 60))
    for life in (1, 2):
        kill(hosts, "w1", 10 * life if life > 1 else 1)
        hosts.started("w1", Process(10 * (life + 1)), 1.0)
    steps = kill(hosts, "w1", 30)
    assert [type(event) for event in news(steps)] == [ActorQuarantined]
    (lost,) = only(WorkerLost, steps)
    assert isinstance(lost.final, WorkerDied)
    assert state(hosts, "w1") == "quarantined"


def test_one_that_cannot_be_started_is_tried_again_later_and_has_not_died() -> None:
    hosts = Workers(a_plan(new_intensity=lambda: RestartIntensity(1, 60)))
    for _ in range(10):
        steps = hosts.not_started("w1", WorkerDied("no memory"), 0.0)
    assert only(Retry, steps) == [Retry(9.0, RestartDue("w1", 0), "no memory")]


def test_a_worker_that_is_to_restart_is_killed_and_started_as_soon_as_it_is_gone() -> None:
    hosts = running()
    (killed,) = only(KillWorker, hosts.restart("w1"))
    assert (killed.process.pid, killed.level) == (1, "INFO")
    steps = kill(hosts, "w1", 1)
    assert [type(step) for step in steps] == [KillWorker, WorkerLost, StartWorker]
    assert hosts.started("w1", Process(3), 2.0) == []
    assert [worker.restarts for worker in hosts.part()] == [0, 0]


def test_a_restart_brings_back_what_was_given_up() -> None:
    hosts = running(new_intensity=lambda: RestartIntensity(1, 60))
    kill(hosts, "w1", 1)
    hosts.started("w1", Process(3), 1.0)
    kill(hosts, "w1", 3)
    assert state(hosts, "w1") == "quarantined"
    assert hosts.restart("w1") == [StartWorker("w1")]
    hosts.started("w1", Process(4), 2.0)
    assert state(hosts, "w1") == "starting"
    assert only(Retry, kill(hosts, "w1", 4)) == [Retry(0.0, RestartDue("w1", 3), "killed")]


def test_who_drains_ends_and_none_starts_any_more() -> None:
    hosts = running()
    kill(hosts, "w1", 1)
    assert told(hosts.drain()) == [StopWorker()]
    assert hosts.due(RestartDue("w1", 1)) == []
    assert [type(step) for step in kill(hosts, "w2", 2)] == [KillWorker, WorkerLost]


def test_the_status_shows_every_worker() -> None:
    hosts = running()
    kill(hosts, "w2", 2)
    up, down = hosts.part()
    assert (up.name, up.pid, up.state, up.cpu_seconds, up.rss_bytes) == ("w1", 1, "up", 1.5, 1024)
    assert (down.name, down.pid, down.state, down.restarts) == ("w2", 0, "waiting", 1)


def test_another_level_of_the_log_is_told_to_living_workers_alone() -> None:
    hosts = running()
    kill(hosts, "w1", 1)
    steps = only(TellWorker, hosts.log_from(SetLogLevel("DEBUG")))
    assert [(step.process.pid, step.message) for step in steps] == [(2, SetLogLevel("DEBUG"))]


def test_the_main_process_as_a_host_keeps_its_level() -> None:
    hosts = Workers(a_plan(hosts=("main",), workers=False))
    hosts.started("main", Process(0), 0.0)
    assert hosts.log_from(SetLogLevel("DEBUG")) == []
