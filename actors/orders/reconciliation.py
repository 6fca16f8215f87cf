"""What the venue's lists prove about an order whose answer never came.

The lists carry no request id, so a deal is known by what was asked, and by when. To take a
deal for ours and to hold that there is none need different certainty: the clocks may differ.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from msgspec import Struct

from actors.orders.deals import DealRecord
from actors.orders.order import Order, OrderState
from actors.values import Deal

UNDER_WAY: Final = 60.0  # bytes of a dead connection still arrive: TCP tries again for a while
CLOCK_DOUBT: Final = 3_700.0  # a wall clock may have been stepped by an hour


class UnresolvedOrder:
    """An order that a deal may belong to, until we know.

    ``since`` is the step of the ledger that made it: a deal seen before is another's. ``lost`` is the step
    at which its connection was gone, ``None`` while that stands and the order may yet be carried out.
    ``grain`` is by how many seconds two stamps of the same moment may differ.
    """

    __slots__ = ("grain", "lost", "lost_at", "order", "since")

    def __init__(self, order: Order, since: int, grain: float) -> None:
        self.order = order
        self.grain = grain
        self.since = since
        self.lost: int | None = None
        self.lost_at = math.inf

    def lose(self, step: int, now: float) -> None:
        if self.lost is None:
            self.lost = step
            self.lost_at = now

    def fits(self, entry: DealRecord) -> bool:
        """Whether the deal is what was asked, and opened when it would have been."""
        return self._within(entry, 0.0)

    def may_fit(self, entry: DealRecord) -> bool:
        """The same if a clock was wrong: no ground to claim the deal, but enough to forbid a verdict."""
        return self._within(entry, CLOCK_DOUBT)

    def _within(self, entry: DealRecord, doubt: float) -> bool:
        order, deal = self.order, entry.deal
        return (
            entry.seen > self.since
            and entry.unaccounted
            and order.created_at - self.grain - doubt <= deal.opened_at <= self.lost_at + UNDER_WAY + doubt
            and (order.asset, order.amount, order.direction, order.account)
            == (deal.asset, deal.amount, deal.direction, deal.account)
            and abs(deal.closes_at - deal.opened_at - order.duration) <= self.grain
        )


def match(
    claims: Collection[UnresolvedOrder], entries: Iterable[DealRecord]
) -> tuple[UnresolvedOrder, DealRecord] | None:
    """An order without an answer and the only deal that fits it, if it fits no other order in flight.

    Where several deals or orders fit, nothing is given away. An order that was proven not placed yields
    to one in flight: whoever was told so may have repeated it.
    """
    doubts = [claim for claim in claims if claim.order.state is not OrderState.JOURNALED]
    free = [entry for entry in entries if entry.unaccounted] if doubts else []
    for claim in doubts:
        fitting = [entry for entry in free if claim.fits(entry)]
        if len(fitting) == 1 and not any(
            rival.fits(fitting[0])
            for rival in claims
            if rival is not claim and (rival.order.in_flight or not claim.order.in_flight)
        ):
            return claim, fitting[0]
    return None


def latest_end(deal: Deal, order: Order | None) -> float:
    """When a deal had ended at the latest, by our clock, which may be far from the venue's.

    One of ours was opened soon after its ``order`` was made, and we know when that was.
    """
    if order is None:
        return deal.closes_at + CLOCK_DOUBT
    return order.created_at + deal.closes_at - deal.opened_at + UNDER_WAY


class LoginSnapshot(Struct):
    """One life of a connection, and when the venue sent its first lists on it.

    ``reach`` is how far back the closed ones go: every deal that ended after it is in the list. Fewer of them
    than ``most_listed`` are all there are.
    """

    epoch: int
    step: int
    most_listed: int
    open_at: float = math.inf
    closed_at: float = math.inf
    reach: float = math.inf

    def show_open(self, now: float) -> None:
        self.open_at = min(self.open_at, now)

    def show_closed(self, ends: Sequence[float], now: float) -> None:
        """``ends`` are those of the listed deals, by ``latest_end``."""
        if self.closed_at == math.inf:
            self.closed_at = now
            self.reach = min(ends) if len(ends) >= self.most_listed else -math.inf

    def would_show(self, claim: UnresolvedOrder) -> float:
        """Since when its lists would have shown the deal, had the order reached the venue; else infinity."""
        ends_at = claim.order.created_at + claim.order.duration - claim.grain
        too_early = claim.lost is None or self.step <= claim.lost
        too_short = self.closed_at >= ends_at and self.reach >= ends_at
        return math.inf if too_early or too_short else max(self.open_at, self.closed_at)
