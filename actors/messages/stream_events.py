"""What happened to the streams of ticks: placed, confirmed, silent, interrupted, whole again."""

from typing import ClassVar

from msgspec import Struct

from actors.messages.event import Event
from actors.messages.life import HasLife
from actors.values import Life


class StreamReport(Struct, frozen=True, gc=False):
    """What one connection saw of one stream in its present life, with the first and the last venue stamp."""

    ticks: int
    first_time: float
    last_time: float
    last_price: float
    received_at: float


class StreamPlaced(HasLife, Event, frozen=True):
    """A subscription left for this life of a connection ``at`` (UTC); the venue has not confirmed it yet."""

    base_topic: ClassVar[str] = "stream.placed"
    internal: ClassVar[bool] = True
    asset: str
    period: int
    connection: str
    epoch: int
    at: float


class StreamConfirmed(HasLife, Event, frozen=True):
    """The venue confirmed a subscription on a connection."""

    base_topic: ClassVar[str] = "stream.confirmed"
    asset: str
    period: int
    connection: str
    epoch: int


class StreamDropped(Event, frozen=True):
    """Nobody wants the stream any more."""

    base_topic: ClassVar[str] = "stream.dropped"
    asset: str


class StreamReleased(Event, frozen=True):
    """A connection has let a stream go; it says nothing more of it."""

    base_topic: ClassVar[str] = "stream.released"
    asset: str
    connection: str


class StreamMoves(HasLife, Event, frozen=True):
    """A stream is to pass from one life of a connection to another, ``target``. The old one goes on until it
    is released; with ``cut`` nothing that it still says of the stream is delivered."""

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
    """The stream of an open market has been silent for ``silent_for`` seconds, counted from its last tick or,
    where it had none yet, from when it was placed or its market opened.

    ``cure`` is what is done about it: ``resubscribe``, ``move`` or ``reconnect``; ``reason`` is what speaks
    for a fault. It comes again with each further cure.
    """

    base_topic: ClassVar[str] = "stream.stale"
    asset: str
    silent_for: float
    cure: str
    reason: str


class StreamGap(Event, frozen=True):
    """Ticks of ``asset`` between these venue times (UTC) were not seen; it streams again on ``connection``.

    ``StreamRecovered`` follows when its bars of ``period`` seconds have been asked for.
    """

    base_topic: ClassVar[str] = "stream.gap"
    asset: str
    from_time: float
    to_time: float
    reason: str
    connection: str
    period: int


class StreamRecovered(Event, frozen=True):
    """A stream that was announced as stale or lost delivers again.

    After a gap, from ``gap_from`` to ``gap_to`` (venue times, UTC; of several in a row the first and the
    last), it comes behind the ``CandlesLoaded`` with its ``filled`` bars; ``missing`` are the parts that no
    bar covers, and ``reason`` says why there are any.
    """

    base_topic: ClassVar[str] = "stream.recovered"
    asset: str
    connection: str
    gap_from: float | None = None
    gap_to: float | None = None
    filled: int = 0
    missing: tuple[tuple[float, float], ...] = ()
    reason: str = ""
