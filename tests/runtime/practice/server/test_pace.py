"""A clock that is faster than ours, and waits for its participants."""

import time

import pytest

from runtime.practice.server.pace import LEAD, Pace


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Our clock, which the test moves."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_it_runs_so_many_times_as_fast_while_nobody_lives_by_it(ours: list[float]) -> None:
    clock = Pace(60)
    ours[0] += 2.0
    assert clock.seconds() == pytest.approx(120)


def test_it_waits_for_the_last_and_does_not_make_up_for_it(ours: list[float]) -> None:
    clock = Pace(60)
    clock.mark("actors")
    clock.mark("exchange")
    ours[0] += 1.0
    clock.mark("exchange")
    assert clock.seconds() == pytest.approx(LEAD)
    clock.mark("actors")
    ours[0] += LEAD / 60 / 2
    assert clock.seconds() == pytest.approx(1.5 * LEAD)


def test_who_has_left_is_not_waited_for(ours: list[float]) -> None:
    clock = Pace(60)
    clock.mark("actors")
    clock.leave("actors")
    ours[0] += 1.0
    assert clock.seconds() == pytest.approx(60)


def test_it_never_goes_back(ours: list[float]) -> None:
    clock = Pace(60)
    ours[0] += 1.0
    ahead = clock.seconds()
    clock.mark("actors")
    ours[0] += 1.0
    assert clock.seconds() == pytest.approx(ahead + LEAD)
