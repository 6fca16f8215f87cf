"""Chaos runs: an exchange, a runtime in a process of its own, and faults of both and of their machine."""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

from loguru import logger

from actors.values import Direction
from labs.chaos.child import Brief, Terms
from labs.chaos.clocks import Clocks
from labs.chaos.evidence import write_evidence
from labs.chaos.faults import WEIGHTS, Mischief
from labs.chaos.journals import INTACT, JOURNAL_WEIGHTS, MUST_BE_REFUSED, WITHOUT_LOG, JournalMischief
from labs.chaos.process import ORPHANED, Child
from labs.chaos.score import Record, Score, read_journal
from runtime.practice import PracticeExchange, PracticeSettings

RATE = 4.0
"""Orders a second. The exchange lists the last 20 deals that closed: at a higher rate more of them close
while the runtime starts again, and what became of an order of a few seconds is beyond proof."""

DEADLINE = 4.0
"""Seconds until the deadline of an order."""

PAUSE = 0.5
"""Seconds between two faults, on average."""

CALM, CALMS = 8.0, 0.02
"""Seconds without a fault, and how often they follow one: a verdict needs a login that stands for 6 s."""

STARTED = 30.0
"""Seconds within which a runtime starts, or ends because it may not."""

ASSETS = ("EURUSD_otc", "AEDCNY_otc", "AUDCAD_otc", "AUDCHF_otc", "AUDJPY_otc", "AUDNZD_otc")
DURATIONS = (1, 2, 5, 20)
"""Seconds of a deal; a short one in doubt is over before another login can show it."""

GIVING_UP = 0.1
"""The share of callers that give up, and ask again with the same id."""

RESULTS = 0.2
"""The share of callers that also wait for the result."""


