from typing import Any

import pytest

from actors.errors import AuthRejected, TransportError
from actors.messages.events import ActorQuarantined, ActorRestarted
from actors.supervision.backoff import Backoff, linear
from actors.supervision.children import Child, ChildState
from actors.supervision.effects import Announce, Later, Retry
from actors.supervision.messages import RestartDue, StableDue
from actors.supervision.restart_intensity import RestartIntensity
from tests.doubles.supervised_connections import RESET_AFTER, a_plan

CUT = TransportError("cut")


def child(**changes: Any) -> Child:
    return Child("c1", a_plan(**changes))


def test_each_begin_is_a_new_life_and_the_first_is_no_restart() -> None:
    one = child()
    assert (one.epoch, one.state, one.alive) == (0, ChildState.STOPPED, False)
    assert one.begins() == []
    assert (one.epoch, one.state, one.alive) == (1, ChildState.STARTING, True)


def test_the_life_after_a_failure_is_announced_as_a_restart() -> None:
    one = child()
    one.begins()
    one.failed(CUT, 0.0, died=True)
    assert one.begins() == [Announce(ActorRestarted("c1", 1, "cut"))]
    assert (one.epoch, one.restarts) == (2, 1)


def test_a_failure_books_the_next_start_as_the_backoff_says() -> None:
    one = child()
    one.begins()
    assert one.failed(CUT, 0.0, died=False) == Retry(0.0, RestartDue("c1", 1), "cut")
    assert one.failed(CUT, 0.0, died=False) == Retry(1.0, RestartDue("c1", 1), "cut")
    assert (one.state, one.last_error, one.restarts) == (ChildState.WAITING, "cut", 2)


def test_it_waits_for_the_start_that_was_booked_and_no_other() -> None:
    one = child()
    one.begins()
    assert not one.waits(1)
    one.failed(CUT, 0.0, died=False)
    assert one.waits(1)
    assert not one.waits(0)


def test_its_failures_are_forgotten_after_a_life_that_lasted() -> None:
    one = child()
    one.begins()
    one.failed(CUT, 0.0, died=False)
    one.begins()
    assert one.is_up() == [Later(RESET_AFTER, StableDue("c1", 2))]
    assert not one.stable(1)
    assert one.backoff.attempts == 1
    assert one.stable(2)
    assert one.backoff.attempts == 0


def test_a_life_that_is_over_has_not_lasted() -> None:
    one = child()
    one.begins()
    one.is_up()
    one.failed(CUT, 0.0, died=True)
    assert not one.stable(1)
    assert one.backoff.attempts == 1


def test_it_is_given_up_when_the_backoff_gives_up() -> None:
    one = child(new_backoff=lambda: Backoff(linear(1, 1, jitter=False), max_attempts=1))
    one.begins()
    one.failed(CUT, 0.0, died=False)
    assert one.failed(CUT, 0.0, died=False) == Announce(ActorQuarantined("c1", "cut"))
    assert (one.state, one.restarts) == (ChildState.QUARANTINED, 1)


def test_it_is_given_up_when_it_has_died_too_often_after_it_was_up() -> None:
    one = child(new_intensity=lambda: RestartIntensity(2, 60))
    for at in (0.0, 1.0):
        one.failed(CUT, at, died=True)
        assert one.state is ChildState.WAITING
    one.failed(CUT, 2.0, died=True)
    assert one.state is ChildState.QUARANTINED
    assert one.last_error == "c1 died more than 2 times in 60 s, the last time because: cut"


@pytest.mark.parametrize(("delay", "when"), [(0.0, "at once"), (0.004, "at once"), (0.5, "in 0.50 s")])
def test_a_delay_that_nobody_notices_is_none(delay: float, when: str) -> None:
    assert Retry(delay, RestartDue("c1", 1), "cut").when == when


def test_attempts_that_fail_are_the_backoffs_affair_alone() -> None:
    one = child(new_intensity=lambda: RestartIntensity(2, 60))
    for _ in range(50):
        one.failed(CUT, 0.0, died=False)
    assert one.state is ChildState.WAITING


def test_what_is_forgiven_counts_from_zero() -> None:
    one = child(new_intensity=lambda: RestartIntensity(1, 60))
    one.failed(CUT, 0.0, died=True)
    one.failed(CUT, 0.0, died=True)
    one.forgive()
    assert one.failed(CUT, 1.0, died=True) == Retry(0.0, RestartDue("c1", 0), "cut")


def test_a_quarantine_says_whether_it_is_for_a_refused_session() -> None:
    assert child().give_up(AuthRejected("no")) == Announce(ActorQuarantined("c1", "no", auth=True))
