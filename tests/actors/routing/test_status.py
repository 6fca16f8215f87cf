import itertools

from actors.messages.events import ConnectionReport
from actors.messages.status import (
    BatcherStatus,
    CandlesStatus,
    ChildStatus,
    ConnectionFigures,
    ConnectionStatistics,
    ConnectionStatus,
    Described,
    DeskStatus,
    HealthPart,
    LimiterStatus,
    Part,
    PendingStatus,
    PendingStream,
    PendingStreams,
    PlacedStream,
    PooledConnection,
    PoolPart,
    RegionStatus,
    ReloadStatus,
    RouterStatus,
    StreamFigures,
    StreamStatus,
    SupervisorPart,
    WorkerStatus,
)
from actors.routing.status import StatusCollector

ROUTER = RouterStatus(events=1, ticks=2, subscriptions=3, waiting=4)
LIMITER = LimiterStatus({"10/1s": 9}, waiting=0, in_flight=1, max_in_flight=10, passed=5, refused=0)
BATCHER = BatcherStatus(requests=5, batches=4)
DESK = DeskStatus(halted=None, in_flight=1, in_doubt=0, open_deals=2, closed_deals=3)
RELOAD = ReloadStatus("a.yaml", 2, 1, 1000.0, "streams", ("a.yaml:1:1: x: is no known key",), 1001.0)
STREAMS = PendingStreams((PendingStream("A", True, "the pool is full"),))
PENDING = PendingStatus(placed=2, in_flight=1, in_doubt=1)
CANDLES = CandlesStatus(hits=3, misses=2, entries=1, flights=0)
REGION = RegionStatus("EU", 1, 5, 3, 2, 0.04, 0.0)
WORKER = WorkerStatus("w1", 4711, "up", 0, 1.5, 1 << 20)
SUPERVISOR = SupervisorPart((ChildStatus("c1", "w1", "EU", "up", 3, 2, "cut"),), (REGION,), (WORKER,))
ANSWERS = ConnectionStatistics(successes=3, failures=1, average=0.02, success_rate=0.75)
POOL = PoolPart((PlacedStream("A", "c1", "confirmed"),), (PooledConnection("c1", "account", 2, ANSWERS),))
REPORT = ConnectionReport("c1", 3, "EU", "ready", 100, 10, 8, 5000, 1, 0.05, {}, 1000.0)
HEALTH = HealthPart(
    {"c1": ConnectionFigures(REPORT, rate=12.5)},
    {"A": StreamFigures(1.1, 1000.0, 90, 1, (1.0, 2.0), health="stale", cure="move", rate=2.5)},
    clock_offset=-0.25,
)
PARTS: tuple[Part, ...] = (
    SUPERVISOR,
    POOL,
    HEALTH,
    LIMITER,
    BATCHER,
    DESK,
    CANDLES,
    RELOAD,
    STREAMS,
    PENDING,
)


def collected(*parts: Part) -> StatusCollector:
    collector = StatusCollector()
    for part in parts:
        collector.add(Described(1, part))
    return collector


def test_a_collector_is_complete_with_one_part_of_each_kind_in_any_order() -> None:
    for order in (*itertools.permutations(PARTS[:4]), ()):
        rest = [part for part in reversed(PARTS) if part not in order]
        collector = StatusCollector()
        complete = [collector.add(Described(1, part)) for part in (*rest, *order)]
        assert complete == [False] * (len(PARTS) - 1) + [True]


def test_the_same_part_twice_completes_nothing() -> None:
    collector = collected(SUPERVISOR, POOL, HEALTH, LIMITER, DESK, CANDLES, RELOAD, STREAMS, PENDING)
    assert not collector.add(Described(1, LIMITER))
    assert collector.add(Described(1, BATCHER))


def test_what_the_parts_know_is_joined_by_name() -> None:
    status = collected(*PARTS).compose(ROUTER)
    assert status.connections == (
        ConnectionStatus(SUPERVISOR.connections[0], HEALTH.connections["c1"], POOL.connections[0]),
    )
    assert status.streams == (StreamStatus(POOL.streams[0], HEALTH.streams["A"]),)
    assert status.clock_offset == -0.25
    assert (status.workers, status.regions) == ((WORKER,), (REGION,))
    assert (status.limiter, status.batcher, status.router) == (LIMITER, BATCHER, ROUTER)
    assert (status.desk, status.pending, status.candles) == (DESK, PENDING, CANDLES)


def test_what_the_health_monitor_has_not_seen_yet_is_empty() -> None:
    parts = (
        SUPERVISOR,
        POOL,
        HealthPart({}, {}, None),
        LIMITER,
        BATCHER,
        DESK,
        CANDLES,
        RELOAD,
        STREAMS,
        PENDING,
    )
    status = collected(*parts).compose(ROUTER)
    (connection,), (stream,) = status.connections, status.streams
    assert (connection.seen.rate, connection.seen.report) == (0.0, None)
    assert stream == StreamStatus(POOL.streams[0], StreamFigures(ticks=0, health="unconfirmed"))


def test_a_connection_that_the_pool_does_not_know_yet_has_no_role() -> None:
    parts = (SUPERVISOR, PoolPart((), ()), HEALTH, LIMITER, BATCHER, DESK, CANDLES, RELOAD, STREAMS, PENDING)
    (connection,) = collected(*parts).compose(ROUTER).connections
    assert connection.pooled == PooledConnection("c1", "", 0, ConnectionStatistics())


def test_what_the_supervisor_or_the_pool_does_not_name_is_not_shown() -> None:
    parts = (
        SupervisorPart((), (), ()),
        PoolPart((), ()),
        HEALTH,
        LIMITER,
        BATCHER,
        DESK,
        CANDLES,
        RELOAD,
        STREAMS,
        PENDING,
    )
    status = collected(*parts).compose(ROUTER)
    assert (status.connections, status.streams) == ((), ())
