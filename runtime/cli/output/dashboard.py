"""The picture of a run on a terminal of a given size: which panel gets which lines; no I/O, no clock."""

from collections.abc import Callable
from typing import Final

from runtime.cli.output.alerts import Remark, Urgency, alerts
from runtime.cli.output.cells import Picture, Strip, beside, cut, limited, part, share, width_of, wrapped
from runtime.cli.output.help_text import HELP
from runtime.cli.output.snapshot import Snapshot
from runtime.cli.output.stream_panel import stream_panel
from runtime.cli.output.system_panel import (
    connection_panel,
    figure_lines,
    region_lines,
    wanted_height,
    worker_lines,
)
from runtime.cli.output.texts import amount_text, clock_text, profit_style, profit_text, time_text
from runtime.cli.output.trade_panel import rows_of, trade_panel
from runtime.cli.output.view import KeyState, Panel
from runtime.logs import PRACTICE, Line

WIDE: Final = 140
"""Columns from which on there are two panels side by side."""

TALL: Final = 32
"""Lines from which on there are blank lines between the panels, and more of the log."""

LOW: Final = 12
"""Lines below which the log gives way to the streams."""

BETWEEN: Final = 3
"""Columns between two panels."""

_SESSION_STYLES: Final = {"practice": "black on yellow", "demo": "black on cyan", "live": "bold white on red"}
_URGENCY_STYLES: Final = {Urgency.ERROR: "bold red", Urgency.WARNING: "yellow", Urgency.INFO: "dim"}
LOG_STYLES: Final = {
    PRACTICE: "black on yellow",
    "WARNING": "yellow",
    "ERROR": "red",
    "CRITICAL": "bold red",
    "DEBUG": "dim",
    "TRACE": "dim",
}


def draw(snapshot: Snapshot, view: KeyState, width: int, height: int, *, keys: bool = True) -> Picture:
    """Exactly fills a terminal of that size; ``keys``: there is a keyboard."""
    head = [header(snapshot, width)]
    foot = [cut(_footer(snapshot, view, width, keys=keys), width)]
    body = _body(snapshot, view, width, max(0, height - 2))
    lines = [*head, *body[: max(0, height - 2)]]
    lines += [[]] * (height - len(lines) - 1)
    return Picture([*lines[: height - 1], *foot] if height > 1 else head)


def draw_all(snapshot: Snapshot, width: int) -> Picture:
    """Everything one below the other, on as many lines as it takes."""
    if snapshot.status is None:
        return Picture([header(snapshot, width), [part("no status yet", "dim")]])
    endless = 1_000_000
    view = KeyState()
    blocks = [
        [header(snapshot, width), *(line for each in alerts(snapshot) for line in _alert(each, width))],
        stream_panel(snapshot, view, width, endless),
        trade_panel(snapshot, view, width, endless),
        _connections_in_full(snapshot, width),
    ]
    return Picture(_joined(blocks, [[]]))


def header(snapshot: Snapshot, width: int) -> Strip:
    """What this is, and the money, which is whole however narrow the terminal is."""
    run, balance, trades = snapshot.run, snapshot.balance, snapshot.trades
    money: Strip = []
    if balance is not None:
        currency = f" {balance.currency}" if balance.currency else ""
        money = [part("  balance "), part(f"{amount_text(balance.amount)}{currency}", "bold")]
    if trades.known:
        money += [part("  today "), part(profit_text(trades.profit), f"bold {profit_style(trades.profit)}")]
    uptime = [part(f"  up {clock_text(snapshot.uptime)}", "dim")]
    session = [part(f" {run.venue} ", _SESSION_STYLES[run.mode])]
    if run.mode != "practice":  # of which the venue's name tells already
        session = [part(f" {run.venue}: {run.mode} session ", _SESSION_STYLES[run.mode])]
    name: Strip = [part("tellwire  ", "bold")]
    for facts in ([*name, *session, *money, *uptime], [*name, *session, *money], [*session, *money]):
        if _width(facts) <= width:
            return facts
    return cut([*cut(session, max(0, width - _width(money))), *money], width)


