"""One order or pending order of ours, and the transitions of its state."""

import enum
from decimal import Decimal
from typing import Final, Self

from msgspec import Struct, structs

from actors.errors import LocalProtocolError
from actors.values import AccountKind, Deal, Direction, PendingOrder


class OrderState(enum.Enum):
    """What is known of an order."""

    CREATED = "created"
    JOURNALED = "journaled"  # on disk; from here on it may have been sent
    NOT_SENT = "not sent"
    PENDING = "pending"  # a pending order that the venue has
    OPEN = "open"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # it may have been sent, and no answer came; only evidence leads out of this state
    NOT_PLACED = "not placed"
    CLOSED = "closed"

    __hash__ = object.__hash__  # that of Enum is a call of Python for each look into a set of states


TRANSITIONS: Final[dict[OrderState, frozenset[OrderState]]] = {
    OrderState.CREATED: frozenset({OrderState.JOURNALED}),
    OrderState.JOURNALED: frozenset(
        {
            OrderState.NOT_SENT,
            OrderState.OPEN,
            OrderState.PENDING,
            OrderState.REFUSED,
            OrderState.UNKNOWN,
        }
    ),
    # NOT_SENT: the news that it never left this process can come after its deadline.
    OrderState.UNKNOWN: frozenset(
        {
            OrderState.OPEN,
            OrderState.PENDING,
            OrderState.NOT_PLACED,
            OrderState.REFUSED,
            OrderState.NOT_SENT,
            OrderState.CLOSED,  # a person has said so, and no list has its deal
        }
    ),
    # The deal appeared after the verdict.
    OrderState.NOT_PLACED: frozenset({OrderState.OPEN, OrderState.PENDING}),
    # Where a refusal names no request, it can hit the wrong order; an acknowledgement cannot.
    OrderState.REFUSED: frozenset({OrderState.OPEN, OrderState.PENDING}),
    # UNKNOWN: the venue's lists lack the deal or the ticket that it has acknowledged.
    OrderState.PENDING: frozenset({OrderState.CLOSED, OrderState.UNKNOWN}),
    OrderState.OPEN: frozenset({OrderState.CLOSED, OrderState.UNKNOWN}),
    OrderState.NOT_SENT: frozenset(),
    # A person has called it opened, and the venue says later which deal is its.
    OrderState.CLOSED: frozenset({OrderState.OPEN}),
}

IN_FLIGHT: Final = frozenset({OrderState.JOURNALED, OrderState.UNKNOWN})
GIVEN_UP: Final = frozenset({OrderState.NOT_PLACED, OrderState.REFUSED})
SETTLED: Final = frozenset(
    {OrderState.NOT_SENT, OrderState.REFUSED, OrderState.PENDING, OrderState.OPEN, OrderState.CLOSED}
)  # no list can change which deal is the order's
UNFINISHED: Final = frozenset({OrderState.JOURNALED, OrderState.UNKNOWN, OrderState.PENDING, OrderState.OPEN})

LEFT_IN_FLIGHT: Final = "it was in flight when we stopped"
"""The reason of the doubt about an order of an earlier process."""

UNSENT_MARGIN: Final = 0.5  # seconds


def send_by(now: float, deadline: float) -> float:
    """The latest time to send an order, so that its answer can come by ``deadline``: half a second before it,
    or a quarter of the wait before it if that is less."""
    return deadline - min(UNSENT_MARGIN, (deadline - now) / 4)


class MachineTime(Struct, frozen=True):
    """A moment by the clocks of this machine, of which a later process can tell how long ago it was.

    ``boot`` names the start of the machine, and ``elapsed`` are the seconds since then, suspends counted.
    ``wall`` is what the wall clock showed. ``venue_known``: the venue's clock was measured then, or is since.
    Of the ``seen_for`` seconds after it, every deal is known that can have been opened.
    """

    boot: str
    elapsed: float
    wall: float
    venue_known: bool = False
    seen_for: float = 0.0


