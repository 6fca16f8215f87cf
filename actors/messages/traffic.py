"""What travels between the house's own rooms: requests outward, batches inward; and over the links."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

from msgspec import Struct

from actors.messages.commands import LoadCandles, TradingCommand, VenueCommand
from actors.messages.events import (
    ActorQuarantined,
    ActorRestarted,
    AssetsListed,
    BalanceChanged,
    CandlesLoaded,
    CandlesProgress,
    ClockReport,
    CommandFailed,
    ConnectionDown,
    ConnectionReport,
    ConnectionSuspect,
    ConnectionUp,
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    Heartbeat,
    Lagged,
    OrderClosed,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    OrderUnknown,
    PendingAnswered,
    PendingOrdersListed,
    RawMessage,
    StreamConfirmed,
    StreamDropped,
    StreamGap,
    StreamPlaced,
    StreamRecovered,
    StreamStale,
    TradingHalted,
    TradingResumed,
    WorkerDown,
    WorkerUp,
)
from actors.messages.lifecycle import SetLogLevel, StartConnection, StopConnection, StopHost, Tellable
from actors.values import LogLevel, Tick


class Request(Struct, frozen=True):
    """A command on its way out. ``id`` finds the waiter again, 0 means that nobody waits.

    ``expires_at`` is on the monotonic clock of the main process. ``connection`` is set where the
    request must take that one; ``urgent`` requests are not held back to be joined with others.
    ``order`` is the id that an order carries on the wire, where it comes back in the answer.
    """

    id: int
    command: VenueCommand
    expires_at: float
    connection: str = ""
    urgent: bool = False
    order: str = ""


class Requests(Struct, frozen=True):
    """Requests that the batcher joined, in order."""

    requests: list[Request]


class Send(Struct, frozen=True, tag=True):
    """Requests for one connection, to leave in one write."""

    connection: str
    requests: list[Request]


class Resubscribe(Struct, frozen=True):
    """The stream of ``asset`` is silent where it should not be: subscribe to it again."""

    asset: str


class MoveStream(Struct, frozen=True):
    """The stream of ``asset`` does not come over its connection: have another carry it."""

    asset: str


class OrderSent(Struct, frozen=True):
    """An order is on its way to a connection in this life of it; from here on it may take effect."""

    order: str
    connection: str
    epoch: int


class Settled(Struct, frozen=True):
    """Request ``id`` has its answer, or will never have one; its place is free again."""

    id: int


class Ticks(Struct, frozen=True, tag=True):
    """Ticks of one read, one at least, in order and by columns: so they cross a link at a third of the cost.

    ``assets`` names each asset once; ``which`` is the place in it of each tick's own, and left empty while
    there is but one.
    """

    received_at: float
    assets: list[str]
    which: list[int]
    times: list[float]
    prices: list[float]

    def __len__(self) -> int:
        return len(self.times)

    @classmethod
    def folded(
        cls, assets: Sequence[str], times: list[float], prices: list[float], received_at: float
    ) -> "Ticks":
        """Of an asset, a time and a price for each tick."""
        places = {asset: place for place, asset in enumerate(dict.fromkeys(assets))}
        which = [places[asset] for asset in assets] if len(places) > 1 else []
        return cls(received_at, list(places), which, times, prices)

    def __iter__(self) -> Iterator[Tick]:
        """HOT: 0.035 µs a tick."""
        assets: Iterable[str] = (
            map(self.assets.__getitem__, self.which) if self.which else repeat(self.assets[0])
        )
        return map(Tick, assets, self.times, self.prices, repeat(self.received_at))

    def __getitem__(self, at: int) -> Tick:
        asset = self.assets[self.which[at] if self.which else 0]
        return Tick(asset, self.times[at], self.prices[at], self.received_at)


class Reply(Struct, frozen=True, tag=True):
    """The answer to a request; ``None`` says only that it was done.

    It settles its waiter and nothing else: where the answer is news, it stands in the batch by itself too.
    """

    request: int
    value: CandlesLoaded | StreamConfirmed | None = None


class Failure(Struct, frozen=True, tag=True):
    """A request came to nothing; ``error`` names a class of ``actors.errors``, ``order`` the order, if it
    was one: it surely has not been sent."""

    request: int
    error: str
    reason: str
    retry_after: float = 0.0
    order: str = ""


PublicEvent = (
    CandlesLoaded
    | CandlesProgress
    | AssetsListed
    | BalanceChanged
    | RawMessage
    | ConnectionUp
    | ConnectionDown
    | ConnectionSuspect
    | ConnectionReport
    | ClockReport
    | Heartbeat
    | WorkerUp
    | WorkerDown
    | ActorRestarted
    | ActorQuarantined
    | StreamPlaced
    | StreamConfirmed
    | StreamDropped
    | StreamStale
    | StreamGap
    | StreamRecovered
    | Lagged
    | CommandFailed
    | OrderOpened
    | OrderRefused
    | OrderUnknown
    | OrderNotPlaced
    | OrderClosed
    | OrderOrphan
    | PendingOrdersListed
    | TradingHalted
    | TradingResumed
    | DealAccepted
    | DealRefused
    | DealsOpen
    | DealsClosed
    | PendingAnswered
)

Item = Ticks | Reply | Failure | PublicEvent
"""What a batch may hold; order within a batch is the order on the socket."""


class EventBatch(Struct, frozen=True, tag=True):
    """All that one source had to say at once; one batch is one message, one frame and one wake-up."""

    source: str
    items: list[Item]


class Trade(Struct, frozen=True):
    """A trading command for the order desk, which answers waiter ``id`` by ``expires_at`` (monotonic)."""

    id: int
    command: TradingCommand
    expires_at: float


class Load(Struct, frozen=True):
    """Candles for ``to``, which is answered with ``Answer`` or ``Refusal`` by ``expires_at`` (monotonic)."""

    id: int
    command: LoadCandles
    expires_at: float
    to: Tellable


class Answer(Struct, frozen=True):
    """The value for a waiter, from an actor of the main process."""

    id: int
    value: Any


class Refusal(Struct, frozen=True):
    """The error for a waiter, from an actor of the main process."""

    id: int
    error: Any


class Deliver(Struct, frozen=True):
    """Events for one subscriber's handler, in order; ``missed`` ticks had to give way before them."""

    events: list[Any]
    missed: int = 0


class LogRecord(Struct, frozen=True, tag=True):
    """What ``worker`` has logged: printable, without secrets, ``trace`` being an exception's, line by line.

    ``time`` is in Unix seconds; ``place`` is where in the code, ``module:line``.
    """

    worker: str
    time: float
    level: LogLevel
    place: str
    message: str
    trace: tuple[str, ...] = ()


Uplink = EventBatch | LogRecord
"""What a worker process sends to the main process."""

Downlink = StartConnection | StopConnection | StopHost | SetLogLevel | Send
"""What the main process sends to a worker process."""
