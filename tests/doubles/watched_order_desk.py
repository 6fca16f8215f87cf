"""An order desk whose steps a test sees one by one: what it journals, sends, publishes and answers."""

import queue
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from actors.messages.commands import PlaceOrder, order_id
from actors.messages.events import (
    AssetsListed,
    ConnectionDown,
    ConnectionUp,
    DealAccepted,
    DealsClosed,
    DealsOpen,
)
from actors.messages.lifecycle import OutboundRef
from actors.messages.orders import TradingRequest
from actors.messages.status import Describe, Described
from actors.messages.traffic import EventBatch, Failure
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.order import Order, OrderState
from actors.orders.order_desk import OrderDesk
from actors.orders.pre_trade_checks import OrderLimits
from actors.values import AccountKind, Asset, Deal
from tests.conftest import ManualClock
from tests.doubles.memory_journal import MemoryJournal
from tests.doubles.recorder import WAIT
from tests.doubles.trading_samples import BET, TRADING, deal_of

ASSET = Asset(1, BET.asset, "EUR/USD", "currency", 5, 92, True, True, 5, (60,))
VERDICT_DELAY = 6.0
LIMITS = OrderLimits(
    minimum_amount=Decimal(1),
    maximum_amount=Decimal(50),
    amount_step=Decimal("0.01"),
    maximum_duration=3600,
    maximum_open=3,
    verdict_delay=VERDICT_DELAY,
)

Steps = queue.SimpleQueue[tuple[str, Any]]


class Neighbour:
    """A receiver of messages that notes each in ``steps``, in the thread of its sender."""

    def __init__(self, name: str, steps: Steps) -> None:
        self._name = name
        self._steps = steps

    def tell(self, message: Any) -> None:
        self._steps.put((self._name, message))


class StepJournal(MemoryJournal):
    """A journal that notes in ``steps`` which states it keeps; what it cannot keep is no step."""

    def __init__(self, steps: Steps, orders: Sequence[Order] = (), halted: str | None = None) -> None:
        super().__init__(orders, halted)
        self._steps = steps

    def write(self, orders: Sequence[Order]) -> None:
        super().write(orders)
        self._steps.put(("write", [order.state for order in orders]))

    def note(self, orders: Sequence[Order]) -> None:
        super().note(orders)
        if orders:
            self._steps.put(("note", [order.state for order in orders]))


class WatchedOrderDesk:
    """An order desk whose every step is noted, and the venue as far as the desk is told of it."""

    def __init__(
        self,
        clock: ManualClock,
        orders: Sequence[Order] = (),
        halted: str | None = None,
        refuses: str = "",
        journal: Journal | None = None,
    ) -> None:
        """What another ``journal`` keeps is no step."""
        self.clock = clock
        self.suspended = 0.0
        self.steps: Steps = queue.SimpleQueue()
        self._parts: queue.SimpleQueue[tuple[str, Described]] = queue.SimpleQueue()
        self.journal = StepJournal(self.steps, orders, halted)
        self.utc = time.time()
        self.wall_step = 0.0  # seconds that the wall clock has gone on while ``clock`` stood still
        begun = clock()
        self.ref = OrderDesk.start(
            AccountKind.DEMO,
            LIMITS,
            TRADING,
            journal or self.journal,
            refuses=refuses,
            router=Neighbour("router", self.steps),
            desk_clock=DeskClock(
                lambda: clock() - self.suspended, lambda: self.utc + clock() - begun + self.wall_step, clock
            ),
            pending_desk=Neighbour("pending desk", self.steps),
            clock=clock,
        )
        self.way_out_ended = False
        outbound = Neighbour("outbound", self.steps)
        self.ref.tell(OutboundRef(outbound, lambda: self.way_out_ended))
        name, self.left_behind = self.step()
        assert name == "router"

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
        assert isinstance(failure, Failure)
        assert failure.request == waiter
        return failure.exception

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

    def get_ready(self, epoch: int = 1, opened: Sequence[Deal] = (), closed: Sequence[Deal] = ()) -> None:
        """What the venue sends after a login."""
        self.tell(
            ConnectionUp("c1", epoch, "r"),
            AssetsListed([ASSET]),
            DealsOpen("c1", epoch, list(opened)),
            DealsClosed("c1", epoch, list(closed), listed=True),
        )

    def ask(self, waiter: int, command: Any, patience: float = 30.0) -> None:
        self.tell(TradingRequest(waiter, command, self.clock() + patience, order=order_id(command)))

    def place(self, waiter: int, command: PlaceOrder = BET, patience: float = 30.0) -> str:
        """An order that is sent; its id."""
        self.ask(waiter, command, patience)
        assert self.step() == ("write", [OrderState.JOURNALED])
        name, request = self.step()
        assert name == "outbound"
        return str(request.order)

    def opened(self, waiter: int) -> Deal:
        """An order that the venue executes."""
        order = self.place(waiter)
        deal = self.deal()
        self.tell(DealAccepted("c1", order, deal))
        for _ in range(3):
            self.step()
        return deal

    def deal(self, id: str = "d1", command: PlaceOrder = BET) -> Deal:
        return deal_of(command, id, self.utc)

    def lose_connection(self, epoch: int = 1) -> None:
        self.tell(ConnectionDown("c1", epoch, "r", "reset", was_ready=True))

    def suspend(self, seconds: float) -> None:
        """The machine, once the desk has handled all that it was told."""
        self.part()
        self.suspended += seconds
        self.clock.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Once the desk has handled all that it was told."""
        self.part()
        self.clock.advance(seconds)
