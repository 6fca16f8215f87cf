"""The runtime's account of itself, as ``GetStatus`` answers it."""

from msgspec import Struct

from actors.messages.events import ConnectionReport
from actors.messages.lifecycle import Tellable
from actors.messages.tasks import TaskStatus


class StreamStatus(Struct, frozen=True):
    """One desired stream; ``age`` is seconds since its last tick came, ``None`` before the first.

    ``health`` is unconfirmed, fresh, stale or closed, ``cure`` what was last tried against its silence,
    ``rate`` the learnt ticks per second, ``None`` until enough have come.
    """

    asset: str
    connection: str
    state: str
    last_price: float | None
    age: float | None
    ticks: int
    gaps: int
    last_gap: tuple[float, float] | None
    health: str
    cure: str
    rate: float | None


class ConnectionStatistics(Struct, frozen=True):
    """How a connection's last 100 requests ended; ``average`` is seconds to an answer."""

    successes: int = 0
    failures: int = 0
    average: float | None = None
    success_rate: float | None = None


class ConnectionStatus(Struct, frozen=True):
    """One connection; ``rate`` is messages received per second, ``round_trip`` seconds."""

    name: str
    worker: str
    region: str
    state: str
    epoch: int
    restarts: int
    rate: float
    messages_in: int
    messages_out: int
    writes: int
    garbage: int
    round_trip: float | None
    last_error: str
    role: str
    in_flight: int
    requests: ConnectionStatistics


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


class ChildStatus(Struct, frozen=True):
    """What the supervisor knows of one connection."""

    name: str
    worker: str
    region: str
    state: str
    epoch: int
    restarts: int
    last_error: str


class SupervisorPart(Struct, frozen=True):
    """The supervisor's children, and the regions it chooses from."""

    connections: tuple[ChildStatus, ...]
    regions: tuple[RegionStatus, ...]
    workers: tuple[WorkerStatus, ...]


class PlacedStream(Struct, frozen=True):
    """Where the pool has put a desired stream."""

    asset: str
    connection: str
    state: str


class PooledConnection(Struct, frozen=True):
    """What the pool knows of a connection; without a ``role`` it is not up."""

    name: str
    role: str
    in_flight: int
    requests: ConnectionStatistics


class PoolPart(Struct, frozen=True):
    """The desired streams, in the order in which they were wished for, and who carries them."""

    streams: tuple[PlacedStream, ...]
    connections: tuple[PooledConnection, ...]


class StreamFigures(Struct, frozen=True):
    """What the health monitor has seen of one stream; ``received_at`` is wall clock time."""

    last_price: float | None
    received_at: float | None
    ticks: int
    gaps: int
    last_gap: tuple[float, float] | None
    health: str
    cure: str
    rate: float | None


class ConnectionFigures(Struct, frozen=True):
    """A connection's last account of itself, and its rate of messages per second."""

    report: ConnectionReport
    rate: float


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
