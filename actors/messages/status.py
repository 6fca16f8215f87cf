"""The runtime's account of itself, as ``GetStatus`` answers it."""

from msgspec import Struct

from actors.messages.events import ConnectionReport
from actors.messages.lifecycle import Tellable
from actors.messages.tasks import TaskStatus


class PlacedStream(Struct, frozen=True):
    """A desired stream as the pool knows it; ``connection`` is ``""`` while no connection carries it."""

    asset: str
    connection: str
    state: str


class StreamFigures(Struct, frozen=True):
    """A stream as the health monitor knows it.

    ``received_at`` is our wall clock (Unix seconds) when the last tick was read. ``last_gap`` is a pair of
    venue times. ``health`` is unconfirmed, fresh, stale or closed. ``cure`` is the last recovery action, or
    ``""``. ``rate`` is the learnt number of ticks per second, ``None`` until enough have come.
    """

    last_price: float | None = None
    received_at: float | None = None
    ticks: int = 0
    gaps: int = 0
    last_gap: tuple[float, float] | None = None
    health: str = "unconfirmed"
    cure: str = ""
    rate: float | None = None


class StreamStatus(Struct, frozen=True):
    """One desired stream: where the pool has placed it, and what the health monitor has seen of it."""

    placed: PlacedStream
    seen: StreamFigures


class ChildStatus(Struct, frozen=True):
    """A connection as the supervisor knows it."""

    name: str
    worker: str
    region: str
    state: str
    epoch: int
    restarts: int
    last_error: str


class ConnectionFigures(Struct, frozen=True):
    """A connection as the health monitor knows it: its last report, and the messages received per second."""

    report: ConnectionReport | None = None
    rate: float = 0.0


class ConnectionStatistics(Struct, frozen=True):
    """How a connection's last 100 requests ended; ``average`` is seconds to an answer."""

    successes: int = 0
    failures: int = 0
    average: float | None = None
    success_rate: float | None = None


class PooledConnection(Struct, frozen=True):
    """A connection as the pool knows it; ``role`` is ``""`` while the connection is not up."""

    name: str
    role: str = ""
    in_flight: int = 0
    requests: ConnectionStatistics = ConnectionStatistics()


class ConnectionStatus(Struct, frozen=True):
    """One connection: ``child`` is known to the supervisor, ``seen`` to the health monitor, ``pooled`` to the
    pool."""

    child: ChildStatus
    seen: ConnectionFigures
    pooled: PooledConnection


class WorkerStatus(Struct, frozen=True):
    """One worker process; ``pid`` is 0 while it is down."""

    name: str
    pid: int
    state: str
    restarts: int
    cpu_seconds: float
    rss_bytes: int


class RegionStatus(Struct, frozen=True):
    """One region over all connections: ``successes`` are logins, ``failures`` attempts without one.

    ``round_trip`` is the average of its last measurements in seconds; ``blocked_for`` the seconds that its
    host wants to be left alone yet.
    """

    name: str
    priority: int
    attempts: int
    successes: int
    failures: int
    round_trip: float | None
    blocked_for: float


class LimiterStatus(Struct, frozen=True):
    """``windows``: per rate rule, such as ``10/1s``, how many sends it would still admit now."""

    windows: dict[str, int]
    waiting: int
    in_flight: int
    max_in_flight: int
    passed: int
    refused: int


class BatcherStatus(Struct, frozen=True):
    """How many requests left in how many batches."""

    requests: int
    batches: int


class RouterStatus(Struct, frozen=True):
    """What the router has moved so far; ``lost_batches`` of connections have not reached it."""

    events: int
    ticks: int
    subscriptions: int
    waiting: int
    lost_batches: int = 0


class DeskStatus(Struct, frozen=True):
    """``halted`` is why no orders are sent, ``None`` if they are; ``in_doubt`` counts unknown orders."""

    halted: str | None
    in_flight: int
    in_doubt: int
    open_deals: int
    closed_deals: int


class CandlesStatus(Struct, frozen=True):
    """``entries`` answers are cached, ``flights`` loads under way; a load that shared a flight missed too."""

    hits: int
    misses: int
    entries: int
    flights: int


class ReloadStatus(Struct, frozen=True):
    """The configuration's file (``""`` if there is none), and how often it was taken over and refused.

    ``last_outcome`` names the settings that were taken over last, at ``last_at`` (UTC; ``None`` before
    the first time); to read the file and find nothing new is no reload. ``problems`` are why
    the file as it was last read is not in force, since ``refused_at``; none once it could be taken over.
    """

    file: str
    reloads: int = 0
    refusals: int = 0
    last_at: float | None = None
    last_outcome: str = ""
    problems: tuple[str, ...] = ()
    refused_at: float | None = None


class Status(Struct, frozen=True):
    """A picture of the whole runtime; its parts were drawn within milliseconds of one another.

    The venue's clock is ``clock_offset`` seconds ahead of ours, ``None`` before the first tick.
    """

    connections: tuple[ConnectionStatus, ...]
    workers: tuple[WorkerStatus, ...]
    regions: tuple[RegionStatus, ...]
    streams: tuple[StreamStatus, ...]
    limiter: LimiterStatus
    batcher: BatcherStatus
    desk: DeskStatus
    candles: CandlesStatus
    reload: ReloadStatus
    router: RouterStatus
    tasks: tuple[TaskStatus, ...]
    clock_offset: float | None


class Describe(Struct, frozen=True):
    """Give your part of picture ``id`` to ``to``, as ``Described``."""

    id: int
    to: Tellable


class SupervisorPart(Struct, frozen=True):
    """The supervisor's children, and the regions it chooses from."""

    connections: tuple[ChildStatus, ...]
    regions: tuple[RegionStatus, ...]
    workers: tuple[WorkerStatus, ...]


class PoolPart(Struct, frozen=True):
    """The desired streams, in the order in which they were wished for, and who carries them."""

    streams: tuple[PlacedStream, ...]
    connections: tuple[PooledConnection, ...]


class HealthPart(Struct, frozen=True):
    """The health monitor's figures by connection and by asset."""

    connections: dict[str, ConnectionFigures]
    streams: dict[str, StreamFigures]
    clock_offset: float | None


Part = (
    SupervisorPart
    | PoolPart
    | HealthPart
    | LimiterStatus
    | BatcherStatus
    | DeskStatus
    | CandlesStatus
    | ReloadStatus
)


class Described(Struct, frozen=True):
    """One part of picture ``id``, and what its actor does again and again."""

    id: int
    part: Part
    tasks: tuple[TaskStatus, ...] = ()
