"""What a host tries for, renews and ends; and many hosts together, with an engine that keeps the leases."""

import math

from hypothesis import given, settings, strategies as st

from actors.tenancy.rank import ranking
from actors.tenancy.tenancy import (
    MOVE_RETRY,
    RANK_DELAY,
    WAITS_FOR_STANDBY,
    Duty,
    LeaseTimes,
    Tenancy,
)

TIMES = LeaseTimes(lease=5.0, renew=1.0, margin=0.5)
SAFE = TIMES.lease - TIMES.margin


def one(*duties: Duty) -> Tenancy:
    tenancy = Tenancy("h1", duties or [Duty("a")], TIMES)
    tenancy.begin(0.0)
    return tenancy


def test_a_host_alone_tries_at_once() -> None:
    tenancy = one()
    assert tenancy.due(0.0) == "a"
    tenure = tenancy.acquired("a", 1, asked_at=10.0)
    assert tenure.safe(10.0 + SAFE - 0.01)
    assert not tenure.safe(10.0 + SAFE)
    assert tenancy.due(100.0) is None
    assert tenancy.renewals() == {"a": 1}


def test_a_duty_of_other_hosts_is_none_of_this_one() -> None:
    assert one(Duty("a", ("h2",))).due(1e9) is None
    assert one(Duty("a", ("h1",))).due(0.0) == "a"


def test_of_the_hosts_that_may_have_a_duty_the_first_that_is_there_comes_first() -> None:
    tenancy = one(Duty("a", ("h3", "h2", "h1")), Duty("b"))
    tenancy.acquired("b", 1, 0.0)  # what it has does not put it behind the others
    assert tenancy.due(0.0) == "a"
    tenancy.see(["h2", "h4"])
    assert tenancy.due(RANK_DELAY - 0.01) is None
    assert tenancy.due(RANK_DELAY) == "a"
    tenancy.see(["h2", "h3"])
    assert tenancy.due(2 * RANK_DELAY - 0.01) is None
    assert tenancy.due(2 * RANK_DELAY) == "a"


def test_a_taken_lease_is_tried_for_when_it_would_end() -> None:
    tenancy = one()
    tenancy.taken("a", 3.0, 7, now=10.0)
    assert tenancy.newest("a") == 7
    assert tenancy.due(13.0) is None
    assert tenancy.due(13.0 + RANK_DELAY) == "a"


def test_a_lease_that_is_given_back_is_tried_for_at_once_but_not_by_its_last_owner() -> None:
    tenancy = one()
    tenancy.taken("a", 3.0, 7, now=10.0)
    tenancy.released("a", 11.0)
    assert tenancy.due(11.0) == "a"
    tenancy.acquired("a", 8, 11.0)
    tenancy.released("a", 11.5)  # heard late: it is its own by now
    assert tenancy.due(1e9) is None
    tenancy.end("a", 12.0)
    tenancy.released("a", 12.0)
    assert tenancy.due(12.9) is None
    assert tenancy.due(13.0) == "a"


def test_a_lease_that_is_given_back_for_a_move_is_left_to_the_host_that_it_moves_to() -> None:
    tenancy = one()
    tenancy.see(["h2"])
    tenancy.taken("a", 5.0, 1, now=10.0)
    tenancy.follow([], {"a": "h2"}, 10.0)
    tenancy.released("a", 11.0)
    assert tenancy.due(14.9) is None
    assert tenancy.due(17.0) == "a"  # in case that it does not take it


def test_a_renewal_counts_from_before_the_question() -> None:
    tenancy = one()
    tenure = tenancy.acquired("a", 1, asked_at=0.0)
    assert tenancy.renewed({"a": True}, asked_at=1.0) == []
    assert tenure.safe_until == 1.0 + SAFE
    assert tenancy.next_at() == 1.0 + SAFE


def test_a_lease_that_another_host_has_ends_at_once() -> None:
    tenancy = one()
    tenure = tenancy.acquired("a", 1, asked_at=0.0)
    assert tenancy.renewed({"a": False}, asked_at=1.0) == [tenure]
    assert not tenure.safe(1.0)
    assert tenancy.renewals() == {}
    assert tenancy.due(1.5) is None
    assert tenancy.due(3.0) == "a"


def test_without_the_engine_an_account_ends_before_its_lease_and_a_feed_goes_on() -> None:
    tenancy = one(Duty("a"), Duty("f", keeps_without_lease=True))
    account, feed = tenancy.acquired("a", 1, 0.0), tenancy.acquired("f", 1, 0.0)
    assert tenancy.expired(SAFE - 0.01) == []
    assert tenancy.expired(SAFE) == [account]
    assert tenancy.expired(SAFE) == []
    assert account.lost
    assert not feed.lost
    assert tenancy.renewals() == {"f": 1}
    assert tenancy.next_at() > SAFE  # the next try for the account


