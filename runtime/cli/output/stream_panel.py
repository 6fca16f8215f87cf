"""The streams of a run, a row for each."""

from collections.abc import Callable

from actors.messages.status import PlacedStream, StreamFigures, StreamStatus
from runtime.cli.output.cells import Cell, GridColumn, Row, Strip, grid, limited, part
from runtime.cli.output.snapshot import Snapshot
from runtime.cli.output.texts import HEALTHY, gap_text, seconds_text, state_cell
from runtime.cli.output.trends import SAMPLE_EVERY, change, sparkline
from runtime.cli.output.view import KeyState, Sort

FLASH = 0.6
"""Seconds for which a price that has changed is bold."""

_ARROWS = {1: Cell("▲", "green"), -1: Cell("▼", "red"), 0: Cell("")}
_TREND_WIDTHS = ((140, 48), (110, 24), (0, 12))
"""The columns of a chart, by the columns of the table at least."""
_MINUTE = 60.0


def stream_panel(snapshot: Snapshot, view: KeyState, width: int, height: int) -> list[Strip]:
    """At most ``height`` lines; only the rows that can be seen are made."""
    bars = next(bars for least, bars in _TREND_WIDTHS if width >= least)
    streams = _sorted(snapshot, view)
    skip = max(0, min(view.skip, len(streams) - height + 2))
    shown = streams[skip : skip + max(1, height)]
    table = grid(_columns(bars), [_row(snapshot, stream, bars) for stream in shown], width)
    if not streams:
        none = "no stream matches the filter" if view.filter else "no streams: ctl subscribe, or a program"
        return [*table, [part(none, "dim")]]
    hint = "arrows and PgDn scroll, / filters" if width >= 60 else "PgDn scrolls"
    blank: list[Strip] = [[]]
    rows = blank * skip + table[1:] + blank * (len(streams) - skip - len(shown))
    return limited([table[0], *rows], height, hint, skip)


def state_of(stream: StreamStatus) -> str:
    placed, seen = stream.placed, stream.seen
    if seen.health in {"stale", "closed"}:
        return seen.health
    return "live" if seen.health == "fresh" and placed.state == "confirmed" else placed.state


def _columns(bars: int) -> list[GridColumn]:
    minutes = f"{bars * SAMPLE_EVERY / _MINUTE:.0f} MIN"
    return [
        GridColumn("STREAM"),
        GridColumn("STATE"),
        GridColumn(f"TREND {minutes}"[: max(bars, 5)], rank=2),
        GridColumn("CHANGE", rank=3, right=True),
        GridColumn("PRICE", right=True),
        GridColumn(""),
        GridColumn("PAYOUT", rank=1, right=True),
        GridColumn("AGE", right=True, rank=1),
        GridColumn("TICKS", right=True, rank=6),
        GridColumn("GAPS", right=True, rank=4),
        GridColumn("CONNECTION", rank=5),
        GridColumn("OWNERS", rank=7),
        GridColumn("LAST GAP", rank=8),
    ]


def _sorted(snapshot: Snapshot, view: KeyState) -> list[StreamStatus]:
    status = snapshot.status
    assert status is not None
    begun = {stream.placed.asset for stream in status.streams}
    missing = [
        StreamStatus(PlacedStream(each.asset, "", "waiting"), StreamFigures())
        for each in status.pending_streams
        if each.wanted and each.asset not in begun
    ]
    streams = [each for each in (*missing, *status.streams) if view.matches(each.placed.asset)]
    keys: dict[Sort, Callable[[StreamStatus], object]] = {
        Sort.STATE: lambda stream: state_of(stream) in HEALTHY,
        Sort.NAME: lambda stream: stream.placed.asset,
        Sort.CHANGE: lambda stream: -(_change(snapshot, stream.placed.asset, 48) or 0.0),
        Sort.PAYOUT: lambda stream: -_payout(snapshot, stream.placed.asset),
        Sort.AGE: lambda stream: _received_at(snapshot, stream) or 0.0,
    }
    return sorted(streams, key=keys[view.sort])  # type: ignore[arg-type]  # each key is of one type


def _row(snapshot: Snapshot, stream: StreamStatus, bars: int) -> Row:
    placed, seen = stream.placed, stream.seen
    asset = placed.asset
    price, received_at = snapshot.price(asset), _received_at(snapshot, stream)
    move = snapshot.moves.get(asset)
    arrow = _ARROWS[move.direction if move else 0]
    fresh = move is not None and move.direction and snapshot.uptime - move.at < FLASH
    moved = _change(snapshot, asset, bars)
    return [
        Cell(asset),
        state_cell(state_of(stream)),
        Cell(sparkline(_values(snapshot, asset, bars), bars), "cyan"),
        Cell("-" if moved is None else f"{moved:+.3%}", _change_style(moved)),
        Cell(snapshot.price_text(asset, price), f"bold {arrow.style}" if fresh else ""),
        arrow,
        _payout_cell(snapshot, asset),
        Cell(seconds_text(None if received_at is None else max(0.0, snapshot.now - received_at))),
        Cell(f"{seen.ticks:,}" if placed.connection or seen.ticks else "-"),
        Cell(str(seen.gaps), "yellow" if seen.gaps else ""),
        Cell(placed.connection or "-"),
        Cell(", ".join(placed.owners) or "-"),
        Cell(gap_text(seen.last_gap, snapshot.now)),
    ]


def _values(snapshot: Snapshot, asset: str, bars: int) -> list[float]:
    """The samples, and the price of now."""
    price = snapshot.price(asset)
    return [] if price is None else [*snapshot.trends.latest(asset, bars - 1), price]


def _change(snapshot: Snapshot, asset: str, bars: int) -> float | None:
    return change(_values(snapshot, asset, bars))


def _change_style(moved: float | None) -> str:
    return "" if not moved else "green" if moved > 0 else "red"


def _payout(snapshot: Snapshot, asset: str) -> int:
    known = snapshot.assets.get(asset)
    return known.payout if known is not None and known.tradable else 0


def _payout_cell(snapshot: Snapshot, asset: str) -> Cell:
    known = snapshot.assets.get(asset)
    if known is None:
        return Cell("-")
    return Cell(f"{known.payout} %") if known.tradable else Cell("closed", "dim")


def _received_at(snapshot: Snapshot, stream: StreamStatus) -> float | None:
    tick = snapshot.ticks.get(stream.placed.asset)
    return tick.received_at if tick else stream.seen.received_at
