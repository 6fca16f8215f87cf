"""The book of our orders: what each has become, told from the venue's words and lists."""

import math
from collections.abc import Iterable
from typing import Final

from actors.errors import LocalProtocolError, NotSent
from actors.messages.commands import PlaceOrder
from actors.messages.events import (
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    Event,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
)
from actors.orders.deals import DealRecord, Deals, Ownership
from actors.orders.order import GIVEN_UP, SETTLED, UNFINISHED, Order, OrderState
from actors.orders.reconciliation import LoginSnapshot, UnresolvedOrder, latest_end, match
from actors.values import AccountKind, Deal
from actors.venues.base import Trading

FINISHED_KEPT: Final = 1_000


class Ledger:
    """Decides by evidence only, and remembers which orders changed.

    Every method that takes a word in answers with the events to publish; before any is published, and
    before an intended order is sent, ``take_changed`` is to be journaled. ``now`` is UTC by a clock that
    does not step.
    """

    def __init__(self, orders: Iterable[Order], now: float, venue: Trading, grace: float = 2.0) -> None:
        """``orders`` are the journal's, oldest first; those in flight may have been sent: they are in doubt.

        ``grace`` is how long, in seconds, bytes of a lost connection may take to reach the venue after
        it has listed the deals to a later one.
        """
        self._grace = grace
        self._step = 0
        self._orders: dict[str, Order] = {}
        self._claims: dict[str, UnresolvedOrder] = {}
        self._finished: dict[str, None] = {}  # ids, oldest first
        self._changed: dict[str, Order] = {}
        self._venue = venue
        self._deals = Deals(venue.reconciliation.result_overdue)
        self._logins: dict[str, LoginSnapshot] = {}
        self._first_due = {DealsOpen, DealsClosed} & venue.told_after_login
        for order in orders:
            self._restore(order, now)

    def intend(self, command: PlaceOrder, account: AccountKind, id: str, now: float) -> Order:
        """The order to journal and then to send.

        Raises ``NotSent`` while a like one (account, asset, amount) is in flight, where the venue's refusals
        do not name the order: their answers could not be told apart.
        """
        for other in () if self._venue.refusals_name_orders else self.orders_in_flight():
            if (other.account, other.asset, other.amount) == (account, command.asset, command.amount):
                raise NotSent(
                    f"order {other.id} of {other.amount:f} on {other.asset} is still {other.state.value}"
                )
        if id in self._orders:
            raise LocalProtocolError(f"there is an order {id} already")
        self._step += 1
        order = Order(id, command.asset, command.amount, command.direction, command.duration, account, now)
        order = self._put(order.become(OrderState.JOURNALED))
        self._claims[id] = self._unresolved(order)
        return order

    def not_sent(self, id: str, reason: str) -> list[Event]:
        """The order never left our side."""
        self._change(self._known(id), OrderState.NOT_SENT, reason)
        return self._settle()

    def overdue(self, id: str, reason: str) -> list[Event]:
        """No answer by the deadline, on a connection that stands: a deal may still come of it."""
        order = self._known(id)
        return [*self._doubt(order, reason), *self._settle()] if order.in_flight else []

    def lost(self, id: str, reason: str, now: float) -> list[Event]:
        """The connection that carried the order is gone; no news if the order had its answer."""
        order = self._known(id)
        if not order.in_flight:
            return []
        self._step += 1
        self._claims[id].lose(self._step, now)
        return [*self._doubt(order, reason), *self._settle()]

    def login(self, connection: str, epoch: int) -> None:
        """A connection is authenticated: its first lists may prove that an order came to nothing."""
        self._step += 1
        self._logins[connection] = LoginSnapshot(
            epoch, self._step, self._venue.reconciliation.closed_deals_listed
        )

    def logout(self, connection: str, epoch: int) -> None:
        """That life ended: what would have spoken against a verdict can no longer be heard on it."""
        login = self._logins.get(connection)
        if login and login.epoch == epoch:
            del self._logins[connection]

    def accepted(self, event: DealAccepted) -> list[Event]:
        """The request id decides whose the deal is, whatever we had thought of that order."""
        self._step += 1
        entry = self._deals.take_open(event.deal, Ownership.UNCLAIMED, self._step)
        order = self._orders.get(event.request_id)
        if entry.standing is Ownership.OURS:
            return []
        if order is None or not (order.in_flight or order.state in GIVEN_UP):
            return [*self._disown(entry, Ownership.FOREIGN), *self._settle()]
        return [*self._open(order, entry), *self._settle()]

    def refused(self, event: DealRefused) -> list[Event]:
        """No news for an order that has its answer, or for one of another client."""
        order = self._orders.get(event.order)
        if order is None or not order.in_flight:
            return []
        self._change(order, OrderState.REFUSED, event.reason)
        return [OrderRefused(order.id, order.asset, order.amount, event.reason), *self._settle()]

    def opened_listed(self, event: DealsOpen, now: float) -> list[Event]:
        self._step += 1
        standing = Ownership.LISTED if self._is_first(event) else Ownership.UNCLAIMED
        for deal in event.deals:
            self._deals.take_open(deal, standing, self._step)
        if event.complete:
            self._deals.drop_missing({deal.id for deal in event.deals}, now)
            if login := self._login(event):
                login.show_open(now)
        return self._settle()

    def closed(self, event: DealsClosed, now: float) -> list[Event]:
        """Deals that ended, listed or just now; each end is told once, whoever tells of it again."""
        self._step += 1
        standing = Ownership.PAST if event.listed and self._is_first(event) else Ownership.UNCLAIMED
        entries = [self._deals.take_closed(deal, standing, self._step) for deal in event.deals]
        ended = [entry for entry in entries if entry and entry.standing is not Ownership.PAST]
        if event.listed and event.complete and (login := self._login(event)):
            login.show_closed([latest_end(deal, self._owner(deal)) for deal in event.deals], now)
        events = self._settle()
        for entry in ended:
            self._finish(entry)
            events.append(OrderClosed(entry.deal))
        return events

    def check(self, now: float) -> list[Event]:
        """The verdicts that are due: orders of which the venue's lists show that they came to nothing."""
        events: list[Event] = []
        for claim in self._doubts():
            if self._verdict_at(claim) <= now:
                order = self._change(claim.order, OrderState.NOT_PLACED, "the venue lists no such deal")
                events.append(OrderNotPlaced(order.id, order.asset, order.amount))
        return events + self._settle()

    def check_at(self) -> float | None:
        """When ``check`` will next have something to say, unless other evidence comes; ``None``: never."""
        at = min(map(self._verdict_at, self._doubts()), default=math.inf)
        return None if at == math.inf else at

    def take_changed(self) -> list[Order]:
        """The orders that changed since the last call, each as it is now."""
        changed, self._changed = self._changed, {}
        return list(changed.values())

    def put_back(self, orders: Iterable[Order]) -> None:
        """They could not be journaled: they come again, unless they change before."""
        self._changed = {order.id: order for order in orders} | self._changed

    def order(self, id: str) -> Order | None:
        return self._orders.get(id)

    def orders_in_flight(self) -> list[Order]:
        """Those of which a deal may come that we do not know of."""
        return [claim.order for claim in self._claims.values() if claim.order.in_flight]

    def orders_in_doubt(self) -> list[Order]:
        return [claim.order for claim in self._doubts()]

    def deal(self, id: str) -> Deal | None:
        """The deal as last told of, ours or not."""
        entry = self._deals.get(id)
        return entry.deal if entry else None

    def open_deals(self) -> list[Deal]:
        return self._deals.open()

    def closed_deals(self) -> list[Deal]:
        """Oldest first."""
        return self._deals.closed()

    def _restore(self, order: Order, now: float) -> None:
        self._keep(order)
        if order.state is OrderState.JOURNALED:
            order = self._put(order.become(OrderState.UNKNOWN, reason="it was in flight when we stopped"))
        if order.state is OrderState.UNKNOWN:
            claim = self._claims[order.id] = self._unresolved(order)
            claim.lose(self._step, now)
        if order.deal is not None:
            self._deals.add(DealRecord(order.deal, Ownership.OURS, self._step, order.id))

    def _unresolved(self, order: Order) -> UnresolvedOrder:
        return UnresolvedOrder(order, self._step, self._venue.reconciliation.stamp_grain)

    def _known(self, id: str) -> Order:
        if id not in self._orders:
            raise LocalProtocolError(f"there is no order {id}")
        return self._orders[id]

    def _is_first(self, event: Event) -> bool:
        """Whether it is the first list of its kind: it tells of what was before us."""
        first = type(event) in self._first_due
        self._first_due.discard(type(event))
        return first

    def _login(self, event: DealsOpen | DealsClosed) -> LoginSnapshot | None:
        login = self._logins.get(event.connection)
        return login if login and login.epoch == event.epoch else None

    def _doubts(self) -> list[UnresolvedOrder]:
        return [claim for claim in self._claims.values() if claim.order.state is OrderState.UNKNOWN]

    def _verdict_at(self, claim: UnresolvedOrder) -> float:
        """When it is sure that the order came to nothing; infinity while there is no proof or a doubt."""
        shown_at = min((login.would_show(claim) for login in self._logins.values()), default=math.inf)
        if shown_at == math.inf or any(claim.may_fit(entry) for entry in self._deals):
            return math.inf
        return shown_at + self._grace

    def _doubt(self, order: Order, reason: str) -> list[Event]:
        if order.state is OrderState.UNKNOWN:
            return []
        self._change(order, OrderState.UNKNOWN, reason)
        return [OrderInDoubt(order.id, order.asset, order.amount, reason)]

    def _settle(self) -> list[Event]:
        """Give orders in doubt the deals that can only be theirs; announce those that can be nobody's."""
        events: list[Event] = []
        while found := match(self._claims.values(), self._deals):
            claim, entry = found
            events += self._open(claim.order, entry)
        for entry in self._deals.unclaimed():
            if not any(claim.order.in_flight and claim.fits(entry) for claim in self._claims.values()):
                events += self._disown(entry, Ownership.ORPHAN)
        return events

    def _open(self, order: Order, entry: DealRecord) -> list[Event]:
        events: list[Event] = [OrderOpened(order.id, entry.deal)]
        if order.state in GIVEN_UP and not entry.announced:
            events.append(OrderOrphan(entry.deal))
        untold = entry.closed and entry.standing is Ownership.PAST
        entry.standing, entry.order = Ownership.OURS, order.id
        self._change(order, OrderState.OPEN, deal=entry.deal)
        if entry.closed:
            self._finish(entry)
        return [*events, OrderClosed(entry.deal)] if untold else events

    def _owner(self, deal: Deal) -> Order | None:
        entry = self._deals.get(deal.id)
        return self._orders.get(entry.order) if entry else None

    def _finish(self, entry: DealRecord) -> None:
        order = self._owner(entry.deal)
        if order and order.state is OrderState.OPEN:
            self._change(order, OrderState.CLOSED, deal=entry.deal)

    def _disown(self, entry: DealRecord, standing: Ownership) -> list[Event]:
        announced, entry.standing = entry.announced, standing
        return [] if announced else [OrderOrphan(entry.deal)]

    def _change(
        self, order: Order, state: OrderState, reason: str = "", *, deal: Deal | None = None
    ) -> Order:
        order = order.become(state, deal=deal, reason=reason)
        if claim := self._claims.get(order.id):
            claim.order = order
            if state in SETTLED:
                del self._claims[order.id]
        return self._put(order)

    def _put(self, order: Order) -> Order:
        self._changed[order.id] = order
        self._keep(order)
        return order

    def _keep(self, order: Order) -> None:
        self._orders[order.id] = order
        self._finished.pop(order.id, None)
        if order.state in UNFINISHED:
            return
        self._finished[order.id] = None
        if len(self._finished) > FINISHED_KEPT:
            oldest = next(iter(self._finished))
            del self._finished[oldest], self._orders[oldest]
            self._claims.pop(oldest, None)
