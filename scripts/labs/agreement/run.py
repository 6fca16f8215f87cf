"""A runtime with faults and orders, and whether its table, page, metrics and status agree with the ledger.

Trouble and quiet alternate. At each quiet point nothing ticks for some seconds and no order is under way;
then whatever two of them show has to be the same, and the same as the exchange's ledger.
"""

import argparse
import math
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from random import Random
from typing import Any, Final, NamedTuple

from loguru import logger

from actors.errors import RequestError
from actors.messages import PlaceOrder, StreamConfirmed, StreamReleased, Subscribe
from actors.values import Direction
from labs.agreement import faces
from labs.agreement.faces import MIDDLE, NARROW, WIDE, Figures, Screen
from labs.agreement.trouble import Trouble
from labs.faults.program import Program, program
from runtime.control.attachment import Attachment
from runtime.practice import PracticeExchange, PracticeSettings
from tests.browser import Tab, browser

ASSETS: Final = ("EURUSD_otc", "AEDCNY_otc", "AUDCAD_otc", "AUDCHF_otc", "AUDJPY_otc", "AUDNZD_otc")
DURATIONS: Final = (1, 2, 5, 20, 60, 120)
"""Seconds of a deal: some are over within the trouble, some are open at the next quiet points."""

TRUTH: Final = "ledger"
BROWSER_PATIENCE: Final = 120.0
"""Seconds for an answer of the browser, which is no part of what is tested."""

SLOW: Final = 20.0
"""Seconds for an answer in trouble, on a busy machine."""

TICK_RATE: Final = 5.0

COMING_BACK: Final = 60.0
"""Seconds after the trouble in which everything is up and fresh again, and no order in doubt: connections
come back within 10 s, a verdict on an order waits for a login that stands for 6 s."""


class Plan(NamedTuple):
    """Seconds: ``seconds`` in all, of which ``trouble`` lie between two quiet points; a fault comes every
    ``fault``, an order every ``order``, a sample every ``sample``; ticks are ``counted`` so long. The
    faces agree within ``agreeing`` once nothing moves: the slowest looks once a second. A stream is ``stale``
    after that. ``kinds`` are those of the faults, by default all."""

    seconds: float
    trouble: float = 30.0
    fault: float = 5.0
    order: float = 1.5
    sample: float = 5.0
    counted: float = 3.0
    connections: int = 4
    agreeing: float = 8.0
    stale: float = 20.0
    kinds: tuple[str, ...] = ()


class Row(NamedTuple):
    """A quiet point: ``waited`` until all was up again, ``took`` until all agreed."""

    at: float
    waited: float
    took: float
    faults: str
    figures: Figures


