"""Hosts that share accounts, on a real engine, and faults of all of them in an order by chance."""

import argparse
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlsplit

import msgspec
from loguru import logger

from actors.orders.order import Order
from actors.tenancy.tenancy import LeaseTimes
from labs.chaos.score import IN_DOUBT
from labs.drill_hosts.faults import ENGINE, FAILOVERS, FAULTS, POLITE, TWO, Mischief
from labs.drill_hosts.host import HostProcess
from labs.drill_hosts.reader import FeedScore, Reading
from labs.drill_hosts.score import Score
from labs.drill_hosts.trader import Trading
from runtime.cluster.address import parse_address
from runtime.cluster.engine import Engine
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.engine_group import EngineGroup
from tests.doubles.engine_server import EngineServer

HOSTS: Final = ("h1", "h2", "h3")
ACCOUNTS: Final = ("main", "hedge")
TIMES: Final = LeaseTimes(lease=3.0, renew=0.5, margin=0.5)

LEASE_OF_SENTINELS: Final = 6.0
"""Seconds: twice as long as their failover."""

BACK_WITHIN: Final = 2.0
"""Seconds beyond a lease within which an account is served again."""

PATIENCE: Final = 40.0
"""Seconds to wait for it; longer than the limit, so that a figure shows the excess."""

SETTLED_WITHIN: Final = 60.0
"""Seconds for orders in doubt at the end: a verdict needs a login that stands for 6 s."""

TICK_RATE: Final = 20.0
"""Of each asset, in a second."""

IN_FLIGHT: Final = 0.3
"""Seconds that the exchange takes to acknowledge an order."""

CALM: Final = (0.5, 2.0)
"""Seconds between two faults."""

MANY: Final = 5
"""Problems that end a drill."""

DAY: Final = 86_400.0
EXPECTED: Final = {-signal.SIGKILL, -signal.SIGALRM}
"""Exit codes of hosts that were killed, or frozen beyond a lease."""

ROW: Final = "{:30} {:>6} {:>8} {:>8} {:>7}  {}"


