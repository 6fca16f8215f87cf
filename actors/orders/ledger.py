"""The ledger: what became of each of our orders, decided from the venue's answers and lists."""

import math
from collections.abc import Callable, Iterable, Sequence

from actors.errors import LocalProtocolError, NotSent, OrderUnknown, RequestRefused
from actors.messages.commands import PlaceOrder
from actors.messages.events import (
    ConnectionUp,
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    Event,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderRefused,
    OrderSettled,
)
from actors.orders.deals import Ownership
from actors.orders.order import MachineTime, Order, OrderState
from actors.orders.order_book import OrderBook
from actors.orders.pending_deals import PendingDeals
from actors.orders.reconciliation import Age, ClockReading, deal_of_opened, find_match
from actors.values import AccountKind, Life
from actors.venues.base import Trading


class Ledger:
    """Decides by evidence only, and remembers which orders changed.

    Every method that takes in a fact answers with the events to publish. ``record`` has to journal the
    changes before any of them is published, and before an intended order is sent. ``now`` is by a clock that
    does not step, and may stand still while the machine is suspended; ``set_venue_clock`` says how far the
    venue's clock is ahead of it.
    """

    def __init__(
        self,
        orders: Iterable[Order],
        now: float,
        venue: Trading,
        grace: float = 2.0,
        age_of: Callable[[MachineTime | None], Age | None] = lambda _: None,
    ) -> None:
        """``orders`` are the journal's, oldest first. Those in flight may have been sent: they are in doubt.
        ``age_of`` says how long ago a moment was, ``None`` if that cannot be told.

        ``grace`` is how many seconds the bytes of a lost connection may take to reach the venue after the
        venue has listed the deals to a later connection.
        """
        self._venue = venue
        self._book = OrderBook(venue, grace)
        self.deals = self._book.deals
        self.pending_deals = PendingDeals(venue.reconciliation.stamp_grain)
        self._first_lists_due = {DealsOpen, DealsClosed} & venue.told_after_login
        for order in orders:
            self._book.restore(order, now, age_of(order.made))

    def __repr__(self) -> str:
        return (
            f"<Ledger: {len(self.orders_in_flight())} orders in flight, {len(self.orders_in_doubt())} of them"
            f" in doubt, {len(self.deals.open_deals())} deals open, {len(self.deals.closed_deals())} closed>"
        )

    def set_venue_clock(self, clock: ClockReading) -> None:
        """How far the venue's clock is ahead of ``now``. The first measurement also says when the orders in
        flight were made."""
        self._book.set_clock(clock)

    def intend(
        self, command: PlaceOrder, account: AccountKind, id: str, now: float, made: MachineTime | None = None
    ) -> Order:
        """The order to journal and then to send; ``made`` is now, by the clocks of the machine. One of its
        ``id`` that was not sent is forgotten for it.

        Raises ``NotSent`` while ``blocking`` names an order.
        """
        if other := self.blocking(command, account, now):
            raise NotSent(
                f"order {other.id} of {other.amount:f} on {other.asset} is still {other.state.value}"
            )
        if (first := self._book.get(id)) and first.state is not OrderState.NOT_SENT:
            raise LocalProtocolError(f"there is an order {id} already")
        self._book.step += 1
        order = Order(
            id,
            command.asset,
            command.amount,
            command.direction,
            command.duration,
            account,
            now + self._book.unresolved.clock.ahead,
            after=self.deals.before(command),
            made=made,
        )
        order = self._book.put(order.become(OrderState.JOURNALED))
        self._book.unresolved.track(order, self._book.step, now)
        return order

    def blocking(self, command: PlaceOrder, account: AccountKind, now: float) -> Order | None:
        """The order in flight that the answer to ``command`` could be taken for, or the other way round."""
        return self._book.unresolved.blocking(command, account, now)

    def count_open(self, now: float) -> int:
        """The deals that are open or may be, each counted once."""
        return self._book.unresolved.count(self.deals.open_records(), now)

    def record(self, persist: Callable[[Sequence[Order]], None]) -> None:
        """Have ``persist`` journal the orders that changed since the last time.

        If it raises, they come again with the next call, and the error is the caller's.
        """
        self._book.record(persist)

    def take_unlisted(self) -> bool:
        """Whether since the last call something was decided that no list tells again: that an answer of the
        venue contradicts itself, or that a deal is none of ours. If that, or what became of an order before,
        were forgotten, an order like the deal would take it."""
        return self._book.take_unlisted()

    def apply(self, event: Event, now: float) -> list[Event]:
        """Take in an event of the venue; one that concerns no deal changes nothing."""
        match event:
            case DealAccepted():
                return self.accepted(event, now)
            case DealRefused():
                return self.refused(event)
            case DealsOpen():
                return self.opened_listed(event, now)
            case DealsClosed():
                return self.closed(event, now)
            case ConnectionUp():
                self.login(event.life, now)
        return []

    def not_sent(self, id: str, reason: str) -> list[Event]:
        """The order never left this process; an event only if it was in doubt."""
        order = self._book.known(id)
        self._book.change(order, OrderState.NOT_SENT, reason)
        doubted = order.state is OrderState.UNKNOWN
        end: list[Event] = [OrderNotPlaced(id, order.asset, order.amount)] if doubted else []
        return [*end, *self._match()]

    def carried(self, id: str, life: Life) -> None:
        """The order was sent over that life."""
        if unresolved := self._book.unresolved.get(id):
            unresolved.carrier = life

    def overdue(self, id: str, reason: str, now: float = -math.inf) -> list[Event]:
        """No answer came by the deadline, on a connection that stands: a deal may still come of the order."""
        order = self._book.known(id)
        return [*self._book.doubt(order, reason), *self._match(now)] if order.in_flight else []

    def lost(self, id: str, reason: str, now: float) -> list[Event]:
        """The connection that carried the order has ended; no event if the order had its answer."""
        order = self._book.known(id)
        if not order.in_flight:
            return []
        self._book.step += 1
        self._book.tracked(id).connection_lost(self._book.step, now, self._book.unresolved.clock)
        return [*self._book.doubt(order, reason), *self._match()]

    def settle(
        self, id: str, opened: bool, reason: str, write: Callable[[Sequence[Order]], None]
    ) -> list[Event]:
        """A person says what became of an order in doubt. The one deal that may be the order's is taken for
        it; where there is none, or several, or it may as well be another's, the order is closed without one.

        ``write`` journals that before it holds: if it raises, nothing has changed. Raises ``RequestRefused``
        if the order is not in doubt, or without a reason.
        """
        order = self._book.get(id)
        if not reason.strip():
            raise RequestRefused("settling an order needs a reason")
        if order is None or order.state is not OrderState.UNKNOWN:
            state = "not known" if order is None else order.state.value
            raise RequestRefused(f"order {id!r} is not in doubt: it is {state}")
        unresolved, others = self._book.unresolved, self.pending_deals.others(self.deals)
        its = deal_of_opened(self._book.tracked(id), unresolved, others) if opened else None
        becomes = OrderState.OPEN if its else OrderState.CLOSED if opened else OrderState.NOT_PLACED
        said = f"settled by a person: {reason}"
        settled = order.become(becomes, deal=its.deal if its else None, reason=said)
        events: list[Event] = []
        with self._book.written_first(settled, write):
            self._book.step += 1
            if its:
                events += self._book.open(order, its, said)
            else:
                self._book.change(order, becomes, said)
            events += [OrderSettled(id, order.asset, order.amount, opened, reason), *self._match()]
        return events

    def login(self, life: Life, now: float) -> None:
        """A connection is authenticated: its first lists may prove that an order came to nothing."""
        self._book.step += 1
        self._book.unresolved.login(life, self._book.step, now)

    def logout(self, life: Life) -> None:
        """The life ended: no event that speaks against a verdict can come over it any more."""
        self._book.unresolved.logout(life)

    def accepted(self, event: DealAccepted, now: float = -math.inf) -> list[Event]:
        """The request id names the order of the deal, even an order that was given up. A deal that cannot be
        that order's puts an order in flight in doubt.

        A deal that is acknowledged to another request is another client's. One that is acknowledged to no
        request may be any order's that it fits. An answer that contradicts itself is no evidence for any
        order: the lists have the deal as it is.
        """
        self._book.step += 1
        order = self._book.get(event.request_id)
        known = self.deals.get(event.deal.id)
        if known and known.ownership is Ownership.OURS and known.order == event.request_id:
            return []  # the acknowledgement came twice
        if order and (problem := self._book.unresolved.contradiction(order, event.deal, known)):
            return [*self._book.contradict(order, event.deal, problem), *self._match()]
        if order and order.may_be_acknowledged:
            self.deals.take_acknowledged(event.deal)
        record = self.deals.take_open(event.deal, Ownership.UNCLAIMED, self._book.step, now, event.connection)
        if record.ownership is not Ownership.OURS and order is None and event.request_id:
            return [*self._book.mark_foreign(record, Ownership.FOREIGN), *self._match()]
        if order is None or not order.may_be_acknowledged:
            return self._match()
        return [*self._book.open(order, record), *self._match()]

    def refused(self, event: DealRefused) -> list[Event]:
        """The venue has refused an order that this must be, and nothing that followed speaks against it.

        Where a refusal names no request, it may be doubled, late or another client's. It is not believed of
        an order if a deal of its terms has turned up since, nor if its connection has ended: then only the
        lists of a login can tell. No event for an order that has its answer, or for one of another client.
        """
        order = self._book.get(event.order)
        if order is None or not order.in_flight:
            return []
        if not self._venue.refusals_name_orders:
            unresolved = self._book.tracked(order.id)
            if unresolved.lost is not None:
                return []
            if any(unresolved.may_fit(record) for record in self.deals):
                return [
                    *self._book.doubt(order, "it was refused, and a deal like it was opened"),
                    *self._match(),
                ]
        self._book.change(order, OrderState.REFUSED, event.reason)
        return [OrderRefused(order.id, order.asset, order.amount, event.reason), *self._match()]

    def opened_listed(self, event: DealsOpen, now: float) -> list[Event]:
        """The venue has listed the open deals."""
        self._book.step += 1
        ownership = Ownership.LISTED if self._is_first(event) else Ownership.UNCLAIMED
        self.deals.take_list(event.deals, ownership, self._book.step, now, event.connection)
        self._book.unresolved.on_shown(event, self.deals, now)
        if not event.complete:
            return self._match()
        listed = {deal.id for deal in event.deals}
        self.deals.drop_missing(listed, event.connection, now, now + self._book.unresolved.clock.ahead)
        lists = self._book.unresolved.on_list(event, math.inf, now)
        return [*self._book.doubt_contradicted(lists), *self._match()]

    def closed(self, event: DealsClosed, now: float) -> list[Event]:
        """Deals have ended, listed or just now. The end of each is published once, however often it comes,
        and again if a list corrects its result."""
        self._book.step += 1
        ownership = Ownership.PAST if event.listed and self._is_first(event) else Ownership.UNCLAIMED
        deals = sorted(event.deals, key=lambda deal: deal.closes_at)
        reach = self.deals.reach(deals, event.listed and self._book.unresolved.is_whole(event))
        records = [
            self.deals.take_closed(deal, ownership, self._book.step, listed=event.listed) for deal in deals
        ]
        self._book.unresolved.on_shown(event, self.deals, now)
        ended = [record for record in records if record and record.ownership is not Ownership.PAST]
        events: list[Event] = []
        if event.listed and event.complete:
            self.deals.extend_reach(deals, reach)
            events += self._book.doubt_contradicted(self._book.unresolved.on_list(event, reach, now))
            events += self._book.end_without_result()
        events += self._match()
        if event.listed and event.complete:
            for order in self._book.unresolved.advance(deals, reach, self.deals):
                self._book.put(order)
        for record in ended:
            self._book.finish(record)
            events.append(OrderClosed(record.deal))
        return events

    def check(self, now: float) -> list[Event]:
        """The verdicts that are due: orders of which the venue's lists prove that they came to nothing, or
        that a deal is theirs."""
        events: list[Event] = []
        for unresolved in self._book.unresolved.in_doubt():
            if self._book.unresolved.verdict_at(unresolved, self.deals) <= now:
                order = self._book.change(
                    unresolved.order, OrderState.NOT_PLACED, "the venue lists no such deal"
                )
                events.append(OrderNotPlaced(order.id, order.asset, order.amount))
        return events + self._match(now)

    def check_at(self, now: float = -math.inf) -> float | None:
        """When the next verdict is due, unless other evidence comes; ``None``: no verdict is to come."""
        doubts = self._book.unresolved.in_doubt()
        at = min((self._book.unresolved.verdict_at(each, self.deals) for each in doubts), default=math.inf)
        claims = [
            one.may_claim_at(record)
            for one in doubts
            if one.lost is None
            for record in self.deals
            if record.unaccounted and one.fits(record)
        ]
        at = min([at, *(claim for claim in claims if claim > now)])
        return None if at == math.inf else at

    def take_changed(self) -> list[Order]:
        """The orders that changed since the last call, each as it is now."""
        return self._book.take_changed()

    def order(self, id: str) -> Order | None:
        return self._book.get(id)

    def orders_in_flight(self) -> list[Order]:
        """The orders of which a deal may come, or has come, that we do not know of."""
        return self._book.unresolved.in_flight()

    def unknown(self, id: str) -> OrderUnknown:
        """The error for a caller that cannot wait any longer to know what became of the order."""
        reason = self._book.known(id).reason or "there is no answer yet"
        return OrderUnknown(f"it was sent, and its result is not known: {reason}", id)

    def doubts(self) -> list[Event]:
        """Each order in doubt, as its event."""
        return [
            OrderInDoubt(each.id, each.asset, each.amount, each.reason) for each in self.orders_in_doubt()
        ]

    def orders_in_doubt(self) -> list[Order]:
        return [unresolved.order for unresolved in self._book.unresolved.in_doubt()]

    def _is_first(self, event: Event) -> bool:
        """Whether it is the first list of its kind: the deals in it were there before us."""
        first = type(event) in self._first_lists_due
        self._first_lists_due.discard(type(event))
        return first

    def _match(self, now: float = -math.inf) -> list[Event]:
        """Give orders in doubt the deals that can only be theirs; announce deals that can be no order's."""
        events: list[Event] = []
        while found := find_match(list(self._book.unresolved), self.pending_deals.others(self.deals), now):
            unresolved, record = found
            events += self._book.open(unresolved.order, record)
        for record in self.deals.unclaimed():
            if not any(
                unresolved.order.in_flight and unresolved.may_fit(record)
                for unresolved in self._book.unresolved
            ):
                events += self._book.mark_foreign(record, Ownership.ORPHAN)
        return events
