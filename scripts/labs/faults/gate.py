"""Faults of the venue's listeners: they refuse connections, or drop many at once."""

import time

import psutil

from actors.messages import ConnectionDown
from labs.faults.program import PAUSE, descriptors_of
from labs.faults.rig import ASSETS, CLOCKS, FRESH, Rig, Violated, rig
from runtime.practice import PracticeExchange

ALL_UP, CPU, FIRST = "all up again", "CPU %", "first ticks"
MANY, PACE = 50, 10
"""The number of connections, and of attempts to connect in a second."""

SECONDS_DOWN = 10.0
RESTARTING = 0.5
"""Seconds that a restart of the exchange takes."""

NEWS = 0.2
"""Seconds from a refusal until the witness has its event."""


def refused_at_first(name: str, pause: float = 0.0, **parameters: object) -> dict[str, float]:
    """The first region refuses connections; the next one serves. The ``pause`` of the first is kept."""
    opened_at = time.time()

    def shut(exchange: PracticeExchange) -> None:
        exchange.fault(name, region=exchange.regions[0].name, **parameters)

    with rig(*ASSETS, before=shut, pool={"connections": 1}) as on:
        on.witness.first(ConnectionDown, was_ready=False)
        earliest = time.time() + pause - NEWS
        fresh = on.fresh(opened_at)
        (socket,) = [record for record in on.exchange.ledger.sockets() if record.authenticated]
        if pause and socket.connected_at < earliest:
            raise Violated(f"called again {earliest - socket.connected_at:.2f} s too early")
        return {FIRST: fresh}


def all_dropped() -> dict[str, float]:
    """Fifty connections are dropped at once, and come back at the configured pace."""
    pool = {"connections": MANY, "workers": 2}
    with rig(*ASSETS, pool=pool, limits={"connects": [f"{PACE}/s"]}, connection={"open_timeout": 10.0}) as on:
        on.up(MANY)
        on.fresh(time.time())
        before = _held(on)
        dropped_at = time.time()
        on.exchange.drop_connections()
        on.up(MANY, life=2)
        figures = {ALL_UP: time.time() - dropped_at, FRESH: on.fresh(dropped_at)}
        times = sorted(each.connected_at - dropped_at for each in on.exchange.ledger.sockets())
        if hasty := [at for place, at in enumerate(times[-MANY:]) if at < place // PACE]:
            raise Violated(f"came back faster than {PACE} in a second: {hasty}")
        _assert_not_grown(on, before)
        return figures


def rolling_restart(restarts: int, seconds: float) -> dict[str, float]:
    """The exchange restarts again and again; nothing piles up."""
    with rig(*ASSETS) as on:
        on.fresh(time.time())
        before = _held(on)
        slowest = 0.0
        for _ in range(restarts):
            began = time.time()
            on.exchange.fault("restart", lasts=RESTARTING)
            slowest = max(slowest, on.fresh(began + RESTARTING))
            time.sleep(max(0.0, began + seconds - time.time()))
        on.fresh(time.time())
        _assert_not_grown(on, before)
        return {FRESH: slowest}


def down() -> dict[str, float]:
    """No region listens; measures the cost of the attempts."""
    with rig(*ASSETS) as on:
        on.fresh(time.time())
        for region in on.exchange.regions:
            on.exchange.close_region(region.name)
        on.witness.first(ConnectionDown, was_ready=False)
        main = psutil.Process()
        processes = [main, *main.children()]
        before = sum(sum(process.cpu_times()[:2]) for process in processes)
        time.sleep(SECONDS_DOWN)
        spent = sum(sum(process.cpu_times()[:2]) for process in processes) - before
        back_at = time.time()
        for region in on.exchange.regions:
            on.exchange.open_region(region.name)
        return {CPU: 100 * spent / SECONDS_DOWN, FRESH: on.fresh(back_at)}


def _held(on: Rig) -> tuple[int, int]:
    """Threads and descriptors of this process and its workers together, once the runtime is at rest."""
    on.status()
    main = psutil.Process()
    processes = (main, *main.children())
    return sum(each.num_threads() for each in processes), sum(descriptors_of(each) for each in processes)


def _assert_not_grown(on: Rig, before: tuple[int, int]) -> None:
    due = time.monotonic() + CLOCKS["open_timeout"]  # by then every attempt has ended
    while _is_more(after := _held(on), before):
        if time.monotonic() > due:
            raise Violated(f"threads and descriptors have grown from {before} to {after}")
        time.sleep(PAUSE)


def _is_more(after: tuple[int, int], before: tuple[int, int]) -> bool:
    return after[0] > before[0] or after[1] > before[1]