class Chaos:
    """``run`` once; ``folder`` gets the journal, the log of the processes and the evidence.

    The orders are placed by the process under test itself, or by ``attached`` others. A run takes ``seconds``
    at most, of which ``settling`` wait for the orders that are left in doubt. ``weights`` are those of the
    faults, of ``WEIGHTS`` and ``JOURNAL_WEIGHTS``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        orders: int,
        seed: int,
        seconds: float,
        workers: int,
        rate: float = RATE,
        attached: int = 0,
        settling: float = 5 * CALM,
        weights: Mapping[str, int] | None = None,
    ) -> None:
        self._folder = folder
        self.log = folder / "log"
        self._journal = folder / "orders.sqlite"
        self._socket = folder / "control.sock"
        self._random = Random(seed)
        self._clocks = Clocks(folder / "clocks")
        self._journals = JournalMischief(self._journal, folder, self._random)
        self._weights = {**WEIGHTS, **JOURNAL_WEIGHTS, **(weights or {})}
        self._workers = workers
        self._rate = rate
        self._settling = settling
        self._until = time.monotonic() + seconds
        self._changed = threading.Condition()
        self._record = Record(make_orders(self._random, orders, seed), DEADLINE)
        second_part = range(orders // 3, orders - orders // 10)
        kills = min(max(2, orders // 100), len(second_part))
        self._kills_at = sorted(self._random.sample(second_part, kills))
        self._spoilt: Counter[str] = Counter()
        self._attached = attached
        self._child: Child
        self._traders: list[Child] = []

    def run(self) -> Score:
        # A balance and a number of deals that refuse no order.
        settings = PracticeSettings(minimum_duration=1, max_deals=1000, balance=Decimal(1_000_000))
        with PracticeExchange(settings) as exchange:
            weights = {kind: weight for kind, weight in self._weights.items() if kind in WEIGHTS}
            mischief = Mischief(
                self._random,
                exchange,
                self._clocks,
                weights,
                lambda: self._start_second(exchange),
                self._record,
            )
            if self._weights["clock set"]:
                self._clocks.set_apart(self._random)
            self._start(exchange)
            try:
                self._disturb(exchange, mischief)
                mischief.make_peace()
                self._settle(mischief)
            finally:
                mischief.thaw(at_once=True)
                self._stop()
            write_evidence(self._folder / "evidence.json", self._record, exchange.ledger)
            kills = {"main process killed": self._record.kills}
            self._record.faults = mischief.counts | self._spoilt | Counter(kills)
            return Score(self._record, read_journal(self._journal), exchange.ledger)

    def _start(self, exchange: PracticeExchange) -> None:
        """Start the process under test again; attached processes are started once."""
        waiting = [terms for terms in self._record.orders if terms.number not in self._record.answered]
        settings = self._settings(exchange)
        self._child = self._process("labs.chaos.child", settings, [] if self._attached else waiting)
        if self._attached and not self._traders:
            shares = [waiting[number :: self._attached] for number in range(self._attached)]
            self._traders = [self._process("labs.chaos.trader", settings, share) for share in shares]

    def _process(self, program: str, settings: dict[str, object], orders: list[Terms]) -> Child:
        clocks = str(self._clocks.path) if program == "labs.chaos.child" else ""
        brief = Brief(settings, orders, self._rate / max(1, self._attached), DEADLINE, clocks)
        return Child(program, brief, self._record, self._changed, self.log)

    def _start_second(self, exchange: PracticeExchange) -> bool:
        """By mistake: on the same journal, or on another one. It has to end by itself. Where the process
        under test is only just starting, the mistake may come first: then that process has to end, and is
        started again once the mistake has ended."""
        late = self._child.refuses is None
        settings = self._settings(exchange)
        settings["control"] = {"enabled": False}
        journal = self._random.choice([self._journal, self._journal.with_name("second.sqlite")])
        settings["orders"] = {"journal": str(journal), "maximum_open": 1000}
        second = self._process("labs.chaos.child", settings, [])
        with self._changed:
            self._changed.wait_for(lambda: second.ended or second.refuses is not None, STARTED)
            if late and not second.ended:
                self._changed.wait_for(lambda: self._child.ended, STARTED)
        came_first = second.refuses is not None and self._child.ended
        code = second.stop()
        if came_first and late:
            self._child.stop()
            self._start(exchange)
        elif code in {None, 0}:
            self._record.problems.append("a second runtime has started on the account")
        return True

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
                mischief.thaw(at_once=True)
                self._kill()
                self._start_on_a_spoilt_journal(exchange)
            else:
                mischief.strike(self._child.pid)

    def _kill_is_due(self) -> bool:
        return bool(self._kills_at) and len(self._record.asked) >= self._kills_at[0]

    def _pause(self) -> float:
        return CALM if self._random.random() < CALMS else self._random.expovariate(1 / PAUSE)

    def _kill(self) -> None:
        if not self._child.kill():
            self._record.problems.append(f"workers outlived their main process by more than {ORPHANED} s")
        self._record.kills += 1

    def _start_on_a_spoilt_journal(self, exchange: PracticeExchange) -> None:
        """Start again, or on a journal that was damaged meanwhile: then it may refuse every order until the
        journal is put back."""
        kinds = {kind: self._weights[kind] for kind in JOURNAL_WEIGHTS}
        kind = self._random.choices(list(kinds), list(kinds.values()))[0]
        if kind == INTACT or not self._journal.exists():
            self._start(exchange)
            return
        self._journals.spoil(kind)
        self._spoilt[kind] += 1
        if kind == WITHOUT_LOG:
            for id in self._journals.kept_alone():
                self._record.forget(id)
        begun = time.time()
        alone = self._process("labs.chaos.child", self._settings(exchange), [])
        with self._changed:
            self._changed.wait_for(lambda: alone.refuses is not None or alone.ended, STARTED)
        refuses = alone.refuses
        if alone.stop() is None:
            self._record.problems.append(f"the runtime hung on a {kind}")
        self._record.blind.append((begun, time.time()))
        if refuses == "":
            if kind in MUST_BE_REFUSED:
                self._record.problems.append(f"orders were taken on a {kind}")
        else:
            self._journals.put_back()
        self._start(exchange)

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
            # Ticks measure the venue's clock.
            "streams": [{"asset": ASSETS[0]}],
            "reconnect": {"reconnect_delay": 0.05, "max_delay": 0.5},
            "supervision": {"heartbeat_interval": 0.5, "heartbeat_timeout": 2.0, "max_restarts": 1000},
            "limits": {
                "messages": ["20/s"],
                "connects": ["100/s"],
                "max_concurrent_operations": 100,
            },
            "control": {"socket": str(self._socket)} if self._attached else {"enabled": False},
            "orders": {"journal": str(self._journal), "maximum_open": 1000},
        }


def make_orders(random: Random, count: int, seed: int) -> list[Terms]:
    """Every second order equals many others, so that only its request id distinguishes it."""
    return [
        Terms(
            number,
            f"chaos-{seed}-{number}",
            random.choice(ASSETS),
            Decimal(random.randint(5, 9)) if number % 2 else 20 + Decimal(number) / 100,
            random.choice(list(Direction)),
            random.choice(DURATIONS),
            patience=random.uniform(0.0, DEADLINE / 2) if random.random() < GIVING_UP else None,
            result=random.random() < RESULTS,
        )
        for number in range(count)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logger.remove()  # lines of the exchange would hide the scorecard
    first = Random().randrange(1_000_000) if options.seed is None else options.seed
    if options.model:
        from labs.chaos.model import play  # noqa: PLC0415 - only it needs hypothesis

        return play(60 * options.model, first)
    bad = 0
    for seed in range(first, first + options.seeds):
        print(f"seed       {seed}", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="tellwire-chaos-"))
        chaos = Chaos(
            folder,
            orders=options.orders,
            seed=seed,
            seconds=options.seconds,
            workers=options.workers,
            rate=options.rate,
            attached=options.attached,
            weights=dict(options.weight),
        )
        score = chaos.run()
        print(*score.card(), sep="\n", flush=True)
        if score.violations:
            bad += 1
            print(f"evidence   {folder}", flush=True)
        else:
            shutil.rmtree(folder)
    if options.seeds > 1:
        print(f"seeds      {options.seeds - bad} of {options.seeds} without a violation")
    return int(bad > 0)


def _parser() -> argparse.ArgumentParser:
    kinds = ", ".join(f"{kind}={weight}" for kind, weight in {**WEIGHTS, **JOURNAL_WEIGHTS}.items())
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__, epilog=f"Weights of faults: {kinds}.")
    parser.add_argument("--orders", type=int, default=500, help="how many to place (500)")
    parser.add_argument(
        "--seed", type=int, default=None, help="seed of the faults; their timing is not repeated"
    )
    parser.add_argument("--seeds", type=int, default=1, help="how many runs, each with the next seed (1)")
    parser.add_argument("--seconds", type=float, default=400.0, help="time limit of a run (400)")
    parser.add_argument("--rate", type=float, default=RATE, help=f"orders a second ({RATE:g})")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of the runtime (2)")
    parser.add_argument(
        "--attached",
        type=int,
        default=0,
        help="number of attached processes that place the orders (0: the runtime itself)",
    )
    parser.add_argument(
        "--model",
        type=float,
        default=0.0,
        metavar="MINUTES",
        help="play the state machine of the tests for so long, instead of a run",
    )
    parser.add_argument(
        "--weight",
        type=_weight,
        action="append",
        default=[],
        metavar="FAULT=N",
        help="how often a fault strikes, compared with the others; 0 for never; may come again",
    )
    return parser


def _weight(text: str) -> tuple[str, int]:
    kind, _, number = text.rpartition("=")
    if kind not in {**WEIGHTS, **JOURNAL_WEIGHTS}:
        raise argparse.ArgumentTypeError(f"there is no fault {kind!r}; --help names all of them")
    try:
        weight = int(number)
    except ValueError:
        weight = -1
    if weight < 0:
        raise argparse.ArgumentTypeError(f"a weight is a whole number from 0, not {number!r}")
    return kind, weight


if __name__ == "__main__":
    sys.exit(main())
