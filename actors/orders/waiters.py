"""Callers that wait: for the answer to an order, or for the result of a deal."""

import itertools
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from actors.errors import NotPlaced, OrderUnknown, RequestError, RequestRefused, RequestTimeout
from actors.messages.events import Event, OrderClosed, OrderNotPlaced, OrderOpened, OrderRefused, OrderSettled
from actors.values import Deal

RESULT_GRACE: Final = 15.0
"""Seconds after a deal's end within which its result comes, over a reconnect if need be."""

WaiterAnswer = tuple[int, Deal | RequestError]
"""The id of a waiter, and the value or the error that it gets."""


class OrderWaiters:
    """The waiter of each order, at most one, and the waiters for the result of each deal, any number.

    A waiter that has been answered waits no more.
    """

    def __init__(self) -> None:
        self._orders: dict[str, int] = {}
        self._left: set[str] = set()
        self._withdrawn: set[str] = set()
        self._results: defaultdict[str, list[int]] = defaultdict(list)

    def __repr__(self) -> str:
        results = sum(map(len, self._results.values()))
        return f"<OrderWaiters: {len(self._orders)} for an order, {results} for a result>"

    def add(self, order: str, waiter: int) -> None:
        self._orders[order] = waiter

    def add_for_result(self, deal: str, waiter: int) -> None:
        self._results[deal].append(waiter)

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

    def withdraw_from_result(self, waiter: int) -> list[WaiterAnswer]:
        """The caller of ``waiter`` waits no longer for the result of a deal, if it did."""
        late = RequestTimeout("the deal has not closed while its caller waited")
        deal = next((deal for deal, waiting in self._results.items() if waiter in waiting), "")
        return self.answer_for_result(deal, waiter, late)

    def answer(self, order: str, outcome: Deal | RequestError) -> list[WaiterAnswer]:
        """The answer for the order's waiter, if it still waits."""
        waiter = self._orders.pop(order, None)
        self._left.discard(order)
        self._withdrawn.discard(order)
        return [] if waiter is None else [(waiter, outcome)]

    def answer_for_result(self, deal: str, waiter: int, error: RequestError) -> list[WaiterAnswer]:
        """The error for one waiter of the deal's result, if it still waits; the others wait on."""
        waiting = self._results.get(deal, [])
        if waiter not in waiting:
            return []
        waiting.remove(waiter)
        return [(waiter, error)]

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
                case OrderClosed(deal=deal):
                    answers += [(waiter, deal) for waiter in self._results.pop(deal.id, ())]
        return answers

    def unanswered(self) -> list[WaiterAnswer]:
        """The errors for all that still wait when the runtime stops."""
        stopped = "the runtime stopped before there was an answer"
        answers: list[WaiterAnswer] = [
            (waiter, OrderUnknown(stopped, order)) for order, waiter in self._orders.items()
        ]
        results = itertools.chain.from_iterable(self._results.values())
        answers += [(waiter, RequestTimeout(stopped)) for waiter in results]
        self._orders.clear()
        self._results.clear()
        return answers
