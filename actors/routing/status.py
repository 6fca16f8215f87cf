"""The status of the whole, put together from what each part knows."""

from collections.abc import Iterator

from actors.messages.status import (
    BatcherStatus,
    CandlesStatus,
    ChildStatus,
    ConnectionStatistics,
    ConnectionStatus,
    Described,
    DeskStatus,
    HealthPart,
    LimiterStatus,
    Part,
    PlacedStream,
    PooledConnection,
    PoolPart,
    ReloadStatus,
    RouterStatus,
    Status,
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
)


class StatusCollector:
    """Collects one part of each kind; ``now`` of ``compose`` is wall clock time."""

    def __init__(self) -> None:
        self._parts: dict[type[Part], Part] = {}
        self._tasks: list[TaskStatus] = []

    def add(self, described: Described) -> bool:
        """Take in a part and the tasks of its actor; whether the picture is complete."""
        self._parts[type(described.part)] = described.part
        self._tasks += described.tasks
        return len(self._parts) == len(PARTS)

    def compose(self, router: RouterStatus, now: float) -> Status:
        """The picture; call it when ``add`` has said that it is complete."""
        supervisor, pool, health, limiter, batcher, desk, candles, reload = map(self._parts.get, PARTS)
        assert isinstance(supervisor, SupervisorPart)
        assert isinstance(pool, PoolPart)
        assert isinstance(health, HealthPart)
        assert isinstance(limiter, LimiterStatus)
        assert isinstance(batcher, BatcherStatus)
        assert isinstance(desk, DeskStatus)
        assert isinstance(candles, CandlesStatus)
        assert isinstance(reload, ReloadStatus)
        pooled = {each.name: each for each in pool.connections}
        return Status(
            connections=tuple(
                _connection(child, health, pooled.get(child.name)) for child in supervisor.connections
            ),
            workers=supervisor.workers,
            regions=supervisor.regions,
            streams=tuple(_stream(stream, health, now) for stream in pool.streams),
            limiter=limiter,
            batcher=batcher,
            desk=desk,
            candles=candles,
            reload=reload,
            router=router,
            tasks=(*self._tasks, *_tasks_of(health)),
            clock_offset=health.clock_offset,
        )


def _tasks_of(health: HealthPart) -> Iterator[TaskStatus]:
    """What the connections do, as they last reported."""
    for figures in health.connections.values():
        yield from figures.report.tasks


def _connection(child: ChildStatus, health: HealthPart, pooled: PooledConnection | None) -> ConnectionStatus:
    figures = health.connections.get(child.name)
    report = figures.report if figures else None
    return ConnectionStatus(
        name=child.name,
        worker=child.worker,
        region=child.region,
        state=child.state,
        epoch=child.epoch,
        restarts=child.restarts,
        rate=figures.rate if figures else 0.0,
        messages_in=report.messages_in if report else 0,
        messages_out=report.messages_out if report else 0,
        writes=report.writes if report else 0,
        garbage=report.garbage if report else 0,
        round_trip=report.round_trip if report else None,
        last_error=child.last_error,
        role=pooled.role if pooled else "",
        in_flight=pooled.in_flight if pooled else 0,
        requests=pooled.requests if pooled else ConnectionStatistics(),
    )


def _stream(stream: PlacedStream, health: HealthPart, now: float) -> StreamStatus:
    figures = health.streams.get(stream.asset)
    received_at = figures.received_at if figures else None
    return StreamStatus(
        asset=stream.asset,
        connection=stream.connection,
        state=stream.state,
        last_price=figures.last_price if figures else None,
        age=None if received_at is None else max(0.0, now - received_at),
        ticks=figures.ticks if figures else 0,
        gaps=figures.gaps if figures else 0,
        last_gap=figures.last_gap if figures else None,
        health=figures.health if figures else "unconfirmed",
        cure=figures.cure if figures else "",
        rate=figures.rate if figures else None,
    )
