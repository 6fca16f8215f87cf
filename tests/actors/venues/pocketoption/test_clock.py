import pytest
from hypothesis import given, strategies as st

from actors.errors import RemoteProtocolError
from actors.venues.pocketoption import clock as venue_time


def test_the_venue_is_two_hours_ahead_summer_and_winter() -> None:
    assert venue_time.read("2025-07-07 23:53:30") == 1751932410 - 7200
    assert venue_time.read("2024-12-02 00:13:19") == 1733098399 - 7200
    assert venue_time.spell(1751932410 - 7200) == "2025-07-07 23:53:30"
    assert venue_time.spell(1733098399.9 - 7200) == "2024-12-02 00:13:19"


def test_a_stamp_may_be_in_milliseconds() -> None:
    assert venue_time.to_utc(1751932410) == venue_time.to_utc(1751932410000) == 1751925210


@given(st.floats(0, venue_time.END_OF_TIME, exclude_max=True))
def test_every_time_can_be_spelt_and_read_again(time: float) -> None:
    assert venue_time.read(venue_time.spell(time)) == int(time)


@pytest.mark.parametrize("text", ["", "0000-00-00 00:00:00", "2025-02-30 00:00:00", "2025-07-07", "\x00"])
def test_what_is_no_time_is_the_peers_fault(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        venue_time.read(text)
