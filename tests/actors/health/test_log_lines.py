import pytest

from actors.health.log_lines import gap_line, stale_line
from actors.health.states import RecoveryAction
from actors.messages.events import StreamGap, StreamStale


def test_a_gap_says_where_and_what_brings_the_ticks() -> None:
    gap = StreamGap("EURUSD", 10.0, 12.5, "cut", "connection-2", 60)
    assert gap_line(gap, "EU") == (
        "EURUSD has a gap of 2.50 s on connection-2 (EU): cut;"
        " its candles are loaded, its ticks only by LoadTicks"
    )
    assert "on connection-2: cut" in gap_line(gap, "")


@pytest.mark.parametrize("action", RecoveryAction)
def test_a_stale_stream_says_where_and_what_is_done(action: RecoveryAction) -> None:
    stale = StreamStale("EURUSD", 3.0, action.value, "others tick")
    line = stale_line(stale, "connection-1", "EU")
    assert line.startswith("EURUSD is stale on connection-1 (EU), 3.0 s without a tick (others tick): it")
    assert line.endswith("; if that does not help, compare with the venue's page")
    assert "stale, 3.0 s" in stale_line(stale, "", "")
