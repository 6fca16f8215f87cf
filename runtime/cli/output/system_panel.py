"""The connections, workers and limits of a run."""

from collections.abc import Sequence

from actors.messages.status import ConnectionStatus, Status
from runtime.cli.output.cells import Cell, GridColumn, Row, Strip, cut, grid, limited, part
from runtime.cli.output.snapshot import Snapshot
from runtime.cli.output.texts import HEALTHY, state_cell

_CONNECTION = [
    GridColumn("CONNECTION"),
    GridColumn("STATE"),
    GridColumn("REGION"),
    GridColumn("MSG/S", rank=3, right=True),
    GridColumn("PING", rank=2, right=True),
    GridColumn("RESTARTS", rank=1, right=True),
    GridColumn("ROLE", rank=4),
    GridColumn("WORKER", rank=5),
    GridColumn("IN", rank=7, right=True),
    GridColumn("OUT", rank=8, right=True),
    GridColumn("LAST ERROR", elastic=True),
]
_WORKER = [
    GridColumn("WORKER"),
    GridColumn("STATE"),
    GridColumn("PID", right=True),
    GridColumn("CPU", right=True),
    GridColumn("MEMORY", right=True),
    GridColumn("RESTARTS", right=True),
]
_REGION = [
    GridColumn("REGION"),
    GridColumn("PRIORITY", right=True),
    GridColumn("LOGINS", right=True),
    GridColumn("FAILED", right=True),
    GridColumn("ROUND TRIP", right=True),
]


def connection_panel(snapshot: Snapshot, width: int, height: int) -> list[Strip]:
    """At most ``height`` lines: the summary, and below it the connections that are not up, or all of them."""
    status = snapshot.status
    assert status is not None
    all_shown = height >= wanted_height(status)
    summary = cut(_summary(status, "" if all_shown else " (3 shows all)"), width)
    down = [each for each in status.connections if each.child.state not in HEALTHY]
    shown: Sequence[ConnectionStatus] = status.connections
    if not all_shown:
        shown = down
    if not shown or height < 3 or (height == 3 and len(shown) > 1):  # which would show none of them
        return [summary]
    rows = [_connection_row(each) for each in (*down, *(each for each in shown if each not in down))]
    return [summary, *limited(grid(_CONNECTION, rows, width), height - 1, "3 shows them")]


def wanted_height(status: Status) -> int:
    """Lines that show every connection."""
    return len(status.connections) + 2 if status.connections else 1


def worker_lines(snapshot: Snapshot, width: int) -> list[Strip]:
    status = snapshot.status
    if status is None or not status.workers:
        return []
    rows: list[Row] = [
        [
            Cell(worker.name),
            state_cell(worker.state),
            Cell(str(worker.pid) if worker.pid else "-"),
            Cell(f"{snapshot.cpu.get(worker.name, 0.0):.1%}"),
            Cell(f"{worker.rss_bytes / 2**20:.0f} MiB" if worker.rss_bytes else "-"),
            Cell(str(worker.restarts)),
        ]
        for worker in sorted(status.workers, key=lambda worker: worker.state in HEALTHY)
    ]
    return grid(_WORKER, rows, width)


def region_lines(status: Status, width: int) -> list[Strip]:
    rows: list[Row] = [
        [
            Cell(region.name),
            Cell(str(region.priority)),
            Cell(f"{region.successes:,}"),
            Cell(f"{region.failures:,}", "yellow" if region.failures else ""),
            Cell("-" if region.round_trip is None else f"{region.round_trip * 1000:.1f} ms"),
        ]
        for region in status.regions
    ]
    return grid(_REGION, rows, width) if rows else []


def figure_lines(snapshot: Snapshot, width: int) -> list[Strip]:
    """A line each for the limits, the workers together, the batches and the router: the most useful first."""
    status = snapshot.status
    assert status is not None
    limiter, batcher, router = status.limiter, status.batcher, status.router
    left = ", ".join(f"{count} of {rule}" for rule, count in limiter.windows.items()) or "no limit"
    waits = f"{limiter.in_flight}/{limiter.max_in_flight} in flight"
    more = f", {limiter.waiting} waiting" if limiter.waiting else ""
    more += f", {limiter.refused} refused" if limiter.refused else ""
    lines = [f"limits   {left} left; {waits}{more}"]
    if status.workers:
        up = sum(worker.state == "up" for worker in status.workers)
        memory = sum(worker.rss_bytes for worker in status.workers) / 2**20
        cpu = sum(snapshot.cpu.values())
        lines.append(
            f"workers  {up} of {len(status.workers)} up, {cpu:.1%} of one core, {memory:,.0f} MiB together"
        )
    if used := [limit for limit in status.desk.limits if limit.used]:
        said = ", ".join(f"{limit.name} {limit.used:f} of {limit.limit:f}" for limit in used)
        lines.append(f"orders   {said}")
    lines.append(
        f"router   {router.ticks:,} ticks, {snapshot.tick_rate:,.1f}/s; {router.events:,} other events"
    )
    joined = batcher.requests / batcher.batches if batcher.batches else 0.0
    batches = "batch" if batcher.batches == 1 else "batches"
    lines.append(
        f"batches  {batcher.requests:,} requests in {batcher.batches:,} {batches}, {joined:.1f} per batch"
    )
    return [cut([part(line[:8], "dim"), part(line[8:])], width) for line in lines]


def _summary(status: Status, hint: str) -> Strip:
    states = [each.child.state for each in status.connections]
    up = states.count("up")
    line = [part("CONNECTIONS", "bold"), part("  ")]
    line.append(part(f"{up} of {len(states)} up", "green" if up and up == len(states) else "yellow"))
    line.append(part(hint, "dim"))
    trips = [
        each.seen.report.round_trip
        for each in status.connections
        if each.seen.report and each.seen.report.round_trip is not None
    ]
    if trips:
        line.append(part(f"; ping {min(trips) * 1000:.1f} ms"))
        if len(trips) > 1:
            line.append(part(f" to {max(trips) * 1000:.1f} ms"))
    rate = sum(each.seen.rate for each in status.connections)
    line.append(part(f"; {rate:,.1f} messages/s"))
    if others := sorted(set(states) - {"up"}):
        line.append(part("; " + ", ".join(f"{states.count(state)} {state}" for state in others), "yellow"))
    return line


def _connection_row(each: ConnectionStatus) -> Row:
    child, report = each.child, each.seen.report
    trip = report.round_trip if report else None
    return [
        Cell(child.name),
        state_cell(child.state),
        Cell(child.region),
        Cell(f"{each.seen.rate:,.1f}"),
        Cell("-" if trip is None else f"{trip * 1000:.1f} ms"),
        Cell(str(child.restarts), "yellow" if child.restarts else ""),
        Cell(each.pooled.role or "-"),
        Cell(child.worker),
        Cell(f"{report.messages_in:,}" if report else "0"),
        Cell(f"{report.messages_out:,}" if report else "0"),
        Cell(child.last_error or "-"),
    ]
