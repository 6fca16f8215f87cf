"""The score: compares the deals of the exchange, the journal and the answers."""

import sqlite3
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import msgspec

from actors.orders.order import LEFT_IN_FLIGHT, MachineTime, OrderState
from actors.values import Deal, Direction
from labs.chaos.child import OPENED, Answered, Result, Terms
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import SocketRecord
from runtime.practice.trading.book import CLOSED_LISTED

LATE = 0.5
"""Seconds after the deadline from which an answer counts as late; a loaded machine needs some."""

LOOKED_UP = 2.0
"""Seconds for which it may be looked up after the deadline whether the order has left."""

ENDED_BY_TIMER = 1.0
"""Seconds after a suspend within which the timer of a worker ends it."""

TOLD = 1.5
"""Seconds within which a client on a loaded machine has read and journaled what the exchange tells it."""

EXECUTED = {OrderState.OPEN, OrderState.CLOSED}
IN_DOUBT = {OrderState.JOURNALED, OrderState.UNKNOWN}
NOT_EXECUTED = {"NotPlaced", "RequestRefused", "NotSent", "RateLimited", "Halted"}
"""Answers that say that no deal came of the order."""

TOLD_OF_ORDER = {OPENED, "NotPlaced"}
"""Answers to an order that was sent. An attached process says ``OrderUnknown`` by itself."""


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
    made: MachineTime | None = None


