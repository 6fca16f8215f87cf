"""Ticks that faults duplicate or hold back."""

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.tick import Duplicate, Reorder
from runtime.practice.market.quotes import QuotedPrice
from runtime.practice.market.tick_faults import TickFaults

FIRST, SECOND, THIRD, FOURTH = (QuotedPrice(float(number), 1.0) for number in range(4))


def test_a_duplicate_is_sent_twice_at_once() -> None:
    active = ActiveFaults()
    faults = TickFaults(active)
    active.add(Duplicate())
    assert faults.apply("A", FIRST) == (FIRST, FIRST)
    assert faults.apply("A", SECOND) == (SECOND,)


def test_a_late_tick_comes_right_behind_the_next_of_its_asset() -> None:
    active = ActiveFaults()
    faults = TickFaults(active)
    active.add(Reorder(count=2))
    assert faults.apply("A", FIRST) == ()
    assert faults.apply("B", THIRD) == ()
    assert faults.apply("A", SECOND) == (SECOND, FIRST)
    assert faults.apply("B", FOURTH) == (FOURTH, THIRD)
    assert faults.apply("A", THIRD) == (THIRD,)
