"""Iterators that can be used in the event loop of their client, and in other threads."""

import asyncio
import datetime as dt
import json
import weakref
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Final, Generic, Self, TypeVar

from loguru import logger

from actors.values import Tick
from runtime.aio.event_stream import EventStream
from runtime.compat.binaryoptionstools._arguments import seconds_of
from runtime.compat.binaryoptionstools._chunks import Joiner
from runtime.compat.binaryoptionstools._rows import Row
from runtime.compat.binaryoptionstools.errors import as_theirs

E = TypeVar("E")
R = TypeVar("R")
T = TypeVar("T")

CAPACITY: Final = 100_000
"""Items that wait for a reader."""


def in_loop(coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """What ``coroutine`` gives in ``loop``, for another thread. On Ctrl-C it is cancelled."""
    try:
        running: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is loop:
        coroutine.close()
        raise RuntimeError("a blocking call in the client's own event loop would wait for ever: await it")
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


class Kept(Generic[R]):
    """What comes of the events of a stream, kept until it is asked for, whatever time that takes.

    It ends with its client, after ``timeout``, by ``aclose``, or with the last reference to it. All methods
    but those of a blocking iterator are called in the client's loop.
    """

    def __init__(
        self,
        stream: EventStream[E],
        transform: Callable[[E], R | None],
        timeout: dt.timedelta | None = None,
    ) -> None:
        """``transform`` gives ``None`` for an event that nothing comes of."""
        self._loop = asyncio.get_running_loop()
        self._ends_at = None if timeout is None else self._loop.time() + seconds_of("timeout", timeout)
        self._waiting: deque[R] = deque()
        self._news = asyncio.Event()
        self._ended = False
        self._failure: Exception | None = None
        self._lost = 0
        self._reader = self._loop.create_task(_read(weakref.ref(self), stream, transform))
        weakref.finalize(self, _cancel, self._loop, self._reader).atexit = False

    def put(self, item: R) -> None:
        """Keep an item; the oldest is lost if there are too many."""
        if len(self._waiting) == CAPACITY:
            self._waiting.popleft()
            if self._lost == 0:
                logger.warning("{:,} items wait for a slow reader, the oldest are dropped", CAPACITY)
            self._lost += 1
        self._waiting.append(item)
        self._news.set()

    def finish(self, failure: Exception | None = None) -> None:
        """Nothing more comes; what waits can still be taken, then ``failure`` is raised."""
        self._ended = True
        self._failure = failure
        self._news.set()

    async def take(self) -> R:
        """The next item. Raises ``StopAsyncIteration`` at the end."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                while not self._waiting and not self._ended:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            await self.aclose()
        if self._waiting:
            return self._waiting.popleft()
        if self._failure is not None:
            with as_theirs():
                raise self._failure
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """End it, and drop what waits. Idempotent."""
        self._reader.cancel()
        self._waiting.clear()
        self.finish()


async def _read(
    target: "weakref.ref[Kept[R]]", stream: EventStream[E], transform: Callable[[E], R | None]
) -> None:
    failure: Exception | None = None
    async with stream:
        try:
            async for event in stream:
                item = transform(event)
                if item is not None and (reached := target()) is not None:
                    reached.put(item)
                    del reached  # or the last event would keep it alive
        except Exception as error:  # noqa: BLE001  # it is raised to the reader
            failure = error
    if (reached := target()) is not None:
        reached.finish(failure)


def _cancel(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(task.cancel)


class StreamIterator(Kept[Row]):
    """The bars of a subscription, each as JSON: ``async for`` in the client's loop, ``for`` in a thread."""

    def __init__(self, stream: EventStream[Tick], joiner: Joiner) -> None:
        super().__init__(stream, joiner)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        return json.dumps(await self.take())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next_of(self, self._loop)


async def _next_or_none(iterator: AsyncIterator[T]) -> tuple[T] | None:
    """A coroutine in another thread cannot raise ``StopIteration``."""
    async for item in iterator:
        return (item,)
    return None


def next_of(iterator: AsyncIterator[T], loop: asyncio.AbstractEventLoop) -> T:
    """The next item, for another thread than that of ``loop``. Raises ``StopIteration`` at the end."""
    found = in_loop(_next_or_none(iterator), loop)
    if found is None:
        raise StopIteration
    return found[0]


class AsyncSubscription:
    """The bars of a subscription as dicts."""

    def __init__(self, subscription: StreamIterator) -> None:
        self.subscription = subscription

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row:
        return await self.subscription.take()


class _Blocking(Generic[T]):
    """An iterator for a thread over what is iterated in a loop."""

    def __init__(self, subscription: AsyncIterator[T], loop: asyncio.AbstractEventLoop) -> None:
        self.subscription = subscription
        self.loop = loop

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next_of(self.subscription, self.loop)

    def __aiter__(self) -> AsyncIterator[T]:
        return self.subscription


class SyncSubscription(_Blocking[Row]):
    """The bars of a subscription as dicts, for a thread."""


class SyncRawSubscription(_Blocking[str]):
    """Raw messages, for a thread."""


class SyncCandleLiveIterator(_Blocking[tuple[list[Row], Row | None]]):
    """The closed bars and the forming one with each tick, for a thread."""

    def __init__(
        self,
        async_gen: AsyncGenerator[tuple[list[Row], Row | None], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(async_gen, loop)
        self.async_gen = async_gen

    def close(self) -> None:
        """End the subscription."""

        async def close() -> None:
            await self.async_gen.aclose()

        in_loop(close(), self.loop)
