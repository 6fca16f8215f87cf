"""Faults of processes: killed, frozen, starved, short of descriptors, told to end, told to reload."""

import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from actors.errors import ConfigInvalid
from actors.messages import ConnectionDown, ConnectionUp, SendRaw, StreamConfirmed, WorkerDown
from labs.faults.program import PAUSE, Program
from labs.faults.rig import (
    ASSETS,
    FRESH,
    NOTICED,
    OPENED,
    WAIT_TIMEOUT,
    Rig,
    Violated,
    place,
    programmed,
    settings_for,
)
from runtime.control.protocol import ReloadRuntime
from runtime.practice import PracticeExchange
from runtime.practice.server.clock import ExchangeClock

ENDED = "ended"
TWO_WORKERS = {"workers": 2, "streams_per_connection": 2}
"""For ``pool``: the streams use both workers."""

FEW, MANY = 64, 512
"""Descriptors of a process that wants 64 connections, of four each, and of one that has room for them."""

SURE = {"NotSent", "NotPlaced", "RateLimited", "RequestRefused", "Halted"}
"""The outcomes of orders that were not executed."""


class Trade:
    """Places orders one after the other, in threads, until its end; ``audit`` compares with the ledger."""

    def __init__(self, on: Rig) -> None:
        self.answers: Counter[str] = Counter()
        self._on = on
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._place, args=(part,)) for part in range(4)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def audit(self) -> None:
        executed = Counter(deal.request_id for deal in self._on.exchange.ledger.deals())
        if executed and executed.most_common(1)[0][1] > 1:
            raise Violated("an order was executed twice")
        unsure = sum(count for name, count in self.answers.items() if name not in {*SURE, OPENED})
        if not self.answers[OPENED] <= len(executed) <= self.answers[OPENED] + unsure:
            raise Violated(f"{len(executed)} orders were executed, answered were {self.answers}")

    def _place(self, part: int) -> None:
        for number in itertools.count(part, len(self._threads)):
            if self._ended.wait(0.1):
                return
            self.answers[place(self._on, number)] += 1


@contextmanager
def trading(on: Rig) -> Iterator[Trade]:
    trade = Trade(on)
    trade.start()
    try:
        yield trade
    finally:
        trade.end()


def killed_workers() -> dict[str, float]:
    """The two workers are killed in turn, one every 3 s, under load."""
    with programmed(*ASSETS, tick_rate=100.0, pool=TWO_WORKERS) as (on, running):
        on.fresh(time.time())
        slowest = 0.0
        for number in range(3):
            on.up(2)
            victim = sorted(running.workers(), key=lambda worker: worker.pid)[number % 2]
            killed_at = time.time()
            victim.kill()
            slowest = max(slowest, on.fresh(killed_at))
            time.sleep(max(0.0, killed_at + 3.0 - time.time()))
        on.audit()
        return {FRESH: slowest}


def frozen_worker() -> dict[str, float]:
    """A worker is frozen under load, with orders in flight, and resumed after 10 s."""
    with programmed(*ASSETS, pool=TWO_WORKERS) as (on, running):
        on.fresh(time.time())
        with trading(on) as trade:
            frozen_at = time.time()
            worker = running.workers()[0]
            worker.suspend()
            on.witness.first(WorkerDown, pid=worker.pid)
            figures = {
                NOTICED: time.time() - frozen_at,
                FRESH: on.fresh(time.time()) + time.time() - frozen_at,
            }
            time.sleep(max(0.0, frozen_at + 10.0 - time.time()))
            with suppress(psutil.NoSuchProcess):
                worker.resume()
                raise Violated("the frozen worker was not killed")
        trade.audit()
        on.audit()
        return figures


def killed_parent() -> dict[str, float]:
    """The main process is killed; its workers end."""
    with programmed(*ASSETS, pool=TWO_WORKERS) as (on, running):
        on.fresh(time.time())
        workers = running.workers()
        killed_at = time.monotonic()
        running.process.kill()
        _ended(workers, WAIT_TIMEOUT)
        return {"orphans gone": time.monotonic() - killed_at}


def terminated() -> dict[str, float]:
    """SIGTERM while ticks and orders flow."""
    with programmed(*ASSETS, tick_rate=200.0) as (on, running):
        on.fresh(time.time())
        with trading(on) as trade:
            if not on.exchange.ledger.wait_until(lambda book: len(book.orders()) > 20, WAIT_TIMEOUT):
                raise Violated("no orders arrived")
            clock, workers = (
                ExchangeClock(),
                running.workers(),
            )  # as the exchange's, which a step of the wall clock does not affect
            signalled = clock.utc()
            running.process.send_signal(signal.SIGTERM)
            figures = {ENDED: _await_end(running, workers, 0)}
        trade.audit()
        last = max(deal.opened_at for _, deal in on.exchange.ledger.deals())
        return figures | {"last order": last - signalled}


def terminated_in_handshake() -> dict[str, float]:
    """SIGTERM while no region answers the upgrade."""

    def hang(exchange: PracticeExchange) -> None:
        exchange.fault("hang")

    with programmed(before=hang, connection={"open_timeout": 30.0}) as (_, running):
        return {ENDED: _end(running, signal.SIGTERM, 0)}


