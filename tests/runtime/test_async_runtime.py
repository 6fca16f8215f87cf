"""The runtime in an event loop: its start, its stop, and the loops and task groups of others."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from actors.errors import ConfigInvalid, NoRuntime, RequestError, RequestRefused, TooManyRestarts
from actors.messages import GetBalance, StreamDropped, SubscribeTicks
from actors.values import Balance, Tick
from runtime import AsyncRuntime, Config, attach_async
from runtime.control.protocol import StopRuntime
from runtime.runtime import Runtime

CONFIG = Config.model_validate(
    {
        "pool": {"workers": 0, "connections": 1},
        "practice": {"tick_rate": 50},
    }
)
LIMIT = 10.0
"""Seconds that a test waits for an answer or a tick."""


async def use(runtime: AsyncRuntime) -> None:
    """An answer and three ticks."""
    balance: Balance = await runtime.ask(GetBalance(), timeout=LIMIT)
    assert balance.amount > 0
    async with asyncio.timeout(LIMIT), runtime.ticks("EURUSD_otc") as ticks:
        assert [(await anext(ticks)).asset for _ in range(3)] == ["EURUSD_otc"] * 3


def assert_no_thread_is_left(before: set[threading.Thread]) -> None:
    for thread in set(threading.enumerate()) - before:
        thread.join(LIMIT)
        assert not thread.is_alive()


async def whole() -> None:
    async with AsyncRuntime(CONFIG) as runtime:
        await use(runtime)


@pytest.fixture
def logged() -> Iterator[list[str]]:
    found: list[str] = []
    sink = logger.add(lambda line: found.append(str(line)), format="{message}", level="ERROR")
    yield found
    logger.remove(sink)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_runtime_is_asked_and_iterated_in_a_loop(loop: str) -> None:
    factory: Callable[[], Any] | None = None
    if loop == "uvloop":
        factory = pytest.importorskip(
            "uvloop", reason="uvloop is in the extra `test`, and not for Windows"
        ).new_event_loop
    before = set(threading.enumerate())
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(whole())
    assert_no_thread_is_left(before)


def test_a_loop_that_runs_already_takes_the_steps_of_a_notebook_one_by_one() -> None:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def cell(step: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(step, loop).result(LIMIT)

    runtime = AsyncRuntime(CONFIG)
    try:
        cell(runtime.start())
        cell(use(runtime))
        cell(runtime.stop())
        cell(runtime.stop())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(LIMIT)
        loop.close()


def test_a_task_group_cancels_its_iterations_and_the_runtime_stops() -> None:
    async def main() -> None:
        async with AsyncRuntime(CONFIG) as runtime:

            async def listen(topic: str) -> None:
                async for _ in runtime.events(topic):
                    pass

            async def fail() -> None:
                await use(runtime)
                raise KeyError("of the program")

            async with asyncio.TaskGroup() as group:
                group.create_task(listen("tick.>"))
                group.create_task(listen("connection.>"))
                group.create_task(fail())

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(main())
    assert caught.group_contains(KeyError, match="of the program")


def test_the_lifespan_of_a_web_service_starts_and_stops_it() -> None:
    """The protocol of ASGI: FastAPI enters such a context manager in its server's loop."""
    fastapi = pytest.importorskip("fastapi", reason="FastAPI is in the extra `test`")

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        async with AsyncRuntime(CONFIG) as app.state.runtime:
            yield

    async def main() -> None:
        app = fastapi.FastAPI(lifespan=lifespan)
        async with app.router.lifespan_context(app):
            await use(app.state.runtime)

    asyncio.run(main())


def test_the_loop_goes_on_while_a_runtime_starts_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        loop, passed = asyncio.get_running_loop(), threading.Event()

        def waits_for_the_loop(of_runtime: Callable[[Runtime], None]) -> Callable[[Runtime], None]:
            def wait_first(runtime: Runtime) -> None:
                passed.clear()
                loop.call_soon_threadsafe(passed.set)
                assert passed.wait(LIMIT)
                of_runtime(runtime)

            return wait_first

        monkeypatch.setattr(Runtime, "start", waits_for_the_loop(Runtime.start))
        monkeypatch.setattr(Runtime, "stop", waits_for_the_loop(Runtime.stop))
        await whole()

    asyncio.run(main())


def test_a_cancelled_start_leaves_nothing_running() -> None:
    async def main() -> AsyncRuntime:
        runtime = AsyncRuntime(CONFIG)
        task = asyncio.create_task(runtime.start())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(RequestError, match="does not run"):
            await runtime.ask(GetBalance())
        return runtime

    before = set(threading.enumerate())
    runtime = asyncio.run(main())
    assert runtime.runtime.exchange is None
    assert_no_thread_is_left(before)


