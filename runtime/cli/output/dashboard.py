"""The dashboard of a run for a terminal, drawn from a status and counters; no I/O, no clock."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from actors.messages.status import ConnectionStatus, Status, StreamStatus, WorkerStatus
from runtime.cli.output.counters import Counters
from runtime.cli.output.notices import notices
from runtime.logs import printable

WIDE = 110
"""Columns that a terminal needs for every column of the tables."""

METER_WINDOW = 5.0
"""Seconds over which a rate is averaged."""

_STYLES = {
    "up": "green",
    "live": "green",
    "confirmed": "green",
    "starting": "yellow",
    "pending": "yellow",
    "waiting": "yellow",
    "stranded": "yellow",
    "closing": "yellow",
    "restarting": "yellow",
    "stale": "bold yellow",
    "closed": "dim",
    "quarantined": "bold red",
    "stopped": "red",
}
Row = list[str | Text]

_SESSION_STYLES = {"practice": "black on yellow", "demo": "bold", "live": "bold white on red"}
_HEALTHY = {"up", "live", "confirmed", "closed"}
_ELASTIC = frozenset({"LAST ERROR", "OWNERS"})
"""The columns that are cut where the terminal is narrow."""
_RISEN, _FALLEN = Text("▲", "green"), Text("▼", "red")


class RunInfo(NamedTuple):
    """The constants of a run; ``mode`` is practice, demo or live."""

    venue: str
    mode: str


class DrawContext(Struct, frozen=True):
    """The time, and the terminal's size in columns and lines.

    ``now`` is wall clock time; ``uptime`` and ``status_age``, on the monotonic clock, are in seconds.
    """

    now: float
    uptime: float
    width: int
    height: int
    status_age: float = 0.0


class Meter:
    """The growth of a counter per second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    def __call__(self, now: float, value: float) -> float:
        samples = self._samples
        if samples and value < samples[-1][1]:
            samples.clear()  # a new process counts from zero
        samples.append((now, value))
        while now - samples[0][0] > METER_WINDOW:
            samples.popleft()
        elapsed = now - samples[0][0]
        return (value - samples[0][1]) / elapsed if elapsed else 0.0


class Dashboard:
    """Draws a run again and again: it keeps what rates and the direction of a price need."""

    def __init__(self, run: RunInfo, counters: Counters) -> None:
        self._run = run
        self._counters = counters
        self._tick_meter = Meter()
        self._cpu_meters: dict[str, Meter] = {}
        self._shown: dict[str, tuple[float, Text]] = {}

    def draw(self, status: Status | None, context: DrawContext) -> RenderableType:
        """``status`` is ``None`` until one has come. The result fits a terminal that has a row for each
        table."""
        parts: list[RenderableType] = [self._header(context)]
        if status is None:
            return Group(*parts, Text("no status yet", "dim"))
        wide = context.width >= WIDE
        footer = self._footer(status, context)
        room = context.height - len(parts) - len(footer) - 2 * (2 + bool(status.workers)) - 2
        begun = {stream.placed.asset for stream in status.streams}
        missing = [each.asset for each in status.pending_streams if each.wanted and each.asset not in begun]
        wants = (len(status.connections), len(status.streams) + len(missing), len(status.workers))
        for_connections, for_streams, for_workers = share(room, wants)
        parts += ["", _connections(status.connections, for_connections, wide=wide)]
        parts += ["", self._streams(status.streams, missing, for_streams, context)]
        if status.workers:
            parts += ["", self._workers(status.workers, for_workers, context)]
        return Group(*parts, "", *footer)

    def _header(self, context: DrawContext) -> Text:
        balance = self._counters.balance
        money = "" if balance is None else f"  balance {balance.amount:,.2f}"
        session, uptime = f"  {self._run.mode} session", f"  up {_clock(context.uptime)}"
        header = Text("tellwire  ", "bold", no_wrap=True, overflow="ellipsis")
        header.append(f" {self._run.venue} ", _SESSION_STYLES[self._run.mode])
        room = context.width - header.cell_len
        facts = [session + uptime + money, session + money]
        if self._run.mode == "practice":  # of which the venue's name tells already
            facts += [uptime + money, money]
        # On a narrow terminal the balance stays whole.
        header.append(next((each for each in facts if len(each) <= room), facts[-1]), "not bold")
        if context.status_age >= 2.0:
            header.append(f"  STATUS IS {context.status_age:.0f} S OLD", "bold red")
        return header

    def _streams(
        self,
        streams: Sequence[StreamStatus],
        missing: Sequence[str],
        limit: int,
        context: DrawContext,
    ) -> Table:
        """``missing`` are the configured assets whose streams have not begun."""
        titles = ["STREAM", "STATE", ">PRICE", "", ">AGE", ">TICKS", ">GAPS", "CONNECTION"]
        if wide := context.width >= WIDE:
            titles += ["OWNERS", "LAST GAP"]
        states = {stream.placed.asset: self._stream_state(stream) for stream in streams}
        rows: list[Row] = [
            [asset, _state("waiting"), *["-", "", "-", "-", "-", "-", "-", "-"][: len(titles) - 2]]
            for asset in missing
        ]
        for stream in sorted(streams, key=lambda stream: states[stream.placed.asset] in _HEALTHY):
            placed, seen = stream.placed, stream.seen
            last = self._counters.stream(placed.asset).last
            price = last.price if last else seen.last_price
            received_at = last.received_at if last else seen.received_at
            row: Row = [
                placed.asset,
                _state(states[placed.asset]),
                self._price(placed.asset, price),
                self._direction(placed.asset, price),
                _seconds(None if received_at is None else max(0.0, context.now - received_at)),
                f"{seen.ticks:,}",
                _cell(str(seen.gaps), "yellow" if seen.gaps else ""),
                placed.connection or "-",
            ]
            beside: Row = [", ".join(placed.owners), _gap(seen.last_gap, context.now)]
            rows.append([*row, *beside] if wide else row)
        return _table(titles, rows, limit)

    def _stream_state(self, stream: StreamStatus) -> str:
        placed, seen = stream.placed, stream.seen
        if seen.health in {"stale", "closed"}:
            return seen.health
        ticks = seen.last_price is not None or self._counters.stream(placed.asset).last
        return "live" if ticks and placed.state == "confirmed" else placed.state

    def _price(self, asset: str, price: float | None) -> str:
        if price is None:
            return "-"
        digits = self._counters.digits.get(asset)
        return f"{price:.10g}" if digits is None else f"{price:.{digits}f}"

    def _direction(self, asset: str, price: float | None) -> Text:
        """The direction of the price's last change."""
        if price is None:
            return Text()
        before, arrow = self._shown.get(asset, (price, Text()))
        if price != before:
            arrow = _RISEN if price > before else _FALLEN
        self._shown[asset] = (price, arrow)
        return arrow

    def _workers(self, workers: Sequence[WorkerStatus], limit: int, context: DrawContext) -> Table:
        titles = ["WORKER", "STATE", ">PID", ">CPU", ">MEMORY", ">RESTARTS"]
        rows: list[Row] = []
        for worker in sorted(workers, key=lambda worker: worker.state in _HEALTHY):
            cpu = self._cpu_meters.setdefault(worker.name, Meter())(context.uptime, worker.cpu_seconds)
            memory = f"{worker.rss_bytes / 2**20:.0f} MiB" if worker.rss_bytes else "-"
            pid = str(worker.pid) if worker.pid else "-"
            row: Row = [worker.name, _state(worker.state), pid, f"{cpu:.1%}", memory, str(worker.restarts)]
            rows.append(row)
        return _table(titles, rows, limit)

    def _footer(self, status: Status, context: DrawContext) -> list[Text]:
        limiter, batcher, router = status.limiter, status.batcher, status.router
        left = ", ".join(f"{count} of {rule}" for rule, count in limiter.windows.items()) or "no limit"
        joined = batcher.requests / batcher.batches if batcher.batches else 0.0
        rate = self._tick_meter(context.uptime, router.ticks)
        limits = f"{left} left; {limiter.in_flight}/{limiter.max_in_flight} in flight"
        more = f"{limiter.waiting} waiting, {limiter.refused} refused"
        batches = f"{batcher.requests:,} requests in {batcher.batches:,} batches, {joined:.1f} per batch"
        moved = f"{router.ticks:,} ticks, {rate:,.1f}/s; {router.events:,} other events"
        if router.lost_batches:
            moved += f", {router.lost_batches:,} BATCHES LOST"
        lines = [f"limits   {limits}, {more}", f"batches  {batches}", f"router   {moved}"]
        return [_cell(printable(line)) for line in [*lines, *notices(status, context.now)]]


