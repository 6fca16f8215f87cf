"""The pending desk among its neighbours: what it sends, whom it answers, and its deadlines."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from loguru import logger

from actors.errors import Halted, NotSent, OrderUnknown
from actors.messages.commands import GetPendingOrders, PlacePendingOrder
from actors.messages.events import PendingAnswered, PendingOrdersListed, TradingHalted, TradingResumed
from actors.messages.lifecycle import Begin, OutboundRef
from actors.messages.orders import TradingRequest, Withdraw
from actors.messages.traffic import Failure, Request, RequestDone, Response
from actors.orders.order import send_by
from actors.orders.pending_desk import WITHDRAWAL_TIMEOUT, PendingDesk
from actors.values import Direction, PendingOrder
from tests.conftest import ManualClock
from tests.doubles.recorder import Recording

PLACEMENT = PlacePendingOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60, open_price=1.1)
ORDER = PendingOrder("a", "EURUSD_otc", Direction.CALL, Decimal(1), 60, 0, open_price=1.1)


class Neighbours:
    """The desk with recorders as its router and as the way out."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.router, self.outbound = Recording(name="router"), Recording(name="outbound")
        for recording in (self.router, self.outbound):
            assert recording.seen() == Begin()
        self.desk = PendingDesk.start(router=self.router.ref, clock=clock)
        self.desk.tell(OutboundRef(self.outbound.ref))

    def ask(self, id: int, command: Any, patience: float = 30.0) -> float:
        """Answers with the deadline."""
        deadline = self.clock() + patience
        self.desk.tell(TradingRequest(id, command, deadline))
        return deadline

    def error(self, id: int) -> Exception:
        failure = self.router.seen()
        assert isinstance(failure, Failure)
        assert failure.request == id
        return failure.exception


@pytest.fixture
def neighbours(clock: ManualClock) -> Neighbours:
    return Neighbours(clock)


def test_a_placement_goes_out_urgently_and_the_venues_answer_comes_back(neighbours: Neighbours) -> None:
    deadline = neighbours.ask(1, PLACEMENT)
    leaves_by = send_by(deadline - 30.0, deadline)
    assert neighbours.outbound.seen() == Request(1, PLACEMENT, leaves_by, urgent=True)
    neighbours.desk.tell(PendingAnswered("c1", order=ORDER))
    assert neighbours.router.seen() == Response(1, ORDER)
    assert neighbours.outbound.nothing_more()


def test_a_placement_without_an_answer_by_its_deadline_is_refused_once(
    neighbours: Neighbours, clock: ManualClock
) -> None:
    neighbours.ask(1, PLACEMENT, patience=2.0)
    assert neighbours.outbound.seen().id == 1
    neighbours.ask(2, PLACEMENT, patience=9.0)
    clock.advance(2.0)
    assert isinstance(neighbours.error(1), OrderUnknown)
    assert neighbours.outbound.seen().id == 2
    clock.advance(7.0)
    assert isinstance(neighbours.error(2), OrderUnknown)
    assert neighbours.router.nothing_more()


def test_a_withdrawn_placement_is_asked_back_from_the_way_out_and_unknown_if_that_is_silent(
    neighbours: Neighbours, clock: ManualClock
) -> None:
    neighbours.ask(1, PLACEMENT)
    assert neighbours.outbound.seen().id == 1
    neighbours.ask(2, PLACEMENT)
    neighbours.desk.tell(Withdraw(2))
    assert isinstance(neighbours.error(2), NotSent)
    neighbours.desk.tell(Withdraw(1))
    assert neighbours.outbound.seen() == RequestDone(1, succeeded=False)
    clock.advance(WITHDRAWAL_TIMEOUT)
    assert isinstance(neighbours.error(1), OrderUnknown)
    assert neighbours.router.nothing_more()


def test_a_request_that_ended_elsewhere_is_not_answered_at_its_deadline(
    neighbours: Neighbours, clock: ManualClock
) -> None:
    neighbours.ask(1, PLACEMENT, patience=2.0)
    assert neighbours.outbound.seen().id == 1
    neighbours.ask(2, PLACEMENT, patience=9.0)
    neighbours.desk.tell(RequestDone(1))
    assert neighbours.outbound.seen().id == 2
    clock.advance(9.0)
    assert isinstance(neighbours.error(2), OrderUnknown)
    assert neighbours.router.nothing_more()


def test_the_venues_list_answers_the_callers_that_wait_for_it_and_later_ones(neighbours: Neighbours) -> None:
    neighbours.ask(1, GetPendingOrders())
    neighbours.desk.tell(PendingOrdersListed([ORDER]))
    assert neighbours.router.seen() == Response(1, [ORDER])
    neighbours.ask(2, GetPendingOrders())
    assert neighbours.router.seen() == Response(2, [ORDER])


def test_a_halt_holds_until_orders_are_resumed(neighbours: Neighbours) -> None:
    neighbours.desk.tell(TradingHalted("lunch"))
    neighbours.ask(1, PLACEMENT)
    assert isinstance(neighbours.error(1), Halted)
    neighbours.desk.tell(TradingResumed())
    neighbours.ask(2, PLACEMENT)
    assert neighbours.outbound.seen().id == 2


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """The lines of the log from INFO on, after their levels."""
    written: list[str] = []
    sink = logger.add(written.append, level="INFO", format="{level} {message}")
    yield written
    logger.remove(sink)


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (PendingAnswered("c1", order=ORDER), "INFO pending order a was placed: EURUSD_otc call 1 for 60 s"),
        (
            PendingAnswered("c1", reason="OPEN_TIME"),
            "INFO a pending order was refused by the venue: EURUSD_otc call 1 for 60 s: OPEN_TIME",
        ),
        (PendingAnswered("c1", ticket="a"), "INFO pending order a was cancelled"),
        (
            PendingAnswered("c1", ticket="a", reason="notFound"),
            "INFO pending order a was not cancelled: notFound",
        ),
    ],
)
def test_each_answer_of_the_venue_is_in_the_log_once(
    neighbours: Neighbours, lines: list[str], answer: PendingAnswered, line: str
) -> None:
    neighbours.ask(1, PLACEMENT)
    assert neighbours.outbound.seen().id == 1
    neighbours.desk.tell(answer)
    neighbours.ask(2, GetPendingOrders())
    neighbours.desk.tell(PendingOrdersListed([]))
    while neighbours.router.seen() != Response(2, []):
        pass  # the answer of the placement
    assert [each.strip() for each in lines] == [line]


def test_a_placement_without_an_answer_is_a_warning_that_says_not_to_repeat_it(
    neighbours: Neighbours, clock: ManualClock, lines: list[str]
) -> None:
    neighbours.ask(1, PLACEMENT, patience=2.0)
    neighbours.ask(2, PLACEMENT, patience=2.0)
    assert neighbours.outbound.seen().id == 1
    clock.advance(2.0)
    assert isinstance(neighbours.error(1), OrderUnknown)
    [line] = [each for each in lines if "in doubt" in each][:1]
    assert line.startswith("WARNING a pending order is in doubt: EURUSD_otc call 1 for 60 s")
    assert "do not repeat it" in line
