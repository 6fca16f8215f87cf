from typing import Any

import pytest

from actors.errors import RequestRefused, WorkerDied
from actors.messages.events import ActorQuarantined, ActorRestarted, Heartbeat, WorkerDown, WorkerUp
from actors.messages.workers import LeaseExtended, SetLogLevel, StopWorker
from actors.supervision.effects import (
    KillWorker,
    Retry,
    StartWorker,
    SupervisionEffect,
    TellWorker,
    WorkerIsSlow,
    WorkerLost,
    WorkerServes,
)
from actors.supervision.messages import BackoffElapsed
from actors.supervision.restart_intensity import RestartIntensity
from actors.supervision.workers import SLOW_START, WorkerChild, Workers
from tests.doubles.supervised_connections import WorkerDouble, announced, make_plan, only, sent


def beat(worker: str, pid: int) -> Heartbeat:
    return Heartbeat(worker, pid, 1.5, 1024)


def running(**changes: Any) -> Workers:
    """Both workers have started and sent a heartbeat at moment 0."""
    workers = Workers(make_plan(**changes))
    workers.check(0.0)
    for pid, name in enumerate(("w1", "w2"), 1):
        workers.on_started(name, WorkerDouble(pid), 0.0)
        workers.on_heartbeat(beat(name, pid), 0.0)
    return workers


def check_until(workers: Workers, end: float) -> list[KillWorker]:
    """The workers killed by the checks up to ``end``, one every half second."""
    for at in range(1, int(end * 2)):
        if killed := only(KillWorker, workers.check(at / 2)):
            return killed
    return only(KillWorker, workers.check(end))


def state(workers: Workers, name: str) -> str:
    return next(worker.state for worker in workers.status() if worker.name == name)


def kill(workers: Workers, name: str, pid: int, now: float = 1.0) -> list[SupervisionEffect]:
    return workers.on_down(WorkerDown(name, pid, "killed"), now)


def test_all_workers_are_started_at_the_beginning() -> None:
    assert Workers(make_plan()).begin() == [StartWorker("w1"), StartWorker("w2")]


def test_the_first_heartbeat_of_a_process_announces_the_worker() -> None:
    workers = Workers(make_plan())
    workers.on_started("w1", WorkerDouble(1), 0.0)
    assert announced(workers.on_heartbeat(beat("w1", 1), 1.0)) == [WorkerUp("w1", 1)]
    assert state(workers, "w1") == "up"
    assert workers.on_heartbeat(beat("w1", 1), 2.0) == []


def test_the_heartbeat_of_an_earlier_process_is_ignored() -> None:
    workers = Workers(make_plan())
    assert workers.on_heartbeat(beat("w1", 1), 1.0) == []
    workers.on_started("w1", WorkerDouble(2), 2.0)
    assert workers.on_heartbeat(beat("w1", 1), 3.0) == []
    assert state(workers, "w1") == "starting"


def test_a_worker_without_heartbeats_is_killed_once_and_not_replaced_before_its_end() -> None:
    workers = running()
    workers.on_heartbeat(beat("w2", 2), 4.0)
    (killed,) = check_until(workers, 5.0)
    assert (killed.name, killed.handle.pid, killed.because) == ("w1", 1, "is killed: no heartbeat for 5.0 s")
    assert workers.check(5.5) == []
    effects = kill(workers, "w1", 1, 6.0)
    assert [type(effect) for effect in effects] == [KillWorker, Retry, WorkerLost]


def test_a_process_without_a_first_heartbeat_is_not_killed_but_said_to_be_slow() -> None:
    workers = Workers(make_plan(workers=("w1",)))
    workers.check(0.0)
    workers.on_started("w1", WorkerDouble(3), 0.0)
    found = [effect for at in range(1, 400) for effect in workers.check(at / 2)]
    slow = only(WorkerIsSlow, found)
    assert len(slow) == len(found)
    assert [(each.name, each.waited) for each in slow] == [
        ("w1", SLOW_START * factor) for factor in (1, 2, 4, 8, 16)
    ]


