"""The events of streams of ticks."""

from typing import ClassVar

from msgspec import Struct

from actors.messages.event import Event
from actors.messages.life import HasLife
from actors.values import Life


class StreamReport(Struct, frozen=True, gc=False):
    """What one life of a connection has seen of one stream.

    ``first_time`` and ``last_time`` are venue times, ``received_at`` is our wall clock at the last tick.
    ``resumed_time`` is the venue time of the first tick after the report before, 0 if the venue's session
    does not tell.
    """

    ticks: int
    first_time: float
    last_time: float
    last_price: float
    received_at: float
    resumed_time: float = 0.0


class StreamPlaced(HasLife, Event, frozen=True):
    """A subscription was sent to this life of a connection, ``at`` Unix seconds; it is not confirmed yet."""

    base_topic: ClassVar[str] = "stream.placed"
    internal: ClassVar[bool] = True
    asset: str
    period: int
    connection: str
    epoch: int
    at: float


class StreamConfirmed(HasLife, Event, frozen=True):
    """The venue has confirmed a subscription on this life of a connection."""

    base_topic: ClassVar[str] = "stream.confirmed"
    asset: str
    period: int
    connection: str
    epoch: int


class StreamDropped(Event, frozen=True):
    """The stream is not desired any more: ``by``, its last owner, has released it.

    An owner is ``file``, ``program``, ``operator``, or an attached process, whose end releases its streams.
    """

    base_topic: ClassVar[str] = "stream.dropped"
    asset: str
    by: str = ""


class StreamReleased(Event, frozen=True):
    """A connection no longer carries the stream; no tick of it follows from there."""

    base_topic: ClassVar[str] = "stream.released"
    asset: str
    connection: str


class StreamMoves(HasLife, Event, frozen=True):
    """A stream begins to move from this life of a connection to that of ``target``.

    The old connection carries it until it releases it. With ``cut`` no more ticks of the old one are
    delivered.
    """

    base_topic: ClassVar[str] = "stream.moves"
    internal: ClassVar[bool] = True
    asset: str
    connection: str
    epoch: int
    target: str
    target_epoch: int
    cut: bool

    @property
    def target_life(self) -> Life:
        return Life(self.target, self.target_epoch)


class StreamStale(Event, frozen=True):
    """The stream of an open market is stale: it had no tick for ``silent_for`` seconds, counted from its last
    tick, or else from its placement or the opening of its market.

    ``cure`` is the recovery action: ``resubscribe``, ``move`` or ``reconnect``. ``reason`` is the sign of a
    fault. The event is repeated with each further action.
    """

    base_topic: ClassVar[str] = "stream.stale"
    asset: str
    silent_for: float
    cure: str
    reason: str


class StreamGap(Event, frozen=True):
    """Ticks of ``asset`` between these venue times are missing; it streams again on ``connection``.

    ``StreamRecovered`` follows once bars of ``period`` seconds have been loaded for the gap, or could not be.
    With a ``period`` of 0 none follows: the ticks were lost between two hosts, on the way to a process that
    is attached by their engine.
    """

    base_topic: ClassVar[str] = "stream.gap"
    asset: str
    from_time: float
    to_time: float
    reason: str
    connection: str
    period: int


class StreamRecovered(Event, frozen=True):
    """A stale or interrupted stream delivers ticks again.

    After a gap, ``gap_from`` and ``gap_to`` are venue times: the start of the first and the end of the last
    of several gaps in a row. The event follows the ``CandlesLoaded`` with its ``filled`` bars. ``missing``
    are the parts that no bar covers; ``reason`` says why.
    """

    base_topic: ClassVar[str] = "stream.recovered"
    asset: str
    connection: str
    gap_from: float | None = None
    gap_to: float | None = None
    filled: int = 0
    missing: tuple[tuple[float, float], ...] = ()
    reason: str = ""
