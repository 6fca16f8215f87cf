from collections import Counter

import pytest
from hypothesis import given, strategies as st

from actors.supervision.messages import RegionsProbed
from actors.supervision.regions import MEASUREMENTS, Regions
from actors.values import Region


def region(name: str, priority: int = 0, host: str = "") -> Region:
    return Region(name, f"wss://{host or name}.example:444/socket.io/", priority)


A, B, C = region("a", 1), region("b", 2), region("c", 3)


def next_of(regions: Regions, home: Region | None = None, now: float = 0.0) -> str:
    return regions.choose(now, home).name


def test_the_lowest_priority_is_dialed_first_and_equals_in_the_order_given() -> None:
    regions = Regions([region("late", 5), region("one"), region("two")])
    order = []
    for _ in range(3):
        chosen = regions.choose(0.0, None)
        order.append(chosen.name)
        regions.failed(chosen, "refused")
    assert order == ["one", "two", "late"]


def test_the_region_that_worked_stays_first_whatever_its_priority() -> None:
    regions = Regions([A, B, C])
    regions.worked(C)
    assert next_of(regions, home=C) == "c"
    assert next_of(regions, home=None) == "a"


def test_a_region_that_failed_since_it_worked_is_not_preferred() -> None:
    regions = Regions([A, B, C])
    regions.worked(C)
    regions.failed(C, "refused")
    assert next_of(regions, home=C) == "a"
    regions.worked(C)
    assert next_of(regions, home=C) == "c"


def test_a_failure_counts_for_all_connections() -> None:
    regions = Regions([A, B])
    regions.failed(A, "refused")
    assert [next_of(regions, home=None), next_of(regions, home=A)] == ["b", "b"]


def test_among_equal_priorities_the_nearest_is_dialed_first_and_the_unmeasured_last() -> None:
    near, far, unknown = region("near"), region("far"), region("unknown")
    regions = Regions([unknown, far, near])
    regions.measured(far, 0.2)
    regions.measured(near, 0.1)
    assert next_of(regions) == "near"
    regions.failed(near, "refused")
    assert next_of(regions) == "far"
    regions.failed(far, "refused")
    assert next_of(regions) == "unknown"


def test_priority_goes_before_round_trip_and_round_trip_before_success_rate() -> None:
    first, near, reliable = region("first", 0), region("near", 1), region("reliable", 1)
    regions = Regions([reliable, near, first])
    regions.measured(near, 0.1)
    regions.measured(reliable, 0.2)
    regions.failed(near, "refused")
    regions.worked(near)
    assert next_of(regions) == "first"
    regions.failed(first, "refused")
    assert next_of(regions) == "near"


def test_among_equally_near_regions_the_more_reliable_is_dialed_first() -> None:
    shaky, steady = region("shaky"), region("steady")
    regions = Regions([shaky, steady])
    regions.failed(shaky, "refused")
    for each in (shaky, steady):
        regions.worked(each)
        regions.measured(each, 0.1)
    assert next_of(regions) == "steady"


def test_the_round_trip_is_the_average_of_the_last_measurements() -> None:
    regions = Regions([A])
    for _ in range(MEASUREMENTS):
        regions.measured(A, 9.0)
    for _ in range(MEASUREMENTS):
        regions.measured(A, 0.5)
    assert regions.status(0.0)[0].round_trip == 0.5


def test_undecided_regions_share_a_priority_are_unmeasured_and_not_blocked() -> None:
    first, near, far, shut = region("first", 1), region("near", 2), region("far", 2), region("shut", 2)
    regions = Regions([far, shut, near, first])
    regions.block(shut, until=10.0)
    assert regions.undecided(0.0) == [far, near]
    assert regions.undecided(10.0) == [far, shut, near]
    regions.measured(far, 0.1)
    assert regions.undecided(0.0) == [near]
    assert Regions([A, B]).undecided(0.0) == []


def test_a_probe_orders_equals_and_blocks_a_host_that_asked_for_a_pause() -> None:
    near, far, shut = region("near"), region("far"), region("shut")
    regions = Regions([shut, far, near])
    regions.probed(RegionsProbed({"far": 0.2, "near": 0.1, "gone": 0.0}, {"shut": 5.0}), now=100.0)
    assert next_of(regions, now=100.0) == "near"
    assert [each.blocked_for for each in regions.status(100.0)] == [5.0, 0.0, 0.0]


def test_a_single_region_is_dialed_again() -> None:
    regions = Regions([A])
    regions.failed(A, "refused")
    assert next_of(regions, home=A) == "a"


def test_there_must_be_a_region() -> None:
    with pytest.raises(ValueError, match="region"):
        Regions([])


@given(
    count=st.integers(1, 6),
    worked=st.sets(st.integers(0, 5)),
    round_trips=st.lists(st.floats(0.001, 1), min_size=6, max_size=6),
    rounds=st.integers(1, 4),
)
def test_while_all_fail_each_is_dialed_before_one_is_dialed_again(
    count: int, worked: set[int], round_trips: list[float], rounds: int
) -> None:
    places = [region(f"r{number}", number % 3) for number in range(count)]
    regions = Regions(places)
    for number, place in enumerate(places):
        regions.measured(place, round_trips[number])
        if number in worked:
            regions.worked(place)
    home: Region | None = None
    tried: Counter[str] = Counter()
    for _ in range(rounds):
        for _ in places:
            home = regions.choose(0.0, home)
            tried[home.name] += 1
            regions.failed(home, "refused")
        assert len(set(tried.values())) == 1


def test_a_host_that_asked_for_a_pause_is_not_dialed_in_any_of_its_regions() -> None:
    here, there, other = region("here", 1, "host"), region("there", 2, "host"), region("other", 3)
    regions = Regions([here, there, other])
    regions.block(there, until=60.0)
    assert [next_of(regions, home=here, now=at) for at in (0.0, 59.9)] == ["other", "other"]
    assert next_of(regions, home=here, now=60.0) == "here"


def test_while_every_host_pauses_the_wait_is_that_of_the_first_to_end() -> None:
    regions = Regions([A, B])
    assert regions.wait(0.0) == 0.0
    regions.block(A, until=60.0)
    assert regions.wait(0.0) == 0.0
    regions.block(B, until=20.0)
    assert [regions.wait(0.0), regions.wait(15.0), regions.wait(20.0)] == [20.0, 5.0, 0.0]


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    regions = Regions([A])
    regions.block(A, until=60.0)
    regions.block(A, until=20.0)
    assert regions.wait(0.0) == 60.0


def test_the_status_shows_the_results_in_the_order_of_the_configuration() -> None:
    regions = Regions([B, A])
    for tried in (A, A, B):
        regions.tried(tried)
    regions.failed(A, "refused")
    regions.worked(A)
    regions.shun(A)
    regions.measured(A, 0.25)
    regions.block(B, until=30.0)
    b, a = regions.status(10.0)
    assert (a.name, a.priority, a.attempts, a.successes, a.failures) == ("a", 1, 2, 1, 1)
    assert (a.round_trip, a.blocked_for) == (0.25, 0.0)
    assert (b.name, b.attempts, b.round_trip, b.blocked_for) == ("b", 1, None, 20.0)
