"""The orders that the ledger knows: all that may still change, and the last that may not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from actors.orders.order import UNFINISHED, Order

FINISHED_KEPT: Final = 1_000


class OrderTable:
    """The orders by id, as they are now, and which of them are still to be journaled."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._finished: dict[str, None] = {}  # ids, oldest first
        self._changed: dict[str, Order] = {}

    def __repr__(self) -> str:
        return f"<OrderTable: {len(self._orders)} orders, {len(self._finished)} of them finished>"

    def get(self, id: str) -> Order | None:
        return self._orders.get(id)

    def put(self, order: Order) -> str:
        """Keep a changed order, which is to be journaled. The id of the order that is forgotten for it."""
        self._changed[order.id] = order
        return self.keep(order)

    def keep(self, order: Order) -> str:
        """As ``put``, of an order that is journaled."""
        self._orders[order.id] = order
        self._finished.pop(order.id, None)
        if order.state in UNFINISHED:
            return ""
        self._finished[order.id] = None
        if len(self._finished) <= FINISHED_KEPT:
            return ""
        oldest = next(iter(self._finished))
        del self._finished[oldest], self._orders[oldest]
        return oldest

    @contextmanager
    def written_first(self, order: Order, write: Callable[[Sequence[Order]], None]) -> Iterator[None]:
        """Have ``write`` journal ``order`` as it becomes in the block. If it raises, the order as it is comes
        with the next ``record``, since the journal may have either."""
        try:
            write([order])
        except BaseException:
            self.put(self._orders[order.id])
            raise
        yield
        if self._changed.get(order.id) == order:
            del self._changed[order.id]

    def take_changed(self) -> list[Order]:
        """The orders that changed since the last call, each as it is now."""
        changed, self._changed = self._changed, {}
        return list(changed.values())

    def record(self, persist: Callable[[Sequence[Order]], None]) -> None:
        """Have ``persist`` journal the orders that changed since the last time.

        If it raises, they come again with the next call, and the error is the caller's.
        """
        changed = self.take_changed()
        try:
            persist(changed)
        except BaseException:
            self._changed = {order.id: order for order in changed} | self._changed
            raise
