"""After an outage: a login shortens the waits of all the others, on a clock set by hand."""

from typing import Any

import pytest

from actors.rates import Rate
from actors.supervision.backoff import Backoff, exponential, linear
from actors.supervision.connections import LASTING
from actors.supervision.effects import Later, Retry
from actors.supervision.messages import BackoffElapsed, DialTurn
from actors.supervision.restart_intensity import RestartIntensity
from tests.doubles.reconnecting_pool import ROUND_TRIP, ReconnectingPool
from tests.doubles.supervised_connections import SupervisedConnections, only, started

DEFAULTS: dict[str, Any] = {
    "new_backoff": lambda: Backoff(exponential(0.5, 30, jitter=True), login_attempts=2),
    "new_intensity": lambda: RestartIntensity(20, 60.0),
    "reset_after": 30.0,
    "connects": (Rate(10, 1.0), Rate(120, 60.0)),
}
"""Those of the configuration."""


def waiting(*names: str, **changes: Any) -> SupervisedConnections:
    """Three connections; these have failed twice, and wait for 20 s since a second ago."""
    slow = {"new_backoff": lambda: Backoff(linear(20, 60, jitter=False), login_attempts=2)}
    supervised = SupervisedConnections(3, **slow | changes)
    for name in names:
        supervised.after_backoff(supervised.down(name))
        supervised.down(name)
    supervised.now += 1.0
    return supervised


# One login


def test_a_login_has_the_others_dial_that_wait() -> None:
    supervised = waiting("c2", "c3")
    assert started(supervised.up("c1")) == ["c2", "c3"]
    assert supervised.states() == ["up", "starting", "starting"]


def test_they_dial_at_the_pace_of_the_gate() -> None:
    supervised = waiting("c2", "c3", connects=(Rate(6, 10.0),))
    effects = supervised.up("c1")  # there were five attempts a second ago
    assert started(effects) == ["c2"]
    assert [later.delay for later in only(Later, effects) if later.timer == DialTurn()] == [9.0]
    assert started(supervised.dial_turn(9.0)) == ["c3"]


def test_the_timer_of_a_wait_that_was_shortened_changes_nothing() -> None:
    supervised = waiting("c2")
    supervised.up("c1")
    assert supervised.connections.on_backoff_elapsed(BackoffElapsed("c2", 2), supervised.now) == []
    assert supervised.state("c2") == "starting"


def test_a_wait_that_ends_soon_is_not_shortened() -> None:
    supervised = waiting("c2")
    supervised.now += 18.7
    assert started(supervised.up("c1")) == []


def test_an_attempt_that_began_before_the_login_and_fails_after_it_is_made_again_at_once() -> None:
    supervised = waiting("c2")
    supervised.up("c1")
    supervised.now += 0.1
    supervised.up("c3")
    (retry,) = only(Retry, supervised.down("c2", "403"))
    assert retry.delay == 0.0


def test_an_attempt_that_took_long_while_others_logged_in_keeps_its_backoff() -> None:
    supervised = waiting("c2")  # a venue that is overloaded would only have more to do
    supervised.up("c1")
    supervised.now += 9.0
    supervised.up("c3")
    supervised.now += 1.0
    (retry,) = only(Retry, supervised.down("c2", "no login within 10 s"))
    assert retry.delay == 20.0
    supervised.down("c1")
    supervised.connections.on_backoff_elapsed(BackoffElapsed("c1", 1), supervised.now)
    assert started(supervised.up("c1")) == []
    assert supervised.state("c2") == "waiting"


def test_what_was_cut_off_together_comes_back_together_though_one_end_is_seen_after_the_first_login() -> None:
    supervised = waiting("c2")
    supervised.up("c1", "c2")
    supervised.now += 5.0
    supervised.after_backoff(supervised.down("c1"))  # its first loss
    supervised.up("c1")
    supervised.now += 0.05
    (retry,) = only(Retry, supervised.down("c2"))
    assert retry.delay == 0.0  # not that of its third failure


def test_its_own_login_does_not_hasten_a_connection_that_is_dropped_after_it() -> None:
    supervised = waiting("c2")
    supervised.up("c1")
    supervised.now += 5.0
    supervised.up("c2")
    supervised.now += 0.1
    (retry,) = only(Retry, supervised.down("c2"))
    assert retry.delay == 40.0


def test_after_a_hastened_attempt_that_fails_the_waits_grow_from_the_first_again() -> None:
    supervised = waiting("c2")
    supervised.up("c1")
    supervised.now += 0.1
    (retry,) = only(Retry, supervised.down("c2"))
    assert retry.delay == 20.0  # not 40


