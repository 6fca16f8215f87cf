"""A bot for BinaryOptionsToolsV2: two averages of the ticks, a fraction as the stake, a daily limit.

``python bot_for_both.py URL TRADES`` reads the SSID from its standard input. It prints ``ready``, and reads a
second of the venue's clock, so that two runs begin with the same tick. It prints each trade as JSON.
"""

import asyncio
import json
import os
import sys
from collections import deque

from BinaryOptionsToolsV2.pocketoption import PocketOptionAsync

ASSET = "CADJPY_otc"
FAST, SLOW = 3, 6
SECONDS = 2
FRACTION = 0.0005
DAILY_LOSS = 100.0
KEPT = ("amount", "profit", "percentProfit", "command", "asset", "openPrice", "closePrice", "result")


class Averages:
    def __init__(self) -> None:
        self.prices: deque[float] = deque(maxlen=SLOW)

    def add(self, price: float) -> str | None:
        self.prices.append(price)
        if len(self.prices) < SLOW:
            return None
        recent = list(self.prices)
        fast = sum(recent[-FAST:]) / FAST
        slow = sum(recent) / SLOW
        return "buy" if fast >= slow else "sell"


async def trade(client: PocketOptionAsync, side: str, stake: float) -> float:
    place = client.buy if side == "buy" else client.sell
    deal_id, deal = await place(asset=ASSET, amount=stake, time=SECONDS)
    assert deal["id"] == deal_id
    opened = await client.opened_deals()
    assert opened[deal_id]["command"] == (0 if side == "buy" else 1)
    result = await client.check_win(deal_id)
    assert result["closeTimestamp"] - result["openTimestamp"] == SECONDS
    print(json.dumps({key: result[key] for key in KEPT}), flush=True)  # noqa: T201
    return float(result["profit"])


async def main(url: str, trades: int) -> None:
    client = PocketOptionAsync(sys.stdin.readline().strip(), url=url)
    await client.wait_for_assets(timeout=30.0)
    assert client.is_demo()
    assert await client.payout(ASSET) == (await client.payouts())[ASSET]
    stake = round(await client.balance() * FRACTION, 2)
    averages, lost, made, next_at = Averages(), 0.0, 0, 0
    ticks = await client.subscribe_symbol(ASSET)
    print("ready", flush=True)  # noqa: T201
    start = int(await asyncio.to_thread(sys.stdin.readline))
    async for tick in ticks:
        if tick["timestamp"] < start:
            continue
        side = averages.add(float(tick["close"]))
        if side is None or tick["timestamp"] < next_at:
            continue
        profit = await trade(client, side, stake)
        lost -= min(profit, 0)
        made += 1
        next_at = tick["timestamp"] + 2 * SECONDS
        if made == trades or lost >= DAILY_LOSS:
            break
    closed = await client.closed_deals()
    assert len(closed) >= made
    print(json.dumps({"closed": made}), flush=True)  # noqa: T201
    await client.shutdown()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
    os._exit(0)  # the threads of the original do not end by themselves
