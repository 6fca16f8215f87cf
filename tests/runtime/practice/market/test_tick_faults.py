"""Ticks that faults duplicate or hold back."""

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.tick import Duplicate, Reorder
from runtime.practice.faults.variants import BatchedTicks, WholeSeconds
from runtime.practice.market.quotes import QuotedPrice
from runtime.practice.market.tick_faults import TickFaults

FIRST, SECOND, THIRD, FOURTH = (QuotedPrice(float(number), 1.0) for number in range(4))


def test_a_duplicate_is_sent_twice_at_once() -> None:
    active = ActiveFaults()
    faults = TickFaults(active)
    active.add(Duplicate())
    assert faults.apply("A", FIRST) == ((FIRST,), (FIRST,))
    assert faults.apply("A", SECOND) == ((SECOND,),)


def test_a_late_tick_comes_right_behind_the_next_of_its_asset() -> None:
    active = ActiveFaults()
    faults = TickFaults(active)
    active.add(Reorder(count=2))
    assert faults.apply("A", FIRST) == ()
    assert faults.apply("B", THIRD) == ()
    assert faults.apply("A", SECOND) == ((SECOND,), (FIRST,))
    assert faults.apply("B", FOURTH) == ((FOURTH,), (THIRD,))
    assert faults.apply("A", THIRD) == ((THIRD,),)


def test_ticks_are_held_back_until_an_event_has_enough_of_them_or_the_fault_ends() -> None:
    active = ActiveFaults()
    faults = TickFaults(active)
    active.add(BatchedTicks(rows=2, asset="A"))
    assert faults.apply("A", FIRST) == ()
    assert faults.apply("B", FIRST) == ((FIRST,),)
    assert faults.apply("A", SECOND) == ((FIRST, SECOND),)
    assert faults.apply("A", THIRD) == ()
    active.end(lambda _: True)
    assert faults.apply("A", FOURTH) == ((THIRD, FOURTH),)


def test_times_of_whole_seconds_are_whole_numbers() -> None:
    active = ActiveFaults()
    faults = TickFaults(active)
    active.add(WholeSeconds())
    [[quote]] = faults.apply("A", QuotedPrice(7.9, 1.5))
    assert (quote, type(quote.time)) == ((7, 1.5), int)
