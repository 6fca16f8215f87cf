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

from msgspec import Struct, field, structs

from actors.orders.deals import DealRecord, Ownership
from actors.orders.order import UNFINISHED, Order, OrderState
from actors.values import Deal, Life

UNDER_WAY: Final = (
    60.0  # seconds that bytes of a dead connection may still arrive: TCP retransmits for a while
)


class ClockReading(NamedTuple):
    """What the venue's clock (UTC) shows when ours, which does not step, shows a time.

    A clock that goes on in a suspend is ``suspends_ahead`` seconds ahead of ours, and the venue's is
    ``offset`` seconds ahead of that one, ``None`` until that is measured.
    """

    suspends_ahead: float = 0.0
    offset: float | None = None

    @property
    def ahead(self) -> float:
        """Seconds by which the venue's clock is ahead of ours, as far as it is known."""
        return self.suspends_ahead + (self.offset or 0.0)

    def exceeds(self, other: "ClockReading") -> bool:
        """Whether any part is further ahead than in ``other``, or measured where it was not there."""
        if self.suspends_ahead > other.suspends_ahead:
            return True
        return self.offset is not None and (other.offset is None or self.offset > other.offset)

    def most(self, other: "ClockReading") -> "ClockReading":
        """Each part as far ahead as in either."""
        offsets = [each.offset for each in (self, other) if each.offset is not None]
        return ClockReading(max(self.suspends_ahead, other.suspends_ahead), max(offsets) if offsets else None)


class Age(NamedTuple):
    """How many seconds ago a moment was: by a clock that counts suspends, and at most, by any clock."""

    elapsed: float
    most: float


