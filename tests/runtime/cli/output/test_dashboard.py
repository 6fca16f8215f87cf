"""The picture of a run, as text on a terminal of a given size."""

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import Console

from actors.messages.events import AssetsListed, BalanceChanged
from actors.messages.status import (
    ChildStatus,
    PendingStream,
    RegionStatus,
    ReloadStatus,
    Status,
    WorkerStatus,
)
from actors.values import AccountKind, Asset, Balance, Tick
from runtime.cli.output.counters import Counters
from runtime.cli.output.dashboard import Dashboard, DrawContext, Meter, RunInfo, share
from tests.doubles.status_samples import NOW, connection, status, stream

PRACTICE = RunInfo("PRACTICE EXCHANGE", "practice")


@pytest.fixture
def counters() -> Counters:
    return Counters(["EURUSD_otc", "#AAPL_otc"])


def picture(board: Dashboard, state: Status | None, *, colour: bool = False, **changes: Any) -> list[str]:
    at = replace(DrawContext(now=NOW, uptime=3_725.0, width=120, height=40), **changes)
    console = Console(
        width=at.width,
        file=io.StringIO(),
        record=True,
        force_terminal=True,
        color_system="standard" if colour else None,
    )
    console.print(board.draw(state, at))
    return [line.rstrip() for line in console.export_text(styles=colour).splitlines()]


def row(lines: list[str], name: str) -> str:
    return next(line for line in lines if line.startswith(name))


def test_the_header_says_what_this_is_and_for_how_long(counters: Counters) -> None:
    counters.count([BalanceChanged(Balance(AccountKind.DEMO, Decimal("10000.5")))])
    assert picture(Dashboard(PRACTICE, counters), None) == [
        "tellwire   PRACTICE EXCHANGE   practice session  up 1:02:05  balance 10,000.50",
        "no status yet",
    ]
    board = Dashboard(RunInfo("PRACTICE EXCHANGE: invented quotes", "practice"), counters)
    for width, told in ((80, "up 1:02:05  balance 10,000.50"), (66, "balance 10,000.50")):
        assert picture(board, None, width=width)[0].endswith(f"invented quotes   {told}")
    narrow = picture(Dashboard(RunInfo("PocketOption", "live"), counters), None, width=60)
    assert narrow[0] == "tellwire   PocketOption   live session  balance 10,000.50"
    live = picture(Dashboard(RunInfo("PocketOption", "live"), counters), None)
    assert live[0].startswith("tellwire   PocketOption   live session  up")


def test_everything_is_there_on_a_wide_terminal(counters: Counters) -> None:
    lines = picture(Dashboard(PRACTICE, counters), status())
    assert row(lines, "connection-1").split() == [
        *(
            "connection-1",
            "up",
            "demo-europe",
            "12.3",
            "42.1",
            "ms",
            "0",
            "market",
            "worker-1",
            "12,345",
            "67",
            "-",
        )
    ]
    assert row(lines, "EURUSD_otc").split() == [
        *("EURUSD_otc", "live", "1.1", "0.4", "s", "1,234", "0", "connection-1", "-")
    ]
    assert row(lines, "worker-1").split() == ["worker-1", "up", "4711", "0.0%", "29", "MiB", "1"]
    assert row(lines, "limits") == (
        "limits   8 of 10/1s, 292 of 300/60s left; 2/10 in flight, 3 waiting, 5 refused"
    )
    assert row(lines, "batches") == "batches  12 requests in 5 batches, 2.4 per batch"
    assert row(lines, "router").startswith("router   2,468 ticks, 0.0/s; 90 other events")


def test_prices_have_the_assets_digits_the_latest_tick_and_a_direction(counters: Counters) -> None:
    asset = Asset(1, "EURUSD_otc", "EUR/USD", "currency", 5, 92, True, True, 5, ())
    counters.count([AssetsListed([asset]), Tick("EURUSD_otc", NOW - 2.0, 1.1, NOW - 1.5)])
    board, shown = Dashboard(PRACTICE, counters), status(streams=(stream("EURUSD_otc"),))
    assert "  live   1.10000    1.5 s" in row(picture(board, shown), "EURUSD_otc")
    counters.count([Tick("EURUSD_otc", NOW - 1.0, 1.10001, NOW - 1.0)])
    assert "  live   1.10001  ▲  1.0 s" in row(picture(board, shown), "EURUSD_otc")
    assert "  live   1.10001  ▲" in row(picture(board, shown), "EURUSD_otc")
    counters.count([Tick("EURUSD_otc", NOW, 1.09999, NOW)])
    assert "  live   1.09999  ▼  0.0 s" in row(picture(board, shown), "EURUSD_otc")


