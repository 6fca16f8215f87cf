"""The picture of a run, as text on a terminal of a given size."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from rich.console import Console

from actors.messages.events import (
    AssetsListed,
    BalanceChanged,
    OrderClosed,
    OrderInDoubt,
    OrderOpened,
    PendingOrdersListed,
)
from actors.messages.status import DeskStatus, PendingStream, Status, WorkerStatus
from actors.values import AccountKind, Asset, Balance, Deal, Direction, PendingOrder, Tick
from runtime.cli.output.counters import Counters
from runtime.cli.output.dashboard import draw, draw_all
from runtime.cli.output.deal_book import DealBook
from runtime.cli.output.snapshot import PictureTime, Recorder, RunInfo, Snapshot
from runtime.cli.output.view import KeyState
from runtime.logs import Line
from tests.doubles.status_samples import NOW, connection, status, stream

PRACTICE = RunInfo("PRACTICE EXCHANGE: invented quotes", "practice")
SIZES = [(60, 14), (80, 24), (120, 40), (200, 60)]
BALANCE = BalanceChanged(Balance(AccountKind.DEMO, Decimal("10012.4")))
DAWN = NOW // 86_400 * 86_400


def deal(id: str, **changes: Any) -> Deal:
    usual = Deal(
        id,
        "EURUSD_otc",
        Direction.CALL,
        Decimal(5),
        NOW - 20,
        NOW + 39.5,
        1.1,
        92,
        AccountKind.DEMO,
    )
    return replace(usual, **changes)


WON = deal("won", closes_at=NOW - 30, close_price=1.2, profit=Decimal("4.60"))
LOST = deal(
    "lost",
    direction=Direction.PUT,
    closes_at=NOW - 60,
    close_price=1.2,
    profit=Decimal(-5),
    asset="#AAPL_otc",
)
YESTERDAY = deal("old", closes_at=DAWN - 1, close_price=1.2, profit=Decimal(1000))


class Board:
    """A run that is told events and drawn."""

    def __init__(self, run: RunInfo = PRACTICE) -> None:
        self.counters, self.deals, self.view = Counters(), DealBook(), KeyState()
        self.recorder = Recorder(run, self.counters, self.deals)
        self.log: list[Line] = []

    def take(self, *events: Any) -> None:
        self.counters.count(list(events))
        for event in events:
            self.deals.take(event)

    def snapshot(self, state: Status | None, **changes: Any) -> Snapshot:
        moment = replace(PictureTime(now=NOW, uptime=3_725.0), **changes)
        return self.recorder.take(state, moment, tuple(self.log))

    def lines(self, state: Status | None, width: int = 120, height: int = 40, **changes: Any) -> list[str]:
        return text(draw(self.snapshot(state, **changes), self.view, width, height), width)


def text(picture: Any, width: int, *, colour: bool = False) -> list[str]:
    console = Console(
        width=width,
        file=io.StringIO(),
        record=True,
        force_terminal=True,
        color_system="standard" if colour else None,
    )
    console.print(picture, end="")
    return [line.rstrip() for line in console.export_text(styles=colour).splitlines()]


def row(lines: list[str], name: str) -> str:
    return next(line for line in lines if line.startswith(name))


def many(count: int) -> Status:
    return status(
        connections=tuple(connection(number, last_error="no way " * 30) for number in range(count)),
        streams=tuple(stream(f"ASSET{number:03}_otc") for number in range(count)),
        workers=tuple(WorkerStatus(f"worker-{number}", 1, "up", 0, 0.0, 0) for number in range(count)),
    )


@pytest.mark.parametrize("run", [PRACTICE, RunInfo("PocketOption", "live"), RunInfo("PocketOption", "demo")])
@pytest.mark.parametrize("width", [50, 60, 80, 200])
def test_the_money_is_whole_however_narrow_the_terminal_is(run: RunInfo, width: int) -> None:
    board = Board(run)
    board.take(BALANCE, OrderClosed(WON), OrderClosed(LOST), OrderClosed(YESTERDAY))
    board.deals.take_deals([], [])
    first = board.lines(status(), width)[0]
    assert "balance 10,012.40  today -0.40" in first
    assert len(first) <= width
    assert run.mode == "practice" or run.mode in first or width < 60


def test_before_the_first_status_the_log_is_shown() -> None:
    board = Board()
    board.log.append(Line(datetime.fromtimestamp(NOW, UTC), "INFO", "a new journal of orders"))
    lines = board.lines(None, 80, 24)
    assert lines[1] == "no status yet"
    assert lines[2].endswith("INFO     a new journal of orders")
    assert len(lines) == 24
    assert lines[-1].startswith("q quit")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("count", [0, 2, 64, 200])
def test_it_fills_the_terminal_and_no_more(size: tuple[int, int], count: int) -> None:
    board = Board()
    board.take(BALANCE, *(OrderOpened("o", deal(f"d{number}")) for number in range(count)))
    board.log += [Line(datetime.fromtimestamp(NOW, UTC), "INFO", "word " * 80, ("step",) * 5)] * 50
    for key in ("", "1", "2", "3", "4", "5", "?"):
        board.view = KeyState()
        board.view.press(key, None, 0.0)
        lines = board.lines(many(count), *size)
        assert len(lines) == size[1]
        assert max(map(len, lines)) <= size[0]
        assert lines[-1].startswith("q quit")


@pytest.mark.parametrize("size", SIZES)
def test_what_finds_no_room_is_counted_with_the_way_to_see_it(size: tuple[int, int]) -> None:
    board = Board()
    board.take(*(OrderOpened("o", deal(f"d{number}")) for number in range(90)))
    lines = board.lines(many(200), *size)
    assert any(" more: " in line for line in lines)
    streams = sum(line.startswith(("ASSET0", "ASSET1")) for line in lines)
    assert streams >= 1
    assert any(line.startswith(f"{200 - streams} more: ") for line in lines)
    assert any("3" in line and "CONNECTIONS" in line for line in lines)


def test_every_stream_can_be_scrolled_to() -> None:
    board = Board()
    seen: set[str] = set()
    for _ in range(60):
        lines = board.lines(many(200), 80, 24)
        seen |= {line.split()[0] for line in lines if line.startswith("ASSET")}
        board.view.press("down", None, 0.0)
        board.view.press("down", None, 0.0)
        board.view.press("down", None, 0.0)
        board.view.press("down", None, 0.0)
    assert len(seen) == 200
    assert any("above" in line for line in lines)


def test_a_stream_has_price_direction_trend_change_payout_and_age() -> None:
    board = Board()
    asset = Asset(1, "EURUSD_otc", "EUR/USD", "currency", 5, 92, True, True, 5, ())
    board.take(AssetsListed([asset]))
    shown = status(streams=(stream("EURUSD_otc"),))
    for number, price in enumerate((1.1, 1.1011, 1.099, 1.10011)):
        board.take(Tick("EURUSD_otc", NOW - 2.0, price, NOW - 1.5))
        lines = board.lines(shown, 80, 24, uptime=5.0 * number)
    assert (
        row(lines, "EURUSD_otc")
        == "EURUSD_otc  live          ▄█▁▅▅  +0.010%  1.10011  ▲    92 %  1.5 s     0"
    )
    board.take(Tick("EURUSD_otc", NOW, 1.09999, NOW))
    assert "  1.09999  ▼  " in row(board.lines(shown, 80, 24, uptime=16.0), "EURUSD_otc")
    assert "  1.09999  ▼  " in row(board.lines(shown, 80, 24, uptime=17.0), "EURUSD_otc")


def test_a_market_that_is_closed_says_so_in_place_of_a_payout() -> None:
    board = Board()
    board.take(AssetsListed([Asset(1, "EURUSD_otc", "EUR/USD", "currency", 5, 92, True, False, 5, ())]))
    assert "closed" in row(board.lines(status()), "EURUSD_otc")


def test_deals_have_what_a_trader_looks_for() -> None:
    board = Board()
    asset = Asset(1, "EURUSD_otc", "EUR/USD", "currency", 5, 92, True, True, 5, ())
    behind = deal("b", direction=Direction.PUT, closes_at=NOW + 3_700.0)
    board.take(AssetsListed([asset]), Tick("EURUSD_otc", NOW, 1.2, NOW))
    board.take(OrderOpened("o", deal("a")), OrderOpened("p", behind), OrderClosed(WON), OrderClosed(LOST))
    board.take(
        PendingOrdersListed([PendingOrder("t", "GBPUSD", Direction.CALL, Decimal(7), 60, 80, int(NOW) + 90)])
    )
    board.take(OrderInDoubt("1f30", "AUDCAD", Decimal(9), "lost"))
    lines = board.lines(status(clock_offset=2.0))
    start = lines.index(
        "ORDERS AND DEALS  today (UTC) -0.40; 2 open, stakes 10.00; 1 pending; 2 closed: 1 won, 1 lost"
    )
    rows = [line.split() for line in lines[start + 2 : start + 8]]
    assert rows[0] == ["AUDCAD", "-", "9.00", "-", "-", "-", "-", "IN", "DOUBT", "-", "1f30"]
    assert rows[1][:9] == ["EURUSD_otc", "call", "5.00", "1.10000", "1.20000", "92", "%", "0:38", "(+4.60)"]
    assert rows[2][:9] == ["EURUSD_otc", "put", "5.00", "1.10000", "1.20000", "92", "%", "1:01:38", "(-5.00)"]
    assert rows[3][:9] == ["GBPUSD", "call", "7.00", "-", "-", "≥", "80", "%", "1:28"]
    assert rows[4][:9] == [
        "EURUSD_otc",
        "call",
        "5.00",
        "1.10000",
        "1.20000",
        "92",
        "%",
        "07:59:30Z",
        "+4.60",
    ]
    assert rows[5][:2] == ["#AAPL_otc", "put"]
    assert rows[5][-3] == "-5.00"
    board.take(OrderClosed(deal("a", close_price=1.1, profit=Decimal(0))))
    assert any(
        "; 1 open, stakes" in line and "3 closed: 1 won, 1 lost" in line for line in board.lines(status())
    )


def test_the_day_of_the_sum_ends_by_the_venues_clock() -> None:
    board = Board()
    board.take(OrderClosed(deal("x", closes_at=NOW, close_price=1.2, profit=Decimal(3))))
    late = replace(status(), clock_offset=86_400.0)
    assert board.snapshot(status()).trades.profit == Decimal(3)
    assert board.snapshot(late).trades.profit == Decimal(0)


def test_an_open_deal_that_the_list_no_longer_has_is_gone_and_a_closed_one_stays_closed() -> None:
    board = Board()
    board.take(OrderOpened("o", deal("a")), OrderOpened("p", deal("b")))
    board.deals.take_deals([deal("b")], [])
    assert [each.id for each in board.snapshot(status()).trades.opened] == ["b"]
    board.take(OrderClosed(deal("b", close_price=1.2, profit=Decimal(4))), OrderOpened("p", deal("b")))
    assert board.snapshot(status()).trades.opened == ()


def test_alerts_stand_below_the_header_and_those_that_are_cut_say_where_the_rest_is() -> None:
    board = Board()
    state = status(desk=DeskStatus("because " * 19 + "because", 0, 0, 0, 0), clock_offset=5.0)
    lines = board.lines(state, 80, 24)
    assert lines[1].startswith("! HALTED (because ")
    assert lines[1].endswith("… (5: all of it)")
    assert lines[2] == "! the venue's clock is 5.0 s ahead of ours"
    state = replace(state, connections=tuple(connection(each, state="quarantined") for each in range(9)))
    assert row(board.lines(state, 80, 24)[3:], "! ") == "! 9 more: 5 shows them"
    board.view.press("5", None, 0.0)
    full = " ".join(" ".join(board.lines(state, 80, 24)).split())
    assert "because because): no order is sent; R resumes" in full


def test_a_configured_stream_that_has_not_begun_has_a_row_before_the_others() -> None:
    pending = (
        PendingStream("EURUSDD_otc", True, "no such asset"),
        PendingStream("GBPUSD_otc", False, "full"),
    )
    for width, height in SIZES:
        lines = Board().lines(status(pending_streams=pending), width, height)
        rows = lines[next(number for number, line in enumerate(lines) if line.startswith("STREAM")) :]
        assert rows[1].split()[:2] == ["EURUSDD_otc", "waiting"]
        assert not any(row.startswith("GBPUSD_otc") for row in rows)


@pytest.mark.parametrize("health", ["stale", "closed"])
def test_a_silent_stream_is_called_stale_or_closed_until_it_delivers(health: str) -> None:
    board = Board()
    board.take(Tick("EURUSD_otc", NOW, 1.1, NOW - 16))
    silent = status(streams=(stream("EURUSD_otc", health=health),))
    assert f"  {health} " in row(board.lines(silent), "EURUSD_otc")
    assert "  live " in row(board.lines(status()), "EURUSD_otc")


def test_a_stream_is_live_while_the_metrics_call_it_fresh() -> None:
    board = Board()
    board.take(Tick("EURUSD_otc", NOW, 1.1, NOW - 16))  # of an earlier life of its connection
    silent = stream("EURUSD_otc", health="unconfirmed")
    assert "  confirmed " in row(board.lines(status(streams=(silent,))), "EURUSD_otc")
    assert "  live " in row(board.lines(status()), "EURUSD_otc")


def test_the_streams_are_sorted_and_filtered_as_a_person_wants() -> None:
    board = Board()
    board.take(
        AssetsListed(
            [
                Asset(number, name, name, "currency", 5, payout, True, True, 5, ())
                for number, (name, payout) in enumerate([("B", 50), ("A", 92), ("C", 80)])
            ]
        )
    )
    state = status(streams=(stream("B"), stream("A", received_at=NOW - 9), stream("C", health="stale")))

    def order() -> list[str]:
        return [line[0] for line in board.lines(state) if line[:2] in {"A ", "B ", "C "}]

    orders = {}
    for _ in range(5):
        orders[board.view.sort.value] = order()
        board.view.press("s", state, 0.0)
    assert orders == {
        "state": ["C", "B", "A"],
        "name": ["A", "B", "C"],
        "change": ["B", "A", "C"],
        "payout": ["A", "C", "B"],
        "age": ["A", "B", "C"],
    }
    for key in ("/", "b"):
        board.view.press(key, state, 0.0)
    assert order() == ["B"]
    assert row(board.lines(state)[-1:], "filter: ").startswith("filter: b_")
    for key in ("x", "enter"):
        board.view.press(key, state, 0.0)
    assert "no stream matches the filter" in board.lines(state)
    board.view.press("escape", state, 0.0)
    assert order() == ["C", "B", "A"]


def test_the_connections_that_are_down_stand_first_and_are_there_when_little_else_has_room() -> None:
    broken = connection(2, state="quarantined", last_error="TransportClosed: 1006")
    lines = Board().lines(status(connections=(connection(1), broken)))
    first, second = (line for line in lines if line.startswith("connection-"))
    assert first.startswith("connection-2  quarantined")
    assert first.endswith("TransportClosed: 1006")
    assert second.startswith("connection-1")
    crowd = replace(many(60), connections=(*(connection(number) for number in range(60)), broken))
    lines = Board().lines(crowd, 80, 24)
    assert row(lines, "CONNECTIONS").startswith("CONNECTIONS  60 of 61 up (3 shows all); ping 42.1 ms")
    assert [line.split()[:2] for line in lines if line.startswith("connection-")] == [
        ["connection-2", "quarantined"]
    ]


def test_everything_is_there_in_the_status_as_text() -> None:
    board = Board()
    board.take(BALANCE, OrderOpened("o", deal("a")))
    drawn = text(draw_all(board.snapshot(many(90)), 250), 250)
    assert sum(line.startswith("ASSET0") for line in drawn) == 90
    assert sum(line.startswith("connection-") for line in drawn) == 90
    assert sum(line.startswith("worker-") for line in drawn) == 90
    assert (
        row(drawn, "limits")
        == "limits   8 of 10/1s, 292 of 300/60s left; 2/10 in flight, 3 waiting, 5 refused"
    )
    assert row(drawn, "batches") == "batches  12 requests in 5 batches, 2.4 per batch"
    assert row(drawn, "router").startswith("router   2,468 ticks, 0.0/s; 90 other events")
    assert text(draw_all(Board().snapshot(None), 80), 80)[1] == "no status yet"


def test_gaps_say_how_long_and_how_long_ago() -> None:
    gappy = status(streams=(stream("EURUSD_otc", gaps=2, last_gap=(NOW - 70.0, NOW - 65.0)),))
    board = Board()
    board.view.press("1", None, 0.0)
    assert "5.0 s, 0:01:05 ago" in row(board.lines(gappy, 200), "EURUSD_otc")


def test_a_wall_clock_that_was_set_back_shows_no_negative_age() -> None:
    ahead = status(streams=(stream("EURUSD_otc", received_at=NOW + 60.0),))
    assert "  0.0 s  " in row(Board().lines(ahead), "EURUSD_otc")


def test_text_of_the_venue_can_neither_colour_nor_break_the_table() -> None:
    nasty = connection(1, last_error="\x1b[31mred\nnext [b]line[/b]")
    lines = Board().lines(status(connections=(nasty,)))
    assert row(lines, "connection-1").endswith("\\x1b[31mred\\nnext [b]line[/b]")


def test_states_have_colours_where_there_are_any() -> None:
    shown = Board().snapshot(status(connections=(connection(1, state="waiting"),)))
    lines = text(draw(shown, KeyState(), 120, 40), 120, colour=True)
    assert any("\x1b[33mwaiting" in line for line in lines)


def test_the_footer_says_how_things_stand_with_the_keys() -> None:
    board = Board()
    halted = status(desk=DeskStatus("lunch", 0, 0, 0, 0))
    assert "H halt" in board.lines(status(), 80, 24)[-1]
    assert "R resume" in board.lines(halted, 80, 24)[-1]
    board.view.press("p", None, 0.0)
    assert board.lines(status(), 80, 24)[-1].startswith(" PAUSED  q quit")
    board.view.press("H", status(), 0.0)
    assert "send no order from now on? y confirms" in board.lines(status(), 80, 24)[-1]
    shown = draw(board.snapshot(status()), KeyState(), 80, 24, keys=False)
    assert text(shown, 80)[-1] == "no keys: standard input is no terminal; Ctrl-C ends it"


@pytest.mark.parametrize("width", [60, 70, 77, 80, 100])
def test_the_head_of_the_deals_has_no_cut_word(width: int) -> None:
    board = Board()
    board.take(OrderOpened("a", deal("a")))
    board.take(OrderClosed(deal("b", close_price=1.1, profit=Decimal("4.6"))))
    whole = "ORDERS AND DEALS  today (UTC) +4.60; 1 open, stakes 5.00; 1 closed: 1 won, 0 lost"
    head = next(line for line in board.lines(status(), width) if line.startswith("ORDERS"))
    assert whole.startswith(head)
    assert head.rsplit(" ", 1)[1] in {"+4.60", "5.00", "closed", "lost"}


@pytest.mark.parametrize(("width", "height"), [(40, 10), (60, 15), (80, 24)])
def test_a_small_terminal_shows_rows_and_whole_words(width: int, height: int) -> None:
    board = Board()
    board.take(*(OrderOpened(name, deal(name)) for name in "abcdefgh"))
    lines = board.lines(status(streams=tuple(stream(f"ASSET{number}") for number in range(9))), width, height)
    rows = [number for number, line in enumerate(lines) if " more" in line]
    assert all(lines[number - 1].split()[0] not in {"STREAM", "ASSET", "CONNECTION"} for number in rows)
    assert sum(line.startswith("ASSET") and " live " in line for line in lines) >= 1
    assert lines[-1].split()[-1] in {"filter", "pause", "halt", "enlarge", "help", "state"}
