"""The status of a small runtime, with changes as a test wants them."""

from typing import Any

from msgspec.structs import replace

from actors.messages.events import ConnectionReport
from actors.messages.status import (
    BatcherStatus,
    CandlesStatus,
    ChildStatus,
    ConnectionFigures,
    ConnectionStatus,
    DeskStatus,
    LimiterStatus,
    PlacedStream,
    PooledConnection,
    ReloadStatus,
    RouterStatus,
    Status,
    StreamFigures,
    StreamStatus,
    WorkerStatus,
)

NOW = 1_800_000_000.0

REPORT = ConnectionReport(
    "connection-1",
    epoch=1,
    region="demo-europe",
    state="ready",
    messages_in=12_345,
    messages_out=67,
    writes=60,
    bytes_in=1_000_000,
    garbage=0,
    round_trip=0.0421,
    streams={},
    made_at=NOW,
)


def connection(number: int, **changes: Any) -> ConnectionStatus:
    name = f"connection-{number}"
    child = ChildStatus(name, "worker-1", "demo-europe", "up", epoch=1, restarts=0, last_error="")
    seen = ConnectionFigures(replace(REPORT, connection=name), rate=12.34)
    return ConnectionStatus(replace(child, **changes), seen, PooledConnection(name, "market"))


def stream(asset: str, **changes: Any) -> StreamStatus:
    seen = StreamFigures(1.1, NOW - 0.4, ticks=1_234, health="fresh", rate=2.0)
    return StreamStatus(PlacedStream(asset, "connection-1", "confirmed"), replace(seen, **changes))


def status(**changes: Any) -> Status:
    usual = Status(
        connections=(connection(1), connection(2)),
        workers=(WorkerStatus("worker-1", 4711, "up", 1, 2.0, 29 * 2**20),),
        regions=(),
        streams=(stream("EURUSD_otc"), stream("#AAPL_otc")),
        limiter=LimiterStatus({"10/1s": 8, "300/60s": 292}, 3, 2, 10, 40, 5),
        batcher=BatcherStatus(12, 5),
        desk=DeskStatus(None, 0, 0, 0, 0),
        candles=CandlesStatus(0, 0, 0, 0),
        reload=ReloadStatus(""),
        tasks=(),
        router=RouterStatus(90, 2_468, 4, 0),
        clock_offset=-0.04,
    )
    return replace(usual, **changes)
