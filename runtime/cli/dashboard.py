"""The picture of a run for a terminal, drawn from a status and a tally; no input, no output, no clock."""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from actors.messages.status import ConnectionStatus, Status, StreamStatus, WorkerStatus
from runtime.cli.notices import notices
from runtime.cli.output.counters import Counters
from runtime.logs import printable

WIDE = 110
"""Columns of a terminal from which on there is room for everything."""

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
_WELL = {"up", "live", "confirmed", "closed"}
_GIVES_WAY = "LAST ERROR"
"""The column that is cut short where the terminal is narrow."""
_RISEN, _FALLEN = Text("▲", "green"), Text("▼", "red")


class RunInfo(NamedTuple):
    """What stays the same during a run; ``session`` is practice, demo or live."""

    venue: str
    session: str


class DrawContext(Struct, frozen=True):
    """When and on how large a terminal a picture is drawn; ``status_age`` in seconds.

    ``uptime`` is in seconds on the monotonic clock, ``now`` is wall clock time.
    """

    now: float
    uptime: float
    width: int
    height: int
    status_age: float = 0.0


class Meter:
    """How fast a counter grows, per second."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque()

    def __call__(self, now: float, value: float) -> float:
        samples = self._samples
        if samples and value < samples[-1][1]:
            samples.clear()  # another process counts now, from zero
        samples.append((now, value))
        while now - samples[0][0] > METER_WINDOW:
            samples.popleft()
        elapsed = now - samples[0][0]
        return (value - samples[0][1]) / elapsed if elapsed else 0.0


class Dashboard:
    """Draws pictures, one after another: it remembers what it needs for rates and for a price's direction."""

    def __init__(self, facts: RunInfo, tally: Counters) -> None:
        self._facts = facts
        self._tally = tally
        self._tick_meter = Meter()
        self._cpu_meters: dict[str, Meter] = {}
        self._shown: dict[str, tuple[float, Text]] = {}

    def draw(self, status: Status | None, at: DrawContext) -> RenderableType:
        """The picture at this moment; ``status`` is ``None`` as long as none has come. It fits the terminal
        as long as that leaves each table a row."""
        parts: list[RenderableType] = [self._header(at)]
        if status is None:
            return Group(*parts, Text("no status yet", "dim"))
        wide = at.width >= WIDE
        footer = self._footer(status, at)
        room = at.height - len(parts) - len(footer) - 2 * (2 + bool(status.workers)) - 2
        wants = (len(status.connections), len(status.streams), len(status.workers))
        for_connections, for_streams, for_workers = share(room, wants)
        parts += ["", _connections(status.connections, for_connections, wide=wide)]
        parts += ["", self._streams(status.streams, for_streams, at)]
        if status.workers:
            parts += ["", self._workers(status.workers, for_workers, at)]
        return Group(*parts, "", *footer)

    def _header(self, at: DrawContext) -> Text:
        header = Text("tellwire  ", "bold", no_wrap=True, overflow="ellipsis")
        header.append(f" {self._facts.venue} ", _SESSION_STYLES[self._facts.session])
        header.append(f"  {self._facts.session} session  up {_clock(at.uptime)}", "not bold")
        if self._tally.balance is not None:
            header.append(f"  balance {self._tally.balance.amount:,.2f}", "not bold")
        if at.status_age >= 2.0:
            header.append(f"  STATUS IS {at.status_age:.0f} S OLD", "bold red")
        return header

    def _streams(self, streams: Sequence[StreamStatus], limit: int, at: DrawContext) -> Table:
        titles = ["STREAM", "STATE", ">PRICE", "", ">AGE", ">TICKS", ">GAPS", "CONNECTION"]
        if wide := at.width >= WIDE:
            titles.append("LAST GAP")
        states = {stream.placed.asset: self._stream_state(stream) for stream in streams}
        rows: list[Row] = []
        for stream in sorted(streams, key=lambda stream: states[stream.placed.asset] in _WELL):
            placed, seen = stream.placed, stream.seen
            last = self._tally.stream(placed.asset).last
            price = last.price if last else seen.last_price
            received_at = last.received_at if last else seen.received_at
            row: Row = [
                placed.asset,
                _state(states[placed.asset]),
                self._price(placed.asset, price),
                self._direction(placed.asset, price),
                _seconds(None if received_at is None else max(0.0, at.now - received_at)),
                f"{seen.ticks:,}",
                _cell(str(seen.gaps), "yellow" if seen.gaps else ""),
                placed.connection or "-",
            ]
            rows.append([*row, _gap(seen.last_gap, at.now)] if wide else row)
        return _table(titles, rows, limit)

    def _stream_state(self, stream: StreamStatus) -> str:
        placed, seen = stream.placed, stream.seen
        if seen.health in {"stale", "closed"}:
            return seen.health
        ticks = seen.last_price is not None or self._tally.stream(placed.asset).last
        return "live" if ticks and placed.state == "confirmed" else placed.state

    def _price(self, asset: str, price: float | None) -> str:
        if price is None:
            return "-"
        digits = self._tally.digits.get(asset)
        return f"{price:.10g}" if digits is None else f"{price:.{digits}f}"

    def _direction(self, asset: str, price: float | None) -> Text:
        """Where the price went when it last moved."""
        if price is None:
            return Text()
        before, arrow = self._shown.get(asset, (price, Text()))
        if price != before:
            arrow = _RISEN if price > before else _FALLEN
        self._shown[asset] = (price, arrow)
        return arrow

    def _workers(self, workers: Sequence[WorkerStatus], limit: int, at: DrawContext) -> Table:
        titles = ["WORKER", "STATE", ">PID", ">CPU", ">MEMORY", ">RESTARTS"]
        rows: list[Row] = []
        for worker in sorted(workers, key=lambda worker: worker.state in _WELL):
            cpu = self._cpu_meters.setdefault(worker.name, Meter())(at.uptime, worker.cpu_seconds)
            memory = f"{worker.rss_bytes / 2**20:.0f} MiB" if worker.rss_bytes else "-"
            pid = str(worker.pid) if worker.pid else "-"
            row: Row = [worker.name, _state(worker.state), pid, f"{cpu:.1%}", memory, str(worker.restarts)]
            rows.append(row)
        return _table(titles, rows, limit)

    def _footer(self, status: Status, at: DrawContext) -> list[Text]:
        limiter, batcher, router = status.limiter, status.batcher, status.router
        left = ", ".join(f"{count} of {rule}" for rule, count in limiter.windows.items()) or "no limit"
        joined = batcher.requests / batcher.batches if batcher.batches else 0.0
        rate = self._tick_meter(at.uptime, router.ticks)
        limits = f"{left} left; {limiter.in_flight}/{limiter.max_in_flight} in flight"
        more = f"{limiter.waiting} waiting, {limiter.refused} refused"
        batches = f"{batcher.requests:,} requests in {batcher.batches:,} batches, {joined:.1f} per batch"
        moved = f"{router.ticks:,} ticks, {rate:,.1f}/s; {router.events:,} other events"
        if router.lost_batches:
            moved += f", {router.lost_batches:,} BATCHES LOST"
        lines = [f"limits   {limits}, {more}", f"batches  {batches}", f"router   {moved}"]
        return [_cell(printable(line)) for line in [*lines, *notices(status, at.now)]]


