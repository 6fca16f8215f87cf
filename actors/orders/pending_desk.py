"""The desk for pending orders: placed one at a time, because the venue's answer names no request."""

from collections import deque
from typing import Any

from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.errors import Halted, NotSent, RequestError, RequestRefused, RequestTimeout
from actors.messages import commands, events
from actors.messages.lifecycle import Refs, Tellable
from actors.messages.traffic import Failure, Request, RequestDone, Response, TradingRequest
from actors.values import PendingOrder


class _Overdue(Struct, frozen=True):
    id: int


class PendingDesk(RuntimeActor):
    """Owns the list of pending orders and who waits for what about them (protocol 1.7.10).

    Receives ``TradingRequest``, ``RequestDone`` and the venue's events; sends requests to ``outbound`` and
    answers to ``router``. A halt concerns it too.
    """

    def __init__(self, *, router: Tellable, **kwargs: Any) -> None:
        super().__init__("pending desk", **kwargs)
        self._router = router
        self._outbound: Tellable
        self._halted: str | None = None
        self._orders: list[PendingOrder] | None = None
        self._placing: deque[TradingRequest] = deque()
        self._cancelling: dict[str, int] = {}
        self._asking: list[int] = []

    def on_receive(self, message: Any) -> None:
        match message:
            case TradingRequest():
                self._trade(message)
            case events.PendingAnswered():
                self._answered(message)
            case events.PendingOrdersListed(orders=orders):
                self._listed(orders)
            case events.TradingHalted(reason=reason):
                self._halt(reason)
            case events.TradingResumed():
                self._halted = None
            case RequestDone(id=id):
                self._forget(id)
            case _Overdue(id=id):
                if self._forget(id):
                    self._answer(id, RequestTimeout("no answer by the deadline; it may still take effect"))
            case Refs():
                self._outbound = message.outbound
            case events.Event():
                pass
            case _:
                self.unexpected(message)

    def _trade(self, trade: TradingRequest) -> None:
        self.after(max(0.0, trade.expires_at - self.now()), _Overdue(trade.id))
        match command := trade.command:
            case commands.PlacePendingOrder():
                self._place(trade, command)
            case commands.CancelPendingOrder(ticket=ticket) if ticket in self._cancelling:
                self._answer(trade.id, NotSent(f"{ticket} is being cancelled already"))
            case commands.CancelPendingOrder(ticket=ticket):
                self._cancelling[ticket] = trade.id
                self._outbound.tell(Request(trade.id, command, trade.expires_at, urgent=True))
            case commands.GetPendingOrders() if self._orders is not None:
                self._answer(trade.id, list(self._orders))
            case commands.GetPendingOrders():
                self._asking.append(trade.id)

    def _place(self, trade: TradingRequest, command: commands.PlacePendingOrder) -> None:
        if self._halted is not None:
            self._answer(trade.id, Halted(self._halted))
        elif (command.open_at is None) is (command.open_price is None):
            self._answer(trade.id, NotSent("either open_at or open_price has to be given"))
        else:
            self._placing.append(trade)
            if len(self._placing) == 1:
                self._send(trade)

    def _send(self, trade: TradingRequest) -> None:
        assert isinstance(trade.command, commands.PlacePendingOrder)
        self._outbound.tell(Request(trade.id, trade.command, trade.expires_at, urgent=True))

    def _answered(self, answer: events.PendingAnswered) -> None:
        self._enter(answer)
        outcome: Any = RequestRefused(answer.reason) if answer.reason else answer.order or answer.ticket
        if answer.ticket:
            id = self._cancelling.get(answer.ticket)
        else:
            id = self._placing[0].id if self._placing else None
        if id is not None and self._forget(id):
            self._answer(id, outcome)

    def _enter(self, answer: events.PendingAnswered) -> None:
        """The venue's next list may be a while; whoever asks for it now must find what was answered."""
        if self._orders is None or answer.reason:
            return
        changed = answer.ticket or (answer.order.ticket if answer.order else "")
        self._orders = [order for order in self._orders if order.ticket != changed]
        if answer.order is not None:
            self._orders.append(answer.order)

    def _listed(self, orders: list[PendingOrder]) -> None:
        gone = {order.ticket for order in self._orders or ()} - {order.ticket for order in orders}
        self._orders = orders
        for ticket, id in list(self._cancelling.items()):
            if ticket in gone and self._forget(id):
                self._answer(id, ticket)
        asking, self._asking = self._asking, []
        for id in asking:
            self._answer(id, list(orders))

    def _halt(self, reason: str) -> None:
        self._halted = reason
        while len(self._placing) > 1:  # the first has been sent
            self._answer(self._placing.pop().id, Halted(reason))

    def _forget(self, id: int) -> bool:
        """Whether it still waited; the next placement may go."""
        if self._placing and self._placing[0].id == id:
            self._placing.popleft()
            if self._placing:
                self._send(self._placing[0])
            return True
        found = [trade for trade in self._placing if trade.id == id]
        for trade in found:
            self._placing.remove(trade)
        tickets = [ticket for ticket, waiter in self._cancelling.items() if waiter == id]
        for ticket in tickets:
            del self._cancelling[ticket]
        asked = id in self._asking
        if asked:
            self._asking.remove(id)
        return bool(found or tickets or asked)

    def _answer(self, id: int, outcome: Any) -> None:
        failed = isinstance(outcome, RequestError)
        self._router.tell(Failure.of(id, outcome) if failed else Response(id, outcome))
