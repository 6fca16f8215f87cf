"""The order desk among its neighbours: what it journals, sends, publishes and answers, in which order."""

import math
import queue
import threading
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from actors.errors import (
    Halted,
    NotPlaced,
    NotSent,
    OrderUnknown,
    RateLimited,
    RequestRefused,
    RequestTimeout,
)
from actors.messages.commands import AwaitResult, GetClosedDeals, GetOpenedDeals, PlaceOrder, Resume
from actors.messages.events import (
    AssetsListed,
    ConnectionDown,
    ConnectionSuspect,
    ConnectionUp,
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderRefused,
    TradingHalted,
    TradingResumed,
)
from actors.messages.lifecycle import OutboundRef
from actors.messages.orders import HaltTrading, OrderSent, TradingRequest
from actors.messages.outbound import ResumeOrders, StopOrders
from actors.messages.status import Describe, Described, DeskStatus
from actors.messages.tasks import TaskStatus
from actors.messages.traffic import EventBatch, Failure, Request, Response
from actors.orders.order import Order, OrderState
from actors.orders.order_desk import OrderDesk
from actors.orders.pre_trade_checks import OrderLimits
from actors.orders.waiters import RESULT_GRACE
from actors.values import AccountKind, Asset, Deal
from tests.conftest import ManualClock
from tests.doubles.memory_journal import MemoryJournal
from tests.doubles.recorder import WAIT
from tests.doubles.trading_samples import BET, ONE, OTHER_BET, TRADING, deal_of, ended

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


class Scene:
    """A desk, the steps that it takes, and the venue as far as the desk is told of it."""

    def __init__(self, clock: ManualClock, orders: Sequence[Order] = (), halted: str | None = None) -> None:
        self.clock = clock
        self.steps: Steps = queue.SimpleQueue()
        self._parts: queue.SimpleQueue[tuple[str, Described]] = queue.SimpleQueue()
        self.journal = StepJournal(self.steps, orders, halted)
        self.utc = time.time()
        self.desk = OrderDesk.start(
            AccountKind.DEMO,
            LIMITS,
            TRADING,
            self.journal,
            router=Neighbour("router", self.steps),
            clock=clock,
        )
        self.desk.tell(OutboundRef(Neighbour("outbound", self.steps)))
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
        self.desk.tell(Describe(0, Neighbour("status", self._parts)))
        return self._parts.get(timeout=WAIT)[1]

    def tell(self, *messages: Any) -> None:
        for message in messages:
            self.desk.tell(message)

    def get_ready(self, epoch: int = 1, opened: Sequence[Deal] = (), closed: Sequence[Deal] = ()) -> None:
        """What the venue sends after a login."""
        self.tell(
            ConnectionUp("c1", epoch, "r"),
            AssetsListed([ASSET]),
            DealsOpen("c1", epoch, list(opened)),
            DealsClosed("c1", epoch, list(closed), listed=True),
        )

    def ask(self, waiter: int, command: Any, patience: float = 30.0) -> None:
        self.tell(TradingRequest(waiter, command, self.clock() + patience))

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

    def advance(self, seconds: float) -> None:
        """Once the desk has handled all that it was told."""
        self.part()
        self.clock.advance(seconds)


@pytest.fixture
def scene(clock: ManualClock) -> Scene:
    """A desk that is ready to trade."""
    scene = Scene(clock)
    scene.get_ready()
    return scene


def test_an_order_is_on_the_disk_before_it_leaves(scene: Scene, clock: ManualClock) -> None:
    scene.ask(7, BET)
    assert scene.step() == ("write", [OrderState.JOURNALED])
    name, request = scene.step()
    [[journaled]] = scene.journal.writes
    assert name == "outbound"
    assert request == Request(7, BET, clock() + 29.5, urgent=True, order=journaled.id)
    assert scene.quiet()


def test_an_outcome_is_journaled_then_published_then_answered(scene: Scene) -> None:
    order, deal = scene.place(7), scene.deal()
    scene.tell(DealAccepted("c1", order, deal))
    assert scene.step() == ("note", [OrderState.OPEN])
    assert scene.published() == [OrderOpened(order, deal)]
    assert scene.step() == ("router", Response(7, deal))
    assert scene.quiet()


