"""Faults of the venue, of its connections, of the clocks and of worker processes, and their counts."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Final

import psutil

from labs.chaos import answers
from labs.chaos.clocks import Clocks
from labs.chaos.score import Record
from runtime.practice import PracticeExchange

LONGEST_DELAY: Final = 6.0
"""Seconds; an acknowledgement may come after its order's deadline."""

LONGEST_SUSPEND: Final = 6.0
"""Seconds; longer than a deadline."""

FREEZE: Final = 5.0
"""Seconds in a freezer; longer than the supervisor waits for a worker's end."""

STARTING: Final = 2.0
"""Seconds; a worker that is frozen before it has asked to die with its parent would outlive it."""

WEIGHTS: Final[Mapping[str, int]] = {
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
    "worker in the freezer": 1,
    "clock set": 2,
    "clock drifts": 1,
    "machine suspended": 1,
    "answer of other terms": 2,
    "answer with another's deal": 2,
    "answer to a stranger": 2,
    "stranger's like deal": 1,
    "executed and refused": 2,
    "second runtime": 1,
}

Act = Callable[[psutil.Process], object]


class Mischief:
    """Faults of an exchange, of the machine's clocks and of the processes on it; at most one region is closed
    at once."""

    def __init__(
        self,
        random: Random,
        exchange: PracticeExchange,
        clocks: Clocks,
        weights: Mapping[str, int],
        start_second: Callable[[], bool],
        record: Record,
    ) -> None:
        """``start_second`` starts another runtime on the account; ``record`` gets who is blind."""
        self._record = record
        self.counts: Counter[str] = Counter()
        self._random = random
        self._exchange = exchange
        self._clocks = clocks
        self._kinds, self._weights = list(weights), list(weights.values())
        self._start_second = start_second
        self._regions = [region.name for region in exchange.regions]
        self._closed: str | None = None
        self._in_the_freezer: tuple[psutil.Process, float] | None = None

    def strike(self, pid: int) -> None:
        """Begin one fault of the process ``pid`` or of its surroundings, chosen at random."""
        self.thaw()
        kind = self._random.choices(self._kinds, self._weights)[0]
        if self._strike(kind, pid):
            self.counts[kind] += 1

    def thaw(self, *, at_once: bool = False) -> None:
        """Let the worker in the freezer go on, once it was there long enough: its own timer has to end it."""
        if self._in_the_freezer and (at_once or self._in_the_freezer[1] <= time.monotonic()):
            with suppress(psutil.NoSuchProcess):
                self._in_the_freezer[0].resume()
            self._in_the_freezer = None
            self._clocks.freeze(0)

    def make_peace(self) -> None:
        """End all faults and open every region; the clocks stay as they are."""
        self.thaw(at_once=True)
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
            case "stranger's like deal":
                self._exchange.disturb_orders("stranger")
            case "worker frozen":
                return self._to_worker(pid, self._suspend_for_good, age=STARTING)
            case "worker in the freezer":
                return self._in_the_freezer is None and self._to_worker(pid, self._freeze, age=STARTING)
            case "clock set":
                self._clocks.set_apart(self._random)
            case "clock drifts":
                self._clocks.let_drift(self._random)
            case "machine suspended":
                return self._suspend(pid, self._random.uniform(0.5, LONGEST_SUSPEND))
            case "answer of other terms":
                return answers.give_misfit(self._exchange, self._random)
            case "answer with another's deal":
                return answers.give_anothers(self._exchange, self._random)
            case "answer to a stranger":
                return answers.give_strangers(self._exchange, self._random)
            case "executed and refused":
                return answers.refuse_executed(self._exchange)
            case "second runtime":
                return self._start_second()
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

    def _suspend_for_good(self, worker: psutil.Process) -> None:
        """It will be killed, or end by its own timer; until then its sockets stay open."""
        at = time.time()
        for connection in worker.net_connections("tcp"):
            if connection.raddr:
                self._record.frozen[connection.laddr.port] = at
        worker.suspend()

    def _freeze(self, worker: psutil.Process) -> None:
        self._clocks.freeze(worker.pid)
        self._suspend_for_good(worker)
        self._in_the_freezer = worker, time.monotonic() + FREEZE

    def _suspend(self, pid: int, seconds: float) -> bool:
        """All processes of the machine stand still, and its monotonic clock does."""
        try:
            machine = [psutil.Process(pid), *workers_of(pid)]
        except psutil.NoSuchProcess:
            return False
        running = [process for process in machine if _signal(process, signal.SIGSTOP)]
        begun, begun_at = time.monotonic(), time.time()
        time.sleep(seconds)
        self._clocks.stand_still(time.monotonic() - begun)
        self._record.suspended.append((begun_at, time.time()))
        frozen = self._in_the_freezer[0].pid if self._in_the_freezer else 0
        for process in running:
            if process.pid != frozen:
                _signal(process, signal.SIGCONT)
        return True

    def _to_worker(self, pid: int, act: Act, age: float = 0.0) -> bool:
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


def _signal(process: psutil.Process, number: int) -> bool:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return False
    return True
