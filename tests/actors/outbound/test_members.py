import math
from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, strategies as st

from actors.messages.commands import LoadCandles
from actors.messages.traffic import ReplyTo, Request
from actors.outbound.members import COMING, Members, PoolPlan, Role

NAMES = ("c1", "c2", "c3", "c4", "c5")
CAP = 4
IDLE = 60.0


def roster_of(connections: int = 3, *, kept: int | None = None, standby: int = 0, up: int = 0) -> Members:
    """A pool of so many, all kept open unless ``kept`` is given; the first ``up`` of them are up at 0."""
    kept = connections if kept is None else kept
    roster = Members(PoolPlan(NAMES[:connections], kept, standby, CAP, IDLE))
    for name in NAMES[:up]:
        come_up(roster, name)
    return roster


def come_up(roster: Members, name: str, *, epoch: int = 1, now: float = 0.0, **load: int) -> None:
    roster.up(name, epoch, now)
    roster.cast(load)


def go_down(roster: Members, name: str, *, epoch: int = 1, **load: int) -> None:
    assert roster.down(name, epoch)
    roster.take_lost(name)
    roster.cast(load)


def roles(roster: Members) -> dict[str, str]:
    return {member.name: member.role.value for member in roster}


def request(id: int) -> Request:
    """Nobody awaits number 0."""
    reply_to = ReplyTo.CANDLES if id else ReplyTo.NOBODY
    return Request(id, LoadCandles("A", 60), math.inf, reply_to=reply_to)


def answer(roster: Members, name: str, seconds: float, id: int = 1) -> None:
    roster.sent(name, request(id), 0.0)
    roster.settled(request(id).key, seconds, succeeded=True)


# Roles


def test_who_is_not_up_has_no_role() -> None:
    roster = roster_of()
    roster.cast({})
    assert roles(roster) == {"c1": "", "c2": "", "c3": ""}
    assert (roster.account, roster.markets, roster.if_up("c1")) == ("", [], "")


def test_the_first_has_the_account_and_the_others_the_markets() -> None:
    roster = roster_of(3, up=3)
    assert roster.account == "c1"
    assert roster.markets == ["c2", "c3"]


def test_nobody_stands_by_before_all_that_are_needed_are_up() -> None:
    roster = roster_of(3, standby=1, up=2)
    assert roles(roster) == {"c1": "account", "c2": "market", "c3": ""}
    come_up(roster, "c3", c2=1)
    assert roles(roster) == {"c1": "account", "c2": "market", "c3": "standby"}


def test_the_account_goes_to_one_that_stands_by_and_the_lost_one_stands_by_when_it_is_back() -> None:
    roster = roster_of(3, standby=1, up=2)
    come_up(roster, "c3", c2=1)
    go_down(roster, "c1", c2=1)
    assert roles(roster) == {"c1": "", "c2": "market", "c3": "account"}
    come_up(roster, "c1", epoch=2, c2=1)
    assert roles(roster) == {"c1": "standby", "c2": "market", "c3": "account"}


def test_without_one_that_stands_by_the_least_loaded_takes_the_account() -> None:
    roster = roster_of(3, up=3)
    go_down(roster, "c1", c2=3, c3=1)
    assert roles(roster) == {"c1": "", "c2": "market", "c3": "account"}


def test_who_stands_by_goes_on_standing_by() -> None:
    roster = roster_of(4, standby=1, up=3)
    come_up(roster, "c4", c2=1, c3=1)
    assert roles(roster)["c4"] == "standby"
    roster.cast({})
    assert roles(roster) == {"c1": "account", "c2": "market", "c3": "market", "c4": "standby"}


def test_what_streams_wait_for_does_not_stand_by() -> None:
    roster = roster_of(3, kept=0, standby=1, up=3)
    roster.cast({"": 3 * CAP})
    assert roles(roster) == {"c1": "account", "c2": "market", "c3": "market"}


def test_the_news_of_another_life_say_nothing() -> None:
    roster = roster_of(1)
    assert not roster.down("c1", 0)
    come_up(roster, "c1", epoch=2)
    assert not roster.down("c1", 1)
    assert roster.if_up("c1") == "c1"
    assert roster.down("c1", 2)
    assert not roster.down("c1", 2)


def test_a_stranger_is_not_up() -> None:
    roster = roster_of(1, up=1)
    assert "c2" not in roster
    assert roster.if_up("c2") == roster.if_up("") == ""


def test_the_room_is_of_all_that_may_be_open_but_those_that_stand_by() -> None:
    assert roster_of(5, kept=2, standby=1).room == 4 * CAP


# Requests


def test_a_request_goes_where_it_is_answered_soonest() -> None:
    roster = roster_of(3, up=3)
    answer(roster, "c2", 2.0)
    answer(roster, "c3", 0.5)
    assert roster.choose() == "c3"
    for id in range(10, 14):
        roster.sent("c3", request(id), 10.0)
    assert roster.choose() == "c2"


