"""The account's book: its balance, its deals and its pending orders."""

from collections import deque
from decimal import Decimal
from itertools import count
from typing import NamedTuple

from msgspec import structs

from actors.values import Deal, Outcome
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import BalanceChange, RequestId
from runtime.practice.trading.context import MONEY
from runtime.practice.trading.deals import profit
from runtime.practice.trading.orders import KeptOrder

CLOSED_LISTED = 20
"""How many closed deals the venue lists."""


class Position(NamedTuple):
    """An open deal, and its outcome if that is forced."""

    deal: Deal
    forced: Outcome | None


class Book:
    """One for all sockets and regions of an account; every entry is written to the ledger too. Times are UTC.

    A stake leaves the balance when its deal opens and comes back, with the profit, when it closes.
    ``closed`` holds the latest deals, the newest first.
    """

    def __init__(self, uid: int, deposit: Decimal, ledger: ExchangeLedger, now: float) -> None:
        self.uid = uid
        self.opened: dict[str, Position] = {}
        self.closed: deque[Deal] = deque(maxlen=CLOSED_LISTED)
        self.pending: dict[str, KeptOrder] = {}
        self.pending_ids = count(1)
        self._balance = Decimal(0)
        self._ledger = ledger
        self._change_balance(deposit, "deposit", now)

    @property
    def balance(self) -> Decimal:
        return self._balance

    def open(self, position: Position, request_id: RequestId, now: float) -> None:
        deal = position.deal
        self.opened[deal.id] = position
        self._ledger.write_deal(request_id, deal)
        self._change_balance(deal.amount.copy_negate(), deal.id, now)

    def close(self, deal: Deal, close_price: float, now: float) -> Deal:
        """Returns the deal with its result."""
        del self.opened[deal.id]
        gain = profit(deal, close_price)
        ended = structs.replace(deal, close_price=close_price, profit=gain)
        self.closed.appendleft(ended)
        self._ledger.write_result(ended)
        self._change_balance(MONEY.add(deal.amount, gain), deal.id, now)
        return ended

    def refill(self, level: Decimal, now: float) -> None:
        """Top the balance up to ``level``."""
        if self._balance < level:
            self._change_balance(MONEY.subtract(level, self._balance), "refill", now)

    def _change_balance(self, change: Decimal, cause: str, now: float) -> None:
        self._balance = MONEY.add(self._balance, change)
        self._ledger.write_balance(BalanceChange(now, change, self._balance, cause, self.uid))
