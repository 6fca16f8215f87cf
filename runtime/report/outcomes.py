"""What became of orders that brought no result, and of those that were in doubt; no I/O, no clock."""

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from actors.orders.order import Order, OrderState


class OrderFate(enum.Enum):
    """What became of an order, as a report counts it; only ``RESULT`` is in its figures of money."""

    RESULT = "closed with a result"
    OPEN = "open"
    UNDER_WAY = "under way"
    IN_DOUBT = "in doubt"
    PENDING = "pending at the venue"
    PENDING_ENDED = "pending order ended"
    NO_RESULT = "closed without a known result"
    REFUSED = "refused by the venue"
    NOT_PLACED = "not placed"
    NOT_SENT = "not sent"
    RETIRED = "no longer in the journal"


class FateCount(Struct, frozen=True):
    fate: OrderFate
    orders: int


class ReasonCount(Struct, frozen=True):
    """So many orders had this fate for the same reason."""

    fate: OrderFate
    reason: str
    orders: int


class FollowedOrder(Struct, frozen=True):
    """An order that is in doubt or under way, or whose state was not told by its own answer: ``reason`` says
    what happened. ``profit`` is its result, if it has one; ``at`` is when it was made, in Unix seconds."""

    id: str
    at: float
    asset: str
    direction: str
    amount: Decimal
    duration: int
    fate: OrderFate
    reason: str
    profit: Decimal | None


_FATES = {
    OrderState.CREATED: OrderFate.NOT_SENT,
    OrderState.NOT_SENT: OrderFate.NOT_SENT,
    OrderState.PENDING: OrderFate.PENDING,
    OrderState.OPEN: OrderFate.OPEN,
    OrderState.REFUSED: OrderFate.REFUSED,
    OrderState.UNKNOWN: OrderFate.IN_DOUBT,
    OrderState.NOT_PLACED: OrderFate.NOT_PLACED,
}
_GIVEN_REASONS = (OrderFate.REFUSED, OrderFate.NOT_SENT, OrderFate.NOT_PLACED)
_PLAIN = {*_GIVEN_REASONS, OrderFate.PENDING, OrderFate.PENDING_ENDED}


def fate_of(order: Order, *, running: bool) -> OrderFate:
    """``running``: a runtime works on the journal. Without one, an order that was under way may have been
    sent, so it is in doubt."""
    match order.state:
        case OrderState.JOURNALED:
            return OrderFate.UNDER_WAY if running else OrderFate.IN_DOUBT
        case OrderState.CLOSED if order.pending is not None:
            return OrderFate.PENDING_ENDED
        case OrderState.CLOSED:
            known = order.deal is not None and order.deal.profit is not None
            return OrderFate.RESULT if known else OrderFate.NO_RESULT
    return _FATES[order.state]


def count_fates(orders: Iterable[Order], retired: int, *, running: bool) -> list[FateCount]:
    """Those that there are, in the order of ``OrderFate``; together they are all orders."""
    counts = Counter(fate_of(order, running=running) for order in orders)
    counts[OrderFate.RETIRED] = retired
    return [FateCount(fate, counts[fate]) for fate in OrderFate if counts[fate]]


def count_reasons(orders: Iterable[Order], *, running: bool) -> list[ReasonCount]:
    """Why orders were refused, not placed or not sent, the most frequent first."""
    found = [(fate_of(order, running=running), order.reason) for order in orders]
    counts = Counter(each for each in found if each[0] in _GIVEN_REASONS)
    return [ReasonCount(*each, orders) for each, orders in counts.most_common()]


def followed(orders: Sequence[Order], *, running: bool) -> list[FollowedOrder]:
    """The oldest first."""
    return [_followed(order, running) for order in orders if _needs_a_look(order, running)]


def _needs_a_look(order: Order, running: bool) -> bool:
    fate = fate_of(order, running=running)
    if fate in _PLAIN:
        return False
    return fate in {OrderFate.IN_DOUBT, OrderFate.UNDER_WAY, OrderFate.NO_RESULT} or bool(order.reason)


def _followed(order: Order, running: bool) -> FollowedOrder:
    fate = fate_of(order, running=running)
    deal = order.deal if fate is OrderFate.RESULT else None
    return FollowedOrder(
        *(order.id, order.created_at, order.asset, order.direction.value, order.amount, order.duration),
        *(fate, order.reason, None if deal is None else deal.profit),
    )