def test_a_stream_is_live_from_the_first_tick_in_the_status_or_the_counters(counters: Counters) -> None:
    board = Dashboard(PRACTICE, counters)
    silent = stream("EURUSD_otc", last_price=None)
    assert "  confirmed " in row(picture(board, status(streams=(silent,))), "EURUSD_otc")
    assert "  live " in row(picture(board, status()), "EURUSD_otc")


def test_what_is_unusual_has_a_line_and_what_is_usual_has_none(counters: Counters) -> None:
    board = Dashboard(PRACTICE, counters)
    usual = {line.split()[0] for line in picture(board, status()) if line}
    assert not usual & {"regions", "clock", "reload", "orders"}
    busy = RegionStatus("demo-europe", 1, 3, 1, 1, None, 25.4)
    reload = ReloadStatus("a.yaml", 1, 1, NOW, "streams", ("a.yaml:1: x: is wrong", "more"), NOW)
    lines = picture(board, status(regions=(busy,), clock_offset=-3.21, reload=reload))
    assert row(lines, "regions ") == "regions  the host of demo-europe asks for 25 s without a dial"
    assert row(lines, "clock ") == "clock    the venue's is 3.2 s behind ours"
    told = (
        r"reload   REFUSED at [\d:]{8} \(a.yaml:1: x: is wrong and 1 more\); streams took effect at [\d:]{8}"
    )
    assert re.fullmatch(told, row(lines, "reload "))


@pytest.mark.parametrize("health", ["stale", "closed"])
def test_a_silent_stream_is_called_stale_or_closed_until_it_delivers(counters: Counters, health: str) -> None:
    counters.count([Tick("EURUSD_otc", NOW, 1.1, NOW - 16)])
    board = Dashboard(PRACTICE, counters)
    silent = status(streams=(stream("EURUSD_otc", health=health),))
    assert f"  {health} " in row(picture(board, silent), "EURUSD_otc")
    assert "  live " in row(picture(board, status()), "EURUSD_otc")


def test_a_wall_clock_that_was_set_back_shows_no_negative_age(counters: Counters) -> None:
    ahead = status(streams=(stream("EURUSD_otc", received_at=NOW + 60.0),))
    assert "  0.0 s  " in row(picture(Dashboard(PRACTICE, counters), ahead), "EURUSD_otc")


def test_a_stale_stream_stands_before_those_that_deliver_and_a_closed_one_does_not(
    counters: Counters,
) -> None:
    streams = (stream("A"), stream("B", health="closed"), stream("C", health="stale"))
    lines = picture(Dashboard(PRACTICE, counters), status(streams=streams))
    assert [line[0] for line in lines if line[:2] in {"A ", "B ", "C "}] == ["C", "A", "B"]


def test_a_configured_stream_that_has_not_begun_has_a_row_before_the_others(counters: Counters) -> None:
    pending = (
        PendingStream("EURUSDD_otc", True, "no such asset"),
        PendingStream("GBPUSD_otc", False, "full"),
    )
    for width in (80, 120):
        lines = picture(Dashboard(PRACTICE, counters), status(pending_streams=pending), width=width)
        rows = lines[next(number for number, line in enumerate(lines) if line.startswith("STREAM")) :]
        assert rows[1].split()[:2] == ["EURUSDD_otc", "waiting"]
        assert not any(row.startswith("GBPUSD_otc") for row in rows)


def test_an_outage_has_a_line_with_its_reasons(counters: Counters) -> None:
    down = replace(connection(1), child=ChildStatus("connection-1", "w", "EU", "waiting", 3, 2, "refused"))
    lines = picture(Dashboard(PRACTICE, counters), status(connections=(down,), outage=43.2))
    assert "outage   NO CONNECTION IS UP for 43 s (EU: refused)" in lines


