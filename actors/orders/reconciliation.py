"""Reconciliation: what the venue's lists of deals prove about an order whose answer never came.

The lists carry no request id, so a deal is recognised by its terms and its time. To claim a deal for an order
and to rule out that any deal is the order's need different certainty. A deal is claimed by its time on the
venue's clock. That an order came to nothing is never concluded from a time: clocks are set, and a machine is
suspended. It is concluded from what was known before the order was made, from ids, and from the order in
which facts came.
"""

import math
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from msgspec import Struct

from actors.orders.deals import DealRecord
from actors.orders.order import Order, OrderState
from actors.values import Deal, Life

UNDER_WAY: Final = (
    60.0  # seconds that bytes of a dead connection may still arrive: TCP retransmits for a while
)


class ClockReading(NamedTuple):
    """What the venue's clock (UTC) shows when ours, which does not step, shows a time.

    The wall clock is ``wall_ahead`` seconds ahead of ours: it goes on in a suspend. The venue's clock is
    ``offset`` seconds ahead of the wall clock, ``None`` until that is measured.
    """

    wall_ahead: float = 0.0
    offset: float | None = None

    @property
    def ahead(self) -> float:
        """Seconds by which the venue's clock is ahead of ours, as far as it is known."""
        return self.wall_ahead + (self.offset or 0.0)


class UnresolvedOrder:
    """An order of which it is not known yet which deal is its, if any.

    ``since`` is the step of the ledger that made the order: a deal seen before is another's. ``made_at`` is
    when that was, ``None`` if it was before this process started. ``lost`` is the step at which its
    connection ended, ``None`` while that stands and the order may still be executed. ``grain`` is the
    difference in seconds that two stamps of one moment may have.
    """

    __slots__ = ("_lost_by", "_made_by", "_slept", "grain", "lost", "lost_at", "made_at", "order", "since")

    def __init__(
        self,
        order: Order,
        since: int,
        grain: float,
        made_at: float | None = None,
        clock: ClockReading = ClockReading(),  # noqa: B008
    ) -> None:
        self.order = order
        self.since = since
        self.grain = grain
        self.made_at = made_at
        self.lost: int | None = None
        self.lost_at = math.inf
        self._made_by = clock
        self._lost_by = clock
        self._slept = 0.0

    def __repr__(self) -> str:
        state = "connection stands" if self.lost is None else f"connection lost at step {self.lost}"
        return (
            f"<UnresolvedOrder {self.order.id}: {self.order.state.value}, since step {self.since}, {state}>"
        )

    def connection_lost(self, step: int, now: float, clock: ClockReading) -> None:
        if self.lost is None:
            self.lost = step
            self.lost_at = now
            self._lost_by = clock

    def on_venue_clock(self, clock: ClockReading) -> None:
        """Where another clock has gone ahead of ours since the order was made, ours may have stood still. The
        first measurement also holds for what happened before it."""
        if self._made_by.offset is None:
            self._made_by = ClockReading(self._made_by.wall_ahead, clock.offset)
        if self._lost_by.offset is None:
            self._lost_by = ClockReading(self._lost_by.wall_ahead, clock.offset)
        gone = clock.wall_ahead - self._made_by.wall_ahead, clock.ahead - self._made_by.ahead
        self._slept = max(self._slept, *gone)

    def age(self, now: float) -> float:
        """The most seconds that may have passed since the order was made."""
        return math.inf if self.made_at is None else now - self.made_at + self._slept

    def is_over(self, now: float, result_overdue: float) -> bool:
        """Whether a deal that came of the lost order would long be over."""
        return now > self.lost_at + UNDER_WAY + self.order.duration + result_overdue

    def fits(self, record: DealRecord) -> bool:
        """Whether the deal has the order's terms and was opened when the order's would have been."""
        made = self.order.created_at if self.made_at is None else self.made_at + self._made_by.ahead
        latest = self.lost_at + self._lost_by.ahead + UNDER_WAY
        return made - self.grain <= record.deal.opened_at <= latest and self.may_fit(record)

    def may_fit(self, record: DealRecord) -> bool:
        """Whether it fits if any clock may be wrong: not enough to claim it, enough to forbid a verdict."""
        return (
            record.seen > self.since
            and record.unaccounted
            and not self.order.difference(record.deal, self.grain)
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


class LoginSnapshot(Struct):
    """The first lists that the venue sent over one life of a connection, and when they came.

    ``step`` is the ledger's at the login. ``whole`` is set if the list of closed deals is the whole history.
    ``reach`` is the earliest step at which a deal of that list was known to have closed: every deal that
    closed after that step is in the list. ``closed`` has the ids of the listed deals.
    """

    life: Life
    step: int
    most_listed: int
    open_at: float = math.inf
    closed_at: float = math.inf
    whole: bool = False
    reach: float = math.inf
    closed: frozenset[str] = frozenset()

    def on_open_list(self, now: float) -> None:
        self.open_at = min(self.open_at, now)

    def on_closed_list(self, deals: Collection[Deal], reach: float, now: float) -> None:
        """Only the first list counts."""
        if self.closed_at == math.inf:
            self.closed_at = now
            self.whole = len(deals) < self.most_listed
            self.reach = reach
            self.closed = frozenset(deal.id for deal in deals)

    def proves_absence_at(self, unresolved: UnresolvedOrder) -> float:
        """When its lists would have shown the order's deal, had the order reached the venue; infinity if they
        need not have."""
        order = unresolved.order
        if not self._began_after(unresolved):
            return math.inf
        would_be_open = unresolved.age(self.open_at) < order.duration - unresolved.grain
        reaches_back = self.whole or self.reach < unresolved.since or order.after in self.closed
        return max(self.open_at, self.closed_at) if would_be_open or reaches_back else math.inf

    def came_after(self, unresolved: UnresolvedOrder) -> bool:
        """Whether both lists are of a login after the order was lost."""
        return self._began_after(unresolved) and max(self.open_at, self.closed_at) < math.inf

    def _began_after(self, unresolved: UnresolvedOrder) -> bool:
        return unresolved.lost is not None and self.step > unresolved.lost