class Agreement:
    """``run`` once; ``rows`` are the quiet points, ``problems`` what did not agree, in words."""

    def __init__(
        self, plan: Plan, seed: int, exchange: PracticeExchange, say: Callable[[str], object]
    ) -> None:
        self.rows: list[Row] = []
        self.problems: list[str] = []
        self.samples = 0
        self.answers: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self._plan = plan
        self._random = Random(seed)
        self._exchange = exchange
        self._say = say
        self._began = time.monotonic()
        self._threads: list[threading.Thread] = []
        self._placed = self._moves = 0
        self._attachment: Attachment
        self._screen: Screen
        self._tab: Tab

    def run(self) -> None:
        port = free_port()
        self._url = f"http://127.0.0.1:{port}"
        with ExitStack() as stack:
            running = stack.enter_context(program(self._settings(port)))
            self._attachment = stack.enter_context(running.attach())
            for event in (StreamConfirmed, StreamReleased):
                self._attachment.router.tell(Subscribe(event.base_topic, to=self._on_move))
            command = [sys.executable, "-m", "tellwire", "top", str(running.config)]
            self._screen = stack.enter_context(Screen(command))
            self._screen.until("CONNECTIONS  ")
            self._tab = stack.enter_context(browser())
            self._tab.be_patient(BROWSER_PATIENCE)
            self._tab.resize(1440, 1000)
            self._tab.open(f"{self._url}/")
            trouble = Trouble(self._random, self._exchange, running, ASSETS, self._plan.kinds)
            self._began = time.monotonic()
            while not self.rows or time.monotonic() - self._began < self._plan.seconds:
                before = trouble.counts.copy()
                self._disturb(trouble)
                self._quiet(", ".join(sorted(trouble.counts - before)))
            self.faults = trouble.counts
            self._end(running)

    def _disturb(self, trouble: Trouble) -> None:
        """Faults and orders; now and then the terminal has another size, and the page is loaded anew."""
        begun = time.monotonic()
        due = {"fault": begun + self._plan.fault / 2, "order": begun, "sample": begun + self._plan.sample}
        acts = {"fault": trouble.add, "order": self._order, "sample": self._sample}
        self._screen.resize(*self._random.choice((NARROW, MIDDLE, WIDE)))
        if self._random.random() < 0.3:
            self._tab.open(f"{self._url}/")
        while (now := time.monotonic()) < begun + self._plan.trouble:
            for name, act in acts.items():
                if now >= due[name]:
                    due[name] += getattr(self._plan, name)
                    act()
            if self._attachment.ended.wait(max(0.0, min(due.values()) - time.monotonic())):
                raise RuntimeError("the runtime has ended")
        trouble.end()

    def _quiet(self, faults: str) -> None:
        """Wait until all is well, count the ticks of a while, and compare."""
        begun = time.monotonic()
        self._screen.resize(*WIDE)
        self._exchange.calm()
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        before = faces.of_the_status(self._url)
        all_well = self._until(lambda: self._unwell(before), COMING_BACK)
        waited = time.monotonic() - begun
        if all_well:
            self._note(f"not well after {COMING_BACK:g} s: {'; '.join(all_well)}")
        while self._count():
            self._exchange.unmute()
        still = time.monotonic()
        if differences := self._until(self._differences, self._plan.agreeing):
            for difference in differences:
                self._note(difference)
        figures = faces.of_the_ledger(self._exchange, ASSETS)
        figures["ticks"] = faces.of_the_status(self._url)["ticks"]
        row = Row(begun - self._began, waited, time.monotonic() - still, faults, figures)
        self.rows.append(row)
        self._say(line(row))
        self._exchange.unmute()

    def _count(self) -> bool:
        """Compare the ticks of a while, and mute the streams. Returns whether one has moved: the count of a
        stream is made of what its connections report, and not exact for the second in which it moves."""
        moves = self._moves
        first, before = self._ticks()
        self._exchange.unmute()
        time.sleep(self._plan.counted)
        second, after = self._ticks()
        ticks = self._exchange.ledger.ticks()[first - second :]
        if self._moves > moves or len({(tick.asset, tick.socket) for tick in ticks}) > len(ASSETS):
            return True
        sent = Counter(tick.asset for tick in ticks)
        for asset in ASSETS:
            counted = after[asset] - before[asset]
            if sent[asset] != counted or not counted:
                self._note(f"ticks of {asset}: {sent[asset]} were sent, {counted} were counted")
        return False

    def _on_move(self, _: object) -> None:
        self._moves += 1

    def _ticks(self) -> tuple[int, dict[str, int]]:
        """How many were sent, and how many of each stream were counted, once nothing is under way; mutes all
        streams."""
        self._exchange.mute()
        sent = self._exchange.ledger.tick_count
        if unreported := self._until(self._unreported, 2 * self._plan.agreeing):
            self._note("; ".join(unreported))
        status = faces.of_the_status(self._url)
        return sent, {asset: int(status[f"ticks {asset}"]) for asset in ASSETS}

    def _unreported(self) -> list[str]:
        """Messages that connections have not reported to the runtime: what was sent is not counted before."""
        sockets = [each for each in self._exchange.ledger.sockets() if each.closed_at is None]
        sent = sum(each.messages for each in sockets)
        heard = int(faces.of_the_status(self._url)["messages"])
        return [f"{sent} messages were sent, {heard} are reported"] if heard < sent else []

    def _unwell(self, before: Figures) -> list[str]:
        """What is missing, by the status and by the ledger: the runtime may not know it yet."""
        status = faces.of_the_status(self._url)
        wanted = {"connections": str(self._plan.connections), "fresh": str(len(ASSETS)), "in doubt": "0"}
        found = [f"{name} {status[name]}" for name, value in wanted.items() if status[name] != value]
        if (up := faces.of_the_ledger(self._exchange, ()).get("connections")) != wanted["connections"]:
            found.append(f"connections {up} at the exchange")
        if int(status["busiest"]) > math.ceil(len(ASSETS) / self._plan.connections):
            found.append(f"a connection carries {status['busiest']} streams")
        still = [asset for asset in ASSETS if status[f"ticks {asset}"] == before[f"ticks {asset}"]]
        return [*found, *(f"no tick of {asset}" for asset in still)]

    def _differences(self) -> list[str]:
        """What is said differently, in words."""
        try:
            said = self._all()
        except (ValueError, OSError) as error:
            return [str(error)]
        names = sorted({name for figures in said.values() for name in figures})
        found = []
        for name in names:
            values = {face: figures[name] for face, figures in said.items() if name in figures}
            if len(set(values.values())) > 1:
                found.append(f"{name}: " + ", ".join(f"{face} {value}" for face, value in values.items()))
        return found

    def _all(self) -> dict[str, Figures]:
        return {
            "metrics": faces.of_the_metrics(self._url),
            "status": faces.of_the_status(self._url),
            "page": faces.of_the_page(self._tab),
            "table": faces.of_the_table(self._screen.lines(), ASSETS),
            TRUTH: faces.of_the_ledger(self._exchange, ASSETS),
        }

    def _sample(self) -> None:
        """In trouble the faces may be behind, each by as much as it looks seldom; but they answer."""
        self.samples += 1
        looks: dict[str, Callable[[], Figures]] = {
            "metrics": lambda: faces.of_the_metrics(self._url),
            "status": lambda: faces.of_the_status(self._url),
            "page": lambda: faces.of_the_page(self._tab),
        }
        for name, look in looks.items():
            begun = time.monotonic()
            try:
                look()
            except (OSError, AssertionError, TypeError) as error:
                self._note(f"{name} in trouble: {type(error).__name__}: {error}")
            if (took := time.monotonic() - begun) > SLOW:
                self._note(f"{name} in trouble: an answer took {took:.1f} s")
        lines = self._screen.lines()
        if not lines[0].lstrip().startswith("tellwire") or "balance" not in lines[0]:
            self._note(f"table in trouble: its head is {lines[0]!r}")

    def _order(self) -> None:
        self._placed += 1
        number = self._placed
        order = PlaceOrder(
            ASSETS[number % len(ASSETS)],
            Decimal(1 + number % 100),  # the venue pays hundredths of it, and the page shows those
            self._random.choice((Direction.CALL, Direction.PUT)),
            self._random.choice(DURATIONS),
            deadline=8.0,
        )
        thread = threading.Thread(target=self._place, args=(order,), daemon=True)
        thread.start()
        self._threads.append(thread)

    def _place(self, order: PlaceOrder) -> None:
        try:
            self._attachment.router.ask(order, timeout=10.0)
        except RequestError as error:
            self.answers[type(error).__name__] += 1
        else:
            self.answers["opened"] += 1

    def _until(self, look: Callable[[], list[str]], seconds: float) -> list[str]:
        """What ``look`` still finds after ``seconds``; nothing as soon as it finds nothing."""
        end = time.monotonic() + seconds
        while (found := look()) and time.monotonic() < end:
            time.sleep(0.25)
        return found

    def _note(self, problem: str) -> None:
        text = f"{time.monotonic() - self._began:7.0f} s  {problem}"
        self.problems.append(text)
        self._say(f"DISAGREE {text}")

    def _end(self, running: Program) -> None:
        self.problems += [
            f"the page complains: {each}" for each in self._tab.complaints if "ERR_" not in each
        ]
        executed = Counter(deal.request_id for deal in self._exchange.ledger.deals())
        if doubled := [id for id, count in executed.items() if count > 1]:
            self._note(f"orders were executed twice: {doubled}")
        if self.answers["opened"] > len(executed):
            self._note(f"{self.answers['opened']} orders were called open, {len(executed)} were executed")
        text = running.log.read_text(encoding="utf-8", errors="replace")
        self.problems += [
            f"log: {each}" for each in text.splitlines() if "CRITICAL" in each or "Traceback" in each
        ]

    def _settings(self, port: int) -> dict[str, Any]:
        regions = [{"name": region.name, "url": region.url} for region in self._exchange.regions]
        return {
            "account": {"session": self._exchange.session},
            "regions": {"demo": regions},
            "pool": {"workers": 2, "connections": self._plan.connections},
            "streams": [{"asset": asset} for asset in ASSETS],
            "limits": {"messages": ["50/s"], "connects": ["50/s"]},
            "orders": {"maximum_open": 1000},
            "health": {"stale_after": self._plan.stale, "stale_floor": self._plan.stale},
            "status": {"listen": f"127.0.0.1:{port}"},
        }


