import pytest

from actors.health.venue_clock import WINDOW, VenueClock


def clock_after(*delays: float, connection: str = "c1") -> VenueClock:
    """A clock that got one delay each second from 0 on."""
    clock = VenueClock()
    for now, delay in enumerate(delays):
        clock.add(connection, delay, now)
    return clock


def test_without_ticks_the_offset_is_unknown() -> None:
    assert VenueClock().offset(0) is None


def test_the_least_delay_of_the_window_counts() -> None:
    assert clock_after(0.3, 0.05, 0.4).offset(3) == -0.05


def test_a_clock_ahead_of_ours_shows_as_a_negative_delay() -> None:
    assert clock_after(-1.2, -1.1).offset(2) == 1.2


def test_a_delay_from_before_the_window_is_forgotten() -> None:
    clock = clock_after(0.05)
    clock.add("c1", 0.3, WINDOW)
    assert clock.offset(WINDOW) == -0.05
    assert clock.offset(WINDOW + 0.1) == -0.3
    assert clock.offset(3 * WINDOW) is None


@pytest.mark.parametrize("odd", [-3600.0, 3600.0])
def test_single_outliers_change_nothing(odd: float) -> None:
    clock = clock_after(0.05, odd, 0.06, odd, odd, 0.07, odd)
    assert clock.offset(7) == -0.05


def test_outliers_that_do_not_agree_change_nothing_however_many_come() -> None:
    clock = clock_after(0.05, *(1000.0 * number for number in range(1, 20)))
    assert clock.offset(20) == -0.05


@pytest.mark.parametrize("step", [-3600.0, -3.0, 3.0, 3600.0])
def test_a_clock_that_was_set_shows_after_three_reports(step: float) -> None:
    clock = clock_after(0.05, 0.06, 0.05 + step, 0.07 + step)
    assert clock.offset(4) == -0.05
    clock.add("c1", 0.06 + step, 4)
    assert clock.offset(5) == pytest.approx(-0.06 - step)
    clock.add("c1", 0.04 + step, 5)
    assert clock.offset(6) == pytest.approx(-0.04 - step)


def test_an_outlier_as_the_first_delay_is_outvoted() -> None:
    assert clock_after(-3600.0, 0.05, 0.06, 0.07).offset(4) == pytest.approx(-0.07)


def test_the_connection_with_the_least_delay_counts() -> None:
    clock = clock_after(0.3, 0.2)
    clock.add("c2", 0.1, 2)
    assert clock.offset(2) == -0.1
