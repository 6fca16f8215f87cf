"""What the two desks tell one another, and the pending desk itself."""

from collections.abc import Callable

from msgspec import Struct

from actors.messages.control import Control
from actors.messages.lifecycle import Tellable
from actors.orders.order import Order
from actors.orders.timeouts import TimeCome
from actors.values import PendingOrder


class PendingDeskRefs(Control, frozen=True):
    """For the pending desk, which starts before the order desk: that desk, and the way out of requests.
    ``ended`` says whether that has ended, as in ``OutboundRef``."""

    order_desk: Tellable
    outbound: Tellable
    ended: Callable[[], bool] = lambda: False


class PendingCounted(Struct, frozen=True):
    """What the order desk has to count of trading request ``request``, which it had passed on: from now on
    ``orders`` as they are now, in place of the request itself. 0: they are those of requests before."""

    request: int
    orders: tuple[Order, ...] = ()


class PendingRefusalDue(TimeCome, frozen=True):
    """The venue has had the time to contradict its refusal of pending order ``order``, until ``at`` by a
    clock that a suspend stops."""

    order: str
    reason: str
    at: float


class CancellationDue(TimeCome, frozen=True):
    """The venue's list lacks ``order``, whose cancellation was sent. Until ``at``, by a clock that a suspend
    stops, the venue has had the time to say more. A deal that was seen after ``since`` may be the order's."""

    order: PendingOrder
    since: int
    at: float
