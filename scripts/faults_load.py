"""Floods: of ticks for a handler that is too slow, of orders that are to be stopped."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
from faults_scene import ASSETS, Violated, place, scene

from actors.messages import Halt, Lagged, Subscribe
from actors.values import Tick

BURST, SECONDS = 50_000, 5
MESSAGES = 100
"""In a second, each of ``BURST / MESSAGES`` ticks."""

SLOW = 0.001
"""Seconds that a slow handler takes for a tick, of which 50 come meanwhile."""

HEADER = '451-["updateStream",{"_placeholder":true,"num":0}]'
MIB = 2**20


class Slow:
    """A handler that is too slow."""

    def __init__(self) -> None:
        self.ticks = 0

    def __call__(self, tick: Tick) -> None:
        time.sleep(SLOW)
        self.ticks += 1


def burst() -> dict[str, float]:
    """A slow handler is given what it can take, and told what it missed; a quick one misses nothing."""
    quick: Counter[str] = Counter()
    missed: Counter[str] = Counter()

    def count(batch: list[Tick]) -> None:
        quick.update(tick.asset for tick in batch)

    def count_missed(lagged: Lagged) -> None:
        missed[lagged.subscriber] += lagged.missed

    with scene(pool={"connections": 1}) as on:
        on.up(1)
        slow = Slow()
        on.router.tell(Subscribe("tick.", to=count, batch=True))
        on.router.tell(Subscribe("lag.", to=count_missed))
        on.router.tell(Subscribe("tick.", to=slow))
        on.status()
        main = psutil.Process()
        processes = [main, *main.children()]
        before = sum(process.memory_info().rss for process in processes)
        most = before
        sent = 0
        start = time.monotonic()
        for number in range(MESSAGES * SECONDS):
            rows = [
                [f"ASSET-{row % 40}", 1.75e9 + number + row / 1000, 1.1] for row in range(BURST // MESSAGES)
            ]
            on.exchange.send_to_all(HEADER)
            on.exchange.send_to_all(json.dumps(rows).encode())
            sent += len(rows)
            if number % (MESSAGES // 4) == 0:
                most = max(most, sum(process.memory_info().rss for process in processes))
            time.sleep(max(0.0, start + (number + 1) / MESSAGES - time.monotonic()))
        took = time.monotonic() - start
        due = time.monotonic() + 5.0
        while (quick.total(), slow.ticks + missed.total()) != (sent, sent):
            if time.monotonic() > due:
                raise Violated(
                    f"{sent} sent, {quick.total()} handled, {slow.ticks} + {missed} by the slow one"
                )
            time.sleep(0.05)
        return {"MiB more": (most - before) / MIB, "ticks/s": -sent / took}


def halt() -> dict[str, float]:
    """A halt while a hundred orders are under way and ticks pour in."""
    with scene(*ASSETS, tick_rate=500.0) as on:
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
