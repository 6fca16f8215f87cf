"""A runtime that runs for a long time, loses its connections once a minute, and must not grow."""

import argparse
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import psutil
from loguru import logger

from actors.errors import RequestError
from actors.messages import GetStatus, PlaceOrder, Subscribe
from actors.messages.status import Status
from actors.values import Direction, Tick
from labs.faults.program import Figures, Program, program
from runtime.control.attachment import Attachment
from runtime.practice import PracticeExchange, PracticeSettings

ASSETS = ("EURUSD_otc", "AEDCNY_otc", "AUDCAD_otc", "AUDCHF_otc", "AUDJPY_otc", "AUDNZD_otc")
BEAT = 1.0
SAMPLING, ORDERING, DROPPING = 5, 3, 60
"""The number of beats between two samples, two orders, and two losses of every connection."""

LAST_ORDER = 15
"""Beats before the end without an order, so that every order is answered."""

RESTING = 10
"""Beats after a loss without a sample, while connections come back."""

WARM_UP = 0.1
"""The fraction of the time in which caches, windows and histories fill up."""

GROWTH = 0.03
"""The fraction by which memory may grow from the first quarter to the last: fragmentation is no leak."""


class Soak:
    """``run`` once."""

    def __init__(self, seconds: float, workers: int, exchange: PracticeExchange) -> None:
        self.seconds = seconds
        self.ticks = 0
        self.drops = 0
        self.answers: Counter[str] = Counter()
        self.samples: list[Figures] = []
        self._exchange = exchange
        self._workers = workers

    def run(self) -> None:
        with program(self._settings()) as running, running.attach() as attachment:
            attachment.router.tell(Subscribe("tick.", to=self._count, batch=True))
            for beat in self._beats(attachment):
                if beat % ORDERING == 0 and beat < self.seconds / BEAT - LAST_ORDER:
                    threading.Thread(target=self._order, args=(attachment, beat), daemon=True).start()
                if beat % DROPPING == DROPPING - 1:
                    self.drops += self._exchange.drop_connections()
                if beat % SAMPLING == 0 and beat % DROPPING >= RESTING:
                    self._sample(running)
            status = attachment.router.ask(GetStatus(), timeout=5)
            assert isinstance(status, Status)
            self.restarts = sum(connection.child.restarts for connection in status.connections)

    def quarters(self) -> tuple[list[Figures], list[Figures]]:
        """The samples of the first and the last quarter after the warm-up."""
        warm = self.samples[int(len(self.samples) * WARM_UP) :]
        quarter = max(1, len(warm) // 4)
        return warm[:quarter], warm[-quarter:]

    def problems(self) -> Iterator[str]:
        first, last = (_medians(quarter) for quarter in self.quarters())
        if last.threads > first.threads:
            yield f"threads have grown from {first.threads} to {last.threads}"
        if last.descriptors > first.descriptors:
            yield f"descriptors have grown from {first.descriptors} to {last.descriptors}"
        if last.memory > first.memory * (1 + GROWTH):
            yield f"memory has grown by {last.memory / first.memory - 1:.1%}"
        executions = Counter(deal.request_id for deal in self._exchange.ledger.deals())
        if doubled := [id for id, count in executions.items() if count > 1]:
            yield f"orders were executed twice: {doubled}"
        if self.answers["opened"] > len(executions):
            yield f"{self.answers['opened']} orders were called open, {len(executions)} were executed"

    def _beats(self, attachment: Attachment) -> Iterator[int]:
        start = time.monotonic()
        for beat in range(1, int(self.seconds / BEAT) + 1):
            if attachment.ended.wait(max(0.0, start + beat * BEAT - time.monotonic())):
                raise RuntimeError("the runtime has ended")
            yield beat

    def _count(self, batch: list[Tick]) -> None:
        self.ticks += len(batch)

    def _order(self, attachment: Attachment, beat: int) -> None:
        direction = Direction.CALL if beat % 2 else Direction.PUT
        order = PlaceOrder(
            ASSETS[beat % len(ASSETS)], 1 + Decimal(beat % 100) / 100, direction, 5, deadline=8.0
        )
        try:
            attachment.router.ask(order, timeout=10.0)
        except RequestError as error:
            self.answers[type(error).__name__] += 1
        else:
            self.answers["opened"] += 1

    def _sample(self, running: Program) -> None:
        try:
            self.samples.append(running.figures())
        except psutil.NoSuchProcess:
            logger.warning("a process ended while it was looked at")

    def _settings(self) -> dict[str, Any]:
        regions = [{"name": region.name, "url": region.url} for region in self._exchange.regions]
        return {
            "account": {"session": self._exchange.session},
            "regions": {"demo": regions},
            "pool": {"workers": self._workers, "connections": 4},
            "streams": [{"asset": asset} for asset in ASSETS],
            "limits": {"messages": ["50/s"], "connects": ["50/s"]},
        }


def _medians(samples: Sequence[Figures]) -> Figures:
    return Figures(*(int(statistics.median(column)) for column in zip(*samples, strict=True)))


def card(soak: Soak) -> Iterator[str]:
    yield f"time        {soak.seconds / 60:g} min, {len(soak.samples)} samples"
    yield f"connections {soak.drops} cut off, {soak.restarts} restarts"
    yield f"ticks       {soak.ticks} handled"
    yield f"orders      {', '.join(f'{count} {name}' for name, count in sorted(soak.answers.items()))}"
    first, last = soak.quarters()
    for name in Figures._fields:
        here, there = ([getattr(sample, name) for sample in part] for part in (first, last))
        unit = 2**20 if name == "memory" else 1
        before, after = statistics.median(here) / unit, statistics.median(there) / unit
        most = max(getattr(sample, name) for sample in soak.samples) / unit
        yield f"{name:11} {before:.1f} in the first quarter, {after:.1f} in the last, {most:.1f} at most"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0, help="duration in minutes (20)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of the runtime (2)")
    options = parser.parse_args(arguments)
    logger.remove()
    settings = PracticeSettings(
        minimum_duration=1, max_deals=1000, balance=Decimal(1_000_000), tick_rate=20.0
    )
    with PracticeExchange(settings) as exchange:
        soak = Soak(options.minutes * 60, options.workers, exchange)
        soak.run()
        print(*card(soak), sep="\n")
        problems = list(soak.problems())
    for problem in problems:
        print(f"VIOLATION   {problem}")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
