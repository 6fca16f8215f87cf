"""The orders without a known end: what they hold up, and what the logins since prove about them."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import structs

from actors.messages.commands import PlaceOrder
from actors.messages.events import DealsClosed, DealsOpen
from actors.orders.deals import DealRecord, Deals, Ownership
from actors.orders.order import SETTLED, Order, OrderState
from actors.orders.reconciliation import Age, ClockReading, LifeLists, UnresolvedOrder
from actors.values import AccountKind, Deal, Life
from actors.venues.base import Trading

FEW: Final = 20
"""Orders in flight of which each list of closed deals may change the journal: two milliseconds."""


class UnresolvedOrders:
    """Every order of which a deal may still come or turn up, the latest login of each connection, and how far
    the venue's clock is ahead of ours."""

    def __init__(self, venue: Trading, grace: float) -> None:
        """``grace`` is that of ``Ledger``."""
        self._rules: Final = venue.reconciliation
        self._refusals_name_orders = venue.refusals_name_orders
        self._grace = grace
        self._unresolved: dict[str, UnresolvedOrder] = {}
        self._logins: dict[str, LifeLists] = {}
        self.clock = ClockReading()

    def __repr__(self) -> str:
        return f"<UnresolvedOrders: {len(self._unresolved)} orders, {len(self._logins)} logins>"

    def __iter__(self) -> Iterator[UnresolvedOrder]:
        return iter(self._unresolved.values())

    def __len__(self) -> int:
        return len(self._unresolved)

    def get(self, id: str) -> UnresolvedOrder | None:
        return self._unresolved.get(id)

    def track(
        self, order: Order, step: int, made_at: float | None, age: Age | None = None
    ) -> UnresolvedOrder:
        """From now on a deal may turn out to be the order's. ``age`` is that of an order of an earlier
        process."""
        grain = self._rules.stamp_grain
        unresolved = UnresolvedOrder(order, step, grain, made_at, self.clock, age)
        self._unresolved[order.id] = unresolved
        return unresolved

    def readmit(self, unresolved: UnresolvedOrder) -> None:
        """The order was settled, and is not: the deal that it had is nobody's."""
        self._unresolved[unresolved.order.id] = unresolved

    def update(self, order: Order) -> None:
        """The order has changed; one that is settled is no longer here."""
        if unresolved := self._unresolved.get(order.id):
            unresolved.order = order
            if order.state in SETTLED:
                del self._unresolved[order.id]

    def forget(self, id: str) -> None:
        self._unresolved.pop(id, None)

    def set_clock(self, clock: ClockReading) -> list[Order]:
        """The orders in flight that were made at another time than they say, as a first measurement shows.
        They are to be journaled again: after a restart, their times tell their deals from others."""
        first = self.clock.offset is None and clock.offset is not None
        self.clock = clock
        corrected: list[Order] = []
        for one in self:
            one.on_venue_clock(clock)
            if first and one.order.in_flight and one.created_at != one.order.created_at:
                made = one.order.made
                if made and one.since:  # of an earlier process's order, the age alone tells
                    made = structs.replace(made, venue_known=True)
                one.order = structs.replace(one.order, created_at=one.created_at, made=made)
                corrected.append(one.order)
        return corrected

    def in_flight(self) -> list[Order]:
        return [unresolved.order for unresolved in self if unresolved.order.in_flight]

    def in_doubt(self) -> list[UnresolvedOrder]:
        return [unresolved for unresolved in self if unresolved.order.state is OrderState.UNKNOWN]

    def contradiction(self, order: Order, deal: Deal, known: DealRecord | None) -> str:
        """Why ``deal``, which the venue has acknowledged to ``order``, cannot be its; ``""`` if it can.
        ``known`` is what was known of the deal before."""
        if known and known.ownership is Ownership.OURS and known.order != order.id:
            return f"deal {deal.id} is that of order {known.order}"
        unresolved = self._unresolved.get(order.id)
        if known and unresolved and known.seen <= unresolved.since:
            return f"deal {deal.id} is older than the order"
        difference = order.difference(deal, self._rules.stamp_grain)
        return difference and f"deal {deal.id} has {difference}"

    def blocking(self, command: PlaceOrder, account: AccountKind, now: float) -> Order | None:
        """An order of the same account, asset and amount in flight, whose answer could not be told from that
        of ``command``; ``None`` where the venue's refusals name the order. An order in doubt no longer blocks
        when a deal of it would long be over."""
        for unresolved in () if self._refusals_name_orders else self:
            other = unresolved.order
            like = (other.account, other.asset, other.amount) == (account, command.asset, command.amount)
            if like and other.in_flight and not self._is_over(unresolved, now):
                return other
        return None

    def count(self, open_records: list[DealRecord], now: float) -> int:
        """The open deals, and the orders in flight whose deal may be none of them, unless a deal of the order
        would long be over."""
        unmatched = list(open_records)
        count = len(unmatched)
        for unresolved in self:
            if not unresolved.order.in_flight or self._is_over(unresolved, now):
                continue
            its = next((record for record in unmatched if unresolved.may_fit(record)), None)
            if its is None:
                count += 1
            else:
                unmatched.remove(its)
        return count

    def on_shown(self, event: DealsOpen | DealsClosed, deals: Deals, now: float) -> None:
        """A list has come, and ``deals`` has taken it in."""
        in_flight = [one for one in self if one.order.in_flight]
        records = [deals.get(deal.id) for deal in event.deals] if in_flight else []
        for one in in_flight:
            for record in filter(None, records):
                one.on_shown(record, event.life, now)

    def login(self, life: Life, step: int, now: float) -> None:
        self._logins[life.connection] = LifeLists(life, step, now)

    def logout(self, life: Life) -> None:
        """No event that speaks against a verdict can come over that life any more."""
        login = self._logins.get(life.connection)
        if login and login.life == life:
            del self._logins[life.connection]

    def on_list(self, event: DealsOpen | DealsClosed, reach: float, now: float) -> LifeLists | None:
        """A complete list has come; of each life only the first ones count: these, as soon as both are in.
        ``reach`` is that of a list of closed deals."""
        lists = self._logins.get(event.connection)
        if lists is None or lists.life != event.life or lists.in_at < math.inf:
            return None
        if isinstance(event, DealsOpen):
            lists.open_at = min(lists.open_at, now)
        elif lists.closed_at == math.inf:
            lists.closed_at, lists.reach = now, reach
            lists.closed = frozenset(deal.id for deal in event.deals)
        if lists.in_at == math.inf:
            return None
        for one in self:
            if one.order.in_flight:
                one.on_lists(lists)
        return lists

    def advance(self, listed: Sequence[Deal], reach: float, deals: Deals) -> list[Order]:
        """The orders in flight, each now with the youngest of ``listed`` as its ``after``. ``listed`` has the
        closed deals from the oldest on: all that closed up to that one is known, and cannot be the order's.
        The orders are to be journaled, so that a restart does not forget what was seen. While many are in
        flight, an ``after`` among the younger half is good enough."""
        ids = [deal.id for deal in listed]
        advanced: list[Order] = []
        in_flight = [one for one in self if one.order.in_flight] if ids else []
        recent = ids[-1:] if len(in_flight) <= FEW else ids[len(ids) // 2 :]
        for one in in_flight:
            order, made = one.order, one.order.made
            seen_more = made is not None and one.seen_for > made.seen_for
            joined = reach < one.seen_to or order.closed_before in ids
            anew = joined and order.closed_before not in recent
            if not (anew or seen_more) or self._may_have_come(one, deals):
                continue
            if made and seen_more:
                made = structs.replace(made, seen_for=one.seen_for)
            after = " ".join([ids[-1], *sorted(order.not_its)]) if anew else order.after
            one.order = structs.replace(order, after=after, made=made)
            advanced.append(one.order)
        return advanced

    def is_whole(self, event: DealsClosed) -> bool:
        """Whether the list has every closed deal of the account."""
        return len(event.deals) < self._rules.closed_deals_listed

    def verdict_at(self, unresolved: UnresolvedOrder, deals: Deals) -> float:
        """When it is certain that the order came to nothing; infinity while proof is missing, or while one of
        ``deals`` may be the order's deal or was named for it by the venue."""
        proven_at = min(
            (lists.proves_absence_at(unresolved, self._grace) for lists in self._logins.values()),
            default=math.inf,
        )
        return math.inf if proven_at < math.inf and self._may_have_come(unresolved, deals) else proven_at

    def _may_have_come(self, unresolved: UnresolvedOrder, deals: Deals) -> bool:
        """Whether one of ``deals`` may be the order's, or was named for it by the venue."""
        named = unresolved.order.deal.id if unresolved.order.deal else ""
        may_be_forgotten = deals.forgotten > unresolved.since
        return may_be_forgotten or any(
            unresolved.may_fit(record) or record.deal.id == named for record in deals
        )

    def _is_over(self, unresolved: UnresolvedOrder, now: float) -> bool:
        """Whether a deal of the order would long be over, and the venue has had its chance to list it."""
        over = unresolved.is_over(now, self._rules.result_overdue)
        return over and any(login.came_after(unresolved) for login in self._logins.values())
