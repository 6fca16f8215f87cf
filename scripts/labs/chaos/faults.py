"""Faults of the venue, of its connections and of worker processes, and their counts."""

import time
from collections import Counter
from collections.abc import Callable
from random import Random

import psutil

from runtime.practice import PracticeExchange

LONGEST_DELAY = 6.0
"""Seconds; an acknowledgement may come after its order's deadline."""

STARTING = 2.0
"""Seconds; a worker that is frozen before it has asked to die with its parent would outlive it."""

WEIGHTS = {
    "connections dropped": 3,
    "region closed or opened": 3,
    "worker killed": 2,
    "lost before execution": 4,
    "lost before execution, connection too": 3,
    "lost after execution": 4,
    "lost after execution, connection too": 3,
    "delayed": 4,
    "doubled": 3,
    "refused": 3,
    "worker frozen": 1,
}


class Mischief:
    """Faults of an exchange and of the workers of process ``pid``; at most one region is closed at once."""

    def __init__(self, random: Random, exchange: PracticeExchange) -> None:
        self.counts: Counter[str] = Counter()
        self._random = random
        self._exchange = exchange
        self._regions = [region.name for region in exchange.regions]
        self._closed: str | None = None

    def strike(self, pid: int) -> None:
        """Begin one fault, chosen at random."""
        kind = self._random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if self._strike(kind, pid):
            self.counts[kind] += 1

    def make_peace(self) -> None:
        """End all faults and open every region."""
        self._exchange.calm()
        if self._closed is not None:
            self._toggle_region()

    def drop(self) -> None:
        """Drop every connection, so that the venue lists its deals to new ones."""
        self._exchange.drop_connections()

    def _strike(self, kind: str, pid: int) -> bool:
        match kind:
            case "connections dropped":
                return self._exchange.drop_connections(self._random.choice([*self._regions, None])) > 0
            case "region closed or opened":
                self._toggle_region()
            case "worker killed":
                return self._to_worker(pid, lambda worker: worker.kill())
            case "delayed":
                self._exchange.disturb_orders(kind, seconds=self._random.uniform(0.1, LONGEST_DELAY))
            case "doubled":
                self._exchange.disturb_orders(kind)
            case "refused":
                self._exchange.disturb_orders(kind, error="notMoney")
            case "worker frozen":
                return self._to_worker(pid, lambda worker: worker.suspend(), age=STARTING)
            case _:
                when = "lost_before" if "before" in kind else "lost_after"
                self._exchange.disturb_orders(when, drop=kind.endswith("too"))
        return True

    def _toggle_region(self) -> None:
        if self._closed is None:
            self._closed = self._random.choice(self._regions)
            self._exchange.close_region(self._closed)
        else:
            self._exchange.open_region(self._closed)
            self._closed = None

    def _to_worker(self, pid: int, act: Callable[[psutil.Process], object], age: float = 0.0) -> bool:
        started_by = time.time() - age
        try:
            workers = [worker for worker in workers_of(pid) if worker.create_time() <= started_by]
            if not workers:
                return False
            act(self._random.choice(workers))
        except psutil.NoSuchProcess:
            return False
        return True


def workers_of(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return []
