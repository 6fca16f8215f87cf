"""Faults between an order and its answer: no order is sent twice or guessed, each end is published once."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.errors import NotPlaced, NotSent, OrderUnknown
from actors.messages import (
    AwaitResult,
    ClockReport,
    ConnectionDown,
    ConnectionSuspect,
    ConnectionUp,
    GetOpenedDeals,
    OrderClosed,
    OrderInDoubt as InDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    SubscribeTicks,
)
from runtime.practice import PracticeExchange
from tests.journeys.journey import DEADLINE, ask, status_of
from tests.journeys.trader import (
    ASSET,
    LATE,
    VERDICT_DELAY,
    assert_each_sent_once,
    assert_published_once,
    bet,
    catch_up,
    listening,
    trading,
    venue,
)


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


@pytest.mark.parametrize("behind", [20.0, 7_200.0])
def test_orders_and_results_follow_the_venues_clock_however_far_ours_is_ahead(
    exchange: PracticeExchange, journal: Path, behind: float
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, SubscribeTicks(ASSET))
        exchange.fault("clock_jump", seconds=-behind)
        assert notebook.wait(lambda book: any(report.offset < 1 - behind for report in book.all(ClockReport)))
        deal = ask(runtime, bet(duration=1))
        assert ask(runtime, AwaitResult(deal.id)).outcome is not None
        exchange.disturb_orders("lost_after", drop=True)
        found = ask(runtime, bet(5))
        assert [found] == ask(runtime, GetOpenedDeals())
    assert_each_sent_once(exchange, 2)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_order_lost_before_its_execution_is_proven_not_placed(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    with listening(trading(exchange, journal, workers)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before", drop=True)
        answer = runtime.router.ask(bet(5), block=False)
        unknown = notebook.first(InDoubt)
        assert ask(runtime, GetOpenedDeals()) == []
        with pytest.raises(NotSent, match="still unknown"):
            ask(runtime, bet(5))
        with pytest.raises(NotPlaced):
            answer.get(timeout=DEADLINE)
        assert notebook.first(OrderNotPlaced).order == unknown.order
        deal = ask(runtime, bet(5))
        catch_up(exchange, runtime, notebook)
        desk = status_of(runtime).desk
        assert (desk.in_flight, desk.in_doubt, desk.open_deals) == (0, 0, 1)
    assert exchange.ledger.deal_for(unknown.order) is None
    assert [executed.deal for executed in exchange.ledger.deals()] == [deal]
    assert_each_sent_once(exchange, 2)
    assert_published_once(notebook, opened=1, unknown=1, nothing=1)


def test_an_order_without_a_verdict_is_unknown_at_its_deadline_and_the_verdict_is_published_later(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before", drop=True)
        asked_at = time.monotonic()
        with pytest.raises(OrderUnknown) as doubt:
            ask(runtime, bet(5, deadline=0.4))
        assert time.monotonic() - asked_at >= 0.4
        assert doubt.value.order == exchange.ledger.orders()[0].request_id
        notebook.first(OrderNotPlaced, order=doubt.value.order)
    assert_published_once(notebook, unknown=1, nothing=1)


def test_an_order_without_an_answer_on_a_standing_connection_is_cleared_up_by_a_new_login(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before")
        with pytest.raises(OrderUnknown) as doubt:
            ask(runtime, bet(5, deadline=0.4))
        suspect = notebook.first(ConnectionSuspect)
        assert doubt.value.order in suspect.reason
        notebook.first(OrderNotPlaced, order=doubt.value.order)
        ask(runtime, bet(5))
        assert len(notebook.all(ConnectionSuspect)) == 1


@pytest.mark.parametrize("workers", [1])
def test_an_order_lost_after_its_execution_is_answered_with_its_deal(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    with listening(trading(exchange, journal, workers)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_after", drop=True)
        deal = ask(runtime, bet("7.50"))
        opened = notebook.first(OrderOpened)
        time_to_doubt = VERDICT_DELAY + LATE
        assert not notebook.wait(lambda book: bool(book.all(OrderNotPlaced)), time_to_doubt)
        catch_up(exchange, runtime, notebook)
    assert opened.deal == deal == exchange.ledger.deal_for(opened.order)
    assert len(exchange.ledger.deals()) == 1
    assert_each_sent_once(exchange, 1)
    assert_published_once(notebook, opened=1, unknown=len(notebook.all(InDoubt)))
    assert notebook.all(OrderOrphan) == []


def test_a_deal_that_ended_while_its_connection_was_lost_is_found_with_its_result(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.close_region(exchange.regions[1].name)
        exchange.disturb_orders("lost_after", drop=True)
        answer = runtime.router.ask(bet(3, duration=1), block=False)
        assert exchange.ledger.wait_until(lambda book: len(book.orders()) == 1, DEADLINE)
        exchange.close_region(exchange.regions[0].name)
        notebook.first(ConnectionDown, was_ready=True)
        assert exchange.ledger.wait_until(
            lambda book: all(deal.deal.outcome is not None for deal in book.deals()), DEADLINE
        )
        exchange.open_region(exchange.regions[0].name)
        deal = answer.get(timeout=DEADLINE)
        result = ask(runtime, AwaitResult(deal.id))
        catch_up(exchange, runtime, notebook)
    [executed] = exchange.ledger.deals()
    assert result == executed.deal
    assert [event.deal.id for event in notebook.all(OrderClosed)] == [deal.id]
    assert_published_once(notebook, opened=1, unknown=len(notebook.all(InDoubt)))


def test_several_orders_lost_with_one_connection_find_each_their_own_end(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before")
        exchange.disturb_orders("lost_after", 2)
        exchange.disturb_orders("lost_before", drop=True)
        answers = [runtime.router.ask(bet(amount), block=False) for amount in (1, 2, 3, 4)]
        for amount in (2, 3):
            assert answers[amount - 1].get(timeout=DEADLINE).amount == amount
        for amount in (1, 4):
            with pytest.raises(NotPlaced):
                answers[amount - 1].get(timeout=DEADLINE)
        catch_up(exchange, runtime, notebook)
    assert {executed.deal.amount for executed in exchange.ledger.deals()} == {2, 3}
    assert_each_sent_once(exchange, 4)
    assert_published_once(notebook, opened=2, unknown=len(notebook.all(InDoubt)), nothing=2)


def test_two_like_deals_are_not_given_to_one_order(exchange: PracticeExchange, journal: Path) -> None:
    """A deal of another client on the same terms was open before: it is not that of the lost order."""
    with listening(trading(exchange, journal)) as (runtime, notebook):
        first = ask(runtime, bet(5))
        exchange.disturb_orders("lost_before", drop=True)
        with pytest.raises(NotPlaced):
            ask(runtime, bet(5))
        catch_up(exchange, runtime, notebook)
        assert ask(runtime, GetOpenedDeals()) == [first]
    assert_published_once(notebook, opened=1, unknown=1, nothing=1)


def test_no_verdict_is_given_while_no_connection_could_speak_against_it(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before", drop=True)
        answer = runtime.router.ask(bet(5), block=False)
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
        for region in reversed(exchange.regions):
            exchange.close_region(region.name)
        assert notebook.wait(lambda book: sum(down.was_ready for down in book.all(ConnectionDown)) == 2)
        assert not notebook.wait(lambda book: bool(book.all(OrderNotPlaced)), VERDICT_DELAY + LATE)
        exchange.open_region(exchange.regions[0].name)
        with pytest.raises(NotPlaced):
            answer.get(timeout=DEADLINE)


def test_silence_on_a_connection_that_stands_is_unknown_until_a_later_login_proves_it(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before")
        with pytest.raises(OrderUnknown) as doubt:
            ask(runtime, bet(5, deadline=0.3))
        assert not notebook.wait(lambda book: bool(book.all(OrderNotPlaced)), VERDICT_DELAY + LATE)
        assert status_of(runtime).desk.in_doubt == 1
        exchange.drop_connections()
        notebook.first(OrderNotPlaced, order=doubt.value.order)
        assert status_of(runtime).desk.in_doubt == 0
    assert_published_once(notebook, unknown=1, nothing=1)


def test_at_the_deadline_the_venues_list_stands_in_for_an_answer_that_is_late(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("delayed", seconds=4.0)
        asked_at = time.monotonic()
        deal = ask(runtime, bet(5, deadline=1.5))
        assert 1.5 <= time.monotonic() - asked_at < 4.0  # by then the acknowledgement would have answered it
        opened = notebook.first(OrderOpened)
        assert not notebook.wait(lambda book: len(book.all(OrderOpened)) > 1, 2.7)
        catch_up(exchange, runtime, notebook)
    assert deal == opened.deal == exchange.ledger.deal_for(opened.order)
    assert notebook.all(OrderOrphan) == []


def test_a_deal_that_the_venue_has_listed_by_the_deadline_is_no_doubt(
    exchange: PracticeExchange, journal: Path
) -> None:
    """The acknowledgement is lost, but the list of open deals that follows it is not."""
    with listening(trading(exchange, journal)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_after")
        deal = ask(runtime, bet(5, deadline=2))
        catch_up(exchange, runtime, notebook)
    assert [executed.deal for executed in exchange.ledger.deals()] == [deal]
    assert_published_once(notebook, opened=1, unknown=len(notebook.all(InDoubt)))


def test_an_answer_that_comes_twice_is_told_once(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, notebook):
        exchange.disturb_orders("doubled", 3)
        deals = [ask(runtime, bet(amount)) for amount in (1, 2, 2)]
        catch_up(exchange, runtime, notebook)
        assert ask(runtime, GetOpenedDeals()) == deals
    assert [event.deal for event in notebook.all(OrderOpened)] == deals
    assert notebook.all(OrderOrphan) == []


def test_a_strangers_deal_on_the_same_terms_is_an_orphan_and_ours_is_ours(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal, pool={"connections": 2})) as (runtime, notebook):
        assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 2)
        exchange.disturb_orders("stranger")
        deal = ask(runtime, bet(5))
        orphan = notebook.first(OrderOrphan)
        catch_up(exchange, runtime, notebook)
        assert {listed.id for listed in ask(runtime, GetOpenedDeals())} == {deal.id, orphan.deal.id}
    [ours] = exchange.ledger.orders()
    assert exchange.ledger.deal_for(ours.request_id) == deal
    assert deal.id != orphan.deal.id
    assert len(notebook.all(OrderOrphan)) == 1
    assert_published_once(notebook, opened=1)