def test_the_venues_refusal_is_the_answer(scene: Scene) -> None:
    order = scene.place(7)
    scene.tell(DealRefused("c1", order, BET.asset, "notMoney"))
    assert scene.step() == ("note", [OrderState.REFUSED])
    assert scene.published() == [OrderRefused(order, BET.asset, ONE, "notMoney")]
    assert isinstance(scene.error(7), RequestRefused)


def test_an_order_that_cannot_be_journaled_is_not_sent_and_leaves_nothing_in_flight(scene: Scene) -> None:
    scene.journal.broken = "disk full"
    scene.ask(7, BET)
    assert "disk full" in str(scene.error(7))
    scene.journal.broken = ""
    assert scene.quiet()
    scene.ask(8, BET)
    assert scene.step() == ("write", [OrderState.NOT_SENT, OrderState.JOURNALED])
    assert scene.step()[0] == "outbound"


def test_an_outcome_that_cannot_be_journaled_is_published_and_journaled_with_the_next_one(
    scene: Scene,
) -> None:
    order, deal = scene.place(7), scene.deal()
    scene.journal.broken = "disk full"
    scene.tell(DealAccepted("c1", order, deal))
    assert scene.published() == [OrderOpened(order, deal)]
    assert scene.step() == ("router", Response(7, deal))
    scene.part()
    scene.journal.broken = ""
    scene.tell(AssetsListed([ASSET]))
    assert scene.step() == ("note", [OrderState.OPEN])


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (PlaceOrder("EURUSD_otc", Decimal(60), BET.direction, 60), "the amount may be"),
        (PlaceOrder("nothing", ONE, BET.direction, 60), "does not list nothing"),
    ],
)
def test_an_order_that_breaks_a_rule_reaches_neither_journal_nor_venue(
    scene: Scene, command: PlaceOrder, reason: str
) -> None:
    scene.ask(7, command)
    assert reason in str(scene.error(7))
    assert scene.quiet()


def test_an_order_whose_deadline_has_passed_is_not_sent(scene: Scene) -> None:
    scene.ask(7, BET, patience=0.0)
    assert "deadline has passed" in str(scene.error(7))
    assert scene.quiet()


def test_open_deals_and_orders_in_flight_count_together_towards_the_limit(scene: Scene) -> None:
    scene.opened(1)
    scene.place(2)
    scene.place(3, OTHER_BET)
    scene.ask(4, PlaceOrder("EURUSD_otc", Decimal(3), BET.direction, 60))
    assert "3 deals are open or on their way" in str(scene.error(4))


