"""What a page shows of a status: a smaller one, once a second."""

from collections.abc import Mapping

from msgspec import Struct

from actors.messages.status import (
    ConnectionStatus,
    LimitStatus,
    PendingStream,
    RegionStatus,
    Status,
    StreamStatus,
    WorkerStatus,
)
from actors.values import Asset
from runtime.monitoring.readiness import Reason, not_ready


class StreamRow(Struct, frozen=True):
    """One stream; ``payout`` and ``digits`` are ``None`` before the asset's row of the venue's table has
    come, ``payout`` also while the asset cannot be traded."""

    asset: str
    connection: str
    health: str
    price: float | None
    received_at: float | None
    ticks: int
    rate: float | None
    gaps: int
    cure: str
    owners: tuple[str, ...]
    payout: int | None
    digits: int | None


class ConnectionRow(Struct, frozen=True):
    """One connection; ``rate`` is messages per second, ``round_trip`` and ``answer`` are seconds."""

    name: str
    worker: str
    region: str
    state: str
    epoch: int
    restarts: int
    last_error: str
    role: str
    rate: float
    round_trip: float | None
    answer: float | None


class View(Struct, frozen=True):
    """The status at ``time`` (Unix seconds); the fields that it has in common with ``Status`` are of that."""

    time: float
    clock_offset: float | None
    reasons: list[Reason]
    streams: list[StreamRow]
    connections: list[ConnectionRow]
    workers: tuple[WorkerStatus, ...]
    regions: tuple[RegionStatus, ...]
    limits: tuple[LimitStatus, ...]
    windows: dict[str, int]
    waiting: int
    halted: str | None
    refuses: str
    in_doubt: int
    account: str
    outage: float | None
    disconnected: str | None
    pending: tuple[PendingStream, ...]
    problems: tuple[str, ...]


def view(status: Status, assets: Mapping[str, Asset], now: float) -> View:
    """``now`` is in Unix seconds."""
    desk = status.desk
    return View(
        now,
        status.clock_offset,
        not_ready(status),
        [_stream(stream, assets.get(stream.placed.asset)) for stream in status.streams],
        [_connection(connection) for connection in status.connections],
        status.workers,
        status.regions,
        desk.limits,
        status.limiter.windows,
        status.limiter.waiting,
        desk.halted,
        desk.refuses,
        desk.in_doubt,
        desk.account.value,
        status.outage,
        status.disconnected,
        status.pending_streams,
        status.reload.problems,
    )


def _stream(stream: StreamStatus, asset: Asset | None) -> StreamRow:
    placed, seen = stream.placed, stream.seen
    payout = asset.payout if asset is not None and asset.tradable else None
    return StreamRow(
        *(placed.asset, placed.connection, seen.health, seen.last_price, seen.received_at, seen.ticks),
        *(seen.rate, seen.gaps, seen.cure, placed.owners, payout, asset.digits if asset else None),
    )


def _connection(connection: ConnectionStatus) -> ConnectionRow:
    child, seen, pooled = connection.child, connection.seen, connection.pooled
    round_trip = seen.report.round_trip if seen.report else None
    return ConnectionRow(
        *(child.name, child.worker, child.region, child.state, child.epoch, child.restarts, child.last_error),
        *(pooled.role, seen.rate, round_trip, pooled.requests.average),
    )
