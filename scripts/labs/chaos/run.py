"""One chaos run: an exchange, a runtime in a process of its own, and faults of both."""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

from loguru import logger

from actors.values import Direction
from labs.chaos.child import Brief, Terms
from labs.chaos.faults import Mischief
from labs.chaos.process import ORPHANED, Child
from labs.chaos.score import Record, Score, read_journal
from runtime.practice import PracticeExchange, PracticeSettings

RATE = 20
"""Orders a second: the rate that the limiter admits."""

DEADLINE = 4.0
"""Seconds until the deadline of an order."""

PAUSE = 0.25
"""Seconds between two faults, on average."""

CALM, CALMS = 8.0, 0.02
"""Seconds without a fault, and how often they follow one: a verdict needs a login that stands for 6 s."""

ASSETS = ("EURUSD_otc", "AEDCNY_otc", "AUDCAD_otc", "AUDCHF_otc", "AUDJPY_otc", "AUDNZD_otc")
DURATIONS = (1, 2, 5, 20)
"""Seconds of a deal; a short one in doubt is over before another login can show it."""


class Chaos:
    """``run`` once; ``folder`` gets the journal and the log of the processes.

    The orders are placed by the process under test itself, or by ``attached`` others. A run takes ``seconds``
    at most, of which ``settling`` wait for the orders that are left in doubt.
    """

    def __init__(
        self,
        folder: Path,
        *,
        orders: int,
        seed: int,
        seconds: float,
        workers: int,
        attached: int = 0,
        settling: float = 3 * CALM,
    ) -> None:
        self.log = folder / "log"
        self._journal = folder / "orders.sqlite"
        self._socket = folder / "control.sock"
        self._random = Random(seed)
        self._workers = workers
        self._settling = settling
        self._until = time.monotonic() + seconds
        self._changed = threading.Condition()
        self._record = Record(make_orders(self._random, orders), DEADLINE)
        second_part = range(orders // 2, orders - orders // 10)
        kills = min(max(2, orders // 200), len(second_part))
        self._kills_at = sorted(self._random.sample(second_part, kills))
        self._kills = 0
        self._attached = attached
        self._child: Child
        self._traders: list[Child] = []

    def run(self) -> Score:
        # A balance and a number of deals that refuse no order.
        settings = PracticeSettings(minimum_duration=1, max_deals=1000, balance=Decimal(1_000_000))
        with PracticeExchange(settings) as exchange:
            mischief = Mischief(self._random, exchange)
            self._start(exchange)
            try:
                self._disturb(exchange, mischief)
                mischief.make_peace()
                self._settle(mischief)
            finally:
                self._stop()
        self._record.faults = mischief.counts | {"main process killed": self._kills}
        return Score(self._record, read_journal(self._journal), exchange.ledger)

    def _start(self, exchange: PracticeExchange) -> None:
        """Start the process under test again; attached processes are started once."""
        waiting = [terms for terms in self._record.orders if terms.number not in self._record.asked]
        settings = self._settings(exchange)
        self._child = self._process("labs.chaos.child", settings, [] if self._attached else waiting)
        if self._attached and not self._traders:
            shares = [waiting[number :: self._attached] for number in range(self._attached)]
            self._traders = [self._process("labs.chaos.trader", settings, share) for share in shares]

    def _process(self, program: str, settings: dict[str, object], orders: list[Terms]) -> Child:
        brief = Brief(settings, orders, RATE / max(1, self._attached), DEADLINE)
        return Child(program, brief, self._record, self._changed, self.log)

    def _all_placed(self) -> bool:
        return all(child.placed for child in self._traders or [self._child])

    def _all_settled(self) -> bool:
        return all(child.settled for child in self._traders or [self._child])

    def _one_ended(self) -> bool:
        return any(child.ended for child in (self._child, *self._traders))

    def _disturb(self, exchange: PracticeExchange, mischief: Mischief) -> None:
        """Wait until every order has been placed and answered."""
        while True:
            self._wait(lambda: self._all_placed() or self._kill_is_due(), self._pause())
            if self._all_placed() or self._one_ended() or time.monotonic() > self._until:
                return
            if self._kill_is_due():
                del self._kills_at[0]
                self._kill()
                self._start(exchange)
            else:
                mischief.strike(self._child.pid)

    def _kill_is_due(self) -> bool:
        return bool(self._kills_at) and len(self._record.asked) >= self._kills_at[0]

    def _pause(self) -> float:
        return CALM if self._random.random() < CALMS else self._random.expovariate(1 / PAUSE)

    def _kill(self) -> None:
        self._record.killed_at.append(time.time())
        if not self._child.kill():
            self._record.problems.append(f"workers outlived their main process by more than {ORPHANED} s")
        self._kills += 1
        if not self._attached:
            self._record.cut_off = self._record.asked.keys() - self._record.answered.keys()

    def _settle(self, mischief: Mischief) -> None:
        self._until = min(self._until, time.monotonic() + self._settling)
        while not self._one_ended() and time.monotonic() < self._until:
            mischief.drop()
            if self._wait(self._all_settled, CALM):
                return

    def _stop(self) -> None:
        named = [(f"attached process {number}", each) for number, each in enumerate(self._traders, 1)]
        for name, child in (*named, ("the process under test", self._child)):
            code = child.stop()
            if code != 0:
                ending = "hung when it was stopped" if code is None else f"ended with {code}"
                self._record.problems.append(f"{name} {ending}")

    def _wait(self, holds: Callable[[], bool], timeout: float) -> bool:
        with self._changed:
            until = min(timeout, max(0.0, self._until - time.monotonic()))
            self._changed.wait_for(lambda: holds() or self._one_ended(), until)
            return holds()

    def _settings(self, exchange: PracticeExchange) -> dict[str, object]:
        regions = [{"name": region.name, "url": region.url} for region in exchange.regions]
        return {
            "account": {"session": exchange.session},
            "regions": {"demo": regions},
            "pool": {"workers": self._workers},
            "reconnect": {"reconnect_delay": 0.05, "max_delay": 0.5},
            "supervision": {"heartbeat_interval": 0.5, "heartbeat_timeout": 2.0, "max_restarts": 1000},
            "limits": {
                "messages": [f"{RATE}/s"],
                "connects": ["100/s"],
                "max_concurrent_operations": 100,
            },
            "control": {"socket": str(self._socket)} if self._attached else {"enabled": False},
            "orders": {"journal": str(self._journal), "maximum_open": 1000},
        }


def make_orders(random: Random, count: int) -> list[Terms]:
    """Every second order equals many others, so that only its request id distinguishes it."""
    return [
        Terms(
            number,
            random.choice(ASSETS),
            Decimal(random.randint(5, 9)) if number % 2 else 20 + Decimal(number) / 100,
            random.choice(list(Direction)),
            random.choice(DURATIONS),
        )
        for number in range(count)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000, help="how many to place (1000)")
    parser.add_argument(
        "--seed", type=int, default=None, help="seed of the faults; their timing is not repeated"
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="time limit of the run (300)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of the runtime (2)")
    parser.add_argument(
        "--attached",
        type=int,
        default=0,
        help="number of attached processes that place the orders (0: the runtime itself)",
    )
    options = parser.parse_args(arguments)
    logger.remove()  # lines of the exchange would hide the scorecard
    seed = Random().randrange(1_000_000) if options.seed is None else options.seed
    print(f"seed       {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="tellwire-chaos-"))
    chaos = Chaos(
        folder,
        orders=options.orders,
        seed=seed,
        seconds=options.seconds,
        workers=options.workers,
        attached=options.attached,
    )
    score = chaos.run()
    print(*score.card(), sep="\n")
    if score.violations:
        print(f"evidence   {folder}")
        return 1
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main())