@dataclass
class Record:
    """The observations of one run; times are UTC by the exchange's clock."""

    orders: Sequence[Terms]
    deadline: float
    asked: dict[int, float] = field(default_factory=dict)
    answered: dict[int, tuple[Answered, float]] = field(default_factory=dict)
    given_up: list[Answered] = field(default_factory=list)
    """Answers to callers that gave up and asked again."""
    results: list[Result] = field(default_factory=list)
    kills: int = 0
    blind: list[tuple[float, float]] = field(default_factory=list)
    """When a runtime was up on a spoilt journal, alone: it is stopped before the venue's lists are in."""
    frozen: dict[int, float] = field(default_factory=dict)
    """When the process with this port was frozen for good: it read no more, though its socket stayed."""
    suspended: list[tuple[float, float]] = field(default_factory=list)
    """When the machine stood still; a worker whose timer ends it then has read nothing since."""
    forgotten: Counter[str] = field(default_factory=Counter)
    """How often an order was in the lost log of a journal alone. Asked for again, it is sent again: the limit
    in docs/orders.md."""
    faults: Mapping[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """Errors of the processes themselves."""

    def forget(self, id: str) -> None:
        """The log of the journal is lost that alone had the order: nothing may have been told of it."""
        self.forgotten[id] += 1
        numbers = {terms.number for terms in self.orders if terms.id == id}
        for answer in [*self.given_up, *(answer for answer, _ in self.answered.values())]:
            if answer.number in numbers and answer.outcome in TOLD_OF_ORDER:
                self.problems.append(f"order {id} was in the log alone, and was told as {answer.outcome}")


def read_journal(path: Path) -> list[Row]:
    with closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        rows = [dict(row) for row in db.execute("SELECT * FROM orders ORDER BY number")]
    for row in rows:
        for column in ("deal", "made"):
            row[column] = row[column] and msgspec.json.decode(row[column])
    return msgspec.convert(rows, list[Row])


class Score:
    """``violations`` are sentences; a good run has none.

    ``forgotten`` has the ids of the orders that were sent again because the journal had lost its log; what
    became of those is not judged. ``left`` has the ids of the orders that are in doubt at the end,
    ``beyond_proof`` those that nobody can know: more deals closed than the venue lists, while no connection
    was up; or the venue's lists have two deals that can be the order's, and nobody heard whose the other is;
    or the process that made the order never knew the venue's clock.
    """

    def __init__(self, record: Record, journal: Sequence[Row], ledger: ExchangeLedger) -> None:
        self._record = record
        self._terms = {terms.number: terms for terms in record.orders}
        self._rows = {row.id: row for row in journal}
        self._deals = {deal.id: deal for _, deal in ledger.deals()}
        self._origins = {deal.id: str(origin) for origin, deal in ledger.deals()}
        self._executions = Counter(self._origins.values())
        self._arrivals = Counter(str(order.request_id) for order in ledger.orders())
        times = {terms.id: self._times_sent(terms.id) for terms in record.orders}
        self.forgotten = [id for id in times if 0 < times[id] - 1 <= record.forgotten[id]]
        ours = [id for id in times if id not in self.forgotten]
        self.doubled = [id for id in ours if times[id] > 1]
        self.lost = [id for id in ours if self._executions[id] and self._is_lost(id)]
        self.untrue = list(self._untrue())
        in_doubt = [row for row in journal if row.state in IN_DOUBT]
        gaps = list(_gaps(ledger, record))
        self._logins = [socket.connected_at for socket in ledger.sockets() if socket.authenticated]
        self._heard_until = {socket.id: _heard_until(socket, record) for socket in ledger.sockets()}
        self._carriers = {str(order.request_id): order.socket for order in ledger.orders()}
        self.beyond_proof = [
            row.id
            for row in in_doubt
            if self._came_and_went(row, gaps) or self._has_a_twin(row) or _has_no_time(row)
        ]
        self.left = [row.id for row in in_doubt if row.id not in self.beyond_proof]
        self.violations = list(self._violations())

    def card(self) -> Iterator[str]:
        """The scorecard, line by line."""
        record = self._record
        states = Counter(row.state.value for row in self._rows.values())
        answers = [answer for answer, _ in record.answered.values()]
        seconds = [answer.seconds for answer in answers] or [0.0]
        again = Counter(answer.outcome for answer in record.given_up)
        executed = sum(self._executions[terms.id] for terms in record.orders)
        yield f"orders     {len(record.orders)}, asked {len(record.asked)}, executed {executed}"
        yield f"answers    {_counts(Counter(answer.outcome for answer in answers))}"
        yield f"gave up    {_counts(again)}; each asked again with the same id"
        yield f"results    {len(record.results)} told"
        yield f"latency    median {statistics.median(seconds) * 1000:.1f} ms, maximum {max(seconds):.2f} s"
        yield f"journal    {_counts(states)}"
        yield f"faults     {sum(record.faults.values())}: {_counts(record.faults)}"
        yield f"verdict    {self.summary()}"
        for violation in self.violations:
            yield f"VIOLATION  {violation}"

    def summary(self) -> str:
        return (
            f"{len(self.doubled)} doubled, {len(self.lost)} lost, {len(self.untrue)} untrue answers,"
            f" {len(self.left)} left in doubt, {len(self.beyond_proof)} beyond proof,"
            f" {len(self.forgotten)} sent again without the log"
        )

    def _violations(self) -> Iterator[str]:
        yield from self._record.problems
        for id in self.doubled:
            yield f"order {id} arrived {self._arrivals[id]} times, executed {self._executions[id]} times"
        for id in self.lost:
            row = self._rows.get(id)
            state = f"{row.state.value} ({row.reason})" if row else "missing"
            yield f"order {id} was executed, and is {state} in the journal"
        yield from self.untrue
        for id in self.left:
            row = self._rows[id]
            executed = "executed" if self._executions[id] else "not executed"
            yield f"order {id} of {row.duration} s, {executed}, is left in doubt: {row.reason}"
        for number, terms in self._terms.items():
            if problem := self._missing(number):
                yield f"order {terms.id}: {problem}"

    def _times_sent(self, id: str) -> int:
        return max(self._arrivals[id], self._executions[id])

    def _is_lost(self, id: str) -> bool:
        row = self._rows.get(id)
        return row is None or row.state not in EXECUTED | IN_DOUBT

    def _missing(self, number: int) -> str:
        if number not in self._record.asked:
            return "was never placed: the run was too short"
        if number not in self._record.answered:
            return "was never answered"
        answer, _ = self._record.answered[number]
        looked_up = LOOKED_UP if answer.outcome == "OrderUnknown" else 0.0
        late = answer.seconds > self._record.deadline + looked_up + LATE
        return f"was answered late: {answer.outcome} after {answer.seconds:.2f} s" if late else ""

    def _untrue(self) -> Iterator[str]:
        """What was told or journaled and is not so in the exchange's ledger."""
        for answer in [*self._record.given_up, *(answer for answer, _ in self._record.answered.values())]:
            terms = self._terms[answer.number]
            if terms.id not in self.forgotten and not self._is_true(terms, answer):
                yield f"order {terms.id} was answered untruly: {answer.outcome} ({answer.text})"
        for result in self._record.results:
            deal = self._deals.get(result.deal.id)
            if deal is None or (_terms_of(result.deal), result.deal.profit) != (_terms_of(deal), deal.profit):
                yield f"order {self._terms[result.number].id} was told another result: {result.deal}"
        for row in self._rows.values():
            if row.state not in EXECUTED or row.id in self.forgotten:
                continue
            if row.deal is None or self._origins.get(row.deal.id) != row.id:
                yield f"order {row.id} has taken a deal that is not its own"
            elif row.deal.profit not in {None, profit := self._deals[row.deal.id].profit}:
                yield f"order {row.id} has profit {row.deal.profit} in the journal, and {profit} in truth"

    def _is_true(self, terms: Terms, answer: Answered) -> bool:
        if answer.outcome == OPENED:
            return answer.deal is not None and self._is_its(terms, answer.deal)
        if answer.outcome == "OrderUnknown":
            return answer.order == terms.id
        if answer.outcome in NOT_EXECUTED and (answer.last or answer.outcome == "NotPlaced"):
            return not self._executions[terms.id]
        # A caller that gave up before the order left may have asked for it again, as a new order.
        return not answer.last and answer.outcome in NOT_EXECUTED

    def _is_its(self, terms: Terms, told: Deal) -> bool:
        deal = self._deals.get(told.id)
        return (
            deal is not None
            and self._origins[deal.id] == terms.id
            and _terms_of(told) == _terms_of(deal)
            and (deal.asset, deal.amount, deal.direction) == (terms.asset, terms.amount, terms.direction)
            and told.profit in {None, deal.profit}
        )

    def _came_and_went(self, row: Row, gaps: Sequence[tuple[float, float]]) -> bool:
        """Whether a deal of the order came and went in a gap, or could have, without anybody seeing it. What
        a process saw while the order was under way is gone with it."""
        number = next((terms.number for terms in self._record.orders if terms.id == row.id), None)
        if number is None:
            return False
        asked = self._record.asked[number]
        closings = [deal.closes_at for deal in self._deals.values()]
        if its := self._deal_of(row.id):
            return any(
                (begin - TOLD <= its.closes_at or row.reason == LEFT_IN_FLIGHT)
                and its.closes_at <= end
                and sum(its.closes_at < at <= end for at in closings) >= CLOSED_LISTED
                for begin, end in gaps
            )
        unseen = [(max(asked, self._last_login(begin)), begin, end) for begin, end in gaps if end > asked]
        return any(
            end - since >= row.duration - 1
            and sum(min(since, begin) <= at <= end for at in closings) >= CLOSED_LISTED
            for since, begin, end in unseen
        )

    def _last_login(self, at: float) -> float:
        """The last one before ``at`` whose lists were read by then. They prove what there was not: a list
        that came later over the same connection may have waited in it."""
        return max((login for login in self._logins if login + TOLD < at), default=at)

    def _has_a_twin(self, row: Row) -> bool:
        """Whether another client opened a like deal, acknowledged over the order's connection at its end."""
        its, carrier = self._deal_of(row.id), self._carriers.get(row.id)
        return (
            its is not None
            and carrier is not None
            and any(
                (deal.asset, deal.amount, deal.direction) == (its.asset, its.amount, its.direction)
                and abs(deal.opened_at - its.opened_at) <= TOLD
                and self._heard_until[carrier] <= deal.opened_at + TOLD
                for deal in self._deals.values()
                if deal.id != its.id and self._origins[deal.id] not in self._rows
            )
        )

    def _deal_of(self, id: str) -> Deal | None:
        return next((deal for deal in self._deals.values() if self._origins[deal.id] == id), None)


def _has_no_time(row: Row) -> bool:
    """Whether its deal cannot be told from others by its time, since its process was killed too early."""
    return row.made is not None and not row.made.venue_known


def _gaps(ledger: ExchangeLedger, record: Record) -> Iterator[tuple[float, float]]:
    """When no client was logged in that kept what it saw, between the first and the last login."""
    seen_to = None
    for socket in sorted(ledger.sockets(), key=lambda each: each.connected_at):
        if not socket.authenticated or any(a <= socket.connected_at <= b for a, b in record.blind):
            continue
        if seen_to is not None and socket.connected_at > seen_to:
            yield seen_to, socket.connected_at
        until = _heard_until(socket, record)
        seen_to = until if seen_to is None else max(seen_to, until)


def _heard_until(socket: SocketRecord, record: Record) -> float:
    """When its client read for the last time."""
    until = float("inf") if socket.closed_at is None else socket.closed_at
    if (frozen_at := record.frozen.get(socket.port, 0.0)) >= socket.connected_at:
        until = min(until, frozen_at)
    for begin, end in record.suspended:
        if socket.connected_at < begin <= until <= end + ENDED_BY_TIMER:
            until = begin
    return until


def _terms_of(deal: Deal) -> tuple[object, ...]:
    return deal.id, deal.asset, deal.direction, deal.amount, deal.closes_at, deal.open_price, deal.account


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