def test_duties_come_and_go_and_what_is_no_duty_any_more_is_to_be_ended() -> None:
    tenancy = one(Duty("a"), Duty("b"))
    tenure = tenancy.acquired("a", 4, 0.0)
    assert tenancy.assign([Duty("b"), Duty("c")], 10.0) == [tenure]
    assert not tenancy.wants("a")
    assert tenancy.renewals() == {"a": 4}  # until it has ended
    assert tenancy.expired(SAFE) == [tenure]
    assert [tenancy.due(11.0), tenancy.newest("c")] == ["b", 0]
    tenancy.taken("b", 100.0, 1, 11.0)
    assert tenancy.due(11.0) == "c"
    assert tenancy.assign([Duty("a", ("h2",)), Duty("b")], 12.0) == []
    assert tenancy.due(1e9) == "b"
    assert tenancy.assign([Duty("a"), Duty("b")], 13.0) == []
    assert (tenancy.due(13.0), tenancy.newest("a")) == ("a", 4)


def test_a_duty_that_leaves_and_comes_back_before_it_has_ended_goes_on() -> None:
    tenancy = one(Duty("a"))
    tenure = tenancy.acquired("a", 1, 0.0)
    assert tenancy.assign([], 1.0) == [tenure]
    assert tenancy.assign([Duty("a")], 2.0) == []
    assert tenancy.wants("a")
    assert tenancy.tenures == {"a": tenure}


def test_a_host_that_drains_tries_for_nothing() -> None:
    tenancy = one(Duty("a"), Duty("b"))
    tenancy.acquired("a", 1, 0.0)
    tenancy.drain()
    tenancy.end("a", 1.0)
    assert tenancy.due(1e9) is None
    assert tenancy.next_at() == math.inf


def test_a_host_in_maintenance_gives_back_all_and_tries_for_nothing_until_its_end() -> None:
    tenancy = one(Duty("a"), Duty("b"))
    tenure = tenancy.acquired("a", 1, 0.0)
    assert tenancy.follow(["h1", "h9"], {}, 1.0) == [tenure]
    tenancy.end("a", 1.0)
    assert tenancy.follow(["h1"], {}, 2.0) == []
    assert tenancy.due(1e9) is None
    assert tenancy.follow([], {}, 3.0) == []
    assert tenancy.due(3.0) is not None


def test_no_host_waits_for_one_in_maintenance() -> None:
    tenancy = one(Duty("a", ("h2", "h1")))
    tenancy.see(["h1", "h2"])
    assert tenancy.due(0.0) is None
    tenancy.follow(["h2"], {}, 0.0)
    assert tenancy.due(0.0) == "a"


def test_a_duty_is_given_back_for_a_host_that_is_there_and_may_have_one() -> None:
    tenancy = one()
    tenure = tenancy.acquired("a", 1, 0.0)
    assert tenancy.follow([], {"a": "h2"}, 1.0) == []
    tenancy.see(["h1", "h2"])
    assert tenancy.follow(["h2"], {"a": "h2"}, 2.0) == []
    tenancy.see(["h1", "h2"])
    assert tenancy.follow([], {"a": "h1"}, 3.0) == []
    assert tenancy.follow([], {"a": "h2"}, 3.0) == [tenure]


def test_a_host_to_which_a_duty_moves_tries_until_it_has_it_and_then_no_more() -> None:
    tenancy = one(Duty("a", ("h2", "h1")))
    tenancy.see(["h1", "h2"])
    tenancy.taken("a", 4.0, 1, now=0.0)
    assert tenancy.due(1.0) is None
    tenancy.follow([], {"a": "h1"}, 1.0)
    assert tenancy.due(1.0) == "a"
    tenancy.taken("a", 4.0, 1, now=1.0)
    assert tenancy.due(1.0) is None
    assert tenancy.due(1.0 + MOVE_RETRY) == "a"
    tenancy.taken("a", 4.0, 1, now=2.0)
    tenancy.follow([], {}, 2.0)  # it was withdrawn
    tenancy.taken("a", 4.0, 1, now=3.0)
    assert tenancy.due(6.0) is None


def test_a_host_that_has_a_duty_tries_later_for_the_next_than_one_that_has_none() -> None:
    full, empty = one(Duty("a"), Duty("b")), Tenancy("h2", [Duty("a"), Duty("b")], TIMES)
    for tenancy in (full, empty):
        tenancy.see(["h1", "h2"])
    empty.begin(0.0)
    full.acquired("a", 1, 0.0)
    assert empty.due(RANK_DELAY) is not None
    assert full.due(RANK_DELAY) is None


