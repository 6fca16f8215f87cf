"""The answer to ``GetStatus``, and the parts that the actors give for it."""

from decimal import Decimal

from msgspec import Struct

from actors.distribution import Distribution
from actors.messages.events import ConnectionReport
from actors.messages.lifecycle import Tellable
from actors.messages.tasks import TaskStatus
from actors.values import AccountKind


class PlacedStream(Struct, frozen=True):
    """A desired stream as the pool knows it; ``connection`` is ``""`` while no connection carries it.

    ``owners`` are its owners' names: ``file``, ``program``, ``operator``, or an attached process by
    its number.
    """

    asset: str
    connection: str
    state: str
    owners: tuple[str, ...] = ()


class StreamFigures(Struct, frozen=True):
    """A stream as the health monitor knows it.

    ``received_at`` is our wall clock (Unix seconds) when the last tick was read. ``ticks`` is what its
    connections have reported: up to a second old, and not exact for the second in which it moved to another
    one. ``last_gap`` is a pair of venue times. ``health`` is unconfirmed, fresh, stale or closed. ``cure`` is
    the last recovery action, or ``""``. ``rate`` is the learnt number of ticks per second, ``None`` until
    enough have come.
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
    """How the last 100 requests of a connection ended; ``average`` is the seconds until an answer."""

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
    """One worker process; ``pid`` is 0 while the process is down."""

    name: str
    pid: int
    state: str
    restarts: int
    cpu_seconds: float
    rss_bytes: int


class RegionStatus(Struct, frozen=True):
    """One region, over all connections: ``successes`` are logins, ``failures`` are dials without one.

    ``round_trip`` is the average of its latest measurements in seconds. It is not dialed for another
    ``blocked_for`` seconds, as its host asked (RFC 9110, 10.2.3).
    """

    name: str
    priority: int
    attempts: int
    successes: int
    failures: int
    round_trip: float | None
    blocked_for: float


class LimiterStatus(Struct, frozen=True):
    """The rate limiter; ``windows`` is, for each rate such as ``10/1s``, how many messages it admits now."""

    windows: dict[str, int]
    waiting: int
    in_flight: int
    max_in_flight: int
    passed: int
    refused: int


class BatcherStatus(Struct, frozen=True):
    """The batcher: how many requests it has sent on, in how many batches."""

    requests: int
    batches: int


class RouterStatus(Struct, frozen=True):
    """The router: counts since the start. ``lost_batches`` of connections have not arrived.

    ``asks`` has for each kind of command that was answered how long the answers took, and ``failed`` how many
    of each kind were answered with an error.
    """

    events: int
    ticks: int
    subscriptions: int
    waiting: int
    lost_batches: int = 0
    asks: dict[str, Distribution] = {}
    failed: dict[str, int] = {}


class LimitStatus(Struct, frozen=True):
    """A limit of the orders by the name of its setting, and how much of it is used."""

    name: str
    used: Decimal
    limit: Decimal


class DeskStatus(Struct, frozen=True):
    """The order desk; ``halted`` is why no order is sent, ``None`` if orders are sent.

    ``refuses`` is why every order is refused until the next start, ``""`` if orders are taken: a live session
    without ``account.allow_live``. ``limits`` are those that fill up, as far as they are set. ``account`` is
    what the session is for, known before any connection is up. ``closed_deals`` are those that it can tell
    of, the last 1,000. ``write_times`` is how long the journal took to have orders on the disk.
    """

    halted: str | None
    in_flight: int
    in_doubt: int
    open_deals: int
    closed_deals: int
    refuses: str = ""
    limits: tuple[LimitStatus, ...] = ()
    account: AccountKind = AccountKind.DEMO
    write_times: Distribution = Distribution()


class PendingStatus(Struct, frozen=True):
    """The pending desk: how many pending orders of this runtime the venue has (``placed``), how many are sent
    without an answer (``in_flight``), and how many of those are in doubt. ``write_times`` is as that of the
    order desk."""

    placed: int = 0
    in_flight: int = 0
    in_doubt: int = 0
    write_times: Distribution = Distribution()


class CandlesStatus(Struct, frozen=True):
    """The history loader; ``entries`` are cached, ``flights`` are under way. Joining a flight is a miss."""

    hits: int
    misses: int
    entries: int
    flights: int


class PendingStream(Struct, frozen=True):
    """A stream of the configuration that has not begun (``wanted``), or one that has not ended yet.

    ``reason`` is why the last try failed; ``""`` while the first has no answer.
    """

    asset: str
    wanted: bool
    reason: str


class PendingStreams(Struct, frozen=True):
    """The streams in which the runtime differs from the configuration; each is tried again."""

    pending: tuple[PendingStream, ...] = ()


class ReloadStatus(Struct, frozen=True):
    """The reloads of the configuration's ``file`` (``""``: there is none).

    ``last_outcome`` names the settings that the last reload changed, at ``last_at`` (Unix seconds; ``None``
    before the first). Reading an unchanged file is no reload. ``problems`` say why the file was refused when
    it was last read, at ``refused_at``; both are empty once it is accepted.
    """

    file: str
    reloads: int = 0
    refusals: int = 0
    last_at: float | None = None
    last_outcome: str = ""
    problems: tuple[str, ...] = ()
    refused_at: float | None = None


class Status(Struct, frozen=True):
    """The status of the whole runtime; its parts were made within milliseconds of one another.

    ``clock_offset`` is how many seconds the venue's clock is ahead of ours, ``None`` before the first tick.
    ``pending_streams`` are the streams in which the runtime still differs from the configuration.
    ``outage`` is for how many seconds no connection has been up, once that is longer than
    ``health.outage_after``. ``disconnected`` is the reason of ``Disconnect`` until ``Connect``, and ``None``
    otherwise. ``utc`` is when it was made (Unix seconds) by the runtime's clock, which ``practice.speed``
    makes ``speed`` times as fast as ours.
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
    pending_streams: tuple[PendingStream, ...] = ()
    pending: PendingStatus = PendingStatus()
    outage: float | None = None
    disconnected: str | None = None
    utc: float = 0.0
    speed: float = 1.0

    def now(self, age: float = 0.0) -> float:
        """The time by the runtime's clock, ``age`` of our seconds after the status was made."""
        return self.utc + age * self.speed

    def _repr_html_(self) -> str:
        from actors.messages.status_html import status_html  # noqa: PLC0415  # for notebooks alone

        return status_html(self)


