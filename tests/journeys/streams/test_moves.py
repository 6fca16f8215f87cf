"""Streams that move from one connection to another: nothing is lost, and nothing comes twice."""

from collections.abc import Iterator

import pytest

from actors.messages import (
    ConnectionDown,
    ConnectionUp,
    Lagged,
    StreamConfirmed,
    StreamGap,
    StreamReleased,
    Subscribe,
    SubscribeTicks,
)
from actors.messages.status import Status
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    Notebook,
    Start,
    ask,
    assert_lossless,
    each_once,
    eventually,
    quotes,
    status_of,
    streams_by_connection,
    suspect,
    towards,
)
from tests.journeys.trader import venue

CAP = 4


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue(tick_rate=50.0) as running:
        yield running


def is_gathered(status: Status) -> bool:
    return len(streams_by_connection(status)) == 1 and {each.placed.state for each in status.streams} == {
        "confirmed"
    }


def is_spread(status: Status) -> bool:
    loads = streams_by_connection(status)
    return sorted(loads.values()) == [2, 2] and {each.placed.state for each in status.streams} == {
        "confirmed"
    }


def with_a_late_connection(
    exchange: PracticeExchange, start_runtime: Start, notebook: Notebook, workers: int
) -> Runtime:
    """A runtime with four streams on one connection; another connection comes up a second later.

    ``notebook`` records every event from now on."""
    settings = towards(
        exchange.session,
        [exchange.regions[0].url],
        workers,
        pool={"connections": 3, "streams_per_connection": CAP},
        reconnect={"strategy": "linear", "reconnect_delay": 1.0, "jitter": False},
        limits={"messages": ["1000/s"], "max_concurrent_operations": 100},
    )
    runtime, before = start_runtime(Config.model_validate(settings)), Notebook()
    runtime.router.tell(Subscribe("", to=before))
    for asset in ASSETS:
        ask(runtime, SubscribeTicks(asset))
    eventually(runtime, before, is_spread)
    suspect(runtime, next(iter(streams_by_connection(status_of(runtime)))))
    eventually(runtime, before, is_gathered)
    runtime.router.tell(Subscribe("", to=notebook))
    return runtime


def assert_spread_one_by_one(runtime: Runtime, notebook: Notebook) -> None:
    """Two streams have moved, the second after the release of the first; no other stream has."""
    eventually(runtime, notebook, is_spread)
    assert notebook.wait(lambda book: len(book.all(StreamReleased)) == 2)
    moves = [event for event in list(notebook.calls) if isinstance(event, StreamConfirmed | StreamReleased)]
    assert [type(event) for event in moves] == [StreamConfirmed, StreamReleased] * 2
    assert moves[0].asset == moves[1].asset != moves[2].asset == moves[3].asset
    here = len(notebook.ticks())
    assert notebook.wait(lambda book: len(book.ticks()) > here + 100)
    assert notebook.all(Lagged) == []
    since = notebook.ticks()[0].received_at  # gaps from the loss before may be announced a second later
    assert not [gap for gap in notebook.all(StreamGap) if gap.from_time > since]


@pytest.mark.parametrize("workers", [0, 2])
def test_streams_move_to_a_connection_that_comes_late_and_lose_nothing(
    exchange: PracticeExchange, start_runtime: Start, notebook: Notebook, workers: int
) -> None:
    runtime = with_a_late_connection(exchange, start_runtime, notebook, workers)
    assert_spread_one_by_one(runtime, notebook)
    for asset in ASSETS:
        assert_lossless(notebook.ticks(asset), each_once(exchange.ledger.ticks(asset)))


def test_quotes_that_the_venue_makes_twice_come_twice_during_a_move_too(
    exchange: PracticeExchange, start_runtime: Start, notebook: Notebook
) -> None:
    exchange.fault("duplicate", count=None)
    runtime = with_a_late_connection(exchange, start_runtime, notebook, 2)
    assert_spread_one_by_one(runtime, notebook)
    for asset in ASSETS:
        got = quotes(notebook.ticks(asset))
        made = [quote for quote in quotes(each_once(exchange.ledger.ticks(asset))) for _ in range(2)]
        start = made.index(got[0]) + (got[0] != got[1])  # the first tick may be the second of a pair
        assert got == made[start : start + len(got)]


def test_a_move_to_the_successor_of_a_connection_that_closes_late_doubles_nothing() -> None:
    with venue(tick_rate=400.0) as exchange:
        settings = towards(
            exchange.session,
            [exchange.regions[0].url],
            0,
            pool={"connections": 3, "streams_per_connection": CAP},
            reconnect=AT_ONCE,
            connection={"close_timeout": 1.0},
            limits={"messages": ["1000/s"], "connects": ["1000/s"], "max_concurrent_operations": 100},
        )
        with Runtime(Config.model_validate(settings)) as runtime:
            notebook = Notebook()
            runtime.router.tell(Subscribe("", to=notebook))
            assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 3)
            for asset in ASSETS:
                ask(runtime, SubscribeTicks(asset))
            status = eventually(runtime, notebook, is_spread)
            victim = status.streams[0].placed.connection
            exchange.fault("stall")
            suspect(runtime, victim)
            notebook.first(ConnectionUp, connection=victim, epoch=2)
            late = 1.3  # seconds; its end comes after ``close_timeout`` and is not published
            assert not notebook.wait(lambda book: len(book.all(ConnectionDown)) > 1, late)
            exchange.calm()
            eventually(runtime, notebook, is_gathered)
            assert notebook.wait(lambda book: len(book.all(ConnectionUp)) >= 4)
            since = len(notebook.ticks())
            eventually(runtime, notebook, is_spread)
            here = len(notebook.ticks())
            assert notebook.wait(lambda book: len(book.ticks()) > here + 100)
            for asset in ASSETS:
                got = quotes([tick for tick in notebook.ticks()[since:] if tick.asset == asset])
                assert len(got) == len(set(got)), f"{len(got) - len(set(got))} ticks of {asset} came twice"
