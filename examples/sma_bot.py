"""Trade the crossing of two moving averages. It shows how a bot is built; it earns nothing."""

from collections import deque
from collections.abc import Sequence
from statistics import fmean

from tellwire import Direction, PlaceOrder, RequestError, Runtime

ASSET = "EURUSD_otc"
FAST, SLOW = 10, 40
STAKE = 1
SECONDS = 60
TRADES = 3


def decide(prices: Sequence[float]) -> Direction | None:
    """The side to take when the fast average has just crossed the slow one. Test it with lists of numbers."""
    if len(prices) <= SLOW:
        return None
    before = fmean(prices[-FAST - 1 : -1]) - fmean(prices[-SLOW - 1 : -1])
    now = fmean(prices[-FAST:]) - fmean(prices[-SLOW:])
    if before <= 0 < now:
        return Direction.CALL
    return Direction.PUT if now < 0 <= before else None


def trade(rt: Runtime, direction: Direction) -> None:
    try:
        deal = rt.router.ask(PlaceOrder(ASSET, STAKE, direction, SECONDS), timeout=10)
    except RequestError as error:
        print("no deal:", error)  # a refusal, a limit, a doubt: the text says which
        return
    closed = rt.client.result(deal)
    print(direction.name, closed.outcome, closed.profit)


def main() -> None:
    prices: deque[float] = deque(maxlen=SLOW + 1)
    trades = 0
    with Runtime.from_yaml("tellwire.yaml") as rt, rt.client.ticks(ASSET) as ticks:
        for tick in ticks:
            prices.append(tick.price)
            direction = decide(list(prices))
            if direction is not None:
                trade(rt, direction)
                trades += 1
                prices.clear()
            if trades == TRADES:
                break


if __name__ == "__main__":
    main()
