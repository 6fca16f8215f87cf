"""Stops, kills and starts: the knowledge about orders outlives the runtime."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from actors.errors import JournalInUse, NotPlaced, NotSent, OrderUnknown
from actors.messages import (
    AwaitResult,
    GetClosedDeals,
    GetOpenedDeals,
    OrderClosed,
    OrderInDoubt as InDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
)
from actors.messages.events import DealsOpen
from actors.messages.lifecycle import Begin
from actors.messages.routing import SubscribeTypes
from actors.values import Direction
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.doubles.recorder import Recording
from tests.journeys import trading_child
from tests.journeys.journey import DEADLINE, ask, status_of
from tests.journeys.trader import (
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


def orders_arrive(exchange: PracticeExchange, count: int) -> None:
    # A child that places them has to start two interpreters first.
    assert exchange.ledger.wait_until(lambda book: len(book.orders()) == count, 4 * DEADLINE)


@contextmanager
def child(config: Config, *amounts: int | str) -> Iterator["subprocess.Popen[str]"]:
    """A trader in another process; it is killed at the end, with its workers."""
    settings = json.loads(config.model_dump_json())
    settings["account"]["session"] = config.account.session.get_secret_value()
    root = str(Path(__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, trading_child.__file__, *map(str, amounts)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
        text=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(settings))
        process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait(DEADLINE)


def test_an_open_deal_is_followed_over_a_restart(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        deal = ask(runtime, bet(5, duration=2))
    with listening(trading(exchange, journal)) as (runtime, notebook):
        result = ask(runtime, AwaitResult(deal.id))
        catch_up(exchange, runtime, notebook)
    assert result == exchange.ledger.deals()[0].deal
    assert [event.deal.id for event in notebook.all(OrderClosed)] == [deal.id]
    assert notebook.all(OrderOrphan) == []
    assert notebook.all(OrderOpened) == []


def test_a_deal_that_ended_while_nobody_ran_is_told_once_and_only_once(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        deal = ask(runtime, bet(5, duration=1))
    assert exchange.ledger.wait_until(lambda book: book.deals()[0].deal.outcome is not None, DEADLINE)
    with listening(trading(exchange, journal)) as (runtime, notebook):
        result = ask(runtime, AwaitResult(deal.id))
        catch_up(exchange, runtime, notebook)
        assert [event.deal.id for event in notebook.all(OrderClosed)] == [deal.id]
    with listening(trading(exchange, journal)) as (runtime, notebook):
        assert ask(runtime, AwaitResult(deal.id)) == result
        catch_up(exchange, runtime, notebook)
        assert ask(runtime, GetClosedDeals()) == [result]
    assert notebook.all(OrderClosed) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_an_order_in_flight_at_a_stop_is_never_called_unsent_and_is_found_by_the_next_runtime(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    with listening(trading(exchange, journal, workers)) as (runtime, before):
        ask(runtime, GetOpenedDeals())
        lists = Recording()
        assert lists.seen() == Begin()
        runtime.router.tell(SubscribeTypes((DealsOpen,), lists.ref))
        exchange.disturb_orders("delayed", seconds=30.0)
        exchange.disturb_orders("lost_before")
        answers = [runtime.router.ask(bet(amount), block=False) for amount in (5, 6)]
        orders_arrive(exchange, 2)
        while not lists.seen().deals:
            pass
        ask(runtime, GetOpenedDeals())  # the desk has taken in the list too
    executed, swallowed = (str(order.request_id) for order in exchange.ledger.orders())
    # The venue had listed one of them without an answer; nothing is known about the other.
    assert answers[0].get(timeout=DEADLINE) == exchange.ledger.deal_for(executed)
    with pytest.raises(OrderUnknown) as doubt:
        answers[1].get(timeout=DEADLINE)
    assert doubt.value.order == swallowed
    with listening(trading(exchange, journal, workers)) as (runtime, after):
        assert after.first(OrderNotPlaced).order == swallowed
        catch_up(exchange, runtime, after)
        desk = status_of(runtime).desk
        assert (desk.in_flight, desk.in_doubt, desk.open_deals) == (0, 0, 1)
    [opened] = [*before.all(OrderOpened), *after.all(OrderOpened)]
    assert (opened.order, opened.deal) == (executed, exchange.ledger.deal_for(executed))
    assert_each_sent_once(exchange, 2)
    assert len(after.all(OrderNotPlaced)) == 1
    assert before.all(OrderOrphan) == after.all(OrderOrphan) == []


def test_a_stop_tells_by_which_id_an_order_in_flight_will_be_found(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("lost_before")
        answer = runtime.router.ask(bet(5), block=False)
        orders_arrive(exchange, 1)
    with pytest.raises(OrderUnknown) as doubt:
        answer.get(timeout=DEADLINE)
    assert doubt.value.order == exchange.ledger.orders()[0].request_id


def test_a_killed_runtime_is_succeeded_by_one_that_knows_its_orders(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, workers=1)
    with child(config, 5) as process:
        orders_arrive(exchange, 1)
        assert exchange.ledger.wait_until(lambda book: len(book.deals()) == 1, DEADLINE)
        process.kill()
        process.wait(DEADLINE)
    [(_, deal)] = exchange.ledger.deals()
    with listening(config) as (runtime, notebook):
        result = ask(runtime, AwaitResult(deal.id))
        assert result == exchange.ledger.deals()[0].deal
        catch_up(exchange, runtime, notebook)
        assert status_of(runtime).desk.in_flight == 0
    assert [event.deal.id for event in notebook.all(OrderClosed)] == [deal.id]
    assert notebook.all(OrderOrphan) == []
    assert notebook.all(OrderNotPlaced) == []
    assert_each_sent_once(exchange, 1)


def test_a_runtime_killed_with_orders_in_flight_leaves_them_to_its_successor(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal)
    exchange.disturb_orders("delayed", seconds=30.0)
    exchange.disturb_orders("lost_before")
    with child(config, 5, 6) as process:
        orders_arrive(exchange, 2)
        process.kill()
        process.wait(DEADLINE)
    executed, swallowed = (str(order.request_id) for order in exchange.ledger.orders())
    deal = exchange.ledger.deal_for(executed)
    assert deal is not None
    with listening(config) as (runtime, notebook):
        assert notebook.first(OrderOpened).order == executed
        assert notebook.first(OrderNotPlaced).order == swallowed
        assert ask(runtime, AwaitResult(deal.id)).outcome is not None
        catch_up(exchange, runtime, notebook)
    assert [event.deal.id for event in notebook.all(OrderOpened)] == [deal.id]
    assert notebook.all(OrderOrphan) == []
    assert_each_sent_once(exchange, 2)


def test_orders_that_waited_at_a_stop_are_never_sent_by_anyone(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, limits={"messages": ["2/min"]})
    with listening(config) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        for amount in range(1, 8):
            runtime.router.tell(bet(amount, deadline=300.0))
        orders_arrive(exchange, 2)
    with listening(trading(exchange, journal)) as (runtime, notebook):
        notebook.wait(lambda book: len(book.all(OrderNotPlaced)) == 5, VERDICT_DELAY + 1.0)
        assert status_of(runtime).desk.in_flight == 0
        ask(runtime, bet(8))
        catch_up(exchange, runtime, notebook)
    assert [order.amount for order in exchange.ledger.orders()] == [1, 2, 8]


def test_a_runtime_in_another_process_keeps_the_journal_too(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal)
    with child(config, 5):
        orders_arrive(exchange, 1)
        with pytest.raises(JournalInUse, match=str(journal)), Runtime(config):
            pytest.fail("two runtimes trade with one journal")
    with listening(config) as (runtime, _):
        ask(runtime, bet(6))


def test_a_killed_worker_never_has_an_order_sent_twice(exchange: PracticeExchange, journal: Path) -> None:
    with listening(trading(exchange, journal, workers=1)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("delayed", seconds=30.0)
        exchange.disturb_orders("lost_before")
        executed = runtime.router.ask(bet(5), block=False)
        swallowed = runtime.router.ask(bet(6, direction=Direction.PUT), block=False)
        assert exchange.ledger.wait_until(lambda book: len(book.orders()) == 2, DEADLINE)
        os.kill(status_of(runtime).workers[0].pid, signal.SIGKILL)
        deal = executed.get(timeout=DEADLINE)
        with pytest.raises(NotPlaced):
            swallowed.get(timeout=DEADLINE)
        catch_up(exchange, runtime, notebook)
    assert [order.deal for order in exchange.ledger.deals()] == [deal]
    assert_each_sent_once(exchange, 2)
    assert_published_once(notebook, opened=1, unknown=len(notebook.all(InDoubt)), nothing=1)


def test_orders_at_the_moment_of_a_kill_all_come_to_a_true_end(
    exchange: PracticeExchange, journal: Path
) -> None:
    with listening(trading(exchange, journal, workers=1)) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        pid = status_of(runtime).workers[0].pid
        answers = [runtime.router.ask(bet(amount), block=False) for amount in range(1, 41)]
        assert exchange.ledger.wait_until(lambda book: len(book.orders()) >= 5, DEADLINE)
        os.kill(pid, signal.SIGKILL)
        opened = {}
        for amount, answer in enumerate(answers, start=1):
            try:
                opened[amount] = answer.get(timeout=DEADLINE)
            except NotSent:
                continue
        catch_up(exchange, runtime, notebook)
        assert status_of(runtime).desk.in_flight == 0
    executed = {int(entry.deal.amount): entry.deal for entry in exchange.ledger.deals()}
    assert opened == executed
    assert_each_sent_once(exchange, len(exchange.ledger.orders()))
    assert notebook.all(OrderOrphan) == []
