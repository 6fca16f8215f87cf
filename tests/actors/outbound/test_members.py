import math
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, strategies as st

from actors.messages.commands import LoadCandles
from actors.messages.traffic import ReplyTo, Request
from actors.outbound.member import MemberEvent, MemberState, Role
from actors.outbound.members import START_SPREAD, Members, PoolPlan
from actors.values import Life
from tests.doubles.supervised_connections import WorkerDouble

NAMES = ("c1", "c2", "c3", "c4", "c5")
CAP = 4
IDLE = 60.0


def members_of(connections: int = 3, *, kept: int | None = None, standby: int = 0, up: int = 0) -> Members:
    """A pool of so many, all kept open unless ``kept`` is given; the first ``up`` of them are up at 0."""
    kept = connections if kept is None else kept
    members = Members(PoolPlan(NAMES[:connections], kept, standby, CAP, IDLE))
    for name in NAMES[:up]:
        come_up(members, name)
    return members


def come_up(members: Members, name: str, *, epoch: int = 1, now: float = 0.0, **load: int) -> None:
    members.on_up(Life(name, epoch), now)
    members.assign_roles(load)


def go_down(members: Members, name: str, *, epoch: int = 1, **load: int) -> None:
    assert members.on_down(Life(name, epoch))
    members.take_in_flight(name)
    members.assign_roles(load)


def roles(members: Members) -> dict[str, str]:
    return {member.name: member.role.value for member in members}


def request(id: int) -> Request:
    """No actor awaits number 0."""
    reply_to = ReplyTo.CANDLES if id else ReplyTo.NONE
    return Request(id, LoadCandles("A", 60), math.inf, reply_to=reply_to)


def answer(members: Members, name: str, seconds: float, id: int = 1) -> None:
    members.on_sent(name, request(id), 0.0)
    members.on_done(request(id).key, seconds, succeeded=True)


# Roles


def test_a_connection_that_is_not_up_has_no_role() -> None:
    members = members_of()
    members.assign_roles({})
    assert roles(members) == {"c1": "", "c2": "", "c3": ""}
    assert (members.account, members.markets, members.if_up("c1")) == ("", [], "")


def test_the_first_has_the_account_and_the_others_the_markets() -> None:
    members = members_of(3, up=3)
    assert members.account == "c1"
    assert members.markets == ["c2", "c3"]


def test_there_is_no_standby_before_all_needed_connections_are_up() -> None:
    members = members_of(3, standby=1, up=2)
    assert roles(members) == {"c1": "account", "c2": "market", "c3": ""}
    come_up(members, "c3", c2=1)
    assert roles(members) == {"c1": "account", "c2": "market", "c3": "standby"}


def test_a_standby_takes_the_account_and_the_lost_connection_returns_as_standby() -> None:
    members = members_of(3, standby=1, up=2)
    come_up(members, "c3", c2=1)
    go_down(members, "c1", c2=1)
    assert roles(members) == {"c1": "", "c2": "market", "c3": "account"}
    come_up(members, "c1", epoch=2, c2=1)
    assert roles(members) == {"c1": "standby", "c2": "market", "c3": "account"}


def test_without_a_standby_the_least_loaded_takes_the_account() -> None:
    members = members_of(3, up=3)
    go_down(members, "c1", c2=3, c3=1)
    assert roles(members) == {"c1": "", "c2": "market", "c3": "account"}


def test_a_standby_stays_a_standby() -> None:
    members = members_of(4, standby=1, up=3)
    come_up(members, "c4", c2=1, c3=1)
    assert roles(members)["c4"] == "standby"
    members.assign_roles({})
    assert roles(members) == {"c1": "account", "c2": "market", "c3": "market", "c4": "standby"}


def test_a_connection_that_streams_wait_for_is_no_standby() -> None:
    members = members_of(3, kept=0, standby=1, up=3)
    members.assign_roles({"": 3 * CAP})
    assert roles(members) == {"c1": "account", "c2": "market", "c3": "market"}


