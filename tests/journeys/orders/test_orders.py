"""Orders from the ask to the result: the venue executes what was asked, and each end is published once."""

import contextlib
import math
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.errors import RequestError, RequestRefused
from actors.messages import (
    AwaitResult,
    CancelPendingOrder,
    ConnectionDown,
    ConnectionUp,
    GetClosedDeals,
    GetOpenedDeals,
    GetPendingOrders,
    OrderClosed,
    OrderOpened,
    OrderOrphan,
    PlacePendingOrder,
    Subscribe,
    SubscribeTicks,
)
from actors.values import Deal, Direction, Outcome
from runtime.practice import PracticeExchange
from tests.doubles.exchange_client import Client
from tests.doubles.exchange_trader import place, wait_for_a_fresh_second
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, Start, ask, status_of
from tests.journeys.trader import ASSET, LONG, bet, catch_up, listening, trading, venue


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


@pytest.mark.parametrize("workers", [0, 1])
def test_an_order_is_answered_with_the_deal_that_the_venue_executed(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    amounts: list[Any] = [1, "1.50", 2.25, 0.1 + 1, Decimal("3.99"), Decimal("5E+1")]
    exact = [Decimal(text) for text in ("1", "1.5", "2.25", "1.1", "3.99", "50")]
    with listening(trading(exchange, journal, workers)) as (runtime, notebook):
        deals = [ask(runtime, bet(amount)) for amount in amounts]
        deals.append(ask(runtime, bet(7, direction=Direction.PUT)))
        notebook.first(OrderOpened, deal=deals[-1])
    assert [deal.amount for deal in deals] == [*exact, 7]
    assert [deal.direction for deal in deals] == [Direction.CALL] * 6 + [Direction.PUT]
    assert all(deal.outcome is None for deal in deals)
    opened = notebook.all(OrderOpened)
    assert [event.deal for event in opened] == deals
    for event in opened:
        assert exchange.ledger.deal_for(event.order) == event.deal
        assert event.deal.currency == event.deal.raw["currency"] == "USD"
        assert event.deal.raw["requestId"] == event.order
        assert len(event.deal.raw) == 21
    assert [order.amount for order in exchange.ledger.orders()] == [*exact, 7]
    assert notebook.all(OrderOrphan) == []


def test_the_terms_that_were_asked_for_are_those_of_the_deal(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        deal = ask(runtime, bet(5, duration=90, asset="AEDCNY_otc", direction=Direction.PUT))
    assert (deal.asset, deal.direction, deal.amount) == ("AEDCNY_otc", Direction.PUT, 5)
    assert 89 < deal.closes_at - deal.opened_at <= 90
    assert abs(deal.opened_at - time.time()) < DEADLINE


def test_win_loss_and_draw_are_three_outcomes(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        deals = []
        for outcome in ("win", "loss", "draw"):
            exchange.force_outcome(outcome)
            deals.append(ask(runtime, bet(10, duration=1)))
        results = [ask(runtime, AwaitResult(deal.id)) for deal in deals]
    assert [result.outcome for result in results] == [Outcome.WIN, Outcome.LOSS, Outcome.DRAW]
    assert [result.id for result in results] == [deal.id for deal in deals]
    win, loss, draw = results
    assert win.profit == 10 * Decimal(win.payout) / 100
    assert (loss.profit, draw.profit) == (-10, 0)
    assert draw.close_price == draw.open_price
    assert results == [executed.deal for executed in exchange.ledger.deals()]


@pytest.mark.parametrize("workers", [1])
def test_deals_that_close_together_are_each_announced_once_though_every_connection_is_sent_them(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    with listening(trading(exchange, journal, workers, pool={"connections": 2})) as (runtime, notebook):
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
        wait_for_a_fresh_second()
        deals = [ask(runtime, bet(amount, duration=2)) for amount in (1, 2, 3, 4)]
        assert len({deal.closes_at for deal in deals}) == 1
        waiting = [runtime.router.ask(AwaitResult(deal.id), block=False) for deal in (*deals, *deals)]
        results = [future.get(timeout=DEADLINE) for future in waiting]
        catch_up(exchange, runtime, notebook)
        assert ask(runtime, GetOpenedDeals()) == []
        assert Counter(deal.id for deal in ask(runtime, GetClosedDeals())) == Counter(
            deal.id for deal in deals
        )
    assert [result.id for result in results] == [deal.id for deal in deals] * 2
    closed = Counter(event.deal.id for event in notebook.all(OrderClosed))
    assert closed == Counter(deal.id for deal in deals)
    assert notebook.all(OrderOrphan) == []


def test_the_result_of_any_deal_can_be_awaited_at_any_time(exchange: PracticeExchange, journal: Path) -> None:
    with Client(exchange.regions[0].url) as other:
        other.login(exchange.session)
        past = place(other, amount=1, time=1)
        other.until("successcloseOrder")
        before = place(other, amount=2, time=2)
        with listening(trading(exchange, journal)) as (runtime, notebook):
            ask(runtime, GetOpenedDeals())
            meanwhile = place(other, amount=3, time=2)
            orphan = notebook.first(OrderOrphan)
            assert orphan.deal.id == meanwhile["id"]
            results = [ask(runtime, AwaitResult(deal["id"])) for deal in (past, before, meanwhile)]
            again = [ask(runtime, AwaitResult(deal["id"])) for deal in (past, before, meanwhile)]
    assert [result.id for result in results] == [past["id"], before["id"], meanwhile["id"]]
    assert [result.amount for result in results] == [1, 2, 3]
    assert all(result.outcome is not None for result in results)
    assert again == results
    assert results == [executed.deal for executed in exchange.ledger.deals()]
    assert notebook.all(OrderOpened) == []


def test_a_deal_that_nobody_knows_is_refused_and_one_still_open_times_out(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        with pytest.raises(RequestRefused, match="nosuch"):
            ask(runtime, AwaitResult("nosuch"))
        deal = ask(runtime, bet())
        asked_at = time.monotonic()
        with pytest.raises(RequestError, match=deal.id):
            ask(runtime, AwaitResult(deal.id, deadline=0.2))
        assert time.monotonic() - asked_at >= 0.2


def test_a_command_without_a_time_limit_is_answered(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        deal = ask(runtime, bet(5, duration=1, deadline=math.inf))
        assert ask(runtime, AwaitResult(deal.id, deadline=math.inf)).id == deal.id


def test_an_order_that_waits_for_a_connection_is_sent_once_there_is_one(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        for region in reversed(exchange.regions):
            exchange.close_region(region.name)
        notebook.first(ConnectionDown, was_ready=True)
        waiting = [runtime.router.ask(bet(amount), block=False) for amount in range(1, 6)]
        exchange.open_region(exchange.regions[0].name)
        deals = [future.get(timeout=DEADLINE) for future in waiting]
        catch_up(exchange, runtime, notebook)
    assert [deal.amount for deal in deals] == [1, 2, 3, 4, 5]
    assert [order.amount for order in exchange.ledger.orders()] == [1, 2, 3, 4, 5]
    assert all(not event.topic.startswith("order.un") for event in notebook.calls)


@pytest.mark.parametrize(
    "command",
    [
        PlacePendingOrder(ASSET, Decimal(1), Direction.CALL, LONG, open_price=1.0, deadline=0.5),
        CancelPendingOrder("nosuch", deadline=0.5),
        GetPendingOrders(deadline=0.5),
    ],
)
def test_every_trading_command_is_answered_by_its_deadline(
    exchange: PracticeExchange, journal: Path, command: Any
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        answer = runtime.router.ask(command, block=False)
        with contextlib.suppress(RequestError):
            answer.get(timeout=DEADLINE)  # the configured deadline is longer


def test_the_status_counts_what_is_open_in_doubt_and_closed(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        desk = status_of(runtime).desk
        assert (desk.halted, desk.in_flight, desk.in_doubt, desk.open_deals, desk.closed_deals) == (
            None,
            0,
            0,
            0,
            0,
        )
        ask(runtime, bet(1))
        exchange.force_outcome("draw")
        ask(runtime, AwaitResult(ask(runtime, bet(2, duration=1)).id))
        exchange.disturb_orders("lost_before", 2)
        with pytest.raises(RequestError):
            ask(runtime, bet(3, deadline=0.2))
        flying = runtime.router.ask(bet(4, deadline=30.0), block=False)
        assert exchange.ledger.wait_until(lambda book: len(book.orders()) == 4, DEADLINE)
        desk = status_of(runtime).desk
        assert (desk.open_deals, desk.closed_deals) == (1, 1)
        assert (desk.in_flight, desk.in_doubt) == (2, 1)
    with pytest.raises(RequestError):
        flying.get(timeout=DEADLINE)


def test_an_order_leaves_though_the_venue_confirms_no_stream(
    exchange: PracticeExchange, journal: Path, start_runtime: Start
) -> None:
    limits = {"messages": ["1000/s"], "max_concurrent_operations": 4}
    runtime = start_runtime(trading(exchange, journal, limits=limits))
    notebook = Notebook()
    runtime.router.tell(Subscribe("", to=notebook))
    notebook.first(ConnectionUp)
    exchange.fault("unanswered")
    for asset in ASSETS:
        runtime.router.tell(
            SubscribeTicks(asset, deadline=math.inf)
        )  # as the streams of the configuration are requested
    deal = runtime.router.ask(bet(1, deadline=DEADLINE), timeout=2 * DEADLINE)
    assert isinstance(deal, Deal)
