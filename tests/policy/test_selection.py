import pytest

from actors.policy.selection import RegionTurn
from actors.values import Region


def region(name: str, priority: int = 0) -> Region:
    return Region(name, f"wss://{name}.example", priority)


def test_the_lowest_priority_is_tried_first_and_equals_in_the_order_given() -> None:
    turn = RegionTurn([region("c", 5), region("a"), region("b")])
    assert [turn.current.name, turn.next().name, turn.next().name] == ["a", "b", "c"]


def test_the_region_stays_until_the_next_failure() -> None:
    turn = RegionTurn([region("a"), region("b")])
    assert turn.current == turn.current == region("a")
    assert turn.next() == turn.current == region("b")


def test_after_the_last_region_comes_the_first() -> None:
    turn = RegionTurn([region("a"), region("b")])
    assert [turn.next().name for _ in range(4)] == ["b", "a", "b", "a"]


def test_a_single_region_is_tried_again() -> None:
    assert RegionTurn([region("a")]).next() == region("a")


def test_there_must_be_a_region() -> None:
    with pytest.raises(ValueError, match="region"):
        RegionTurn([])
