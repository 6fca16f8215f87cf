"""The time zone of a report, also where the clocks change."""

import time
from collections.abc import Iterator

import pytest

from runtime.report.zone import ReportZone

WINTER, SUMMER = 1_767_225_600.0, 1_782_864_000.0
"""2026-01-01 and 2026-07-01, both at 00:00 UTC."""


@pytest.fixture
def berlin() -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


def test_utc_is_named_and_used() -> None:
    zone = ReportZone(utc=True)
    assert zone.name([WINTER, SUMMER]) == "UTC"
    assert f"{zone.at(SUMMER):%Y-%m-%d %H:%M}" == "2026-07-01 00:00"


@pytest.mark.usefixtures("berlin")
def test_local_time_is_named_with_what_it_was_at_these_moments() -> None:
    zone = ReportZone(utc=False)
    assert zone.name([WINTER]) == "local time, UTC+01:00 (CET)"
    assert zone.name([WINTER, SUMMER]) == "local time, UTC+01:00 and UTC+02:00 (CET, CEST)"
    assert f"{zone.at(WINTER):%H:%M}, {zone.at(SUMMER):%H:%M}" == "01:00, 02:00"


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize("moment", [WINTER, SUMMER, SUMMER + 86_399.5])
def test_what_its_clocks_show_is_the_moment_again(moment: float) -> None:
    for zone in (ReportZone(utc=True), ReportZone(utc=False)):
        assert zone.seconds(zone.at(moment).replace(tzinfo=None)) == moment
