"""Stops, kills and starts: what the journal knows of orders outlives the runtime, and one runtime keeps it."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import psutil
import pykka
import pytest

from actors.errors import Halted, NotSent, RequestError
from actors.messages import (
    AwaitResult,
    GetClosedDeals,
    GetOpenedDeals,
    OrderClosed,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    Resume,
    SubscribeTicks,
)
from runtime.config import Config
from runtime.practice import PracticeExchange
from runtime.wiring import Runtime
from tests.journeys import trading_child
from tests.journeys.journey import DEADLINE, ask, status_of
from tests.journeys.trader import ASSET, bet, catch_up, listening, trading, venue


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue() as running:
        yield running


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "orders.sqlite"


def orders_arrive(exchange: PracticeExchange, count: int) -> None:
    assert exchange.ledger.wait_until(lambda book: len(book.orders()) == count, DEADLINE)


def assert_each_sent_once(exchange: PracticeExchange, orders: int) -> None:
    sent = Counter(order.request_id for order in exchange.ledger.orders())
    assert len(sent) == orders
    assert set(sent.values()) == {1}


@contextmanager
def child(config: Config, *amounts: int) -> Iterator["subprocess.Popen[str]"]:
    """A trader in another process, which is killed at the end, with its workers."""
    settings = json.loads(config.model_dump_json())
    settings["account"]["session"] = config.account.session.get_secret_value()
    root = str(Path(__file__).parents[2])
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
    assert notebook.all(OrderOrphan) == notebook.all(OrderOpened) == []


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
    with listening(trading(exchange, journal, workers)) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        exchange.disturb_orders("delayed", seconds=30.0)
        exchange.disturb_orders("lost_before")
        answers = [runtime.router.ask(bet(amount), block=False) for amount in (5, 6)]
        orders_arrive(exchange, 2)
    for answer in answers:
        with pytest.raises(RequestError) as error:
            answer.get(timeout=DEADLINE)
        assert not isinstance(error.value, NotSent)
    executed, swallowed = (str(order.request_id) for order in exchange.ledger.orders())
    with listening(trading(exchange, journal, workers)) as (runtime, notebook):
        opened = notebook.first(OrderOpened)
        nothing = notebook.first(OrderNotPlaced)
        catch_up(exchange, runtime, notebook)
        desk = status_of(runtime).desk
        assert (desk.in_flight, desk.in_doubt, desk.open_deals) == (0, 0, 1)
    assert (opened.order, opened.deal) == (executed, exchange.ledger.deal_for(executed))
    assert nothing.order == swallowed
    assert_each_sent_once(exchange, 2)
    assert len(notebook.all(OrderOpened)) == len(notebook.all(OrderNotPlaced)) == 1
    assert notebook.all(OrderOrphan) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_a_killed_runtime_is_succeeded_by_one_that_knows_its_orders(
    exchange: PracticeExchange, journal: Path, workers: int
) -> None:
    config = trading(exchange, journal, workers)
    with child(config, 5) as process:
        orders_arrive(exchange, 1)
        assert exchange.ledger.wait_until(lambda book: len(book.deals()) == 1, DEADLINE)
        exchange.disturb_orders("delayed", seconds=30.0)
        exchange.disturb_orders("lost_before")
        process.kill()
        process.wait(DEADLINE)
    [(_, deal)] = exchange.ledger.deals()
    with listening(config) as (runtime, notebook):
        result = ask(runtime, AwaitResult(deal.id))
        assert result == exchange.ledger.deals()[0].deal
        catch_up(exchange, runtime, notebook)
        assert status_of(runtime).desk.in_flight == 0
    assert [event.deal.id for event in notebook.all(OrderClosed)] == [deal.id]
    assert notebook.all(OrderOrphan) == notebook.all(OrderNotPlaced) == []
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


def test_orders_that_waited_at_a_stop_are_never_sent_by_anyone(exchange: PracticeExchange, journal: Path) -> None:
    config = trading(exchange, journal, limits={"messages": ["2/min"]})
    with listening(config) as (runtime, _):
        ask(runtime, GetOpenedDeals())
        for amount in range(1, 8):
            runtime.router.tell(bet(amount, deadline=300.0))
        orders_arrive(exchange, 2)
    with listening(trading(exchange, journal)) as (runtime, notebook):
        assert notebook.wait(lambda book: len(book.all(OrderNotPlaced)) <= 5)
        ask(runtime, bet(8))
        catch_up(exchange, runtime, notebook)
    assert [order.amount for order in exchange.ledger.orders()] == [1, 2, 8]


def test_a_second_runtime_on_the_same_journal_is_refused_and_leaves_nothing_running(
    exchange: PracticeExchange, journal: Path
) -> None:
    config = trading(exchange, journal, workers=1)
    with listening(config) as (runtime, notebook):
        ask(runtime, GetOpenedDeals())
        actors = len(pykka.ActorRegistry.get_all())
        threads = set(threading.enumerate())
        processes = len(psutil.Process().children(recursive=True))
        second = Runtime(config)
        with pytest.raises(Halted, match=str(journal)):
            second.start()
        assert len(pykka.ActorRegistry.get_all()) == actors
        assert {thread for thread in threading.enumerate() if thread.is_alive()} <= threads
        assert len(psutil.Process().children(recursive=True)) == processes
        second.stop()
        ask(runtime, bet(5))
        catch_up(exchange, runtime, notebook)
    assert sum(socket.authenticated for socket in exchange.ledger.sockets()) == 1
    with listening(config) as (runtime, _):
        ask(runtime, bet(6))


def test_a_runtime_in_another_process_keeps_the_journal_too(exchange: PracticeExchange, journal: Path) -> None:
    config = trading(exchange, journal)
    with child(config, 5):
        orders_arrive(exchange, 1)
        with pytest.raises(Halted, match=str(journal)), Runtime(config):
            pytest.fail("two runtimes trade with one journal")
    with listening(config) as (runtime, _):
        ask(runtime, bet(6))


def test_without_a_journal_prices_flow_and_orders_are_refused_saying_why(
    exchange: PracticeExchange, tmp_path: Path
) -> None:
    regular = tmp_path / "regular"
    regular.write_text("not a folder")
    with listening(trading(exchange, regular / "orders.sqlite")) as (runtime, notebook):
        ask(runtime, SubscribeTicks(ASSET))
        assert notebook.wait(lambda book: len(book.ticks(ASSET)) >= 3)
        with pytest.raises(Halted, match=str(regular)):
            ask(runtime, bet())
        assert str(regular) in str(status_of(runtime).desk.halted)
        with pytest.raises(Halted):
            ask(runtime, Resume())
        with pytest.raises(Halted):
            ask(runtime, bet())
        assert ask(runtime, GetOpenedDeals()) == []
    assert exchange.ledger.count("openOrder") == 0
    assert regular.read_text() == "not a folder"


def test_what_cannot_be_journaled_is_not_sent(exchange: PracticeExchange, journal: Path) -> None:
    """The disk fills up, or the file is taken away, while the runtime runs."""
    with listening(trading(exchange, journal)) as (runtime, notebook):
        deal = ask(runtime, bet(5))
        with _locked(journal), pytest.raises(Halted, match=str(journal)):
            ask(runtime, bet(6))
        catch_up(exchange, runtime, notebook)
        assert [order.amount for order in exchange.ledger.orders()] == [5]
        assert status_of(runtime).desk.in_flight == 0
        assert ask(runtime, GetOpenedDeals()) == [deal]
        ask(runtime, bet(7))
    assert [order.amount for order in exchange.ledger.orders()] == [Decimal(5), Decimal(7)]


@contextmanager
def _locked(journal: Path) -> Iterator[None]:
    """Another program holds the file for itself."""
    import sqlite3  # noqa: PLC0415

    other = sqlite3.connect(journal, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
    finally:
        other.close()
