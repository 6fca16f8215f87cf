"""Pools of up to 1,024 connections: all up at the pace of ``limits.connects``, and quick to tell about."""

import statistics
import time

from labs.faults.rig import Rig, Violated, programmed

PACE = 50
"""Connections in a second: each is a login, and this machine is also the venue."""

ALL_UP, STATUS, REPLACED = "all up, s", "status, ms", "replaced"

SLACK = 1.0
"""Seconds beyond the pace until all are up: for the start of the second worker, and for the last login."""

STATUSES = 9
STEP = 0.05

HEADER_BYTES = 3500
"""Of header fields, as a browser's cookies have them; every login sends them."""


def limits(count: int) -> dict[str, float]:
    return {ALL_UP: count / PACE * 1.05 + SLACK, STATUS: 50.0, REPLACED: 0.0}


def all_up(count: int) -> dict[str, float]:
    """A pool without streams over two workers; its exchange is in another process."""
    with programmed(
        tick_rate=1.0,
        pool={"connections": count, "workers": 2},
        limits={"connects": [f"{PACE}/s"]},
        connection={
            "custom_headers": {"Cookie": "c" * HEADER_BYTES},
            "open_timeout": 10.0,
            "ping_interval": 20.0,
            "ping_timeout": 10.0,
        },
    ) as (on, _):
        ledger, most = on.exchange.ledger, 3 * count / PACE + 60.0
        if not ledger.wait_until(lambda ledger: ledger.count("auth") >= count, most):
            raise Violated(f"{ledger.count('auth')} of {count} logins within {most:.0f} s")
        taken = _wait_until_up(on, count, most) - ledger.sockets()[0].connected_at
        return {ALL_UP: taken, STATUS: _status_time(on), REPLACED: _replaced(on)}


def _wait_until_up(on: Rig, count: int, most: float) -> float:
    end = time.time() + most
    while time.time() < end:
        if sum(each.child.state == "up" for each in on.status().connections) == count:
            return time.time()
        time.sleep(STEP)
    raise Violated(f"not all of {count} connections are up")


def _status_time(on: Rig) -> float:
    taken = []
    for _ in range(STATUSES):
        began = time.perf_counter()
        on.status()
        taken.append(time.perf_counter() - began)
        time.sleep(STEP)
    return statistics.median(taken) * 1000.0


def _replaced(on: Rig) -> float:
    """Workers and connections that had to start more than once."""
    status = on.status()
    return sum(each.child.epoch > 1 for each in status.connections) + sum(
        worker.restarts > 0 for worker in status.workers
    )
