"""What happened to orders and deals: the desk's facts, and the venue's words that it makes them of."""

from decimal import Decimal
from typing import ClassVar

from actors.messages.event import Event
from actors.messages.life import HasLife
from actors.values import Deal, PendingOrder


class OrderOpened(Event, frozen=True):
    """An order of ours became a deal; ``order`` is the id that the desk gave it."""

    base_topic: ClassVar[str] = "order.opened"
    order: str
    deal: Deal


class OrderRefused(Event, frozen=True):
    """The venue refused an order; ``reason`` is its own word for why."""

    base_topic: ClassVar[str] = "order.refused"
    order: str
    asset: str
    amount: Decimal
    reason: str


class OrderInDoubt(Event, frozen=True):
    """An order was sent and its connection lost before the answer: it waits for evidence."""

    base_topic: ClassVar[str] = "order.unknown"
    order: str
    asset: str
    amount: Decimal
    reason: str


class OrderNotPlaced(Event, frozen=True):
    """The venue's lists show that an unknown order never became a deal."""

    base_topic: ClassVar[str] = "order.not_placed"
    order: str
    asset: str
    amount: Decimal


class OrderClosed(Event, frozen=True):
    """A deal has ended, ours or not; ``deal.outcome`` says how."""

    base_topic: ClassVar[str] = "order.closed"
    deal: Deal


class OrderOrphan(Event, frozen=True):
    """A deal that no order of ours accounts for: opened elsewhere, or after we had given it up."""

    base_topic: ClassVar[str] = "order.orphan"
    deal: Deal


class PendingOrdersListed(Event, frozen=True):
    """All pending orders of the account."""

    base_topic: ClassVar[str] = "order.pending"
    orders: list[PendingOrder]


class TradingHalted(Event, frozen=True):
    """No order is sent from now on."""

    base_topic: ClassVar[str] = "trading.halted"
    reason: str


class TradingResumed(Event, frozen=True):
    """Orders are sent again."""

    base_topic: ClassVar[str] = "trading.resumed"


class DealAccepted(Event, frozen=True):
    """The venue's word that it opened a deal; ``request_id`` is our order id, or another's.

    This and the next four are the venue's words as they come; the order desk makes ``order.*`` of them.
    """

    base_topic: ClassVar[str] = "desk.accepted"
    internal: ClassVar[bool] = True
    connection: str
    request_id: str
    deal: Deal


class DealRefused(Event, frozen=True):
    """The venue's word that it opened none: it names no request, only what was asked.

    ``order`` is the id of the order that it must be meant for, ``""`` if this connection has sent none for
    the asset that has no answer yet.
    """

    base_topic: ClassVar[str] = "desk.refused"
    internal: ClassVar[bool] = True
    connection: str
    order: str
    asset: str
    reason: str


class DealsOpen(HasLife, Event, frozen=True):
    """All open deals, pushed after login and on every change.

    Unless ``complete``, a row could not be read: then the list proves of no deal that there is none.
    """

    base_topic: ClassVar[str] = "desk.open"
    internal: ClassVar[bool] = True
    connection: str
    epoch: int
    deals: list[Deal]
    complete: bool = True


class DealsClosed(HasLife, Event, frozen=True):
    """Deals that ended: with ``listed`` the venue's list of the latest, else those that ended just now.

    ``complete`` as in ``DealsOpen``.
    """

    base_topic: ClassVar[str] = "desk.closed"
    internal: ClassVar[bool] = True
    connection: str
    epoch: int
    deals: list[Deal]
    listed: bool
    complete: bool = True


class PendingAnswered(Event, frozen=True):
    """The venue's answer to opening or cancelling a pending order.

    ``ticket`` is set for a cancellation; ``order`` where it was opened; ``reason`` where it was refused.
    """

    base_topic: ClassVar[str] = "desk.pending"
    internal: ClassVar[bool] = True
    connection: str
    ticket: str = ""
    order: PendingOrder | None = None
    reason: str = ""