def test_an_order_waits_for_the_venues_lists_and_then_leaves(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.ask(7, BET)
    assert scene.quiet()
    scene.get_ready()
    assert scene.step() == ("write", [OrderState.JOURNALED])
    assert scene.step()[0] == "outbound"


def test_an_order_for_which_the_lists_come_too_late_is_not_sent(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.ask(7, BET, patience=2.0)
    scene.advance(2.0)
    assert "has not listed its assets and deals" in str(scene.error(7))
    scene.get_ready()
    assert scene.quiet()


def test_a_failure_on_the_way_out_ends_the_order_and_is_the_answer(scene: Scene) -> None:
    order = scene.place(7)
    scene.tell(Failure.of(7, RateLimited("held for 3 s", 3.0), order))
    assert scene.step() == ("note", [OrderState.NOT_SENT])
    error = scene.error(7)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3.0
    scene.tell(Failure.of(7, RateLimited("held for 3 s", 3.0), order))
    assert scene.quiet()


def test_an_order_without_an_answer_by_its_deadline_is_in_doubt_and_its_connection_is_suspect(
    scene: Scene,
) -> None:
    order = scene.place(7, patience=2.0)
    scene.tell(OrderSent(order, "c1", 1))
    scene.advance(2.0)
    assert scene.step() == ("note", [OrderState.UNKNOWN])
    assert scene.published() == [OrderInDoubt(order, BET.asset, ONE, "no answer by the deadline")]
    error = scene.error(7)
    assert isinstance(error, OrderUnknown)
    assert error.order == order
    scene.advance(VERDICT_DELAY - 0.1)
    assert scene.quiet()
    scene.advance(0.1)
    assert scene.published() == [ConnectionSuspect("c1", 1, f"order {order} has no answer")]


def test_a_connection_whose_answer_comes_after_the_deadline_is_not_suspect(scene: Scene) -> None:
    order = scene.place(7, patience=2.0)
    scene.tell(OrderSent(order, "c1", 1))
    scene.advance(2.0)
    for _ in range(3):
        scene.step()
    scene.tell(DealAccepted("c1", order, scene.deal()))
    assert scene.step() == ("note", [OrderState.OPEN])
    assert scene.published() == [OrderOpened(order, scene.deal())]
    scene.advance(VERDICT_DELAY)
    assert scene.quiet()


def test_an_order_that_was_answered_has_no_deadline_any_more(scene: Scene) -> None:
    scene.opened(7)
    scene.advance(30.0)
    assert scene.quiet()


def test_an_order_whose_connection_is_lost_waits_for_evidence_and_then_for_the_verdict(scene: Scene) -> None:
    order = scene.place(7)
    scene.tell(OrderSent(order, "c1", 1))
    scene.lose_connection()
    assert scene.step() == ("note", [OrderState.UNKNOWN])
    assert scene.published() == [OrderInDoubt(order, BET.asset, ONE, "reset")]
    scene.get_ready(epoch=2)
    scene.advance(VERDICT_DELAY - 0.1)
    assert scene.quiet()
    scene.advance(0.2)
    assert scene.step() == ("note", [OrderState.NOT_PLACED])
    assert scene.published() == [OrderNotPlaced(order, BET.asset, ONE)]
    assert isinstance(scene.error(7), NotPlaced)


def test_the_list_of_a_later_login_that_has_the_deal_is_the_answer(scene: Scene) -> None:
    order, deal = scene.place(7), scene.deal()
    scene.tell(OrderSent(order, "c1", 1))
    scene.lose_connection()
    assert scene.step() == ("note", [OrderState.UNKNOWN])
    scene.published()
    scene.get_ready(epoch=2, opened=[deal])
    assert scene.step() == ("note", [OrderState.OPEN])
    assert scene.published() == [OrderOpened(order, deal)]
    assert scene.step() == ("router", Response(7, deal))
    scene.advance(VERDICT_DELAY * 2)
    assert scene.quiet()


def test_an_order_handed_to_a_connection_that_is_down_already_is_in_doubt_at_once(scene: Scene) -> None:
    order = scene.place(7)
    scene.lose_connection()
    assert scene.quiet()
    scene.tell(OrderSent(order, "c1", 1))
    assert scene.step() == ("note", [OrderState.UNKNOWN])
    assert scene.published() == [OrderInDoubt(order, BET.asset, ONE, "its connection was lost")]


def test_a_halt_stops_the_way_out_first_and_then_everything_else(scene: Scene) -> None:
    scene.tell(HaltTrading(9, "lunch"))
    assert scene.step() == ("outbound", StopOrders("lunch"))
    assert scene.published() == [TradingHalted("lunch")]
    assert scene.step() == ("router", Response(9, None))
    assert scene.journal.halted() == "lunch"
    scene.ask(7, BET)
    assert isinstance(scene.error(7), Halted)
    scene.ask(8, Resume())
    assert scene.step() == ("outbound", ResumeOrders())
    assert scene.published() == [TradingResumed()]
    assert scene.step() == ("router", Response(8, True))
    scene.place(7)


def test_a_halt_refuses_the_orders_that_are_held_back(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.ask(1, BET)
    scene.ask(2, GetOpenedDeals())
    scene.part()
    scene.tell(HaltTrading(9, "lunch"))
    for _ in range(3):
        scene.step()
    assert isinstance(scene.error(1), Halted)
    scene.get_ready()
    assert scene.step() == ("router", Response(2, []))
    assert scene.quiet()


def test_a_halt_that_cannot_be_journaled_holds_and_its_caller_is_told_for_how_long(scene: Scene) -> None:
    scene.journal.broken = "disk full"
    scene.tell(HaltTrading(9, ""))
    assert scene.step()[0] == "outbound"
    assert scene.published() == [TradingHalted("halted by a person")]
    assert "only until the next start: disk full" in str(scene.error(9))
    scene.ask(7, BET)
    assert isinstance(scene.error(7), Halted)
    scene.ask(8, Resume())
    assert isinstance(scene.error(8), Halted)
    assert scene.quiet()


def test_what_the_last_runtime_left_is_published_first(clock: ManualClock) -> None:
    intended = Order("o1", BET.asset, ONE, BET.direction, 60, AccountKind.DEMO, time.time())
    scene = Scene(clock, [intended.become(OrderState.JOURNALED)], halted="lunch")
    assert scene.left_behind.items == [
        TradingHalted("lunch"),
        OrderInDoubt("o1", BET.asset, ONE, "it was in flight when we stopped"),
    ]


def test_a_result_is_awaited_until_the_deal_closes(scene: Scene) -> None:
    deal = scene.opened(1)
    for waiter in (2, 3):
        scene.ask(waiter, AwaitResult(deal.id, deadline=900.0), patience=900.0)
    closed = ended(deal)
    scene.tell(DealsClosed("c1", 1, [closed], listed=False))
    assert scene.step() == ("note", [OrderState.CLOSED])
    assert scene.published() == [OrderClosed(closed)]
    assert scene.step() == ("router", Response(2, closed))
    assert scene.step() == ("router", Response(3, closed))
    scene.ask(4, AwaitResult(deal.id))
    assert scene.step() == ("router", Response(4, closed))
    scene.ask(5, GetClosedDeals())
    assert scene.step() == ("router", Response(5, [closed]))


def test_a_result_without_a_deadline_is_awaited_until_shortly_after_the_deals_end(scene: Scene) -> None:
    deal = scene.opened(1)
    scene.ask(2, AwaitResult(deal.id), patience=math.inf)
    scene.ask(3, AwaitResult(deal.id, deadline=1.0), patience=1.0)
    scene.advance(1.0)
    assert isinstance(scene.error(3), RequestTimeout)
    scene.advance(BET.duration + RESULT_GRACE - 3.0)
    assert scene.quiet()
    scene.advance(3.0)
    assert isinstance(scene.error(2), RequestTimeout)


def test_the_result_of_an_unknown_deal_is_refused(scene: Scene) -> None:
    scene.ask(2, AwaitResult("d9"))
    assert isinstance(scene.error(2), RequestRefused)


def test_its_status_counts_orders_and_deals(scene: Scene) -> None:
    scene.opened(1)
    order = scene.place(2, OTHER_BET)
    scene.tell(OrderSent(order, "c1", 1))
    assert scene.part().part == DeskStatus(None, in_flight=1, in_doubt=0, open_deals=1, closed_deals=0)
    scene.lose_connection()
    assert scene.part().part == DeskStatus(None, in_flight=1, in_doubt=1, open_deals=1, closed_deals=0)


def upkeep(scene: Scene) -> TaskStatus:
    [task] = scene.part().tasks
    return task


def test_the_journal_is_tidied_each_hour_and_the_status_says_if_it_cannot_be(scene: Scene) -> None:
    assert upkeep(scene).name == "journal upkeep"
    scene.advance(3600.0)
    assert upkeep(scene).last_error == ""
    assert scene.journal.tidied == 1
    scene.journal.broken = "disk full"
    scene.advance(3600.0)
    assert upkeep(scene).last_error == "disk full"
    scene.journal.broken = ""
    scene.advance(3600.0)
    assert upkeep(scene).last_error == ""


def test_a_stop_answers_every_waiter_with_what_is_true_and_releases_the_journal(scene: Scene) -> None:
    deal = scene.opened(1)
    order = scene.place(2, OTHER_BET)
    scene.ask(3, AwaitResult(deal.id), patience=math.inf)
    scene.part()
    scene.desk.stop()
    unknown = scene.error(2)
    assert isinstance(unknown, OrderUnknown)
    assert unknown.order == order
    assert isinstance(scene.error(3), RequestTimeout)
    assert scene.journal.closed


def test_a_stop_before_the_venues_lists_answers_that_nothing_was_sent(clock: ManualClock) -> None:
    scene = Scene(clock)
    scene.ask(1, BET)
    scene.part()
    scene.desk.stop()
    assert type(scene.error(1)) is NotSent


class Hold:
    """A receiver that keeps its sender's thread until ``release``."""

    def __init__(self) -> None:
        self._released = threading.Event()

    def tell(self, message: Any) -> None:
        assert self._released.wait(WAIT), message

    def release(self) -> None:
        self._released.set()


def test_a_failure_that_the_desk_did_not_get_to_before_its_end_still_counts(scene: Scene) -> None:
    order, hold = scene.place(7), Hold()
    scene.tell(Describe(0, hold))
    scene.desk.stop(block=False)
    scene.tell(Failure.of(7, NotSent("the runtime stops"), order))
    hold.release()
    assert scene.step() == ("note", [OrderState.NOT_SENT])
    assert type(scene.error(7)) is NotSent
