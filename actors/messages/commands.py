"""The commands that the router takes, told or asked."""

import reprlib
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar, Final

from msgspec import Struct, structs
from pykka import ActorRef

from actors.errors import NotSent, OrderUnknown, RequestRefused
from actors.messages.conversion import convert_fields
from actors.values import Direction


class Command(Struct, frozen=True, kw_only=True, tag=True):
    """Parent of all commands.

    The answer is due ``deadline`` seconds after the command arrives; by default that is the configuration's
    ``connection.message_timeout``. An ask raises ``RequestTimeout`` then. A command that was told and cannot
    be fulfilled is published as ``CommandFailed``.

    Numbers of NumPy and pandas are taken where numbers are, a ``timedelta`` where a length of time is, and a
    ``datetime`` with a time zone where a time is. A field that cannot be converted is refused by the router.
    """

    times: ClassVar[frozenset[str]] = frozenset()
    """The fields that are moments, in Unix seconds."""

    deadline: float | None = None

    def __post_init__(self) -> None:
        convert_fields(self, self.times)


class Subscribe(Command, frozen=True):
    """Deliver every event that ``topic`` matches to ``to``. The answer is the topic.

    ``tick.EURUSD`` is that asset alone. Wildcards are those of NATS: ``*`` stands for one token, ``>`` for
    all that follow. So ``tick.>`` matches all ticks, as ``tick.`` does, and ``>`` or ``""`` everything.
    ``runtime.topics()`` has the whole tree. Raises ``RequestRefused`` for a topic that no event can have,
    with the nearest one, and for an asset that is not in the venue's list, once that has come.

    Nothing comes of ``tick.EURUSD`` while nobody streams EURUSD. With ``stream`` the subscription has it
    streamed, as ``SubscribeTicks`` has it, until ``Unsubscribe``: the answer then comes once the venue has
    confirmed it, and ``RequestRefused`` and ``RequestTimeout`` are raised as there. Without ``stream`` and a
    stream, the answer has a colon after the topic, and says what is missing; if the command was told, a line
    of WARNING says so after 2 s.

    ``to`` is a callable, which an actor of its own calls, or an ``ActorRef``, which is told. With ``batch``
    it gets a list of events at a time instead of one event.

    With ``inline`` the callable runs in the thread that reads the sockets, 20 to 60 µs sooner. Nothing else
    runs meanwhile: it must take microseconds, and must not ask the router, whose answer could not come.
    """

    topic: str
    to: Callable[[Any], object] | ActorRef[Any]
    batch: bool = False
    inline: bool = False
    stream: bool = False


class Unsubscribe(Command, frozen=True):
    """End the subscriptions of ``to`` to ``topic``, and what ``stream`` keeps for them. The answer is whether
    there was one."""

    topic: str
    to: Callable[[Any], object] | ActorRef[Any]


class SubscribeTicks(Command, frozen=True):
    """Stream the ticks of ``asset`` until ``UnsubscribeTicks``, through every reconnect.

    A stream has owners: the configuration file, the program of the runtime, each attached process, and the
    operator (``ctl``). Each keeps it once, however often it asks, and it ends when the last one lets go of
    it; an attached process lets go when it ends.

    The answer is ``StreamConfirmed``. ``period`` (seconds) is that of the bars that the venue sends along; a
    new period replaces that of the stream, for every subscriber. An asset's ``periods`` are not all that the
    venue serves (it sends bars of 5 s and 30 s too), so no period is refused.

    Raises ``RequestTimeout`` if the venue does not confirm by the deadline; the subscription stays, and the
    health monitor repeats it. Raises ``RequestRefused`` for an unknown asset or a full pool.
    """

    asset: str
    period: int = 60


class UnsubscribeTicks(Command, frozen=True):
    """Let go of a stream, which ends if nobody else owns it (see ``SubscribeTicks``).

    The answer is ``None`` if the stream ends, and otherwise a text that names its other owners. Raises
    ``RequestRefused`` if it is not subscribed, or for others alone.
    """

    asset: str


class CheckTopic(Command, frozen=True):
    """What ``Subscribe`` would answer for ``topic``, which an attached process has subscribed to.

    Raises ``RequestRefused`` as ``Subscribe`` does.
    """

    topic: str


