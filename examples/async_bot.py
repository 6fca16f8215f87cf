"""A bot in asyncio: ticks, orders and their results, each in a task of its own."""

import asyncio
from collections import deque
from itertools import pairwise

from tellwire import AsyncRuntime, AwaitResult, Direction, NotSent, OrderUnknown, PlaceOrder, RequestRefused

ASSET = "EURUSD_otc"
RUN = 4
SECONDS = 60
TRADES = 3


def decide(prices: deque[float]) -> Direction | None:
    """Against a run of prices that all went the same way."""
    steps = [later - earlier for earlier, later in pairwise(prices)]
    if len(steps) < RUN - 1:
        return None
    if all(step > 0 for step in steps):
        return Direction.PUT
    return Direction.CALL if all(step < 0 for step in steps) else None


async def trade(rt: AsyncRuntime, direction: Direction, amount: int) -> None:
    try:
        deal = await rt.ask(PlaceOrder(ASSET, amount, direction, SECONDS), timeout=10)
    except (RequestRefused, NotSent, OrderUnknown) as error:
        print(type(error).__name__, error)
        return
    closed = await rt.ask(AwaitResult(deal.id), timeout=SECONDS + 30)
    print(direction.name, amount, closed.outcome, closed.profit)


async def main() -> None:
    prices: deque[float] = deque(maxlen=RUN)
    async with AsyncRuntime.from_yaml("tellwire.yaml") as rt, asyncio.TaskGroup() as trades:
        started = 0
        async with rt.ticks(ASSET) as ticks:
            async for tick in ticks:
                prices.append(tick.price)
                direction = decide(prices)
                if direction is not None:
                    started += 1
                    # Orders of one asset and amount wait for each other; another amount does not.
                    trades.create_task(trade(rt, direction, started))
                    prices.clear()
                if started == TRADES:
                    break


asyncio.run(main())