def test_a_login_ends_the_pause_after_a_refused_session() -> None:
    supervised = waiting()
    supervised.refused("c2")
    supervised.refused("c3")
    assert started(supervised.up("c1")) == ["c2", "c3"]


def test_a_login_wakes_no_connection_in_quarantine() -> None:
    supervised = waiting()
    supervised.after_backoff(supervised.refused("c2"))
    supervised.now += 1.0
    supervised.refused("c2")
    assert supervised.states() == ["starting", "quarantined", "starting"]
    assert started(supervised.up("c1")) == []
    assert supervised.state("c2") == "quarantined"


def test_retry_after_holds_for_those_that_a_login_hastens() -> None:
    supervised = waiting("c2")
    for _ in ("EU", "US", "ASIA"):
        (retry,) = only(Retry, supervised.down("c3", "429", retry_after=30.0))
        supervised.connections.on_backoff_elapsed(retry.timer, supervised.now)
    supervised.now += 1.0
    assert started(supervised.up("c1")) == []  # it had dialed before
    assert started(supervised.dial_turn(28.9)) == []
    assert started(supervised.dial_turn(0.1)) == ["c3", "c2"]


# Whole outages, simulated

KINDS: dict[str, dict[str, Any]] = {
    "refused": {},
    "session refused": {"terminal": True},
    "Retry-After": {"retry_after": 3.0},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(20))
def test_after_each_of_twenty_outages_the_whole_pool_is_back_3_s_after_its_first(
    kind: str, seed: int
) -> None:
    pool = ReconnectingPool(3, seed, **DEFAULTS)
    pool.run_until_all_up()
    for outage in range(20):
        pool.run(1.0 + seed % 4)
        pool.refuses = KINDS[kind]
        pool.cut_all()
        pool.run(3.0)
        pool.refuses = None
        pool.run_until_all_up()
        back = sorted(pool.up.values())
        assert back[-1] - back[0] <= 3.0, f"outage {outage}: {back}"
    assert pool.given_up == []


@pytest.mark.parametrize("seed", range(20))
def test_after_each_of_twenty_resets_the_whole_pool_is_back_at_once(seed: int) -> None:
    pool = ReconnectingPool(3, seed, **DEFAULTS)
    pool.run_until_all_up()
    for _ in range(20):
        pool.run(4.0)
        pool.cut_all()
        pool.run(ROUND_TRIP[1])  # every connection has noticed
        pool.run_until_all_up()
        assert max(pool.up.values()) - min(pool.up.values()) <= 3.0
    assert pool.given_up == []


@pytest.mark.parametrize("seed", range(20))
def test_after_outages_that_let_in_and_drop_at_once_the_whole_pool_is_back_3_s_after_its_first(
    seed: int,
) -> None:
    pool = ReconnectingPool(3, seed, **DEFAULTS)
    pool.run_until_all_up()
    for _ in range(20):
        pool.run(2.0)
        pool.lasts = 0.02
        pool.cut_all()
        pool.run(3.0)
        pool.lasts = None
        pool.cut_all()
        pool.run(ROUND_TRIP[1])
        began = pool.now
        pool.run_until_all_up()
        back = sorted(max(began, at) for at in pool.up.values())
        assert back[-1] - back[0] <= 3.0
    assert pool.given_up == []


@pytest.mark.parametrize("lasts", [0.0, 0.05, 0.9, 1.1, 5.0])
@pytest.mark.parametrize("seed", range(5))
def test_a_venue_that_drops_what_logs_in_is_not_flooded_and_no_connection_is_given_up(
    lasts: float, seed: int
) -> None:
    pool = ReconnectingPool(3, seed, **DEFAULTS)
    pool.lasts = lasts
    pool.run(600.0)
    assert pool.given_up == []
    hastened, own = (60 / lasts if lasts > LASTING else 20), 15
    for name in ("c1", "c2", "c3"):
        logins = [at for at, each in pool.logins if each == name]
        assert most_within(logins, 60.0) <= hastened + own


@pytest.mark.parametrize("seed", range(3))
def test_a_large_pool_comes_back_at_the_pace_of_the_gate_and_no_slower(seed: int) -> None:
    pool = ReconnectingPool(64, seed, **DEFAULTS | {"connects": (Rate(50, 1.0),)})
    pool.run_until_all_up()
    pool.run(60.0)
    pool.refuses = {}
    pool.cut_all()
    pool.run(3.0)
    pool.refuses = None
    pool.run_until_all_up()
    assert max(pool.up.values()) - min(pool.up.values()) <= 2.5
    assert most_within(pool.dials, 1.0) <= 50


def most_within(times: list[float], seconds: float) -> int:
    return max(sum(at <= each < at + seconds for each in times) for at in times)