def share(room: int, wants: Sequence[int]) -> list[int]:
    """Rows for each table out of ``room``: the shortest first, at least one each."""
    given = [0] * len(wants)
    left = max(room, len(wants))
    order = sorted(range(len(wants)), key=lambda index: wants[index])
    for position, index in enumerate(order):
        given[index] = min(wants[index], left // (len(wants) - position))
        left -= given[index]
    return given


def _connections(connections: Sequence[ConnectionStatus], limit: int, *, wide: bool) -> Table:
    titles = ["CONNECTION", "STATE", "REGION", ">MSG/S", ">PING", ">RESTARTS"]
    rows: list[Row] = []
    for each in sorted(connections, key=lambda each: each.child.state in _HEALTHY):
        child, report = each.child, each.seen.report
        ping = f"{report.round_trip * 1000:.1f} ms" if report and report.round_trip is not None else "-"
        rate, restarts = f"{each.seen.rate:,.1f}", str(child.restarts)
        row: Row = [child.name, _state(child.state), child.region, rate, ping, restarts]
        if wide:
            moved = (report.messages_in, report.messages_out) if report else (0, 0)
            row += [each.pooled.role or "-", child.worker, *(f"{count:,}" for count in moved)]
        rows.append([*row, child.last_error or "-"])
    if wide:
        titles += ["ROLE", "WORKER", ">IN", ">OUT"]
    return _table([*titles, "LAST ERROR"], rows, limit)


def _table(titles: Sequence[str], rows: Sequence[Row], limit: int) -> Table:
    """One line per row; a title's ``>`` sets it to the right. Rows after ``limit`` are only counted."""
    if len(rows) > limit:
        rest = len(rows) - limit + 1
        rows = [*rows[: limit - 1], [f"{rest} more", *[""] * (len(titles) - 1)]]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        name = title.removeprefix(">")
        # rich takes width from the columns that may wrap first; the cells themselves never do.
        table.add_column(name, justify="right" if name != title else "left", no_wrap=name not in _ELASTIC)
    for row in rows:
        table.add_row(*(_cell(printable(cell)) if isinstance(cell, str) else cell for cell in row))
    return table


def _cell(text: str, style: str = "") -> Text:
    return Text(text, style, no_wrap=True, overflow="ellipsis")


def _state(state: str) -> Text:
    return _cell(state, _STYLES.get(state, ""))


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if seconds < 60 else _clock(seconds)


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}"


def _gap(gap: tuple[float, float] | None, now: float) -> str:
    if gap is None:
        return "-"
    return f"{gap[1] - gap[0]:.1f} s, {_clock(max(0.0, now - gap[1]))} ago"
