"""A pending desk whose steps a test sees one by one: what it journals, sends, publishes and answers."""

import queue
from collections.abc import Sequence
from typing import Any

from actors.messages.commands import PlacePendingOrder, order_id
from actors.messages.events import ConnectionDown, ConnectionUp, DealsClosed, DealsOpen, PendingOrdersListed
from actors.messages.orders import OrderSent, TradingRequest
from actors.messages.status import Describe, Described
from actors.messages.traffic import EventBatch, Failure, Request, Response
from actors.orders.desk_clock import DeskClock
from actors.orders.messages import PendingCounted, PendingDeskRefs
from actors.orders.order import Order, OrderState
from actors.orders.pending_desk import PendingDesk
from actors.values import AccountKind, PendingOrder
from tests.conftest import ManualClock
from tests.doubles.pending_samples import GRACE, WISH
from tests.doubles.recorder import WAIT
from tests.doubles.trading_samples import NOW, TRADING
from tests.doubles.watched_order_desk import Neighbour, StepJournal, Steps


class WatchedPendingDesk:
    """A pending desk, and the venue as far as the desk is told of it. What it tells the order desk to count
    is kept apart, in ``counted``."""

    def __init__(self, clock: ManualClock, orders: Sequence[Order] = ()) -> None:
        self.clock = clock
        self.steps: Steps = queue.SimpleQueue()
        self.counted: queue.SimpleQueue[tuple[str, PendingCounted]] = queue.SimpleQueue()
        self._parts: queue.SimpleQueue[tuple[str, Described]] = queue.SimpleQueue()
        self.journal = StepJournal(self.steps, orders)
        begun = clock()
        self.ref = PendingDesk.start(
            AccountKind.DEMO,
            TRADING,
            self.journal,
            GRACE,
            router=Neighbour("router", self.steps),
            desk_clock=DeskClock(clock, lambda: NOW + clock() - begun),
            clock=clock,
        )
        order_desk = Neighbour("order desk", self.counted)
        self.ref.tell(PendingDeskRefs(order_desk, Neighbour("outbound", self.steps)))

    def step(self) -> tuple[str, Any]:
        return self.steps.get(timeout=WAIT)

    def published(self) -> list[Any]:
        """The events of the next step."""
        name, batch = self.step()
        assert name == "router"
        assert isinstance(batch, EventBatch)
        return list(batch.items)

    def error(self, waiter: int) -> Exception:
        """The error that the next step answers ``waiter`` with."""
        name, failure = self.step()
        assert name == "router"
        assert isinstance(failure, Failure), failure
        assert failure.request == waiter
        return failure.exception

    def answer(self, waiter: int) -> Any:
        """The value that the next step answers ``waiter`` with."""
        name, response = self.step()
        assert name == "router"
        assert isinstance(response, Response), response
        assert response.request == waiter
        return response.value

    def quiet(self) -> bool:
        """Whether there is no further step once the desk has handled all that it was told."""
        self.part()
        return self.steps.empty()

    def part(self) -> Described:
        self.ref.tell(Describe(0, Neighbour("status", self._parts)))
        return self._parts.get(timeout=WAIT)[1]

    def tell(self, *messages: Any) -> None:
        for message in messages:
            self.ref.tell(message)

    def ask(self, waiter: int, command: Any, patience: float = 30.0) -> None:
        self.tell(TradingRequest(waiter, command, self.clock() + patience, order=order_id(command)))

    def place(self, waiter: int, wish: PlacePendingOrder = WISH, patience: float = 30.0) -> str:
        """A pending order that is journaled and goes to the way out; its id."""
        self.ask(waiter, wish, patience)
        return self.leaves(waiter)

    def leaves(self, waiter: int) -> str:
        """The next placement, which is that of ``waiter``; its id."""
        assert self.step() == ("write", [OrderState.JOURNALED])
        name, request = self.step()
        assert name == "outbound"
        assert isinstance(request, Request)
        assert (request.id, request.urgent) == (waiter, True)
        return request.order

    def sent(self, order: str, epoch: int = 1) -> None:
        """The pool has given it to a connection."""
        self.tell(OrderSent(order, "c1", epoch))

    def lose_connection(self, epoch: int = 1) -> None:
        self.tell(ConnectionDown("c1", epoch, "r", "reset", was_ready=True))

    def log_in(self, *pending: PendingOrder, epoch: int = 1) -> None:
        """What the venue sends after a login."""
        self.tell(
            ConnectionUp("c1", epoch, "r"),
            DealsOpen("c1", epoch, []),
            DealsClosed("c1", epoch, [], listed=True),
            PendingOrdersListed(list(pending), "c1", epoch),
        )

    def advance(self, seconds: float) -> None:
        """Once the desk has handled all that it was told."""
        self.part()
        self.clock.advance(seconds)