class PendingTerms(Struct, frozen=True):
    """What a pending order has beyond an order: it waits at the venue until ``open_at`` (UTC, by the venue's
    clock) or until the price is ``open_price``. ``ticket`` is the venue's name for it, ``""`` while that is
    not known."""

    minimum_payout: int
    open_at: float | None = None
    open_price: float | None = None
    ticket: str = ""


def other_terms(meant: "Order | PendingOrder | Deal", deal: Deal) -> list[str]:
    """The terms of ``deal`` that are not those of ``meant``, how long it lasts left out."""
    account = deal.account if isinstance(meant, PendingOrder) else meant.account
    told = deal.asset, deal.amount, deal.direction, deal.account
    if (meant.asset, meant.amount, meant.direction, account) == told:
        return []  # as with nearly every row of the lists
    differences = (
        (meant.asset != deal.asset, f"asset {deal.asset} in place of {meant.asset}"),
        (meant.amount != deal.amount, f"amount {deal.amount:f} in place of {meant.amount:f}"),
        (meant.direction is not deal.direction, f"direction {deal.direction.value}"),
        (account is not deal.account, f"a {deal.account.value} account"),
    )
    return [text for differs, text in differences if differs]


class Order(Struct, frozen=True):
    """``id`` is also its request id on the wire. ``deal`` is set once it is known which deal is the order's;
    of an order in doubt it is the deal that the venue named for it, although it is not what was asked for.

    ``created_at`` and the times of ``deal`` are by the venue's clock, in UTC. ``after`` has ids with
    spaces between: first that of the deal that was known to have closed last when the order was made, empty
    for none, then those of like deals that are not its. ``pending`` is set for a pending order, and only for
    one. ``made`` is when it was made by clocks that tell its age after a restart; ``None`` where there are
    none, and for pending orders.
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
    after: str = ""
    pending: PendingTerms | None = None
    made: MachineTime | None = None

    def become(self, state: OrderState, *, deal: Deal | None = None, reason: str = "") -> Self:
        """The order in its next state; raises ``LocalProtocolError`` unless ``TRANSITIONS`` has it."""
        if state not in TRANSITIONS[self.state]:
            raise LocalProtocolError(f"order {self.id} is {self.state.value}, it cannot become {state.value}")
        kept = self.deal if self.state is OrderState.OPEN else None
        return structs.replace(self, state=state, deal=deal or kept, reason=reason or self.reason)

    def contradicted(self, deal: Deal, reason: str) -> Self:
        """The order in doubt, because the venue has named ``deal`` for it and ``deal`` cannot be its."""
        doubtful = self if self.state is OrderState.UNKNOWN else self.become(OrderState.UNKNOWN)
        return structs.replace(doubtful, deal=deal, reason=reason)

    def difference(self, deal: Deal, grain: float) -> str:
        """In which of its terms ``deal`` is not what was asked for; ``""`` if it is. ``grain`` is the
        difference in seconds that two stamps of one moment may have."""
        lasts = deal.closes_at - deal.opened_at
        found = other_terms(self, deal)
        if abs(lasts - self.duration) > grain:
            found.append(f"{lasts:g} s in place of {self.duration} s")
        return ", ".join(found)

    @property
    def kind(self) -> str:
        return "order" if self.pending is None else "pending"

    @property
    def closed_before(self) -> str:
        """The deal that had closed before the order was made: a list of closed deals that has it reaches back
        to before the order."""
        return self.after.partition(" ")[0]

    @property
    def not_its(self) -> frozenset[str]:
        """Like deals that are known not to be the order's."""
        return frozenset(self.after.split(" ")[1:])

    @property
    def may_be_acknowledged(self) -> bool:
        """Whether an answer that names it still tells which deal is its."""
        return self.in_flight or self.state in GIVEN_UP or (self.state is OrderState.CLOSED and not self.deal)

    @property
    def in_flight(self) -> bool:
        """Whether a deal may come of it, or has come, that we do not know of."""
        return self.state in IN_FLIGHT
