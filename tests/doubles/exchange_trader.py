"""Orders of a bare client of the practice exchange."""

import math
import time
from decimal import Decimal
from typing import Any

from tests.doubles.exchange_client import Client

ASSET = "EURUSD_otc"
LIVELY = "BTCUSD_otc"
"""An asset whose price changes with nearly every tick."""

REQUEST = 18396039


def order(**changes: object) -> dict[str, object]:
    """The payload of an ``openOrder`` for one second."""
    return {
        "asset": ASSET,
        "amount": 5,
        "action": "call",
        "isDemo": 1,
        "requestId": REQUEST,
        "optionType": 100,
        "time": 1,
    } | changes


def place(client: Client, **changes: object) -> dict[str, Any]:
    """Place an order and read what follows. Returns the acknowledgement."""
    client.emit("openOrder", order(**changes))
    accepted: dict[str, Any] = client.until("successopenOrder")
    client.until("updateOpenedDeals")
    return accepted


def refused(client: Client, **changes: object) -> dict[str, Any]:
    """Place an order. Returns the refusal, which must be the only event."""
    client.emit("openOrder", order(**changes))
    [(name, failure)] = client.fence()
    assert name == "failopenOrder"
    assert isinstance(failure, dict)
    return failure


def money(number: float) -> Decimal:
    """A number as it was on the wire."""
    return Decimal(str(number))


def opening(deal: dict[str, Any]) -> float:
    """When a deal was opened, in venue time."""
    return float((deal["openTimestamp"] * 1000 + deal["openMs"]) / 1000)


def wait_for_a_fresh_second() -> None:
    """Return early in a second, so that a deal of one second lasts for most of it."""
    now = time.time()
    if now % 1 > 0.4:
        time.sleep(math.ceil(now) - now + 0.01)
