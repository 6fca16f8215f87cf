"""Callers that wait for the answer to an order."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from actors.errors import NotPlaced, NotSent, OrderUnknown, RequestError, RequestRefused
from actors.messages.events import (
    Event,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
    OrderSettled,
    PendingOrderPlaced,
)
from actors.messages.orders import TradingRequest
from actors.values import Deal, PendingOrder

STOPPED: Final = "the runtime stopped before there was an answer"
STOPPED_UNSENT: Final = "the runtime stopped before it was sent"
SHARED: Final = "its caller waits no longer, but another one does, so it may still be sent"

WaiterAnswer = tuple[int, Deal | PendingOrder | RequestError]
"""The id of a waiter, and the value or the error that it gets."""


def given_back(request: TradingRequest, others: Iterable[TradingRequest], reason: str) -> WaiterAnswer:
    """The error for an order that was held back and is no more: ``NotSent``, unless one of the ``others``
    that are held back has its id, and may be sent."""
    if any(other.order == request.order for other in others):
        return request.id, OrderUnknown(SHARED, request.order)
    return request.id, NotSent(reason)


class _OrderWait:
    """The waiters for one order, and what is known of its way out.

    ``request`` is the waiter that the order is sent for. ``deadlines`` has when each waiter's deadline
    passes. ``left``: the order has been given to a connection. ``gone`` are the waiters that wait no longer,
    and that are answered once it is known whether the order has left.
    """

    __slots__ = ("deadlines", "gone", "left", "request")

    def __init__(self, request: int, *, left: bool) -> None:
        self.request = request
        self.left = left
        self.deadlines: dict[int, float] = {}
        self.gone: set[int] = set()

    def others(self, waiter: int) -> list[int]:
        """Those that still wait, but for ``waiter``; the first come first."""
        return [each for each in self.deadlines if each != waiter and each not in self.gone]


class NextWaiter(NamedTuple):
    """The waiter that an order is sent for next, and when its deadline passes."""

    waiter: int
    expires_at: float


class OrderWaiters:
    """The waiters of each order: the caller that placed it, and those that asked for it again by its id. A
    waiter that has been answered waits no more."""

    def __init__(self) -> None:
        self._waits: dict[str, _OrderWait] = {}

    def __repr__(self) -> str:
        waiters = sum(len(wait.deadlines) for wait in self._waits.values())
        return f"<OrderWaiters: {waiters} for {len(self._waits)} orders>"

    def add(self, order: str, waiter: int, expires_at: float) -> None:
        """The caller that places ``order``."""
        self._waits[order] = wait = _OrderWait(waiter, left=False)
        wait.deadlines[waiter] = expires_at

    def join(self, order: str, waiter: int, expires_at: float) -> None:
        """A caller that asks for ``order`` again. Where no other waits for it, it may have left."""
        if (wait := self._waits.get(order)) is None:
            self._waits[order] = wait = _OrderWait(0, left=True)
        wait.deadlines[waiter] = expires_at

    def has(self, order: str, waiter: int) -> bool:
        return order in self._waits and waiter in self._waits[order].deadlines

    def order_of(self, waiter: int) -> str | None:
        """The order that ``waiter`` waits for, if it waits for one."""
        return next((order for order, wait in self._waits.items() if waiter in wait.deadlines), None)

    def on_sent(self, order: str) -> list[int]:
        """The order has left. The waiters that wait no longer, and are to be answered now."""
        if order not in self._waits:
            return []
        self._waits[order].left = True
        return list(self._waits[order].gone)

    def not_left(self) -> list[str]:
        """The orders that have a waiter, and that no connection has taken."""
        return [order for order, wait in self._waits.items() if not wait.left]

    def recall(self, order: str, waiter: int) -> int | None:
        """``waiter`` waits no longer: the request to ask back from the way out, because the order has not
        left as far as is known, because no other waits for it, and unless ``waiter`` was heard before."""
        wait = self._waits.get(order)
        if wait is None or waiter not in wait.deadlines or waiter in wait.gone:
            return None
        if wait.left or wait.others(waiter):
            return None
        wait.gone.add(waiter)
        return wait.request

    def is_recalled(self, order: str, waiter: int) -> bool:
        """Whether the way out is still to say if the order has left, for ``waiter``."""
        wait = self._waits.get(order)
        return wait is not None and not wait.left and waiter in wait.gone

    def shared(self, order: str, waiter: int) -> bool:
        """Whether the order may still leave for another waiter than ``waiter``."""
        wait = self._waits.get(order)
        return wait is not None and not wait.left and bool(wait.others(waiter))

    def decides(self, order: str, waiter: int) -> bool:
        """Whether an order without an answer is in doubt once ``waiter`` waits no longer: it placed the
        order, or is the last."""
        wait = self._waits[order]
        return waiter == wait.request or not wait.others(waiter)

    def next_waiter(self, order: str, request: int, now: float) -> NextWaiter | None:
        """The waiter that an order is sent for after its ``request`` was withdrawn before it left: the caller
        of ``request`` waits no longer, and another one does."""
        wait = self._waits.get(order)
        if wait is None or wait.left or request != wait.request:
            return None
        if request in wait.deadlines and request not in wait.gone:
            return None
        for waiter in wait.others(request):
            if wait.deadlines[waiter] > now:
                wait.request = waiter
                return NextWaiter(waiter, wait.deadlines[waiter])
        return None

    def answer_gone(self, order: str, error: RequestError) -> list[WaiterAnswer]:
        """The error for those that wait no longer; the others wait on."""
        gone = self._waits[order].gone
        return [answer for waiter in list(gone) for answer in self.answer_one(order, waiter, error)]

    def answer_one(self, order: str, waiter: int, error: RequestError) -> list[WaiterAnswer]:
        """The error for one waiter, if it still waits; the others wait on."""
        if not self.has(order, waiter):
            return []
        wait = self._waits[order]
        del wait.deadlines[waiter]
        wait.gone.discard(waiter)
        if not wait.deadlines:
            del self._waits[order]
        return [(waiter, error)]

    def answer(self, order: str, outcome: Deal | PendingOrder | RequestError) -> list[WaiterAnswer]:
        """The answer for every waiter of the order."""
        wait = self._waits.pop(order, None)
        return [] if wait is None else [(waiter, outcome) for waiter in wait.deadlines]

    def apply(self, events: Iterable[Event]) -> list[WaiterAnswer]:
        """The answers that ``events`` of the ledger give."""
        answers: list[WaiterAnswer] = []
        for event in events:
            match event:
                case OrderOpened(order=order, deal=deal):
                    answers += self.answer(order, deal)
                case PendingOrderPlaced(order=order, pending=pending):
                    answers += self.answer(order, pending)
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
        waits, self._waits = self._waits, {}
        return [
            (waiter, OrderUnknown(STOPPED, order))
            for order, wait in waits.items()
            for waiter in wait.deadlines
        ]