class Describe(Struct, frozen=True):
    """Tell ``to`` the receiver's part of status ``id``, as ``Described``.

    It comes in its turn, so that a part is no older than an event that was seen before it was asked for. It
    ``overtakes`` what waits for a desk: orders may wait there for the disk, and a desk knows its own events.
    """

    id: int
    to: Tellable
    overtakes: bool = False


class SupervisorPart(Struct, frozen=True):
    """The children of the supervisor, the regions that it chooses from, ``Status.outage`` and
    ``Status.disconnected``."""

    connections: tuple[ChildStatus, ...]
    regions: tuple[RegionStatus, ...]
    workers: tuple[WorkerStatus, ...]
    outage: float | None = None
    disconnected: str | None = None


class PoolPart(Struct, frozen=True):
    """The desired streams, in the order of their subscription, and the connections of the pool."""

    streams: tuple[PlacedStream, ...]
    connections: tuple[PooledConnection, ...]


class HealthPart(Struct, frozen=True):
    """The figures of the health monitor, by connection and by asset."""

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
    | PendingStatus
    | CandlesStatus
    | ReloadStatus
    | PendingStreams
)


class Described(Struct, frozen=True):
    """One part of status ``id``, and the periodic work of its actor."""

    id: int
    part: Part
    tasks: tuple[TaskStatus, ...] = ()