def test_gaps_say_how_long_and_how_long_ago(counters: Counters) -> None:
    gappy = stream("EURUSD_otc", gaps=2, last_gap=(NOW - 70.0, NOW - 65.0))
    assert "5.0 s, 0:01:05 ago" in row(
        picture(Dashboard(PRACTICE, counters), status(streams=(gappy,))), "EURUSD_otc"
    )


def test_what_is_not_well_stands_first(counters: Counters) -> None:
    broken = connection(2, state="quarantined", last_error="TransportClosed: 1006")
    lines = picture(Dashboard(PRACTICE, counters), status(connections=(connection(1), broken)))
    first, second = (line for line in lines if line.startswith("connection-"))
    assert first.startswith("connection-2  quarantined")
    assert first.endswith("TransportClosed: 1006")
    assert second.startswith("connection-1")


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 14)])
@pytest.mark.parametrize("count", [0, 2, 64])
def test_it_fits_the_terminal(counters: Counters, size: tuple[int, int], count: int) -> None:
    many = status(
        connections=tuple(connection(number, last_error="no way " * 30) for number in range(count)),
        streams=tuple(stream(f"ASSET{number}_otc") for number in range(count)),
        workers=tuple(WorkerStatus(f"worker-{number}", 1, "up", 0, 0.0, 0) for number in range(count)),
    )
    width, height = size
    lines = picture(Dashboard(PRACTICE, counters), many, width=width, height=height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_rows_that_find_no_room_are_counted(counters: Counters) -> None:
    many = status(streams=tuple(stream(f"ASSET{number}_otc") for number in range(64)))
    lines = picture(Dashboard(PRACTICE, counters), many, width=80, height=24)
    shown = sum(line.startswith("ASSET") for line in lines)
    assert f"{64 - shown} more" in lines


def test_eighty_columns_keep_everything_whole_but_a_long_error(counters: Counters) -> None:
    failed = connection(1, state="waiting", last_error="DialFailed: the venue answered with 503, " * 3)
    lines = picture(Dashboard(PRACTICE, counters), status(connections=(failed,)), width=80)
    *whole, _restarts, _error = row(lines, "connection-1").split(maxsplit=7)
    assert whole == ["connection-1", "waiting", "demo-europe", "12.3", "42.1", "ms"]
    assert row(lines, "connection-1").endswith("…")
    assert row(lines, "CONNECTION").split()[-2:] == ["LAST", "ERROR"]


def test_text_of_the_venue_can_neither_colour_nor_break_the_table(counters: Counters) -> None:
    nasty = connection(1, last_error="\x1b[31mred\nnext [b]line[/b]")
    lines = picture(Dashboard(PRACTICE, counters), status(connections=(nasty,)))
    assert row(lines, "connection-1").endswith("\\x1b[31mred\\nnext [b]line[/b]")


def test_states_have_colours_where_there_are_any(counters: Counters) -> None:
    lines = picture(
        Dashboard(PRACTICE, counters), status(connections=(connection(1, state="waiting"),)), colour=True
    )
    assert any("\x1b[33mwaiting\x1b[0m" in line for line in lines)


def test_an_old_status_is_called_old(counters: Counters) -> None:
    assert "STATUS IS 3 S OLD" in picture(Dashboard(PRACTICE, counters), status(), status_age=3.0)[0]


def test_a_runtime_without_worker_processes_has_no_table_of_them(counters: Counters) -> None:
    assert not any(
        "WORKER " in line for line in picture(Dashboard(PRACTICE, counters), status(workers=()), width=80)
    )


def test_a_meter_averages_over_its_window_and_begins_anew_with_a_new_counter() -> None:
    meter = Meter()
    assert [meter(second, 10.0 * second) for second in range(10)][-1] == 10.0
    assert meter(10.0, 90.0) == 8.0
    assert meter(11.0, 1.0) == 0.0
    assert meter(12.0, 3.0) == 2.0


@pytest.mark.parametrize(
    ("room", "wants", "given"),
    [
        (20, (2, 4, 1), [2, 4, 1]),
        (9, (64, 64, 1), [4, 4, 1]),
        (1, (5, 5, 5), [1, 1, 1]),
        (10, (0, 64, 1), [0, 9, 1]),
    ],
)
def test_rows_are_shared_out_with_the_shortest_table_first(
    room: int, wants: tuple[int, ...], given: list[int]
) -> None:
    assert share(room, wants) == given