class LoadCandles(Command, frozen=True):
    """Load the last ``count`` bars of ``period`` seconds that end by ``end`` (Unix seconds; ``None`` is now).

    The answer is a list of ``Candle``, oldest first: fewer than ``count`` only if the venue has no earlier
    bars. The bars are loaded in pages of the venue's size, one message each; ``CandlesProgress`` is published
    after each page but the last.

    With an ``end`` in the future the last bar is the one that forms now. Raises ``RequestRefused`` at once
    for more bars than ``limits.messages`` lets be loaded by the deadline.
    """

    times: ClassVar[frozenset[str]] = frozenset({"end"})

    asset: str
    period: int
    count: int = 100
    end: float | None = None


class GetBalance(Command, frozen=True):
    """The answer is the latest ``Balance``; waits for the first one."""


class GetAssets(Command, frozen=True):
    """The answer is the latest asset table, a ``dict`` of ``Asset`` by symbol; waits for the first one.

    With ``search`` it has only those whose symbol, label or kind contains that text; case and punctuation do
    not count: ``eurusd``, ``EUR/USD``, ``crypto``.
    """

    search: str = ""


class GetPayout(Command, frozen=True):
    """The answer is the ``Payout`` of ``asset``. Raises ``RequestRefused`` for an unknown asset."""

    asset: str


class GetServerTime(Command, frozen=True):
    """The answer is the venue's clock, a ``ServerTime``; waits for the first tick, which carries it."""


class SendRaw(Command, frozen=True):
    """Send ``text`` as one text message on any connection; answered once it is written to the socket."""

    text: str


class GetStatus(Command, frozen=True):
    """The answer is a ``Status`` of the whole runtime."""


class Restart(Command, frozen=True):
    """Begin a new life of the connection or worker process ``name``, even if it was given up.

    Answered with ``None`` once that has begun. A connection is closed with a close frame first, a worker is
    killed. Raises ``RequestRefused`` for a name that the status does not show, and for a connection that is
    not wanted open or whose worker was given up.
    """

    name: str


LONGEST_ID: Final = 128
"""Characters of an order's id."""


class TradingCommand(Command, frozen=True):
    """Parent of the commands of the desks, which answer each by its deadline."""


class PlaceOrder(TradingCommand, frozen=True):
    """Open a deal of ``duration`` seconds. ``amount`` is in the account's currency; any number becomes a
    ``Decimal``.

    The answer is the open ``Deal``. The order is sent at most once, ever. Raises ``RequestRefused`` if it
    breaks a rule or a limit, or if the venue refused it; ``NotSent`` if it was not sent although nothing was
    wrong with it, or if the venue has no such deal; ``OrderUnknown`` if it was sent and its result is not
    known by the deadline. The error has the order's id, ``order``.

    ``id`` is the order's for ever, in the journal, in events and in errors: 1 to 128 printable characters.
    By default one is made. The same order with the same ``id`` again, from any program and after any restart,
    sends nothing if the first was sent, or may have been. Its answer is what became of the first: the
    ``Deal``, open or closed, or the error; while that is not known, it waits for it, until its own deadline.
    If the first was refused before it was sent, or ``NotSent``, it is a new try. An ``id`` whose order has
    another asset, amount, direction or duration raises ``RequestRefused``.
    """

    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    id: str | None = None

    def __post_init__(self) -> None:
        convert_fields(self, self.times)
        check_id(self.id)
        structs.force_setattr(self, "amount", _checked_amount(self))


class AwaitResult(TradingCommand, frozen=True):
    """Wait for a deal to close. The answer is the closed ``Deal``, even if it was opened elsewhere or before
    a restart.

    Without a ``deadline`` it waits until shortly after the deal's own end. Raises ``RequestRefused`` for a
    deal that neither the venue nor the journal knows.
    """

    deal_id: str


class SettleOrder(TradingCommand, frozen=True):
    """Say what became of an order in doubt, where a person knows it, for example from the venue's page.

    ``order`` is the id in ``OrderUnknown`` and ``OrderInDoubt``. ``opened``: a deal came of it, or the venue
    has placed a pending one; otherwise none did. ``reason`` is kept in the journal. The answer is ``None``,
    once that is on the disk. Raises ``RequestRefused`` if there is no such order, if it is not in doubt, or
    without a ``reason``.
    """

    order: str
    opened: bool
    reason: str


class PendingCommand(TradingCommand, frozen=True):
    """Parent of the commands of the pending desk."""


