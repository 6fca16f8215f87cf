"""Orders that are refused: by our checks before they are sent, or by the venue."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.errors import NotSent, RateLimited, RequestRefused
from actors.messages import (
    ConnectionDown,
    ConnectionUp,
    GetOpenedDeals,
    OrderRefused,
    PlaceOrder,
)
from actors.values import Direction
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, ask, status_of, towards
from tests.journeys.trader import ASSET, bet, catch_up, listening, trading, venue


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def no_order_came(exchange: PracticeExchange) -> bool:
    return exchange.ledger.count("openOrder") == 0


@pytest.mark.parametrize(
    ("order", "rule"),
    [
        (bet(asset="NOSUCH_otc"), "the venue lists no asset 'NOSUCH_otc'"),
        (bet(asset="#AAPL"), "#AAPL cannot be traded"),
        (bet(0), "amount may be 1 to 50000, not 0"),
        (bet(-5), "amount may be 1 to 50000, not -5"),
        (bet("0.99"), "amount may be 1 to 50000, not 0.99"),
        (bet("50000.01"), "amount may be 1 to 50000, not 50000.01"),
        (bet("1.001"), r"multiple of 0\.01, not 1\.001"),
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
        with pytest.raises(RequestRefused, match=rule):
            ask(runtime, order)
        catch_up(exchange, runtime, notebook)
        assert no_order_came(exchange)
        ask(runtime, bet(2))


@pytest.mark.parametrize(
    ("workers", "fields"),
    [
        (0, {"direction": "up"}),
        (1, {"direction": "up"}),
        (1, {"direction": 1}),
        (0, {"duration": 60.5}),
        (0, {"duration": "60"}),
        (0, {"asset": None}),
    ],
)
def test_an_order_of_the_wrong_types_is_refused_and_breaks_nothing(
    exchange: PracticeExchange, journal: Path, fields: dict[str, Any], workers: int
) -> None:
    with listening(trading(exchange, journal, workers)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        with pytest.raises((NotSent, RequestRefused, TypeError, ValueError)):
            ask(runtime, bet(**{"amount": 5, "deadline": 1.0} | fields))
        ask(runtime, bet(6))
        catch_up(exchange, runtime, notebook)
        assert runtime.failure is None
        assert notebook.all(ConnectionDown) == []
    assert [order.amount for order in exchange.ledger.orders()] == [6]


@pytest.mark.parametrize("deadline", [0.0, -1.0])
def test_an_order_whose_deadline_has_passed_is_surely_not_sent(
    exchange: PracticeExchange, journal: Path, deadline: float
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        for amount in range(1, 11):
            with pytest.raises(NotSent):
                ask(runtime, bet(amount, deadline=deadline))
        catch_up(exchange, runtime, notebook)
        assert status_of(runtime).desk.in_flight == 0
    assert no_order_came(exchange)


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
        with pytest.raises(RequestRefused, match="2 deals are open or on their way, 2 are allowed"):
            ask(runtime, bet(3))
        second.get(timeout=DEADLINE)
        with pytest.raises(RequestRefused, match=r"orders\.maximum_open"):
            ask(runtime, bet(3))
    assert [order.amount for order in exchange.ledger.orders()] == [1, 2]


def test_a_like_order_waits_for_the_answer_to_the_first_within_its_deadline_and_an_unlike_one_does_not(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        exchange.disturb_orders("delayed", seconds=0.5)
        first = runtime.router.ask(bet(5), block=False)
        with pytest.raises(NotSent, match="under way until its deadline"):
            ask(runtime, bet("5.00", direction=Direction.PUT, duration=30, deadline=0.1))
        waiting = runtime.router.ask(bet("5.00", direction=Direction.PUT, duration=30), block=False)
        another = ask(runtime, bet(6))
        deals = [first.get(timeout=DEADLINE), another, waiting.get(timeout=DEADLINE)]
    assert len({deal.id for deal in deals}) == 3
    assert [order.amount for order in exchange.ledger.orders()] == [5, 6, 5]


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
        with pytest.raises(NotSent):
            ask(runtime, bet(1, deadline=0.6))
        exchange.open_region(exchange.regions[0].name)
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
        ask(runtime, bet(2))
        catch_up(exchange, runtime, notebook)
    assert [order.amount for order in exchange.ledger.orders()] == [2]


def test_an_order_before_the_venue_was_ever_reached_is_given_up_by_its_deadline(
    exchange: PracticeExchange, journal: Path, nobody: str
) -> None:
    settings = towards(exchange.session, [nobody], 0, orders={"journal": str(journal)})
    with Runtime(Config.model_validate(settings)) as runtime, pytest.raises(NotSent):
        ask(runtime, bet(deadline=0.3))


def test_a_refusal_of_the_venue_raises_its_error(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        exchange.disturb_orders("refused", error="notMoney")
        with pytest.raises(RequestRefused, match="notMoney"):
            ask(runtime, bet("4.20"))
        refused = notebook.first(OrderRefused)
        assert (refused.asset, refused.amount, refused.reason) == (ASSET, Decimal("4.2"), "notMoney")
        ask(runtime, bet("4.20"))
        catch_up(exchange, runtime, notebook)
    assert [event.order for event in notebook.all(OrderRefused)] == [refused.order]
    assert exchange.ledger.orders()[0].request_id == refused.order
    assert len(exchange.ledger.deals()) == 1


def test_the_venues_own_limits_are_told_as_a_refusal(journal: Path) -> None:
    with venue(max_deals=1) as exchange, listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, bet(1))
        with pytest.raises(RequestRefused, match="MaxDemoTrades"):
            ask(runtime, bet(2))
        assert status_of(runtime).desk.in_flight == 0
