"""The trading desk: orders and their acknowledgements, whole or disturbed."""

import asyncio
import uuid
from decimal import Decimal
from typing import Literal

import msgspec

from actors.values import AccountKind, Direction
from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.order import (
    Delayed,
    Doubled,
    LostAfter,
    LostBefore,
    OrderFault,
    RefusedOrder,
    Stranger,
)
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import ReceivedOrder, RequestId
from runtime.practice.server.clock import ExchangeClock
from runtime.practice.server.connection import ClientConnection
from runtime.practice.server.event_routes import Route, Routes
from runtime.practice.trading import deals
from runtime.practice.trading.book import Book
from runtime.practice.trading.dealer import Dealer
from runtime.practice.trading.orders import MALFORMED, OrderRefusal, OrderRequest, money
from runtime.practice.trading.pushes import AccountPush, AccountPushes

_REFILLED = Decimal(50_000)


class _OpenOrder(msgspec.Struct, rename="camel"):
    asset: str
    amount: int | float
    action: Literal["call", "put"]
    is_demo: Literal[0, 1]
    request_id: RequestId
    option_type: Literal[100]
    time: int


class TradingDesk:
    """Applies the oldest active order fault to each order."""

    def __init__(
        self,
        dealer: Dealer,
        book: Book,
        pushes: AccountPushes,
        ledger: ExchangeLedger,
        faults: ActiveFaults,
        clock: ExchangeClock,
    ) -> None:
        self._faults = faults
        self._dealer = dealer
        self._book = book
        self._pushes = pushes
        self._ledger = ledger
        self._clock = clock
        self.routes: Routes = {
            "openOrder": Route(_OpenOrder, self._open_order, refuse=_refuse_malformed),
            "updateOpenedDeals": Route(object, lambda client, _: pushes.tell(client, AccountPush.OPENED)),
            "td/refill": Route(object, lambda client, _: self._refill(client)),
        }

    def _open_order(self, client: ClientConnection, request: _OpenOrder) -> None:
        order = OrderRequest(
            request.asset,
            money(request.amount),
            Direction(request.action),
            request.time,
            AccountKind.DEMO if request.is_demo else AccountKind.LIVE,
        )
        received = ReceivedOrder(
            request.request_id, client.id, order.asset, order.amount, self._clock.utc(), uid=self._book.uid
        )
        fault = self._faults.take(OrderFault)
        if isinstance(fault, LostBefore):
            self._ledger.write_order(received)
            if fault.drop:
                client.abort()
            return
        if isinstance(fault, Stranger) and self._refusal(client, order, fault) is None:
            self._execute(client, order, str(uuid.uuid4()), None)
        refusal = self._refusal(client, order, fault)
        if refusal is None:
            self._ledger.write_order(received)
            self._execute(client, order, request.request_id, fault)
        else:
            self._ledger.write_order(received._replace(refusal=refusal.error))
            client.emit("failopenOrder", refusal._asdict() | {"asset": order.asset})

    def _refusal(
        self, client: ClientConnection, order: OrderRequest, fault: OrderFault | None
    ) -> OrderRefusal | None:
        if isinstance(fault, RefusedOrder):
            return OrderRefusal(fault.error, order.amount)
        if client.login.demo != (order.account is AccountKind.DEMO):
            return OrderRefusal("wrongAccount", order.amount)
        return self._dealer.refusal(order)

    def _execute(
        self, client: ClientConnection, order: OrderRequest, request_id: RequestId, fault: OrderFault | None
    ) -> None:
        deal = self._dealer.open(order, request_id)
        acknowledgement = deals.as_accepted(deal, self._book.uid, request_id)
        self._acknowledge(client, acknowledgement, fault)
        self._pushes.tell_all(AccountPush.BALANCE, AccountPush.OPENED)

    def _acknowledge(self, client: ClientConnection, payload: object, fault: OrderFault | None) -> None:
        match fault:
            case LostAfter(drop=True):
                client.abort()
            case LostAfter():
                pass
            case Delayed(seconds=seconds):
                asyncio.get_running_loop().call_later(seconds, client.emit, "successopenOrder", payload)
            case Doubled():
                client.emit("successopenOrder", payload)
                client.emit("successopenOrder", payload)
            case _:
                client.emit("successopenOrder", payload)

    def _refill(self, client: ClientConnection) -> None:
        if client.login.demo:
            self._book.refill(_REFILLED, self._clock.utc())
            self._pushes.tell_all(AccountPush.BALANCE)


def _refuse_malformed(client: ClientConnection, payload: dict[str, object]) -> None:
    """An amount as text, a duration with a fraction, a field that is missing."""
    refusal = {"error": MALFORMED, "amount": payload.get("amount"), "asset": payload.get("asset")}
    client.emit("failopenOrder", refusal)
