from typing import Any

import pytest

from actors.errors import TransportError
from actors.messages.events import ConnectionDown, ConnectionUp, Heartbeat
from actors.messages.lifecycle import ConnectionSettings
from actors.policy.backoff import Backoff, linear
from actors.policy.children import ChildState, Family, Plan
from actors.values import Region, Secret

SETTINGS = ConnectionSettings(Secret("s"), "", {}, True, 1, 1, 1, 1, 1, 1)


class Process:
    """Stands for a worker process by its number alone."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def tell(self, message: Any) -> None:
        raise AssertionError("a policy tells nobody anything")

    def kill(self) -> None:
        raise AssertionError("a policy kills nobody")


def family(connections: int = 3, *, workers: bool = True) -> Family:
    return Family(
        Plan(
            hosts=("w1", "w2") if workers else ("main",),
            workers=workers,
            connections=tuple(f"c{number}" for number in range(1, connections + 1)),
            regions=(Region("EU", "wss://eu"), Region("US", "wss://us", 1)),
            settings=SETTINGS,
            new_backoff=lambda: Backoff(linear(1, 60, jitter=False)),
            reset_after=10.0,
            heartbeat_timeout=5.0,
        )
    )


def running(connections: int = 3) -> Family:
    """All hosts and connections are up, heard of at moment 0."""
    home = family(connections)
    for number, host in enumerate(home.hosts.values(), 1):
        host.started(Process(number), 0.0)
        home.heard(beat(host.name, number), 0.0)
    for child in home.connections.values():
        child.start(SETTINGS)
        home.connection_up(ConnectionUp(child.name, 1, "EU"))
    return home


def beat(worker: str, pid: int) -> Heartbeat:
    return Heartbeat(worker, pid, 1.5, 1024)


def test_connections_are_dealt_out_to_the_hosts_in_turn() -> None:
    home = family(connections=5)
    assert {name: child.host for name, child in home.connections.items()} == {
        "c1": "w1",
        "c2": "w2",
        "c3": "w1",
        "c4": "w2",
        "c5": "w1",
    }
    assert [child.name for child in home.living_on("w2")] == ["c2", "c4"]


def test_children_are_found_by_name() -> None:
    home = family()
    assert home["c1"] is home.connections["c1"]
    assert home["w2"] is home.hosts["w2"]
    with pytest.raises(KeyError):
        home["stranger"]


def test_each_child_has_its_own_backoff_and_its_own_way_through_the_regions() -> None:
    home = family()
    one, two = home.connections["c1"], home.connections["c2"]
    one.backoff.failed(TransportError("x"))
    one.regions.next()
    assert (two.backoff.attempts, two.regions.current.name) == (0, "EU")


def test_each_start_is_a_new_life() -> None:
    child = family().connections["c1"]
    assert (child.epoch, child.state) == (0, ChildState.STOPPED)
    child.start(SETTINGS)
    assert (child.epoch, child.state) == (1, ChildState.STARTING)
    child.start(SETTINGS)
    assert child.epoch == 2


def test_news_of_an_earlier_life_change_nothing() -> None:
    home = family()
    child = home.connections["c1"]
    child.start(SETTINGS)
    child.start(SETTINGS)
    assert home.connection_up(ConnectionUp("c1", 1, "EU")) is None
    assert child.state.value == "starting"
    assert home.connection_up(ConnectionUp("c1", 2, "EU")) is child
    assert child.state.value == "up"


def test_failures_are_forgotten_after_a_life_that_lasted() -> None:
    home = running()
    child = home.connections["c1"]
    child.backoff.failed(TransportError("x"))
    child.stable(2)
    assert child.backoff.attempts == 1
    child.state = ChildState.WAITING
    child.stable(1)
    assert child.backoff.attempts == 1
    child.state = ChildState.UP
    child.stable(1)
    assert child.backoff.attempts == 0


def test_the_first_heartbeat_of_a_life_is_told_from_the_others() -> None:
    home = family()
    host = home.hosts["w1"]
    host.started(Process(1), 0.0)
    assert home.heard(beat("w1", 1), 1.0) is host
    assert host.state is ChildState.UP
    assert home.heard(beat("w1", 1), 2.0) is None
    host.started(Process(2), 3.0)
    assert home.heard(beat("w1", 2), 4.0) is host


def test_the_heartbeat_of_a_process_that_is_gone_counts_for_nothing() -> None:
    home = family()
    host = home.hosts["w1"]
    assert home.heard(beat("w1", 1), 1.0) is None
    host.started(Process(2), 2.0)
    assert home.heard(beat("w1", 1), 3.0) is None
    assert (host.state, host.heard_at) == (ChildState.STARTING, 2.0)


def test_the_silent_are_the_processes_not_heard_of() -> None:
    home = running()
    home.heard(beat("w2", 2), 8.0)
    silent = home.silent(5.0)
    assert [(host.name, process.pid) for host, process in silent] == [("w1", 1)]
    home.host_down(home.hosts["w1"], "killed")
    assert home.silent(5.0) == []


def test_a_process_that_never_spoke_is_silent_since_its_start() -> None:
    home = family()
    home.hosts["w1"].started(Process(1), 4.0)
    assert home.silent(4.0) == []
    assert [host.name for host, _ in home.silent(4.5)] == ["w1"]


def test_the_main_process_is_never_silent() -> None:
    home = family(workers=False)
    home.hosts["main"].started(Process(0), 0.0)
    assert home.silent(1e9) == []


def test_with_a_host_go_its_connections() -> None:
    home = running(connections=5)
    home.connections["c3"].state = ChildState.WAITING
    home.connections["c5"].state = ChildState.QUARANTINED
    news = home.host_down(home.hosts["w1"], "killed")
    assert news == [ConnectionDown("c1", 1, "EU", "killed", was_ready=True)]
    states = {name: child.state.value for name, child in home.connections.items()}
    assert states == {"c1": "stopped", "c2": "up", "c3": "stopped", "c4": "up", "c5": "quarantined"}
    assert home.connections["c1"].last_error == "killed"
    assert home.connections["c1"].restarts == 1
    assert home.connections["c2"].restarts == 0
    assert [process.pid for process in home.processes()] == [2]


def test_a_connection_on_its_way_up_goes_down_without_having_been_ready() -> None:
    home = running(connections=1)
    home.connections["c1"].start(SETTINGS)
    (down,) = home.host_down(home.hosts["w1"], "killed")
    assert (down.epoch, down.was_ready) == (2, False)


def test_it_is_lost_when_every_connection_or_any_host_is_given_up() -> None:
    home = running(connections=2)
    assert not home.lost()
    home.connections["c1"].state = ChildState.QUARANTINED
    assert not home.lost()
    home.connections["c2"].state = ChildState.QUARANTINED
    assert home.lost()
    other = running()
    other.hosts["w2"].state = ChildState.QUARANTINED
    assert other.lost()


@pytest.mark.parametrize(
    ("state", "alive"),
    [
        (ChildState.STOPPED, False),
        (ChildState.STARTING, True),
        (ChildState.UP, True),
        (ChildState.WAITING, False),
        (ChildState.QUARANTINED, False),
    ],
)
def test_it_is_alive_while_a_connection_is_up_or_on_its_way(state: ChildState, alive: bool) -> None:
    home = running(connections=1)
    home.connections["c1"].state = state
    assert home.alive() is alive


def test_the_status_shows_every_child() -> None:
    home = running(connections=1)
    home.connections["c1"].regions.next()
    home.host_down(home.hosts["w2"], "killed")
    part = home.part()
    (connection,) = part.connections
    assert (connection.name, connection.worker, connection.region) == ("c1", "w1", "US")
    assert (connection.state, connection.epoch) == ("up", 1)
    up, down = part.workers
    assert (up.name, up.pid, up.state, up.cpu_seconds, up.rss_bytes) == ("w1", 1, "up", 1.5, 1024)
    assert (down.name, down.pid) == ("w2", 0)


def test_the_main_process_is_no_worker() -> None:
    home = family(workers=False)
    assert home.part().workers == ()
    home.hosts["main"].started(Process(0), 0.0)
    assert home.part().workers == ()
