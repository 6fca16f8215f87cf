"""One order of ours, and the transitions of its state."""

import enum
from decimal import Decimal
from typing import Final, Self

from msgspec import Struct, structs

from actors.errors import LocalProtocolError
from actors.values import AccountKind, Deal, Direction


class OrderState(enum.Enum):
    """What is known of an order."""

    CREATED = "created"
    JOURNALED = "journaled"  # on disk; from here on it may have been sent
    NOT_SENT = "not sent"
    OPEN = "open"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # it may have been sent, and no answer came; only evidence leads out of this state
    NOT_PLACED = "not placed"
    CLOSED = "closed"


TRANSITIONS: Final[dict[OrderState, frozenset[OrderState]]] = {
    OrderState.CREATED: frozenset({OrderState.JOURNALED}),
    OrderState.JOURNALED: frozenset(
        {OrderState.NOT_SENT, OrderState.OPEN, OrderState.REFUSED, OrderState.UNKNOWN}
    ),
    # NOT_SENT: the news that it never left this process can come after its deadline.
    OrderState.UNKNOWN: frozenset(
        {OrderState.OPEN, OrderState.NOT_PLACED, OrderState.REFUSED, OrderState.NOT_SENT}
    ),
    OrderState.NOT_PLACED: frozenset({OrderState.OPEN}),  # the deal appeared after the verdict
    # Where a refusal names no request, it can hit the wrong order; an acknowledgement cannot.
    OrderState.REFUSED: frozenset({OrderState.OPEN}),
    OrderState.OPEN: frozenset({OrderState.CLOSED}),
    OrderState.NOT_SENT: frozenset(),
    OrderState.CLOSED: frozenset(),
}

IN_FLIGHT: Final = frozenset({OrderState.JOURNALED, OrderState.UNKNOWN})
GIVEN_UP: Final = frozenset({OrderState.NOT_PLACED, OrderState.REFUSED})
SETTLED: Final = frozenset(
    {OrderState.NOT_SENT, OrderState.REFUSED, OrderState.OPEN, OrderState.CLOSED}
)  # no list can change which deal is the order's
UNFINISHED: Final = frozenset({OrderState.JOURNALED, OrderState.UNKNOWN, OrderState.OPEN})

UNSENT_MARGIN: Final = 0.5  # seconds


def send_by(now: float, deadline: float) -> float:
    """The latest time to send an order, so that its answer can come by ``deadline``: half a second before it,
    or a quarter of the wait before it if that is less."""
    return deadline - min(UNSENT_MARGIN, (deadline - now) / 4)


class Order(Struct, frozen=True):
    """``id`` is also its request id on the wire. ``deal`` is set once it is known which deal is the order's.

    ``created_at`` is by our clock, the times of ``deal`` are by the venue's; both are UTC.
    """

    id: str
    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    account: AccountKind
    created_at: float
    state: OrderState = OrderState.CREATED
    deal: Deal | None = None
    reason: str = ""

    def become(self, state: OrderState, *, deal: Deal | None = None, reason: str = "") -> Self:
        """The order in its next state; raises ``LocalProtocolError`` unless ``TRANSITIONS`` has it."""
        if state not in TRANSITIONS[self.state]:
            raise LocalProtocolError(f"order {self.id} is {self.state.value}, it cannot become {state.value}")
        return structs.replace(self, state=state, deal=deal or self.deal, reason=reason or self.reason)

    @property
    def in_flight(self) -> bool:
        """Whether a deal may come of it, or has come, that we do not know of."""
        return self.state in IN_FLIGHT
