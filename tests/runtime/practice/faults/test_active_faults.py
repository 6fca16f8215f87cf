"""Which fault strikes where, how often, and until when."""

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.fault import Fault
from runtime.practice.faults.listener import Hang, Outage, Refuse, RestartRegion
from runtime.practice.faults.order import Doubled, OrderFault, RefusedOrder
from runtime.practice.faults.venue import Mute


def active_faults(*faults: Fault) -> ActiveFaults:
    active = ActiveFaults()
    for fault in faults:
        active.add(fault)
    return active


def test_no_active_fault_strikes_nothing() -> None:
    active = ActiveFaults()
    assert active.find(Fault) is None
    assert active.take(Fault, region="EAST") is None
    assert active.end(lambda _: True) == []


def test_faults_are_taken_in_the_order_in_which_they_were_added() -> None:
    first, second = RefusedOrder(error="A", count=2), Doubled()
    active = active_faults(first, second)
    assert [active.take(OrderFault) for _ in range(4)] == [first, first, second, None]


def test_equal_faults_with_a_count_add_up() -> None:
    active = active_faults(Doubled(), Doubled())
    assert [active.take(OrderFault) for _ in range(3)] == [Doubled(), Doubled(), None]


def test_equal_faults_without_a_count_are_one() -> None:
    active = active_faults(Mute(), Hang(), Mute())
    assert list(active) == [Hang(), Mute()]


def test_a_fault_without_a_count_holds_until_it_is_ended() -> None:
    active = active_faults(Doubled(count=None))
    assert all(active.take(OrderFault) for _ in range(3))
    assert active.end(lambda fault: isinstance(fault, OrderFault)) == [Doubled(count=None)]
    assert active.take(OrderFault) is None


def test_looking_does_not_count() -> None:
    active = active_faults(Doubled())
    assert active.find(OrderFault) == active.find(OrderFault) == Doubled()


def test_a_fault_strikes_at_its_place_and_one_without_a_place_everywhere() -> None:
    active = active_faults(Hang(region="EAST", count=1), Mute())
    assert active.take(Hang, region="WEST") is None
    assert active.find(Mute, asset="EURUSD") == Mute()
    assert active.take(Hang, region="EAST") is not None
    assert active.take(Hang, region="EAST") is None


def test_a_kind_is_found_by_what_it_is_a_case_of() -> None:
    assert active_faults(RestartRegion()).find(Outage, region="EAST") == RestartRegion()
    assert active_faults(Refuse(region="EAST")).find(Outage, region="WEST") is None


def test_the_very_fault_is_counted_down_and_not_its_like() -> None:
    active = active_faults(Hang(region="EAST", count=1), Hang(count=1), Hang(count=1))
    assert active.take(Hang, region="WEST") == Hang(count=1)
    assert list(active) == [Hang(region="EAST", count=1), Hang(count=1)]
