"""What goes wrong at random while orders are placed, until it is calm again."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Final

import psutil

from labs.faults.program import Program
from runtime.practice import PracticeExchange

LONG: Final = 25.0
"""Seconds in which a muted stream gets stale."""


class Trouble:
    """One thing at a time, of those that ``kinds`` names, or of all; ``counts`` says how often."""

    def __init__(
        self,
        random: Random,
        exchange: PracticeExchange,
        running: Program,
        assets: tuple[str, ...],
        kinds: tuple[str, ...] = (),
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._random = random
        self._exchange = exchange
        self._running = running
        self._frozen: list[psutil.Process] = []
        regions = [region.name for region in exchange.regions]
        begin = exchange.fault
        self._kinds: dict[str, Callable[[], object]] = {
            "all connections cut": exchange.drop_connections,
            "one connection cut": lambda: begin("drop", count=1),
            "a region closed": lambda: begin("refuse", region=random.choice(regions), lasts=self._some(2, 8)),
            "all regions closed": lambda: begin("refuse", lasts=self._some(2, 6)),
            "regions restarted": lambda: begin("restart", lasts=self._some(0.2, 2)),
            "a worker killed": self._kill,
            "a worker frozen": self._freeze,
            "a stream muted": lambda: begin("mute", asset=random.choice(assets), lasts=self._some(1, LONG)),
            "pings only": lambda: begin("pings_only", lasts=self._some(1, 5)),
            "half a frame": lambda: begin("half_frame", count=1, lasts=self._some(1, 5)),
            "orders lost before": lambda: begin("lost_before", count=2, drop=random.random() < 0.5),
            "orders lost after": lambda: begin("lost_after", count=2, drop=random.random() < 0.5),
            "orders delayed": lambda: begin("delayed", count=2, seconds=self._some(0.5, 6)),
            "orders refused": lambda: begin("refused", count=1, error="maximumOrders"),
        }
        self._chosen = kinds or tuple(self._kinds)

    def add(self) -> None:
        kind = self._random.choice(self._chosen)
        self.counts[kind] += 1
        self._kinds[kind]()

    def end(self) -> None:
        """Nothing is wrong any more, though the runtime has yet to notice it."""
        self._exchange.calm()
        for process in self._frozen:
            with suppress(psutil.NoSuchProcess):
                process.resume()
        self._frozen.clear()

    def _some(self, least: float, most: float) -> float:
        return round(self._random.uniform(least, most), 2)

    def _worker(self) -> psutil.Process | None:
        """One that has started: a worker that is stopped before could outlive the runtime."""
        old = [each for each in self._running.workers() if each.create_time() < time.time() - 2.0]
        return self._random.choice(old) if old else None

    def _kill(self) -> None:
        with suppress(psutil.NoSuchProcess):
            if worker := self._worker():
                worker.kill()

    def _freeze(self) -> None:
        with suppress(psutil.NoSuchProcess):
            if worker := self._worker():
                worker.suspend()
                self._frozen.append(worker)
