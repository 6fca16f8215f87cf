"""Which deals may have come of a pending order of ours: they are no order's for certain."""

import math
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from actors.orders.deals import DealRecord
from actors.orders.order import Order, OrderState
from actors.orders.reconciliation import UNDER_WAY
from actors.values import Deal

KEPT: Final = 1_000

MAY_OPEN: Final = frozenset({OrderState.JOURNALED, OrderState.UNKNOWN, OrderState.PENDING})


class _Pending(NamedTuple):
    order: Order
    ended_at: float


class PendingDeals:
    """The pending orders of which a deal may come or has come, each until when; times are by the venue's
    clock."""

    def __init__(self, grain: float) -> None:
        """``grain`` is the difference in seconds that two stamps of one moment may have."""
        self._grain = grain
        self._pending: dict[str, _Pending] = {}

    def __repr__(self) -> str:
        return f"<PendingDeals: of {len(self._pending)} pending orders>"

    def take(self, orders: Iterable[Order], venue_now: float) -> None:
        """The pending orders as they are now."""
        for order in orders:
            if order.state in MAY_OPEN:
                self._pending[order.id] = _Pending(order, math.inf)
            elif order.state is OrderState.CLOSED:
                self._pending[order.id] = _Pending(order, venue_now)
            else:
                self._pending.pop(order.id, None)
        while len(self._pending) > KEPT:
            del self._pending[next(iter(self._pending))]

    def may_have(self, deal: Deal) -> bool:
        """Whether ``deal`` may have come of one."""
        return any(self._fits(pending, deal) for pending in self._pending.values())

    def others(self, records: Iterable[DealRecord]) -> Iterator[DealRecord]:
        """Those that came of none."""
        return (record for record in records if not self.may_have(record.deal))

    def _fits(self, pending: _Pending, deal: Deal) -> bool:
        order, terms = pending.order, pending.order.pending
        if terms is None or order.difference(deal, self._grain):
            return False
        if terms.open_at is not None:
            return abs(deal.opened_at - int(terms.open_at)) <= self._grain
        return order.created_at - self._grain <= deal.opened_at <= pending.ended_at + UNDER_WAY
