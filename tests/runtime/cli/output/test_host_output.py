"""The table of several accounts, as a picture of a given size."""

from datetime import UTC, datetime
from decimal import Decimal

from msgspec import structs

from runtime.cli.output.host_output import host_picture
from runtime.control.protocol import AccountState
from runtime.logs.line import AccountLine, as_json, plain

MAIN = AccountState("main", "account", "demo", "up", balance=Decimal(9999), up=1, connections=2)
REFUSED = "the venue does not accept the session"
STATES = (
    structs.replace(MAIN, open_deals=1, in_flight=0, in_doubt=2),
    AccountState("hedge", "account", "live", "refused", REFUSED, connections=1),
    AccountState("otc", "feed", "demo", "up", up=1, connections=1, streams=2),
)
LINE = AccountLine(datetime(2026, 1, 1, tzinfo=UTC), "INFO", "connection-1 is up", account="main")


def lines(width: int, height: int) -> list[str]:
    picture = host_picture(STATES, [LINE] * 50, "FILE", 61.0, (width, height))
    return ["".join(segment.text for segment in line) for line in picture.lines]


def test_each_has_a_row_and_the_log_has_the_rest() -> None:
    shown = lines(140, 12)
    assert len(shown) == 12
    assert shown[0].startswith("2 of 3 up")
    assert shown[2].split()[:7] == ["main", "demo", "up", "9,999.00", "1/2", "0", "1"]
    assert REFUSED in shown[3]
    assert shown[4].startswith("otc (feed)")
    assert "main: connection-1 is up" in shown[6]
    assert "--account NAME" in shown[-1]


def test_a_narrow_terminal_keeps_the_names_and_the_states() -> None:
    shown = lines(40, 6)
    assert len(shown) == 6
    assert all(len(line) <= 40 for line in shown)
    assert shown[3].split()[0] == "hedge"
    assert "refused" in shown[3]


def test_a_line_of_the_log_names_its_account() -> None:
    assert plain(LINE).endswith("INFO     main: connection-1 is up")
    assert '"account":"main"' in as_json(LINE)
