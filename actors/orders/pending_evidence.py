"""What the venue's lists prove about pending orders whose answer never came.

The list of pending orders has no ids of ours, so one is recognised by its terms. That a list lacks an order
proves nothing by itself: the venue may have opened its deal already, at its time or at its price. Only the
lists of deals can rule that out, and no clock: a deal of the order would be open, or among the closed ones.
"""

import math
from collections.abc import Iterable, KeysView
from decimal import Decimal
from typing import Final

from msgspec import Struct

from actors.messages.events import DealsClosed, DealsOpen, PendingOrdersListed
from actors.orders.deals import STRAGGLING, DealRecord, Deals, Ownership
from actors.orders.order import Order, PendingTerms, other_terms
from actors.orders.reconciliation import UNDER_WAY
from actors.values import Deal, Life, PendingOrder
from actors.venues.base import Trading

PRICE_GRAIN: Final = 1e-3
"""The part of a price by which the venue rounds it at most, whatever the digits of its asset are."""

DIGITS: Final = 4
"""Significant digits that the venue's price has at least; trailing zeros are not written."""


class UnresolvedPending:
    """A pending order of which it is not known whether the venue has it.

    ``since`` is the step that made it: a ticket or a deal that was seen before is another's. ``lost`` is the
    step at which its connection ended, ``None`` while that stands. ``absent_at`` is when the first list of a
    later login lacked it, infinity before that.
    """

    __slots__ = ("absent_at", "lost", "order", "since")

    def __init__(self, order: Order, since: int, lost: int | None = None) -> None:
        self.order = order
        self.since = since
        self.lost = lost
        self.absent_at = math.inf

    def __repr__(self) -> str:
        state = "connection stands" if self.lost is None else f"connection lost at step {self.lost}"
        return f"<UnresolvedPending {self.order.id}: {self.order.state.value}, {state}>"


class _Ticket(Struct):
    """A pending order of the venue: ``seen`` is the step that first saw it, ``listed`` the step that last
    saw it, ``told`` when that was, ``by`` over which connection. A deal that was first seen after step
    ``since`` may have come of it: it waited still when its last cancellation was sent."""

    order: PendingOrder
    seen: int
    listed: int
    since: int
    told: float
    by: str


class _Gone(Struct):
    at: float
    by: str


class _LifeLists(Struct):
    """The first lists of one life; ``step`` is that of its login, ``reach`` as in ``Deals.reach``."""

    life: Life
    step: int
    pending_at: float = math.inf
    open_at: float = math.inf
    closed_at: float = math.inf
    reach: float = math.inf
    closed: frozenset[str] = frozenset()


