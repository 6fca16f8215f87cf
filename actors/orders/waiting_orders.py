"""Orders that wait until an order like them has its answer."""

import itertools
from collections.abc import Iterator
from decimal import Decimal

from actors.errors import NotSent, RequestRefused
from actors.messages.commands import PlaceOrder
from actors.messages.orders import TradingRequest
from actors.orders.repetition import conflict
from actors.orders.waiters import STOPPED_UNSENT, WaiterAnswer, given_back

Likeness = tuple[str, Decimal]
"""The asset and the amount: a refusal does not tell orders apart that have these in common."""


class WaitingOrders:
    """The first come is the first to leave, among those that are alike."""

    def __init__(self) -> None:
        self._queues: dict[Likeness, list[TradingRequest]] = {}

    def __repr__(self) -> str:
        return f"<WaitingOrders: {sum(map(len, self._queues.values()))} wait for {len(self._queues)}>"

    def has_like(self, command: PlaceOrder) -> bool:
        return _likeness(command) in self._queues

    def add(self, request: TradingRequest, command: PlaceOrder) -> None:
        self._queues.setdefault(_likeness(command), []).append(request)

    def first(self) -> Iterator[TradingRequest]:
        """The first of each kind; it may be dropped meanwhile, and then the next of its kind follows."""
        for likeness in list(self._queues):
            previous = None
            while (queue := self._queues.get(likeness)) and queue[0] is not previous:
                previous = queue[0]
                yield previous

    def conflict(self, command: PlaceOrder) -> RequestRefused | None:
        """Why ``command`` is refused, if another order of its id waits."""
        waiting = (request.command for queue in self._queues.values() for request in queue)
        same = (each for each in waiting if isinstance(each, PlaceOrder) and each.id == command.id)
        first = None if command.id is None else next(same, None)
        return None if first is None else conflict(first, command, "waiting to be sent")

    def take(self, command: PlaceOrder) -> list[TradingRequest]:
        """The requests for the same order, which has left; they wait no more."""
        same = [
            request
            for request in self._queues.get(_likeness(command), [])
            if isinstance(request.command, PlaceOrder)
            and command.id is not None
            and request.command.id == command.id
        ]
        for request in same:
            self.drop(request.id)
        return same

    def drop(self, waiter: int) -> TradingRequest | None:
        """The request, if it waited; it does no more."""
        for likeness, queue in self._queues.items():
            for request in queue:
                if request.id == waiter:
                    queue.remove(request)
                    if not queue:
                        del self._queues[likeness]
                    return request
        return None

    def give_back(self, waiter: int, reason: str) -> list[WaiterAnswer]:
        """The error for the request, if it waited; it does no more."""
        if (request := self.drop(waiter)) is None:
            return []
        others = itertools.chain.from_iterable(self._queues.values())
        return [given_back(request, others, reason)]

    def take_all(self) -> list[TradingRequest]:
        taken = [request for queue in self._queues.values() for request in queue]
        self._queues.clear()
        return taken

    def unanswered(self) -> list[WaiterAnswer]:
        """The errors for all that still wait when the runtime stops."""
        return [(request.id, NotSent(STOPPED_UNSENT)) for request in self.take_all()]


def _likeness(command: PlaceOrder) -> Likeness:
    return command.asset, command.amount
