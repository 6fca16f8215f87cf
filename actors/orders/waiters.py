"""Callers that wait for the answer to an order."""

from collections.abc import Iterable
from typing import Final

from actors.errors import NotPlaced, OrderUnknown, RequestError, RequestRefused
from actors.messages.events import Event, OrderNotPlaced, OrderOpened, OrderRefused, OrderSettled
from actors.values import Deal

STOPPED: Final = "the runtime stopped before there was an answer"

WaiterAnswer = tuple[int, Deal | RequestError]
"""The id of a waiter, and the value or the error that it gets."""


class OrderWaiters:
    """The waiter of each order, at most one. A waiter that has been answered waits no more."""

    def __init__(self) -> None:
        self._orders: dict[str, int] = {}
        self._left: set[str] = set()
        self._withdrawn: set[str] = set()

    def __repr__(self) -> str:
        return f"<OrderWaiters: {len(self._orders)}>"

    def add(self, order: str, waiter: int) -> None:
        self._orders[order] = waiter

    def has(self, order: str) -> bool:
        return order in self._orders

    def order_of(self, waiter: int) -> str | None:
        """The order that ``waiter`` waits for, if it waits for one."""
        return next((order for order, each in self._orders.items() if each == waiter), None)

    def on_sent(self, order: str) -> bool:
        """The order has left. Whether its caller waits no longer, so that it is to be answered now."""
        if order in self._orders:
            self._left.add(order)
        return order in self._withdrawn

    def recall(self, order: str) -> int | None:
        """The caller of ``order`` waits no longer: the waiter, if the order is to be asked back from the way
        out, because it has not left as far as is known, and was not asked back before."""
        if order in self._left or order in self._withdrawn:
            return None
        waiter = self._orders.get(order)
        if waiter is not None:
            self._withdrawn.add(order)
        return waiter

    def answer(self, order: str, outcome: Deal | RequestError) -> list[WaiterAnswer]:
        """The answer for the order's waiter, if it still waits."""
        waiter = self._orders.pop(order, None)
        self._left.discard(order)
        self._withdrawn.discard(order)
        return [] if waiter is None else [(waiter, outcome)]

    def apply(self, events: Iterable[Event]) -> list[WaiterAnswer]:
        """The answers that ``events`` of the ledger give."""
        answers: list[WaiterAnswer] = []
        for event in events:
            match event:
                case OrderOpened(order=order, deal=deal):
                    answers += self.answer(order, deal)
                case OrderRefused(order=order, reason=reason):
                    answers += self.answer(order, RequestRefused(reason))
                case OrderNotPlaced(order=order):
                    answers += self.answer(order, NotPlaced("the venue lists no such deal"))
                case OrderSettled(order=order, opened=True, reason=reason):
                    error = OrderUnknown(f"a person says that it was opened, its deal is not known: {reason}")
                    error.order = order
                    answers += self.answer(order, error)
                case OrderSettled(order=order, reason=reason):
                    answers += self.answer(order, NotPlaced(f"a person says so: {reason}"))
        return answers

    def unanswered(self) -> list[WaiterAnswer]:
        """The errors for all that still wait when the runtime stops."""
        waiting, self._orders = self._orders, {}
        return [(waiter, OrderUnknown(STOPPED, order)) for order, waiter in waiting.items()]
