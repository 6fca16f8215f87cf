"""An order that is asked for again by its id: what became of the first."""

from actors.errors import NotPlaced, OrderUnknown, RequestError, RequestRefused
from actors.messages.commands import PlaceOrder
from actors.orders.log_lines import terms_of
from actors.orders.order import Order, OrderState
from actors.values import Deal


def conflict(first: Order | PlaceOrder, command: PlaceOrder, state: str) -> RequestRefused | None:
    """Why ``command`` is refused that has the id of ``first``, which is in ``state``: it is another order."""
    if _terms(first) == _terms(command):
        return None
    return RequestRefused(
        f"the id {command.id!r} is that of another order: {terms_of(first)}, which is {state}"
    )


def outcome(first: Order, deal: Deal | None) -> Deal | RequestError | None:
    """The answer for whoever asks for ``first`` again. ``deal`` is its deal as the venue last described it.

    ``None``: the answer is still to come, or the order has surely not left, so that it may be sent.
    """
    if first.in_flight or first.state is OrderState.NOT_SENT:
        return None
    if deal is not None:
        return deal
    match first.state:
        case OrderState.REFUSED:
            return RequestRefused(f"{first.reason}: the venue refused it; another try needs another id")
        case OrderState.NOT_PLACED:
            return NotPlaced(f"{first.reason}; another try needs another id")
        case _:
            return OrderUnknown(f"it was opened, and its deal is not known: {first.reason}", first.id)


def command_of(order: Order) -> PlaceOrder:
    """The command that the order was placed by."""
    return PlaceOrder(order.asset, order.amount, order.direction, order.duration, order.id)


def left_journal(id: str, state: OrderState) -> RequestRefused:
    """The refusal of an id whose order is so old that only its last state is kept."""
    return RequestRefused(
        f"the id {id!r} is that of an order that left the journal after orders.retention, {state.value}"
    )


def _terms(order: Order | PlaceOrder) -> tuple[object, ...]:
    pending = order.pending if isinstance(order, Order) else None
    return order.asset, order.amount, order.direction, order.duration, pending
