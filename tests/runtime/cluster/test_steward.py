"""The steward of a host with a real engine, and duties that only note what is done for them."""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from unittest.mock import ANY

import pykka
import pytest
from loguru import logger

from actors.errors import TransportError
from actors.messages.control import Drain
from actors.tenancy.tenancy import Duty, LeaseTimes, Tenancy
from actors.tenancy.tenure import Tenure
from runtime.cluster.address import parse_address
from runtime.cluster.claims import Claims
from runtime.cluster.engine import Engine
from runtime.cluster.epoch_memory import EpochMemory
from runtime.cluster.host_directory import HostDirectory
from runtime.cluster.messages import Assign, DutyFailed, HandOver
from runtime.cluster.outcomes import EngineAway, Renewal
from runtime.cluster.releases import Releases
from runtime.cluster.steward import Steward
from runtime.version import version
from tests.doubles.engine_group import EngineGroup
from tests.doubles.engine_server import EngineServer
from tests.waiting import eventually

PATIENCE = 20.0
TIMES = LeaseTimes(lease=1.5, renew=0.2, margin=0.3)


class Notes:
    """A carrier, and its steward. ``problem`` is why nothing starts; ``ends`` are the ends of leases."""

    def __init__(self) -> None:
        self.steps: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.ref: pykka.ActorRef[Steward]
        self.tenancy: Tenancy
        self.problem = ""
        self.ends: dict[str, float] = {}
        self.hindrance = ""
        self.renewal = Renewal()
        self.owners: Mapping[str, str] = {}
        self.is_warm = False

    def start(self, tenure: Tenure, clock: Callable[[], float]) -> str:
        self.steps.put(("start", tenure.duty))
        return self.problem

    def stand_by(self, duty: str) -> str:
        self.steps.put(("stand by", duty))
        return ""

    def stand_down(self, duty: str) -> None:
        self.steps.put(("stand down", duty))

    def warm(self) -> list[str]:
        return list(self.tenancy.duties) if self.is_warm else []

    def extend(self, tenure: Tenure, until: float) -> None:
        self.ends[tenure.duty] = until

    def close(self, tenure: Tenure) -> None:
        self.steps.put(("close", tenure.duty))

    def stop(self, tenure: Tenure) -> None:
        self.steps.put(("stop", tenure.duty))

    def hinder(self, reason: str) -> None:
        self.hindrance = reason

    def show(self, renewal: Renewal) -> None:
        self.renewal = renewal

    def place(self, owners: Mapping[str, str]) -> None:
        self.owners = owners

    def step(self) -> tuple[str, str]:
        return self.steps.get(timeout=PATIENCE)


Begin = Callable[..., Notes]


@pytest.fixture
def begin(engine: Engine, duty: str) -> Iterator[Begin]:
    """Starts the steward of a host for ``duty``; what it does."""
    stewards = []

    def start(
        host: str,
        life: str = "1",
        using: Engine = engine,
        settings: Mapping[str, str] | None = None,
        times: LeaseTimes = TIMES,
        duties: Sequence[Duty] = (),
        memory: Path | None = None,
        replicas: int = 0,
    ) -> Notes:
        notes = Notes()
        tenancy = Tenancy(f"{host}-{duty}", duties or [Duty(duty)], times)
        claims = Claims(using, times.lease, EpochMemory(memory), replicas)
        steward = Steward.start(using, tenancy, times, f"{host}-{duty}", life, notes, settings or {}, claims)
        stewards.append(steward)
        notes.ref, notes.tenancy = steward, tenancy
        return notes

    yield start
    for steward in stewards:
        steward.stop()


def test_it_starts_what_it_owns_and_renews(begin: Begin, duty: str) -> None:
    notes = begin("h1")
    assert notes.step() == ("start", duty)
    first = notes.ends[duty]
    eventually(lambda: notes.ends[duty] > first + TIMES.lease)
    assert notes.steps.empty()