def terminated_twice() -> dict[str, float]:
    """The second signal comes while the drain waits for a frozen worker."""
    with programmed(*ASSETS) as (on, running):
        on.fresh(time.time())
        running.workers()[0].suspend()
        running.process.send_signal(signal.SIGTERM)
        due = time.monotonic() + WAIT_TIMEOUT
        while "closing the connections" not in running.log.read_text(encoding="utf-8"):
            if time.monotonic() > due:
                raise Violated("no drain began")
            time.sleep(PAUSE)
        return {ENDED: _end(running, signal.SIGTERM, 130)}


def few_descriptors() -> dict[str, float]:
    """Twice as many connections as can be: those that are up stay, the others come up later."""
    prefix = ("sh", "-c", f'ulimit -Sn {FEW}; exec "$@"', "sh")
    pool = {"connections": FEW, "workers": 0}
    with programmed(*ASSETS, prefix=prefix, pool=pool) as (on, running):
        on.fresh(time.time())
        on.witness.first(ConnectionDown)
        refused = len(_standing(on))
        on.fresh(time.time() + 3.0)
        if lost := [down for down in on.witness.all(ConnectionDown) if down.was_ready]:
            raise Violated(f"lost {lost[0]}")
        psutil.Process(running.process.pid).rlimit(psutil.RLIMIT_NOFILE, (MANY, MANY))
        roomy_at = time.time()
        on.witness.wait(lambda: len(_standing(on)) == FEW, f"all connections ({refused} at first)")
        return {"all up": time.time() - roomy_at}


def _standing(on: Rig) -> set[str]:
    return {up.connection for up in on.witness.all(ConnectionUp)}


def starved() -> dict[str, float]:
    """All processes get a tenth of the CPU for 5 s: none is replaced."""
    with programmed(*ASSETS) as (on, running):
        on.fresh(time.time())
        processes = [psutil.Process(running.process.pid), *running.workers()]
        until = time.monotonic() + 5.0
        while time.monotonic() < until:
            for process in processes:
                process.suspend()
            time.sleep(0.09)
            for process in processes:
                process.resume()
            time.sleep(0.01)
        fed_at = time.time()
        fresh = on.fresh(fed_at)
        if lost := [*on.witness.all(ConnectionDown), *on.witness.all(WorkerDown)]:
            raise Violated(f"lost {lost[0]}")
        on.audit()
        return {FRESH: fresh}


def reloaded() -> dict[str, float]:
    """A bad file changes nothing; a lower rate takes effect while ticks flow."""
    rows = 9
    with programmed(*ASSETS, tick_rate=100.0) as (on, running):
        on.fresh(time.time())
        on.witness.wait(lambda: len(on.witness.all(StreamConfirmed)) >= 4, "four streams")
        ports = [int(region.url.split(":")[2].split("/")[0]) for region in on.exchange.regions]
        good: dict[str, Any] = settings_for(on.exchange, ports, ASSETS, {"limits": {"messages": ["5/s"]}})
        running.write(good | {"health": {"stale_after": "soon"}})
        asked_at = time.monotonic()
        try:
            on.router.ask(ReloadRuntime(), timeout=10.0)
        except ConfigInvalid as error:
            refused = time.monotonic() - asked_at
            if "health.stale_after" not in str(error):
                raise Violated(f"named was {error}") from None
        else:
            raise Violated("a bad file was taken over")
        running.write(good)
        asked_at = time.monotonic()
        changed = on.router.ask(ReloadRuntime(), timeout=10.0)
        taken = time.monotonic() - asked_at
        if changed != ["limits.messages"]:
            raise Violated(f"taken over were {changed}")
        for _ in range(rows):
            on.router.tell(SendRaw('42["raw"]'))
        on.exchange.ledger.wait_until(lambda book: book.count("raw") == rows, WAIT_TIMEOUT)
        times = [event.at for event in on.exchange.ledger.received("raw")]
        if times[-1] - times[0] < 1.9:  # four a second, of which one is reserved for orders
            raise Violated(f"{rows} messages left within {times[-1] - times[0]:.2f} s")
        on.fresh(time.time())
        on.audit()
        return {"refused": refused, "taken over": taken}


def _end(running: Program, number: signal.Signals, code: int) -> float:
    """Seconds until it has ended after a signal, with no process left."""
    workers = running.workers()
    running.process.send_signal(number)
    return _await_end(running, workers, code)


def _await_end(running: Program, workers: Iterable[psutil.Process], code: int) -> float:
    signalled = time.monotonic()
    ended = running.process.wait(WAIT_TIMEOUT)
    took = time.monotonic() - signalled
    if ended != code:
        raise Violated(f"ended with {ended}")
    _ended(workers, 1.0)
    return took


def _ended(workers: Iterable[psutil.Process], timeout: float) -> None:
    """Wait until none runs any more; an adopted process may stay a zombie."""
    due = time.monotonic() + timeout
    while any(map(_runs, workers)):
        if time.monotonic() > due:
            raise Violated("a worker is left")
        time.sleep(PAUSE)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
