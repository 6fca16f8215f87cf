"""A bot as users of pocketoptionapi-async write them, for that package and for the layer alike.

``python bot.py PACKAGE URL ROUNDS``, with the session as standard input. Each round is one line of JSON. The
interpreter of the original package has none of our code, so that nothing of it is imported here.
"""

import asyncio
import importlib
import json
import sys
import warnings
from typing import Any

ASSET = "EURUSD_otc"
DURATION = 5
LONGEST_STAKE = 20.0


def emit(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def direction_of(candles: list[Any], directions: Any) -> Any:
    """With the last closed bars; the newest candle still forms. The newest comes first."""
    closes = [candle.close for candle in candles[1:7]]
    return directions.CALL if closes[0] >= sum(closes) / len(closes) else directions.PUT


async def trade(client: Any, package: Any, rounds: int) -> None:
    """Double the stake after a loss, turn the direction after two of them, begin anew after a win."""
    stake, losses = 1.0, 0
    placed: set[str] = set()
    candles = await client.get_candles(asset=ASSET, timeframe="1h")
    closed = candles[1:7]
    emit(
        closes=[candle.close for candle in closed],
        stamps=[candle.timestamp.timestamp() for candle in closed],
    )
    direction = direction_of(candles, package.OrderDirection)
    for _ in range(rounds):
        if losses >= 2:
            turned = package.OrderDirection.PUT if direction.value == "call" else package.OrderDirection.CALL
            direction, losses = turned, 0
        order = await client.place_order(asset=ASSET, amount=stake, direction=direction, duration=DURATION)
        placed.add(order.order_id)
        outcome = await client.check_win(order.order_id, max_wait_time=30.0)
        known = await client.check_order_result(order.order_id)
        emit(
            order=order.order_id,
            asset=order.asset,
            stake=order.amount,
            direction=order.direction.value,
            placed=order.status.value,
            expected=order.profit,
            result=outcome["result"],
            profit=outcome["profit"],
            completed=outcome["completed"],
            status=known.status.value,
        )
        if outcome["result"] == "win":
            stake, losses = 1.0, 0
        else:
            stake, losses = min(stake * 2, LONGEST_STAKE), losses + 1
    # The account is another bot's too, whose last deal may still be open.
    emit(open=sum(order.order_id in placed for order in await client.get_active_orders()))


async def main(name: str, url: str, rounds: int) -> None:
    package = importlib.import_module(name)
    importlib.import_module(f"{name}.constants").Regions._REGIONS = {"DEMO": url}
    if not name.startswith("runtime."):
        leave_tls_out(importlib.import_module(f"{name}.websocket_client").websockets)
    client = package.AsyncPocketOptionClient(ssid=sys.stdin.read(), is_demo=True, enable_logging=False)
    if not await client.connect():
        raise SystemExit("it does not connect")
    balance = await client.get_balance()
    emit(balance=balance.balance, currency=balance.currency, is_demo=balance.is_demo)
    await trade(client, package, rounds)
    await client.disconnect()


def leave_tls_out(websockets: Any) -> None:
    """The original package gives a TLS context to every connection, also to one of ws://."""
    connect = websockets.connect
    websockets.connect = lambda url, **arguments: connect(url, **{**arguments, "ssl": None})


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of a package that was written for an older pydantic
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
