from typing import Any

import pytest

from actors.errors import AuthRejected, TransportError
from actors.messages.events import ActorQuarantined, ActorRestarted
from actors.supervision.backoff import Backoff, linear
from actors.supervision.children import Child, ChildState, ConnectionChild
from actors.supervision.effects import Announce, Later, Retry
from actors.supervision.messages import BackoffElapsed, StablePeriodElapsed
from actors.supervision.restart_intensity import RestartIntensity
from actors.values import Life
from tests.doubles.supervised_connections import RESET_AFTER, US, make_plan

CUT = TransportError("cut")


def child(**changes: Any) -> Child:
    return Child("c1", make_plan(**changes))


def test_each_start_is_a_new_epoch_and_the_first_is_no_restart() -> None:
    one = child()
    assert (one.epoch, one.state, one.alive) == (0, ChildState.STOPPED, False)
    assert one.start() == []
    assert (one.epoch, one.state, one.alive) == (1, ChildState.STARTING, True)


def test_the_start_after_a_failure_is_announced_as_a_restart() -> None:
    one = child()
    one.start()
    one.on_failure(CUT, 0.0, counts=True)
    assert one.start() == [Announce(ActorRestarted("c1", 1, "cut"))]
    assert (one.epoch, one.restarts) == (2, 1)


def test_after_a_failure_it_starts_again_when_the_backoff_says() -> None:
    one = child()
    one.start()
    assert one.on_failure(CUT, 0.0, counts=False) == Retry(0.0, BackoffElapsed("c1", 1), "cut")
    assert one.on_failure(CUT, 0.0, counts=False) == Retry(1.0, BackoffElapsed("c1", 1), "cut", "", 2)
    assert (one.state, one.last_error, one.restarts) == (ChildState.WAITING, "cut", 2)


def test_it_awaits_the_timer_of_its_present_epoch_only() -> None:
    one = child()
    one.start()
    assert not one.awaits(BackoffElapsed("c1", 1))
    one.on_failure(CUT, 0.0, counts=False)
    assert one.awaits(BackoffElapsed("c1", 1))
    assert not one.awaits(BackoffElapsed("c1", 0))


def test_the_backoff_starts_from_zero_after_a_stable_epoch() -> None:
    one = child()
    one.start()
    one.on_failure(CUT, 0.0, counts=False)
    one.start()
    assert one.on_up() == [Later(RESET_AFTER, StablePeriodElapsed("c1", 2))]
    assert not one.on_stable_period(StablePeriodElapsed("c1", 1))
    assert one.backoff.attempts == 1
    assert one.on_stable_period(StablePeriodElapsed("c1", 2))
    assert one.backoff.attempts == 0


def test_an_epoch_that_has_ended_is_not_stable() -> None:
    one = child()
    one.start()
    one.on_up()
    one.on_failure(CUT, 0.0, counts=True)
    assert not one.on_stable_period(StablePeriodElapsed("c1", 1))
    assert one.backoff.attempts == 1


def test_it_is_quarantined_when_the_backoff_allows_no_further_attempt() -> None:
    one = child(new_backoff=lambda: Backoff(linear(1, 1, jitter=False), max_attempts=1))
    one.start()
    one.on_failure(CUT, 0.0, counts=False)
    assert one.on_failure(CUT, 0.0, counts=False) == Announce(ActorQuarantined("c1", "cut"))
    assert (one.state, one.restarts) == (ChildState.QUARANTINED, 1)


def test_it_is_quarantined_when_it_has_died_too_often_after_it_was_up() -> None:
    one = child(new_intensity=lambda: RestartIntensity(2, 60))
    for at in (0.0, 1.0):
        one.on_failure(CUT, at, counts=True)
        assert one.state is ChildState.WAITING
    one.on_failure(CUT, 2.0, counts=True)
    assert one.state is ChildState.QUARANTINED
    assert one.last_error == "c1 died more than 2 times in 60 s, the last time because: cut"


@pytest.mark.parametrize(("delay", "when"), [(0.0, "at once"), (0.004, "at once"), (0.5, "in 0.50 s")])
def test_a_short_delay_is_shown_as_at_once(delay: float, when: str) -> None:
    assert Retry(delay, BackoffElapsed("c1", 1), "cut").when == when


def test_failed_attempts_do_not_count_for_the_restart_intensity() -> None:
    one = child(new_intensity=lambda: RestartIntensity(2, 60))
    for _ in range(50):
        one.on_failure(CUT, 0.0, counts=False)
    assert one.state is ChildState.WAITING


def test_after_a_reset_failures_count_from_zero() -> None:
    one = child(new_intensity=lambda: RestartIntensity(1, 60))
    one.on_failure(CUT, 0.0, counts=True)
    one.on_failure(CUT, 0.0, counts=True)
    one.reset()
    assert one.on_failure(CUT, 1.0, counts=True) == Retry(0.0, BackoffElapsed("c1", 0), "cut")


def test_a_quarantine_says_whether_the_session_was_refused() -> None:
    assert child().quarantine(AuthRejected("no")) == Announce(ActorQuarantined("c1", "no", auth=True))


def test_a_connection_shows_its_life_its_place_and_its_last_error() -> None:
    one = ConnectionChild("c1", make_plan(), "w1")
    assert repr(one) == "<ConnectionChild c1#0: stopped, in w1, region EU, restarts: 0>"
    one.dial(US, 0.0)
    one.on_failure(CUT, 1.0, counts=False)
    assert one.life == Life("c1", 1)
    assert repr(one) == "<ConnectionChild c1#1: waiting, in w1, region US, restarts: 1, last error: cut>"
