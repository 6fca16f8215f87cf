import pytest

from actors.health.tick_rate import StalenessBounds, TickRate

BOUNDS = StalenessBounds(floor=5.0, ceiling=15.0)


def rate_of(interval: float, seconds: int = 100) -> TickRate:
    """The rate of a stream with a tick every ``interval`` seconds, reported once a second."""
    tick_rate, ticks = TickRate(), 0
    for now in range(seconds):
        if (new := int(now / interval) - ticks) > 0:
            ticks += new
            tick_rate.add(interval, (new - 1) * interval, new)
    return tick_rate


def test_before_enough_ticks_have_come_the_ceiling_holds_and_the_rate_is_unknown() -> None:
    assert TickRate().stale_after(BOUNDS) == 15.0
    assert TickRate().rate is None
    assert rate_of(0.1, seconds=4).rate is None


@pytest.mark.parametrize(
    ("interval", "seconds"), [(0.01, 5.0), (0.5, 5.0), (0.8, 8.0), (1.0, 10.0), (2.0, 15.0), (4.0, 15.0)]
)
def test_a_stream_is_stale_after_ten_usual_intervals_between_the_floor_and_the_ceiling(
    interval: float, seconds: float
) -> None:
    tick_rate = rate_of(interval, seconds=200)
    assert tick_rate.rate == pytest.approx(1 / interval, rel=0.05)
    assert tick_rate.stale_after(BOUNDS) == pytest.approx(seconds, rel=0.05)


def test_a_floor_above_the_ceiling_makes_the_rate_irrelevant() -> None:
    assert rate_of(0.1).stale_after(StalenessBounds(floor=60.0, ceiling=15.0)) == 15.0


def test_a_stream_is_not_stale_before_twice_its_longest_recent_pause() -> None:
    tick_rate = TickRate()
    for pause in (1, 1, 1, 7, 1, 1):  # a burst of ticks each time
        tick_rate.add(pause, 0.0, 100)
    assert tick_rate.stale_after(BOUNDS) == 14.0


def test_a_rate_that_changes_is_learnt_anew() -> None:
    tick_rate = TickRate()
    for _ in range(100):
        tick_rate.add(0.1, 0.9, 10)
    for _ in range(100):
        tick_rate.add(1.0, 0.0, 1)
    assert tick_rate.rate == pytest.approx(1.0)


def test_ticks_that_all_come_at_one_moment_have_a_finite_rate() -> None:
    tick_rate = TickRate()
    for _ in range(10):
        tick_rate.add(0.0, 0.0, 10)
    assert tick_rate.stale_after(BOUNDS) == 5.0


@pytest.mark.parametrize(
    ("interval", "seconds"), [(0.01, 2.0), (0.1, 2.0), (0.2, 4.0), (0.5, 5.0), (1.0, 10.0), (4.0, 15.0)]
)
def test_ticks_are_missing_after_twenty_usual_intervals_or_once_the_stream_is_stale(
    interval: float, seconds: float
) -> None:
    assert rate_of(interval, seconds=200).silent_after(BOUNDS) == pytest.approx(seconds, rel=0.05)


@pytest.mark.parametrize("seconds", [4, 100])
def test_without_a_rate_or_where_it_does_not_count_ticks_are_missing_once_the_stream_is_stale(
    seconds: int,
) -> None:
    assert rate_of(0.1, seconds).silent_after(StalenessBounds(15.0, 15.0)) == 15.0
    assert TickRate().silent_after(BOUNDS) == 15.0
