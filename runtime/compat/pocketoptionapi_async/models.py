"""The values of the interface. A ``datetime`` is in local time, without a zone; lengths are in seconds."""

import enum
import uuid
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_SHORTEST = 5


class OrderDirection(str, enum.Enum):
    """CALL wins if the price rises, PUT if it falls."""

    CALL = "call"
    PUT = "put"


class OrderStatus(str, enum.Enum):
    """PENDING: sent, and whether it was opened is not known. CLOSED: a draw, which returns the stake."""

    PENDING = "pending"
    ACTIVE = "active"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    WIN = "win"
    LOSE = "lose"


class ConnectionStatus(str, enum.Enum):
    """RECONNECTING: it was connected, and is dialed again."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    RECONNECTING = "reconnecting"


class TimeFrame(int, enum.Enum):
    """Common periods; a month counts 30 days."""

    S1 = 1
    S5 = 5
    S10 = 10
    S15 = 15
    S30 = 30
    M1 = 60
    M5 = 5 * 60
    M15 = 15 * 60
    M30 = 30 * 60
    H1 = 3600
    H4 = 4 * 3600
    D1 = 24 * 3600
    W1 = 7 * 24 * 3600
    MN1 = 30 * 24 * 3600


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Asset(_Frozen):
    """One asset of the venue; ``payout`` is in percent."""

    id: str
    name: str
    symbol: str
    is_active: bool = True
    payout: float | None = None


class Balance(_Frozen):
    """The money of the account. The venue names its ``currency`` in deals alone: before the first one it is
    said to be USD."""

    balance: float
    currency: str = "USD"
    is_demo: bool = True
    last_updated: datetime = Field(default_factory=datetime.now)


class Candle(_Frozen):
    """One bar, which opened at ``timestamp``."""

    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float | None = None
    asset: str
    timeframe: int

    @model_validator(mode="after")
    def _must_be_ordered(self) -> Self:
        if self.high < self.low:
            raise ValueError(f"high ({self.high}) must not be below low ({self.low})")
        return self


class Order(BaseModel):
    """An order that may be placed."""

    asset: str
    amount: float
    direction: OrderDirection
    duration: int
    request_id: str | None = Field(default_factory=lambda: str(uuid.uuid4()))

    @model_validator(mode="after")
    def _must_be_possible(self) -> Self:
        if self.amount <= 0:
            raise ValueError("amount must be above 0")
        if self.duration < _SHORTEST:
            raise ValueError(f"duration must be at least {_SHORTEST} seconds")
        return self


class OrderResult(_Frozen):
    """What is known of an order. ``profit`` is what a win would pay while the order is active, and afterwards
    what the account gained, below 0 for a loss. ``payout`` is in percent."""

    order_id: str
    asset: str
    amount: float
    direction: OrderDirection
    duration: int
    status: OrderStatus
    placed_at: datetime
    expires_at: datetime
    profit: float | None = None
    payout: float | None = None
    error_message: str | None = None


class ServerTime(_Frozen):
    """The venue's clock, ``offset`` seconds ahead of the local one; both stamps are Unix seconds."""

    server_timestamp: float
    local_timestamp: float
    offset: float
    last_sync: datetime = Field(default_factory=datetime.now)


class ConnectionInfo(_Frozen):
    """The connection; ``region`` is read from the host's name."""

    url: str
    region: str
    status: ConnectionStatus
    connected_at: datetime | None = None
    last_ping: datetime | None = None
    reconnect_attempts: int = 0
