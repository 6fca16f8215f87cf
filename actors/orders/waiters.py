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

    def answer(self, order: str, outcome: Deal | RequestError) -> list[WaiterAnswer]:
        """The answer for the order's waiter, if it still waits."""
        waiter = self._orders.pop(order, None)
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
