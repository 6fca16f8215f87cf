"""The score: compares the deals of the exchange, the journal and the answers."""

import sqlite3
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec

from actors.orders.order import OrderState
from actors.values import Deal, Direction
from labs.chaos.child import OPENED, Answered, Asked, Terms
from runtime.practice.ledger import ExchangeLedger

LATE = 0.5
"""Seconds after the deadline from which an answer counts as late; a loaded machine needs some."""

CLOCKS = 0.05
"""Seconds by which the desk's clock, which never steps, may differ from the wall clock."""

ENDED = "RequestError"
"""The outcome for an attached process whose runtime has died."""

EXECUTED = {OrderState.OPEN, OrderState.CLOSED}
IN_DOUBT = {OrderState.JOURNALED, OrderState.UNKNOWN}
FITTING = {
    "NotPlaced": {OrderState.NOT_PLACED},
    "RequestRefused": {OrderState.REFUSED},
    "NotSent": {OrderState.NOT_SENT},
    "RateLimited": {OrderState.NOT_SENT},
    "Halted": {OrderState.NOT_SENT},
}
"""Which state the journal must have for an order that was answered so; an order that did not reach
the venue need not be in it, which is all but the first."""


class Row(msgspec.Struct, frozen=True):
    """One order in the journal."""

    id: str
    state: OrderState
    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    created_at: float
    reason: str
    deal: Deal | None


@dataclass
class Record:
    """The observations of one run."""

    orders: Sequence[Terms]
    deadline: float
    asked: dict[int, Asked] = field(default_factory=dict)
    answered: dict[int, Answered] = field(default_factory=dict)
    cut_off: set[int] = field(default_factory=set)
    """Orders of a process that was killed before it could report the answer."""
    killed_at: list[float] = field(default_factory=list)
    """The times (UTC) at which the process under test was killed."""
    faults: Mapping[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """Errors of the processes themselves."""


def read_journal(path: Path) -> list[Row]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute("SELECT * FROM orders ORDER BY number")]
    for row in rows:
        row["deal"] = row["deal"] and msgspec.json.decode(row["deal"])
    return msgspec.convert(rows, list[Row])


class Score:
    """``violations`` are sentences; a good run has none."""

    def __init__(self, record: Record, journal: Sequence[Row], ledger: ExchangeLedger) -> None:
        self._record = record
        self._rows = {row.id: row for row in journal}
        self._deals = {deal.id: str(origin) for origin, deal in ledger.deals()}
        self._executions = Counter(self._deals.values())
        self._arrivals = Counter(str(order.request_id) for order in ledger.orders())
        self._by_terms: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in journal:
            self._by_terms[row.asset, row.amount, row.direction, row.duration].append(row)
        answers = record.answered.values()
        self._named = {self._deals.get(each.id, each.id) for each in answers if each.id}
        self.doubled = [id for id in self._arrivals | self._executions if self._is_doubled(id)]
        self.lost = [id for id in self._executions if self._is_lost(id)]
        self.violations = list(self._violations())

    def card(self) -> Iterator[str]:
        """The scorecard, line by line."""
        record = self._record
        states = Counter(row.state.value for row in self._rows.values())
        outcomes = Counter(answer.outcome for answer in record.answered.values())
        seconds = [answer.seconds for answer in record.answered.values()] or [0.0]
        yield f"orders     {len(record.orders)}, asked {len(record.asked)}, executed {len(self._deals)}"
        yield f"answers    {_counts(outcomes)}; {len(record.cut_off)} cut off by a kill"
        yield f"latency    median {statistics.median(seconds) * 1000:.1f} ms, maximum {max(seconds):.2f} s"
        yield f"journal    {_counts(states)}"
        yield f"faults     {sum(record.faults.values())}: {_counts(record.faults)}"
        unknown = [row for row in self._rows.values() if row.state in IN_DOUBT]
        executed = sum(row.id in self._executions for row in unknown)
        yield f"verdict    {len(self.lost)} lost, {len(self.doubled)} doubled"
        yield f"unknown    {len(unknown)} at the end, {executed} of them executed"
        for violation in self.violations:
            yield f"VIOLATION  {violation}"

    def _violations(self) -> Iterator[str]:
        yield from self._record.problems
        for id in self.doubled:
            yield f"order {id} arrived {self._arrivals[id]} times, executed {self._executions[id]} times"
        for id in self.lost:
            row = self._rows.get(id)
            state = f"{row.state.value} ({row.reason})" if row else "missing"
            yield f"order {id} was executed, and is {state} in the journal"
        for row in self._rows.values():
            if row.state in EXECUTED and (row.deal is None or self._deals.get(row.deal.id) != row.id):
                yield f"order {row.id} has taken a deal that is not its own"
        for terms in self._record.orders:
            if problem := self._problem_of(terms):
                yield f"order number {terms.number}: {problem}"

    def _is_doubled(self, id: str) -> bool:
        return self._arrivals[id] > 1 or self._executions[id] > 1

    def _is_lost(self, id: str) -> bool:
        row = self._rows.get(id)
        return row is None or row.state not in EXECUTED | IN_DOUBT

    def _problem_of(self, terms: Terms) -> str:
        asked = self._record.asked.get(terms.number)
        answer = self._record.answered.get(terms.number)
        if asked is None:
            return "was never placed: the run was too short"
        if answer is None:
            return "" if terms.number in self._record.cut_off else "was never answered"
        told = f"{answer.outcome} after {answer.seconds:.2f} s ({answer.text})"
        if answer.seconds > self._record.deadline + LATE:
            return f"was answered late: {told}"
        return "" if self._is_true(terms, asked, answer) else f"was answered untruly: {told}"

    def _is_true(self, terms: Terms, asked: Asked, answer: Answered) -> bool:
        candidates = [
            row
            for row in self._by_terms[terms.asset, terms.amount, terms.direction, terms.duration]
            if asked.at - CLOCKS <= row.created_at <= answer.at + CLOCKS
        ]
        if answer.outcome == OPENED:
            return self._deals.get(answer.id) in {row.id for row in candidates}
        if answer.outcome == "OrderUnknown":
            return answer.id in {row.id for row in candidates}
        if answer.outcome == ENDED:  # during the order or just before it: the journal says which
            return any(asked.at - LATE <= at <= answer.at + CLOCKS for at in self._record.killed_at)
        # The journal also has an equal order of the same moment, whose id is known.
        candidates = [row for row in candidates if row.id not in self._named]
        fitting = FITTING.get(answer.outcome, set())
        if fitting - {OrderState.NOT_PLACED} and not candidates:
            return True
        return any(row.state in fitting and row.id not in self._executions for row in candidates)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
