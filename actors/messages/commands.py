"""The commands that the router takes, told or asked.

Those of the desks stand in ``order_commands``; all of them can be imported from here.
"""

import reprlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pykka import ActorRef

from actors.errors import RequestRefused
from actors.messages.command import Command as Command, answer_type as answer_type
from actors.messages.conversion import Length, Moment
from actors.messages.events import StreamConfirmed
from actors.messages.order_commands import (
    LONGEST_ID as LONGEST_ID,
    AwaitResult as AwaitResult,
    CancelPendingOrder as CancelPendingOrder,
    GetClosedDeals as GetClosedDeals,
    GetOpenedDeals as GetOpenedDeals,
    GetPendingOrders as GetPendingOrders,
    Halt as Halt,
    OrderCommand as OrderCommand,
    PendingCommand as PendingCommand,
    PlaceOrder as PlaceOrder,
    PlacePendingOrder as PlacePendingOrder,
    Resume as Resume,
    SettleOrder as SettleOrder,
    TradingCommand as TradingCommand,
    check_id as check_id,
    money as money,
    order_id as order_id,
    unsent as unsent,
)
from actors.messages.status import Status
from actors.tables.rows import AssetDict, CandleList, TickList
from actors.values import Balance, BarSeries, Life, Payout, ServerTime


