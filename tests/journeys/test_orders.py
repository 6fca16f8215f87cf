"""Orders from the ask to the result: what the venue executes is what was asked, and what must not be sent is not."""

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.errors import Halted, NotSent, RateLimited, RequestError, RequestRefused
from actors.messages import (
    AwaitResult,
    CancelPendingOrder,
    ConnectionDown,
    ConnectionUp,
    GetClosedDeals,
    GetOpenedDeals,
    GetPendingOrders,
    Halt,
    OrderClosed,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    PlaceOrder,
    PlacePendingOrder,
    Resume,
    Subscribe,
    TradingHalted,
    TradingResumed,
)
from actors.messages.control import StopOrders
from actors.messages.events import ConnectionUp as Up
from actors.messages.traffic import EventBatch, Failure, Request
from actors.policy.quota import Rate
from actors.rate_limiter import RateLimiter
from actors.values import Direction, Outcome
from runtime.config import Config
from runtime.practice import PracticeExchange
from runtime.wiring import Runtime
from tests.journeys.journey import DEADLINE, Notebook, ask, status_of, towards
from tests.journeys.trader import ASSET, LATE, LONG, bet, catch_up, listening, trading, venue
from tests.practice.client import Client
from tests.practice.trader import place, wait_for_a_fresh_second

HALT_LIMIT = 0.1
"""Seconds after which no order leaves any more."""


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def no_order_came(exchange: PracticeExchange) -> bool:
    return exchange.ledger.count("openOrder") == 0


