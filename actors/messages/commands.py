"""What users tell or ask the router: imperatives, each with a deadline."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from msgspec import Struct, structs
from pykka import ActorRef

from actors.errors import RequestRefused
from actors.values import Direction


class Command(Struct, frozen=True, kw_only=True, tag=True):
    """A wish; ``deadline`` is how many seconds after its arrival an answer is due, by default the
    configuration's ``connection.message_timeout``.

    Asked and not answered by then, it raises ``RequestTimeout``; told and not fulfilled, it is
    published as ``CommandFailed``.
    """

    deadline: float | None = None


class Subscribe(Command, frozen=True):
    """Deliver every event whose topic starts with ``topic`` (``""`` is all of them) to ``to``.

    ``to`` is a callable, run in an actor of its own, or an ``ActorRef``, which is told. With ``batch``
    it gets a list of events at a time instead of one event. Answered with the topic.

    With ``inline`` a callable is called in the thread that reads, sooner by what it takes to wake another (20
    to 60 µs). While it runs nothing else does: it is for what takes microseconds and never waits, least of
    all for an answer of the router's, which could not come.
    """

    topic: str
    to: Callable[[Any], object] | ActorRef[Any]
    batch: bool = False
    inline: bool = False


class Unsubscribe(Command, frozen=True):
    """End the subscription made with the same ``topic`` and ``to``; answered with whether there was one."""

    topic: str
    to: Callable[[Any], object] | ActorRef[Any]


class SubscribeTicks(Command, frozen=True):
    """Keep ``asset`` streaming until ``UnsubscribeTicks``, through every reconnect.

    Answered with ``StreamConfirmed`` once the venue has confirmed. ``period`` (seconds) is that of the
    bars the venue sends along; another than the stream's takes its place, for everybody. Which ones the venue
    serves is not known: it sends bars of 5 s and 30 s, which an asset's ``periods`` leave out, so none is
    refused for them. What it does not confirm ends as ``RequestTimeout``, and is health's concern.
    Raises ``RequestRefused`` for an unknown asset or a full pool.
    """

    asset: str
    period: int = 60


class UnsubscribeTicks(Command, frozen=True):
    """Let go of a stream; raises ``RequestRefused`` if it is not subscribed."""

    asset: str


class LoadCandles(Command, frozen=True):
    """Fetch the last ``count`` bars of ``period`` seconds that end by ``end`` (UTC; ``None`` is now).

    Answered with a list of ``Candle``, oldest first: fewer than ``count`` only if the venue has no earlier
    ones. It is loaded in pages of the venue's size, each a message on the wire; ``CandlesProgress`` tells how
    far.
    """

    asset: str
    period: int
    count: int = 100
    end: float | None = None


class GetBalance(Command, frozen=True):
    """The ``Balance`` as the venue last stated it; waits for the first statement."""


class GetAssets(Command, frozen=True):
    """A ``dict`` of ``Asset`` by symbol, as the venue last listed them; waits for the first list."""


class GetPayout(Command, frozen=True):
    """The ``Payout`` of ``asset``; raises ``RequestRefused`` for an unknown one."""

    asset: str


class GetServerTime(Command, frozen=True):
    """The venue's clock as a ``ServerTime``; waits for the first tick of any stream, which shows it."""


class SendRaw(Command, frozen=True):
    """Send ``text`` as one text message on any ready connection; answered once the socket has it."""

    text: str


class GetStatus(Command, frozen=True):
    """A ``Status`` of every part of the runtime."""


class Restart(Command, frozen=True):
    """Begin a new life of the connection or worker process ``name``, also of one that was given up.

    Answered with ``None`` once that has begun. A connection says goodbye to the venue first, a worker is
    killed. Raises ``RequestRefused`` for a name that the status does not show, and for a connection that
    nobody wants open or whose worker is given up.
    """

    name: str


class TradingCommand(Command, frozen=True):
    """A command of the order desk, which answers every one of them by its deadline."""


class PlaceOrder(TradingCommand, frozen=True):
    """Open a deal of ``duration`` seconds; ``amount`` (any number, kept as ``Decimal``) is in the account's
    currency.

    Answered with the open ``Deal``. It is sent once, ever. Raises a ``NotSent`` if it surely was not sent
    or the venue surely has no such deal, ``RequestRefused`` if the venue refused it, ``OrderUnknown`` if
    it was sent and nobody can tell what became of it by the deadline.
    """

    asset: str
    amount: Decimal
    direction: Direction
    duration: int

    def __post_init__(self) -> None:
        structs.force_setattr(self, "amount", _checked_amount(self))


class AwaitResult(TradingCommand, frozen=True):
    """Wait for a deal to close; answered with the closed ``Deal``, whatever opened it, also after a restart.

    Without a ``deadline`` it waits until shortly after the deal's own end. Raises ``RequestRefused`` for
    a deal that neither the venue nor the journal knows.
    """

    deal_id: str


class PendingCommand(TradingCommand, frozen=True):
    """A command of the pending desk."""


class PlacePendingOrder(PendingCommand, frozen=True):
    """Have the venue open a deal later: at ``open_at`` (UTC) or when the price reaches ``open_price``.

    Exactly one of the two is given. It opens only if the payout is at least ``minimum_payout`` percent
    then. Answered with the ``PendingOrder``.
    """

    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    open_at: float | None = None
    open_price: float | None = None
    minimum_payout: int = 0

    def __post_init__(self) -> None:
        structs.force_setattr(self, "amount", _checked_amount(self))


class CancelPendingOrder(PendingCommand, frozen=True):
    """Take a pending order back; answered with its ticket once the venue or its list says that it is gone."""

    ticket: str


class GetOpenedDeals(TradingCommand, frozen=True):
    """A list of open ``Deal``, as the venue last listed them."""


class GetClosedDeals(TradingCommand, frozen=True):
    """A list of closed ``Deal``, the venue's latest and those that closed since the start."""


class GetPendingOrders(PendingCommand, frozen=True):
    """A list of ``PendingOrder``, as the venue last listed them."""


class Halt(TradingCommand, frozen=True):
    """Send no order from now on, also after a restart, until ``Resume``; answered once that is so.

    It overtakes all that waits in the router's inbox.
    """

    overtakes: ClassVar[bool] = True

    reason: str = ""


class Resume(TradingCommand, frozen=True):
    """Allow orders again; answered with whether they had been halted."""


def _checked_amount(order: "PlaceOrder | PlacePendingOrder") -> Decimal:
    # A wrong type would be found out by the journal, the worker or the venue: too late.
    if not isinstance(order.asset, str) or not isinstance(order.direction, Direction):
        raise RequestRefused("asset has to be a symbol and direction a Direction")
    if type(order.duration) is not int:
        raise RequestRefused("duration has to be whole seconds")
    return money(order.amount)


def money(amount: Decimal | float | str) -> Decimal:
    """``amount`` as ``Decimal``; a float counts as the shortest text that it prints as.

    Raises ``RequestRefused`` if it is not a number.
    """
    try:
        value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    except ArithmeticError:
        raise RequestRefused("the amount is not a number") from None
    if not value.is_finite():
        raise RequestRefused("the amount is not a finite number")
    return value


VenueCommand = (
    SubscribeTicks
    | UnsubscribeTicks
    | LoadCandles
    | SendRaw
    | PlaceOrder
    | PlacePendingOrder
    | CancelPendingOrder
)
"""The commands that travel to a connection."""
