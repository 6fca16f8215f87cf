"""The orders and deals that a table shows, taken from events and from the router's answers."""

import threading
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from actors.arithmetic import plus
from actors.messages.events import (
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    OrderSettled,
    PendingOrderPlaced,
    PendingOrdersListed,
)
from actors.values import Deal, PendingOrder

DAY = 86_400

NOTHING = Decimal(0)


class Trades(Struct, frozen=True):
    """The trades of one moment: open deals by their end, those that closed today (UTC), the latest first,
    pending orders, and orders in doubt. ``known``: the router has answered once what there is."""

    known: bool = False
    opened: tuple[Deal, ...] = ()
    closed: tuple[Deal, ...] = ()
    pending: tuple[PendingOrder, ...] = ()
    doubts: tuple[OrderInDoubt, ...] = ()

    @property
    def profit(self) -> Decimal:
        """What the deals of today came to."""
        total = NOTHING
        for deal in self.closed:
            total = plus(total, deal.profit or NOTHING)
        return total

    @property
    def staked(self) -> Decimal:
        total = NOTHING
        for deal in self.opened:
            total = plus(total, deal.amount)
        return total


class DealBook:
    """Any thread may tell it, and read it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, Deal] = {}
        self._closed: dict[str, Deal] = {}
        self._pending: tuple[PendingOrder, ...] = ()
        self._doubts: dict[str, OrderInDoubt] = {}
        self._known = False

    @property
    def open_count(self) -> int:
        return len(self._open)

    def take(self, event: Any) -> None:
        """Take an event; most are none of its business."""
        with self._lock:
            match event:
                case OrderOpened(order=order, deal=deal):
                    self._doubts.pop(order, None)
                    self._put(deal)
                case OrderOrphan(deal=deal) | OrderClosed(deal=deal):
                    self._put(deal)
                case OrderInDoubt():
                    self._doubts[event.order] = event
                case (
                    OrderRefused(order=order)
                    | OrderNotPlaced(order=order)
                    | OrderSettled(order=order)
                    | PendingOrderPlaced(order=order)
                ):
                    self._doubts.pop(order, None)
                case PendingOrdersListed(orders=orders):
                    self._pending = tuple(orders)

    def take_deals(self, opened: Iterable[Deal], closed: Iterable[Deal]) -> None:
        """Take the router's lists of all deals."""
        with self._lock:
            self._open = {deal.id: deal for deal in opened}
            for deal in closed:
                self._put(deal)
            self._known = True

    def take_pending(self, orders: Iterable[PendingOrder]) -> None:
        with self._lock:
            self._pending = tuple(orders)

    def trades(self, now: float) -> Trades:
        """``now`` is by the venue's clock. Deals of earlier days are forgotten."""
        began = now // DAY * DAY
        with self._lock:
            self._closed = {id: deal for id, deal in self._closed.items() if deal.closes_at >= began}
            closed = sorted(self._closed.values(), key=lambda deal: deal.closes_at, reverse=True)
            opened = sorted(self._open.values(), key=lambda deal: deal.closes_at)
            doubts = tuple(self._doubts.values())
            return Trades(self._known, tuple(opened), tuple(closed), self._pending, doubts)

    def _put(self, deal: Deal) -> None:
        if deal.outcome is not None:
            self._open.pop(deal.id, None)
            self._closed[deal.id] = deal
        elif deal.id not in self._closed:
            self._open[deal.id] = deal