class Subscribe(Command[str], frozen=True):
    """Deliver every event that ``topic`` matches to ``to``. The answer is the topic.

    ``tick.EURUSD`` is that asset alone. Wildcards are those of NATS: ``*`` stands for one token, ``>`` for
    all that follow. So ``tick.>`` matches all ticks, as ``tick.`` does, and ``>`` or ``""`` everything.
    ``runtime.topics()`` has the whole tree. Raises ``RequestRefused`` for a topic that no event can have,
    with the nearest one, and for an asset that is not in the venue's list, once that has come.

    Nothing comes of ``tick.EURUSD`` while EURUSD is not streamed. With ``stream`` the subscription has it
    streamed, as ``SubscribeTicks`` has it, until ``Unsubscribe``: the answer then comes once the venue has
    confirmed it, and ``RequestRefused`` and ``RequestTimeout`` are raised as there; refused, the subscription
    ends. Without ``stream``, while the asset is not streamed, the answer is the topic with what is missing
    behind it (``tick.EURUSD: EURUSD is not streamed; ...``); told, a line of WARNING says so after 2 s.

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


class Unsubscribe(Command[bool], frozen=True):
    """End the subscriptions of ``to`` to ``topic``, and what ``stream`` keeps for them. The answer is whether
    there was one."""

    topic: str
    to: Callable[[Any], object] | ActorRef[Any]


class SubscribeTicks(Command[StreamConfirmed], frozen=True):
    """Stream the ticks of ``asset`` until ``UnsubscribeTicks``, through every reconnect.

    A stream has owners: the configuration file, the program of the runtime, each attached process, and the
    operator (``ctl``). Each keeps it once, however often it asks, and it ends when the last one releases
    it; the end of an attached process releases all that it owns.

    The answer is ``StreamConfirmed``. ``period`` (seconds) is that of the bars that the venue sends along; a
    new period replaces that of the stream, for every subscriber. An asset's ``periods`` are not all that the
    venue serves (it sends bars of 5 s and 30 s too), so no period is refused.

    Raises ``RequestTimeout`` if the venue does not confirm by the deadline. A subscription that has been sent
    by then stays, and the health monitor repeats it; one that has not, since no connection was up, is
    withdrawn. Raises ``RequestRefused`` for an unknown asset or a full pool, with the owners of its streams.
    """

    asset: str
    period: int = 60


class UnsubscribeTicks(Command[str | None], frozen=True):
    """Release a stream, which ends if it has no other owner (see ``SubscribeTicks``).

    The answer is ``None`` if the stream ends, and otherwise a text that names its other owners. Raises
    ``RequestRefused`` if it is not subscribed, or for others alone.
    """

    asset: str


class CheckTopic(Command[str], frozen=True):
    """What ``Subscribe`` would answer for ``topic``, which an attached process has subscribed to.

    Raises ``RequestRefused`` as ``Subscribe`` does.
    """

    topic: str


class LoadCandles(Command[CandleList], frozen=True):
    """Load the last ``count`` bars of ``period`` seconds that end by ``end`` (Unix seconds; ``None`` is now).

    The answer is a ``CandleList``, a list of ``Candle``, oldest first: fewer than ``count`` only if the venue
    has no earlier bars. The bars are loaded in pages of the venue's size, one message each;
    ``CandlesProgress`` is published after each page but the last.

    With an ``end`` in the future the last bar is the one that forms now. Raises ``RequestRefused`` at once
    for more bars than ``limits.messages`` lets be loaded by the deadline.
    """

    times: ClassVar[frozenset[str]] = frozenset({"end"})

    asset: str
    period: int
    count: int = 100
    end: float | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            asset: str,
            period: Length,
            count: int = 100,
            end: Moment | None = None,
            *,
            deadline: Length | None = None,
        ) -> None: ...


class LoadTicks(Command[TickList], frozen=True):
    """Load the ticks of the last ``seconds``, or the last ``count`` ticks, before ``end`` (Unix seconds;
    ``None`` is now). One of the two must be given.

    The answer is a ``TickList``, oldest first, whose ``received_at`` is 0. A tick at ``end`` itself is
    not in it. With ``count`` it has fewer only if the venue has no tick in the span of one page before
    the first.

    The ticks are loaded in pages of the venue's size, one message each. Raises ``RequestRefused`` for more
    than a day or 100,000 ticks, at a venue without such a history, and at once for a span that
    ``limits.messages`` does not let be loaded by the deadline.
    """

    times: ClassVar[frozenset[str]] = frozenset({"end"})

    asset: str
    seconds: float | None = None
    count: int | None = None
    end: float | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            asset: str,
            seconds: Length | None = None,
            count: int | None = None,
            end: Moment | None = None,
            *,
            deadline: Length | None = None,
        ) -> None: ...


class SubscribeCandles(Command[BarSeries], frozen=True):
    """Make bars of the ticks of ``asset`` as they form, until ``UnsubscribeCandles``.

    The events ``BarForming`` and ``BarClosed`` have the topic ``bar.ASSET.PERIOD``: ``bar.EURUSD_otc.60``
    with a ``period`` of 60 s, whole seconds up to a day, as the venue's clock has them. With ``aligned``
    false the first bar opens with the first tick (``bar.EURUSD_otc.60-first``); with ``ticks`` instead of a
    period each bar has so many ticks, from the first tick on (``bar.EURUSD_otc.60-ticks``).

    The answer is a ``BarSeries``, as soon as the first bar is whole: it opened before now, so its first part
    is loaded. It has the last ``history`` bars that had closed by then (aligned ones alone). The asset is
    streamed for the owner ``candles``. After an interruption the missing ticks are loaded, and nothing is
    told that they could change.

    A series has owners as a stream has (``SubscribeTicks``): each keeps it once, and it ends with the last
    one. Raises ``RequestRefused`` as ``SubscribeTicks`` does. After ``RequestTimeout`` it stays wanted.
    """

    asset: str
    period: int = 0
    ticks: int = 0
    aligned: bool = True
    history: int = 0

    if TYPE_CHECKING:

        def __init__(
            self,
            asset: str,
            period: Length = 0,
            ticks: int = 0,
            aligned: bool = True,
            history: int = 0,
            *,
            deadline: Length | None = None,
        ) -> None: ...

    @property
    def name(self) -> str:
        """That of the series, among those of its asset."""
        return _series_name(self.period, self.ticks, self.aligned)

    @property
    def topic(self) -> str:
        """That of its events."""
        return f"bar.{self.asset}.{self.name}"


class UnsubscribeCandles(Command[str | None], frozen=True):
    """Release a series of bars, which ends if it has no other owner (see ``SubscribeCandles``).

    The answer is ``None`` if it ends, and otherwise a text that names its other owners. Raises
    ``RequestRefused`` if it is not subscribed, or for others alone.
    """

    asset: str
    period: int = 0
    ticks: int = 0
    aligned: bool = True

    if TYPE_CHECKING:

        def __init__(
            self,
            asset: str,
            period: Length = 0,
            ticks: int = 0,
            aligned: bool = True,
            *,
            deadline: Length | None = None,
        ) -> None: ...

    @property
    def name(self) -> str:
        """That of the series, among those of its asset."""
        return _series_name(self.period, self.ticks, self.aligned)


def _series_name(period: int, ticks: int, aligned: bool) -> str:
    if ticks:
        return f"{ticks}-ticks"
    return f"{period}" if aligned else f"{period}-first"


class GetBalance(Command[Balance], frozen=True):
    """The answer is the latest ``Balance``; waits for the first one."""


class GetAssets(Command[AssetDict], frozen=True):
    """The answer is the latest ``AssetDict``, a ``dict`` of ``Asset`` by symbol; waits for the first one.

    With ``search`` it has only those whose symbol, label or kind contains that text; case and punctuation do
    not count: ``eurusd``, ``EUR/USD``, ``crypto``.
    """

    search: str = ""


class GetPayout(Command[Payout], frozen=True):
    """The answer is the ``Payout`` of ``asset``. Raises ``RequestRefused`` for an unknown asset."""

    asset: str


class GetServerTime(Command[ServerTime], frozen=True):
    """The answer is the venue's clock, a ``ServerTime``; waits for the first tick, which carries it."""


