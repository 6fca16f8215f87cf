"""Times for people."""

from datetime import UTC, datetime, timedelta

from runtime.logs.time_of_day import time_of_day

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_time_of_today_has_no_date() -> None:
    assert time_of_day(NOON.timestamp(), (NOON + timedelta(hours=11)).timestamp()) == "12:00:00"


def test_a_time_of_another_day_has_its_date() -> None:
    assert time_of_day(NOON.timestamp(), (NOON + timedelta(hours=13)).timestamp()) == "2026-03-01 12:00:00"
