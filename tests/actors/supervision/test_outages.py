import itertools
from typing import Any

import pytest

from actors.errors import WorkerDied
from actors.messages.events import OutageBegan, OutageEnded
from actors.supervision.children import OutageSettings
from actors.supervision.effects import OutageLasts, SupervisionEffect
from actors.supervision.outages import LONGEST_PAUSE, Outages
from tests.doubles.supervised_connections import SupervisedConnections, announced, only


class Watched:
    """Two connections, up at first, whose outages are checked each second."""

    def __init__(self, **changes: Any) -> None:
        self.supervised = SupervisedConnections(**changes)
        self.outages = Outages(OutageSettings(30.0))
        self.supervised.up("c1", "c2")
        self.cut: list[SupervisionEffect] = []

    def check(self) -> list[Any]:
        return self.outages.check(self.supervised.connections, self.supervised.now)

    def events_within(self, seconds: int) -> list[tuple[int, Any]]:
        """What is announced in each of these seconds."""
        found: list[tuple[int, Any]] = []
        for second in range(1, seconds + 1):
            self.supervised.now += 1.0
            found += [(second, event) for event in announced(self.check())]
        return found

    def alarms_within(self, seconds: int) -> list[int]:
        found: list[int] = []
        for second in range(1, seconds + 1):
            self.supervised.now += 1.0
            found += [second for _ in only(OutageLasts, self.check())]
        return found

    def all_down(self) -> None:
        self.cut = self.supervised.down("c1", "cut")
        self.supervised.down("c2", "cut")


def test_one_connection_that_is_up_is_no_outage() -> None:
    watched = Watched()
    watched.supervised.down("c1", "cut")
    assert watched.events_within(100) == []


def test_it_begins_once_after_the_time_that_is_set_and_ends_with_the_first_login() -> None:
    watched = Watched()
    watched.all_down()
    assert watched.check() == []
    assert watched.events_within(29) == []
    assert watched.events_within(20) == [(1, OutageBegan(30.0, ["EU: cut"]))]
    assert watched.outages.lasted == 49.0
    watched.supervised.after_backoff(watched.cut)
    watched.supervised.up("c1")
    assert announced(watched.check()) == [OutageEnded(49.0, "EU")]
    assert watched.outages.lasted is None
    assert watched.events_within(100) == []


def test_the_alarm_comes_again_each_time_that_the_outage_is_twice_as_long_and_once_an_hour_in_the_end() -> (
    None
):
    watched = Watched()
    watched.all_down()
    watched.check()
    alarms = watched.alarms_within(20_000)
    assert alarms[:4] == [30, 60, 120, 240]
    pauses = [after - before for before, after in itertools.pairwise(alarms)]
    assert max(pauses) == LONGEST_PAUSE
    assert pauses[-1] == LONGEST_PAUSE


@pytest.mark.parametrize("before", [10, 40])
def test_a_new_time_counts_from_the_beginning_of_the_silence(before: int) -> None:
    watched = Watched()
    watched.all_down()
    watched.check()
    began = [second for second, _ in watched.events_within(before)]
    watched.outages.change(OutageSettings(5.0))
    assert [second for second, _ in watched.events_within(10)] == ([] if began else [1])


def test_connections_that_nobody_wants_are_no_outage() -> None:
    watched = Watched()
    watched.all_down()
    watched.check()
    assert len(watched.events_within(30)) == 1
    watched.supervised.connections.drain()
    assert announced(watched.check()) == [OutageEnded(30.0, "")]
    assert watched.events_within(100) == []


def test_each_region_and_each_lost_worker_says_why() -> None:
    watched = Watched(connections=3)
    supervised = watched.supervised
    supervised.up("c3")
    supervised.connections.on_worker_lost("w2", "the link ended", WorkerDied("the link ended"))
    supervised.down("c3", "cut")
    supervised.after_backoff(supervised.down("c1", "cut"))
    supervised.down("c1", "DialFailed: refused")
    assert supervised.connections.why_down() == ["EU: DialFailed: refused", "w2: the link ended"]
