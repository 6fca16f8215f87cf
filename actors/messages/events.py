"""What happened: facts, each with a dotted topic that subscriptions match by prefix."""

from typing import ClassVar

from actors.messages.event import Event as Event
from actors.messages.life import HasLife
from actors.messages.order_events import (
    DealAccepted as DealAccepted,
    DealRefused as DealRefused,
    DealsClosed as DealsClosed,
    DealsOpen as DealsOpen,
    OrderClosed as OrderClosed,
    OrderInDoubt as OrderInDoubt,
    OrderNotPlaced as OrderNotPlaced,
    OrderOpened as OrderOpened,
    OrderOrphan as OrderOrphan,
    OrderRefused as OrderRefused,
    PendingAnswered as PendingAnswered,
    PendingOrdersListed as PendingOrdersListed,
    TradingHalted as TradingHalted,
    TradingResumed as TradingResumed,
)
from actors.messages.stream_events import (
    StreamConfirmed as StreamConfirmed,
    StreamDropped as StreamDropped,
    StreamGap as StreamGap,
    StreamMoves as StreamMoves,
    StreamPlaced as StreamPlaced,
    StreamRecovered as StreamRecovered,
    StreamReleased as StreamReleased,
    StreamReport as StreamReport,
    StreamStale as StreamStale,
)
from actors.messages.tasks import TaskStatus
from actors.values import Asset, Balance, Candle


class CandlesLoaded(Event, frozen=True):
    """Bars of ``period`` seconds, oldest first, as loaded or as sent along with a new stream."""

    asset: str
    period: int
    candles: list[Candle]

    @property
    def topic(self) -> str:
        return f"candles.{self.asset}"


class CandlesProgress(Event, frozen=True):
    """``loaded`` of ``count`` bars have come, for a ``LoadCandles`` of more than one page."""

    asset: str
    period: int
    loaded: int
    count: int

    @property
    def topic(self) -> str:
        return f"progress.{self.asset}"


class AssetsListed(Event, frozen=True):
    """The venue's whole asset table, sent at login and whenever payouts or schedules change."""

    base_topic: ClassVar[str] = "assets"
    assets: list[Asset]


class BalanceChanged(Event, frozen=True):
    """The venue stated the balance."""

    base_topic: ClassVar[str] = "balance"
    balance: Balance


class RawMessage(Event, frozen=True):
    """A server event that nothing here interprets; ``payload`` is its JSON text, ``""`` for none."""

    name: str
    payload: str

    @property
    def topic(self) -> str:
        return f"raw.{self.name}"


class ConnectionUp(HasLife, Event, frozen=True):
    """A connection is authenticated; ``epoch`` counts its lives from 1."""

    base_topic: ClassVar[str] = "connection.up"
    connection: str
    epoch: int
    region: str


class ConnectionDown(HasLife, Event, frozen=True):
    """A connection's life ended. ``terminal`` means that the venue refused the session; ``was_ready``
    that it had been authenticated; ``retry_after`` for how many seconds the host wants to be left alone."""

    base_topic: ClassVar[str] = "connection.down"
    connection: str
    epoch: int
    region: str
    reason: str
    was_ready: bool = False
    terminal: bool = False
    retry_after: float | None = None


class ConnectionSuspect(HasLife, Event, frozen=True):
    """The health monitor lost trust in a connection; the supervisor will replace it."""

    base_topic: ClassVar[str] = "connection.suspect"
    connection: str
    epoch: int
    reason: str


class ConnectionReport(HasLife, Event, frozen=True):
    """A connection's own account of itself, once a second and once at its end, ``made_at`` (UTC).

    Counters run since the connection was started; ``round_trip`` is that of the last WebSocket ping,
    in seconds; ``garbage`` counts what was refused. ``delay`` is by how much at least our clock was ahead of
    the stamps of the ticks since the last report, ``None`` without ticks: both clocks and the way are in it.
    """

    base_topic: ClassVar[str] = "report.connection"
    connection: str
    epoch: int
    region: str
    state: str
    messages_in: int
    messages_out: int
    writes: int
    bytes_in: int
    garbage: int
    round_trip: float | None
    streams: dict[str, StreamReport]
    made_at: float
    delay: float | None = None
    tasks: tuple[TaskStatus, ...] = ()


class ClockReport(Event, frozen=True):
    """The venue's clock is ``offset`` seconds ahead of ours, judged by the quickest of its latest ticks."""

    base_topic: ClassVar[str] = "report.clock"
    offset: float


class Heartbeat(Event, frozen=True):
    """A worker process is alive and reads its link; CPU time and resident memory are its own."""

    base_topic: ClassVar[str] = "report.worker"
    worker: str
    pid: int
    cpu_seconds: float
    rss_bytes: int


class WorkerUp(Event, frozen=True):
    """A worker process has started and speaks on its link."""

    base_topic: ClassVar[str] = "worker.up"
    worker: str
    pid: int


class WorkerDown(Event, frozen=True):
    """A worker process ended, or its link did; ``pid`` tells a late notice from a present one."""

    base_topic: ClassVar[str] = "worker.down"
    worker: str
    pid: int
    reason: str


class ActorRestarted(Event, frozen=True):
    """The supervisor has started a child again; ``attempt`` counts since it was last stable."""

    base_topic: ClassVar[str] = "actor.restarted"
    name: str
    attempt: int
    reason: str


class ActorQuarantined(Event, frozen=True):
    """The supervisor gave a child up. ``auth`` tells a refused session from spent attempts."""

    base_topic: ClassVar[str] = "actor.quarantined"
    name: str
    reason: str
    auth: bool = False


class Lagged(Event, frozen=True):
    """A subscriber was too slow: ``missed`` ticks gave way to newer ones of their asset."""

    base_topic: ClassVar[str] = "lag.ticks"
    subscriber: str
    missed: int


class CommandFailed(Event, frozen=True):
    """A command that was told, not asked, could not be fulfilled."""

    base_topic: ClassVar[str] = "command.failed"
    command: str
    reason: str


class ConfigReloaded(Event, frozen=True):
    """The configuration file was read again and taken over; ``changed`` are the dotted names of the settings
    that differed, one at least."""

    base_topic: ClassVar[str] = "config.reloaded"
    changed: list[str]


class ConfigRefused(Event, frozen=True):
    """The configuration file was read again and could not be taken over; the old one stays in force.

    Told once, however often the same is read.
    """

    base_topic: ClassVar[str] = "config.refused"
    problems: list[str]


EVENTS: tuple[type[Event], ...] = tuple(Event.__subclasses__())
"""Every event, so that a link can tell them apart. ``actors.messages`` names those that are public."""
