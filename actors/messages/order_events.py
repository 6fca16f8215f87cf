"""The events of orders and deals: those that the desks publish, and the venue's messages behind them."""

from decimal import Decimal
from typing import ClassVar

from actors.messages.event import Event
from actors.messages.life import HasLife
from actors.values import Deal, PendingOrder


class OrderOpened(Event, frozen=True):
    """An order of this runtime became a deal; ``order`` is the id that the order desk gave it."""

    base_topic: ClassVar[str] = "order.opened"
    order: str
    deal: Deal


class OrderRefused(Event, frozen=True):
    """The venue refused an order; ``reason`` is the venue's own text."""

    base_topic: ClassVar[str] = "order.refused"
    order: str
    asset: str
    amount: Decimal
    reason: str


class OrderInDoubt(Event, frozen=True):
    """An order or a pending order was sent, and no answer has come: the venue's next lists decide what became
    of it."""

    base_topic: ClassVar[str] = "order.unknown"
    order: str
    asset: str
    amount: Decimal
    reason: str


class OrderNotPlaced(Event, frozen=True):
    """An order in doubt never became a deal, and a pending one never will: the lists of the venue show that,
    or it had never left."""

    base_topic: ClassVar[str] = "order.not_placed"
    order: str
    asset: str
    amount: Decimal


class OrderSettled(Event, frozen=True):
    """A person has said what became of an order in doubt: whether a deal was ``opened``, and why.

    ``OrderOpened`` comes first if there is exactly one deal that can be the order's.
    """

    base_topic: ClassVar[str] = "order.settled"
    order: str
    asset: str
    amount: Decimal
    opened: bool
    reason: str


class OrderClosed(Event, frozen=True):
    """A deal has closed, opened here or elsewhere; ``deal.outcome`` says how.

    It comes again, with the same ``deal.id``, if the venue's list corrects the result.
    """

    base_topic: ClassVar[str] = "order.closed"
    deal: Deal


class OrderOrphan(Event, frozen=True):
    """A deal that belongs to no order of this runtime: opened elsewhere, or after its order was given up."""

    base_topic: ClassVar[str] = "order.orphan"
    deal: Deal


class PendingOrderPlaced(Event, frozen=True):
    """The venue has a pending order of this runtime; ``order`` is the id that the runtime gave it.

    Where its answer was lost, it is told as an order is: by ``OrderInDoubt``, and then by this event,
    ``OrderNotPlaced``, ``OrderRefused`` or ``OrderSettled`` with the same id.
    """

    base_topic: ClassVar[str] = "order.placed"
    order: str
    pending: PendingOrder


class PendingOrdersListed(HasLife, Event, frozen=True):
    """The venue listed all pending orders of the account, as it does after a login and on every change.

    ``complete`` is false if a row could not be read: then the list does not prove that an order does not
    exist.
    """

    base_topic: ClassVar[str] = "order.pending"
    orders: list[PendingOrder]
    connection: str = ""
    epoch: int = 0
    complete: bool = True


class TradingHalted(Event, frozen=True):
    """Orders are halted; ``reason`` is that of ``Halt``."""

    base_topic: ClassVar[str] = "trading.halted"
    reason: str


class TradingResumed(Event, frozen=True):
    """``Resume`` has lifted the halt."""

    base_topic: ClassVar[str] = "trading.resumed"


class DealAccepted(Event, frozen=True):
    """The venue opened a deal. ``request_id`` is the id of an order, of this runtime or another program.

    This event and the next four are the venue's messages as they come; the desks make ``order.*`` of them.
    """

    base_topic: ClassVar[str] = "desk.accepted"
    internal: ClassVar[bool] = True
    connection: str
    request_id: str
    deal: Deal


class DealRefused(Event, frozen=True):
    """The venue refused to open a deal. Its message may name no request, only the asset.

    ``order`` is the id of the order that it must mean: one that this connection has sent for the asset and
    that has no answer yet. It is ``""`` if there is none.
    """

    base_topic: ClassVar[str] = "desk.refused"
    internal: ClassVar[bool] = True
    connection: str
    order: str
    asset: str
    reason: str


class DealsOpen(HasLife, Event, frozen=True):
    """The venue listed all open deals, as it does after a login and on every change.

    ``complete`` is false if a row could not be read: then the list does not prove that a deal does not exist.
    """

    base_topic: ClassVar[str] = "desk.open"
    internal: ClassVar[bool] = True
    connection: str
    epoch: int
    deals: list[Deal]
    complete: bool = True


class DealsClosed(HasLife, Event, frozen=True):
    """Closed deals: with ``listed`` the venue's list of the latest, otherwise those that closed just now.

    ``complete`` is as in ``DealsOpen``.
    """

    base_topic: ClassVar[str] = "desk.closed"
    internal: ClassVar[bool] = True
    connection: str
    epoch: int
    deals: list[Deal]
    listed: bool
    complete: bool = True


class PendingAnswered(Event, frozen=True):
    """The venue's answer to placing or cancelling a pending order.

    ``ticket`` is set for a cancellation, ``reason`` if it was refused. ``order`` is what was placed, or what
    was refused if the venue says so.
    """

    base_topic: ClassVar[str] = "desk.pending"
    internal: ClassVar[bool] = True
    connection: str
    ticket: str = ""
    order: PendingOrder | None = None
    reason: str = ""
