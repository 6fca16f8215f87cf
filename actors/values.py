"""What the house talks about: immutable facts of a trading venue, with no behaviour but their meaning.

Every time is UTC, in Unix seconds; every duration and period is in seconds. The venue's own clock
never comes further than ``actors/wire``.
"""

import enum
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from msgspec import Struct

LogLevel = Literal["TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"]
"""How severe a line of the log is, the least severe first; the names are loguru's."""


class Life(NamedTuple):
    """One life of a connection; ``epoch`` counts the lives of that connection from 1."""

    connection: str
    epoch: int

    def __str__(self) -> str:
        """As in ``connection-1#2``."""
        return f"{self.connection}#{self.epoch}"


class AccountKind(enum.Enum):
    """Which of the venue's two books a session trades on; a session never crosses over."""

    DEMO = "demo"
    LIVE = "live"


class Direction(enum.Enum):
    """Which way the price is bet to go: up is CALL, down is PUT."""

    CALL = "call"
    PUT = "put"


class Outcome(enum.Enum):
    """How a deal ended; a draw gives the stake back and is not a loss."""

    WIN = "win"
    LOSS = "loss"
    DRAW = "draw"


class Tick(Struct, frozen=True, array_like=True, gc=False):
    """One quote: ``time`` is the venue's stamp, ``received_at`` our wall clock when its bytes were read."""

    asset: str
    time: float
    price: float
    received_at: float

    @property
    def topic(self) -> str:
        return f"tick.{self.asset}"


class Candle(Struct, frozen=True, array_like=True, gc=False):
    """One bar, stamped with its opening time; ``volume`` is a tick count where the venue gives one."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: int | None = None


class Asset(Struct, frozen=True):
    """One row of the venue's asset table.

    ``payout`` is the percentage won and means nothing while ``tradable`` is false. ``session_opens_at``
    and ``session_closes_at`` are ``None`` where the venue names no such time.
    """

    id: int
    symbol: str
    label: str
    kind: str
    digits: int
    payout: int
    otc: bool
    tradable: bool
    minimum_duration: int
    periods: tuple[int, ...]
    session_opens_at: int | None = None
    session_closes_at: int | None = None


class Payout(Struct, frozen=True):
    """What a win on ``asset`` pays, in percent, and whether it can be traded at the moment."""

    asset: str
    percent: int
    tradable: bool


class ServerTime(Struct, frozen=True):
    """What the venue's clock shows, in UTC; it is ``offset`` seconds ahead of ours."""

    time: float
    offset: float


class Balance(Struct, frozen=True):
    """Money on the account, in its own currency, which the venue does not name here."""

    account: AccountKind
    amount: Decimal


class Deal(Struct, frozen=True):
    """One trade as the venue tells it.

    ``payout`` is the percentage that a win pays; ``profit`` is what the account gained (a win: stake
    times payout; a loss: minus the stake; a draw: 0). It and ``close_price`` are ``None`` while it is open.
    """

    id: str
    asset: str
    direction: Direction
    amount: Decimal
    opened_at: float
    closes_at: float
    open_price: float
    payout: int
    account: AccountKind
    close_price: float | None = None
    profit: Decimal | None = None

    @property
    def outcome(self) -> Outcome | None:
        """``None`` while the deal is open."""
        if self.profit is None:
            return None
        if self.profit == 0:
            return Outcome.DRAW
        return Outcome.WIN if self.profit > 0 else Outcome.LOSS


class PendingOrder(Struct, frozen=True):
    """An order that the venue keeps until its time or its price comes; exactly one of the two is set."""

    ticket: str
    asset: str
    direction: Direction
    amount: Decimal
    duration: int
    minimum_payout: int
    open_at: int | None = None
    open_price: float | None = None


class Region(Struct, frozen=True):
    """One address of the venue; the lowest ``priority`` is tried first."""

    name: str
    url: str
    priority: int = 0


class Secret(Struct, frozen=True):
    """A string that must not be seen: however it is printed, by Python or rich, it hides itself."""

    value: str

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("value", "***")]
