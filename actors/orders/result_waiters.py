"""Callers that wait for the result of a deal."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable

from actors.errors import RequestTimeout
from actors.messages.events import Event, OrderClosed
from actors.messages.orders import TradingRequest
from actors.orders.desk_clock import DeskClock
from actors.orders.timeouts import RESULT_GRACE, ResultOverdue
from actors.orders.waiters import STOPPED, WaiterAnswer
from actors.values import Deal


class ResultWaiters:
    """The waiters for the result of each deal, any number. One that has been answered waits no more."""

    def __init__(self, clock: DeskClock) -> None:
        self._clock = clock
        self._waiting: defaultdict[str, list[int]] = defaultdict(list)

    def __repr__(self) -> str:
        return f"<ResultWaiters: {sum(map(len, self._waiting.values()))} for {len(self._waiting)} deals>"

    def add(self, trade: TradingRequest, deal: Deal, now: float) -> list[tuple[float, ResultOverdue]]:
        """When the wait ends, each in seconds from ``now``: with the command's deadline, or ``RESULT_GRACE``
        after the deal's end by the venue's clock, and in any case with the timeout of its caller."""
        self._waiting[deal.id].append(trade.id)
        own_end = trade.command.deadline is None
        deadline = trade.waits_until if own_end else trade.expires_at
        ends: list[tuple[float, ResultOverdue]] = []
        if own_end:
            until_result = self._clock.until_end(deal) + RESULT_GRACE
            ends.append((max(0.0, until_result), ResultOverdue(trade.id, deal.id, own_end=True)))
        if math.isfinite(deadline):
            ends.append((max(0.0, deadline - now), ResultOverdue(trade.id, deal.id, own_end=False)))
        return ends

    def longer(self, due: ResultOverdue, deal: Deal | None) -> float:
        """How many seconds the wait goes on, because the venue's clock was set back meanwhile."""
        if not due.own_end or self._clock.offset is None or deal is None or deal.outcome is not None:
            return 0.0
        return max(0.0, self._clock.until_end(deal) + RESULT_GRACE)

    def overdue(self, due: ResultOverdue) -> list[WaiterAnswer]:
        """The error for a waiter whose time has come, if it still waits; the others wait on."""
        return self._fail(due.deal, due.waiter, f"deal {due.deal} has not closed by the deadline")

    def withdraw(self, waiter: int) -> list[WaiterAnswer]:
        """The caller of ``waiter`` waits no longer, if it did."""
        deal = next((deal for deal, waiting in self._waiting.items() if waiter in waiting), "")
        return self._fail(deal, waiter, "the deal has not closed while its caller waited")

    def apply(self, events: Iterable[Event]) -> list[WaiterAnswer]:
        """The answers that ``events`` of the ledger give."""
        closed = [event.deal for event in events if isinstance(event, OrderClosed)]
        return [(waiter, deal) for deal in closed for waiter in self._waiting.pop(deal.id, ())]

    def unanswered(self) -> list[WaiterAnswer]:
        """The errors for all that still wait when the runtime stops."""
        waiting = list(itertools.chain.from_iterable(self._waiting.values()))
        self._waiting.clear()
        return [(waiter, RequestTimeout(STOPPED)) for waiter in waiting]

    def _fail(self, deal: str, waiter: int, reason: str) -> list[WaiterAnswer]:
        waiting = self._waiting.get(deal, [])
        if waiter not in waiting:
            return []
        waiting.remove(waiter)
        return [(waiter, RequestTimeout(reason))]
