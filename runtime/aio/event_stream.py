"""Events for an ``async for``."""

import asyncio
import functools
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from actors.engine.router_ref import RouterRef
from actors.errors import RequestError
from runtime.aio.loop_calls import LoopCalls
from runtime.client.event_buffer import EventBuffer, tell_lag

E = TypeVar("E")


class EventStream(Generic[E]):
    """The events of one subscription, for ``async for``; one task at a time.

    The subscription begins when the stream is made. It ends with ``aclose``, ``async with``, or the last
    reference to the stream (so after a ``break`` too). The iteration ends when the runtime stops, after what
    had arrived; if the runtime has failed, it raises that failure. It raises ``RequestRefused`` and
    ``RequestTimeout`` as ``Subscribe`` does.

    A consumer that works too long on one event misses ticks: newer ones of the same asset replace them, and
    ``Lagged`` counts them. It misses no other event.
    """

    def __init__(
        self,
        topic: str,
        router: RouterRef,
        calls: LoopCalls,
        subscribe: Callable[[EventBuffer], "asyncio.Future[str]"],
        unsubscribe: Callable[[EventBuffer], object],
    ) -> None:
        self._closed = True  # until there is a subscription to end
        self._topic = topic
        self._router = router
        self._news = asyncio.Event()
        self._events: deque[E] = deque()
        self._ended = False
        self._failure: Exception | None = None
        self.answer = ""
        """That to the subscription, once ``begin`` has returned."""
        self._buffer = EventBuffer(functools.partial(calls.put, self._news.set))
        self._unsubscribe = unsubscribe
        self._subscribed: asyncio.Future[str] | None = subscribe(self._buffer)
        self._subscribed.add_done_callback(_seen)
        self._closed = False

    @property
    def failure(self) -> Exception | None:
        """What the iteration raises at its end: the failure of the runtime, if that has failed."""
        return self._failure

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> E:
        if self._subscribed is not None:
            await self.begin()
        events = self._events
        while not events:
            if self._closed:
                raise StopAsyncIteration
            taken, missed = self._buffer.take()
            if missed:
                tell_lag(self._router, self._topic, missed)
            if taken:
                events.extend(taken)
            elif self._ended:
                await self.aclose()
                if self._failure is not None:
                    raise self._failure
            else:
                await self._news.wait()
                self._news.clear()
        return events.popleft()

    async def __aenter__(self) -> Self:
        """Returns once the subscription is answered."""
        await self.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the subscription; what has not been taken is dropped. Idempotent."""
        self._close()
        self._news.set()

    def __del__(self) -> None:
        self._close()

    def finish(self, failure: Exception | None = None) -> None:
        """No event comes any more: the iteration ends after those that wait. In the loop."""
        self._ended = True
        self._failure = failure
        self._news.set()

    async def begin(self) -> None:
        """Returns once the subscription is answered; raises what that raises. A task that is cancelled
        meanwhile leaves the stream as it is."""
        if (subscribed := self._subscribed) is None:
            return
        await asyncio.wait([subscribed])
        self._subscribed = None
        error = subscribed.exception()
        if type(error) is RequestError:  # the runtime stops
            await self.aclose()
        elif error is not None:
            await self.aclose()
            raise error
        else:
            self.answer = subscribed.result()

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._events.clear()
        self._buffer.close()
        self._unsubscribe(self._buffer)


def _seen(subscribed: "asyncio.Future[str]") -> None:
    """A stream that is dropped before it was iterated has an error that is not looked at."""
    if not subscribed.cancelled():
        subscribed.exception()
