"""The values of messages, all immutable.

A time is in Unix seconds (UTC), a duration or period in seconds. A venue's own clock stays in
``actors/venues``.
"""

import enum
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from msgspec import Struct

LogLevel = Literal["TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"]
"""The levels of loguru, the least severe first."""


class Life(NamedTuple):
    """One life of a connection; ``epoch`` counts the lives of that connection from 1."""

    connection: str
    epoch: int

    def __str__(self) -> str:
        """For example ``connection-1#2``."""
        return f"{self.connection}#{self.epoch}"


class AccountKind(enum.Enum):
    """Practice money or real money. A login is for one of the two."""

    DEMO = "demo"
    LIVE = "live"


class Direction(enum.Enum):
    """CALL wins if the price rises, PUT if it falls."""

    CALL = "call"
    PUT = "put"


class Outcome(enum.Enum):
    """The result of a deal; a draw returns the stake."""

    WIN = "win"
    LOSS = "loss"
    DRAW = "draw"


class Tick(Struct, frozen=True, array_like=True, gc=False):
    """One quote. ``time`` is the venue's stamp; ``received_at`` is our wall clock when it was read,
    and 0 for a tick of the past, which was loaded."""

    asset: str
    time: float
    price: float
    received_at: float

    @property
    def topic(self) -> str:
        return f"tick.{self.asset}"


class Candle(Struct, frozen=True, array_like=True, gc=False):
    """One bar, which opened at ``time``; ``volume`` is the number of its ticks, if the venue gives it."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: int | None = None


class BarSeries(Struct, frozen=True):
    """Bars that are made of ticks from now on, as events with this ``topic``; ``history`` has the closed ones
    before the first of them."""

    topic: str
    history: list[Candle] = []


class Asset(Struct, frozen=True):
    """One row of the venue's asset table.

    ``payout`` is what a win pays, in percent of the stake; it means nothing while ``tradable`` is false.
    ``session_opens_at`` and ``session_closes_at`` are ``None`` where the venue gives no such time.
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
    """What a win on ``asset`` pays, in percent of the stake, and whether the asset can be traded now."""

    asset: str
    percent: int
    tradable: bool


class ServerTime(Struct, frozen=True):
    """The time on the venue's clock, which is ``offset`` seconds ahead of ours."""

    time: float
    offset: float


class Balance(Struct, frozen=True):
    """The money of an account in ``currency``, such as ``"USD"``; ``None`` where the venue does not name it.

    It may name it in deals all the same: ``Deal.currency``.
    """

    account: AccountKind
    amount: Decimal
    currency: str | None = None


class VenueRow(Struct, frozen=True, kw_only=True):
    """Parent of what the venue describes in a row of its own.

    ``raw`` are the venue's own fields of that row, as it sent them last: its names, its clock, and numbers as
    JSON has them, so money in ``raw`` is not exact. It is empty for what did not come from the venue, and for
    a row that is too large to be kept. It counts neither in a comparison nor in ``repr``, since two rows of
    one deal need not have the same fields.
    """

    raw: Mapping[str, Any] = {}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._shown() == other._shown()

    def __hash__(self) -> int:
        return hash((type(self), *self._shown()))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._shown())
        return f"{type(self).__name__}({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return list(self._shown())

    def _shown(self) -> tuple[tuple[str, Any], ...]:
        names = self.__struct_fields__
        return tuple((name, getattr(self, name)) for name in names if name != "raw")


class Deal(VenueRow, frozen=True):
    """One deal, as the venue describes it.

    ``payout`` is what a win pays, in percent of ``amount``, the stake. ``profit`` is what the account gained:
    amount times payout for a win, minus the amount for a loss, 0 for a draw. ``profit`` and ``close_price``
    are ``None`` while the deal is open. ``currency`` is that of the money, such as ``"USD"``, where the venue
    names it.
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
    currency: str | None = None

    @property
    def outcome(self) -> Outcome | None:
        """``None`` while the deal is open."""
        if self.profit is None:
            return None
        if self.profit == 0:
            return Outcome.DRAW
        return Outcome.WIN if self.profit > 0 else Outcome.LOSS


class PendingOrder(VenueRow, frozen=True):
    """An order that the venue opens at ``open_at`` or at ``open_price``; exactly one of the two is set.

    It is opened only if the payout is at least ``minimum_payout`` percent then.
    """

    ticket: str
    asset: str
    direction: Direction
    amount: Decimal
    duration: int
    minimum_payout: int
    open_at: int | None = None
    open_price: float | None = None


class Region(Struct, frozen=True):
    """One address of the venue; the region with the lowest ``priority`` is tried first."""

    name: str
    url: str
    priority: int = 0


class Secret(Struct, frozen=True):
    """A string that is not shown when it is printed or formatted, by Python or rich."""

    value: str

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("value", "***")]
