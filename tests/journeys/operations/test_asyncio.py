"""An asyncio program from its start to its stop, by its own runtime and attached to one."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from actors.errors import RequestError, RequestRefused
from actors.messages import AwaitResult, GetBalance, OrderClosed, PlaceOrder, SubscribeTicks
from actors.values import Direction, Tick
from runtime import AsyncRuntime, attach_async
from runtime.aio.async_router import AsyncRouter
from tests.journeys.journey import DEADLINE

LIMIT = 30.0
SETTINGS = "pool: {{workers: {workers}, connections: 2}}\npractice: {{tick_rate: 20}}\n"
ORDER = PlaceOrder("EURUSD_otc", Decimal(1), Direction.CALL, 5)


async def trade(router: AsyncRouter, waits: int) -> None:
    """Ticks, an order, and ``waits`` tasks that await its result at once."""
    heard: list[Any] = []

    async def note(event: Any) -> None:
        await asyncio.sleep(0)
        heard.append(event)

    await router.subscribe("order.>", note)
    async with router.ticks("EURUSD_otc") as ticks:
        received: list[Tick] = [await anext(ticks) for _ in range(5)]
    assert [tick.time for tick in received] == sorted(tick.time for tick in received)
    closed_events = router.events("order.closed")
    deal = await router.ask(ORDER, timeout=DEADLINE)
    async with asyncio.TaskGroup() as group:
        results = [group.create_task(router.ask(AwaitResult(deal.id), timeout=LIMIT)) for _ in range(waits)]
    assert {task.result().id for task in results} == {deal.id}
    async for event in closed_events:  # the other program's deal closes too
        assert isinstance(event, OrderClosed)
        if event.deal == results[0].result():
            break
    with pytest.raises(RequestRefused, match="the venue lists no asset"):
        await anext(router.ticks("NOTHING"))
    assert await router.unsubscribe("order.>", note)
    assert {event.topic for event in heard} >= {"order.opened", "order.closed"}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_program_and_one_attached_to_its_runtime_trade_and_end(workers: int, tmp_path: Path) -> None:
    path = tmp_path / "practice.yaml"
    path.write_text(SETTINGS.format(workers=workers), encoding="utf-8")

    async def main() -> None:
        async with asyncio.timeout(2 * LIMIT):
            runtime = AsyncRuntime.from_yaml(path)
            async with runtime, attach_async(path) as attached:
                async with asyncio.TaskGroup() as group:
                    group.create_task(trade(runtime, waits=10_000))
                    group.create_task(trade(attached, waits=1_000))
                own, theirs = runtime.events("tick.>"), attached.events("tick.>")
                await runtime.ask(SubscribeTicks("EURUSD_otc"), timeout=DEADLINE)
                assert (await anext(own)).topic == (await anext(theirs)).topic
                await runtime.stop()
                async for _ in own:
                    pass
                async for _ in theirs:
                    pass
                with pytest.raises(RequestError):
                    await attached.ask(GetBalance(), timeout=DEADLINE)

    asyncio.run(main())
