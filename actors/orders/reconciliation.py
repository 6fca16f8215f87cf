"""Reconciliation: what the venue's lists of deals prove about an order whose answer never came.

The lists carry no request id, so a deal is recognised by its terms and its time. To claim a deal for an order
and to rule out that any deal is the order's need different certainty: the clocks may differ.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from msgspec import Struct

from actors.orders.deals import DealRecord
from actors.orders.order import Order, OrderState
from actors.values import Deal, Life

UNDER_WAY: Final = (
    60.0  # seconds that bytes of a dead connection may still arrive: TCP retransmits for a while
)
CLOCK_DOUBT: Final = 3_700.0  # seconds that a wall clock may be wrong: an hour's step, and some


class UnresolvedOrder:
    """An order of which it is not known yet which deal is its, if any.

    ``since`` is the step of the ledger that made the order: a deal seen before is another's. ``lost`` is the
    step at which its connection ended, ``None`` while that stands and the order may still be executed.
    ``grain`` is the difference in seconds that two stamps of one moment may have.
    """

    __slots__ = ("grain", "lost", "lost_at", "order", "since")

    def __init__(self, order: Order, since: int, grain: float) -> None:
        self.order = order
        self.since = since
        self.grain = grain
        self.lost: int | None = None
        self.lost_at = math.inf

    def __repr__(self) -> str:
        state = "connection stands" if self.lost is None else f"connection lost at step {self.lost}"
        return (
            f"<UnresolvedOrder {self.order.id}: {self.order.state.value}, since step {self.since}, {state}>"
        )

    def connection_lost(self, step: int, now: float) -> None:
        if self.lost is None:
            self.lost = step
            self.lost_at = now

    def fits(self, record: DealRecord) -> bool:
        """Whether the deal has the order's terms and was opened when the order's would have been."""
        return self._fits_within(record, 0.0)

    def may_fit(self, record: DealRecord) -> bool:
        """Whether it fits if a clock is wrong: not enough to claim the deal, enough to forbid a verdict."""
        return self._fits_within(record, CLOCK_DOUBT)

    def _fits_within(self, record: DealRecord, doubt: float) -> bool:
        order, deal = self.order, record.deal
        return (
            record.seen > self.since
            and record.unaccounted
            and order.created_at - self.grain - doubt <= deal.opened_at <= self.lost_at + UNDER_WAY + doubt
            and (order.asset, order.amount, order.direction, order.account)
            == (deal.asset, deal.amount, deal.direction, deal.account)
            and abs(deal.closes_at - deal.opened_at - order.duration) <= self.grain
        )


def find_match(
    unresolved: Collection[UnresolvedOrder], records: Iterable[DealRecord]
) -> tuple[UnresolvedOrder, DealRecord] | None:
    """An order without an answer and the only deal that fits it, if that deal fits no other order in flight.

    Where several deals or orders fit, none is matched. An order that was proven not placed yields to one in
    flight: a caller that was told so may have repeated it.
    """
    unanswered = [one for one in unresolved if one.order.state is not OrderState.JOURNALED]
    free = [record for record in records if record.unaccounted] if unanswered else []
    for one in unanswered:
        fitting = [record for record in free if one.fits(record)]
        if len(fitting) == 1 and not any(
            rival.fits(fitting[0])
            for rival in unresolved
            if rival is not one and (rival.order.in_flight or not one.order.in_flight)
        ):
            return one, fitting[0]
    return None


def latest_end(deal: Deal, order: Order | None) -> float:
    """The latest time by our clock at which the deal can have ended; the venue's clock may be far from ours.

    A deal of ``order`` was opened soon after the order was made, and that time is by our clock.
    """
    if order is None:
        return deal.closes_at + CLOCK_DOUBT
    return order.created_at + deal.closes_at - deal.opened_at + UNDER_WAY


class LoginSnapshot(Struct):
    """The first lists that the venue sent over one life of a connection, and when they came.

    Every deal that ended after ``reach`` is in the closed list, which is the whole history if it has fewer
    than ``most_listed`` deals. ``step`` is the ledger's at the login.
    """

    life: Life
    step: int
    most_listed: int
    open_at: float = math.inf
    closed_at: float = math.inf
    reach: float = math.inf

    def on_open_list(self, now: float) -> None:
        self.open_at = min(self.open_at, now)

    def on_closed_list(self, ends: Sequence[float], now: float) -> None:
        """``ends`` are the ``latest_end`` of the listed deals; only the first list counts."""
        if self.closed_at == math.inf:
            self.closed_at = now
            self.reach = min(ends) if len(ends) >= self.most_listed else -math.inf

    def proves_absence_at(self, unresolved: UnresolvedOrder) -> float:
        """When its lists would have shown the order's deal, had the order reached the venue; infinity if they
        need not have."""
        order = unresolved.order
        ends_at = order.created_at + order.duration - unresolved.grain
        too_early = unresolved.lost is None or self.step <= unresolved.lost
        too_short = self.closed_at >= ends_at and self.reach >= ends_at
        return math.inf if too_early or too_short else max(self.open_at, self.closed_at)
