"""Events for an ``async for``: order, lag, the end of the runtime and of the iteration."""

import asyncio
import gc
from typing import Any

import pykka
import pytest

from actors.errors import AuthRejected, RequestError, RequestRefused
from actors.messages.events import Lagged, WorkerUp
from actors.messages.traffic import EventBatch
from actors.routing.conflation import MOST_WAITING_EVENTS
from actors.values import Tick
from runtime.aio.event_stream import EventStream
from runtime.aio.loop_calls import LoopCalls
from runtime.client.event_buffer import EventBuffer


class _Source:
    """The router of one stream, in this thread."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.subscribed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.buffer: EventBuffer
        self.ended: list[EventBuffer] = []

    def tell(self, message: Any) -> None:
        self.told.append(message)

    def stream(self, *, answered: bool = True) -> EventStream[Any]:
        if answered:
            self.subscribed.set_result("topic")
        calls = LoopCalls(asyncio.get_running_loop())
        router: Any = self
        return EventStream("tick.A", router, calls, self._subscribe, self.ended.append)

    def _subscribe(self, buffer: EventBuffer) -> "asyncio.Future[str]":
        self.buffer = buffer
        return self.subscribed


def tick(number: int, asset: str = "A") -> Tick:
    return Tick(asset, float(number), 1.0, 0.0)


def test_events_arrive_in_order_and_the_iteration_ends_after_them() -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream()
        source.buffer.tell([tick(1), tick(2)])
        await asyncio.to_thread(source.buffer.tell, [tick(3)])
        assert (await anext(stream)).time == 1
        stream.finish()
        assert [each.time async for each in stream] == [2, 3]
        assert source.ended == [source.buffer]
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    asyncio.run(test())


def test_a_waiting_iteration_wakes_for_an_event_and_for_the_end() -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream()
        for number in range(3):
            waiting = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            await asyncio.to_thread(source.buffer.tell, [tick(number)])
            assert (await waiting).time == number
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        stream.finish()
        with pytest.raises(StopAsyncIteration):
            await waiting

    asyncio.run(test())


def test_the_failure_of_the_runtime_is_raised_after_what_had_arrived() -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream()
        source.buffer.tell([tick(1)])
        stream.finish(AuthRejected("the session is refused"))
        assert (await anext(stream)).time == 1
        with pytest.raises(AuthRejected):
            await anext(stream)

    asyncio.run(test())


def test_a_slow_consumer_gets_the_newest_tick_and_every_other_event_and_is_told() -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream()
        beat = WorkerUp("worker-1", 1)
        source.buffer.tell([beat])
        for number in range(2 * MOST_WAITING_EVENTS):
            source.buffer.tell([tick(number, "AB"[number % 2])])
        source.buffer.tell([beat])
        stream.finish()
        events = [event async for event in stream]
        ticks = [event for event in events if isinstance(event, Tick)]
        assert [event for event in events if not isinstance(event, Tick)] == [beat, beat]
        assert len(ticks) <= MOST_WAITING_EVENTS
        assert [each.time for each in ticks] == sorted(each.time for each in ticks)
        assert ticks[-1].time == 2 * MOST_WAITING_EVENTS - 1
        [batch] = source.told
        assert isinstance(batch, EventBatch)
        missed = 2 * MOST_WAITING_EVENTS - len(ticks)
        assert batch.items == [Lagged("subscriber tick.A", missed)]

    asyncio.run(test())


def test_a_consumer_that_works_too_long_on_what_it_took_misses_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream()
        source.buffer.tell([tick(0)])
        await anext(stream)
        now = 1e9
        monkeypatch.setattr("runtime.client.event_buffer.time.monotonic", lambda: now)
        for number in range(64):
            source.buffer.tell([tick(number)])
        assert (await anext(stream)).time == 63
        assert source.told[0].items == [Lagged("subscriber tick.A", 63)]

    asyncio.run(test())


@pytest.mark.parametrize("how", ["aclose", "async with", "break"])
def test_the_subscription_ends_with_the_iteration(how: str) -> None:
    async def test() -> None:
        source = _Source()
        stream: EventStream[Any] | None = source.stream()
        source.buffer.tell([tick(1), tick(2)])
        assert stream is not None
        if how == "async with":
            async with stream:
                await anext(stream)
        else:
            async for _ in stream:
                break
        if how == "aclose":
            await stream.aclose()
            await stream.aclose()
            assert [each async for each in stream] == []
        del stream
        gc.collect()
        assert source.ended == [source.buffer]
        with pytest.raises(pykka.ActorDeadError):
            source.buffer.tell([tick(3)])

    asyncio.run(test())


def test_aclose_ends_an_iteration_that_waits() -> None:
    async def test() -> None:
        stream = _Source().stream()
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        await stream.aclose()
        with pytest.raises(StopAsyncIteration):
            await waiting

    asyncio.run(test())


def test_a_refused_subscription_is_raised_and_has_ended() -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream(answered=False)
        source.subscribed.set_exception(RequestRefused("no asset"))
        with pytest.raises(RequestRefused):
            await anext(stream)
        assert source.ended == [source.buffer]

    asyncio.run(test())


def test_a_stop_before_the_subscription_is_answered_ends_the_iteration() -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream(answered=False)
        source.subscribed.set_exception(RequestError("the runtime stopped"))
        assert [each async for each in stream] == []

    asyncio.run(test())


def test_a_task_cancelled_before_the_answer_leaves_the_subscription() -> None:
    async def test() -> None:
        source = _Source()
        stream = source.stream(answered=False)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await anext(stream)
        source.subscribed.set_result("topic")
        source.buffer.tell([tick(1)])
        assert (await anext(stream)).time == 1

    asyncio.run(test())


def test_a_stream_of_a_closed_loop_raises_nothing_in_the_thread_of_the_router() -> None:
    async def test() -> tuple[_Source, EventStream[Any]]:
        source = _Source()
        return source, source.stream()

    source, stream = asyncio.run(test())
    source.buffer.tell([tick(1)])
    source.buffer.tell([tick(2)])
    del stream
    assert source.ended == [source.buffer]