class UnresolvedOrder:
    """An order of which it is not known yet which deal is its, if any.

    ``since`` is the step of the ledger that made the order, 0 if an earlier process did: a deal seen before
    is another's. ``made_at`` is when that was, ``None`` if only the order's own time tells. ``lost`` is the
    step at which its connection ended, ``None`` while that stands and the order may still be executed;
    ``listed_at`` is when the lists of a later login were in, infinity before that. ``grain`` is the
    difference in seconds that two stamps of one moment may have.

    Every deal is known that was opened after the order was made and up to step ``seen_to``: the lists of the
    logins since then leave no gap in which a deal of the order could have come and gone.

    ``carrier`` is the life of a connection that it was sent over, ``None`` until that is known.
    """

    __slots__ = (
        "_age",
        "_lost_by",
        "_made_by",
        "_not_its",
        "_seen_to_at",
        "_shown",
        "_slept",
        "_spare",
        "_unexplained",
        "carrier",
        "grain",
        "listed_at",
        "lost",
        "lost_at",
        "made_at",
        "order",
        "seen_to",
        "since",
    )

    def __init__(
        self,
        order: Order,
        since: int,
        grain: float,
        made_at: float | None = None,
        clock: ClockReading = ClockReading(),  # noqa: B008
        age: Age | None = None,
    ) -> None:
        """``age`` is that of an order of an earlier process, if it can be told."""
        self.order = order
        self.since = self.seen_to = since
        self.grain = grain
        self.made_at = made_at
        self.carrier: Life | None = None
        self._shown: dict[tuple[Life | None, str], float] = {}
        self._not_its = order.not_its  # as journaled; what is learned later, the records say themselves
        self.lost: int | None = None
        self.lost_at = self.listed_at = math.inf
        self._seen_to_at = made_at
        if age and made_at is not None and order.made:
            self._seen_to_at = made_at + order.made.seen_for
        self._age = age
        self._made_by = clock
        self._lost_by = clock
        self._slept = 0.0
        self._unexplained = 0.0
        self._spare = math.inf  # what of ``clears`` the lists up to ``seen_to`` had

    def __repr__(self) -> str:
        state = "connection stands" if self.lost is None else f"connection lost at step {self.lost}"
        return (
            f"<UnresolvedOrder {self.order.id}: {self.order.state.value}, since step {self.since}, {state}>"
        )

    @property
    def created_at(self) -> float:
        """When the order was made, by the venue's clock as far as it is known."""
        made = self.order.made
        if self.made_at is None or (self._age and made and made.venue_known):
            return self.order.created_at
        return self.made_at + self._made_by.ahead

    def connection_lost(self, step: int, now: float, clock: ClockReading) -> None:
        if self.lost is None:
            self.lost = step
            self.lost_at = now
            self._lost_by = clock

    def on_venue_clock(self, clock: ClockReading) -> None:
        """Where another clock has gone ahead of ours since the order was made, ours may have stood still. The
        first measurement also holds for what happened before it."""
        self._slept = max(self._slept, clock.suspends_ahead - self._made_by.suspends_ahead)
        if clock.offset is None:
            return
        if self._made_by.offset is None:
            self._made_by = ClockReading(self._made_by.suspends_ahead, clock.offset)
        if self._lost_by.offset is None:
            self._lost_by = ClockReading(self._lost_by.suspends_ahead, clock.offset)
        assert self._made_by.offset is not None
        self._unexplained = max(self._unexplained, clock.offset - self._made_by.offset)

    def on_lists(self, lists: "LifeLists") -> None:
        """A life has brought its first lists. Note in ``lists`` whether they show every deal that can have
        come of the order until then."""
        if lists.came_after(self):
            self.listed_at = min(self.listed_at, lists.in_at)
        if self.order.closed_before in lists.closed:
            lists.clears[self.order.id] = math.inf
        elif lists.reach < self.seen_to:
            lists.clears[self.order.id] = self._spare
        elif self._seen_to_at is not None:
            # A deal that was opened after that, and had ended before the list, is in no list of open deals.
            unseen = lists.open_at - self._seen_to_at + self._slept
            lists.clears[self.order.id] = min(self._spare, self.order.duration - self.grain - unseen)
        if lists.shows(self) and lists.step > self.seen_to:
            self.seen_to, self._seen_to_at = lists.step, lists.login_at
            self._spare = lists.clears[self.order.id]

    @property
    def seen_for(self) -> float:
        """The seconds since it was made of which every deal is known that can be its."""
        if self._seen_to_at is None or self.made_at is None:
            return 0.0
        return self._seen_to_at - self.made_at

    def has_gone_unseen(self, spare: float) -> bool:
        """Whether the venue's clock has gone on for ``spare`` seconds of which no clock of ours knows, since
        the order was made: a machine that is virtual may have been stopped as a whole. Of an order of an
        earlier process, the wall clock tells where the venue's cannot, though it may have been set."""
        unexplained, made = self._unexplained, self.order.made
        if self._age and self.made_at is not None:
            venue_tells = made and made.venue_known and self._made_by.offset is not None
            by_venue = self.made_at + self._made_by.ahead - self.order.created_at
            unexplained = max(unexplained, by_venue if venue_tells else self._age.most - self._age.elapsed)
        return unexplained >= spare

    def is_over(self, now: float, result_overdue: float) -> bool:
        """Whether a deal that came of the lost order would long be over."""
        return now > self.lost_at + UNDER_WAY + self.order.duration + result_overdue

    def fits(self, record: DealRecord) -> bool:
        """Whether the deal has the order's terms and was opened when the order's would have been."""
        latest = self.lost_at + self._lost_by.ahead + UNDER_WAY
        return self.created_at - self.grain <= record.deal.opened_at <= latest and self.may_fit(record)

    def on_shown(self, record: DealRecord, life: Life, now: float) -> None:
        """A list that came over ``life`` has the deal."""
        if self.may_fit(record):
            self._shown.setdefault((life, record.deal.id), now)

    def may_claim_at(self, record: DealRecord) -> float:
        """When the order may take the deal, unless somebody says before whose it is.

        The venue's word, that the deal is the order's or another client's, comes over the connection that
        carries the order. A list over another one says nothing about when: the carrier may stand still.
        """
        waits = self.lost is None and self.order.state is OrderState.UNKNOWN
        shown = self._shown.get((self.carrier, record.deal.id), math.inf)
        return shown + CLAIM_SETTLES if waits else -math.inf

    def rule_out(self, deal: Deal) -> bool:
        """The deal is another client's. Whether the order is like it, so that it is to be journaled anew: an
        order that is open may be in doubt after a restart."""
        order = self.order
        finished, known = order.state not in UNFINISHED, deal.id in order.not_its
        if finished or known or order.difference(deal, self.grain):
            return False
        self.order = structs.replace(order, after=f"{order.after} {deal.id}")
        return True

    def may_fit(self, record: DealRecord) -> bool:
        """Whether it fits if any clock may be wrong: not enough to claim it, enough to forbid a verdict.

        That the venue has acknowledged it to a request that is none of ours does not rule it out: the answer
        may be garbled, and the list of deals names no request.
        """
        return (
            record.seen > self.since
            and record.ownership is not Ownership.OURS
            and record.deal.id not in self._not_its
            and not self.order.difference(record.deal, self.grain)
        )