def _body(snapshot: Snapshot, view: KeyState, width: int, height: int) -> list[Strip]:
    whole: dict[Panel, Callable[[], list[Strip]]] = {
        Panel.HELP: lambda: [cut([part(line)], width) for line in HELP],
        Panel.LOG: lambda: _scrolled(_log(snapshot, width, 10_000), view, height, from_end=True),
        Panel.ALERTS: lambda: _scrolled(_alerts_in_full(snapshot, width), view, height),
        Panel.CONNECTIONS: lambda: _scrolled(_connections_in_full(snapshot, width), view, height),
        Panel.STREAMS: lambda: stream_panel(snapshot, view, width, height),
        Panel.TRADES: lambda: trade_panel(snapshot, view, width, height, view.skip),
    }
    if view.panel in {Panel.HELP, Panel.LOG}:
        return whole[view.panel]()
    if snapshot.status is None:
        waiting = [part("no status yet", "dim")]
        return [waiting, *_log(snapshot, width, height - 1)]
    if view.panel is not Panel.ALL:
        return whole[view.panel]()
    told = _alert_lines(snapshot, width, max(1, height // 6))
    room = height - len(told)
    if width >= WIDE:
        return [*told, *_side_by_side(snapshot, view, width, room)]
    return [*told, *_stacked(snapshot, view, width, room)]


def _stacked(snapshot: Snapshot, view: KeyState, width: int, height: int) -> list[Strip]:
    """One panel below the other, and the log in what is left."""
    status = snapshot.status
    assert status is not None
    gap: list[Strip] = [[]] if height >= TALL else []
    figures = figure_lines(snapshot, width)[: 5 if height >= TALL else 1]
    log_lines = min(len(snapshot.log), 6 if height >= TALL else 2 if height >= LOW else 0)
    room = height - len(figures) - log_lines - 4 * len(gap)
    streams = max(1, len(status.streams) + sum(each.wanted for each in status.pending_streams)) + 1
    trades = rows_of(snapshot.trades)
    wants = (streams, trades + 2 if trades else 1, wanted_height(status))
    given = share(max(3, room), wants)
    if width and room < sum(wants):  # the connections that are up can be told in one line
        down = sum(each.child.state != "up" for each in status.connections)
        given = share(max(3, room), (wants[0], wants[1], down + 2 if down else 1))
    blocks = [
        stream_panel(snapshot, view, width, given[0]),
        trade_panel(snapshot, view, width, given[1]),
        connection_panel(snapshot, width, given[2]),
        figures,
    ]
    lines = _joined(blocks, gap)
    left = height - len(lines) - len(gap)
    return [*lines, *gap, *_log(snapshot, width, left)] if left > 0 else lines


def _side_by_side(snapshot: Snapshot, view: KeyState, width: int, height: int) -> list[Strip]:
    """The streams on the left, everything else on the right, the log below both."""
    status = snapshot.status
    assert status is not None
    log_lines = max(3, height // 6)
    body = height - log_lines - 1
    left_width = min(120, width * 3 // 5)
    right_width = width - left_width - BETWEEN
    left = stream_panel(snapshot, view, left_width, body)
    workers, figures = worker_lines(snapshot, right_width), figure_lines(snapshot, right_width)
    trades = rows_of(snapshot.trades)
    room = body - len(figures) - 4
    wants = (trades + 2 if trades else 1, wanted_height(status), len(workers))
    given = share(max(3, room), wants)
    blocks = [
        trade_panel(snapshot, view, right_width, given[0]),
        connection_panel(snapshot, right_width, given[1]),
        limited(workers, given[2], "3 shows them") if workers else [],
        figures,
    ]
    right = _joined([block for block in blocks if block], [[]])
    rows = beside(left, right[:body], left_width + BETWEEN)
    rows += [[]] * (body + 1 - len(rows))
    return [*rows, *_log(snapshot, width, height - len(rows))]


def _connections_in_full(snapshot: Snapshot, width: int) -> list[Strip]:
    status = snapshot.status
    assert status is not None
    blocks = [
        connection_panel(snapshot, width, 1_000_000),
        worker_lines(snapshot, width),
        region_lines(status, width),
        figure_lines(snapshot, width),
    ]
    return _joined([block for block in blocks if block], [[]])


def _alert_lines(snapshot: Snapshot, width: int, limit: int) -> list[Strip]:
    """At most ``limit`` lines, one for each alert."""
    found = alerts(snapshot)
    shown = found if len(found) <= limit else found[: limit - 1]
    lines = [_alert_line(each, width) for each in shown]
    if len(found) > len(shown):
        worst = _URGENCY_STYLES[found[len(shown)].urgency]
        lines.append([part(f"! {len(found) - len(shown)} more: 5 shows them", worst)])
    return lines


def _alert_line(alert: Remark, width: int) -> Strip:
    """Cut, if need be, and then it says how the rest is to be seen."""
    more = " (5: all of it)"
    line = [part(f"! {alert.text}", _URGENCY_STYLES[alert.urgency])]
    if _width(line) <= width:
        return line
    return [*cut(line, width - len(more)), part(more, "dim")]


def _alert(alert: Remark, width: int) -> list[Strip]:
    return wrapped(f"! {alert.text}", width, _URGENCY_STYLES[alert.urgency])


def _alerts_in_full(snapshot: Snapshot, width: int) -> list[Strip]:
    found = [line for each in alerts(snapshot) for line in _alert(each, width)]
    return [[part("ALERTS", "bold")], *(found or [[part("there is nothing to act on", "dim")]])]


def _log(snapshot: Snapshot, width: int, limit: int) -> list[Strip]:
    """The last lines that fit into ``limit``, oldest first."""
    if limit <= 0:
        return []
    return [line for each in snapshot.log[-limit:] for line in log_line(each, width)][-limit:]


def log_line(line: Line, width: int) -> list[Strip]:
    words = LOG_STYLES.get(line.level, "")
    first = [part(f"{time_text(line.time.timestamp())} {line.level:<8} {line.text}", words)]
    return [cut(first, width), *(cut([part(f"    | {step}", "dim")], width) for step in line.trace)]


def _scrolled(lines: list[Strip], view: KeyState, height: int, *, from_end: bool = False) -> list[Strip]:
    most = max(0, len(lines) - height)
    skip = min(view.skip, most)
    start = most - skip if from_end else skip
    return lines[start : start + height]


def _joined(blocks: list[list[Strip]], gap: list[Strip]) -> list[Strip]:
    lines: list[Strip] = []
    for block in blocks:
        lines += [*gap, *block] if lines else block
    return lines


def _footer(snapshot: Snapshot, view: KeyState, width: int, *, keys: bool) -> Strip:
    if not keys:
        return [part("no keys: standard input is no terminal; Ctrl-C ends it", "dim")]
    if question := view.question():
        return [part(f" {question} ", "bold white on red")]
    if view.typing:
        return [part("filter: ", "bold"), part(f"{view.filter}_"), part("   Enter keeps, Esc clears", "dim")]
    if said := view.message(snapshot.uptime):
        return [part(said, "bold")]
    halted = snapshot.status is not None and snapshot.status.desk.halted is not None
    line = [part(" PAUSED ", "reverse"), part(" ")] if view.paused else []
    if view.filter:
        line += [part(f" filter {view.filter} ", "reverse"), part(" ")]
    names = [
        ("q", "quit"),
        ("s", f"sort: {view.sort.value}"),
        ("/", "filter"),
        ("p", "go on" if view.paused else "pause"),
        ("R" if halted else "H", "resume" if halted else "halt"),
        ("1-5", "enlarge") if view.panel is Panel.ALL else ("Esc", "back"),
        ("?", "help"),
    ]
    for key, does in names:
        told = [part(key, "bold"), part(f" {does}", "dim")]
        if _width([*line, *told]) > width:  # none is cut
            break
        line += [*told, part("  ")]
    return line


def _width(line: Strip) -> int:
    return sum(width_of(each.text) for each in line)
