"""Streams that the venue silences while they move: what it keeps back lies in an announced gap.

``SILENCE_SEEDS=20`` in the environment plays more seeds than one; each takes about 40 seconds.
"""

import os
import random
import time
from collections.abc import Iterator, Sequence

import pytest

from actors.messages import StreamGap, StreamReleased, Subscribe, SubscribeTicks
from actors.messages.status import Status
from runtime import Runtime
from runtime.config import Config
from runtime.practice import PracticeExchange
from runtime.practice.market.listings import LISTINGS
from tests.journeys.journey import (
    AT_ONCE,
    Notebook,
    Start,
    each_once,
    eventually,
    quotes,
    status_of,
    suspect,
    towards,
)
from tests.journeys.trader import venue

SEEDS = range(1, 1 + int(os.environ.get("SILENCE_SEEDS", "1")))
MANY = tuple(symbol for symbol, listing in LISTINGS.items() if listing.otc)[:8]
RATE = 20.0
SHORTEST, LONGEST = 2.5, 6.0
"""Seconds of a silence. By default a stream is stale after 5 s; at this rate ticks are missing after 2 s."""

EPISODES = 8
PATIENCE = 20.0
"""Seconds that a busy machine may take for a start, or until a gap is announced."""


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with venue(tick_rate=RATE) as running:
        yield running


def made(exchange: PracticeExchange, asset: str) -> list[tuple[float, float]]:
    """The quotes that the exchange made for ``asset`` while somebody had subscribed to it, sent or not."""
    sent, unsent = exchange.ledger.ticks(asset), exchange.ledger.unsent(asset)
    return sorted({*quotes(each_once(sent)), *((tick.time, tick.price) for tick in unsent)})


def unannounced(notebook: Notebook, exchange: PracticeExchange, asset: str) -> list[float]:
    """The times of the ticks that the ledger has, the handler has not, and no gap has."""
    ours = quotes(notebook.ticks(asset))
    assert ours == sorted(set(ours)), "doubled or out of order"
    known = set(ours)
    spans = [(gap.from_time, gap.to_time) for gap in notebook.all(StreamGap) if gap.asset == asset]
    lost = [quote for quote in made(exchange, asset) if ours[0] < quote < ours[-1] and quote not in known]
    return [at for at, _ in lost if not any(start < at < end for start, end in spans)]


def assert_announced(notebook: Notebook, exchange: PracticeExchange, assets: Sequence[str]) -> None:
    due = time.monotonic() + PATIENCE
    while True:
        gaps = len(notebook.all(StreamGap))  # first: one that comes while this looks is not waited for
        if not (
            lost := {asset: times for asset in assets if (times := unannounced(notebook, exchange, asset))}
        ):
            return
        assert notebook.wait(
            lambda book, gaps=gaps: len(book.all(StreamGap)) > gaps,  # type: ignore[misc]
            due - time.monotonic(),
        ), f"{lost} in none of {[gap for gap in notebook.all(StreamGap) if gap.asset in lost]}"


def subscribe(runtime: Runtime, notebook: Notebook, assets: Sequence[str]) -> None:
    """Have ``assets`` streamed, and wait for ticks of each."""
    for asset in assets:
        runtime.router.tell(SubscribeTicks(asset))
    assert notebook.wait(lambda book: {tick.asset for tick in book.ticks()} == set(assets), PATIENCE)
    eventually(runtime, notebook, is_settled)


def is_settled(status: Status) -> bool:
    return {each.placed.state for each in status.streams} == {"confirmed"}


@pytest.mark.timeout(90)
@pytest.mark.parametrize("seed", SEEDS)
def test_every_tick_of_the_ledger_is_handled_or_lies_in_a_gap(
    exchange: PracticeExchange, start_runtime: Start, seed: int
) -> None:
    settings = towards(
        exchange.session,
        [exchange.regions[0].url],
        2,
        pool={"connections": 3},
        reconnect=AT_ONCE,
        limits={"messages": ["1000/s"], "connects": ["1000/s"], "max_concurrent_operations": 100},
    )
    dice, notebook = random.Random(seed), Notebook()
    runtime = start_runtime(Config.model_validate(settings))
    runtime.router.tell(Subscribe("", to=notebook))
    subscribe(runtime, notebook, MANY)
    moves = 0
    for number in range(EPISODES):
        silenced = dice.sample(MANY, dice.randint(1, 3))
        for asset in silenced:
            exchange.mute(asset)
        released = len(notebook.all(StreamReleased))
        _disturb(dice, runtime, notebook, silenced, number)
        pass_for(notebook, dice.uniform(SHORTEST, LONGEST) / 2)
        _disturb(dice, runtime, notebook, silenced, number)
        pass_for(notebook, dice.uniform(SHORTEST, LONGEST) / 2)
        moves += len(notebook.all(StreamReleased)) - released
        for asset in silenced:
            exchange.unmute(asset)
        if dice.random() < 0.7:
            pass_for(notebook, dice.uniform(0.0, 2.0))
    since = len(notebook.ticks())
    assert notebook.wait(lambda book: {tick.asset for tick in book.ticks()[since:]} >= set(MANY), PATIENCE), (
        "a stream is still silent"
    )
    assert moves, "no stream has moved"
    assert_announced(notebook, exchange, MANY)


def _disturb(
    dice: random.Random, runtime: Runtime, notebook: Notebook, silenced: list[str], number: int
) -> None:
    """Give the pool occasion to move streams, or have them subscribed to again."""
    match dice.choice(("lose", "lose", "retime", "nothing")):
        case "lose":
            up = [each.child.name for each in status_of(runtime).connections if each.child.state == "up"]
            if len(up) == 3:
                suspect(runtime, dice.choice(up))
        case "retime":
            runtime.router.tell(SubscribeTicks(dice.choice(silenced), 60 + number))


def pass_for(notebook: Notebook, seconds: float) -> None:
    assert not notebook.wait(lambda _: False, seconds)


def test_a_stream_that_moves_for_balance_while_it_is_silent_has_one_gap(
    exchange: PracticeExchange, start_runtime: Start
) -> None:
    settings = towards(
        exchange.session,
        [exchange.regions[0].url],
        1,
        pool={"connections": 3},
        reconnect=AT_ONCE,
        limits={"messages": ["1000/s"], "connects": ["1000/s"], "max_concurrent_operations": 100},
    )
    assets, notebook = MANY[:4], Notebook()
    runtime = start_runtime(Config.model_validate(settings))
    runtime.router.tell(Subscribe("", to=notebook))
    subscribe(runtime, notebook, assets)
    carriers = {each.placed.asset: each.placed.connection for each in status_of(runtime).streams}
    suspect(runtime, carriers[assets[0]])  # its streams gather, and spread again when it is back
    eventually(runtime, notebook, is_settled)
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > 2 * RATE for asset in assets))
    for asset in assets:
        exchange.mute(asset)
    muted_at, before = time.monotonic(), len(notebook.all(StreamReleased))
    earlier = len(notebook.all(StreamGap))
    assert notebook.wait(lambda book: len(book.all(StreamReleased)) > before, PATIENCE), "no stream has moved"
    moved = notebook.all(StreamReleased)[before].asset
    pass_for(notebook, muted_at + 4.0 - time.monotonic())
    for asset in assets:
        exchange.unmute(asset)
    since = len(notebook.ticks())
    assert notebook.wait(lambda book: {tick.asset for tick in book.ticks()[since:]} >= set(assets), PATIENCE)
    assert_announced(notebook, exchange, assets)
    assert [gap.asset for gap in notebook.all(StreamGap)[earlier:]].count(moved) == 1
