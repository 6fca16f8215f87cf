"""A journal in memory that can be made to fail."""

import math
from collections.abc import Iterable, Sequence

from actors.errors import Halted
from actors.orders.order import Order, OrderState


class MemoryJournal:
    """``writes`` and ``notes`` have the batches in order; ``broken``, if set, is why every method fails."""

    shared = False
    sends_until = math.inf

    def __init__(self, orders: Iterable[Order] = (), halted: str | None = None) -> None:
        self.writes: list[list[Order]] = []
        self.notes: list[list[Order]] = []
        self.broken = ""
        self.tidied = self.settled = 0
        self.unsettled = False
        self.closed = False
        self.old: dict[str, OrderState] = {}  # the last states of orders that have left
        self._orders = {order.id: order for order in orders}
        self._halted = halted

    def load(self) -> list[Order]:
        return [order for order in self._orders.values() if order.pending is None]

    def load_pending(self) -> list[Order]:
        return [order for order in self._orders.values() if order.pending is not None]

    def since(self, created_at: float) -> list[Order]:
        return [order for order in self._orders.values() if order.created_at >= created_at]

    def write(self, orders: Sequence[Order]) -> None:
        self._keep(orders, self.writes)

    def note(self, orders: Sequence[Order]) -> None:
        self._keep(orders, self.notes)

    def refusal(self) -> str | None:
        return self.broken or None

    def find(self, id: str) -> Order | None:
        self._check()
        return self._orders.get(id)

    def retired(self, id: str) -> OrderState | None:
        return self.old.get(id)

    def settle(self) -> None:
        self._check()
        self.settled += 1
        self.unsettled = False

    def halted(self) -> str | None:
        return self._halted

    def halt(self, reason: str) -> None:
        self._check()
        self._halted = reason

    def resume(self) -> bool:
        self._check()
        was_halted, self._halted = self._halted is not None, None
        return was_halted

    def tidy(self) -> None:
        self._check()
        self.tidied += 1

    def close(self) -> None:
        self.closed = True

    def _keep(self, orders: Sequence[Order], batches: list[list[Order]]) -> None:
        if not orders:
            return
        self._check()
        batches.append(list(orders))
        self.unsettled = True
        self._orders |= {order.id: order for order in orders}

    def _check(self) -> None:
        if self.broken:
            raise Halted(self.broken)