class Drill:
    """``run`` once; ``folder`` gets the files of all hosts and of the engine.

    ``figures`` has, by fault, the seconds until each account was served again; ``problems`` are sentences.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        faults: Sequence[str] | int,
        times: LeaseTimes = TIMES,
        tell: Callable[[str], object] = lambda _: None,
        *,
        sentinels: bool = False,
    ) -> None:
        """``faults`` are their names, or how many to choose by chance; ``tell`` gets a line for each. With
        ``sentinels`` the engine is three servers, and three sentinels watch them."""
        self._folder = folder
        self._sentinels = sentinels
        self._random = Random(seed)
        self._names = self._choose(faults) if isinstance(faults, int) else list(faults)
        self._times = times
        self._tell = tell
        self.limit = times.lease + BACK_WITHIN
        self.figures: defaultdict[str, list[float]] = defaultdict(list)
        self.problems: list[str] = []
        self._hosts: dict[str, HostProcess] = {}
        self._engine: EngineServer | EngineGroup
        self._trading: Trading
        self.feed: FeedScore

    @property
    def was_late(self) -> bool:
        """Whether an account came back too late."""
        return any(figure > self.limit for figures in self.figures.values() for figure in figures)

    def run(self) -> Score:
        settings = PracticeSettings(
            regions=HOSTS,
            accounts=len(ACCOUNTS) + len(HOSTS),  # each host has a session of its own for the feed
            tick_rate=TICK_RATE,
            max_deals=10_000,
            balance=Decimal(1_000_000),
        )
        with ExitStack() as stack:
            exchange = stack.enter_context(PracticeExchange(settings))
            exchange.disturb_orders("delayed", count=None, seconds=IN_FLIGHT)
            (engine_folder := self._folder / "engine").mkdir()
            if self._sentinels:
                group = EngineGroup(engine_folder, 3, 3, "--min-replicas-to-write", "1")
                self._engine = stack.enter_context(group)
            else:
                self._engine = stack.enter_context(EngineServer(engine_folder))
            self._start_hosts(stack, exchange)
            sockets = {name: host.socket for name, host in self._hosts.items()}
            self._trading = stack.enter_context(Trading(ACCOUNTS, sockets))
            if any(self._trading.await_deal(account, 0.0, PATIENCE) == float("inf") for account in ACCOUNTS):
                raise RuntimeError(f"no deal was opened: see the logs in {self._folder}")
            reading = stack.enter_context(Reading(self._engine.url))
            mischief = Mischief(self._random, self._hosts, self._engine, self._times)
            for name in self._names:
                time.sleep(self._random.uniform(*CALM))
                self._strike(name, mischief)
            self._trading.stop()
            if not reading.await_ticks(PATIENCE):
                self.problems.append("the feed does not tick any more")
            self.feed = FeedScore(reading.ticks, reading.gaps, exchange.ledger)
            self.problems += self.feed.violations
            return Score(self._trading.answers(), self._settle(), exchange.ledger)

    def _choose(self, count: int) -> list[str]:
        """All of them about as often."""
        names: list[str] = []
        kinds = [*FAILOVERS] if self._sentinels else [*FAULTS, TWO]
        while len(names) < count:
            names += self._random.sample(kinds, len(kinds))
        return names[:count]

    def _start_hosts(self, stack: ExitStack, exchange: PracticeExchange) -> None:
        sessions = dict(zip(ACCOUNTS, exchange.sessions, strict=False))
        feed_sessions = exchange.sessions[len(ACCOUNTS) :]
        ports = [urlsplit(region.url).port or 0 for region in exchange.regions]
        for place, (name, port) in enumerate(zip(HOSTS, ports, strict=True)):
            lines, url = (port, port), self._engine.url
            if isinstance(self._engine, EngineServer):
                lines, url = (self._engine.port, port), ""
            workers, own = (place + 1) % 2, feed_sessions[place]
            host = HostProcess(name, self._folder, lines, sessions, own, self._times, workers, url)
            self._hosts[name] = stack.enter_context(host)
            host.start()
        self._await_hosts()

    def _await_hosts(self) -> None:
        """Start anew, and go on, what a timer of its own ends only now."""
        for host in self._hosts.values():
            while not host.await_start():
                if host.code is None:
                    raise RuntimeError(f"{host.name} does not answer: see {host.log}")
                self._note_end(host, EXPECTED)
                host.start()

    def _note_end(self, host: HostProcess, expected: set[int]) -> None:
        if host.code not in expected:
            self.problems.append(f"{host.name} has ended with {host.code}: see {host.log}")
            if len(self.problems) > MANY:
                raise RuntimeError("; ".join(self.problems))

    def _strike(self, name: str, mischief: Mischief) -> None:
        """Let a fault happen, or two at once; wait until all accounts are served; start what has ended."""
        owners = {account: self._trading.owner(account) for account in ACCOUNTS}
        victim = owners[self._random.choice(ACCOUNTS)]
        faults = [mischief.fault(each, victim) for each in ([name] if name != TWO else self._two())]
        since = time.monotonic()
        for fault in faults:
            fault.begin()
        begun = time.monotonic()
        for fault in sorted(faults, key=lambda each: each.seconds):
            time.sleep(max(0.0, begun + fault.seconds - time.monotonic()))
            fault.end()
            if fault.blocks or (name == TWO and fault.host == ENGINE):  # a slow one slows a take-over
                since = time.monotonic()
        # With two at once no other host may have been able to take it before the host is back.
        gone = {fault.host for fault in faults if fault.moves and (name != TWO or not fault.seconds)}
        hit = {fault.host for fault in faults}
        for account, owner in owners.items():
            if owner in hit or ENGINE in hit:
                served_at = self._trading.await_deal(account, since, PATIENCE, not_by=gone)
                self.figures[name].append(served_at - since)
                text = " and ".join(f"{each.name} {each.host} {each.seconds:.1f} s" for each in faults)
                self._tell(f"{account} of {owner} was back after {served_at - since:.2f} s: {text}")
        self._restart(polite={fault.host for fault in faults if fault.name == POLITE})
        if isinstance(self._engine, EngineGroup):
            self._engine.replica()  # with fewer servers nothing outlives the next fault

    def _two(self) -> list[str]:
        """One of a host, and one of the engine."""
        of_engine = [name for name in FAULTS if name.startswith("engine")]
        of_host = [name for name in FAULTS if name not in of_engine]
        return [self._random.choice(of_host), self._random.choice(of_engine)]

    def _restart(self, polite: set[str]) -> None:
        """Start the hosts that have ended; ``polite`` ones had been asked to."""
        for name, host in self._hosts.items():
            if name in polite:
                host.wait()
            elif host.code is None:
                continue
            self._note_end(host, {0} if name in polite else EXPECTED)
            host.kill()
            host.start()
        self._await_hosts()

    def _settle(self) -> dict[str, Order]:
        """The journal of all accounts in the engine, once no order in it is in doubt."""
        due = time.monotonic() + SETTLED_WITHIN
        engine = Engine(parse_address(self._engine.url), timeout=5.0)
        try:
            while True:
                journal = {
                    order.id: order
                    for account in ACCOUNTS
                    for data in engine.orders(f"account:{account}", DAY)
                    for order in [msgspec.json.decode(data, type=Order)]
                }
                if time.monotonic() > due or not any(order.state in IN_DOUBT for order in journal.values()):
                    return journal
                time.sleep(0.2)
        finally:
            engine.close()


def rows(drills: Sequence[Drill]) -> list[tuple[str, list[float], float]]:
    """By fault: its name, the figures of all drills, and their limit."""
    names = dict.fromkeys(
        name for name in (*FAULTS, TWO, *FAILOVERS) for drill in drills if drill.figures[name]
    )
    return [
        (name, [each for drill in drills for each in drill.figures[name]], drills[0].limit) for name in names
    ]


def show(name: str, figures: Sequence[float], limit: float) -> str:
    verdict = "held" if max(figures) <= limit else "NOT HELD"
    middle, most = f"{statistics.median(figures):.2f}", f"{max(figures):.2f}"
    return ROW.format(name, len(figures), middle, most, f"{limit:g}", verdict)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sentinels = options.sentinels or options.only in FAILOVERS.keys() - FAULTS.keys()
    lease = options.lease or (LEASE_OF_SENTINELS if sentinels else TIMES.lease)
    logger.remove()  # lines of the exchange would hide the table
    first = Random().randrange(1_000_000) if options.seed is None else options.seed
    faults = [options.only] * options.faults if options.only else options.faults
    drills, bad = [], 0
    for seed in range(first, first + options.seeds):
        print(f"seed       {seed}", flush=True)
        folder = Path(tempfile.mkdtemp(prefix="tw-drill-"))
        times = LeaseTimes(lease, lease / 6, lease / 6)
        drill = Drill(
            folder,
            seed,
            faults,
            times,
            lambda line: print(f"fault      {line}", flush=True),
            sentinels=sentinels,
        )
        score = drill.run()
        drills.append(drill)
        print(*score.card(), f"feed       {drill.feed.summary()}", sep="\n")
        for problem in drill.problems:
            print(f"VIOLATION  {problem}", flush=True)
        bad += bool(score.violations or drill.problems)
        if score.violations or drill.problems or drill.was_late:
            print(f"evidence   {folder}", flush=True)
        else:
            shutil.rmtree(folder)
    print(ROW.format("SERVED AGAIN AFTER", "TIMES", "MEDIAN", "MAXIMUM", "LIMIT", "VERDICT"))
    late = 0
    for name, figures, limit in rows(drills):
        print(show(name, figures, limit))
        late += max(figures) > limit
    print(f"{len(drills)} drills, {bad} with violations, {late} limits not held")
    return int(bool(bad or late))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="drill_hosts", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", help="the order of the faults (by chance)")
    parser.add_argument("--faults", type=int, default=15, help="faults in a drill, one after another (15)")
    parser.add_argument("--seeds", type=int, default=1, help="how many drills, each with the next seed (1)")
    parser.add_argument("--lease", type=float, help=f"seconds ({TIMES.lease:g})")
    parser.add_argument(
        "--only", choices=[*FAULTS, TWO, *FAILOVERS], metavar="FAULT", help="this one alone, by its name"
    )
    parser.add_argument(
        "--sentinels", action="store_true", help="an engine of three servers that fail over (lease of 6 s)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
