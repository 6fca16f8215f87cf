"""Outages of the whole venue, one after another: the pool comes back together."""

import time
from typing import Any

from labs.faults.program import PAUSE
from labs.faults.rig import WAIT_TIMEOUT, Rig, Violated, rig
from runtime.practice import PracticeExchange

TOGETHER = "last after first"
CONNECTIONS = 3
SECONDS_OUT = 3.0
SECONDS_UP = 1.0
RESETS = 0.02
"""Seconds between two resets of all sockets, in an outage that resets them."""

LONGEST_WAIT = 60.0
"""Seconds until the first connection is back: the longest delay of the backoff, twice."""

USUAL: dict[str, Any] = {
    "pool": {"connections": CONNECTIONS, "workers": 2},
    "reconnect": {"max_delay": 30.0},
    "limits": {"connects": ["10/s", "120/min"]},
    "connection": {"open_timeout": 10.0},
}
"""The defaults of the configuration, where those of the rig are quicker."""


def back_together(name: str, outages: int, **parameters: object) -> dict[str, float]:
    """Outages of 3 s; in each, all connections are cut off and the fault ``name`` is in force."""
    with rig(**USUAL) as on:
        on.up(CONNECTIONS)
        slowest = 0.0
        for _ in range(outages):
            time.sleep(SECONDS_UP)
            on.exchange.fault(name, **parameters)
            on.exchange.drop_connections()
            time.sleep(SECONDS_OUT)
            over_at = time.time()
            on.exchange.calm(name)
            slowest = max(slowest, _spread(on, over_at))
        return {TOGETHER: slowest}


def back_after_resets(outages: int) -> dict[str, float]:
    """The same, where every socket is reset soon after its connect."""
    with rig(**USUAL) as on:
        on.up(CONNECTIONS)
        slowest = 0.0
        for _ in range(outages):
            time.sleep(SECONDS_UP)
            over_at = time.time() + SECONDS_OUT
            while time.time() < over_at:
                on.exchange.drop_connections()
                time.sleep(RESETS)
            slowest = max(slowest, _spread(on, over_at))
        return {TOGETHER: slowest}


def _spread(on: Rig, over_at: float) -> float:
    """Seconds from the first login to the last, of connections that are all up."""
    due = time.monotonic() + LONGEST_WAIT + WAIT_TIMEOUT
    while len(times := _logins(on.exchange)) < CONNECTIONS:
        if time.monotonic() > due:
            raise Violated(f"{len(times)} of {CONNECTIONS} connections are back")
        time.sleep(PAUSE)
    return max(times) - max(min(times), over_at)


def _logins(exchange: PracticeExchange) -> list[float]:
    """When the sockets were connected that are open and logged in."""
    sockets = exchange.ledger.sockets()
    return [each.connected_at for each in sockets if each.authenticated and each.closed_at is None]
