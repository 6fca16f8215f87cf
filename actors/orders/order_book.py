"""The ledger's book: the orders and the deals in memory, and the steps from one state to the next."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from msgspec import structs

from actors.errors import LocalProtocolError
from actors.messages.events import Event, OrderClosed, OrderInDoubt, OrderOpened, OrderOrphan
from actors.orders.acknowledged import AcknowledgedOrders
from actors.orders.deals import DealRecord, Deals, Ownership
from actors.orders.order import GIVEN_UP, LEFT_IN_FLIGHT, Order, OrderState
from actors.orders.order_table import OrderTable
from actors.orders.reconciliation import Age, ClockReading, LifeLists, UnresolvedOrder
from actors.orders.unresolved import UnresolvedOrders
from actors.values import Deal
from actors.venues.base import Trading


class OrderBook:
    """Keeps what the ledger has decided, in step: an order that changes is to be journaled, and it is
    unresolved as long as it is not known which deal is its. ``step`` counts the facts taken in: what was
    known before what, by no clock.
    """

    def __init__(self, venue: Trading, grace: float) -> None:
        """``grace`` is that of ``Ledger``."""
        self._orders = OrderTable()
        self.unresolved = UnresolvedOrders(venue, grace)
        self._acknowledged = AcknowledgedOrders()
        self.deals = Deals(venue.reconciliation.result_overdue, notes_contradictions=True)
        self.step = 0
        self._unlisted = False

    def __repr__(self) -> str:
        return f"<OrderBook: {self._orders!r}, {self.deals!r}>"

    def get(self, id: str) -> Order | None:
        return self._orders.get(id)

    def set_clock(self, clock: ClockReading) -> None:
        """As ``Ledger.set_venue_clock``."""
        if clock is self.unresolved.clock:
            return  # as with most messages of the desk
        self._acknowledged.on_venue_clock(clock)
        list(map(self.put, self.unresolved.set_clock(clock)))

    def record(self, persist: Callable[[Sequence[Order]], None]) -> None:
        """As ``Ledger.record``."""
        self._orders.record(persist)

    def written_first(
        self, order: Order, write: Callable[[Sequence[Order]], None]
    ) -> AbstractContextManager[None]:
        """As ``OrderTable.written_first``."""
        return self._orders.written_first(order, write)

    def take_changed(self) -> list[Order]:
        """As ``Ledger.take_changed``."""
        return self._orders.take_changed()

    def take_unlisted(self) -> bool:
        """As ``Ledger.take_unlisted``."""
        taken, self._unlisted = self._unlisted, False
        return taken

    def restore(self, order: Order, now: float, age: Age | None) -> None:
        """``order`` is the journal's, and ``age`` its age, if that can be told."""
        self._orders.keep(order)
        made_at = now - age.elapsed if age else None
        if order.state is OrderState.JOURNALED:
            order = self.put(order.become(OrderState.UNKNOWN, reason=LEFT_IN_FLIGHT))
        if order.state is OrderState.UNKNOWN:
            one = self.unresolved.track(order, self.step, made_at, age)
            one.connection_lost(self.step, now, self.unresolved.clock)
        elif order.deal is not None:
            record = DealRecord(order.deal, Ownership.OURS, self.step, order.id)
            self.deals.add(record, ended=order.state is OrderState.CLOSED)
            if order.state is OrderState.OPEN:
                record.told = now
                one = self.unresolved.track(order, self.step, made_at, age)
                self.unresolved.update(order)
                self._acknowledged.add(one, record, self.step, self.unresolved.clock)

    def tracked(self, id: str) -> UnresolvedOrder:
        unresolved = self.unresolved.get(id)
        assert unresolved is not None  # an order in flight is unresolved
        return unresolved

    def known(self, id: str) -> Order:
        order = self._orders.get(id)
        if order is None:
            raise LocalProtocolError(f"there is no order {id}")
        return order

    def doubt_contradicted(self, lists: LifeLists | None) -> list[Event]:
        """The events of the orders whose deal was acknowledged, and is none that the venue has."""
        events: list[Event] = []
        for one, record in self._acknowledged.take_contradicted(lists) if lists else ():
            self.deals.discard(record)
            events += self._doubt_opened(one, "the venue's lists lack its deal")
        return events

    def end_without_result(self) -> list[Event]:
        """Our deals are over whose result is overdue: those that no list has had are in doubt."""
        events: list[Event] = []
        for record in self.deals.take_without_result():
            order = self._owner(record.deal)
            if one := self._acknowledged.take(order):
                self.deals.discard(record)
                events += self._doubt_opened(one, "no list of the venue has had its deal")
            elif order and order.state is OrderState.OPEN:
                reason = "its result is not known: the venue lists it no more"
                self.change(order, OrderState.CLOSED, reason, deal=record.deal)
        return events

    def _doubt_opened(self, one: UnresolvedOrder, reason: str) -> list[Event]:
        self.unresolved.readmit(one)
        return self.doubt(one.order, f"{reason} {one.order.deal.id if one.order.deal else ''}")

    def doubt(self, order: Order, reason: str) -> list[Event]:
        """The event that the order is in doubt, unless it was already."""
        if order.state is OrderState.UNKNOWN:
            return []
        self.change(order, OrderState.UNKNOWN, reason)
        return [OrderInDoubt(order.id, order.asset, order.amount, reason)]

    def contradict(self, order: Order, deal: Deal, problem: str) -> list[Event]:
        """The venue's answer names ``order`` and cannot be right: what became of it is not known."""
        if not order.in_flight or (order.deal is not None and order.deal.id == deal.id):
            return []
        reason = f"the venue's answer is not for what was asked: {problem}"
        order = order.contradicted(deal, reason)
        self.unresolved.update(order)
        self.put(order)
        self._unlisted = True
        return [OrderInDoubt(order.id, order.asset, order.amount, reason)]

    def open(self, order: Order, record: DealRecord, reason: str = "") -> list[Event]:
        events: list[Event] = [OrderOpened(order.id, record.deal)]
        if order.state in GIVEN_UP and not record.announced:
            events.append(OrderOrphan(record.deal))
        end_unpublished = record.closed and record.ownership is Ownership.PAST
        record.ownership, record.order = Ownership.OURS, order.id
        unresolved = self.unresolved.get(order.id)
        self.change(order, OrderState.OPEN, reason, deal=record.deal)
        if unresolved:
            self._acknowledged.add(unresolved, record, self.step, self.unresolved.clock)
        if record.closed:
            self.finish(record)
        return [*events, OrderClosed(record.deal)] if end_unpublished else events

    def _owner(self, deal: Deal) -> Order | None:
        record = self.deals.get(deal.id)
        return self._orders.get(record.order) if record else None

    def finish(self, record: DealRecord) -> None:
        order = self._owner(record.deal)
        if order and order.state is OrderState.OPEN:
            self.change(order, OrderState.CLOSED, deal=record.deal)
        elif order and order.state is OrderState.CLOSED and order.deal != record.deal:
            self.put(structs.replace(order, deal=record.deal))  # its result was corrected

    def mark_foreign(self, record: DealRecord, ownership: Ownership) -> list[Event]:
        """The deal is no order's; it is announced once."""
        announced, record.ownership = record.announced, ownership
        self._unlisted = True
        if ownership is Ownership.FOREIGN:
            for one in [*self.unresolved, *self._acknowledged]:
                if one.rule_out(record.deal):
                    self.put(one.order)
        return [] if announced else [OrderOrphan(record.deal)]

    def change(self, order: Order, state: OrderState, reason: str = "", *, deal: Deal | None = None) -> Order:
        order = order.become(state, deal=deal, reason=reason)
        self.unresolved.update(order)
        self._acknowledged.update(order)
        return self.put(order)

    def put(self, order: Order) -> Order:
        self.unresolved.forget(self._orders.put(order))
        return order
