"""The records of the ledger; every time is UTC in Unix seconds."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from actors.values import Deal

RequestId = str | int | float | bool | None
"""A client's id of its order: any scalar, returned unchanged (protocol 1.6.3)."""


class SentTick(NamedTuple):
    """One tick handed to one socket; ``time`` is its stamp."""

    socket: int
    asset: str
    time: float
    price: float


class UnsentTick(NamedTuple):
    """One tick that a socket did not get, because of a fault or because it was closing."""

    socket: int
    asset: str
    time: float
    price: float


class FaultRecord(NamedTuple):
    """The beginning or the end of a fault; ``fault`` is written as on a command line."""

    at: float
    fault: str
    ended: bool


class ReceivedEvent(NamedTuple):
    """One event of a client; ``at`` is its arrival. The session in an ``auth`` payload is masked."""

    socket: int
    name: str
    payload: object
    at: float


class ReceivedOrder(NamedTuple):
    """One ``openOrder``; ``at`` is its arrival, ``refusal`` the error of the answer or ``""``, ``uid`` the
    account."""

    request_id: RequestId
    socket: int
    asset: str
    amount: Decimal
    at: float
    refusal: str = ""
    uid: int = 0


class ExecutedDeal(NamedTuple):
    """One deal in its present state, and the request id of its order or the ticket of its pending order."""

    request_id: RequestId
    deal: Deal


class BalanceChange(NamedTuple):
    """``balance`` is the new balance; ``cause`` is a deal's id, ``"deposit"`` or ``"refill"``; ``uid`` is the
    account."""

    at: float
    change: Decimal
    balance: Decimal
    cause: str
    uid: int = 0


@dataclass(frozen=True)
class SocketRecord:
    """One socket's life. ``messages`` counts WebSocket messages written to it; ``port`` is the client's,
    ``uid`` the account of its login."""

    id: int
    region: str
    connected_at: float
    port: int = 0
    authenticated: bool = False
    closed_at: float | None = None
    closed_because: str = ""
    messages: int = 0
    uid: int = 0
