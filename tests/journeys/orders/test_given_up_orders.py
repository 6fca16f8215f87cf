"""Orders that nobody waits for any more: what has not left never leaves, and no caller is told wrong."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pykka
import pytest
from msgspec import structs

from actors.errors import NotSent, OrderUnknown, RequestError, RequestRefused
from actors.messages import (
    Command,
    CommandFailed,
    ConnectionDown,
    ConnectionUp,
    Direction,
    GetBalance,
    GetOpenedDeals,
    GetPendingOrders,
    OrderNotPlaced,
    PlacePendingOrder,
)
from actors.values import Deal
from runtime import Runtime
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, Notebook, ask
from tests.journeys.trader import ASSET, LATE, assert_each_sent_once, bet, catch_up, listening, trading, venue


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def pending() -> PlacePendingOrder:
    return PlacePendingOrder(ASSET, 3, Direction.CALL, 60, open_at=time.time() + 300)


ORDERS = pytest.mark.parametrize("make", [bet, pending], ids=["order", "pending order"])


def cut_off(exchange: PracticeExchange, runtime: Runtime, notebook: Notebook) -> None:
    """Close every region, once the account is known; returns when the runtime knows."""
    ask(runtime, GetOpenedDeals())
    for region in exchange.regions:
        exchange.close_region(region.name)
    notebook.first(ConnectionDown, was_ready=True)


def assert_nothing_is_placed_later(exchange: PracticeExchange, runtime: Runtime, notebook: Notebook) -> None:
    """Open the regions again, and have an order of another amount placed, behind anything that waits."""
    seen = len(notebook.all(ConnectionUp))
    for region in exchange.regions:
        exchange.open_region(region.name)
    assert notebook.wait(lambda book: len(book.all(ConnectionUp)) > seen)
    deal = ask(runtime, bet(50))
    catch_up(exchange, runtime, notebook)
    assert [executed.deal for executed in exchange.ledger.deals()] == [deal]
    assert ask(runtime, GetPendingOrders()) == []
    assert_each_sent_once(exchange, 1)


@ORDERS
@pytest.mark.parametrize("workers", [0, 1])
def test_an_order_whose_ask_times_out_during_an_outage_is_not_sent_and_never_placed(
    exchange: PracticeExchange, journal: Path, make: type[Command], workers: int
) -> None:
    with listening(trading(exchange, journal, workers)) as (runtime, notebook):
        cut_off(exchange, runtime, notebook)
        for _ in range(2):
            asked_at = time.monotonic()
            with pytest.raises(NotSent):
                runtime.router.ask(make(), timeout=0.5)
            assert time.monotonic() - asked_at < 0.5 + LATE
        assert_nothing_is_placed_later(exchange, runtime, notebook)


@ORDERS
def test_an_order_whose_future_is_looked_at_too_long_is_not_sent_and_never_placed(
    exchange: PracticeExchange, journal: Path, make: type[Command]
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        cut_off(exchange, runtime, notebook)
        with pytest.raises(NotSent):
            runtime.router.ask(make(), block=False).get(timeout=0.2)
        assert_nothing_is_placed_later(exchange, runtime, notebook)


@ORDERS
def test_an_order_whose_future_is_dropped_is_never_placed(
    exchange: PracticeExchange, journal: Path, make: type[Command]
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        cut_off(exchange, runtime, notebook)
        runtime.router.ask(make(), block=False)
        ask(runtime, GetOpenedDeals())  # the order desk knows by now
        assert_nothing_is_placed_later(exchange, runtime, notebook)


@ORDERS
def test_of_two_callers_only_the_order_of_the_one_that_gives_up_is_withdrawn(
    exchange: PracticeExchange, journal: Path, make: type[Command]
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        cut_off(exchange, runtime, notebook)
        patient = runtime.router.ask(bet(7), block=False)
        with pytest.raises(NotSent):
            runtime.router.ask(make(), timeout=0.3)
        for region in exchange.regions:
            exchange.open_region(region.name)
        assert patient.get(timeout=DEADLINE).amount == 7
        catch_up(exchange, runtime, notebook)
        assert ask(runtime, GetPendingOrders()) == []
        assert_each_sent_once(exchange, 1)


@ORDERS
def test_the_deadline_of_an_order_holds_if_the_timeout_is_longer(
    exchange: PracticeExchange, journal: Path, make: type[Command]
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        cut_off(exchange, runtime, notebook)
        asked_at = time.monotonic()
        with pytest.raises(NotSent):
            runtime.router.ask(structs.replace(make(), deadline=0.4), timeout=DEADLINE)
        assert time.monotonic() - asked_at < 0.4 + LATE
        assert_nothing_is_placed_later(exchange, runtime, notebook)


@ORDERS
@pytest.mark.parametrize("timeout", [0, 0.0])
def test_a_timeout_of_nothing_sends_no_order(
    exchange: PracticeExchange, journal: Path, make: type[Command], timeout: float
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        with pytest.raises(NotSent):
            runtime.router.ask(make(), timeout=timeout)
        catch_up(exchange, runtime, notebook)
        assert exchange.ledger.orders() == []
        assert ask(runtime, GetPendingOrders()) == []


def test_an_order_that_has_left_when_its_caller_gives_up_is_unknown_until_the_venue_proves_its_end(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before")
        future = runtime.router.ask(bet(5), block=False)
        assert exchange.ledger.wait_until(lambda book: len(book.orders()) == 1, DEADLINE)
        asked_at = time.monotonic()
        with pytest.raises(OrderUnknown) as unknown:
            future.get(timeout=0.05)
        assert time.monotonic() - asked_at < 0.05 + LATE
        assert notebook.first(OrderNotPlaced).order == unknown.value.order
    assert exchange.ledger.deals() == []
    assert_each_sent_once(exchange, 1)


def test_a_caller_that_gives_up_is_told_of_the_deal_that_the_venue_lists(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("delayed", seconds=30.0)
        deal = runtime.router.ask(bet(5), timeout=2.5)
    assert [executed.deal for executed in exchange.ledger.deals()] == [deal]
    assert_each_sent_once(exchange, 1)


def test_nonsense_is_refused_with_words(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        for nonsense in (GetBalance, "balance", None, {"type": "GetBalance"}, notebook.first(ConnectionUp)):
            with pytest.raises(RequestRefused, match="is not a command"):
                runtime.router.ask(nonsense, timeout=DEADLINE)  # type: ignore[call-overload]
            runtime.router.tell(nonsense)
        assert notebook.wait(lambda book: len(book.all(CommandFailed)) == 5)
        reasons = [failed.reason for failed in notebook.all(CommandFailed)]
        assert all(
            reason.startswith("RequestRefused: ") and "is not a command" in reason for reason in reasons
        )
        assert notebook.all(CommandFailed)[0].command == "GetBalance"


@pytest.mark.parametrize("workers", [0, 1])
def test_orders_that_a_stop_cuts_off_are_answered_with_what_is_certain(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    limits = {"messages": ["20/s"]}
    with listening(trading(exchange, journal, workers, limits=limits)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        asked = [runtime.router.ask(bet(amount), block=False) for amount in range(1, 90)]
        asked[0].get(timeout=DEADLINE)
        runtime.stop()
        outcomes = [_outcome(future) for future in asked]
        late = _outcome(runtime.router.ask(bet(90), block=False))
    executed = {deal.deal.amount for deal in exchange.ledger.deals()}
    assert late is NotSent
    assert set(outcomes) <= {Deal, NotSent, OrderUnknown}
    assert outcomes.count(NotSent) > 0
    for amount, kind in enumerate(outcomes, start=1):
        assert kind is OrderUnknown or (kind is Deal) is (amount in executed)


def _outcome(future: pykka.Future[Any]) -> type:
    try:
        return type(future.get(timeout=DEADLINE))
    except RequestError as error:
        return NotSent if isinstance(error, NotSent) else type(error)
