"""Pending orders: placed, listed and cancelled."""

import time
from collections.abc import Iterator

import pytest

from actors.errors import Halted, RequestRefused
from actors.messages import (
    CancelPendingOrder,
    Direction,
    GetPendingOrders,
    Halt,
    OrderOrphan,
    PlacePendingOrder,
    Resume,
    Subscribe,
)
from actors.values import PendingOrder
from runtime import Runtime
from tests.journeys.journey import DEADLINE, Notebook, ask, exchange_of, practice

ASSET = "EURUSD_otc"


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with Runtime(practice(0, pool={"connections": 1})) as running:  # a second one may have older lists
        yield running


def later(seconds: float = 3600.0, amount: int = 1) -> PlacePendingOrder:
    return PlacePendingOrder(ASSET, amount, Direction.CALL, 60, open_at=time.time() + seconds)


def place(runtime: Runtime, command: PlacePendingOrder) -> PendingOrder:
    order: PendingOrder = ask(runtime, command)
    return order


def listed(runtime: Runtime) -> list[PendingOrder]:
    orders: list[PendingOrder] = ask(runtime, GetPendingOrders())
    return orders


def test_an_order_for_a_time_and_one_for_a_price_are_placed_listed_and_cancelled(runtime: Runtime) -> None:
    wish = later()
    by_time = place(runtime, wish)
    assert by_time.open_at == int(wish.open_at or 0)
    by_price = place(runtime, PlacePendingOrder(ASSET, 2, Direction.PUT, 60, open_price=0.5))
    assert by_price.open_price == 0.5
    assert runtime.router.ask(CancelPendingOrder(by_time.ticket), timeout=DEADLINE) == by_time.ticket
    assert [order.ticket for order in listed(runtime)] == [by_price.ticket]


def test_many_at_once_each_get_their_own_answer(runtime: Runtime) -> None:
    wishes = [later(amount=amount) for amount in range(1, 7)]
    answers = [runtime.router.ask(wish, block=False) for wish in wishes]
    amounts = [answer.get(timeout=DEADLINE).amount for answer in answers]
    assert amounts == [wish.amount for wish in wishes]


@pytest.mark.parametrize("terms", [{}, {"open_at": 4e9, "open_price": 1.0}])
def test_an_order_needs_either_a_time_or_a_price(runtime: Runtime, terms: dict[str, float]) -> None:
    with pytest.raises(RequestRefused, match="either open_at or open_price"):
        place(runtime, PlacePendingOrder(ASSET, 1, Direction.CALL, 60, **terms))  # type: ignore[arg-type]
    assert exchange_of(runtime).ledger.count("openPendingOrder") == 0


def test_a_time_that_has_passed_is_refused_with_the_venues_error(runtime: Runtime) -> None:
    with pytest.raises(RequestRefused, match="OPEN_TIME"):
        place(runtime, later(-60))


def test_a_ticket_that_nobody_holds_cannot_be_cancelled(runtime: Runtime) -> None:
    with pytest.raises(RequestRefused):
        runtime.router.ask(CancelPendingOrder("no-such-ticket"), timeout=DEADLINE)


def test_a_halt_concerns_pending_orders_too(runtime: Runtime) -> None:
    listed(runtime)
    runtime.router.ask(Halt("lunch"), timeout=DEADLINE)
    with pytest.raises(Halted, match="lunch"):
        place(runtime, later())
    runtime.router.ask(Resume(), timeout=DEADLINE)
    assert place(runtime, later()).amount == 1


def test_a_deal_that_comes_of_it_is_announced_as_an_orphan(runtime: Runtime) -> None:
    notebook = Notebook()
    runtime.router.tell(Subscribe("order.", to=notebook))
    order = place(runtime, later(1.5))
    orphan = notebook.first(OrderOrphan)
    assert (orphan.deal.asset, orphan.deal.amount) == (order.asset, order.amount)