def test_a_process_serves_with_its_first_heartbeat_and_the_main_process_from_the_start() -> None:
    workers = Workers(make_plan(workers=("w1",)))
    handle = WorkerDouble(3)
    assert only(WorkerServes, workers.on_started("w1", handle, 0.0)) == []
    assert only(WorkerServes, workers.on_heartbeat(beat("w1", 3), 0.0)) == [WorkerServes("w1", handle)]
    assert only(WorkerServes, workers.on_heartbeat(beat("w1", 3), 1.0)) == []
    main = Workers(make_plan(workers=("main",), in_process=True))
    assert only(WorkerServes, main.on_started("main", WorkerDouble(0), 0.0))


def test_no_worker_is_killed_after_this_process_stood_still() -> None:
    workers = running()
    assert check_until(workers, 2.0) == []
    assert workers.check(60.0) == []
    assert workers.check(60.5) == []


def test_the_main_process_is_never_killed_and_not_listed() -> None:
    workers = Workers(make_plan(workers=("main",), in_process=True))
    workers.on_started("main", WorkerDouble(0), 0.0)
    assert check_until(workers, 100.0) == []
    assert workers.status() == ()
    with pytest.raises(RequestRefused):
        workers.restart("main")


def test_a_worker_that_dies_is_killed_before_its_connections_are_lost_and_starts_again() -> None:
    workers = running()
    killed, decision, lost = kill(workers, "w1", 1)
    assert isinstance(killed, KillWorker)
    assert decision == Retry(0.0, BackoffElapsed("w1", 1), "killed")
    assert lost == WorkerLost("w1", "killed")
    assert workers.on_backoff_elapsed(BackoffElapsed("w1", 1)) == [StartWorker("w1")]
    assert announced(workers.on_started("w1", WorkerDouble(3), 2.0)) == [ActorRestarted("w1", 1, "killed")]
    assert workers.on_backoff_elapsed(BackoffElapsed("w1", 1)) == []


def test_the_end_of_an_earlier_process_changes_nothing() -> None:
    workers = running()
    assert kill(workers, "w1", 99) == []
    kill(workers, "w1", 1)
    assert kill(workers, "w1", 1) == []


def test_a_worker_that_dies_too_often_is_quarantined() -> None:
    workers = running(new_intensity=lambda: RestartIntensity(2, 60))
    for life in (1, 2):
        kill(workers, "w1", 10 * life if life > 1 else 1)
        workers.on_started("w1", WorkerDouble(10 * (life + 1)), 1.0)
    effects = kill(workers, "w1", 30)
    assert [type(event) for event in announced(effects)] == [ActorQuarantined]
    (lost,) = only(WorkerLost, effects)
    assert isinstance(lost.final, WorkerDied)
    assert state(workers, "w1") == "quarantined"


def test_a_worker_that_cannot_be_started_is_tried_again_and_has_not_died() -> None:
    workers = Workers(make_plan(new_intensity=lambda: RestartIntensity(1, 60)))
    for _ in range(10):
        effects = workers.on_start_failed("w1", WorkerDied("no memory"), 0.0)
    assert only(Retry, effects) == [Retry(9.0, BackoffElapsed("w1", 0), "no memory", "", 10)]


def test_a_worker_that_can_never_be_started_is_given_up_at_once_and_a_restart_tries_again() -> None:
    workers, error = Workers(make_plan()), WorkerDied("no interpreter")
    effects = workers.on_start_impossible("w1", error)
    assert announced(effects) == [ActorQuarantined("w1", "no interpreter")]
    assert only(WorkerLost, effects) == [WorkerLost("w1", "no interpreter", error)]
    assert workers.restart("w1") == [StartWorker("w1")]