class PendingEvidence:
    """The tickets and the deals that the venue has told of, and which lists each login has brought.

    Several connections bring the same lists, some later than others: a list that lacks a ticket counts if it
    came over the connection that reported the ticket, or ``STRAGGLING`` seconds after the report.
    """

    def __init__(self, venue: Trading, grace: float) -> None:
        """``grace`` is how many seconds the bytes of a lost connection may take to reach the venue after the
        venue has sent its lists to a later connection."""
        self._rules: Final = venue.reconciliation
        self._grace = grace
        self._deals = Deals(self._rules.result_overdue)
        self._lives: dict[str, _LifeLists] = {}
        self._tickets: dict[str, _Ticket] = {}
        self._gone: dict[str, _Gone] = {}
        self._never_listed: set[str] = set()
        self._has_list = False
        self.step = 0  # counts the facts taken in: what was known before what, by no clock

    def __repr__(self) -> str:
        listed = f"{len(self._tickets)} listed" if self._has_list else "no list yet"
        return f"<PendingEvidence: {listed}, {self._deals!r}>"

    def login(self, life: Life) -> None:
        self.step += 1
        self._lives[life.connection] = _LifeLists(life, self.step)

    def logout(self, life: Life) -> None:
        """Nothing that speaks against a verdict can come over that life any more."""
        lists = self._lives.get(life.connection)
        if lists and lists.life == life:
            del self._lives[life.connection]

    def listed(self) -> list[PendingOrder] | None:
        """All pending orders of the venue; ``None`` until it has sent its first list."""
        return [ticket.order for ticket in self._tickets.values()] if self._has_list else None

    def has(self, ticket: str) -> bool:
        return ticket in self._tickets

    def known(self, ticket: str) -> tuple[PendingOrder, int] | None:
        """The pending order that the venue has, and the step after which a deal that was first seen may be
        its."""
        known = self._tickets.get(ticket)
        return None if known is None else (known.order, known.since)

    def cancelling(self, ticket: str) -> None:
        """A cancellation of ``ticket`` is about to be sent. A deal that was seen before the last list which
        has the ticket is another's: that list would lack it."""
        if known := self._tickets.get(ticket):
            known.since = known.listed

    def opened_of(self, order: PendingOrder, since: int) -> Deal | None:
        """A deal that may have come of ``order``, first seen after step ``since``."""
        grain = self._rules.stamp_grain
        for record in self._deals:
            deal = record.deal
            if (
                record.seen > since
                and record.unaccounted
                and not other_terms(order, deal)
                and abs(deal.closes_at - deal.opened_at - order.duration) <= grain
                and (order.open_at is None or abs(deal.opened_at - order.open_at) <= grain)
            ):
                return deal
        return None

    def tickets(self) -> KeysView[str]:
        return self._tickets.keys()

    def closed_last(self) -> str:
        """As ``Deals.closed_last``."""
        return self._deals.closed_last()

    # Facts

    def keep_ticket(self, order: PendingOrder, connection: str = "", now: float = -math.inf) -> None:
        """The venue has said that it has placed ``order``; without ``connection`` an earlier process knew."""
        self.step += 1
        self._gone.pop(order.ticket, None)
        if connection and order.ticket not in self._tickets:
            self._never_listed.add(order.ticket)
        self._keep(order, connection, now)

    def drop_ticket(self, ticket: str, connection: str, now: float) -> None:
        """The venue has said that it has cancelled it."""
        if self._tickets.pop(ticket, None):
            self._gone[ticket] = _Gone(now, connection)

    def keep_own_deals(self, deals: Iterable[Deal]) -> None:
        """Deals of our orders: none of them came of a pending order."""
        for deal in deals:
            if record := self._deals.get(deal.id):
                record.ownership = Ownership.OURS
            else:
                self._deals.add(DealRecord(deal, Ownership.OURS, self.step))

    def take_list(self, event: PendingOrdersListed, now: float) -> None:
        """The venue has listed the pending orders."""
        self.step += 1
        self._has_list = True
        self._gone = {ticket: gone for ticket, gone in self._gone.items() if gone.at + STRAGGLING >= now}
        for order in event.orders:
            self._never_listed.discard(order.ticket)
            gone = self._gone.get(order.ticket)
            if gone is None or gone.by == event.connection:
                self._keep(order, event.connection, now)
        if not event.complete:
            return
        listed = {order.ticket for order in event.orders}
        for id, ticket in list(self._tickets.items()):
            if id not in listed and (ticket.by == event.connection or ticket.told + STRAGGLING < now):
                self.drop_ticket(id, event.connection, now)
        if lists := self._lists_of(event.connection, event.life):
            lists.pending_at = min(lists.pending_at, now)

    def is_imagined(self, unresolved: UnresolvedPending, ticket: str) -> bool:
        """Whether ``ticket``, by which the venue has acknowledged the order, and which it has no more, was in
        no list ever, and no deal can have come of it."""
        imagined = ticket in self._never_listed and not self._may_have_opened(unresolved)
        self._never_listed.discard(ticket)
        return imagined

    def take_open_deals(self, event: DealsOpen, now: float) -> None:
        self.step += 1
        for deal in event.deals:
            self._deals.take_open(deal, Ownership.UNCLAIMED, self.step, now, event.connection)
        if event.complete and (lists := self._lists_of(event.connection, event.life)):
            lists.open_at = min(lists.open_at, now)

    def take_closed_deals(self, event: DealsClosed, now: float) -> None:
        self.step += 1
        deals = sorted(event.deals, key=lambda deal: deal.closes_at)
        whole = event.listed and len(deals) < self._rules.closed_deals_listed
        reach = self._deals.reach(deals, whole)
        for deal in deals:
            self._deals.take_closed(deal, Ownership.UNCLAIMED, self.step)
        if not (event.listed and event.complete):
            return
        self._deals.extend_reach(deals, reach)
        lists = self._lists_of(event.connection, event.life)
        if lists and lists.closed_at == math.inf:
            lists.closed_at, lists.reach = now, reach
            lists.closed = frozenset(deal.id for deal in deals)

    # Verdicts

    def fitting(self, unresolved: UnresolvedPending) -> list[PendingOrder]:
        """The tickets that may be the order's: seen after it was made, and with its terms."""
        return [
            ticket.order
            for ticket in self._tickets.values()
            if ticket.seen > unresolved.since and _alike(unresolved.order, ticket.order)
        ]

    def note_absence(self, unresolved: UnresolvedPending) -> None:
        """Whether the lists since the order was lost lack it is to be looked up anew."""
        if unresolved.lost is not None and not self.fitting(unresolved):
            later = (lists.pending_at for lists in self._lives.values() if lists.step > unresolved.lost)
            unresolved.absent_at = min(unresolved.absent_at, min(later, default=math.inf))

    def not_listed_at(self, unresolved: UnresolvedPending) -> float:
        """When it is certain that the venue's list lacks the order, unless it turns up before; infinity while
        there is no list that is newer than its loss."""
        return unresolved.absent_at + self._grace

    def verdict_at(self, unresolved: UnresolvedPending) -> float:
        """When it is certain that nothing came of the order and nothing will; infinity while proof is
        missing, or while a ticket or a deal may be its."""
        if self.fitting(unresolved) or self._may_have_opened(unresolved):
            return math.inf
        proofs = (self._proven_at(unresolved, lists) for lists in self._lives.values())
        return min(proofs, default=math.inf) + self._grace

    def is_over(self, unresolved: UnresolvedPending, now: float) -> bool:
        """Whether a deal that came of the order would long be over, as the venue has the order no more."""
        lasts = unresolved.order.duration + self._rules.result_overdue
        return now > unresolved.absent_at + UNDER_WAY + lasts

    def _proven_at(self, unresolved: UnresolvedPending, lists: _LifeLists) -> float:
        after_loss = unresolved.lost is not None and lists.step > unresolved.lost
        reaches_back = lists.reach < unresolved.since or unresolved.order.after in lists.closed
        if not (after_loss and reaches_back):
            return math.inf
        return max(lists.pending_at, lists.open_at, lists.closed_at)

    def _may_have_opened(self, unresolved: UnresolvedPending) -> bool:
        return self._deals.forgotten > unresolved.since or any(
            record.seen > unresolved.since
            and record.unaccounted
            and record.deal.amount == unresolved.order.amount
            and not unresolved.order.difference(record.deal, self._rules.stamp_grain)
            for record in self._deals
        )

    def _lists_of(self, connection: str, life: Life) -> _LifeLists | None:
        lists = self._lives.get(connection)
        return lists if lists and lists.life == life else None

    def _keep(self, order: PendingOrder, connection: str, now: float) -> None:
        known = self._tickets.get(order.ticket)
        seen, since = (self.step, self.step) if known is None else (known.seen, known.since)
        self._tickets[order.ticket] = _Ticket(order, seen, self.step, since, now, connection)


