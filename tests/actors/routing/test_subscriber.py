"""A subscriber by itself: how it calls its handler, and what it does when that is slow or raises."""

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loguru import logger

from actors.engine.dispatcher import Dispatcher
from actors.messages.commands import Subscribe
from actors.messages.events import ConnectionUp, Lagged
from actors.messages.lifecycle import Begin
from actors.messages.traffic import Deliver, EventBatch
from actors.routing.conflation import SLOW_AFTER
from actors.routing.subscriber import INBOX_CAPACITY, SLOW, Subscriber
from actors.values import Tick
from tests.conftest import ManualClock
from tests.doubles.recorder import WAIT, Recording
from tests.doubles.tick_columns import columns

UP = ConnectionUp("c", 1, "r")


def tick(number: int) -> Tick:
    return Tick("A", float(number), 1.0, 0.0)


@pytest.fixture
def router() -> Recording:
    recording = Recording(name="router")
    assert recording.seen() == Begin()
    return recording


@pytest.fixture
def lines() -> Iterator[list[str]]:
    found: list[str] = []
    sink = logger.add(lambda line: found.append(str(line)), format="{level} {message}", level="WARNING")
    yield found
    logger.remove(sink)


class Calls:
    """A handler that records its calls; each waits for ``release`` if it is to block."""

    def __init__(self, *, blocks: bool = False) -> None:
        self._calls: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._released = threading.Semaphore(0)
        self._blocks = blocks

    def __call__(self, event: Any) -> None:
        self._calls.put(event)
        if self._blocks:
            assert self._released.acquire(timeout=WAIT)

    def next(self) -> Any:
        return self._calls.get(timeout=WAIT)

    def release(self) -> None:
        self._released.release()


def start(handler: Callable[[Any], object], router: Recording, *, batch: bool = False, **kwargs: Any) -> Any:
    return Subscriber.start("tick.", handler, batch=batch, router=router.ref, **kwargs)


def test_a_handler_is_called_with_each_event_and_each_tick(router: Recording) -> None:
    calls = Calls()
    start(calls, router).tell(Deliver([UP, columns(tick(1), tick(2))]))
    assert [calls.next() for _ in range(3)] == [UP, tick(1), tick(2)]


def test_a_handler_of_batches_is_called_once_for_a_delivery(router: Recording) -> None:
    calls = Calls()
    start(calls, router, batch=True).tell(Deliver([UP, columns(tick(1), tick(2))]))
    assert calls.next() == [UP, tick(1), tick(2)]


def test_an_inline_subscriber_runs_in_the_dispatcher_of_the_router_and_another_does_not(
    router: Recording,
) -> None:
    threads: queue.SimpleQueue[str] = queue.SimpleQueue()
    dispatcher = Dispatcher(name="shared")

    def handler(_: object) -> None:
        threads.put(threading.current_thread().name)

    for inline in (True, False):
        command = Subscribe("tick.", to=handler, inline=inline)
        Subscriber.start_for(command, router.ref, dispatcher).tell(Deliver([UP]))
    assert {threads.get(timeout=WAIT), threads.get(timeout=WAIT)} == {"shared", "subscriber tick."}


def test_a_handler_that_raises_is_called_again_and_its_first_error_is_logged_in_full(
    router: Recording, lines: list[str]
) -> None:
    calls = Calls()

    def handler(event: Any) -> None:
        calls(event)
        raise SystemExit("from a handler")

    start(handler, router).tell(Deliver([UP, UP]))
    assert [calls.next(), calls.next()] == [UP, UP]
    start(calls, router).tell(Deliver([UP]))
    assert calls.next() == UP
    assert lines[0].startswith(
        "ERROR the handler of subscriber tick. raised; it gets the next events all the same\nTraceback"
    )
    assert "from a handler" in lines[0]


def test_a_handler_that_raises_with_every_event_is_logged_ten_times_then_once_in_a_minute(
    router: Recording, clock: ManualClock, lines: list[str]
) -> None:
    calls = Calls()

    def handler(event: Any) -> None:
        calls(event)
        raise ValueError

    subscriber = start(handler, router, clock=clock)
    for _ in range(3):
        subscriber.tell(Deliver([UP] * 100))
        for _ in range(100):
            assert calls.next() == UP
        clock.advance(60.0)
    start(calls, router).tell(Deliver([UP]))
    assert calls.next() == UP
    so_far = [line.rpartition("(")[2].partition(")")[0] for line in lines[1:]]
    assert so_far == [*(f"{count} so far" for count in range(2, 11)), "101 so far", "201 so far"]


@pytest.mark.parametrize(("taken", "warned"), [(SLOW, False), (2 * SLOW, True)])
def test_an_inline_handler_that_blocks_the_shared_thread_is_named_in_the_log(
    router: Recording, clock: ManualClock, lines: list[str], taken: float, warned: bool
) -> None:
    calls = Calls()

    def handler(event: Any) -> None:
        if event == UP:
            clock.advance(taken)
        calls(event)

    subscriber = start(handler, router, dispatcher=Dispatcher(clock, "shared"))
    for event in (UP, tick(1)):
        subscriber.tell(Deliver([event]))
    assert [calls.next(), calls.next()] == [UP, tick(1)]
    line = "WARNING subscriber tick. is inline and blocked the shared thread for 0.020 s: let it do less, or"
    assert lines == [f"{line} subscribe it without inline\n"] * warned


def test_a_handler_at_work_for_too_long_misses_ticks_and_the_router_is_told_how_many(
    router: Recording, clock: ManualClock
) -> None:
    calls = Calls(blocks=True)
    subscriber = start(calls, router, clock=clock)
    subscriber.tell(Deliver([UP]))
    assert calls.next() == UP
    clock.advance(2 * SLOW_AFTER)
    for number in range(INBOX_CAPACITY + 1):
        subscriber.tell(Deliver([tick(number)]))
    for _ in range(2):
        calls.release()
    assert calls.next() == tick(INBOX_CAPACITY)
    lagged = Lagged("subscriber tick.", INBOX_CAPACITY)
    assert router.seen() == EventBatch("subscriber tick.", [lagged])


def test_deliveries_that_wait_at_its_end_still_reach_the_handler(router: Recording) -> None:
    calls = Calls(blocks=True)
    subscriber = start(calls, router)
    subscriber.tell(Deliver([UP]))
    assert calls.next() == UP
    subscriber.stop(block=False)
    subscriber.tell(Deliver([tick(1)]))
    for _ in range(2):
        calls.release()
    assert calls.next() == tick(1)


class Plain:
    """A handler that is no coroutine function, and returns what one returns."""

    def __init__(self, inner: Callable[[Any], object]) -> None:
        self._inner = inner

    def __call__(self, event: Any) -> object:
        return self._inner(event)


def test_a_handler_that_returns_coroutines_is_told_of_as_an_error(
    router: Recording, lines: list[str]
) -> None:
    called: queue.SimpleQueue[Any] = queue.SimpleQueue()

    async def handle(event: Any) -> None:
        called.put(event)

    subscriber = start(Plain(handle), router)
    subscriber.tell(Deliver([UP]))
    subscriber.stop(timeout=WAIT)
    assert called.empty()
    [line] = lines
    assert "ERROR the handler of subscriber tick. raised" in line
    assert "give it to AsyncRuntime.subscribe" in line
