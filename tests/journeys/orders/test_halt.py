"""A halt: refuses every order that has not left, at once, until it is lifted."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.errors import Halted
from actors.messages import (
    AwaitResult,
    ConnectionUp,
    GetOpenedDeals,
    Halt,
    Resume,
    Subscribe,
    TradingHalted,
    TradingResumed,
)
from actors.messages.outbound import StopOrders
from actors.messages.traffic import Request
from actors.outbound.rate_limiter import RateLimiter
from actors.rates import Allowance, Rate
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, Notebook, ask, status_of, towards
from tests.journeys.trader import bet, catch_up, listening, trading, venue

HALT_LIMIT = 0.1
"""Seconds within which a halt is answered and the last order leaves: docs/reliability.md promises it."""


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def was_halted(future: Any) -> bool:
    """Whether the order was refused because of the halt."""
    try:
        future.get(timeout=DEADLINE)
    except Halted as error:
        assert str(error) == "stop"  # noqa: PT017
        return True
    return False


def test_a_halt_refuses_orders_until_someone_resumes(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        deal = ask(runtime, bet(1, duration=1))
        ask(runtime, Halt("the news at noon"))
        assert notebook.first(TradingHalted).reason == "the news at noon"
        with pytest.raises(Halted, match="the news at noon"):
            ask(runtime, bet(2))
        assert status_of(runtime).desk.halted == "the news at noon"
        assert ask(runtime, AwaitResult(deal.id)).outcome is not None
        assert ask(runtime, Resume()) is True
        notebook.first(TradingResumed)
        assert ask(runtime, Resume()) is False
        assert status_of(runtime).desk.halted is None
        ask(runtime, bet(2))
    assert [order.amount for order in exchange.ledger.orders()] == [1, 2]


def test_a_halt_is_at_once_though_many_orders_wait_for_the_rate(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, limits={"messages": ["3/s"]})
    with listening(config) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        futures = [runtime.router.ask(bet(amount, deadline=50.0), block=False) for amount in range(1, 41)]
        assert exchange.ledger.wait_until(lambda book: len(book.orders()) == 3, DEADLINE)
        asked_at, wall = time.monotonic(), time.time()
        ask(runtime, Halt("stop"))
        took = time.monotonic() - asked_at
        refused = sum(map(was_halted, futures))
        catch_up(exchange, runtime, notebook)
        assert status_of(runtime).desk.in_flight == 0
    orders = exchange.ledger.orders()
    assert refused == 40 - len(orders)
    assert max(order.at for order in orders) < wall + HALT_LIMIT
    assert took < HALT_LIMIT


def test_a_halt_does_not_queue_behind_the_orders_that_it_is_to_stop(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        futures = [runtime.router.ask(bet(amount), block=False) for amount in range(1, 100)]
        asked_at, wall = time.monotonic(), time.time()
        ask(runtime, Halt("stop"))
        took = time.monotonic() - asked_at
        refused = sum(map(was_halted, futures))
        catch_up(exchange, runtime, notebook)
    orders = exchange.ledger.orders()
    assert refused == 99 - len(orders)
    assert all(order.at < wall + HALT_LIMIT for order in orders)
    assert took < HALT_LIMIT


class _Gate:
    """A receiver whose ``tell`` waits until ``open`` is set."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.taken: list[Any] = []

    def tell(self, message: Any) -> None:
        self.entered.set()
        assert self.open.wait(DEADLINE)
        self.taken.append(message)


class _Told:
    """A receiver that records its messages."""

    def __init__(self, notebook: Notebook) -> None:
        self.tell = notebook


def test_a_halt_stops_an_order_that_it_overtakes() -> None:
    """The halt is told after the order and handled before it, so the order must not leave."""
    outbound, router = _Gate(), Notebook()
    told = _Told(router)
    allowance = Allowance((Rate(100, 1.0),), 100)
    limiter = RateLimiter.start(allowance, {}, outbound=outbound, pool=told, router=told)
    due = time.monotonic() + DEADLINE
    limiter.tell(ConnectionUp("c1", 1, "r"))
    limiter.tell(Request(1, bet(1), due, urgent=True, order="o1"))
    assert outbound.entered.wait(DEADLINE)
    limiter.tell(Request(2, bet(2), due, urgent=True, order="o2"))
    limiter.tell(StopOrders("stop"))
    outbound.open.set()
    assert router.wait(lambda book: len(book) == 1, 1.0), "the second order has left after the halt"
    assert [(each.order, each.error.name) for batch in router.calls for each in batch.items] == [
        ("o2", "Halted")
    ]
    limiter.stop()
    assert [request.order for request in outbound.taken] == ["o1"]


def test_a_halt_outlives_the_runtime_and_only_a_resume_lifts_it(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, Halt("overnight"))
    for _ in range(2):
        with listening(trading(exchange, journal)) as (runtime, _), pytest.raises(Halted, match="overnight"):
            ask(runtime, bet())
    with listening(trading(exchange, journal)) as (runtime, notebook):
        assert notebook.first(TradingHalted).reason == "overnight"
        exchange.drop_connections()
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
        assert status_of(runtime).desk.halted == "overnight"
        assert ask(runtime, Resume()) is True
        ask(runtime, bet(2))
    with listening(trading(exchange, journal)) as (runtime, _):
        assert status_of(runtime).desk.halted is None
        ask(runtime, bet(3))
    assert [order.amount for order in exchange.ledger.orders()] == [2, 3]


def test_a_halt_is_taken_before_the_venue_was_ever_reached(
    exchange: PracticeExchange, journal: Path, nobody: str
) -> None:
    settings = towards(exchange.session, [nobody], 0, orders={"journal": str(journal)})
    with Runtime(Config.model_validate(settings)) as runtime:
        waiting = runtime.router.ask(bet(deadline=4.0), block=False)
        notebook = Notebook()
        runtime.router.tell(Subscribe("trading.", to=notebook))
        ask(runtime, Halt())
        notebook.first(TradingHalted)
        with pytest.raises(Halted, match=re.escape("halted")):
            waiting.get(timeout=DEADLINE)  # its deadline would end it with another error
        with pytest.raises(Halted):
            ask(runtime, bet(deadline=4.0))
