"""Pending orders whose answer is lost, over reconnects, kills and restarts."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.errors import NotPlaced, NotSent, OrderUnknown, RequestTimeout
from actors.messages import (
    Direction,
    GetPendingOrders,
    OrderInDoubt,
    OrderNotPlaced,
    PendingOrderPlaced,
    PlacePendingOrder,
)
from actors.values import PendingOrder
from runtime import Runtime
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, ask, status_of
from tests.journeys.orders.test_order_restart import child
from tests.journeys.trader import VERDICT_DELAY, catch_up, listening, trading, venue
from tests.journeys.trading_child import OPENS_AT


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def later(amount: int = 1, id: str | None = None) -> PlacePendingOrder:
    return PlacePendingOrder(
        "EURUSD_otc",
        amount,
        Direction.CALL,
        60,
        open_at=time.time() + 3_600,
        id=id,
    )


def listed(runtime: Runtime) -> list[PendingOrder]:
    orders: list[PendingOrder] = ask(runtime, GetPendingOrders())
    return orders


@pytest.mark.parametrize("workers", [0, 1])
def test_one_that_was_placed_before_its_answer_was_lost_is_found_in_the_next_list(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    with listening(trading(exchange, journal, workers)) as (runtime, notebook):
        assert listed(runtime) == []
        exchange.disturb_orders("lost_after", drop=True)
        answer = runtime.router.ask(later(5), block=False)
        doubt = notebook.first(OrderInDoubt)
        with pytest.raises(NotSent, match="still unknown"):
            ask(runtime, later(5))
        placed = answer.get(timeout=DEADLINE)
        assert notebook.first(PendingOrderPlaced) == PendingOrderPlaced(doubt.order, placed)
        assert listed(runtime) == [placed]
        assert status_of(runtime).pending.placed == 1
    assert exchange.ledger.count("openPendingOrder") == 1


def test_one_that_was_lost_before_it_was_placed_is_proven_not_placed_and_looking_first_doubles_nothing(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        assert listed(runtime) == []
        exchange.disturb_orders("lost_before", drop=True)
        with pytest.raises(OrderUnknown) as unknown:
            runtime.router.ask(later(5), timeout=VERDICT_DELAY / 2)
        assert listed(runtime) == []  # asked at once, answered when it is certain
        assert notebook.first(OrderNotPlaced).order == unknown.value.order
        assert status_of(runtime).pending.in_doubt == 0
        assert [ask(runtime, later(5))] == listed(runtime)


def test_a_caller_that_waits_is_told_that_nothing_came_of_it(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        assert listed(runtime) == []
        exchange.disturb_orders("lost_before", drop=True)
        with pytest.raises(NotPlaced):
            ask(runtime, later(5))
        assert ask(runtime, later(5)).amount == 5


def test_an_answer_that_never_comes_on_a_line_that_stands_ends_with_a_new_login(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        assert listed(runtime) == []
        exchange.disturb_orders("lost_before")
        with pytest.raises(OrderUnknown):
            runtime.router.ask(later(5), timeout=0.5)
        with pytest.raises(RequestTimeout, match=r"in doubt: .*EURUSD_otc call 5"):
            ask(runtime, GetPendingOrders(deadline=0.1))
        assert listed(runtime) == []
        notebook.first(OrderNotPlaced)
        catch_up(exchange, runtime, notebook)
        assert len(notebook.all(OrderNotPlaced)) == 1


def test_answers_that_come_twice_late_or_refuse_are_those_of_their_own_orders(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        assert listed(runtime) == []
        exchange.disturb_orders("doubled")
        exchange.disturb_orders("delayed", seconds=0.2)
        exchange.disturb_orders("refused", error="NO")
        answers = [runtime.router.ask(later(amount), block=False) for amount in (5, 6, 7, 8)]
        assert [answers[number].get(timeout=DEADLINE).amount for number in (0, 1, 3)] == [5, 6, 8]
        with pytest.raises(Exception, match="NO"):
            answers[2].get(timeout=DEADLINE)


def test_one_in_flight_at_a_kill_is_found_by_the_next_runtime_and_its_id_sends_nothing_more(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal)
    exchange.disturb_orders("lost_after")
    with child(config, "pending-5"):
        assert exchange.ledger.wait_until(lambda book: book.count("openPendingOrder") == 1, 4 * DEADLINE)
    with listening(config) as (runtime, notebook):
        notebook.first(PendingOrderPlaced)
        [found] = listed(runtime)
        assert found.open_at is not None
        again = PlacePendingOrder("EURUSD_otc", 5, Direction.CALL, 60, open_at=OPENS_AT, id="pending-5")
        assert ask(runtime, again) == found
    with listening(config) as (runtime, _):
        assert ask(runtime, again) == found
        assert status_of(runtime).pending.placed == 1
    assert exchange.ledger.count("openPendingOrder") == 1
