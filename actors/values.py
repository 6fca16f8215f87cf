"""What the house talks about: immutable facts of a trading venue, with no behaviour but their meaning.

Every time is UTC, in Unix seconds; every duration and period is in seconds. The venue's own clock
never comes further than ``actors/wire``.
"""

import enum
from decimal import Decimal
from typing import Any

from msgspec import Struct


class AccountKind(enum.Enum):
    """Which of the venue's two books a session trades on; a session never crosses over."""

    DEMO = "demo"
    LIVE = "live"


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
    """One row of the venue's asset table (protocol 1.7.4).

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


class Balance(Struct, frozen=True):
    """Money on the account, in its own currency, which the venue does not name here."""

    account: AccountKind
    amount: Decimal


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
