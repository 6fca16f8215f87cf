"""What callers ask about deals: the lists, and the result, for which they wait."""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from actors.errors import LocalProtocolError, RequestRefused, RequestTimeout
from actors.messages.commands import AwaitResult, GetClosedDeals, GetOpenedDeals
from actors.messages.events import Event, OrderClosed
from actors.messages.orders import TradingRequest
from actors.orders.desk_clock import DeskClock
from actors.orders.timeouts import RESULT_GRACE, ResultOverdue
from actors.orders.waiters import STOPPED, WaiterAnswer
from actors.tables.rows import DealList
from actors.values import Deal


class KnownDeals(Protocol):
    """All deals, as the venue last described them."""

    def deal(self, id: str) -> Deal | None: ...

    def open_deals(self) -> list[Deal]: ...

    def closed_deals(self) -> list[Deal]: ...


class ResultStep(NamedTuple):
    """What is to be done: ``answers`` to give, and ``dues`` that the desk tells itself, each in seconds."""

    answers: Sequence[tuple[int, Any]] = ()
    dues: Sequence[tuple[float, ResultOverdue]] = ()


class ResultWaiters:
    """The waiters for the result of each deal, any number. One that has been answered waits no more."""

    def __init__(self, clock: DeskClock, deals: KnownDeals) -> None:
        self._clock = clock
        self._deals = deals
        self._waiting: defaultdict[str, list[int]] = defaultdict(list)

    def __repr__(self) -> str:
        return f"<ResultWaiters: {sum(map(len, self._waiting.values()))} for {len(self._waiting)} deals>"

    def request(self, trade: TradingRequest, now: float) -> ResultStep:
        """The answer to a command about deals, or the wait of ``AwaitResult``."""
        match trade.command:
            case GetOpenedDeals():
                return ResultStep([(trade.id, DealList(self._deals.open_deals()))])
            case GetClosedDeals():
                return ResultStep([(trade.id, DealList(self._deals.closed_deals()))])
            case AwaitResult(deal_id=id):
                return self._await(trade, id, now)
            case command:
                raise LocalProtocolError(f"{type(command).__name__} is no command about deals")

    def _await(self, trade: TradingRequest, id: str, now: float) -> ResultStep:
        """The wait ends with the command's deadline, or ``RESULT_GRACE`` after the deal's end by the venue's
        clock, and in any case with the timeout of its caller."""
        deal = self._deals.deal(id)
        if deal is None:
            return ResultStep([(trade.id, RequestRefused(f"there is no deal {id!r}"))])
        if deal.outcome is not None:
            return ResultStep([(trade.id, deal)])
        self._waiting[id].append(trade.id)
        own_end = trade.command.deadline is None
        deadline = trade.waits_until if own_end else trade.expires_at
        dues: list[tuple[float, ResultOverdue]] = []
        if own_end:
            until_result = self._clock.until_end(deal) + RESULT_GRACE
            dues.append((max(0.0, until_result), ResultOverdue(trade.id, id, own_end=True)))
        if math.isfinite(deadline):
            dues.append((max(0.0, deadline - now), ResultOverdue(trade.id, id, own_end=False)))
        return ResultStep(dues=dues)

    def overdue(self, due: ResultOverdue) -> ResultStep:
        """The error for a waiter whose time has come, if it still waits; the others wait on. It waits on too
        if the venue's clock was set back meanwhile."""
        deal = self._deals.deal(due.deal)
        if due.own_end and self._clock.offset is not None and deal and deal.outcome is None:
            left = self._clock.until_end(deal) + RESULT_GRACE
            if left > 0:
                return ResultStep(dues=[(left, due)])
        return ResultStep(self._fail(due.deal, due.waiter, f"deal {due.deal} has not closed by the deadline"))

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
