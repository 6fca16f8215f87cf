"""What our orders came to on one day: how many there were, and what their deals gained or lost."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from actors.arithmetic import minus, plus
from actors.orders.order import Order, OrderState
from actors.values import AccountKind

DAY: Final = 86_400
DAYS_KEPT: Final = 32
"""A month, so that a clock that was wrong for a while makes no day of the present forgotten."""
NOTHING: Final = Decimal(0)

COUNTED: Final = frozenset(
    {
        OrderState.JOURNALED,
        OrderState.UNKNOWN,
        OrderState.PENDING,
        OrderState.OPEN,
        OrderState.CLOSED,
    }
)
"""An order counts from when it may have been sent, until it is certain that no deal came of it."""


class _Share(NamedTuple):
    """What one order adds: 1 to the orders of a day, if any, and ``profit`` to the result of another."""

    ordered_on: int | None
    closed_on: int | None
    profit: Decimal


class DayTally:
    """Counts the orders of one account by the UTC day of the venue's clock.

    An order counts on the day on which its deal was opened, or it was made; a result on the day on which the
    deal closed. One that the venue never told counts as lost, since a limit has to hold in doubt too. Pending
    orders count on the day on which they were taken.
    """

    def __init__(self, account: AccountKind) -> None:
        self._account = account
        self._shares: dict[str, _Share] = {}
        self._orders: defaultdict[int, int] = defaultdict(int)
        self._results: defaultdict[int, Decimal] = defaultdict(Decimal)
        self._latest = 0

    def __repr__(self) -> str:
        orders, result = self._orders.get(self._latest, 0), self._results.get(self._latest, NOTHING)
        return f"<DayTally: on day {self._latest} {orders} orders, result {result:f}>"

    def take(self, orders: Iterable[Order]) -> None:
        """The orders as they are now; one that was taken before is taken anew."""
        for order in orders:
            if order.account is self._account:
                self._replace(order.id, _share(order))

    def counting(self, persist: Callable[[Sequence[Order]], None]) -> Callable[[Sequence[Order]], None]:
        """``persist`` for orders that are taken too, whether they can be journaled or not."""

        def take_and_persist(orders: Sequence[Order]) -> None:
            self.take(orders)
            persist(orders)

        return take_and_persist

    def take_pending(self, request: int, now: float) -> None:
        """A pending order is taken at ``now``, by the venue's clock. It counts by its ``request`` until
        ``drop_pending``, since there is no order yet."""
        self._replace(_taken(request), _Share(_day(now), None, NOTHING))

    def drop_pending(self, request: int) -> None:
        self._add(self._shares.pop(_taken(request), None), -1)

    def orders(self, now: float) -> int:
        """How many orders count on the day of ``now``, which is by the venue's clock."""
        return self._orders.get(_day(now), 0)

    def loss(self, now: float) -> Decimal:
        """What the deals that closed on the day of ``now`` lost together, gains deducted; 0 after a gain."""
        return max(NOTHING, minus(NOTHING, self._results.get(_day(now), NOTHING)))

    def _replace(self, id: str, share: _Share) -> None:
        if (before := self._shares.get(id)) == share:
            return
        self._add(before, -1)
        self._add(share, 1)
        self._shares[id] = share
        latest = max(share.ordered_on or 0, share.closed_on or 0)
        if latest > self._latest:
            self._latest = latest
            self._forget_before(latest - DAYS_KEPT)

    def _add(self, share: _Share | None, sign: int) -> None:
        if share is None:
            return
        if share.ordered_on is not None:
            self._orders[share.ordered_on] += sign
        if share.closed_on is not None:
            change = plus if sign > 0 else minus
            self._results[share.closed_on] = change(self._results[share.closed_on], share.profit)

    def _forget_before(self, day: int) -> None:
        self._shares = {
            id: share
            for id, share in self._shares.items()
            if max(share.ordered_on or 0, share.closed_on or 0) >= day
        }
        for table in (self._orders, self._results):
            for old in [each for each in table if each < day]:
                del table[old]


def _share(order: Order) -> _Share:
    deal = order.deal
    made_at = order.created_at if deal is None else deal.opened_at
    ordered_on = _day(made_at) if order.state in COUNTED else None
    if order.state is not OrderState.CLOSED or order.pending:
        return _Share(ordered_on, None, NOTHING)
    if deal is None:
        return _Share(ordered_on, _day(made_at + order.duration), minus(NOTHING, order.amount))
    result = minus(NOTHING, deal.amount) if deal.profit is None else deal.profit
    return _Share(ordered_on, _day(deal.closes_at), result)


def _taken(request: int) -> str:
    return f"request {request}"


def _day(utc: float) -> int:
    return int(utc // DAY)
