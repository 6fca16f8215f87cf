"""Have the venue open a deal later, at a time; then think better of it."""

import time

from tellwire import (
    CancelPendingOrder,
    Direction,
    GetPendingOrders,
    GetServerTime,
    PlacePendingOrder,
    Runtime,
    SubscribeTicks,
)

DELAY = 600

with Runtime.from_yaml("tellwire.yaml") as rt:
    rt.router.ask(SubscribeTicks("EURUSD_otc"), timeout=10)  # the ticks carry the venue's clock
    now = rt.router.ask(GetServerTime(), timeout=10).time
    order = PlacePendingOrder("EURUSD_otc", 1, Direction.CALL, 60, open_at=now + DELAY)
    pending = rt.router.ask(order, timeout=10)
    print("placed:", pending.ticket, "opens at", time.strftime("%H:%M:%S", time.gmtime(pending.open_at)))
    rt.router.ask(CancelPendingOrder(pending.ticket), timeout=10)
    print("left:", rt.router.ask(GetPendingOrders(), timeout=10))