class SendRaw(Command[Life], frozen=True):
    """Send ``text`` as one text message on ``connection``; ``""`` is the one that carries the account.

    The answer, once it is written to the socket, is the ``Life`` of the connection that it was sent on. What
    the venue says to it comes as ``WireMessage`` to subscribers of ``wire.CONNECTION``;
    ``request_raw`` does both. Waits for a connection that is not up.

    With ``each_login`` it is sent on that connection again after each later login, until ``WithdrawRaw`` or
    until its owner ends: an attached process, or the runtime. Its answer is that of the first time.

    Raises ``RequestRefused`` for a text that is no message of the venue and for an unknown connection, and
    ``RequestTimeout`` if the connection is lost, so that the text may have left.
    """

    text: str
    connection: str = ""
    each_login: bool = False


class WithdrawRaw(Command[bool], frozen=True):
    """Do not send ``text`` after logins any more, on ``connection`` or (``""``) on all; the answer is whether
    it was to be sent for this caller. See ``SendRaw``."""

    text: str
    connection: str = ""


class GetStatus(Command[Status], frozen=True):
    """The answer is a ``Status`` of the whole runtime."""


class Restart(Command[None], frozen=True):
    """Begin a new life of the connection or worker process ``name``, even if it was given up.

    Answered with ``None`` once that has begun. A connection is closed with a close frame first, a worker is
    killed. Raises ``RequestRefused`` for a name that the status does not show, and for a connection that is
    not wanted open or whose worker was given up.
    """

    name: str


class Disconnect(Command[None], frozen=True):
    """Close all connections, and start none until ``Connect`` or the next start of the runtime.

    Answered with ``None`` once all are closed. From now on an order raises ``NotSent`` with ``reason``, and
    so does what would have to be loaded or sent. An order that was sent and has no answer yet is UNKNOWN, as
    after any loss of a connection, until the venue's lists after ``Connect`` decide. The runtime is not ready
    meanwhile (``/readyz``, ``ctl health``), and there is no outage. Streams, their owners and subscriptions
    stay.

    Raises ``RequestRefused`` if ``Connect`` comes before all are closed.
    """

    reason: str = ""


class Connect(Command[bool], frozen=True):
    """Connect again after ``Disconnect``; the streams come back, each with its gap announced.

    The answer comes at once: whether the connections were disconnected. An order waits for the login, as it
    does after the start.
    """


VenueCommand = (
    SubscribeTicks
    | UnsubscribeTicks
    | LoadCandles
    | LoadTicks
    | SendRaw
    | PlaceOrder
    | PlacePendingOrder
    | CancelPendingOrder
)
"""The commands that are sent to a connection."""

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
