import pytest

from actors.health.tick_rate import StalenessBounds, TickRate

TOLERANCE = StalenessBounds(floor=5.0, ceiling=15.0)


def paced(gap: float, seconds: int = 100) -> TickRate:
    """A stream with a tick every ``gap`` seconds, learnt from once a second."""
    pace, ticks = TickRate(), 0
    for now in range(seconds):
        if int(now / gap) > ticks:
            ticks = int(now / gap)
            pace.learn(ticks * gap, ticks)
    return pace


def test_before_enough_has_come_the_ceiling_holds_and_no_rate_is_named() -> None:
    assert TickRate().patience(TOLERANCE) == 15.0
    assert TickRate().rate is None
    assert paced(0.1, seconds=4).rate is None


@pytest.mark.parametrize(
    ("gap", "patience"), [(0.01, 5.0), (0.5, 5.0), (0.8, 8.0), (1.0, 10.0), (2.0, 15.0), (4.0, 15.0)]
)
def test_ten_usual_gaps_are_borne_but_no_less_than_the_floor_and_no_more_than_the_ceiling(
    gap: float, patience: float
) -> None:
    pace = paced(gap, seconds=200)
    assert pace.rate == pytest.approx(1 / gap, rel=0.05)
    assert pace.patience(TOLERANCE) == pytest.approx(patience, rel=0.05)


def test_a_floor_above_the_ceiling_turns_the_learning_off() -> None:
    assert paced(0.1).patience(StalenessBounds(floor=60.0, ceiling=15.0)) == 15.0


def test_twice_the_longest_pause_of_late_is_borne_too() -> None:
    pace = TickRate()
    moments = [0, 1, 2, 3, 10, 11, 12]  # a burst of ticks each time
    for number, now in enumerate(moments):
        pace.learn(now, 100 * number)
    assert pace.patience(TOLERANCE) == 14.0


def test_a_pace_that_changes_is_learnt_anew() -> None:
    pace = TickRate()
    for now in range(100):
        pace.learn(now, 10 * now)
    for now in range(100, 200):
        pace.learn(now, 1000 + now)
    assert pace.rate == pytest.approx(1.0)


def test_an_outage_is_no_pause_of_the_streams_own_and_leaves_what_was_learnt() -> None:
    pace = paced(0.5)
    pace.restart()
    assert pace.rate == pytest.approx(2.0, rel=0.05)
    for now in range(1000, 1006):
        pace.learn(now, 2 * (now - 999))
    assert pace.patience(TOLERANCE) == 5.0


def test_ticks_that_all_come_in_one_moment_have_no_endless_rate() -> None:
    pace = TickRate()
    for number in range(10):
        pace.learn(0.0, 10 * number)
    assert pace.patience(TOLERANCE) == 5.0