def test_a_restarted_worker_is_killed_and_started_as_soon_as_it_has_ended() -> None:
    workers = running()
    (killed,) = only(KillWorker, workers.restart("w1"))
    assert (killed.handle.pid, killed.level) == (1, "INFO")
    effects = kill(workers, "w1", 1)
    assert [type(effect) for effect in effects] == [KillWorker, WorkerLost, StartWorker]
    assert workers.on_started("w1", WorkerDouble(3), 2.0) == []
    assert [worker.restarts for worker in workers.status()] == [0, 0]


def test_a_restart_starts_a_quarantined_worker() -> None:
    workers = running(new_intensity=lambda: RestartIntensity(1, 60))
    kill(workers, "w1", 1)
    workers.on_started("w1", WorkerDouble(3), 1.0)
    kill(workers, "w1", 3)
    assert state(workers, "w1") == "quarantined"
    assert workers.restart("w1") == [StartWorker("w1")]
    workers.on_started("w1", WorkerDouble(4), 2.0)
    assert state(workers, "w1") == "starting"
    assert only(Retry, kill(workers, "w1", 4)) == [Retry(0.0, BackoffElapsed("w1", 3), "killed")]


def test_in_a_drain_workers_end_and_none_starts() -> None:
    workers = running()
    kill(workers, "w1", 1)
    assert sent(workers.drain()) == [StopWorker()]
    assert workers.on_backoff_elapsed(BackoffElapsed("w1", 1)) == []
    assert [type(effect) for effect in kill(workers, "w2", 2)] == [KillWorker, WorkerLost]


def test_the_status_shows_every_worker() -> None:
    workers = running()
    kill(workers, "w2", 2)
    up, down = workers.status()
    assert (up.name, up.pid, up.state, up.cpu_seconds, up.rss_bytes) == ("w1", 1, "up", 1.5, 1024)
    assert (down.name, down.pid, down.state, down.restarts) == ("w2", 0, "waiting", 1)


def test_a_log_level_is_sent_to_running_workers_only() -> None:
    workers = running()
    kill(workers, "w1", 1)
    effects = only(TellWorker, workers.tell_all(SetLogLevel("DEBUG")))
    assert [(effect.handle.pid, effect.message) for effect in effects] == [(2, SetLogLevel("DEBUG"))]


def test_a_log_level_is_not_sent_to_the_main_process() -> None:
    workers = Workers(make_plan(workers=("main",), in_process=True))
    workers.on_started("main", WorkerDouble(0), 0.0)
    assert workers.tell_all(SetLogLevel("DEBUG")) == []


def test_a_worker_shows_its_state_its_process_and_its_last_error() -> None:
    worker = WorkerChild("w1", make_plan())
    assert repr(worker) == "<WorkerChild w1#0: stopped, restarts: 0>"
    worker.handle = WorkerDouble(7)
    worker.start()
    worker.on_up()
    assert repr(worker) == "<WorkerChild w1#1: up, pid 7, restarts: 0>"
    worker.handle = None
    worker.on_failure(WorkerDied("killed"), 1.0, counts=True)
    assert repr(worker) == "<WorkerChild w1#1: waiting, restarts: 1, last error: killed>"


def test_the_end_of_a_lease_is_sent_to_workers_that_serve_and_to_those_that_do_later() -> None:
    workers, until = running(), LeaseExtended(9.0)
    kill(workers, "w1", 1)
    effects = only(TellWorker, workers.tell_all(until))
    assert [(effect.handle.pid, effect.message) for effect in effects] == [(2, until)]
    workers.on_started("w1", WorkerDouble(3), 1.0)
    later = LeaseExtended(10.0)
    assert [effect.handle.pid for effect in only(TellWorker, workers.tell_all(later))] == [2]
    served = only(TellWorker, workers.on_heartbeat(Heartbeat("w1", 3, 0.0, 0), 1.0))
    assert [(effect.handle.pid, effect.message) for effect in served] == [(3, later)]


def test_the_end_of_a_lease_is_not_sent_to_the_main_process() -> None:
    workers = Workers(make_plan(workers=("main",), in_process=True))
    workers.on_started("main", WorkerDouble(0), 0.0)
    assert workers.tell_all(LeaseExtended(9.0)) == []
