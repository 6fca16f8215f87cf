import pytest

from actors.health.tick_rate import StalenessBounds, TickRate

BOUNDS = StalenessBounds(floor=5.0, ceiling=15.0)


def rate_of(interval: float, seconds: int = 100) -> TickRate:
    """The rate of a stream with a tick every ``interval`` seconds, reported once a second."""
    tick_rate, ticks = TickRate(), 0
    for now in range(seconds):
        if int(now / interval) > ticks:
            ticks = int(now / interval)
            tick_rate.add(ticks * interval, ticks)
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
    moments = [0, 1, 2, 3, 10, 11, 12]  # a burst of ticks each time
    for number, now in enumerate(moments):
        tick_rate.add(now, 100 * number)
    assert tick_rate.stale_after(BOUNDS) == 14.0


def test_a_rate_that_changes_is_learnt_anew() -> None:
    tick_rate = TickRate()
    for now in range(100):
        tick_rate.add(now, 10 * now)
    for now in range(100, 200):
        tick_rate.add(now, 1000 + now)
    assert tick_rate.rate == pytest.approx(1.0)


def test_an_outage_is_no_pause_of_the_stream_and_keeps_the_rate() -> None:
    tick_rate = rate_of(0.5)
    tick_rate.interrupt()
    assert tick_rate.rate == pytest.approx(2.0, rel=0.05)
    for now in range(1000, 1006):
        tick_rate.add(now, 2 * (now - 999))
    assert tick_rate.stale_after(BOUNDS) == 5.0


def test_ticks_that_all_come_at_one_moment_have_a_finite_rate() -> None:
    tick_rate = TickRate()
    for number in range(10):
        tick_rate.add(0.0, 10 * number)
    assert tick_rate.stale_after(BOUNDS) == 5.0