def test_a_second_start_is_refused_and_the_first_goes_on() -> None:
    async def main() -> None:
        async with AsyncRuntime(CONFIG) as runtime:
            with pytest.raises(RequestRefused, match="runs already"):
                await runtime.start()
            await use(runtime)

    asyncio.run(main())


def test_a_configuration_with_a_problem_is_told_before_a_loop_is_there(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("pool: {workers: -1}\n", encoding="utf-8")
    with pytest.raises(ConfigInvalid):
        AsyncRuntime.from_yaml(tmp_path / "wrong.yaml")


def test_iterations_and_handlers_get_what_had_arrived_and_end_at_the_stop() -> None:
    handled: list[Any] = []

    async def handler(event: Any) -> None:
        await asyncio.sleep(0)
        handled.append(event)

    async def main() -> None:
        runtime = AsyncRuntime(CONFIG)
        async with runtime, asyncio.timeout(3 * LIMIT):
            events = runtime.events("connection.>")
            await runtime.subscribe("connection.>", handler)
            await runtime.ask(SubscribeTicks("EURUSD_otc"), timeout=LIMIT)
        iterated = [event async for event in events]
        assert iterated[-len(handled) :] == handled  # it subscribed sooner
        assert {event.topic for event in iterated} >= {"connection.up", "connection.down"}
        with pytest.raises(RequestError, match="does not run"):
            runtime.ticks("EURUSD_otc")
        await runtime.wait()

    asyncio.run(main())
    assert "connection.down" in {event.topic for event in handled}


def test_handlers_run_in_the_loop_one_event_after_another_and_their_errors_are_logged(
    logged: list[str],
) -> None:
    class Overlap(Exception):
        pass

    ticks: list[Tick] = []
    at_work: list[Tick] = []
    threads: set[int] = set()

    async def main() -> None:
        enough = asyncio.Event()

        async def handler(tick: Tick) -> None:
            if at_work:
                raise Overlap
            at_work.append(tick)
            await asyncio.sleep(0.01)
            at_work.clear()
            threads.add(threading.get_ident())
            ticks.append(tick)
            if len(ticks) == 3:
                enough.set()
            raise KeyError("of the handler")

        async with AsyncRuntime(CONFIG) as runtime, asyncio.timeout(LIMIT):
            await runtime.subscribe("tick.EURUSD_otc", handler, stream=True)
            await enough.wait()
            assert await runtime.unsubscribe("tick.EURUSD_otc", handler)
            assert not await runtime.unsubscribe("tick.EURUSD_otc", handler)

    asyncio.run(main())
    assert threads == {threading.get_ident()}
    assert any("the handler of subscriber tick.EURUSD_otc raised" in line for line in logged)
    assert not any("Overlap" in line for line in logged)


def test_a_break_lets_go_of_the_stream() -> None:
    async def main() -> None:
        async with AsyncRuntime(CONFIG) as runtime, asyncio.timeout(LIMIT):
            dropped = runtime.events("stream.dropped")
            async for _ in runtime.ticks("EURUSD_otc"):
                break
            event = await anext(dropped)
            assert isinstance(event, StreamDropped)
            assert event.asset == "EURUSD_otc"

    asyncio.run(main())


def test_a_failure_of_the_runtime_is_raised_where_events_are_awaited() -> None:
    failure = TooManyRestarts("the pool")

    async def main() -> None:
        async with AsyncRuntime(CONFIG) as runtime, asyncio.timeout(LIMIT):
            events = runtime.events("order.>")
            waiting = asyncio.create_task(runtime.wait())
            await asyncio.to_thread(runtime.runtime._escalate, failure)
            with pytest.raises(TooManyRestarts):
                async for _ in events:
                    pass
            with pytest.raises(TooManyRestarts):
                await waiting

    asyncio.run(main())


def test_a_stop_that_an_operator_asks_for_ends_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "practice.yaml"
    path.write_text("pool: {workers: 0, connections: 1}\n", encoding="utf-8")

    async def main() -> None:
        async with AsyncRuntime.from_yaml(path) as runtime, asyncio.timeout(LIMIT):
            async with attach_async(path, operates=True) as attached:
                attached.router.tell(StopRuntime())
                await runtime.wait()
            with pytest.raises(RequestError, match="does not run"):
                await runtime.ask(GetBalance())

    asyncio.run(main())


def test_an_attachment_to_no_runtime_raises_what_attach_raises(tmp_path: Path) -> None:
    async def main() -> None:
        async with attach_async(tmp_path / "none.sock"):
            pass

    with pytest.raises(NoRuntime):
        asyncio.run(main())