def _alike(order: Order, listed: PendingOrder) -> bool:
    """Whether ``listed`` may be the order, at the cost of a comparison where the amounts differ."""
    return order.amount == listed.amount and not difference(order, listed, any_rounding=True)


def difference(order: Order, listed: PendingOrder, *, any_rounding: bool = False) -> str:
    """In which of its terms ``listed`` is not what was asked for; ``""`` if it is. With ``any_rounding`` a
    price may differ by ``PRICE_GRAIN``: not enough to take it for the order, enough to forbid a verdict."""
    terms = order.pending
    assert terms is not None
    differences = (
        (order.asset != listed.asset, f"asset {listed.asset} in place of {order.asset}"),
        (order.amount != listed.amount, f"amount {listed.amount:f} in place of {order.amount:f}"),
        (order.direction is not listed.direction, f"direction {listed.direction.value}"),
        (order.duration != listed.duration, f"{listed.duration} s in place of {order.duration} s"),
        (
            terms.minimum_payout != listed.minimum_payout,
            f"a minimum payout of {listed.minimum_payout} % in place of {terms.minimum_payout} %",
        ),
        (_opens_elsewhere(terms, listed, any_rounding=any_rounding), "another time or price"),
    )
    return ", ".join(text for differs, text in differences if differs)


def as_listed(order: Order) -> PendingOrder:
    """The pending order as the venue has it, as far as the journal tells."""
    terms = order.pending
    assert terms is not None
    return PendingOrder(
        ticket=terms.ticket,
        asset=order.asset,
        direction=order.direction,
        amount=order.amount,
        duration=order.duration,
        minimum_payout=terms.minimum_payout,
        open_at=None if terms.open_at is None else int(terms.open_at),
        open_price=terms.open_price,
    )


def _opens_elsewhere(terms: PendingTerms, listed: PendingOrder, *, any_rounding: bool) -> bool:
    if terms.open_at is not None:
        return listed.open_at is None or int(terms.open_at) != listed.open_at
    price = terms.open_price
    assert price is not None
    if listed.open_price is None or not math.isclose(price, listed.open_price, rel_tol=PRICE_GRAIN):
        return True
    return not (any_rounding or abs(price - listed.open_price) < 0.99 * _last_digit(listed.open_price))


def _last_digit(price: float) -> float:
    """The value of the last digit of the venue's price."""
    written = max(0, -int(Decimal(repr(price)).as_tuple().exponent))
    return float(10.0 ** -max(written, DIGITS - 1 - math.floor(math.log10(price))))