def test_one_that_never_answers_does_not_attract_everything() -> None:
    roster = roster_of(3, up=3)
    answer(roster, "c3", 0.5)
    for id in range(10, 30):
        roster.sent("c2", request(id), 0.0)
        roster.settled(request(id).key, 10.0, succeeded=False)
    assert roster.choose() == "c3"


def test_requests_that_nobody_has_answered_yet_are_dealt_out() -> None:
    """Before the first answer, all that is known of two connections is what each has in flight."""
    roster = roster_of(3, up=3)
    taken: Counter[str] = Counter()
    for id in range(1, 9):
        name = roster.choose()
        roster.sent(name, request(id), 0.0)
        taken[name] += 1
    assert taken == {"c2": 4, "c3": 4}


def test_the_account_answers_where_there_is_no_other() -> None:
    assert roster_of(3).choose() == ""
    assert roster_of(3, up=1).choose() == "c1"


def test_a_request_is_settled_once() -> None:
    roster = roster_of(1, up=1)
    roster.sent("c1", request(7), 1.0)
    assert roster["c1"].in_flight
    assert roster.settled(request(7).key, 1.5, succeeded=True) == request(7)
    assert roster.settled(request(7).key, 1.5, succeeded=True) is None
    assert roster.figures()[0].requests.average == 0.5
    assert not roster["c1"].in_flight


def test_what_nobody_waits_for_is_not_in_flight() -> None:
    roster = roster_of(1, up=1)
    roster.sent("c1", request(0), 1.0)
    assert not roster["c1"].in_flight


def test_what_is_lost_with_its_connection_is_a_failure_of_it() -> None:
    roster = roster_of(2, up=2)
    roster.sent("c1", request(1), 0.0)
    roster.sent("c2", request(2), 0.0)
    roster.down("c1", 1)
    assert roster.take_lost("c1") == [request(1)]
    assert roster.take_lost("c1") == []
    assert roster.settled(request(1).key, 1.0, succeeded=True) is None
    assert [each.requests.failures for each in roster.figures()] == [1, 0]
    assert list(roster["c2"].in_flight) == [request(2).key]


# Opening and closing


def test_those_that_are_kept_wait_for_each_other_at_the_start_alone() -> None:
    roster = roster_of(2)
    assert not roster.others_come(100.0)
    come_up(roster, "c1", now=100.0)
    assert roster.others_come(100.0 + COMING / 2)
    assert not roster.others_come(100.0 + COMING)
    roster["c2"].given_up = True
    assert not roster.others_come(100.0)


def test_as_many_are_opened_as_the_streams_need_and_the_standby() -> None:
    roster = roster_of(5, kept=0, standby=1)
    assert roster.to_open({}, some=False) == []
    assert roster.to_open({"": 1}, some=False) == ["c1", "c2"]
    assert roster.to_open({"": CAP}, some=False) == []
    assert roster.to_open({"": CAP + 1}, some=False) == ["c3"]
    assert roster.to_open({"": 100}, some=False) == ["c4", "c5"]


def test_one_is_opened_for_who_waits() -> None:
    roster = roster_of(3, kept=0)
    assert roster.to_open({}, some=True) == ["c1"]
    assert roster.to_open({}, some=True) == []


def test_one_that_is_given_up_is_replaced() -> None:
    roster = roster_of(3, kept=1)
    roster["c1"].given_up = True
    assert roster.to_open({"": 1}, some=False) == ["c2"]


def test_what_was_idle_for_long_enough_is_closed_the_account_last() -> None:
    roster = roster_of(3, kept=0)
    roster.to_open({"": 3 * CAP}, some=False)
    for name in ("c1", "c2", "c3"):
        come_up(roster, name)
    assert roster.to_close({}, IDLE) == []
    assert roster.to_close({"c2": 1}, IDLE + 1) == ["c3", "c1"]
    assert roster.to_close({"c2": 1}, IDLE + 1) == []


def test_the_accounts_connection_is_kept_while_another_can_be_closed() -> None:
    roster = roster_of(3, kept=0)
    roster.to_open({"": 3 * CAP}, some=False)
    for name in ("c1", "c2", "c3"):
        come_up(roster, name)
    assert roster.to_close({"c2": 1, "": CAP}, IDLE + 1) == ["c3"]


def test_who_is_kept_or_busy_is_not_closed() -> None:
    roster = roster_of(4, kept=1)
    roster.to_open({"": 4 * CAP}, some=False)
    for name in NAMES[:4]:
        come_up(roster, name)
    roster.sent("c2", request(1), 0.0)
    roster.keep_busy(1000.0)
    assert roster.to_close({"c3": 0}, IDLE + 1) == ["c3", "c4"]
    roster.settled(request(1).key, IDLE, succeeded=True)
    assert roster.to_close({}, 2 * IDLE) == []
    assert roster.to_close({}, 2 * IDLE + 1) == ["c2"]


def test_the_account_is_not_idle_while_it_is_watched() -> None:
    roster = roster_of(1, kept=0)
    roster.to_open({}, some=True)
    come_up(roster, "c1")
    roster.keep_busy(100.0)
    roster.keep_busy(50.0)
    assert roster.to_close({}, 100.0 + IDLE) == []
    assert roster.to_close({}, 101.0 + IDLE) == ["c1"]


