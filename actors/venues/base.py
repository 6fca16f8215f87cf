"""What a venue is to the rest of the program: how it logs in, what its numbers are, what opens a session.

A venue is a folder of ``actors.venues``, or a module of the user's own, that defines ``VENUE``.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Protocol

from msgspec import Struct

from actors.errors import TellwireError
from actors.messages.commands import Command
from actors.messages.event import Event
from actors.messages.events import ConnectionReport
from actors.messages.tasks import TaskStatus
from actors.messages.traffic import Item, Request
from actors.messages.workers import StartConnection
from actors.values import AccountKind, Secret


class Login(Struct, frozen=True):
    """An account, and what its sessions log in with. ``user`` is the account's number or name; ``headers``
    are fields that the WebSocket handshake must carry unless the configuration sets them. A ``guest`` has no
    account of his own: practice money, where the venue has such."""

    account: AccountKind
    user: str
    secret: Secret
    headers: dict[str, str] = {}
    guest: bool = False


class OrderRules(Struct, frozen=True):
    """Which orders the venue takes: amounts in the account's currency, each a multiple of ``amount_step``,
    durations in seconds."""

    minimum_amount: int
    maximum_amount: int
    maximum_duration: int
    amount_step: Decimal


class Reconciliation(Struct, frozen=True):
    """How far the venue's lists of deals prove what became of an order.

    ``stamp_grain`` is the difference in seconds that two stamps of the same moment may have,
    ``closed_deals_listed`` how many closed deals the venue surely lists: a shorter list has all of them.
    ``result_overdue`` is how many seconds after its end a deal without a result is no longer open.
    """

    stamp_grain: float
    closed_deals_listed: int
    result_overdue: float


class Trading(Struct, frozen=True):
    """What the order desk must know of a venue that takes orders.

    Whatever the venue is, orders leave on one connection, so that the venue receives them in our order, and
    pending orders are placed one at a time, since an answer need not name its request.
    ``told_after_login`` are the events that a trade has to wait for. With ``refusals_name_orders`` false, two
    like orders are not in flight at once, since a refusal would not say which of them it is for.
    """

    rules: OrderRules
    reconciliation: Reconciliation
    told_after_login: frozenset[type[Event]]
    refusals_name_orders: bool = False


NO_TRADING: Final = Trading(
    rules=OrderRules(minimum_amount=1, maximum_amount=1, maximum_duration=1, amount_step=Decimal(1)),
    reconciliation=Reconciliation(stamp_grain=0.0, closed_deals_listed=0, result_overdue=0.0),
    told_after_login=frozenset(),
)
"""What the order desk runs on at a venue without orders, where the router refuses every order first."""


class Profile(Struct, frozen=True):
    """Every fact of a venue that the rest of the program depends on.

    ``session_variable`` is the environment variable that holds the login where the configuration has none,
    ``session_hint`` says what it holds, ``origin`` is the site that the handshake claims to come from.
    ``region_target`` is the path with the query that every region has, such as ``/feed?version=2``; what a
    configured URL lacks of it is added, and ``""`` adds nothing.
    ``ticks_span`` is how many seconds of past ticks one request brings at most; ``None``: the venue gives
    none.
    Bars open at multiples of their period on a clock that is ``clock_ahead`` seconds ahead of UTC.
    ``streams_per_connection`` is how many streams the venue is known to keep up on one connection.
    ``messages_per_command`` names the commands that are more than one message on the wire, and
    ``keep_alive_within`` is the number of seconds after which the venue hangs up on a client that has sent no
    keep-alive message. With ``subscribed_by_first`` the first message of a
    subscription begins the stream, and the others may follow later. A venue without ``trading`` takes no
    orders.
    """

    title: str
    session_variable: str
    session_hint: str
    origin: str
    candles_per_request: int
    streams_per_connection: int
    ticks_span: float | None = None
    clock_ahead: int = 0
    region_target: str = ""
    messages_per_command: Mapping[type[Command], int] = {}
    subscribed_by_first: bool = False
    keep_alive_interval: float = 20.0
    keep_alive_within: float | None = None
    login_attempts: int = 1
    trading: Trading | None = None


class Session(Protocol):
    """All protocols of one life of a connection on top of one another, without a socket: bytes in, items out,
    and back.

    After every call ``data_to_send`` has what must leave, and ``failure`` says whether, and why, the life is
    over. ``now`` is monotonic, ``utc`` wall clock time, both in seconds.
    """

    was_ready: bool

    tapped: bool
    """While true, ``receive`` returns each message of the venue as ``WireMessage`` too, before what else the
    same bytes amount to. A venue that cannot may ignore it."""

    @property
    def ready(self) -> bool:
        """Whether the venue has accepted the login, and requests may be sent."""

    @property
    def failure(self) -> TellwireError | None:
        """``AuthRejected`` if the venue refused the login."""

    def receive(self, data: bytes, now: float, utc: float) -> list[Item]:
        """What ``data`` amounts to, in order."""

    def send(self, requests: Sequence[Request], utc: float) -> list[Item]:
        """Queue ``requests``; the answers to those that the venue will not answer. Only when ``ready``."""

    def ping(self, now: float) -> None:
        """Queue a WebSocket ping."""

    def keep_alive(self) -> None:
        """Queue the venue's own keep-alive message, if it has one."""

    def check(self, now: float) -> None:
        """Raises ``TransportClosed`` if the peer has been silent for too long."""

    def leave(self) -> None:
        """Queue the end of the session; the peer's close frame ends it."""

    @property
    def has_data(self) -> bool:
        """Whether anything is queued; asked after each read."""

    def data_to_send(self) -> bytes:
        """All that is queued, joined for one write; it counts as sent."""

    def report(self, utc: float, tasks: tuple[TaskStatus, ...]) -> ConnectionReport:
        """The connection's figures and its ``tasks``."""


OpenSession = Callable[[StartConnection], Session]
"""Makes the session of one life of a connection."""


def refuse_empty_symbol(symbol: str) -> str:
    """For a venue whose symbols may have any form."""
    return "" if symbol.strip() else "is empty"


class Venue(Struct, frozen=True):
    """One venue; its name is that of its folder or module.

    ``parse_login`` reads what a user pasted and raises ``LoginInvalid``. ``refuse_region`` says why a URL is
    no region for an account of this kind, ``""`` if it is one; ``refuse_symbol`` why a text cannot be the
    symbol of an asset, ``""`` if it can; ``refuse_text`` why a text cannot be sent as a message of a client,
    ``""`` if it can; ``serves`` whether a region takes this login, among those that ``refuse_region`` allows.
    Data and functions, no class to inherit from:
    a venue is a value that a module builds, and a check of its type finds what is missing.
    """

    profile: Profile
    parse_login: Callable[[str], Login]
    refuse_region: Callable[[str, AccountKind], str]
    open_session: OpenSession
    refuse_symbol: Callable[[str], str] = refuse_empty_symbol
    refuse_text: Callable[[str], str] = lambda _: ""
    serves: Callable[[str, Login], bool] = lambda _, __: True
