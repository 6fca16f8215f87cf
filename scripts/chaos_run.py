"""One run of chaos: an exchange, a runtime in a process of its own, and what is done to both of them."""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import psutil
from chaos_child import Answered, Asked, Brief, Placed, Settled, Terms, Word
from chaos_faults import Mischief, workers_of
from chaos_score import Record, Score, read_journal
from loguru import logger

from actors.values import Direction
from runtime.practice import PracticeExchange, PracticeSettings

CHILD = Path(__file__).with_name("chaos_child.py")
RATE = 20
"""Orders a second, which is what the limiter admits."""

DEADLINE = 4.0
"""Seconds for every answer."""

PAUSE = 0.25
"""Seconds between two faults, on average."""

CALM, CALMS = 8.0, 0.02
"""Seconds without a fault, and how often they follow one: a verdict needs a login that stands for 6 s."""

EXIT = 10.0
ORPHANED = 1.0
"""Seconds that workers may outlive a main process that was killed."""

ASSETS = ("EURUSD_otc", "AEDCNY_otc", "AUDCAD_otc", "AUDCHF_otc", "AUDJPY_otc", "AUDNZD_otc")
DURATIONS = (1, 2, 5, 20)
"""Seconds; what comes of a short deal in doubt is over before another login can show it."""


class Child:
    """The process under test; every word of it is written into ``record`` under ``changed``."""

    def __init__(self, brief: Brief, record: Record, changed: threading.Condition, log: Path) -> None:
        self.placed = self.settled = self.ended = False
        self._record = record
        self._changed = changed
        environment = os.environ | {"PYTHONPATH": str(CHILD.parents[1])}
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
            )
        self.pid = self._process.pid
        self._say(msgspec.json.encode(brief) + b"\n")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def kill(self) -> bool:
        """SIGKILL; whether its workers ended with it."""
        workers = workers_of(self.pid)
        self._process.kill()
        self._process.wait()
        self._reader.join(ORPHANED)  # till all have let go of standard output, which workers inherit
        orphaned = self._reader.is_alive()
        for worker in workers if orphaned else ():
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        self._end()
        return not orphaned

    def stop(self) -> int | None:
        """The exit code; ``None`` if it had to be killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            code = self._process.wait(EXIT)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        self._end()
        return code

    def _say(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def _end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.wait()
        self._reader.join()
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._hear(msgspec.json.decode(line, type=Word))
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _hear(self, word: Word) -> None:
        with self._changed:
            match word:
                case Asked(number=number):
                    self._record.asked[number] = word
                case Answered(number=number):
                    self._record.answered[number] = word
                case Placed():
                    self.placed = True
                case Settled():
                    self.settled = True
            self._changed.notify_all()


class Chaos:
    """``run`` once; ``folder`` gets the journal and the log of the process under test.

    A run takes ``seconds`` at most, of which ``settling`` wait for the orders that are left in doubt.
    """

    def __init__(
        self,
        folder: Path,
        *,
        orders: int,
        seed: int,
        seconds: float,
        workers: int,
        settling: float = 3 * CALM,
    ) -> None:
        self.log = folder / "log"
        self._journal = folder / "orders.sqlite"
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
        self._child: Child

    def run(self) -> Score:
        # A balance and a number of deals that are no obstacle: the faults are.
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
        waiting = [terms for terms in self._record.orders if terms.number not in self._record.asked]
        brief = Brief(self._settings(exchange), waiting, RATE, DEADLINE)
        self._child = Child(brief, self._record, self._changed, self.log)

    def _disturb(self, exchange: PracticeExchange, mischief: Mischief) -> None:
        """Until every order is placed and answered."""
        while True:
            self._wait(lambda: self._child.placed or self._kill_is_due(), self._pause())
            if self._child.placed or self._child.ended or time.monotonic() > self._until:
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
        if not self._child.kill():
            self._record.problems.append(f"workers outlived their main process by more than {ORPHANED} s")
        self._kills += 1
        self._record.cut_off = self._record.asked.keys() - self._record.answered.keys()

    def _settle(self, mischief: Mischief) -> None:
        self._until = min(self._until, time.monotonic() + self._settling)
        while not self._child.ended and time.monotonic() < self._until:
            mischief.drop()
            if self._wait(lambda: self._child.settled, CALM):
                return

    def _stop(self) -> None:
        code = self._child.stop()
        if code != 0:
            ending = "hung when it was stopped" if code is None else f"ended with {code}"
            self._record.problems.append(f"the process under test {ending}")

    def _wait(self, holds: Callable[[], bool], timeout: float) -> bool:
        with self._changed:
            until = min(timeout, max(0.0, self._until - time.monotonic()))
            self._changed.wait_for(lambda: holds() or self._child.ended, until)
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
            "orders": {"journal": str(self._journal), "maximum_open": 1000},
        }


def make_orders(random: Random, count: int) -> list[Terms]:
    """Every other order is like many others, so that only its request id can tell it apart."""
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
    parser.add_argument("--seed", type=int, default=None, help="repeats the faults of a run, not its timing")
    parser.add_argument("--seconds", type=float, default=300.0, help="an upper bound of the run (300)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of the runtime (2)")
    options = parser.parse_args(arguments)
    logger.remove()  # the exchange's, which would bury the scorecard
    seed = Random().randrange(1_000_000) if options.seed is None else options.seed
    print(f"seed       {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="tellwire-chaos-"))
    chaos = Chaos(folder, orders=options.orders, seed=seed, seconds=options.seconds, workers=options.workers)
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
