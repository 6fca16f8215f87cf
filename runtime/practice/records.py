"""The entries of the ledger; every time in them is UTC, in Unix seconds."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from actors.values import Deal

RequestId = str | int | float | bool | None
"""What a client may call its order: any scalar, given back as it came (protocol 1.6.3)."""


class SentTick(NamedTuple):
    """One tick handed to one socket; ``time`` is its stamp."""

    socket: int
    asset: str
    time: float
    price: float


class UnsentTick(NamedTuple):
    """One tick that was made for a socket and kept from it, by a fault or by its end."""

    socket: int
    asset: str
    time: float
    price: float


class FaultRecord(NamedTuple):
    """``fault`` as it is written on a command line; ``ended`` is true where it was called off or ran out."""

    at: float
    fault: str
    ended: bool


class ReceivedEvent(NamedTuple):
    """One event of a client, arrived at ``at``. The session in an ``auth`` payload is blotted out."""

    socket: int
    name: str
    payload: object
    at: float


class ReceivedOrder(NamedTuple):
    """One ``openOrder``, arrived at ``at``; ``refusal`` is the error that answered it, ``""`` for none."""

    request_id: RequestId
    socket: int
    asset: str
    amount: Decimal
    at: float
    refusal: str = ""


class ExecutedDeal(NamedTuple):
    """One deal, as it stands, and the request id of its order, or the ticket of its pending order."""

    request_id: RequestId
    deal: Deal


class BalanceChange(NamedTuple):
    """``cause`` is a deal's id, ``"deposit"`` or ``"refill"``; ``balance`` is what the change led to."""

    at: float
    change: Decimal
    balance: Decimal
    cause: str


@dataclass(frozen=True)
class SocketRecord:
    """One socket's life. ``messages`` counts WebSocket messages written to it."""

    id: int
    region: str
    connected_at: float
    authenticated: bool = False
    closed_at: float | None = None
    closed_because: str = ""
    messages: int = 0
