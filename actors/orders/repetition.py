"""An order that is asked for again by its id: what became of the first."""

from typing import TypeVar

from actors.errors import Halted, NotPlaced, OrderUnknown, RequestError, RequestRefused
from actors.messages.commands import OrderCommand, PlaceOrder, PlacePendingOrder
from actors.orders.journal import Journal
from actors.orders.log_lines import terms_of
from actors.orders.order import Order, OrderState, PendingTerms

Result = TypeVar("Result")


def first_of(command: OrderCommand, known: Order | None, journal: Journal) -> Order | RequestError | None:
    """The order of the id of ``command``, if one was sent, or may have been; ``None``: there was no such
    order, or it has surely not left. ``known`` is the one of that id in memory.

    ``RequestRefused`` if the id is that of an order with other terms, or of one that has left the journal;
    ``OrderUnknown`` if the journal cannot be read.
    """
    if command.id is None:
        return None
    try:
        first = known or journal.find(command.id)
        retired = None if first else journal.retired(command.id)
    except Halted as error:
        reason = f"whether there is such an order cannot be looked up, so none was sent now: {error}"
        return OrderUnknown(reason, command.id)
    if retired is not None:
        return left_journal(command.id, retired)
    if first is None:
        return None
    if refused := conflict(first, command, first.state.value):
        return refused
    return None if first.state is OrderState.NOT_SENT else first


def conflict(first: Order | OrderCommand, command: OrderCommand, state: str) -> RequestRefused | None:
    """Why ``command`` is refused that has the id of ``first``, which is in ``state``: it is another order."""
    if _terms(first) == _terms(command):
        return None
    return RequestRefused(
        f"the id {command.id!r} is that of another order: {terms_of(first)}, which is {state}"
    )


def outcome(first: Order, result: Result | None) -> Result | RequestError | None:
    """The answer for a caller that asks for ``first`` again. ``result`` is its deal, or the pending order, as
    the venue last described it.

    ``None``: the answer is still to come, or the order has surely not left, so that it may be sent.
    """
    if first.in_flight or first.state is OrderState.NOT_SENT:
        return None
    if result is not None:
        return result
    match first.state:
        case OrderState.REFUSED:
            return RequestRefused(f"{first.reason}: the venue refused it; another try needs another id")
        case OrderState.NOT_PLACED:
            return NotPlaced(f"{first.reason}; another try needs another id")
        case _:
            return OrderUnknown(f"it was opened, and its deal is not known: {first.reason}", first.id)


def command_of(order: Order) -> OrderCommand:
    """The command that the order was placed by."""
    terms = order.pending
    if terms is None:
        return PlaceOrder(order.asset, order.amount, order.direction, order.duration, order.id)
    return PlacePendingOrder(
        order.asset,
        order.amount,
        order.direction,
        order.duration,
        open_at=terms.open_at,
        open_price=terms.open_price,
        minimum_payout=terms.minimum_payout,
        id=order.id,
    )


def left_journal(id: str, state: OrderState) -> RequestRefused:
    """The refusal of an id whose order is so old that only its last state is kept."""
    return RequestRefused(
        f"the id {id!r} is that of an order that left the journal after orders.retention, {state.value}"
    )


def _terms(order: Order | OrderCommand) -> tuple[object, ...]:
    terms = order.pending if isinstance(order, Order) else order
    waits_for: tuple[object, ...] = ()
    if isinstance(terms, PendingTerms | PlacePendingOrder):
        waits_for = terms.minimum_payout, terms.open_at, terms.open_price
    return order.asset, order.amount, order.direction, order.duration, *waits_for