def share(room: int, wants: Sequence[int]) -> list[int]:
    """How many rows each table gets: the shortest are served first, and no table is left out."""
    given = [0] * len(wants)
    left = max(room, len(wants))
    hungry = sorted(range(len(wants)), key=lambda index: wants[index])
    for position, index in enumerate(hungry):
        given[index] = min(wants[index], left // (len(wants) - position))
        left -= given[index]
    return given


def _connections(connections: Sequence[ConnectionStatus], limit: int, *, wide: bool) -> Table:
    titles = ["CONNECTION", "STATE", "REGION", ">MSG/S", ">PING", ">RESTARTS"]
    rows: list[Row] = []
    for each in sorted(connections, key=lambda each: each.child.state in _WELL):
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
    return _table([*titles, _GIVES_WAY], rows, limit)


def _table(titles: Sequence[str], rows: Sequence[Row], limit: int) -> Table:
    """One line per row; a title's ``>`` sets it to the right. Rows past ``limit`` are only counted."""
    if len(rows) > limit:
        rest = len(rows) - limit + 1
        rows = [*rows[: limit - 1], [f"{rest} more", *[""] * (len(titles) - 1)]]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title in titles:
        name = title.removeprefix(">")
        # rich takes width from the columns that may wrap first; the cells themselves never do.
        table.add_column(name, justify="right" if name != title else "left", no_wrap=name != _GIVES_WAY)
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
