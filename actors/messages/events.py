"""The events, each with a dotted topic."""

from typing import ClassVar

from actors.messages.bar_events import BarClosed as BarClosed, BarForming as BarForming
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
    OrderSettled as OrderSettled,
    PendingAnswered as PendingAnswered,
    PendingOrderPlaced as PendingOrderPlaced,
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
    """Bars of ``period`` seconds, oldest first: loaded, or sent by the venue with a new stream."""

    base_topic: ClassVar[str] = "candles"
    varies_by: ClassVar[str] = "asset"
    asset: str
    period: int
    candles: list[Candle]

    @property
    def topic(self) -> str:
        return f"candles.{self.asset}"


class CandlesProgress(Event, frozen=True):
    """``loaded`` of ``count`` bars of a ``LoadCandles`` have come, and more are to come."""

    base_topic: ClassVar[str] = "progress"
    varies_by: ClassVar[str] = "asset"
    asset: str
    period: int
    loaded: int
    count: int

    @property
    def topic(self) -> str:
        return f"progress.{self.asset}"


class AssetsListed(Event, frozen=True):
    """The venue sent its whole asset table: after a login, and when payouts or schedules change."""

    base_topic: ClassVar[str] = "assets"
    assets: list[Asset]


class BalanceChanged(Event, frozen=True):
    """The venue sent the balance."""

    base_topic: ClassVar[str] = "balance"
    balance: Balance


class RawMessage(Event, frozen=True):
    """A server event that has no other event here; ``payload`` is its JSON text, ``""`` for none."""

    base_topic: ClassVar[str] = "raw"
    varies_by: ClassVar[str] = "name"
    name: str
    payload: str

    @property
    def topic(self) -> str:
        return f"raw.{self.name}"


class WireMessage(HasLife, Event, frozen=True):
    """A message of the venue as it came over one life of a connection; ``text`` is the whole of it.

    An event of the venue is one message, or two: its header, then its body as an ``attachment``, which does
    not have the ``name`` of the event in its text. They are tapped from the first subscription to the last:
    no wildcard but that of ``wire.>`` itself matches them. Ticks are among them. Our session, wherever the
    venue repeats it, is ``***``.
    """

    base_topic: ClassVar[str] = "wire"
    varies_by: ClassVar[str] = "connection"
    on_request: ClassVar[bool] = True
    connection: str
    epoch: int
    name: str
    text: str
    attachment: bool = False

    @property
    def topic(self) -> str:
        return f"wire.{self.connection}"


class ConnectionUp(HasLife, Event, frozen=True):
    """A connection is logged in; ``epoch`` counts its lives from 1."""

    base_topic: ClassVar[str] = "connection.up"
    connection: str
    epoch: int
    region: str


class ConnectionDown(HasLife, Event, frozen=True):
    """A life of a connection has ended.

    ``was_ready``: it had been logged in. ``terminal``: the venue refused the login. ``retry_after``: for how
    many seconds the host asked not to be dialed (RFC 9110, 10.2.3).
    """

    base_topic: ClassVar[str] = "connection.down"
    connection: str
    epoch: int
    region: str
    reason: str
    was_ready: bool = False
    terminal: bool = False
    retry_after: float | None = None


class ConnectionSuspect(HasLife, Event, frozen=True):
    """The health monitor found a connection faulty; the supervisor replaces it."""

    base_topic: ClassVar[str] = "connection.suspect"
    connection: str
    epoch: int
    reason: str


class ConnectionReport(HasLife, Event, frozen=True):
    """The figures of one life of a connection, once a second, every fourth second while it has no streams and
    sends nothing, and at its end; ``made_at`` is in Unix seconds.

    Counters run since the life began. ``round_trip`` is that of the last WebSocket ping, in seconds.
    ``garbage`` counts what could not be decoded. ``delay`` is the least difference, since the last report,
    between our clock when a tick was read and the tick's stamp: it holds the errors of both clocks and the
    delay of the network. It is ``None`` if no tick came.
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
    """The venue's clock is ``offset`` seconds ahead of ours, by the least delayed of the latest ticks."""

    base_topic: ClassVar[str] = "report.clock"
    offset: float


class Heartbeat(Event, frozen=True):
    """A worker process is alive and reads its link; ``cpu_seconds`` and ``rss_bytes`` are of that process."""

    base_topic: ClassVar[str] = "report.worker"
    worker: str
    pid: int
    cpu_seconds: float
    rss_bytes: int


class WorkerUp(Event, frozen=True):
    """A worker process has started and its link works."""

    base_topic: ClassVar[str] = "worker.up"
    worker: str
    pid: int


class WorkerDown(Event, frozen=True):
    """A worker process or its link has ended; ``pid`` tells which life of the worker it was."""

    base_topic: ClassVar[str] = "worker.down"
    worker: str
    pid: int
    reason: str


class OutageBegan(Event, frozen=True):
    """No connection has been up for ``down_for`` seconds, which is longer than ``health.outage_after``,
    though some are wanted. ``reasons`` say why, for each region or worker."""

    base_topic: ClassVar[str] = "outage.began"
    down_for: float
    reasons: list[str]


class OutageEnded(Event, frozen=True):
    """The outage is over after ``lasted`` seconds: a connection is up in ``region``, or none is wanted any
    more (``""``)."""

    base_topic: ClassVar[str] = "outage.ended"
    lasted: float
    region: str


class ActorRestarted(Event, frozen=True):
    """The supervisor has restarted a worker or a connection; ``attempt`` counts since it was last stable."""

    base_topic: ClassVar[str] = "actor.restarted"
    name: str
    attempt: int
    reason: str


class ActorQuarantined(Event, frozen=True):
    """The supervisor gave a worker or a connection up; ``auth``: because the venue refused the login."""

    base_topic: ClassVar[str] = "actor.quarantined"
    name: str
    reason: str
    auth: bool = False


class Lagged(Event, frozen=True):
    """A subscriber was too slow: newer ticks of the same asset replaced ``missed`` ticks. Its handler has to
    do less, or to take lists of events (``batch``)."""

    base_topic: ClassVar[str] = "lag.ticks"
    subscriber: str
    missed: int


class CommandFailed(Event, frozen=True):
    """A command that was told, not asked, could not be fulfilled. ``order`` is the id of the order that it
    would have placed, if any."""

    base_topic: ClassVar[str] = "command.failed"
    command: str
    reason: str
    order: str = ""


class ConfigReloaded(Event, frozen=True):
    """The configuration file was read again and applied; ``changed`` are the dotted names of the settings
    that differ, at least one."""

    base_topic: ClassVar[str] = "config.reloaded"
    changed: list[str]


class ConfigRefused(Event, frozen=True):
    """The configuration file was read again and refused; the previous configuration stays in force.

    It is published once, however often the same file is read.
    """

    base_topic: ClassVar[str] = "config.refused"
    problems: list[str]


EVENTS: tuple[type[Event], ...] = tuple(Event.__subclasses__())
"""Every event, so that a link can tell them apart. ``actors.messages`` names those that are public."""
