import pytest

from actors.health.trading_hours import TradingHours
from tests.doubles.stream_monitor_simulation import asset

LISTED = 1_770_000_000


def hours(**row: bool | int) -> TradingHours:
    hours = TradingHours()
    hours.update([asset("A", **row)], LISTED)  # type: ignore[arg-type]
    return hours


def test_an_asset_that_no_table_names_counts_as_open() -> None:
    assert TradingHours().is_open("A", LISTED)
    assert hours(tradable=False).is_open("B", LISTED)


def test_without_times_the_row_holds_until_the_next_table() -> None:
    week = 7 * 86_400
    assert hours(tradable=True).is_open("A", LISTED + week)
    closed = hours(tradable=False)
    assert not closed.is_open("A", LISTED + week)
    closed.update([asset("A", tradable=True)], LISTED + week)
    assert closed.is_open("A", LISTED + week)


def test_an_open_session_ends_at_its_time() -> None:
    market = hours(tradable=True, closes_at=LISTED + 100)
    assert market.is_open("A", LISTED + 99.9)
    assert not market.is_open("A", LISTED + 100)


def test_a_closed_market_opens_at_its_time() -> None:
    market = hours(tradable=False, opens_at=LISTED + 100)
    assert not market.is_open("A", LISTED + 99.9)
    assert market.is_open("A", LISTED + 100)


def test_a_time_that_had_passed_when_the_table_came_changes_nothing() -> None:
    assert hours(tradable=True, closes_at=LISTED - 100).is_open("A", LISTED + 1)
    assert not hours(tradable=False, opens_at=LISTED - 100).is_open("A", LISTED + 1)


@pytest.mark.parametrize("change", [-7200.0, -20.0, 20.0, 7200.0])
def test_a_clock_that_is_measured_after_the_table_came_does_not_hide_the_end_of_a_session(
    change: float,
) -> None:
    """The table came at ``LISTED`` by the venue's clock, which was taken for ours."""
    market = TradingHours()
    market.update([asset("A", tradable=True, closes_at=LISTED + 10)], LISTED - change)
    market.on_clock(change)
    assert market.is_open("A", LISTED + 9.9)
    assert not market.is_open("A", LISTED + 10)