def test_the_end_of_another_life_changes_nothing() -> None:
    members = members_of(1)
    assert not members.on_down(Life("c1", 0))
    come_up(members, "c1", epoch=2)
    assert not members.on_down(Life("c1", 1))
    assert members.if_up("c1") == "c1"
    assert members.on_down(Life("c1", 2))
    assert not members.on_down(Life("c1", 2))


def test_an_unknown_connection_is_not_up() -> None:
    members = members_of(1, up=1)
    assert "c2" not in members
    assert members.if_up("c2") == members.if_up("") == ""


def test_the_capacity_is_that_of_all_connections_without_the_standbys() -> None:
    assert members_of(5, kept=2, standby=1).capacity == 4 * CAP


# Requests


def test_a_request_goes_to_the_connection_that_answers_soonest() -> None:
    members = members_of(3, up=3)
    answer(members, "c2", 2.0)
    answer(members, "c3", 0.5)
    assert members.choose() == "c3"
    for id in range(10, 14):
        members.on_sent("c3", request(id), 10.0)
    assert members.choose() == "c2"


def test_a_connection_that_never_answers_does_not_attract_every_request() -> None:
    members = members_of(3, up=3)
    answer(members, "c3", 0.5)
    for id in range(10, 30):
        members.on_sent("c2", request(id), 0.0)
        members.on_done(request(id).key, 10.0, succeeded=False)
    assert members.choose() == "c3"


def test_requests_without_an_answer_are_distributed_evenly() -> None:
    """Before the first answer, two connections differ only in what each has in flight."""
    members = members_of(3, up=3)
    taken: Counter[str] = Counter()
    for id in range(1, 9):
        name = members.choose()
        members.on_sent(name, request(id), 0.0)
        taken[name] += 1
    assert taken == {"c2": 4, "c3": 4}


def test_the_account_takes_requests_if_there_is_no_other_connection() -> None:
    assert members_of(3).choose() == ""
    assert members_of(3, up=1).choose() == "c1"


def test_a_request_is_done_once() -> None:
    members = members_of(1, up=1)
    members.on_sent("c1", request(7), 1.0)
    assert members["c1"].in_flight
    assert members.on_done(request(7).key, 1.5, succeeded=True) == request(7)
    assert members.on_done(request(7).key, 1.5, succeeded=True) is None
    assert members.status()[0].requests.average == 0.5
    assert not members["c1"].in_flight


def test_a_request_that_nobody_awaits_is_not_in_flight() -> None:
    members = members_of(1, up=1)
    members.on_sent("c1", request(0), 1.0)
    assert not members["c1"].in_flight


def test_a_request_that_is_lost_with_its_connection_is_a_failure_of_that_connection() -> None:
    members = members_of(2, up=2)
    members.on_sent("c1", request(1), 0.0)
    members.on_sent("c2", request(2), 0.0)
    members.on_down(Life("c1", 1))
    assert members.take_in_flight("c1") == [request(1)]
    assert members.take_in_flight("c1") == []
    assert members.on_done(request(1).key, 1.0, succeeded=True) is None
    assert [each.requests.failures for each in members.status()] == [1, 0]
    assert list(members["c2"].in_flight) == [request(2).key]


# Opening and closing


def test_the_kept_connections_wait_for_each_other_only_at_the_start() -> None:
    members = members_of(2)
    assert not members.others_come(100.0)
    come_up(members, "c1", now=100.0)
    assert members.others_come(100.0 + START_SPREAD / 2)
    assert not members.others_come(100.0 + START_SPREAD)
    members["c2"].on(MemberEvent.QUARANTINE)
    assert not members.others_come(100.0)


def test_as_many_are_opened_as_the_streams_and_the_standby_need() -> None:
    members = members_of(5, kept=0, standby=1)
    assert members.to_open({}, at_least_one=False) == []
    assert members.to_open({"": 1}, at_least_one=False) == ["c1", "c2"]
    assert members.to_open({"": CAP}, at_least_one=False) == []
    assert members.to_open({"": CAP + 1}, at_least_one=False) == ["c3"]
    assert members.to_open({"": 100}, at_least_one=False) == ["c4", "c5"]