def test_the_hosts_behind_wait_for_those_before_them() -> None:
    hosts = ["h1", "h2", "h3"]
    waits = []
    for host in hosts:
        tenancy = Tenancy(host, [Duty("a")], TIMES)
        tenancy.see(hosts)
        tenancy.begin(0.0)
        waits.append(tenancy.next_at())
    assert sorted(waits) == [0.0, RANK_DELAY, 2 * RANK_DELAY]


FEED = Duty("f", keeps_without_lease=True, standby=1)


def among(host: str, *hosts: str, feed: Duty = FEED) -> Tenancy:
    tenancy = Tenancy(host, [feed], TIMES)
    tenancy.see(hosts)
    tenancy.begin(0.0)
    return tenancy


def test_the_first_hosts_behind_the_owner_stand_by() -> None:
    first, second, third = hosts = ranking("f", ["h1", "h2", "h3"])
    wanted = {host: among(host, *hosts).stand_by({"f": first}, {}) for host in (second, third)}
    assert wanted == {second: {"f"}, third: set()}
    assert among(first, *hosts).stand_by({"f": second}, {}) == {"f"}
    assert among(second, *hosts).stand_by({}, {}) == set()  # one of them will own it in a moment
    assert among("h1", *hosts, feed=Duty("f", ("h2", "h1"), standby=1)).stand_by({"f": "h2"}, {}) == {"f"}
    assert among("h1", "h1", "h2", feed=Duty("f")).stand_by({"f": "h2"}, {}) == set()


def test_a_host_stands_by_until_others_are_warm_and_while_there_is_no_owner() -> None:
    owner, first, second = hosts = ranking("f", ["h1", "h2", "h3"])
    tenancy = among(second, owner, second)
    assert tenancy.stand_by({"f": owner}, {}) == {"f"}
    tenancy.see(hosts)
    assert tenancy.stand_by({"f": owner}, {"f": {second: True}}) == {"f"}  # the first has just come
    assert tenancy.stand_by({}, {}) == {"f"}  # the engine was away, and has forgotten
    assert tenancy.stand_by({"f": owner}, {"f": {first: False, second: True}}) == {"f"}
    assert tenancy.stand_by({}, {"f": {first: True, second: True}}) == {"f"}
    assert tenancy.stand_by({"f": owner}, {"f": {first: True, second: True}}) == set()
    tenancy.follow([second], {}, 0.0)
    assert tenancy.stand_by({"f": owner}, {"f": {first: False, second: True}}) == set()


def test_a_host_to_which_a_feed_moves_stands_by_and_its_owner_waits_until_it_is_warm() -> None:
    owner, _, last = hosts = ranking("f", ["h1", "h2", "h3"])
    target = among(last, *hosts)
    target.follow([], {"f": last}, 0.0)
    assert target.stand_by({"f": owner}, {}) == {"f"}
    tenancy = among(owner, *hosts)
    tenure = tenancy.acquired("f", 1, 0.0)
    tenancy.stand_by({"f": owner}, {"f": {last: False, "h9": True}})
    assert tenancy.follow([], {"f": last}, 1.0) == []
    assert tenancy.follow([], {"f": last}, 1.0 + WAITS_FOR_STANDBY) == [tenure]
    tenancy.follow([], {}, 20.0)  # it was withdrawn
    assert tenancy.follow([], {"f": last}, 21.0) == []
    tenancy.stand_by({"f": owner}, {"f": {last: True}})
    assert tenancy.follow([], {"f": last}, 22.0) == [tenure]


def test_a_host_in_maintenance_gives_a_feed_back_once_another_is_warm_or_if_there_is_no_other() -> None:
    tenancy = among("h1", "h1", "h2")
    tenure = tenancy.acquired("f", 1, 0.0)
    assert tenancy.follow(["h1"], {}, 1.0) == []
    tenancy.stand_by({"f": "h1"}, {"f": {"h2": True}})
    assert tenancy.follow(["h1"], {}, 2.0) == [tenure]
    tenancy.see(["h1"])
    tenancy.stand_by({"f": "h1"}, {})
    assert tenancy.follow(["h1"], {}, 3.0) == [tenure]


def test_a_host_that_stands_by_tries_first_and_a_warm_one_before_a_cold_one() -> None:
    hosts = ["h1", "h2", "h3", "h4"]
    waits = {}
    feed = Duty("f", ("h4", "h1", "h3", "h2"), standby=2)
    for host in hosts:
        tenancy = among(host, *hosts, feed=feed)
        tenancy.stand_by({"f": "h4"}, {"f": {"h3": True, "h1": False}})
        waits[host] = tenancy.next_at()
    assert sorted(hosts, key=waits.__getitem__)[:2] == ["h3", "h1"]
    assert (waits["h3"], waits["h1"]) == (0.0, RANK_DELAY)