def test_a_drain_stops_and_gives_back_at_once(begin: Begin, duty: str, engine: Engine) -> None:
    notes = begin("h1")
    notes.step()
    notes.ref.tell(Drain())
    assert notes.step() == ("stop", duty)
    eventually(lambda: not notes.ref.is_alive())
    assert engine.acquire(duty, "next", 60.0).epoch == 2


def test_what_cannot_be_started_is_given_back_at_once(begin: Begin, duty: str, engine: Engine) -> None:
    notes = begin("h1")
    notes.problem = "no journal"
    notes.step()
    assert notes.step() == ("stop", duty)
    eventually(lambda: engine.acquire(duty, "next", 60.0).epoch > 0)


def test_what_fails_unexpectedly_at_its_start_is_given_back(
    begin: Begin, duty: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Notes, "start", lambda *_: 1 / 0)
    notes = begin("h1")
    assert notes.step() == ("stop", duty)
    eventually(lambda: engine.acquire(duty, "next", 60.0).epoch > 0)


def test_a_host_without_a_thread_for_a_start_gives_the_duty_back_and_goes_on(
    begin: Begin, duty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = threading.Event()
    start = threading.Thread.start

    def unable(thread: threading.Thread) -> None:
        if thread.name == duty and not refused.is_set():
            refused.set()
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", unable)
    notes = begin("h1")
    assert notes.step() == ("stop", duty)
    assert refused.is_set()
    assert notes.step() == ("start", duty)


def test_what_fails_later_is_given_back_and_tried_again(begin: Begin, duty: str) -> None:
    notes = begin("h1")
    assert notes.step() == ("start", duty)
    notes.ref.tell(DutyFailed(duty))
    assert [notes.step(), notes.step()] == [("stop", duty), ("start", duty)]


def test_what_fails_while_it_is_started_is_given_back(
    begin: Begin, duty: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(notes: Notes, tenure: Tenure, _: object) -> str:
        eventually(lambda: hasattr(notes, "ref"))
        notes.ref.tell(DutyFailed(tenure.duty))
        return ""

    monkeypatch.setattr(Notes, "start", start)
    notes = begin("h1")
    assert notes.step() == ("stop", duty)
    eventually(lambda: engine.acquire(duty, "next", 60.0).epoch > 0)


def test_a_failure_while_it_is_stopped_does_not_end_the_next_start(begin: Begin, duty: str) -> None:
    notes = begin("h1")
    notes.step()
    notes.ref.tell(DutyFailed(duty))
    notes.ref.tell(DutyFailed(duty))
    assert [notes.step(), notes.step()] == [("stop", duty), ("start", duty)]
    first = notes.ends[duty]
    eventually(lambda: notes.ends[duty] > first)
    assert notes.steps.empty()


def test_a_lease_of_what_cannot_be_stopped_ends_by_itself(
    begin: Begin, duty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    heard = logger.add(lines.append, level="CRITICAL", format="{message}")
    released: list[object] = []
    monkeypatch.setattr(Engine, "release", lambda *args: released.append(args))
    monkeypatch.setattr(Notes, "stop", lambda *_: 1 / 0)
    notes = begin("h1")
    notes.step()
    notes.ref.tell(DutyFailed(duty))
    assert notes.step() == ("start", duty)
    assert notes.tenancy.newest(duty) == 2  # the first lease was not extended
    notes.ref.tell(Drain())
    eventually(lambda: not notes.ref.is_alive())
    assert not released
    logger.remove(heard)
    assert f"{duty} could not be stopped, its lease ends by itself" in lines[0]
    assert "ZeroDivisionError" in lines[0]


def test_it_goes_on_when_no_descriptor_is_free_for_what_it_watches(
    begin: Begin, duty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, close, steps = Steward.watch, Releases.close, []

    def first_fails(*args: object) -> None:
        steps.append("watch")
        if steps == ["watch"]:
            raise TransportError("Too many open files while beginning to watch a socket")
        watch(*args)  # type: ignore[arg-type]

    def noted(releases: Releases) -> None:
        steps.append("close")
        close(releases)

    monkeypatch.setattr(Steward, "watch", first_fails)
    monkeypatch.setattr(Releases, "close", noted)
    notes = begin("h1")
    assert notes.step() == ("start", duty)
    eventually(lambda: steps == ["watch", "close", "watch"])
    assert notes.hindrance == ""


def test_the_next_host_begins_at_once_when_a_lease_is_given_back(begin: Begin, duty: str) -> None:
    times = LeaseTimes(600.0, 0.2, 0.3)
    first = begin("h1", times=times)
    first.step()
    second = begin("h2", times=times)
    eventually(lambda: second.tenancy.newest(duty) > 0)  # it has asked for it
    first.ref.tell(Drain())
    assert second.step() == ("start", duty)  # and not after the lease of 10 minutes


def test_the_next_host_begins_when_the_lease_of_a_dead_one_ends(begin: Begin, duty: str) -> None:
    first = begin("h1")
    first.step()
    second = begin("h2")
    first.ref.stop()  # it renews nothing any more
    assert second.step() == ("start", duty)


def test_a_lease_that_another_host_has_is_closed_and_then_stopped(
    begin: Begin, duty: str, engine: Engine
) -> None:
    notes = begin("h1")
    notes.step()
    engine.release(f"h1-{duty}/1", {duty: 1})
    assert engine.acquire(duty, "other", 60.0).epoch == 2
    assert [notes.step(), notes.step()] == [("close", duty), ("stop", duty)]
    assert notes.steps.empty()


def test_it_moves_to_the_host_that_an_operator_names(begin: Begin, duty: str, engine: Engine) -> None:
    first = begin("h1")
    first.step()
    second, third = begin("h2"), begin("h3")
    directory = HostDirectory(engine)
    eventually(lambda: {f"h2-{duty}", f"h3-{duty}"} <= {each.name for each in directory.hosts()})
    directory.move(duty, f"h3-{duty}", PATIENCE)
    assert first.step() == ("stop", duty)
    assert third.step() == ("start", duty)
    assert second.steps.empty()
    assert directory.leases([duty])[duty] == (f"h3-{duty}", 2, ANY)
    eventually(lambda: second.owners == {duty: f"h3-{duty}"})


def test_a_host_in_maintenance_has_nothing_until_its_end_also_after_a_restart(
    begin: Begin, duty: str, engine: Engine
) -> None:
    notes = begin("h1")
    assert notes.step() == ("start", duty)
    directory = HostDirectory(engine)
    directory.rest(f"h1-{duty}", resting=True)
    assert notes.step() == ("stop", duty)
    eventually(lambda: directory.leases([duty])[duty] is None)
    assert "in maintenance" in notes.hindrance
    [seen] = [each for each in directory.hosts() if each.name == f"h1-{duty}"]
    assert (seen.present, seen.in_maintenance, seen.version) == (True, True, version())
    notes.ref.tell(Drain())
    eventually(lambda: not notes.ref.is_alive())
    again = begin("h1", life="2")
    eventually(lambda: "in maintenance" in again.hindrance)
    assert again.steps.empty()
    directory.rest(f"h1-{duty}", resting=False)
    assert again.step() == ("start", duty)
    assert again.hindrance == ""


def test_a_second_process_of_one_host_waits_and_says_so_once(begin: Begin, duty: str) -> None:
    lines: list[str] = []
    heard = logger.add(lines.append, level="WARNING", format="{message}")
    times = LeaseTimes(3.0, 0.5, 0.3)  # a busy machine may hold it up for a second: it is still there
    first = begin("h1", times=times)
    first.step()
    second = begin("h1", life="2", times=times)
    eventually(lambda: "another process is host" in second.hindrance)
    for _ in range(3):  # it tries again
        second.hindrance = ""
        eventually(lambda: "another process is host" in second.hindrance)
    first.ref.tell(Drain())
    assert first.step() == ("stop", duty)
    assert second.step() == ("start", duty)
    logger.remove(heard)
    assert sum("another process is host" in line for line in lines) == 1


def test_a_host_whose_presence_ends_before_it_is_looked_at_is_no_other_process(
    begin: Begin, duty: str, engine_url: str
) -> None:
    class Late(Engine):
        def attend(self, host: str, life: str, seconds: float, *, first: bool = False) -> dict[str, str]:
            lives = super().attend(host, life, seconds, first=first)
            return {name: life for name, life in lives.items() if name != host}

    engine = Late(parse_address(engine_url), 5.0)
    notes = begin("h1", using=engine)
    assert notes.step() == ("start", duty)
    assert notes.hindrance == ""
    engine.close()


def test_leases_are_renewed_before_all_else_that_a_slow_engine_is_asked(
    begin: Begin, duty: str, engine_url: str
) -> None:
    class Slow(Engine):
        is_slow = False

        def attend(self, host: str, life: str, seconds: float, *, first: bool = False) -> dict[str, str]:
            if self.is_slow:
                raise EngineAway("it did not answer in time")
            return super().attend(host, life, seconds, first=first)

    engine = Slow(parse_address(engine_url), 5.0)
    notes = begin("h1", using=engine)
    assert notes.step() == ("start", duty)
    engine.is_slow = True
    first = notes.ends[duty]
    eventually(lambda: notes.ends[duty] > first + 2 * TIMES.lease)
    assert notes.steps.empty()
    engine.close()


def test_nothing_runs_on_an_engine_that_may_drop_leases(
    begin: Begin, engine_server: EngineServer, duty: str
) -> None:
    engine_server.kill()
    engine_server.options = ("--maxmemory-policy", "allkeys-lru")
    engine_server.start()
    engine = Engine(parse_address(engine_server.url), 5.0)
    notes = begin("h1", using=engine)
    eventually(lambda: "set maxmemory-policy noeviction in place of allkeys-lru" in notes.hindrance)
    with pytest.raises(queue.Empty):
        notes.steps.get(timeout=4 * TIMES.renew)
    engine.close()


def test_it_says_why_it_can_have_no_lease_until_it_can(
    begin: Begin, engine_server: EngineServer, duty: str
) -> None:
    engine_server.kill()
    engine = Engine(parse_address(engine_server.url), 5.0)
    notes = begin("h1", using=engine)
    eventually(lambda: "is away: no connection" in notes.hindrance)
    assert notes.renewal.seconds is None
    engine_server.start()
    assert notes.step() == ("start", duty)
    assert notes.hindrance == ""
    assert (notes.renewal.hosts, notes.renewal.seconds is None) == (1, False)
    engine.close()


def test_a_host_whose_settings_differ_is_told_of_by_name(begin: Begin, duty: str) -> None:
    lines: list[str] = []
    heard = logger.add(lines.append, level="WARNING", format="{message}")
    common = {"cluster.margin": "1", "accounts.main.limits": "2"}
    begin("h1", settings=common | {"cluster.lease": "3", "accounts.old.session": "4"})
    begin("h2", settings=common | {"cluster.lease": "5"})
    differ = "host h1-{0} has other settings than this one (accounts.old, which only it has, cluster.lease)"
    eventually(lambda: any(differ.format(duty) in line for line in lines))
    differ = (
        "host h2-{0} has other settings than this one (accounts.old, which it does not have, cluster.lease)"
    )
    eventually(lambda: any(differ.format(duty) in line for line in lines))
    logger.remove(heard)
    assert len([line for line in lines if duty in line]) == 2


@pytest.fixture
def feed(duty: str) -> Duty:
    return Duty(duty, (f"h1-{duty}", f"h2-{duty}"), keeps_without_lease=True, standby=1)


def test_another_host_stands_by_and_takes_over_what_it_runs(begin: Begin, feed: Duty, engine: Engine) -> None:
    first = begin("h1", duties=[feed])
    assert first.step() == ("start", feed.name)
    second = begin("h2", duties=[feed])
    assert second.step() == ("stand by", feed.name)
    hosts = [f"h1-{feed.name}", f"h2-{feed.name}"]
    directory = HostDirectory(engine)
    eventually(lambda: directory.standing(hosts) == {feed.name: {hosts[1]: False}})
    second.is_warm = True
    eventually(lambda: directory.standing(hosts) == {feed.name: {hosts[1]: True}})
    directory.move(feed.name, hosts[1], PATIENCE)
    assert first.step() == ("stop", feed.name)
    assert second.step() == ("start", feed.name)
    assert first.step() == ("stand by", feed.name)
    eventually(lambda: directory.standing(hosts) == {feed.name: {hosts[0]: False}})
    second.ref.tell(DutyFailed(feed.name))
    assert second.step() == ("stop", feed.name)
    assert first.step() == ("start", feed.name)


def test_a_host_that_gets_nothing_for_a_feed_hands_it_over_if_another_is_warm(
    begin: Begin, feed: Duty, engine: Engine
) -> None:
    first = begin("h1", duties=[feed])
    first.step()
    second = begin("h2", duties=[feed])
    assert second.step() == ("stand by", feed.name)
    first.ref.tell(HandOver(feed.name))  # the other one is not warm
    second.is_warm = True
    eventually(lambda: first.tenancy.has_warm_standby(feed.name))
    assert first.steps.empty()
    first.ref.tell(HandOver(feed.name))
    assert first.step() == ("stop", feed.name)
    assert second.step() == ("start", feed.name)
    first.ref.tell(HandOver(feed.name))  # which is its no more


def test_a_host_that_stands_by_ends_that_with_a_drain_and_after_a_failure_and_a_reload(
    begin: Begin, feed: Duty
) -> None:
    begin("h1", duties=[feed]).step()
    second = begin("h2", duties=[feed])
    assert second.step() == ("stand by", feed.name)
    second.ref.tell(DutyFailed(feed.name))
    assert second.step() == ("stand down", feed.name)
    assert second.step() == ("stand by", feed.name)
    second.ref.tell(Assign((), {}))
    assert second.step() == ("stand down", feed.name)
    second.ref.tell(Assign((feed,), {}))
    assert second.step() == ("stand by", feed.name)
    second.ref.tell(Drain())
    assert second.step() == ("stand down", feed.name)
    eventually(lambda: not second.ref.is_alive())


def assert_it_takes_over(host: Notes, feed: Duty) -> None:
    """And keeps it."""
    assert host.step() == ("start", feed.name)
    taken = host.ends[feed.name]
    eventually(lambda: host.ends[feed.name] > taken + TIMES.lease)
    assert host.steps.empty()


def test_a_failure_of_a_standby_during_its_start_begins_it_anew_and_spoils_no_take_over(
    begin: Begin, feed: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_by = Notes.stand_by

    def fails_once(notes: Notes, duty: str) -> str:
        monkeypatch.setattr(Notes, "stand_by", stand_by)
        notes.ref.tell(DutyFailed(duty))
        return stand_by(notes, duty)

    monkeypatch.setattr(Notes, "stand_by", fails_once)
    first = begin("h1", duties=[feed])
    first.step()
    second = begin("h2", duties=[feed])
    assert second.step() == ("stand by", feed.name)
    assert second.step() == ("stand down", feed.name)
    assert second.step() == ("stand by", feed.name)
    first.ref.tell(Drain())
    assert_it_takes_over(second, feed)


def test_a_failure_of_a_standby_during_its_end_spoils_no_take_over(
    begin: Begin, feed: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_down = Notes.stand_down

    def fails(notes: Notes, duty: str) -> None:
        notes.ref.tell(DutyFailed(duty))
        stand_down(notes, duty)

    monkeypatch.setattr(Notes, "stand_down", fails)
    first = begin("h1", duties=[feed])
    first.step()
    second = begin("h2", duties=[feed])
    assert second.step() == ("stand by", feed.name)
    second.ref.tell(DutyFailed(feed.name))
    assert second.step() == ("stand down", feed.name)
    assert second.step() == ("stand by", feed.name)
    first.ref.tell(Drain())
    assert_it_takes_over(second, feed)


@pytest.mark.parametrize("fails", [lambda *_: "no session", lambda *_: 1 / 0])
def test_a_standby_that_cannot_start_is_not_tried_again_at_once(
    begin: Begin, feed: Duty, monkeypatch: pytest.MonkeyPatch, fails: Callable[..., str]
) -> None:
    tries = []

    def stand_by(_: Notes, duty: str) -> str:
        tries.append(duty)
        return fails()

    monkeypatch.setattr(Notes, "stand_by", stand_by)
    begin("h1", duties=[feed]).step()
    second = begin("h2", duties=[feed])
    eventually(lambda: tries != [])
    first = second.renewal
    eventually(lambda: second.renewal is not first)
    assert tries == [feed.name]
    assert second.step() == ("stand down", feed.name)  # a part of it may run
    second.ref.tell(Drain())
    eventually(lambda: not second.ref.is_alive())


def test_a_standby_that_cannot_be_stopped_holds_up_nothing(
    begin: Begin, feed: Duty, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Notes, "stand_down", lambda *_: 1 / 0)
    begin("h1", duties=[feed]).step()
    second = begin("h2", duties=[feed])
    assert second.step() == ("stand by", feed.name)
    second.ref.tell(Drain())
    eventually(lambda: not second.ref.is_alive())


def test_a_host_that_was_restarted_is_given_no_epoch_twice_by_an_engine_that_lost_its_counter(
    begin: Begin, duty: str, engine: Engine, tmp_path: Path
) -> None:
    first = begin("h1", memory=tmp_path / "epochs.json")
    assert first.step() == ("start", duty)
    epoch = first.tenancy.tenures[duty].epoch
    first.ref.stop()
    engine.execute([("DEL", f"tw:{{{duty}}}:epoch", f"tw:{{{duty}}}:lease", f"tw:host:h1-{duty}")])
    again = begin("h1", life="2", memory=tmp_path / "epochs.json")
    assert again.step() == ("start", duty)
    assert again.tenancy.tenures[duty].epoch == epoch + 1


def test_a_lease_that_no_replica_has_is_provisional_until_one_has_it(
    begin: Begin, duty: str, group: EngineGroup
) -> None:
    replica = group.replica()
    replica.stop()
    using = Engine(parse_address(group.url), timeout=0.5)
    try:
        notes = begin("h1", using=using, replicas=1)
        assert notes.step() == ("start", duty)
        tenure = notes.tenancy.tenures[duty]
        assert not tenure.confirmed
        replica.thaw()
        eventually(lambda: tenure.confirmed)
        assert tenure.safe(0.0)  # it was renewed all the time
    finally:
        replica.thaw()
        using.close()


def test_a_host_keeps_its_leases_over_a_failover_of_the_engine(
    begin: Begin, duty: str, group: EngineGroup
) -> None:
    group.replica()
    using = Engine(parse_address(group.url), timeout=0.5)
    try:
        notes = begin("h1", using=using, replicas=1, times=LeaseTimes(lease=60.0, renew=0.2, margin=0.3))
        assert notes.step() == ("start", duty)
        tenure = notes.tenancy.tenures[duty]
        group.fail_over()
        renewed = tenure.safe_until
        eventually(lambda: tenure.safe_until > renewed)
        assert notes.tenancy.tenures == {duty: tenure}
        assert not tenure.lost
    finally:
        using.close()