def test_one_is_opened_for_a_request_that_waits() -> None:
    members = members_of(3, kept=0)
    assert members.to_open({}, at_least_one=True) == ["c1"]
    assert members.to_open({}, at_least_one=True) == []


def test_a_quarantined_connection_is_replaced() -> None:
    members = members_of(3, kept=1)
    members["c1"].on(MemberEvent.QUARANTINE)
    assert members.to_open({"": 1}, at_least_one=False) == ["c2"]


def test_idle_connections_are_closed_and_the_account_last() -> None:
    members = members_of(3, kept=0)
    members.to_open({"": 3 * CAP}, at_least_one=False)
    for name in ("c1", "c2", "c3"):
        come_up(members, name)
    assert members.to_close({}, IDLE) == []
    assert members.to_close({"c2": 1}, IDLE + 1) == ["c3", "c1"]
    assert members.to_close({"c2": 1}, IDLE + 1) == []


def test_the_connection_of_the_account_stays_open_while_another_can_be_closed() -> None:
    members = members_of(3, kept=0)
    members.to_open({"": 3 * CAP}, at_least_one=False)
    for name in ("c1", "c2", "c3"):
        come_up(members, name)
    assert members.to_close({"c2": 1, "": CAP}, IDLE + 1) == ["c3"]


def test_a_kept_or_busy_connection_is_not_closed() -> None:
    members = members_of(4, kept=1)
    members.to_open({"": 4 * CAP}, at_least_one=False)
    for name in NAMES[:4]:
        come_up(members, name)
    members.on_sent("c2", request(1), 0.0)
    members.keep_busy(1000.0)
    assert members.to_close({"c3": 0}, IDLE + 1) == ["c3", "c4"]
    members.on_done(request(1).key, IDLE, succeeded=True)
    assert members.to_close({}, 2 * IDLE) == []
    assert members.to_close({}, 2 * IDLE + 1) == ["c2"]


def test_the_account_is_not_idle_while_deals_are_open() -> None:
    members = members_of(1, kept=0)
    members.to_open({}, at_least_one=True)
    come_up(members, "c1")
    members.keep_busy(100.0)
    members.keep_busy(50.0)
    assert members.to_close({}, 100.0 + IDLE) == []
    assert members.to_close({}, 101.0 + IDLE) == ["c1"]


def test_a_needed_connection_is_not_closed_when_another_is_quarantined() -> None:
    """It would be opened again at once and closed again when idle, for ever."""
    members = members_of(3, kept=0, standby=1)
    members.to_open({"": CAP}, at_least_one=False)
    members["c1"].on(MemberEvent.QUARANTINE)
    assert members.to_open({"": CAP}, at_least_one=False) == ["c3"]
    come_up(members, "c2", c2=CAP)
    come_up(members, "c3", c2=CAP)
    assert members.to_close({"c2": CAP}, IDLE + 1) == []


# Any sequence of events

EVENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["up", "down", "quarantine"]), st.sampled_from(NAMES)),
        st.tuples(st.sampled_from(["send", "done", "fail"]), st.integers(1, 6)),
        st.tuples(st.just("load"), st.dictionaries(st.sampled_from(["", *NAMES]), st.integers(0, CAP))),
        st.tuples(st.sampled_from(["open", "close"]), st.booleans()),
    ),
    max_size=40,
)


class Play:
    """Members through any events; only connections that are up have a load, as with streams."""

    def __init__(self, kept: int, standby: int) -> None:
        self.members = Members(PoolPlan(NAMES, kept, standby, CAP, IDLE))
        self.load: Mapping[str, int] = {}
        self.flying: dict[int, str] = {}
        self.epoch = 0
        self.now = 0.0

    def apply(self, what: str, which: object) -> None:
        members, self.now = self.members, self.now + 30.0
        match what, which:
            case "up", str(name) if not members.if_up(name):
                self.epoch += 1
                members.on_up(Life(name, self.epoch), self.now)
            case "down", str(name) if members.if_up(name):
                members.on_down(members.life(name) or Life(name, 0))
                lost = {each.id for each in members.take_in_flight(name)}
                assert lost == {id for id, carrier in self.flying.items() if carrier == name}
                self.flying = {id: carrier for id, carrier in self.flying.items() if carrier != name}
            case "quarantine", str(name):
                members[name].on(MemberEvent.QUARANTINE)
            case "send", int(id) if name := members.choose():
                members.on_sent(name, request(id), self.now)
                self.flying[id] = name
            case "done" | "fail", int(id):
                done = members.on_done(request(id).key, self.now, succeeded=what == "done")
                assert (done is not None) == (self.flying.pop(id, None) is not None)
            case "load", dict(load):
                self.load = load
            case "open", bool(some):
                members.to_open(self.load, at_least_one=some)
            case "close", _:
                members.to_close(self.load, self.now)
        self.load = {name: count for name, count in self.load.items() if not name or members.if_up(name)}
        members.assign_roles(self.load)


