"""The pending desk: orders that the exchange keeps until their time or their price comes."""

import asyncio
from functools import partial
from typing import Literal

import msgspec

from actors.values import AccountKind
from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.order import (
    Delayed,
    Doubled,
    LostAfter,
    LostBefore,
    OrderFault,
    RefusedOrder,
)
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes
from runtime.practice.server.alarms import Alarms
from runtime.practice.server.clock import ExchangeClock, read_stamp
from runtime.practice.server.connection import ClientConnection
from runtime.practice.server.event_routes import Route, Routes
from runtime.practice.trading.book import Book
from runtime.practice.trading.dealer import Dealer
from runtime.practice.trading.orders import COMMANDS, MALFORMED, KeptOrder, OrderRequest, money
from runtime.practice.trading.pushes import AccountPush, AccountPushes

_AT_TIME = 0


class _OpenPending(msgspec.Struct, rename="camel"):
    open_type: Literal[0, 1]
    amount: int | float
    asset: str
    open_time: str
    open_price: int | float
    timeframe: int
    min_payout: int
    command: Literal[0, 1]


class _CancelPending(msgspec.Struct):
    ticket: str


class PendingOrders:
    """Each order is tried once: if it cannot be executed when it is due, it is dropped. The oldest active
    order fault is applied to each that is asked for; ``Stranger`` changes nothing here."""

    def __init__(
        self,
        dealer: Dealer,
        book: Book,
        quotes: Quotes,
        pushes: AccountPushes,
        faults: ActiveFaults,
        clock: ExchangeClock,
    ) -> None:
        self._faults = faults
        self._dealer = dealer
        self._book = book
        self._quotes = quotes
        self._pushes = pushes
        self._clock = clock
        self._alarms = Alarms(clock)
        self.routes: Routes = {
            "openPendingOrder": Route(_OpenPending, self._open, refuse=self._refuse_malformed),
            "cancelPendingOrder": Route(_CancelPending, self._cancel, refuse=_refuse_malformed_cancel),
        }

    def start(self) -> None:
        """Watch every order in the book; called again after a change of the clock."""
        for pending in self._book.pending.values():
            self._watch(pending)

    def stop(self) -> None:
        self._alarms.clear()

    def _open(self, client: ClientConnection, request: _OpenPending) -> None:
        pending = self._build(client, request)
        fault = self._faults.take(OrderFault)
        if isinstance(fault, LostBefore):
            if fault.drop:
                client.abort()
            return
        if error := self._refusal(pending, fault):
            refused = {"data": {"data": pending.as_refused(self._book.uid)} | error}
            self._answer(client, "failopenPendingOrder", refused, fault)
            return
        self._book.pending[pending.ticket] = pending
        self._answer(client, "successopenPendingOrder", {"data": pending.as_created()}, fault)
        self._pushes.tell_all(AccountPush.PENDING)
        self._watch(pending)

    def _answer(self, client: ClientConnection, name: str, payload: object, fault: OrderFault | None) -> None:
        match fault:
            case LostAfter(drop=drop):
                if drop:
                    client.abort()
            case Delayed(seconds=seconds):
                asyncio.get_running_loop().call_later(seconds, client.emit, name, payload)
            case Doubled():
                client.emit(name, payload)
                client.emit(name, payload)
            case _:
                client.emit(name, payload)

    def _refuse_malformed(self, client: ClientConnection, payload: dict[str, object]) -> None:
        """An amount as text, a duration with a fraction, a field that is missing (protocol 1.7.10)."""
        order = payload | {"uid": self._book.uid, "isDemo": int(client.login.demo)}
        client.emit("failopenPendingOrder", {"data": {"data": order, "error": MALFORMED}})

    def _build(self, client: ClientConnection, request: _OpenPending) -> KeptOrder:
        order = OrderRequest(
            request.asset,
            money(request.amount),
            COMMANDS[request.command],
            request.timeframe,
            AccountKind.DEMO if client.login.demo else AccountKind.LIVE,
        )
        now = self._clock.now()
        by_time = request.open_type == _AT_TIME
        listing = LISTINGS.get(request.asset)
        return KeptOrder(
            id=next(self._book.pending_ids),
            order=order,
            minimum_payout=request.min_payout,
            created_at=int(now),
            open_at=_read_time(request.open_time) if by_time else None,
            open_price=0 if by_time else request.open_price,
            rising=listing is not None and self._quotes.price(listing, now) < request.open_price,
        )

    def _refusal(self, pending: KeptOrder, fault: OrderFault | None) -> dict[str, object] | None:
        if isinstance(fault, RefusedOrder):
            return {"error": fault.error}
        if pending.open_at is None and pending.open_price <= 0:
            return {"error": "OPEN_PRICE"}
        if pending.open_at is not None and pending.open_at <= self._clock.now():
            return {"error": "OPEN_TIME"}
        if refusal := self._dealer.refusal(pending.order):
            return refusal._asdict() | {"asset": pending.order.asset}
        return None

    def _cancel(self, client: ClientConnection, request: _CancelPending) -> None:
        ticket = {"ticket": request.ticket}
        if self._book.pending.pop(request.ticket, None) is None:
            client.emit("failcancelPendingOrder", {"error": "notFound"} | ticket)
            return
        self._alarms.drop(request.ticket)
        client.emit("successcancelPendingOrder", ticket)
        self._pushes.tell_all(AccountPush.PENDING)

    def _watch(self, pending: KeptOrder) -> None:
        if pending.open_at is None:
            self._check_price(pending)
        else:
            self._alarms.set(pending.ticket, pending.open_at, partial(self._execute, pending))

    def _check_price(self, pending: KeptOrder) -> None:
        """Compare the price now and at every following tick."""
        listing = LISTINGS[pending.order.asset]
        now = self._clock.now()
        if pending.reached_by(self._quotes.price(listing, now)):
            self._execute(pending)
            return
        next_tick = self._quotes.instant(listing, self._quotes.number_after(listing, now))
        self._alarms.set(pending.ticket, next_tick, partial(self._check_price, pending))

    def _execute(self, pending: KeptOrder) -> None:
        del self._book.pending[pending.ticket]
        order = pending.order
        if self._dealer.refusal(order) is None and self._dealer.payout(order.asset) >= pending.minimum_payout:
            self._dealer.open(order, pending.ticket)
            self._pushes.tell_all(AccountPush.BALANCE, AccountPush.OPENED)
        self._pushes.tell_all(AccountPush.PENDING)


def _refuse_malformed_cancel(client: ClientConnection, payload: dict[str, object]) -> None:
    client.emit("failcancelPendingOrder", {"error": MALFORMED, "ticket": payload.get("ticket")})


def _read_time(stamp: str) -> int:
    """A venue time; a text that is no time counts as long past."""
    try:
        return read_stamp(stamp)
    except ValueError:
        return 0
