import pytest
from hypothesis import given, strategies as st

from actors.errors import RemoteProtocolError
from actors.venues.pocketoption import clock


def test_the_venue_is_two_hours_ahead_summer_and_winter() -> None:
    assert clock.read("2025-07-07 23:53:30") == 1751932410 - 7200
    assert clock.read("2024-12-02 00:13:19") == 1733098399 - 7200
    assert clock.spell(1751932410 - 7200) == "2025-07-07 23:53:30"
    assert clock.spell(1733098399.9 - 7200) == "2024-12-02 00:13:19"


def test_a_stamp_may_be_in_milliseconds() -> None:
    assert clock.to_utc(1751932410) == clock.to_utc(1751932410000) == 1751925210


@given(st.floats(0, clock.END_OF_TIME, exclude_max=True))
def test_every_time_can_be_spelt_and_read_again(time: float) -> None:
    assert clock.read(clock.spell(time)) == int(time)


@pytest.mark.parametrize("text", ["", "0000-00-00 00:00:00", "2025-02-30 00:00:00", "2025-07-07", "\x00"])
def test_what_is_no_time_is_the_peers_fault(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        clock.read(text)
