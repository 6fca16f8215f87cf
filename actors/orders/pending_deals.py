"""Which deals may have come of a pending order of ours: they are no order's for certain."""

import math
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from actors.orders.deals import DealRecord
from actors.orders.order import Order, OrderState
from actors.orders.reconciliation import UNDER_WAY
from actors.values import Deal, Direction

KEPT: Final = 1_000

MAY_OPEN: Final = frozenset({OrderState.JOURNALED, OrderState.UNKNOWN, OrderState.PENDING})


_Terms = tuple[str, Decimal, Direction]


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
        self._by_terms: defaultdict[_Terms, dict[str, _Pending]] = defaultdict(dict)

    def __repr__(self) -> str:
        return f"<PendingDeals: of {len(self._pending)} pending orders>"

    def take(self, orders: Iterable[Order], venue_now: float) -> None:
        """The pending orders as they are now."""
        for order in orders:
            self._drop(order.id)
            if order.state in MAY_OPEN:
                self._keep(_Pending(order, math.inf))
            elif order.state is OrderState.CLOSED:
                self._keep(_Pending(order, venue_now))
        while len(self._pending) > KEPT:
            self._drop(next(iter(self._pending)))

    def may_have(self, deal: Deal) -> bool:
        """Whether ``deal`` may have come of one."""
        like = self._by_terms.get(_terms(deal))
        return like is not None and any(self._fits(pending, deal) for pending in like.values())

    def others(self, records: Iterable[DealRecord]) -> Iterable[DealRecord]:
        """HOT: asked at each event of a deal. Those that may be an order's, and came of no pending order."""
        if not self._pending:
            return records
        return (record for record in records if record.unaccounted and not self.may_have(record.deal))

    def _keep(self, pending: _Pending) -> None:
        self._pending[pending.order.id] = pending
        self._by_terms[_terms(pending.order)][pending.order.id] = pending

    def _drop(self, id: str) -> None:
        if pending := self._pending.pop(id, None):
            terms = _terms(pending.order)
            del self._by_terms[terms][id]
            if not self._by_terms[terms]:
                del self._by_terms[terms]

    def _fits(self, pending: _Pending, deal: Deal) -> bool:
        order, terms = pending.order, pending.order.pending
        if terms is None or order.difference(deal, self._grain):
            return False
        if terms.open_at is not None:
            return abs(deal.opened_at - int(terms.open_at)) <= self._grain
        return order.created_at - self._grain <= deal.opened_at <= pending.ended_at + UNDER_WAY


def _terms(of: Order | Deal) -> _Terms:
    return of.asset, of.amount, of.direction
