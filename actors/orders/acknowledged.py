"""The open orders of which only an acknowledgement says so: a deal that no list has is nobody's."""

from collections.abc import Iterator

from actors.orders.deals import DealRecord
from actors.orders.order import Order, OrderState
from actors.orders.reconciliation import ClockReading, LifeLists, UnresolvedOrder


class AcknowledgedOrders:
    """Each with the record of its deal, until a list of the venue has that, or its result has come."""

    def __init__(self) -> None:
        self._orders: dict[str, tuple[UnresolvedOrder, DealRecord]] = {}
        self._most: ClockReading | None = None  # of what all of them were told

    def __repr__(self) -> str:
        return f"<AcknowledgedOrders: {len(self._orders)}>"

    def __iter__(self) -> Iterator[UnresolvedOrder]:
        return (unresolved for unresolved, _ in self._orders.values())

    def add(self, unresolved: UnresolvedOrder, record: DealRecord, step: int, clock: ClockReading) -> None:
        """``step`` and ``clock`` are those of the acknowledgement. Nothing of the order is under way any
        more, since the venue has answered it."""
        if not record.listed:
            unresolved.connection_lost(step, record.told, clock)
            self._orders[unresolved.order.id] = unresolved, record
            self._most = None

    def update(self, order: Order) -> None:
        """The order has changed."""
        if order.state is not OrderState.OPEN:
            self._orders.pop(order.id, None)

    def on_venue_clock(self, clock: ClockReading) -> None:
        """There may be hundreds of open orders, and only a clock that is further ahead than ever tells them
        anything."""
        if (most := self._most) is not None and not clock.exceeds(most):
            return
        for unresolved, _ in self._orders.values():
            unresolved.on_venue_clock(clock)
        self._most = clock if most is None else clock.most(most)

    def take_contradicted(self, lists: LifeLists) -> Iterator[tuple[UnresolvedOrder, DealRecord]]:
        """Those whose deal the lists of a later login lack, although they show every deal since the order.
        They are open orders no more.

        That there is another deal that fits is not enough: theirs may have been pushed out of the list.
        """
        for id, (unresolved, record) in list(self._orders.items()):
            if record.listed:
                del self._orders[id]
                continue
            unresolved.on_lists(lists)
            if lists.came_after(unresolved) and lists.shows(unresolved):
                del self._orders[id]
                yield unresolved, record

    def take(self, order: Order | None) -> UnresolvedOrder | None:
        """The order, open no more; ``None`` if it is none of them, or was left by an earlier process, whose
        lists may have had its deal."""
        unresolved, _ = self._orders.get(order.id, (None, None)) if order else (None, None)
        if order is None or unresolved is None or unresolved.since == 0:
            return None
        del self._orders[order.id]
        return unresolved
