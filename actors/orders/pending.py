"""The pending orders of this runtime: their states, decided from the venue's answers and lists."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import structs

from actors.errors import LocalProtocolError, NotSent, OrderUnknown, RequestRefused
from actors.messages.commands import PlacePendingOrder
from actors.messages.events import (
    DealsClosed,
    DealsOpen,
    Event,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
    OrderSettled,
    PendingAnswered,
    PendingOrderPlaced,
    PendingOrdersListed,
)
from actors.orders.order import GIVEN_UP, LEFT_IN_FLIGHT, Order, OrderState, PendingTerms
from actors.orders.order_table import OrderTable
from actors.orders.pending_evidence import PendingEvidence, UnresolvedPending, as_listed, difference
from actors.values import AccountKind, Life, PendingOrder
from actors.venues.base import Trading

CANCELLED: Final = "cancelled"
GONE: Final = "the venue no longer lists it: its deal was opened, or it was dropped or cancelled elsewhere"


class PendingLedger:
    """Decides by evidence only, as ``Ledger`` does for orders, and with the same duties of its caller.

    Every method that takes in a fact answers with the events to publish. ``now`` is by a clock that does not
    step.
    """

    def __init__(
        self, orders: Iterable[Order], own_deals: Iterable[Order], now: float, venue: Trading, grace: float
    ) -> None:
        """``orders`` are the journal's pending orders, oldest first. Those in flight may have been sent: they
        are in doubt. ``own_deals`` are its orders. ``grace`` is that of ``PendingEvidence``."""
        self._orders = OrderTable()
        self._unresolved: dict[str, UnresolvedPending] = {}
        self._owners: dict[str, str] = {}  # the id of the order by its ticket, while the venue has it
        self._placed: dict[str, UnresolvedPending] = {}  # by ticket: as they were until this process had that
        self._evidence = PendingEvidence(venue, grace)
        self.known, self.opened_of = self._evidence.known, self._evidence.opened_of
        self._evidence.keep_own_deals(order.deal for order in own_deals if order.deal is not None)
        for order in orders:
            self._restore(order)

    def __repr__(self) -> str:
        states = f"{self.count_placed()} placed, {len(self.in_flight())} in flight, {len(self.in_doubt())}"
        return f"<PendingLedger: {states} of them in doubt, {self._evidence!r}>"

    # What there is

    def order(self, id: str) -> Order | None:
        return self._orders.get(id)

    def of_ticket(self, ticket: str) -> Order | None:
        return self._orders.get(self._owners.get(ticket, ""))

    def listed(self) -> list[PendingOrder] | None:
        """The venue's pending orders as far as it has told of them; ``None`` before its first list."""
        return self._evidence.listed()

    def in_flight(self) -> list[Order]:
        """The orders of which it is not known whether the venue has them."""
        return [one.order for one in self._unresolved.values() if one.order.in_flight]

    def in_doubt(self) -> list[Order]:
        return [one.order for one in self._in_doubt()]

    def count_placed(self) -> int:
        """How many of ours the venue has."""
        return len(self._owners)

    def under_way(self) -> Order | None:
        """The order that was sent and that the venue has not answered yet."""
        orders = (one.order for one in self._unresolved.values())
        return next((order for order in orders if order.state is OrderState.JOURNALED), None)

    def blocking(self, command: PlacePendingOrder, now: float) -> Order | None:
        """An order in doubt of the same asset and amount. It no longer blocks when a deal of it would long be
        over."""
        for one in self._in_doubt():
            like = (one.order.asset, one.order.amount) == (command.asset, command.amount)
            if like and not self._evidence.is_over(one, now):
                return one.order
        return None

    def not_in_the_list(self, now: float) -> list[Order]:
        """The orders in doubt that the venue may have and has not listed yet: a list that lacks them is older
        than the doubt."""
        return [one.order for one in self._in_doubt() if self._evidence.not_listed_at(one) > now]

    def unknown(self, id: str) -> OrderUnknown:
        """The error for a caller that cannot wait any longer to know what became of the order."""
        return OrderUnknown(f"it was sent, and its result is not known: {self._known(id).reason}", id)

    def doubts(self) -> list[Event]:
        """Each order in doubt, as its event."""
        return [_in_doubt(order) for order in self.in_doubt()]

    def record(self, persist: Callable[[Sequence[Order]], None]) -> None:
        """As ``Ledger.record``."""
        self._orders.record(persist)

    # What becomes of an order

    def intend(
        self, command: PlacePendingOrder, account: AccountKind, id: str, created_at: float, now: float
    ) -> Order:
        """The order to journal and then to send; ``created_at`` is by the venue's clock. One of its ``id``
        that was not sent is forgotten for it.

        Raises ``NotSent`` while ``blocking`` names an order.
        """
        if other := self.blocking(command, now):
            raise NotSent(
                f"pending order {other.id} of {other.amount:f} on {other.asset} is still {other.state.value}"
            )
        if (first := self._orders.get(id)) and first.state is not OrderState.NOT_SENT:
            raise LocalProtocolError(f"there is a pending order {id} already")
        order = Order(
            id,
            command.asset,
            command.amount,
            command.direction,
            command.duration,
            account,
            created_at,
            after=self._evidence.closed_last(),
            pending=PendingTerms(command.minimum_payout, command.open_at, command.open_price),
        ).become(OrderState.JOURNALED)
        self._unresolved[id] = UnresolvedPending(order, self._evidence.step)
        self._put(order)
        return order

    def not_sent(self, id: str, reason: str) -> list[Event]:
        """The order never left this process; an event only if it was in doubt."""
        order = self._known(id)
        self._change(order, OrderState.NOT_SENT, reason)
        doubted = order.state is OrderState.UNKNOWN
        return [OrderNotPlaced(id, order.asset, order.amount)] if doubted else []

    def overdue(self, id: str, reason: str, now: float) -> list[Event]:
        """No answer came by the deadline, on a connection that stands: the venue may have it all the same."""
        order = self._known(id)
        return [*self._doubt(order, reason), *self._match(now)] if order.in_flight else []

    def lost(self, id: str, reason: str, now: float) -> list[Event]:
        """The connection that carried the order has ended; no event if the order had its answer."""
        order = self._known(id)
        if not order.in_flight:
            return []
        self._evidence.step += 1
        unresolved = self._unresolved[id]
        if unresolved.lost is None:
            unresolved.lost = self._evidence.step
        return [*self._doubt(order, reason), *self._match(now)]

    def placed(self, answer: PendingAnswered, now: float) -> list[Event]:
        """The venue has placed an order. Its answer names none of ours, so it is compared: it is the answer
        to the one of these terms. To the one under way it is a contradiction if it has other terms."""
        pending = answer.order
        assert pending is not None
        known = self._evidence.has(pending.ticket)
        self._evidence.keep_ticket(pending, answer.connection, now)
        if pending.ticket in self._owners:
            return self._match(now)
        like = [one for one in self._unresolved.values() if pending in self._its(one)]
        like.sort(key=lambda one: not one.order.in_flight)  # one that was given up comes last
        if like:
            return [*self._place(like[0].order, pending), *self._match(now)]
        order = self.under_way()
        if order is None or known:
            return self._match(now)
        problem = f"the venue's answer is not for what was asked: {difference(order, pending)}"
        return [*self._doubt(order, problem), *self._match(now)]

    def meant_by(self, refusal: PendingAnswered) -> str:
        """The id of the order that a refusal must mean; ``""`` if it may mean several, or none of ours. It is
        compared where it says what was refused."""
        meant = [
            one.order
            for one in self._unresolved.values()
            if one.order.in_flight
            and one.lost is None
            and (refusal.order is None or not difference(one.order, refusal.order))
        ]
        return meant[0].id if len(meant) == 1 else ""

    def refused(self, id: str, reason: str, now: float) -> list[Event]:
        """The venue has refused the order, and had the time to contradict that: as ``Ledger.refused``."""
        order = self._orders.get(id)
        if order is None or not order.in_flight or self._unresolved[id].lost is not None:
            return []
        if self._free(self._unresolved[id]):
            return [*self._doubt(order, "it was refused, and one like it was placed"), *self._match(now)]
        self._change(order, OrderState.REFUSED, reason)
        return [OrderRefused(id, order.asset, order.amount, reason)]

    def cancelling(self, ticket: str) -> None:
        """A cancellation of ``ticket`` is about to be sent; the journal has that too, if it is ours."""
        self._evidence.cancelling(ticket)
        if order := self.of_ticket(ticket):
            self._placed.pop(ticket, None)  # from now on, that no list has it may have this reason
            self._put(structs.replace(order, reason="its cancellation was sent"))

    def cancelled(self, ticket: str, connection: str, now: float) -> None:
        """The venue has cancelled it."""
        order = self.of_ticket(ticket)
        self._evidence.drop_ticket(ticket, connection, now)
        if order is not None:
            self._end(order, CANCELLED)

    def settle(
        self, id: str, opened: bool, reason: str, now: float, write: Callable[[Sequence[Order]], None]
    ) -> list[Event]:
        """A person says whether the venue has placed an order in doubt, as ``Ledger.settle``. The one ticket
        that may be the order's is taken for it; where there is none, or several, the order is closed."""
        order = self._orders.get(id)
        if not reason.strip():
            raise RequestRefused("settling an order needs a reason")
        if order is None or order.state is not OrderState.UNKNOWN:
            state = "not known" if order is None else order.state.value
            raise RequestRefused(f"order {id!r} is not in doubt: it is {state}")
        said, free = f"settled by a person: {reason}", self._free(self._unresolved[id])
        its = free[0] if opened and len(free) == 1 else None
        becomes = OrderState.PENDING if its else OrderState.CLOSED if opened else OrderState.NOT_PLACED
        settled = _with_ticket(order, its.ticket) if its else order
        events: list[Event] = []
        with self._orders.written_first(settled.become(becomes, reason=said), write):
            if its:
                events += self._place(order, its, said)
            else:
                self._change(order, becomes, said)
            events += [OrderSettled(id, order.asset, order.amount, opened, reason), *self._match(now)]
        return events

    # The venue's lists

    def login(self, life: Life) -> None:
        """A connection is authenticated: its first lists may prove that nothing came of an order."""
        self._evidence.login(life)

    def logout(self, life: Life) -> None:
        self._evidence.logout(life)

    def listed_now(self, event: PendingOrdersListed, now: float) -> list[Event]:
        """The venue has listed the pending orders."""
        self._evidence.take_list(event, now)
        for unresolved in self._in_doubt():
            self._evidence.note_absence(unresolved)
        events: list[Event] = []
        for ticket in [each for each in self._owners if not self._evidence.has(each)]:
            placed = self._placed.get(ticket)
            if placed and self._evidence.is_imagined(placed, ticket):
                events += self._doubt_placed(placed, ticket, now)
            elif order := self.of_ticket(ticket):
                self._end(order, GONE)
        return events + self._match(now)

    def deals_listed(self, event: DealsOpen | DealsClosed | OrderOpened, now: float) -> None:
        """Deals that may have come of an order in doubt, or that are an order's of ours."""
        match event:
            case DealsOpen():
                self._evidence.take_open_deals(event, now)
            case DealsClosed():
                self._evidence.take_closed_deals(event, now)
            case OrderOpened(deal=deal):
                self._evidence.keep_own_deals([deal])

    def check(self, now: float) -> list[Event]:
        """The verdicts that are due: orders of which the venue's lists prove that nothing came of them."""
        events: list[Event] = []
        for unresolved in self._in_doubt():
            if self._evidence.verdict_at(unresolved) <= now:
                order = self._change(unresolved.order, OrderState.NOT_PLACED, "the venue lists no such order")
                events.append(OrderNotPlaced(order.id, order.asset, order.amount))
        return events

    def check_at(self, now: float) -> float | None:
        """When the next verdict is due, or a list becomes newer than a doubt; ``None``: never, as it is."""
        times = [
            at
            for one in self._in_doubt()
            for at in (self._evidence.verdict_at(one), self._evidence.not_listed_at(one))
        ]
        return min((at for at in times if now < at < math.inf), default=None)

    def _restore(self, order: Order) -> None:
        self._orders.keep(order)
        if order.state is OrderState.JOURNALED:
            order = order.become(OrderState.UNKNOWN, reason=LEFT_IN_FLIGHT)
            self._put(order)
        if order.state is OrderState.UNKNOWN:
            step = self._evidence.step
            self._unresolved[order.id] = UnresolvedPending(order, step, lost=step)
        elif order.state is OrderState.PENDING:
            pending = as_listed(order)
            self._owners[pending.ticket] = order.id
            self._evidence.keep_ticket(pending)

    def _in_doubt(self) -> list[UnresolvedPending]:
        return [one for one in self._unresolved.values() if one.order.state is OrderState.UNKNOWN]

    def _known(self, id: str) -> Order:
        order = self._orders.get(id)
        if order is None:
            raise LocalProtocolError(f"there is no pending order {id}")
        return order

    def _free(self, unresolved: UnresolvedPending) -> list[PendingOrder]:
        """The tickets that may be the order's, and are no other's of ours."""
        return [each for each in self._evidence.fitting(unresolved) if each.ticket not in self._owners]

    def _its(self, unresolved: UnresolvedPending) -> list[PendingOrder]:
        """Those of them that are what was asked for."""
        return [each for each in self._free(unresolved) if not difference(unresolved.order, each)]

    def _doubt(self, order: Order, reason: str) -> list[Event]:
        """The event that the order is in doubt, unless it was already."""
        if order.state is OrderState.UNKNOWN:
            return []
        return [_in_doubt(self._change(order, OrderState.UNKNOWN, reason))]

    def _match(self, now: float) -> list[Event]:
        """Give each order without an answer the only ticket that can be its and no other order's. One that
        was given up yields to one in flight: a caller that was told so may have repeated it."""
        if not self._evidence.tickets() - self._owners.keys():
            return self.check(now)
        events: list[Event] = []
        unanswered = [one for one in self._unresolved.values() if one.order.state is not OrderState.JOURNALED]
        for one in unanswered:
            free = self._free(one)
            rivals = [
                other
                for other in self._unresolved.values()
                if other is not one
                and (other.order.in_flight or not one.order.in_flight)
                and any(ticket in self._free(other) for ticket in free)
            ]
            if len(free) == 1 and self._its(one) and not rivals:
                events += self._place(one.order, free[0])
        return events + self.check(now)

    def _doubt_placed(self, one: UnresolvedPending, ticket: str, now: float) -> list[Event]:
        """The ticket that the order was acknowledged by is none that the venue has, or has had."""
        order = self.of_ticket(ticket)
        del self._owners[ticket], self._placed[ticket]
        assert order is not None
        self._unresolved[order.id] = one
        one.lost, one.absent_at = self._evidence.step, now  # nothing is under way: the venue has answered
        return self._doubt(_with_ticket(order, ""), f"the venue's list lacks its ticket {ticket}")

    def _place(self, order: Order, pending: PendingOrder, reason: str = "") -> list[Event]:
        self._placed[pending.ticket] = self._unresolved[order.id]
        order = self._change(_with_ticket(order, pending.ticket), OrderState.PENDING, reason)
        self._owners[pending.ticket] = order.id
        return [PendingOrderPlaced(order.id, pending)]

    def _end(self, order: Order, reason: str) -> None:
        assert order.pending is not None
        self._owners.pop(order.pending.ticket, None)
        self._placed.pop(order.pending.ticket, None)
        self._change(order, OrderState.CLOSED, reason)

    def _change(self, order: Order, state: OrderState, reason: str = "") -> Order:
        order = order.become(state, reason=reason)
        unresolved = self._unresolved.get(order.id)
        if unresolved is not None:
            unresolved.order = order
            if not (order.in_flight or order.state in GIVEN_UP):
                del self._unresolved[order.id]
        self._put(order)
        return order

    def _put(self, order: Order) -> None:
        self._unresolved.pop(self._orders.put(order), None)


def _with_ticket(order: Order, ticket: str) -> Order:
    assert order.pending is not None
    return structs.replace(order, pending=structs.replace(order.pending, ticket=ticket))


def _in_doubt(order: Order) -> OrderInDoubt:
    return OrderInDoubt(order.id, order.asset, order.amount, order.reason)