@pytest.mark.parametrize("workers", [0, 1])
def test_an_order_is_answered_with_the_deal_that_the_venue_executed(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    amounts: list[Any] = [1, "1.50", 2.25, 0.1 + 1, Decimal("3.99"), 50]
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
    assert [order.amount for order in exchange.ledger.orders()] == [*exact, 7]
    assert notebook.all(OrderOrphan) == []


def test_the_terms_that_were_asked_for_are_those_of_the_deal(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        deal = ask(runtime, bet(5, duration=90, asset="AEDCNY_otc", direction=Direction.PUT))
    assert (deal.asset, deal.direction, deal.amount) == ("AEDCNY_otc", Direction.PUT, 5)
    assert 89 < deal.closes_at - deal.opened_at <= 90
    assert abs(deal.opened_at - time.time()) < DEADLINE


def test_win_loss_and_draw_are_three_outcomes(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        deals = []
        for outcome in ("win", "loss", "draw"):
            exchange.force_outcome(outcome)  # type: ignore[arg-type]
            deals.append(ask(runtime, bet(10, duration=1)))
        results = [ask(runtime, AwaitResult(deal.id)) for deal in deals]
    assert [result.outcome for result in results] == [Outcome.WIN, Outcome.LOSS, Outcome.DRAW]
    assert [result.id for result in results] == [deal.id for deal in deals]
    win, loss, draw = results
    assert win.profit == 10 * Decimal(win.payout) / 100
    assert (loss.profit, draw.profit) == (-10, 0)
    assert draw.close_price == draw.open_price
    assert results == [executed.deal for executed in exchange.ledger.deals()]


@pytest.mark.parametrize("workers", [0, 1])
def test_deals_that_close_together_are_each_announced_once_though_every_connection_hears_of_them(
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
        assert Counter(deal.id for deal in ask(runtime, GetClosedDeals())) == Counter(deal.id for deal in deals)
    assert [result.id for result in results] == [deal.id for deal in deals] * 2
    closed = Counter(event.deal.id for event in notebook.all(OrderClosed))
    assert closed == Counter(deal.id for deal in deals)
    assert notebook.all(OrderOrphan) == []


def test_the_result_of_a_deal_can_be_awaited_whoever_opened_it_and_whenever(
    exchange: PracticeExchange, journal: Path
) -> None:
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
        assert 0.2 <= time.monotonic() - asked_at < 0.2 + LATE


@pytest.mark.parametrize(
    ("order", "rule"),
    [
        (bet(asset="NOSUCH_otc"), "does not list NOSUCH_otc"),
        (bet(asset="#AAPL"), "#AAPL cannot be traded"),
        (bet(0), "amount may be 1 to 50000, not 0"),
        (bet(-5), "amount may be 1 to 50000, not -5"),
        (bet("0.99"), "amount may be 1 to 50000, not 0.99"),
        (bet("50000.01"), "amount may be 1 to 50000, not 50000.01"),
        (bet("1.001"), "two decimals.* 1.001"),
        (bet("10000.01"), "10000.01 is more than the balance of 10000"),
        (bet(duration=0), "for 1 to 43200 s, not for 0 s"),
        (bet(duration=-1), "for 1 to 43200 s, not for -1 s"),
        (bet(duration=43_201), "for 1 to 43200 s, not for 43201 s"),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_by_its_name_and_never_sent(
    exchange: PracticeExchange, journal: Path, order: PlaceOrder, rule: str
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        with pytest.raises(NotSent, match=rule):
            ask(runtime, order)
        catch_up(exchange, runtime, notebook)
        assert no_order_came(exchange)
        ask(runtime, bet(2))


@pytest.mark.parametrize("amount", ["many", "nan", "inf", None])
def test_an_amount_that_is_no_number_is_refused_where_it_is_written(amount: object) -> None:
    with pytest.raises(RequestRefused, match="amount"):
        bet(amount)


def test_the_limits_themselves_are_allowed(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal, orders={"maximum_open": 3})) as (runtime, _):
        for order in (bet(1, duration=1), bet("1.99", duration=43_200), bet(9_000)):
            assert ask(runtime, order).amount == order.amount


def test_one_deal_too_many_is_not_sent(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal, orders={"maximum_open": 2})) as (runtime, _):
        ask(runtime, bet(1))
        exchange.disturb_orders("delayed", seconds=0.3)
        second = runtime.router.ask(bet(2), block=False)
        with pytest.raises(NotSent, match="2 deals are open or on their way, 2 are allowed"):
            ask(runtime, bet(3))
        second.get(timeout=DEADLINE)
        with pytest.raises(NotSent, match="2 are allowed"):
            ask(runtime, bet(3))
    assert [order.amount for order in exchange.ledger.orders()] == [1, 2]


def test_a_like_order_is_not_sent_while_the_first_has_no_answer(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        exchange.disturb_orders("delayed", seconds=0.5)
        first = runtime.router.ask(bet(5), block=False)
        with pytest.raises(NotSent, match=f"5 on {ASSET} is still"):
            ask(runtime, bet("5.00", direction=Direction.PUT, duration=30))
        another = ask(runtime, bet(6))
        deal = first.get(timeout=DEADLINE)
        repeated = ask(runtime, bet(5))
    assert len({deal.id, another.id, repeated.id}) == 3
    assert Counter(order.amount for order in exchange.ledger.orders()) == {Decimal(5): 2, Decimal(6): 1}


def test_an_order_that_the_rate_would_hold_past_its_deadline_is_not_sent(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, limits={"messages": ["1/min"]})
    with listening(config) as (runtime, notebook):
        ask(runtime, bet(1))
        with pytest.raises(RateLimited) as refusal:
            ask(runtime, bet(2, deadline=2.0))
        assert 50 < refusal.value.retry_after <= 60
        catch_up(exchange, runtime, notebook)
        assert status_of(runtime).desk.in_flight == 0
    assert [order.amount for order in exchange.ledger.orders()] == [1]


def test_an_order_without_a_connection_is_given_up_by_its_deadline_and_never_sent(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        for region in reversed(exchange.regions):
            exchange.close_region(region.name)
        notebook.first(ConnectionDown, was_ready=True)
        asked_at = time.monotonic()
        with pytest.raises(NotSent):
            ask(runtime, bet(1, deadline=0.6))
        assert time.monotonic() - asked_at <= 0.6 + LATE
        exchange.open_region(exchange.regions[0].name)
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
        ask(runtime, bet(2))
        catch_up(exchange, runtime, notebook)
    assert [order.amount for order in exchange.ledger.orders()] == [2]


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


def test_an_order_before_the_venue_was_ever_reached_is_given_up_by_its_deadline(
    exchange: PracticeExchange, journal: Path, nobody: str
) -> None:
    settings = towards(exchange.session, [nobody], 0, orders={"journal": str(journal)})
    with Runtime(Config.model_validate(settings)) as runtime:
        asked_at = time.monotonic()
        with pytest.raises(NotSent):
            ask(runtime, bet(deadline=0.3))
        assert time.monotonic() - asked_at <= 0.3 + LATE


def test_what_the_venue_refuses_raises_its_word(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        exchange.disturb_orders("refused", error="notMoney")
        with pytest.raises(RequestRefused, match="notMoney"):
            ask(runtime, bet("4.20"))
        refused = notebook.first(OrderRefused)
        assert (refused.asset, refused.amount, refused.reason) == (ASSET, Decimal("4.2"), "notMoney")
        ask(runtime, bet("4.20"))
        catch_up(exchange, runtime, notebook)
    assert [event.order for event in notebook.all(OrderRefused)] == [refused.order]
    assert [str(order.request_id) for order in exchange.ledger.orders()][0] == refused.order
    assert len(exchange.ledger.deals()) == 1


def test_the_venues_own_limits_are_told_as_a_refusal(journal: Path) -> None:
    with venue(max_deals=1) as exchange, listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, bet(1))
        with pytest.raises(RequestRefused, match="MaxDemoTrades"):
            ask(runtime, bet(2))
        assert status_of(runtime).desk.in_flight == 0


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
        try:
            answer.get(timeout=0.5 + LATE)
        except RequestError:
            pass


def test_a_halt_refuses_orders_until_someone_resumes(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        deal = ask(runtime, bet(1, duration=2))
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
        refused = 0
        for future in futures:
            try:
                future.get(timeout=DEADLINE)
            except Halted as error:
                assert "stop" in str(error)
                refused += 1
        all_refused_after = time.monotonic() - asked_at
        catch_up(exchange, runtime, notebook)
        assert status_of(runtime).desk.in_flight == 0
    orders = exchange.ledger.orders()
    assert refused == 40 - len(orders)
    assert max(order.at for order in orders) < wall + HALT_LIMIT
    assert took < HALT_LIMIT
    assert all_refused_after < HALT_LIMIT + LATE


def test_a_halt_does_not_queue_behind_the_orders_that_it_is_to_stop(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        futures = [runtime.router.ask(bet(amount), block=False) for amount in range(1, 100)]
        asked_at, wall = time.monotonic(), time.time()
        ask(runtime, Halt("stop"))
        took = time.monotonic() - asked_at
        outcomes = Counter(type(future.get(timeout=DEADLINE)) for future in futures if not _halted(future))
        catch_up(exchange, runtime, notebook)
    orders = exchange.ledger.orders()
    assert outcomes.total() == len(orders)
    assert all(order.at < wall + HALT_LIMIT for order in orders)
    assert took < HALT_LIMIT


def _halted(future: Any) -> bool:
    try:
        future.get(timeout=DEADLINE)
    except Halted:
        return True
    return False


class _Gate:
    """A neighbour that takes what it is told only when it is let."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.taken: list[Any] = []

    def tell(self, message: Any) -> None:
        self.entered.set()
        assert self.open.wait(DEADLINE)
        self.taken.append(message)


def test_a_halt_stops_an_order_that_it_overtakes() -> None:
    """The halt is told behind the order, and is served before it: the order must not leave after that."""
    outbound, router = _Gate(), Notebook()
    limiter = RateLimiter.start(
        [Rate(100, 1.0)], 100, outbound=outbound, router=_Told(router)
    )
    due = time.monotonic() + DEADLINE
    limiter.tell(Up("c1", 1, "r"))
    limiter.tell(Request(1, bet(1), due, urgent=True, order="o1"))
    assert outbound.entered.wait(DEADLINE)
    limiter.tell(Request(2, bet(2), due, urgent=True, order="o2"))
    limiter.tell(StopOrders("stop"))
    outbound.open.set()
    assert router.wait(lambda book: len(book) == 1), "the second order has left after the halt"
    [batch] = router.all(EventBatch)  # type: ignore[type-var]
    assert [(item.order, item.error) for item in batch.items if isinstance(item, Failure)] == [("o2", "Halted")]
    limiter.stop()
    assert [request.order for request in outbound.taken] == ["o1"]


class _Told:
    """What is told is written down."""

    def __init__(self, notebook: Notebook) -> None:
        self.tell = notebook


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
        asked_at = time.monotonic()
        ask(runtime, Halt())
        notebook.first(TradingHalted)
        with pytest.raises(Halted, match=re.escape("halted")):
            waiting.get(timeout=HALT_LIMIT + LATE)
        with pytest.raises(Halted):
            ask(runtime, bet(deadline=4.0))
        assert time.monotonic() - asked_at < HALT_LIMIT + LATE


def test_the_status_counts_what_is_open_in_doubt_and_closed(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        desk = status_of(runtime).desk
        assert (desk.halted, desk.in_flight, desk.in_doubt, desk.open_deals, desk.closed_deals) == (None, 0, 0, 0, 0)
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
