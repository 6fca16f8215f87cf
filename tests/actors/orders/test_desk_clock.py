"""What time it is at the venue, and how long a deal has left."""

import pytest
from msgspec import structs

from actors.orders.desk_clock import DeskClock
from tests.conftest import ManualClock
from tests.doubles.trading_samples import BET, NOW, deal_of

DEAL = deal_of(BET, opened_at=NOW)


class Machine:
    """Its clocks. ``clock`` counts suspends, ``slept`` by how much the monotonic clock has stood still."""

    def __init__(self, clock: ManualClock) -> None:
        self.slept = self.stepped = 0.0
        self._clock = clock
        self._begun = clock()

    def monotonic(self) -> float:
        return self._clock() - self.slept

    def wall(self) -> float:
        return NOW + self._clock() - self._begun + self.stepped

    def suspend(self, seconds: float) -> None:
        self._clock.advance(seconds)
        self.slept += seconds


@pytest.fixture
def machine(clock: ManualClock) -> Machine:
    return Machine(clock)


def desk_clock(machine: Machine, clock: ManualClock, *, counts: bool) -> DeskClock:
    """``counts``: the system has a clock that counts suspends."""
    return DeskClock(machine.monotonic, machine.wall, clock if counts else None)


@pytest.mark.parametrize("counts", [True, False])
def test_a_suspend_moves_the_venues_clock_but_not_the_one_that_does_not_step(
    machine: Machine, clock: ManualClock, counts: bool
) -> None:
    desk = desk_clock(machine, clock, counts=counts)
    desk.offset = 5.0
    machine.suspend(3600.0)
    assert desk.utc() == pytest.approx(NOW)
    assert desk.venue_now() == pytest.approx(NOW + 3605)
    assert desk.reading() == pytest.approx((3600, 5))


@pytest.mark.parametrize("step", [-86_400.0, -1.0, 1.0, 7200.0])
def test_a_wall_clock_that_is_set_moves_nothing_that_was_measured(
    machine: Machine, clock: ManualClock, step: float
) -> None:
    desk = desk_clock(machine, clock, counts=True)
    desk.offset = 5.0
    machine.stepped = step
    assert desk.venue_now() == pytest.approx(NOW + 5)
    assert desk.reading() == pytest.approx((0, 5))
    desk.offset = 5.0 - step
    assert desk.venue_now() == pytest.approx(NOW + 5)


@pytest.mark.parametrize("step", [-86_400.0, -1.0, 1.0, 7200.0])
def test_a_measurement_that_is_older_than_the_setting_of_the_wall_clock_moves_nothing_either(
    machine: Machine, clock: ManualClock, step: float
) -> None:
    desk = desk_clock(machine, clock, counts=True)
    desk.offset = 5.0
    machine.stepped = step
    desk.offset = 5.01
    assert desk.venue_now() == pytest.approx(NOW + 5.01)
    desk.offset = 5.02 - step
    assert desk.venue_now() == pytest.approx(NOW + 5.02)


@pytest.mark.parametrize("counts", [True, False])
def test_until_it_is_measured_the_wall_clock_stands_in_for_the_venues(
    machine: Machine, clock: ManualClock, counts: bool
) -> None:
    desk = desk_clock(machine, clock, counts=counts)
    assert desk.reading().offset is None
    machine.stepped = 60.0
    assert desk.venue_now() == pytest.approx(NOW + 60)


@pytest.mark.parametrize("counts", [True, False])
def test_a_reading_is_the_same_object_until_a_clock_has_gone_ahead_of_another(
    machine: Machine, clock: ManualClock, counts: bool
) -> None:
    desk = desk_clock(machine, clock, counts=counts)
    first = desk.reading()
    clock.advance(60.0)
    machine.suspend(0.0005)  # as if time passed between the readings of two clocks
    assert desk.reading() is first
    desk.offset = 5.0
    measured = desk.reading()
    assert measured is not first
    machine.suspend(1.0)
    assert desk.reading() == pytest.approx((1.0005, 5))


@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize(("offset", "left"), [(None, 60.0), (0.0, -40.5), (-100.0, 59.5), (40.0, -80.5)])
def test_a_deal_ends_by_the_venues_clock_and_until_that_is_known_not_before_its_duration(
    machine: Machine, clock: ManualClock, offset: float | None, left: float, counts: bool
) -> None:
    desk = desk_clock(machine, clock, counts=counts)
    clock.advance(100)
    desk.offset = offset
    assert desk.until_end(DEAL) == pytest.approx(left)


def test_a_later_process_tells_how_long_ago_a_moment_was(machine: Machine, clock: ManualClock) -> None:
    made = DeskClock(machine.monotonic, machine.wall, clock, "boot").machine_time()
    machine.suspend(5.0)
    later = DeskClock(machine.monotonic, machine.wall, clock, "boot")
    assert later.age(made) == pytest.approx((5.0, 5.0))
    machine.stepped = 60.0  # or the machine was stopped as a whole, and its wall clock set then
    assert later.age(made) == pytest.approx((5.0, 65.0))
    machine.stepped = -60.0
    assert later.age(made) == pytest.approx((5.0, 5.0))


def test_the_age_is_not_known_after_a_boot_or_without_a_clock_that_counts_suspends(
    machine: Machine, clock: ManualClock
) -> None:
    here = DeskClock(machine.monotonic, machine.wall, clock, "boot")
    made = here.machine_time()
    assert made is not None
    assert DeskClock(machine.monotonic, machine.wall, clock, "another").age(made) is None
    assert DeskClock(machine.monotonic, machine.wall, None, "boot").age(made) is None
    assert DeskClock(machine.monotonic, machine.wall, None, "boot").machine_time() is None
    assert DeskClock(machine.monotonic, machine.wall, clock, "").machine_time() is None
    assert here.age(structs.replace(made, elapsed=made.elapsed + 1)) is None
    assert here.age(None) is None


def test_what_has_certainly_passed_is_a_day_ago_until_the_venues_clock_is_measured(
    machine: Machine, clock: ManualClock
) -> None:
    desk = desk_clock(machine, clock, counts=True)
    assert desk.certainly_past() == pytest.approx(NOW - 86_400)
    desk.offset = 5.0
    assert desk.certainly_past() == pytest.approx(NOW + 5)