def agree(plan: Plan, seed: int, say: Callable[[str], object] = lambda _: None) -> Agreement:
    """One run; ``say`` is told each quiet point and each disagreement at once."""
    settings = PracticeSettings(
        minimum_duration=1, max_deals=1000, balance=Decimal(1_000_000), tick_rate=TICK_RATE
    )
    with PracticeExchange(settings) as exchange:
        agreement = Agreement(plan, seed, exchange, say)
        agreement.run()
    return agreement


def line(row: Row) -> str:
    of = row.figures
    return (
        f"{row.at:7.0f} s  well after {row.waited:4.1f} s, agree after {row.took:4.1f} s;"
        f" {of['connections']} up, {of['ticks']} ticks, {of['open']} open, {of['closed']} closed,"
        f" today {of['today']}, balance {of['balance']}  ({row.faults})"
    )


def card(agreement: Agreement) -> Iterator[str]:
    late = f", {faces.late()} answers that the status is late" if faces.late() else ""
    yield f"quiet       {len(agreement.rows)} points, {agreement.samples} samples in trouble{late}"
    yield f"faults      {_counted(agreement.faults)}"
    yield f"orders      {_counted(agreement.answers)}"
    for name, values in (
        ("well", [row.waited for row in agreement.rows]),
        ("agree", [row.took for row in agreement.rows]),
    ):
        yield f"{name:11} after {statistics.median(values):.1f} s (median), {max(values):.1f} s at most"
    yield f"disagreed   {len(agreement.problems)}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="agreement", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="duration in minutes (10)")
    parser.add_argument("--seed", type=int, default=1, help="of faults and orders (1)")
    options = parser.parse_args(arguments)
    logger.remove()
    agreement = agree(Plan(options.minutes * 60), options.seed, lambda text: print(text, flush=True))
    print(*card(agreement), sep="\n")
    for problem in agreement.problems:
        print(f"DISAGREE {problem}")
    return int(bool(agreement.problems))


if __name__ == "__main__":
    sys.exit(main())
