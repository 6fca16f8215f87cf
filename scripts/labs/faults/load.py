"""Overload: ticks for a handler that is too slow, and orders that a halt stops."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil

from actors.messages import Halt, Lagged, StreamConfirmed, Subscribe, Unsubscribe
from actors.values import Tick
from labs.faults.program import PAUSE
from labs.faults.rig import ASSETS, WAIT_TIMEOUT, Violated, place, rig
from labs.faults.streams import MANY
from runtime.practice import PracticeExchange
from runtime.practice.server.clock import UTC_OFFSET

BURST, SECONDS = 50_000, 5
MESSAGES = 100
"""Messages in a second, each of ``BURST / MESSAGES`` ticks."""

SLOW = 0.0002
"""Seconds that a slow handler takes for a tick, of which ten come meanwhile."""

HEADER = '451-["updateStream",{"_placeholder":true,"num":0}]'
MIB = 2**20


class Slow:
    """A handler that is too slow."""

    def __init__(self) -> None:
        self.ticks = 0

    def __call__(self, tick: Tick) -> None:
        time.sleep(SLOW)
        self.ticks += 1


class Tally:
    """Counts ticks and those that were missed."""

    def __init__(self) -> None:
        self.ticks = 0
        self.missed: Counter[str] = Counter()

    def __call__(self, batch: list[Tick | Lagged]) -> None:
        for event in batch:
            if isinstance(event, Lagged):
                self.missed[event.subscriber] += event.missed
            else:
                self.ticks += 1


def burst() -> dict[str, float]:
    """A slow handler gets what it can handle and the number of missed ticks; a quick one misses none."""
    pool = {"connections": 1, "streams_per_connection": len(MANY)}
    with rig(*MANY, tick_rate=0.5, pool=pool) as on:
        on.witness.wait(lambda: len(on.witness.all(StreamConfirmed)) == len(MANY), "all streams")
        on.exchange.mute()
        on.router.tell(Unsubscribe("", to=on.witness))  # its memory must not be measured
        quick, slow = Tally(), Slow()
        for topic in ("tick.", "lag."):
            on.router.tell(Subscribe(topic, to=quick, batch=True))
        on.router.tell(Subscribe("tick.", to=slow))
        on.status()
        before = _memory()
        took, most = _pour(on.exchange)
        sent, due = BURST * SECONDS, time.monotonic() + WAIT_TIMEOUT
        while (quick.ticks, slow.ticks + quick.missed.total()) != (sent, sent):
            if time.monotonic() > due:
                raise Violated(f"of {sent} {quick.ticks} came, {slow.ticks} slowly, missed {quick.missed}")
            time.sleep(PAUSE)
        on.assets = ()  # the ledger does not have ticks that were made here
        return {"MiB more": (most - before) / MIB, "seconds": took, "not missed %": 100 * slow.ticks / sent}


def _pour(exchange: PracticeExchange) -> tuple[float, int]:
    """Send the burst. Returns its duration in seconds and the peak of the memory in use."""
    most, start = 0, time.monotonic()
    for number in range(MESSAGES * SECONDS):
        now = time.time() + UTC_OFFSET
        rows = [[MANY[row % len(MANY)], now + row / BURST, 1.1] for row in range(BURST // MESSAGES)]
        exchange.send_to_all(HEADER)
        exchange.send_to_all(json.dumps(rows).encode())
        if number % (MESSAGES // 4) == 0:
            most = max(most, _memory())
        time.sleep(max(0.0, start + (number + 1) / MESSAGES - time.monotonic()))
    return time.monotonic() - start, max(most, _memory())


def _memory() -> int:
    """Resident bytes of this process and its workers."""
    main = psutil.Process()
    return sum(process.memory_info().rss for process in (main, *main.children()))


def halt() -> dict[str, float]:
    """A halt while a hundred orders are in flight and many ticks arrive."""
    with rig(*ASSETS, tick_rate=500.0) as on:
        on.fresh(time.time())
        with ThreadPoolExecutor(100) as pool:
            answers = [pool.submit(place, on, number) for number in range(300)]
            ledger = on.exchange.ledger
            if not ledger.wait_until(lambda book: len(book.orders()) >= 20, 10.0):
                raise Violated("no orders arrived")
            asked_at, wall = time.monotonic(), time.time()
            on.ask(Halt("enough"))
            took = time.monotonic() - asked_at
            outcomes = Counter(answer.result() for answer in answers)
        orders = ledger.orders()
        if outcomes["Halted"] != 300 - len(orders) or outcomes["opened"] != len(orders):
            raise Violated(f"{len(orders)} orders arrived, answered were {outcomes}")
        return {"halted": took, "last order": max(order.at for order in orders) - wall}
