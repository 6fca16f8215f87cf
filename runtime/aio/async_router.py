"""What an asyncio program asks of a router, of its own runtime or of an attached one."""

import asyncio
import contextlib
import datetime as dt
import functools
import weakref
from typing import Any, Final, TypeVar

import pykka

from actors.engine.router_ref import RouterRef
from actors.errors import RequestError, RequestRefused
from actors.messages.commands import (
    Command,
    SendRaw,
    Subscribe,
    SubscribeCandles,
    Unsubscribe,
    UnsubscribeCandles,
)
from actors.messages.conversion import Length
from actors.messages.events import Event, WireMessage
from actors.messages.owners import PROGRAM, Owner
from actors.messages.topics import TICK
from actors.values import Tick
from runtime.aio.async_client import AsyncClient
from runtime.aio.bar_stream import BarStream
from runtime.aio.event_stream import EventStream
from runtime.aio.handler_task import Handler, HandlerTask
from runtime.aio.loop_calls import LoopCalls
from runtime.client.bar_series import IteratedSeries
from runtime.client.event_buffer import EventBuffer
from runtime.raw_requests import RAW_TIMEOUT, Matches, RawReply, no_match, reply_topics

GRACE: Final = 2.0
"""Seconds after its timeout that an ask waits for what became of its request, as ``RouterRef.ask`` does."""

HANDLERS_TIMEOUT: Final = 5.0
"""Seconds that the handlers may take for the events that are left at a stop."""

A = TypeVar("A")


