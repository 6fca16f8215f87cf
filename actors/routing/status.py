"""The status of the runtime, composed from the parts that its actors report (scatter and gather)."""

from collections.abc import Iterator

from actors.messages.status import (
    BatcherStatus,
    CandlesStatus,
    ConnectionFigures,
    ConnectionStatus,
    Described,
    DeskStatus,
    HealthPart,
    LimiterStatus,
    Part,
    PendingStreams,
    PooledConnection,
    PoolPart,
    ReloadStatus,
    RouterStatus,
    Status,
    StreamFigures,
    StreamStatus,
    SupervisorPart,
)
from actors.messages.tasks import TaskStatus

PARTS: tuple[type[Part], ...] = (
    SupervisorPart,
    PoolPart,
    HealthPart,
    LimiterStatus,
    BatcherStatus,
    DeskStatus,
    CandlesStatus,
    ReloadStatus,
    PendingStreams,
)


class StatusCollector:
    """Collects one part of each kind."""

    def __init__(self) -> None:
        self._parts: dict[type[Part], Part] = {}
        self._tasks: list[TaskStatus] = []

    def add(self, described: Described) -> bool:
        """Add a part and the tasks of its actor; returns whether every part is there."""
        self._parts[type(described.part)] = described.part
        self._tasks += described.tasks
        return len(self._parts) == len(PARTS)

    def compose(self, router: RouterStatus) -> Status:
        """The whole status, once every part is there."""
        supervisor, pool, health, limiter, batcher, desk, candles, reload, streams = map(
            self._parts.get, PARTS
        )
        assert isinstance(supervisor, SupervisorPart)
        assert isinstance(pool, PoolPart)
        assert isinstance(health, HealthPart)
        assert isinstance(limiter, LimiterStatus)
        assert isinstance(batcher, BatcherStatus)
        assert isinstance(desk, DeskStatus)
        assert isinstance(candles, CandlesStatus)
        assert isinstance(reload, ReloadStatus)
        assert isinstance(streams, PendingStreams)
        pooled = {each.name: each for each in pool.connections}
        return Status(
            connections=tuple(
                ConnectionStatus(
                    child,
                    health.connections.get(child.name, ConnectionFigures()),
                    pooled.get(child.name) or PooledConnection(child.name),
                )
                for child in supervisor.connections
            ),
            workers=supervisor.workers,
            regions=supervisor.regions,
            streams=tuple(
                StreamStatus(placed, health.streams.get(placed.asset, StreamFigures()))
                for placed in pool.streams
            ),
            limiter=limiter,
            batcher=batcher,
            desk=desk,
            candles=candles,
            reload=reload,
            router=router,
            tasks=(*self._tasks, *_tasks_of(health)),
            clock_offset=health.clock_offset,
            pending_streams=streams.pending,
        )


def _tasks_of(health: HealthPart) -> Iterator[TaskStatus]:
    """The tasks of the connections, from their last reports."""
    for figures in health.connections.values():
        if figures.report is not None:
            yield from figures.report.tasks
