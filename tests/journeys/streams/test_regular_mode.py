"""A pool in regular mode: the first command opens it, idleness closes it, an open deal keeps it open."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.messages import (
    AwaitResult,
    ConnectionDown,
    ConnectionUp,
    GetAssets,
    Halt,
    LoadCandles,
    OrderClosed,
    Resume,
    Subscribe,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.values import Deal
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import ASSETS, DEADLINE, Notebook, ask, assert_lossless, status_of
from tests.journeys.trader import bet, trading, venue

IDLE = 0.5


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue(tick_rate=20.0) as running:
        yield running


def regular(exchange: PracticeExchange, tmp_path: Path, workers: int, **pool: Any) -> Config:
    return trading(
        exchange,
        tmp_path / "orders.sqlite",
        workers,
        pool={"workers": workers, "mode": "regular", "connections": 2, "idle_timeout": IDLE, **pool},
    )


def ups(count: int) -> Callable[[Notebook], bool]:
    return lambda book: len(book.all(ConnectionUp)) >= count


def downs(count: int) -> Callable[[Notebook], bool]:
    return lambda book: len(book.all(ConnectionDown)) >= count


@pytest.fixture(params=[1])
def regular_pool(
    request: pytest.FixtureRequest, exchange: PracticeExchange, tmp_path: Path
) -> Iterator[tuple[Runtime, Notebook]]:
    with Runtime(regular(exchange, tmp_path, request.param)) as runtime:
        notebook = Notebook()
        runtime.router.tell(Subscribe("", to=notebook))
        yield runtime, notebook


def test_nothing_is_open_before_the_first_command_and_after_the_last(
    regular_pool: tuple[Runtime, Notebook],
) -> None:
    runtime, notebook = regular_pool
    assert not notebook.wait(ups(1), 1.0)
    assert ask(runtime, LoadCandles(ASSETS[0], 60, 10))
    assert notebook.wait(downs(1))
    assert len(notebook.all(ConnectionUp)) == 1
    assert [c.child.state for c in status_of(runtime).connections] == ["stopped", "stopped"]
    assert ask(runtime, LoadCandles(ASSETS[0], 60, 11))
    assert notebook.wait(downs(2))
    assert len(notebook.all(ConnectionUp)) == 2
    assert runtime.failure is None


def test_a_stream_keeps_it_open_and_its_end_closes_it(
    regular_pool: tuple[Runtime, Notebook], exchange: PracticeExchange
) -> None:
    runtime, notebook = regular_pool
    ask(runtime, SubscribeTicks(ASSETS[0]))
    assert not notebook.wait(downs(1), 5 * IDLE)
    assert_lossless(notebook.ticks(ASSETS[0]), exchange.ledger.ticks(ASSETS[0]))
    ask(runtime, UnsubscribeTicks(ASSETS[0]))
    assert notebook.wait(downs(1))
    ask(runtime, SubscribeTicks(ASSETS[1]))
    assert notebook.wait(lambda book: bool(book.ticks(ASSETS[1])))


def test_an_open_deal_keeps_it_open(regular_pool: tuple[Runtime, Notebook]) -> None:
    runtime, notebook = regular_pool
    deal = ask(runtime, bet(1, duration=3))
    assert isinstance(deal, Deal)
    result = runtime.router.ask(AwaitResult(deal.id, deadline=5.0), block=False)
    assert not notebook.wait(lambda book: bool(book.all(ConnectionDown)) and not book.all(OrderClosed), 4.0)
    assert result.get(timeout=DEADLINE).outcome is not None
    assert notebook.wait(downs(1))


def test_an_order_that_comes_just_as_it_has_closed_opens_it_again(
    regular_pool: tuple[Runtime, Notebook],
) -> None:
    runtime, notebook = regular_pool
    ask(runtime, GetAssets())
    for number in range(1, 4):
        assert notebook.wait(downs(number))
        assert isinstance(ask(runtime, bet(1, duration=1)), Deal)


def test_what_no_connection_is_needed_for_opens_none(regular_pool: tuple[Runtime, Notebook]) -> None:
    runtime, notebook = regular_pool
    ask(runtime, Halt("for tests"))
    ask(runtime, Resume())
    assert not notebook.wait(ups(1), 1.0)
