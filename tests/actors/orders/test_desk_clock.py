"""What time it is at the venue, and how long a deal has left."""

import pytest

from actors.orders.desk_clock import DeskClock
from tests.conftest import ManualClock
from tests.doubles.trading_samples import BET, NOW, deal_of

DEAL = deal_of(BET, opened_at=NOW)


def test_a_suspend_moves_the_wall_clock_and_the_venues_but_not_the_one_that_does_not_step(
    clock: ManualClock,
) -> None:
    slept = 0.0
    begun = clock()
    desk = DeskClock(clock, lambda: NOW + clock() - begun + slept)
    desk.offset = 5.0
    slept = 3600.0
    assert desk.utc() == pytest.approx(NOW)
    assert desk.venue_now() == pytest.approx(NOW + 3605)
    assert desk.reading().ahead == pytest.approx(3605)


@pytest.mark.parametrize(("offset", "left"), [(None, 60.0), (0.0, -40.5), (-100.0, 59.5), (40.0, -80.5)])
def test_a_deal_ends_by_the_venues_clock_and_until_that_is_known_not_before_its_duration(
    clock: ManualClock, offset: float | None, left: float
) -> None:
    desk = DeskClock(clock, lambda: NOW + 100)
    desk.offset = offset
    assert desk.until_end(DEAL) == pytest.approx(left)
