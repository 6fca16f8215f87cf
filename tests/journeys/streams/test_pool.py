"""The pool: streams are spread and restored, roles are taken over, answers are counted."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.messages import (
    ConnectionDown,
    ConnectionUp,
    LoadCandles,
    StreamGap,
    StreamStale,
    Subscribe,
    SubscribeTicks,
)
from actors.messages.status import Status
from actors.values import Deal
from runtime.practice import PracticeExchange
from runtime.practice.market.listings import LISTINGS
from tests.journeys.journey import (
    ASSETS,
    AT_ONCE,
    DEADLINE,
    Notebook,
    Start,
    ask,
    assert_accounted_for,
    each_once,
    eventually,
    exchange_of,
    practice,
    status_of,
    streams_by_connection,
    suspect,
)
from tests.journeys.trader import bet, trading, venue

MANY = [symbol for symbol, listing in LISTINGS.items() if listing.otc][:40]
CAP = 4


@pytest.fixture
def notebook() -> Notebook:
    return Notebook()


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue(tick_rate=50.0) as running:
        yield running


def roles(status: Status) -> dict[str, str]:
    return {connection.child.name: connection.pooled.role for connection in status.connections}


def most_on_one_socket(exchange: PracticeExchange) -> int:
    """The largest number of assets that one socket was subscribed to at once."""
    on: defaultdict[int, set[object]] = defaultdict(set)
    most = 0
    events = [*exchange.ledger.received("subfor"), *exchange.ledger.received("unsubfor")]
    for event in sorted(events, key=lambda event: event.at):
        if event.name == "subfor":
            on[event.socket].add(event.payload)
        else:
            on[event.socket].discard(event.payload)
        most = max(most, len(on[event.socket]))
    return most


def lives(name: str, epoch: int) -> Callable[[Notebook], bool]:
    def risen(book: Notebook) -> bool:
        return any((up.connection, up.epoch) == (name, epoch) for up in book.all(ConnectionUp))

    return risen


def test_forty_streams_survive_the_loss_of_three_connections_of_ten(
    start_runtime: Start, notebook: Notebook
) -> None:
    pool = {"connections": 10, "streams_per_connection": CAP}
    runtime = start_runtime(practice(2, *MANY, tick_rate=5.0, pool=pool, reconnect=AT_ONCE))
    runtime.router.tell(Subscribe("", to=notebook))
    exchange = exchange_of(runtime)

    def fresh_since(moment: float) -> Callable[[Notebook], bool]:
        return lambda book: {tick.asset for tick in book.ticks() if tick.time > moment} >= set(MANY)

    assert notebook.wait(fresh_since(time.time()))
    before = eventually(
        runtime, notebook, lambda status: set(streams_by_connection(status).values()) == {CAP}
    )
    assert len(streams_by_connection(before)) == 10
    doomed = ("connection-1", "connection-4", "connection-7")
    suspect(runtime, *doomed)
    for name in doomed:
        assert notebook.wait(lives(name, 2))
    assert notebook.wait(fresh_since(time.time()), 2 * DEADLINE)
    assert notebook.all(StreamStale) == []  # their connections were found down before the streams were stale

    hurt = {stream.placed.asset for stream in before.streams if stream.placed.connection in doomed}
    announced = {gap.asset for gap in notebook.all(StreamGap)}
    assert notebook.wait(lambda book: {gap.asset for gap in book.all(StreamGap)} >= hurt), hurt - announced
    for asset in MANY:
        gaps = [gap for gap in notebook.all(StreamGap) if gap.asset == asset]
        assert_accounted_for(notebook.ticks(asset), each_once(exchange.ledger.ticks(asset)), gaps)
    assert most_on_one_socket(exchange) <= CAP
    after = eventually(runtime, notebook, lambda status: set(streams_by_connection(status).values()) == {CAP})
    assert {stream.placed.state for stream in after.streams} == {"confirmed"}
    # Each would count against the requests that may be unanswered at once.
    eventually(
        runtime, notebook, lambda status: not any(each.pooled.in_flight for each in status.connections)
    )
    eventually(runtime, notebook, lambda status: status.limiter.in_flight == 0)


def test_one_stands_by_and_has_the_account_as_soon_as_it_is_lost(
    exchange: PracticeExchange, tmp_path: Path, start_runtime: Start, notebook: Notebook
) -> None:
    config = trading(
        exchange,
        tmp_path / "orders.sqlite",
        pool={"connections": 3, "standby": 1},
    )
    runtime = start_runtime(config)
    runtime.router.tell(Subscribe("", to=notebook))
    ask(runtime, SubscribeTicks(ASSETS[0]))
    cast = roles(
        eventually(
            runtime, notebook, lambda status: set(roles(status).values()) == {"account", "market", "standby"}
        )
    )
    lost, heir = (next(name for name in cast if cast[name] == role) for role in ("account", "standby"))
    assert isinstance(ask(runtime, bet(1)), Deal)
    suspect(runtime, lost)
    notebook.first(ConnectionDown, connection=lost)
    deal = ask(runtime, bet(2))
    assert isinstance(deal, Deal)
    status = status_of(runtime)
    assert roles(status)[heir] == "account"
    sockets = [order.socket for order in exchange.ledger.orders()]
    assert len(set(sockets)) == 2
    assert notebook.wait(lives(lost, 2))
    back = roles(eventually(runtime, notebook, lambda status: roles(status)[lost] != ""))
    assert back == {**cast, lost: "standby", heir: "account"}


def test_the_status_tells_how_well_each_connection_answers(start_runtime: Start) -> None:
    runtime = start_runtime(practice(1, pool={"connections": 3}))
    answers = [
        runtime.router.ask(LoadCandles(asset, 60, count=count), block=False)
        for asset in ASSETS
        for count in range(10, 15)
    ]
    for answer in answers:
        assert len(answer.get(timeout=DEADLINE)) >= 10
    status = status_of(runtime)
    figures = [connection.pooled.requests for connection in status.connections]
    assert sum(each.successes for each in figures) == len(answers)
    assert sum(each.failures for each in figures) == 0
    for each in figures:
        assert (each.average is None) == (each.success_rate is None) == (each.successes == 0)
        assert 0 < (each.average or 0.01) < DEADLINE
        assert each.success_rate in {None, 1.0}
    assert [connection.pooled.in_flight for connection in status.connections] == [0, 0, 0]
