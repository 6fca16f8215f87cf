"""The commands of the desks: orders, deals, pending orders, and the halt."""

import reprlib
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from msgspec import structs

from actors.errors import NotSent, OrderUnknown, RequestRefused
from actors.messages.command import A_co, Command
from actors.messages.conversion import Amount, Length, Moment, convert_fields
from actors.tables.rows import DealList, PendingOrderList
from actors.values import Deal, Direction, PendingOrder

LONGEST_ID: Final = 128
"""Characters of an order's id."""

MOST_DIGITS: Final = 60
"""Of an amount, or zeros that its exponent stands for: it is written out in journals, logs and errors."""


class TradingCommand(Command[A_co], frozen=True):
    """Parent of the commands of the desks, which answer each by its deadline."""


class PlaceOrder(TradingCommand[Deal], frozen=True):
    """Open a deal of ``duration`` seconds. ``amount`` is in the account's currency; any number becomes a
    ``Decimal``.

    The answer is the open ``Deal``. The order is sent at most once, ever. Raises ``RequestRefused`` if it
    breaks a rule or a limit, or if the venue refused it; ``NotSent`` if it was not sent although nothing was
    wrong with it, or if the venue has no such deal; ``OrderUnknown`` if it was sent and its result is not
    known by the deadline. The error has the order's id, ``order``.

    ``id`` is the order's for ever, in the journal, in events and in errors: 1 to 128 printable characters.
    By default one is made. The same order with the same ``id`` again, from any program and after any restart,
    sends nothing if the first was sent, or may have been. Its answer is what became of the first: the
    ``Deal``, open or closed, or the error; while that is not known, it waits for it, until its own deadline.
    If the first was refused before it was sent, or ``NotSent``, it is a new try. An ``id`` whose order has
    another asset, amount, direction or duration raises ``RequestRefused``.
    """

    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    id: str | None = None

    if TYPE_CHECKING:  # what it takes; the fields are what it then has

        def __init__(
            self,
            asset: str,
            amount: Amount,
            direction: Direction | Literal["call", "put"],
            duration: Length,
            id: str | None = None,
            *,
            deadline: Length | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        convert_fields(self, self.times)
        check_id(self.id)
        structs.force_setattr(self, "amount", _checked_amount(self))


class AwaitResult(TradingCommand[Deal], frozen=True):
    """Wait for a deal to close. The answer is the closed ``Deal``, even if it was opened elsewhere or before
    a restart.

    Without a ``deadline`` it waits until shortly after the deal's own end. Raises ``RequestRefused`` for a
    deal that neither the venue nor the journal knows.
    """

    deal_id: str


class SettleOrder(TradingCommand[None], frozen=True):
    """Say what became of an order in doubt, where a person knows it, for example from the venue's page.

    ``order`` is the id in ``OrderUnknown`` and ``OrderInDoubt``. ``opened``: a deal came of it, or the venue
    has placed a pending one; otherwise none did. ``reason`` is kept in the journal. The answer is ``None``,
    once that is on the disk. Raises ``RequestRefused`` if there is no such order, if it is not in doubt, or
    without a ``reason``.
    """

    order: str
    opened: bool
    reason: str


class PendingCommand(TradingCommand[A_co], frozen=True):
    """Parent of the commands of the pending desk."""


class PlacePendingOrder(PendingCommand[PendingOrder], frozen=True):
    """Have the venue open a deal at ``open_at`` (Unix seconds), or when the price reaches ``open_price``.

    Exactly one of the two must be given. The deal is opened only if the payout is at least ``minimum_payout``
    percent then. The answer is the ``PendingOrder``. ``open_at`` is by the venue's clock. It counts as one of
    the day's orders.

    It is journaled and sent at most once, and its ``id`` and its errors are as those of ``PlaceOrder``.
    Pending orders leave one after another. One in doubt refuses one of the same asset and amount
    (``NotSent``) until the venue's lists tell what became of it.
    """

    times: ClassVar[frozenset[str]] = frozenset({"open_at"})

    asset: str
    amount: Decimal
    direction: Direction
    duration: int
    open_at: float | None = None
    open_price: float | None = None
    minimum_payout: int = 0
    id: str | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            asset: str,
            amount: Amount,
            direction: Direction | Literal["call", "put"],
            duration: Length,
            open_at: Moment | None = None,
            open_price: float | None = None,
            minimum_payout: int = 0,
            id: str | None = None,
            *,
            deadline: Length | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        convert_fields(self, self.times)
        check_id(self.id)
        structs.force_setattr(self, "amount", _checked_amount(self))


class CancelPendingOrder(PendingCommand[str], frozen=True):
    """Cancel a pending order. The answer is its ticket, once the venue confirms or no longer lists it.

    Where the answer is lost, the venue's next list decides. Raises ``RequestRefused`` if the venue does not
    cancel it, or has opened a deal that may be its. After ``RequestTimeout`` it may be repeated.
    """

    ticket: str


class GetOpenedDeals(TradingCommand[DealList], frozen=True):
    """The answer is the venue's latest list of open deals, a ``DealList``."""


class GetClosedDeals(TradingCommand[DealList], frozen=True):
    """The answer is a ``DealList`` of closed deals: those that the venue lists, and those closed since the
    start."""


class GetPendingOrders(PendingCommand[PendingOrderList], frozen=True):
    """The answer is the venue's latest list of pending orders, a ``PendingOrderList``.

    While one of ours is in doubt, a list from before the doubt is no answer: it waits for the list of a later
    login. Raises ``RequestTimeout`` by its deadline, which names the orders in doubt.
    """


class Halt(TradingCommand[None], frozen=True):
    """Send no order until ``Resume``, even after a restart. Answered with ``None`` once that is so.

    It overtakes the messages that wait in the router's inbox.
    """

    overtakes: ClassVar[bool] = True

    reason: str = ""


class Resume(TradingCommand[bool], frozen=True):
    """Allow orders again. The answer is whether they were halted."""


def check_id(id: str | None) -> None:
    """Raises ``RequestRefused`` unless it can be the id of an order, or is ``None``: one is to be made."""
    if id is None:
        return
    if type(id) is not str or not 1 <= len(id) <= LONGEST_ID or not id.isprintable() or id != id.strip():
        raise RequestRefused(
            f"id must be text of 1 to {LONGEST_ID} printable characters without spaces around it, or None,"
            f" not {reprlib.repr(id)}"
        )


def order_id(command: Command) -> str:
    """The id of the order that ``command`` places: its caller's choice, or a new one; ``""`` for any other
    command."""
    if not isinstance(command, OrderCommand):
        return ""
    return command.id or str(uuid.uuid4())


def unsent(command: object, reason: str, order: str = "") -> NotSent | OrderUnknown:
    """The error for a command that was not sent, and that no desk has seen: ``NotSent``. For an order whose
    caller chose the id it is ``OrderUnknown``, because an order of that id may have been sent before."""
    chosen = command.id if isinstance(command, OrderCommand) else None
    if chosen is None:
        return NotSent(reason, order)
    return OrderUnknown(f"{reason}; an order of this id may have been sent before", chosen)


def _checked_amount(order: "PlaceOrder | PlacePendingOrder") -> Decimal:
    # Otherwise the journal, the worker or the venue would find a wrong type, too late.
    if not isinstance(order.asset, str):
        raise RequestRefused(f"asset has to be a symbol, not {reprlib.repr(order.asset)}")
    if not isinstance(order.direction, Direction):
        raise RequestRefused(
            "direction has to be Direction.CALL or Direction.PUT, 'call' or 'put',"
            f" not {reprlib.repr(order.direction)}"
        )
    if type(order.duration) is not int:
        raise RequestRefused(f"duration has to be whole seconds, not {reprlib.repr(order.duration)}")
    return money(order.amount)


def money(amount: Decimal | float | str) -> Decimal:
    """``amount`` as ``Decimal``; a float is converted by way of its ``repr``, so 0.1 is 0.1.

    Raises ``RequestRefused`` if it is not a number.
    """
    try:
        value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    except ArithmeticError:
        raise RequestRefused("the amount is not a number") from None
    if not value.is_finite():
        raise RequestRefused("the amount is not a finite number")
    _, digits, exponent = value.as_tuple()
    if len(digits) > MOST_DIGITS or (isinstance(exponent, int) and abs(exponent) > MOST_DIGITS):
        raise RequestRefused(f"the amount has more than {MOST_DIGITS} digits")
    return value


OrderCommand = PlaceOrder | PlacePendingOrder
"""The commands that a deal may come of."""