class PlacePendingOrder(PendingCommand, frozen=True):
    """Have the venue open a deal at ``open_at`` (Unix seconds), or when the price reaches ``open_price``.

    Exactly one of the two must be given. The deal is opened only if the payout is at least ``minimum_payout``
    percent then. The answer is the ``PendingOrder``. ``open_at`` is by the venue's clock. It counts as one of
    the day's orders.

    It is journaled and sent at most once, and its ``id`` and its errors are as those of ``PlaceOrder``.
    Pending orders leave one after another. One in doubt refuses one of the same asset and amount
    (``NotSent``) until the venue's lists tell what became of it.
    """

    times: ClassVar[frozenset[str]] = frozenset({"open_at"})

    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    open_at: float | None = None
    open_price: float | None = None
    minimum_payout: int = 0
    id: str | None = None

    def __post_init__(self) -> None:
        convert_fields(self, self.times)
        check_id(self.id)
        structs.force_setattr(self, "amount", _checked_amount(self))


class CancelPendingOrder(PendingCommand, frozen=True):
    """Cancel a pending order. The answer is its ticket, once the venue confirms or no longer lists it.

    Where the answer is lost, the venue's next list decides. After ``RequestTimeout`` it may be repeated.
    """

    ticket: str


class GetOpenedDeals(TradingCommand, frozen=True):
    """The answer is the venue's latest list of open deals, each a ``Deal``."""


class GetClosedDeals(TradingCommand, frozen=True):
    """The answer is a list of closed deals: those that the venue lists, and those closed since the start."""


class GetPendingOrders(PendingCommand, frozen=True):
    """The answer is the venue's latest list of pending orders, each a ``PendingOrder``.

    While one of ours is in doubt, a list from before the doubt is no answer: it waits for the list of a later
    login. Raises ``RequestTimeout`` by its deadline, which names the orders in doubt.
    """


class Halt(TradingCommand, frozen=True):
    """Send no order until ``Resume``, even after a restart. Answered with ``None`` once that is so.

    It overtakes the messages that wait in the router's inbox.
    """

    overtakes: ClassVar[bool] = True

    reason: str = ""


class Resume(TradingCommand, frozen=True):
    """Allow orders again. The answer is whether they were halted."""


def check_id(id: str | None) -> None:
    """Raises ``RequestRefused`` unless it can be the id of an order, or is ``None``: one is to be made."""
    if id is None:
        return
    if type(id) is not str or not 1 <= len(id) <= LONGEST_ID or not id.isprintable() or id != id.strip():
        raise RequestRefused(
            f"id must be text of 1 to {LONGEST_ID} printable characters without spaces around it, or None,"
            f" not {reprlib.repr(id)}"
        )


def order_id(command: "Command") -> str:
    """The id of the order that ``command`` places: its caller's choice, or a new one; ``""`` for any other
    command."""
    if not isinstance(command, OrderCommand):
        return ""
    return command.id or str(uuid.uuid4())


def unsent(command: object, reason: str, order: str = "") -> NotSent | OrderUnknown:
    """The error for a command that was not sent, and that no desk has seen: ``NotSent``. For an order whose
    caller chose the id it is ``OrderUnknown``, because an order of that id may have been sent before."""
    chosen = command.id if isinstance(command, OrderCommand) else None
    if chosen is None:
        return NotSent(reason, order)
    return OrderUnknown(f"{reason}; an order of this id may have been sent before", chosen)


def _checked_amount(order: "PlaceOrder | PlacePendingOrder") -> Decimal:
    # Otherwise the journal, the worker or the venue would find a wrong type, too late.
    if not isinstance(order.asset, str) or not isinstance(order.direction, Direction):
        raise RequestRefused("asset has to be a symbol and direction a Direction")
    if type(order.duration) is not int:
        raise RequestRefused("duration has to be whole seconds")
    return money(order.amount)


def money(amount: Decimal | float | str) -> Decimal:
    """``amount`` as ``Decimal``; a float is converted by way of its ``repr``, so 0.1 is 0.1.

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
"""The commands that are sent to a connection."""

OrderCommand = PlaceOrder | PlacePendingOrder
"""The commands that a deal may come of."""

COMMANDS: Final = frozenset(
    kind
    for kind in tuple(globals().values())
    if isinstance(kind, type) and issubclass(kind, Command) and not kind.__subclasses__()
)
"""The classes whose instances are commands: exactly these. A subclass has another tag on the wire."""


def no_command(message: Any) -> RequestRefused:
    """The refusal of ``message``, which is not an instance of one of ``COMMANDS``."""
    if not isinstance(message, type):
        return RequestRefused(
            f"{reprlib.repr(message)} is not a command: its type is {type(message).__name__}"
        )
    hint = f"; {message.__name__}(...) makes a command of it" if message in COMMANDS else ""
    return RequestRefused(f"{message.__name__} is not a command: it is a class{hint}")
