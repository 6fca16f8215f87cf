"""Asks that are awaited: their errors, their cancellation, ten thousand at once, and loops that close."""

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from actors.engine.actor import RuntimeActor
from actors.engine.router_ref import RouterRef
from actors.errors import NotSent, OrderUnknown, RequestError, RequestRefused, RequestTimeout
from actors.messages.commands import COMMANDS, AwaitResult, GetBalance, PlaceOrder, Subscribe
from actors.messages.routing import Asked, GivenUp
from actors.values import Direction
from runtime.aio import async_router
from runtime.aio.async_router import AsyncRouter
from tests.doubles.recorder import WAIT

ORDER = PlaceOrder("A", Decimal(1), Direction.CALL, 60)


class _Desk(RuntimeActor):
    """Keeps every ask until a test answers; a withdrawn one fails with ``NotSent`` if it ``withdraws``."""

    def __init__(self, *, withdraws: bool = True) -> None:
        super().__init__("router")
        self._actor_ref = RouterRef(self, COMMANDS)
        self._withdraws = withdraws
        self._slots: dict[int, Any] = {}
        self.asked: list[Asked] = []
        self.given_up: list[int] = []
        self.changed = threading.Condition()

    def on_receive(self, message: Any) -> None:
        with self.changed:
            match message:
                case Asked():
                    self.asked.append(message)
                    self._slots[message.ask] = self.defer()
                case GivenUp(ask=ask):
                    self.given_up.append(ask)
                    if self._withdraws:
                        self._slots[ask].fail(NotSent("withdrawn"))
                case ("answer", value):
                    for slot in self._slots.values():
                        slot.set(value)
                case ("raise", error):
                    for slot in self._slots.values():
                        slot.fail(error)
            self.changed.notify_all()

    def wait(self, holds: Callable[["_Desk"], object]) -> bool:
        with self.changed:
            return bool(self.changed.wait_for(lambda: holds(self), WAIT))


class _Face(AsyncRouter):
    """Awaits the answers of a ``_Desk``."""

    def __init__(self, router: RouterRef) -> None:
        super().__init__()
        self._begin(router)


@contextmanager
def running_desk(**kwargs: Any) -> Iterator[tuple[_Desk, RouterRef]]:
    ref = _Desk.start(**kwargs)
    assert isinstance(ref, RouterRef)
    desk = ref._actor_weakref()
    assert isinstance(desk, _Desk)
    try:
        yield desk, ref
    finally:
        ref.stop()


def run(test: Callable[[_Desk, RouterRef, _Face], Coroutine[Any, Any, None]], **kwargs: Any) -> None:
    with running_desk(**kwargs) as (desk, ref):

        async def main() -> None:
            await test(desk, ref, _Face(ref))

        asyncio.run(main())


async def asked(desk: _Desk, count: int = 1) -> None:
    assert await asyncio.to_thread(desk.wait, lambda desk: len(desk.asked) >= count)


def test_an_ask_is_answered_in_the_loop_with_the_timeout_as_its_deadline() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        answer: asyncio.Task[Any] = asyncio.create_task(face.ask(GetBalance(), timeout=30))
        await asked(desk)
        ref.tell(("answer", 7))
        assert await answer == 7
        assert 0 < desk.asked[0].expires_at - ref.now() <= 30

    run(test)


def test_an_error_of_the_router_is_raised_where_the_answer_is_awaited() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        answer = asyncio.create_task(face.ask(GetBalance()))
        await asked(desk)
        ref.tell(("raise", RequestRefused("no")))
        with pytest.raises(RequestRefused, match="no"):
            await answer

    run(test)


def test_ten_thousand_asks_wait_without_a_thread() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        threads = threading.active_count()
        waits: list[asyncio.Future[Any]] = [
            asyncio.ensure_future(face.ask(AwaitResult(str(i)), timeout=60)) for i in range(10_000)
        ]
        await asyncio.sleep(0)  # all have been asked
        assert desk.wait(lambda desk: len(desk.asked) == 10_000)
        assert threading.active_count() == threads
        ref.tell(("answer", "closed"))
        assert await asyncio.gather(*waits) == ["closed"] * 10_000

    run(test)


