"""The status of the runtime, composed from the parts that its actors report (scatter and gather)."""

from collections.abc import Iterator
from typing import Any, TypeVar

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
    PendingStatus,
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

P = TypeVar("P", bound=Part)

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
    PendingStatus,
)


class StatusCollector:
    """Collects one part of each kind."""

    def __init__(self) -> None:
        self._parts: dict[Any, Part] = {}
        self._tasks: list[TaskStatus] = []

    def add(self, described: Described) -> bool:
        """Add a part and the tasks of its actor; returns whether every part is there."""
        self._parts[type(described.part)] = described.part
        self._tasks += described.tasks
        return len(self._parts) == len(PARTS)

    def _part(self, kind: type[P]) -> P:
        part = self._parts[kind]
        assert isinstance(part, kind)
        return part

    def compose(self, router: RouterStatus, utc: float = 0.0, speed: float = 1.0) -> Status:
        """The whole status, once every part is there."""
        pool, health = self._part(PoolPart), self._part(HealthPart)
        supervisor = self._part(SupervisorPart)
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
            limiter=self._part(LimiterStatus),
            batcher=self._part(BatcherStatus),
            desk=self._part(DeskStatus),
            candles=self._part(CandlesStatus),
            reload=self._part(ReloadStatus),
            router=router,
            tasks=(*self._tasks, *_tasks_of(health)),
            clock_offset=health.clock_offset,
            pending=self._part(PendingStatus),
            outage=supervisor.outage,
            disconnected=supervisor.disconnected,
            pending_streams=self._part(PendingStreams).pending,
            utc=utc,
            speed=speed,
        )


def _tasks_of(health: HealthPart) -> Iterator[TaskStatus]:
    """The tasks of the connections, from their last reports."""
    for figures in health.connections.values():
        if figures.report is not None:
            yield from figures.report.tasks