class AsyncRouter:
    """The part that ``AsyncRuntime`` and ``AsyncAttachment`` have in common.

    It belongs to the event loop that it was started in; all its methods are called there.
    """

    def __init__(self) -> None:
        self._router: RouterRef | None = None
        self._calls: LoopCalls
        self._streams: weakref.WeakSet[EventStream[Any]] = weakref.WeakSet()
        self._handlers: list[HandlerTask] = []
        self._iterated = IteratedSeries()

    @property
    def router(self) -> RouterRef:
        """The actor itself. Its ``tell`` may be called here; its ``ask`` blocks the loop."""
        if self._router is None:
            raise RequestError(f"{type(self).__name__} does not run: use `async with`")
        return self._router

    @functools.cached_property
    def client(self) -> AsyncClient:
        """The commands as methods."""
        return AsyncClient(self)

    async def ask(
        self,
        command: Command[A],
        *,
        timeout: float | dt.timedelta | None = None,  # noqa: ASYNC109  # it is the router's deadline too
    ) -> A:
        """Ask, and wait without a thread; any number of asks may wait.

        Raises what ``RouterRef.ask`` raises. If the task is cancelled, an order that has not left is
        withdrawn.
        """
        answer: A = await self._ask(command, timeout)
        return answer

    async def ask_as(self, owner: Owner, command: Command[A], *, timeout: float) -> A:  # noqa: ASYNC109
        """``ask`` on behalf of another owner of streams, in the process of the runtime."""
        answer: A = await self._ask(command, timeout, owner)
        return answer

    def tell(self, command: Command[Any]) -> None:
        """Send ``command`` and do not wait; a failure is the event ``CommandFailed``."""
        self.router.tell(command)

    def ticks(self, asset: str) -> EventStream[Tick]:
        """The ticks of ``asset``, which is streamed until the stream is closed."""
        return self._stream(f"{TICK}.{asset}", streamed=True)

    def events(self, topic: str) -> EventStream[Event | Tick]:
        """The events that ``topic`` matches, as ``Subscribe`` has it: ``"order.>"``."""
        return self._stream(topic)

    def candles(
        self, asset: str, period: Length = 0, *, ticks: int = 0, aligned: bool = True, history: int = 0
    ) -> BarStream:
        """The bars of ``asset`` as ``SubscribeCandles`` has them, after ``history`` closed ones."""
        return self.bars(SubscribeCandles(asset, period, ticks, aligned, history))

    def bars(self, command: SubscribeCandles) -> BarStream:
        """The bars of ``command``, which go on until the last stream of the series is closed."""
        router, topic = self.router, command.topic
        answer: asyncio.Future[Any]

        def subscribe(buffer: EventBuffer) -> "asyncio.Future[Any]":
            to: Any = buffer
            router.tell(Subscribe(topic, to=to, batch=True))
            self._iterated.begin(topic)
            nonlocal answer
            answer = self._ask(command, None)
            return answer

        def unsubscribe(buffer: EventBuffer) -> None:
            to: Any = buffer
            end = UnsubscribeCandles(command.asset, command.period, command.ticks, command.aligned)
            with contextlib.suppress(pykka.ActorDeadError):  # the runtime has ended
                router.tell(Unsubscribe(topic, to=to))
                self._iterated.end(topic, lambda: None if _is_refused(answer) else router.tell(end))

        stream = BarStream(command, topic, router, self._calls, subscribe, unsubscribe)
        self._streams.add(stream)
        return stream

    async def subscribe(self, topic: str, handler: Handler, *, stream: bool = False) -> str:
        """Have ``handler``, a function or a coroutine function, called in this loop with the events that
        ``topic`` matches, one after another. The answer, ``stream`` and the errors are those of
        ``Subscribe``.

        What the handler raises is logged, and it is called again.
        """
        events = self._stream(topic, streamed=stream)
        await events.begin()
        self._handlers.append(HandlerTask(topic, handler, events))
        return events.answer

    async def unsubscribe(self, topic: str, handler: Handler) -> bool:
        """End the subscriptions of ``handler`` to ``topic``; whether there was one. The handler finishes the
        event that it has."""
        found = [each for each in self._handlers if (each.topic, each.handler) == (topic, handler)]
        for each in found:
            self._handlers.remove(each)
            await each.close()
        return bool(found)

    async def request_raw(
        self,
        text: str,
        matches: Matches,
        *,
        connection: str = "",
        timeout: float = RAW_TIMEOUT,  # noqa: ASYNC109  # it is the router's deadline too
    ) -> WireMessage:
        """As ``request_raw``; ``matches`` is called in this loop."""
        reply, topics = RawReply(matches), reply_topics(connection)
        answer = asyncio.wrap_future(reply.future)
        try:
            async with asyncio.timeout(timeout):
                for topic in topics:
                    await self.subscribe(topic, reply.on_event)
                reply.on_sent(await self.ask(SendRaw(text, connection), timeout=timeout))
                return await answer
        except TimeoutError:
            if answer.done() and not answer.cancelled():  # it is what matches raised
                raise
            raise no_match(timeout) from None
        finally:
            answer.cancel()
            for topic in topics:
                await self.unsubscribe(topic, reply.on_event)

    def _begin(self, router: RouterRef) -> None:
        self._calls = LoopCalls(asyncio.get_running_loop())
        self._router = router

    def _finish(self, failure: Exception | None = None) -> None:
        """No event comes any more."""
        for stream in list(self._streams):
            stream.finish(failure)

    async def _end(self) -> None:
        """The runtime has ended: the handlers get what has arrived."""
        self._router = None
        self._finish()
        tasks = [each.task for each in self._handlers]
        self._handlers.clear()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=HANDLERS_TIMEOUT)
            for task in late:
                task.cancel()

    def _ask(
        self, command: Any, timeout: float | dt.timedelta | None, owner: Owner = PROGRAM
    ) -> "asyncio.Future[Any]":
        """The future of the answer; an ask whose future is cancelled is withdrawn."""
        router, calls = self.router, self._calls
        loop = asyncio.get_running_loop()
        if loop is not calls.loop:
            raise RuntimeError(f"this {type(self).__name__} belongs to another event loop")
        future: asyncio.Future[Any] = loop.create_future()

        def answered(value: Any, error: BaseException | None) -> None:
            calls.put(_resolve, future, value, error)

        ask = router.ask_then(command, answered, timeout=timeout, owner=owner)
        timer: asyncio.TimerHandle | None = None

        def late() -> None:
            nonlocal timer
            ask.give_up()
            timer = loop.call_later(GRACE, lambda: _resolve(future, None, ask.unanswered()))

        def done(_: object) -> None:
            if timer is not None:
                timer.cancel()
            if future.cancelled():
                ask.give_up()

        if ask.timeout is not None:
            timer = loop.call_later(ask.timeout, late)
        future.add_done_callback(done)
        return future

    def _stream(self, topic: str, *, streamed: bool = False) -> EventStream[Any]:
        router = self.router

        def subscribe(buffer: EventBuffer) -> "asyncio.Future[str]":
            to: Any = buffer
            return self._ask(Subscribe(topic, to=to, batch=True, stream=streamed), None)

        def unsubscribe(buffer: EventBuffer) -> None:
            to: Any = buffer
            with contextlib.suppress(pykka.ActorDeadError):  # the runtime has ended
                router.tell(Unsubscribe(topic, to=to))

        stream: EventStream[Any] = EventStream(topic, router, self._calls, subscribe, unsubscribe)
        self._streams.add(stream)
        return stream


def _is_refused(answer: "asyncio.Future[Any]") -> bool:
    return answer.done() and not answer.cancelled() and isinstance(answer.exception(), RequestRefused)


def _resolve(future: "asyncio.Future[Any]", value: Any, error: BaseException | None) -> None:
    if future.done():  # cancelled, or given up
        return
    if error is None:
        future.set_result(value)
    else:
        future.set_exception(error)