@pytest.mark.parametrize("command", [ORDER, AwaitResult("1"), GetBalance()])
def test_the_cancellation_of_the_task_tells_the_router_that_nobody_waits(command: Any) -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        task = asyncio.create_task(face.ask(command))
        await asked(desk)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(desk.wait, lambda desk: desk.given_up == [desk.asked[0].ask])

    run(test)


def test_an_ask_that_is_answered_is_not_withdrawn() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        answer = asyncio.create_task(face.ask(ORDER, timeout=30))
        await asked(desk)
        ref.tell(("answer", 7))
        await answer
        gc.collect()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await face.ask(GetBalance())
        assert await asyncio.to_thread(desk.wait, lambda desk: desk.given_up)
        assert desk.given_up == [desk.asked[1].ask]

    run(test)


def test_an_order_is_withdrawn_at_its_timeout() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        with pytest.raises(NotSent, match="withdrawn"):
            await face.ask(ORDER, timeout=0.05)

    run(test)


@pytest.mark.parametrize(("command", "error"), [(ORDER, OrderUnknown), (GetBalance(), RequestTimeout)])
def test_a_router_that_does_not_answer_is_not_awaited_for_ever(
    command: Any, error: type[RequestError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(async_router, "GRACE", 0.05)

    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        with pytest.raises(error, match="the runtime does not answer") as caught:
            await face.ask(command, timeout=0.05)
        assert (caught.value.order != "") == (command is ORDER)

    run(test, withdraws=False)


def test_what_is_no_command_and_what_is_no_timeout_is_refused() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        wrong: Any = GetBalance
        with pytest.raises(RequestRefused):
            await face.ask(wrong)
        with pytest.raises(ValueError, match="timeout must be"):
            await face.ask(GetBalance(), timeout=float("nan"))
        assert not desk.asked

    run(test)


def test_a_router_that_has_ended_raises_what_an_ask_of_it_raises() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        await asyncio.to_thread(ref.stop)
        with pytest.raises(RequestError, match="the runtime has ended"):
            await face.ask(GetBalance())
        with pytest.raises(NotSent, match="the runtime has ended"):
            await face.ask(ORDER)

    run(test)


def test_a_reply_for_a_closed_loop_raises_nothing_in_the_thread_of_the_router() -> None:
    with running_desk() as (desk, ref):

        async def leave() -> None:
            face = _Face(ref)
            future = face._ask(AwaitResult("1"), None)
            assert not future.done()
            await asked(desk)

        asyncio.run(leave())
        ref.tell(("answer", 1))
        ref.tell(("raise", RequestRefused("no")))
        future: Any = ref.ask(GetBalance(), block=False)
        ref.tell(("answer", 2))
        assert future.get(timeout=WAIT) == 2


def test_another_loop_is_refused() -> None:
    with running_desk() as (_, ref):

        async def begin() -> _Face:
            return _Face(ref)

        async def use(face: _Face) -> None:
            with pytest.raises(RuntimeError, match="belongs to another event loop"):
                await face.ask(GetBalance())

        asyncio.run(use(asyncio.run(begin())))


def test_a_face_that_is_not_entered_says_so() -> None:
    async def use() -> None:
        with pytest.raises(RequestError, match="AsyncRouter does not run: use `async with`"):
            AsyncRouter().ticks("A")

    asyncio.run(use())


def test_a_subscription_that_is_refused_raises_where_the_handler_is_given() -> None:
    async def test(desk: _Desk, ref: RouterRef, face: _Face) -> None:
        task = asyncio.create_task(face.subscribe("tick.A", print))
        await asked(desk)
        assert isinstance(desk.asked[0].command, Subscribe)
        ref.tell(("raise", RequestRefused("no asset 'A'")))
        with pytest.raises(RequestRefused, match="no asset 'A'"):
            await task
        assert not await face.unsubscribe("tick.A", print)

    run(test)