def test_after_an_engine_was_away_the_hosts_that_stand_by_try_first() -> None:
    hosts = ["h1", "h2", "h3"]
    feed = Duty("f", ("h1", "h2", "h3"), standby=1)
    standby, cold = (among(host, *hosts, feed=feed) for host in ("h2", "h3"))
    for tenancy in (standby, cold):
        tenancy.stand_by({"f": "h1"}, {"f": {"h2": True}})
        tenancy.unanswered("f", 10.0)
        tenancy.see([])
        tenancy.reconnected(10.1)
        tenancy.stand_by({}, {})
    assert standby.next_at() == 10.1
    assert cold.next_at() >= 10.1 + 3 * TIMES.renew


class Leases:
    """An engine with a clock of its own: the leases, and the epochs that were given."""

    def __init__(self) -> None:
        self.leases: dict[str, tuple[str, int, float]] = {}
        self.epochs: dict[str, int] = {}

    def acquire(self, duty: str, host: str, now: float, at_least: int) -> tuple[int, float, int]:
        holder, _, until = self.leases.get(duty, ("", 0, 0.0))
        if holder and now < until:
            return 0, until - now, self.epochs[duty]
        epoch = self.epochs[duty] = max(self.epochs.get(duty, 0), at_least) + 1
        self.leases[duty] = host, epoch, now + TIMES.lease
        return epoch, TIMES.lease, epoch

    def renew(self, duty: str, host: str, epoch: int, now: float) -> bool:
        holder, newest, until = self.leases.get(duty, ("", 0, 0.0))
        if (holder, newest) != (host, epoch) or now >= until:
            return False
        self.leases[duty] = host, epoch, now + TIMES.lease
        return True


class Host:
    """One that asks the engine, as long as it is not cut off from it."""

    def __init__(self, name: str, duties: list[Duty], hosts: list[str]) -> None:
        self.name = name
        self.tenancy = Tenancy(name, duties, TIMES)
        self.tenancy.see(hosts)
        self.tenancy.begin(0.0)
        self.renews_at = 0.0

    def step(self, leases: Leases, now: float, delay: float, *, cut: bool) -> None:
        """The engine executes what is asked now ``delay`` later."""
        self.tenancy.expired(now)
        if cut:
            while duty := self.tenancy.due(now):
                self.tenancy.unanswered(duty, now)
            return
        if now >= self.renews_at:
            self.renews_at = now + TIMES.renew
            asked = self.tenancy.renewals()
            held = {duty: leases.renew(duty, self.name, epoch, now + delay) for duty, epoch in asked.items()}
            self.tenancy.renewed(held, now)
        while duty := self.tenancy.due(now):
            epoch, seconds, newest = leases.acquire(duty, self.name, now + delay, self.tenancy.newest(duty))
            if epoch:
                self.tenancy.acquired(duty, epoch, now)
            else:
                self.tenancy.taken(duty, seconds, newest, now)


CUTS = st.lists(
    st.tuples(st.sampled_from(["h1", "h2", "h3"]), st.integers(0, 40), st.integers(1, 12)), max_size=6
)


@given(cuts=CUTS, delays=st.lists(st.sampled_from([0.0, 0.01, 0.2]), min_size=1, max_size=7))
@settings(max_examples=40)
def test_no_two_hosts_may_act_on_a_duty_at_once_and_none_is_left_alone(
    cuts: list[tuple[str, int, int]], delays: list[float]
) -> None:
    names, duties = ["h1", "h2", "h3"], [Duty("a"), Duty("b"), Duty("c")]
    hosts, leases = [Host(name, duties, names) for name in names], Leases()
    for step in range(600):
        now = step * 0.1
        for host in hosts:
            is_cut = any(name == host.name and begin <= now < begin + length for name, begin, length in cuts)
            host.step(leases, now, delays[step % len(delays)], cut=is_cut)
        for duty in duties:
            safe = [
                (tenure.epoch, host.name)
                for host in hosts
                if (tenure := host.tenancy.tenures.get(duty.name)) and tenure.safe(now)
            ]
            assert len(safe) <= 1, (now, duty, safe)
    assert sorted(d for host in hosts for d in host.tenancy.tenures) == ["a", "b", "c"]


@given(count=st.integers(1, 12))
@settings(max_examples=12)
def test_hosts_that_start_together_have_a_fair_share(count: int) -> None:
    names, duties = ["h1", "h2", "h3"], [Duty(f"account:{number}") for number in range(count)]
    hosts, leases = [Host(name, duties, names) for name in names], Leases()
    for step in range(100):
        for host in hosts:
            host.step(leases, step * 0.05, 0.0, cut=False)
    shares = sorted(len(host.tenancy.tenures) for host in hosts)
    assert sum(shares) == count
    assert shares[-1] <= -(-count // 3) + 1
