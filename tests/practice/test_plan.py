"""Faults come in turn, as often as they were meant to."""

import pytest

from actors.errors import RequestRefused
from runtime.practice.plan import Plan


def test_faults_are_taken_in_the_order_in_which_they_were_added() -> None:
    plan: Plan[str] = Plan()
    plan.add("a", 2)
    plan.add("b", 1)
    assert [plan.take() for _ in range(4)] == ["a", "a", "b", None]


def test_a_fault_without_a_count_lasts_until_the_plan_is_cleared() -> None:
    plan: Plan[str] = Plan()
    plan.add("a", None)
    plan.add("b", 1)
    assert [plan.take() for _ in range(3)] == ["a"] * 3
    plan.clear()
    assert plan.take() is None


def test_a_fault_that_never_happens_is_refused() -> None:
    with pytest.raises(RequestRefused):
        Plan[str]().add("a", 0)