@given(EVENTS, st.integers(0, 5), st.integers(0, 3))
def test_through_any_events_the_roles_are_as_promised_and_every_request_is_in_flight_once(
    events: list[tuple[str, object]], kept: int, standby: int
) -> None:
    play = Play(kept, standby)
    for what, which in events:
        had = play.members.account
        play.apply(what, which)
        members, up = play.members, [each for each in play.members if each.up]
        by_role = Counter(member.role for member in members)
        assert by_role[Role.ACCOUNT] == bool(up)
        assert by_role[Role.STANDBY] <= standby
        assert all((member.role is Role.NONE) == (member not in up) for member in members)
        assert not [each for each in members if each.role is Role.STANDBY and play.load.get(each.name)]
        assert members.account == had or not had or members[had] not in up
        bearers = math.ceil(sum(play.load.values()) / CAP)
        assert len(up) - by_role[Role.STANDBY] >= min(bearers, len(up))
        assert members.choose() == "" if not up else members.choose() in {*members.markets, members.account}
        flying = {id: member.name for member in members for _, id in member.in_flight}
        assert flying == play.flying
        assert [(each.name, each.role) for each in members.status()] == list(roles(members).items())


@given(EVENTS, st.integers(0, 5), st.integers(0, 3))
def test_a_connection_that_was_closed_is_not_opened_again_at_once(
    events: list[tuple[str, object]], kept: int, standby: int
) -> None:
    play = Play(kept, standby)
    for what, which in events:
        play.apply(what, which)
        if play.members.to_close(play.load, play.now + 2 * IDLE):
            assert play.members.to_open(play.load, at_least_one=False) == []


@pytest.mark.parametrize("some", [True, False])
@given(EVENTS, st.integers(0, 5), st.integers(0, 3))
def test_a_connection_that_is_opened_was_not_wanted_before(
    some: bool, events: list[tuple[str, object]], kept: int, standby: int
) -> None:
    play = Play(kept, standby)
    for what, which in events:
        play.apply(what, which)
        before = {member.name: member.wanted for member in play.members}
        for name in play.members.to_open(play.load, at_least_one=some):
            assert not before[name]
            assert play.members[name].wanted
            assert play.members[name].state in {MemberState.OPENING, MemberState.REOPENING}


# Workers


def test_a_connection_of_a_lost_worker_is_not_opened_until_it_has_a_worker_again() -> None:
    members = members_of(2, kept=0)
    members["c1"].set_worker(None)
    assert members.to_open({}, at_least_one=True) == ["c2"]
    members["c1"].set_worker(WorkerDouble(1))
    assert members.to_open({"": 2 * CAP}, at_least_one=False) == ["c1"]


def test_a_connection_that_a_person_restarts_is_closed_when_it_is_idle() -> None:
    members = members_of(1, kept=0, up=1)
    assert members.to_close({}, IDLE + 1) == ["c1"]


def test_members_show_their_states_and_what_is_in_flight() -> None:
    members = members_of(3, kept=2, up=1)
    members.on_sent("c1", request(1), 0.0)
    assert repr(members) == "<Members: 1 closed, 1 opening, 1 up; 1 in flight>"
    assert [repr(member) for member in members] == [
        "<c1: up account, 1 in flight>",
        "<c2: opening, 0 in flight>",
        "<c3: closed, 0 in flight>",
    ]