CLAIM_SETTLES: Final = 1.0
"""Seconds within which the venue says whose a deal is, if it says so at all, once a list over the same
connection has the deal: what it sends there arrives in order, and it lists a deal when it opens it."""


def find_match(
    unresolved: Collection[UnresolvedOrder], records: Iterable[DealRecord], now: float = -math.inf
) -> tuple[UnresolvedOrder, DealRecord] | None:
    """An order without an answer and the only deal that fits it, if that deal fits no other order in flight.
    While the connection of an order in doubt stands, its answer may come, or that to another client: the
    order waits for it until that connection has shown the deal, and for ``CLAIM_SETTLES`` more.

    Where several deals or orders fit, none is matched. An order that was proven not placed yields to one in
    flight: a caller that was told so may have repeated it.
    """
    unanswered = [one for one in unresolved if one.order.state is not OrderState.JOURNALED]
    free = [record for record in records if record.unaccounted] if unanswered else []
    for one in unanswered:
        fitting = [record for record in free if one.fits(record)]
        if (
            len(fitting) == 1
            and one.may_claim_at(fitting[0]) <= now
            and not any(
                rival.fits(fitting[0])
                for rival in unresolved
                if rival is not one and (rival.order.in_flight or not one.order.in_flight)
            )
        ):
            return one, fitting[0]
    return None


def deal_of_opened(
    one: UnresolvedOrder, unresolved: Iterable[UnresolvedOrder], records: Iterable[DealRecord]
) -> DealRecord | None:
    """The deal of an order in doubt that a person calls opened, without saying which is its: the only one
    that may be, unless its time says that it is another order's in flight. ``None``: that cannot be told.

    A deal that was acknowledged to another request is another client's: the person has seen the order's.
    """
    free = [record for record in records if record.unaccounted and one.may_fit(record)]
    if len(free) != 1:
        return None
    rivals = (other for other in unresolved if other is not one and other.order.in_flight)
    return None if not one.fits(free[0]) and any(other.fits(free[0]) for other in rivals) else free[0]


class LifeLists(Struct):
    """The first lists that the venue sent over one life of a connection.

    ``step`` is the ledger's at the login, ``login_at`` its time. ``reach`` is that of the list of closed
    deals, ``Deals.reach``; ``closed`` has its ids. ``clears`` has the orders of which the lists show every
    deal until then, each with the seconds that a deal of it would have stayed open after the list of open
    deals: so much may be wrong with our clocks. It is infinity where no clock is asked.
    """

    life: Life
    step: int
    login_at: float
    open_at: float = math.inf
    closed_at: float = math.inf
    reach: float = math.inf
    closed: frozenset[str] = frozenset()
    clears: dict[str, float] = field(default_factory=dict)

    @property
    def in_at(self) -> float:
        """When the later one was in, infinity before that."""
        return max(self.open_at, self.closed_at)

    def proves_absence_at(self, unresolved: UnresolvedOrder, grace: float) -> float:
        """When it is certain, if no deal of the order turns up, that none came of it; infinity if the lists
        prove nothing. Bytes of the order may have reached the venue for ``grace`` seconds after it has listed
        the deals to any later login; this life would have brought the deal."""
        if not (self.came_after(unresolved) and self.shows(unresolved)):
            return math.inf
        return max(self.in_at, unresolved.listed_at + grace)

    def shows(self, unresolved: UnresolvedOrder) -> bool:
        """Whether they show every deal that can have come of the order until then."""
        spare = self.clears.get(unresolved.order.id, -math.inf)
        return spare > 0 and not unresolved.has_gone_unseen(spare)

    def came_after(self, unresolved: UnresolvedOrder) -> bool:
        """Whether both lists are in, of a login after the order was lost."""
        return unresolved.lost is not None and self.step > unresolved.lost and self.in_at < math.inf
