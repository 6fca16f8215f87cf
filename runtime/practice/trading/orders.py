"""Orders, pending orders, and their refusals."""

import uuid
from decimal import Decimal
from typing import NamedTuple

import msgspec

from actors.values import AccountKind, Direction
from runtime.practice.server.clock import stamp

COMMANDS = (Direction.CALL, Direction.PUT)
"""The venue's numbers for the directions."""

MALFORMED = "invalidData"
"""The error of a request that cannot be read; the venue's own name for it is not known."""

_NEVER = "0000-00-00 00:00:00"


class OrderRequest(NamedTuple):
    """``duration`` in seconds, ``amount`` in the account's currency."""

    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    account: AccountKind


class OrderRefusal(NamedTuple):
    """``amount`` is the stake or, if too many deals are open, the number allowed (protocol 1.7.7)."""

    error: str
    amount: Decimal | int


def money(amount: float) -> Decimal:
    """An amount as an exact decimal."""
    return Decimal(str(amount))


class KeptOrder(msgspec.Struct, frozen=True):
    """A pending order; it waits for venue time ``open_at`` or, if that is ``None``, for ``open_price``.

    ``rising``: the price must reach ``open_price`` from below.
    """

    id: int
    order: OrderRequest
    minimum_payout: int
    created_at: int
    open_at: int | None = None
    open_price: float = 0
    rising: bool = False
    ticket: str = msgspec.field(default_factory=lambda: str(uuid.uuid4()))

    def reached_by(self, price: float) -> bool:
        return price >= self.open_price if self.rising else price <= self.open_price

    def as_refused(self, uid: int) -> dict[str, object]:
        """Its form in ``failopenPendingOrder`` (protocol 1.7.10)."""
        return self._terms() | {"uid": uid, "isDemo": int(self.order.account is AccountKind.DEMO)}

    def as_created(self) -> dict[str, object]:
        """Its form in ``successopenPendingOrder``."""
        return self._terms() | {"dateCreated": stamp(self.created_at), "id": self.id}

    def as_listed(self, uid: int) -> dict[str, object]:
        """Its form in ``successupdatePending``."""
        return self.as_created() | self.as_refused(uid)

    def _terms(self) -> dict[str, object]:
        return {
            "ticket": self.ticket,
            "openType": int(self.open_at is None),
            "amount": self.order.amount,
            "symbol": self.order.asset,
            "openTime": _NEVER if self.open_at is None else stamp(self.open_at),
            "openPrice": self.open_price,
            "timeframe": self.order.duration,
            "minPayout": self.minimum_payout,
            "command": COMMANDS.index(self.order.direction),
        }