def test_what_is_needed_is_not_closed_because_another_was_given_up() -> None:
    """It would be opened again at once, and closed again when it is idle: in turn, for ever."""
    roster = roster_of(3, kept=0, standby=1)
    roster.to_open({"": CAP}, some=False)
    roster["c1"].given_up = True
    assert roster.to_open({"": CAP}, some=False) == ["c3"]
    come_up(roster, "c2", c2=CAP)
    come_up(roster, "c3", c2=CAP)
    assert roster.to_close({"c2": CAP}, IDLE + 1) == []


# Whatever happens

HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["up", "down", "give up"]), st.sampled_from(NAMES)),
        st.tuples(st.sampled_from(["send", "settle", "fail"]), st.integers(1, 6)),
        st.tuples(st.just("load"), st.dictionaries(st.sampled_from(["", *NAMES]), st.integers(0, CAP))),
        st.tuples(st.sampled_from(["open", "close"]), st.booleans()),
    ),
    max_size=40,
)


class Play:
    """A roster through any happenings; loads are of those that are up alone, as the streams' are."""

    def __init__(self, kept: int, standby: int) -> None:
        self.roster = Members(PoolPlan(NAMES, kept, standby, CAP, IDLE))
        self.load: Mapping[str, int] = {}
        self.flying: dict[int, str] = {}
        self.epoch = 0
        self.now = 0.0

    def happen(self, what: str, which: object) -> None:
        roster, self.now = self.roster, self.now + 30.0
        match what, which:
            case "up", str(name) if not roster.if_up(name):
                self.epoch += 1
                roster.up(name, self.epoch, self.now)
            case "down", str(name) if roster.if_up(name):
                roster.down(name, roster[name].epoch)
                lost = {each.id for each in roster.take_lost(name)}
                assert lost == {id for id, carrier in self.flying.items() if carrier == name}
                self.flying = {id: carrier for id, carrier in self.flying.items() if carrier != name}
            case "give up", str(name):
                roster[name].given_up = True
            case "send", int(id) if name := roster.choose():
                roster.sent(name, request(id), self.now)
                self.flying[id] = name
            case "settle" | "fail", int(id):
                settled = roster.settled(request(id).key, self.now, succeeded=what == "settle")
                assert (settled is not None) == (self.flying.pop(id, None) is not None)
            case "load", dict(load):
                self.load = load
            case "open", bool(some):
                roster.to_open(self.load, some=some)
            case "close", _:
                roster.to_close(self.load, self.now)
        self.load = {name: count for name, count in self.load.items() if not name or roster.if_up(name)}
        roster.cast(self.load)


@given(HAPPENINGS, st.integers(0, 5), st.integers(0, 3))
def test_through_anything_the_roles_are_as_promised_and_no_request_is_lost_sight_of(
    happenings: list[tuple[str, object]], kept: int, standby: int
) -> None:
    play = Play(kept, standby)
    for what, which in happenings:
        had = play.roster.account
        play.happen(what, which)
        roster, up = play.roster, [each for each in play.roster if each.epoch and not each.closing]
        by_role = Counter(member.role for member in roster)
        assert by_role[Role.ACCOUNT] == bool(up)
        assert by_role[Role.STANDBY] <= standby
        assert all((member.role is Role.NONE) == (member not in up) for member in roster)
        assert not [each for each in roster if each.role is Role.STANDBY and play.load.get(each.name)]
        assert roster.account == had or not had or roster[had] not in up
        bearers = math.ceil(sum(play.load.values()) / CAP)
        assert len(up) - by_role[Role.STANDBY] >= min(bearers, len(up))
        assert roster.choose() == "" if not up else roster.choose() in {*roster.markets, roster.account}
        flying = {id: member.name for member in roster for _, id in member.in_flight}
        assert flying == play.flying
        assert [(each.name, each.role) for each in roster.figures()] == list(roles(roster).items())


@given(HAPPENINGS, st.integers(0, 5), st.integers(0, 3))
def test_what_was_closed_is_not_wanted_again_at_once(
    happenings: list[tuple[str, object]], kept: int, standby: int
) -> None:
    play = Play(kept, standby)
    for what, which in happenings:
        play.happen(what, which)
        if play.roster.to_close(play.load, play.now + 2 * IDLE):
            assert play.roster.to_open(play.load, some=False) == []


@pytest.mark.parametrize("some", [True, False])
@given(HAPPENINGS, st.integers(0, 5), st.integers(0, 3))
def test_whoever_is_opened_was_not_wanted_before(
    some: bool, happenings: list[tuple[str, object]], kept: int, standby: int
) -> None:
    play = Play(kept, standby)
    for what, which in happenings:
        play.happen(what, which)
        before = {member.name: member.wanted for member in play.roster}
        for name in play.roster.to_open(play.load, some=some):
            assert not before[name]
            assert play.roster[name].wanted
            assert not play.roster[name].given_up
