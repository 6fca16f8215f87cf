"""Handlers that misbehave: they harm no other subscriber."""

import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from loguru import logger

from actors.messages import ActorRestarted, ConnectionDown, Lagged, Subscribe, Unsubscribe
from actors.routing.subscriber import INBOX_CAPACITY
from actors.values import Tick
from tests.journeys.journey import (
    ASSETS,
    DEADLINE,
    WITH_WORKERS,
    Notebook,
    Start,
    ask,
    assert_lossless,
    exchange_of,
    practice,
    quotes,
    status_of,
)


def raises(_: object) -> NoReturn:
    raise ValueError("a user's mistake")


def exits(_: object) -> NoReturn:
    sys.exit(3)


def interrupts(_: object) -> NoReturn:
    raise KeyboardInterrupt


def recurses(event: object) -> None:
    recurses(event)


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING")
    yield lines
    logger.remove(sink)


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize(
    ("workers", "misbehave"),
    [(0, raises), (0, exits), (0, interrupts), (0, recurses), (1, raises), (1, exits), (2, exits)],
)
def test_a_handler_that_fails_is_called_again_and_harms_nobody_else(
    start_runtime: Start, workers: int, misbehave: Callable[[object], None], inline: bool
) -> None:
    calls = threading.Semaphore(0)

    def handler(event: object) -> None:
        calls.release()
        misbehave(event)

    notebook = Notebook()
    runtime = start_runtime(practice(workers, *ASSETS[:2]))
    runtime.router.tell(Subscribe("", to=handler, inline=inline))
    runtime.router.tell(Subscribe("", to=notebook))
    assert notebook.wait(lambda book: all(len(book.ticks(asset)) > 5 for asset in ASSETS[:2]))
    for _ in range(10):
        assert calls.acquire(timeout=DEADLINE)
    for asset in ASSETS[:2]:
        assert_lossless(notebook.ticks(asset), exchange_of(runtime).ledger.ticks(asset))
    assert notebook.all(ConnectionDown) == []
    assert notebook.all(ActorRestarted) == []
    assert not runtime.wait(0)
    assert ask(runtime, Unsubscribe("", to=handler)) is True


def test_an_inline_handler_is_called_where_the_ticks_are_read_and_named_if_it_is_slow(
    start_runtime: Start, warnings: list[str]
) -> None:
    threads: list[str] = []
    enough = threading.Event()

    def handler(_: object) -> None:
        threads.append(threading.current_thread().name)
        if len(threads) == 1:
            threading.Event().wait(0.05)  # long enough to be reported as slow
        if len(threads) > 10:
            enough.set()

    runtime = start_runtime(practice(0, *ASSETS[:2]))
    runtime.router.tell(Subscribe("tick.", to=handler, inline=True))
    assert enough.wait(DEADLINE)
    assert set(threads) == {"shared by actors"}
    told = re.compile(r"subscriber tick\. is inline and blocked the shared thread for (\d+\.\d+) s")
    blocked = [float(found[1]) for line in warnings if (found := told.search(line))]
    assert max(blocked) >= 0.05


class Slow(Notebook):
    """Blocks in its first call until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.released = threading.Event()

    def __call__(self, event: Any) -> None:
        self.entered.set()
        self.released.wait(4 * DEADLINE)
        super().__call__(event)


@pytest.fixture
def slow() -> Iterator[Slow]:
    handler = Slow()
    yield handler
    handler.released.set()


@WITH_WORKERS
def test_a_handler_that_blocks_lags_alone_and_every_tick_is_accounted_for(
    start_runtime: Start, slow: Slow, workers: int
) -> None:
    fast, deliveries = Notebook(), Notebook()
    runtime = start_runtime(practice(workers, *ASSETS, tick_rate=10.0))
    exchange = exchange_of(runtime)
    runtime.router.tell(Subscribe("", to=fast))
    runtime.router.tell(Subscribe("", to=deliveries, batch=True))
    runtime.router.tell(Subscribe("tick.", to=slow))
    assert slow.entered.wait(DEADLINE)
    exchange.set_tick_rate(500.0)
    assert fast.wait(lambda book: len(book.ticks()) > 1500)  # takes longer than ``conflation.SLOW_AFTER``
    before = len(deliveries.calls)  # few and large ones on a busy machine
    assert deliveries.wait(lambda book: len(book.calls) > before + INBOX_CAPACITY)
    exchange.set_tick_rate(20.0)
    ended = {asset: len(fast.ticks(asset)) for asset in ASSETS}
    assert fast.wait(lambda book: all(len(book.ticks(asset)) > ended[asset] + 1 for asset in ASSETS))
    slow.released.set()

    def caught_up(book: Notebook) -> bool:
        have = Counter(tick.asset for tick in book.ticks())
        newest = {tick.asset: tick for tick in fast.ticks()}
        return all(have[asset] and book.ticks(asset)[-1] == newest[asset] for asset in ASSETS)

    assert slow.wait(caught_up)
    for asset in ASSETS:
        assert_lossless(fast.ticks(asset), exchange.ledger.ticks(asset))
        kept = quotes(slow.ticks(asset))
        assert kept == sorted(set(kept) & set(quotes(fast.ticks(asset))))
    lagged = fast.first(Lagged)
    assert "tick." in lagged.subscriber
    assert {event.subscriber for event in fast.all(Lagged)} == {lagged.subscriber}
    handled = slow.ticks()  # at one moment: more are still coming
    until_then = [tick for tick in fast.ticks() if handled[0].time <= tick.time <= handled[-1].time]
    missed = sum(event.missed for event in fast.all(Lagged))
    assert missed > 0
    assert abs(len(handled) + missed - len(until_then)) <= len(ASSETS)


def test_a_lagging_handler_still_gets_everything_that_is_not_a_tick(start_runtime: Start, slow: Slow) -> None:
    fast = Notebook()
    runtime = start_runtime(practice(0, *ASSETS, tick_rate=500.0))
    exchange = exchange_of(runtime)
    runtime.router.tell(Subscribe("", to=fast))
    runtime.router.tell(Subscribe("", to=slow))
    assert slow.entered.wait(DEADLINE)
    for number in range(30):
        exchange.publish("noise", number)
        here = len(fast.ticks())
        assert fast.wait(lambda book, here=here: len(book.ticks()) > here + 10)  # type: ignore[misc]
    exchange.set_tick_rate(2.0)
    slow.released.set()

    def told(book: Notebook) -> list[Any]:
        return [event for event in book.all(object) if type(event).__name__ == "RawMessage"]  # type: ignore[type-var]

    assert slow.wait(lambda book: len(told(book)) == len(told(fast)) >= 60)
    assert told(slow) == told(fast)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_handler_that_never_returns_does_not_hold_up_the_stop(
    start_runtime: Start, slow: Slow, workers: int
) -> None:
    runtime = start_runtime(practice(workers, ASSETS[0]))
    runtime.router.tell(Subscribe("tick.", to=slow))
    assert slow.entered.wait(DEADLINE)
    stopped = threading.Event()

    def stop() -> None:
        runtime.stop()
        stopped.set()

    threading.Thread(target=stop, daemon=True).start()
    assert stopped.wait(2.0)
    assert not slow.released.is_set()


def test_a_handler_may_itself_tell_and_ask_the_router(start_runtime: Start) -> None:
    notebook = Notebook()
    runtime = start_runtime(practice(1, ASSETS[0]))

    def handler(tick: Tick) -> None:
        notebook(status_of(runtime))

    runtime.router.tell(Subscribe("tick.", to=handler))
    assert notebook.wait(lambda book: len(book) > 3)
