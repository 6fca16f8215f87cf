"""What the log says of orders: a line for each event of the desk that a trader has to find there later."""

import math
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from actors.errors import RequestError, RequestRefused
from actors.messages.commands import PlaceOrder, PlacePendingOrder
from actors.messages.events import (
    Event,
    OrderClosed,
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    OrderSettled,
    PendingOrderPlaced,
    TradingHalted,
    TradingResumed,
)
from actors.orders.order import Order
from actors.values import Deal, Direction, LogLevel, PendingOrder


class LogLine(NamedTuple):
    """One line, without a secret in it."""

    level: LogLevel
    text: str


def log_lines(news: Iterable[Event], order_of: Callable[[str], Order | None]) -> Iterator[LogLine]:
    """A line for each of ``news`` that concerns money; ``order_of`` finds an order by its id."""
    for event in news:
        line = _line(event, order_of)
        if line is not None:
            yield line


def not_placed_line(id: str, command: PlaceOrder | PlacePendingOrder, error: RequestError) -> str:
    """Why order ``id`` did not leave."""
    end = "refused" if isinstance(error, RequestRefused) else "not sent"
    return f"order {id} was {end}: {terms_of(command)}: {error}"


def terms_of(order: Order | PlaceOrder | PlacePendingOrder | PendingOrder) -> str:
    """Such as ``EURUSD_otc call 1.5 for 60 s``."""
    return _terms(order.asset, order.direction, order.amount, order.duration)


def _line(event: Event, order_of: Callable[[str], Order | None]) -> LogLine | None:
    match event:
        case OrderOpened(order=id, deal=deal):
            # What it is about comes before the ids: a terminal of 80 columns shows no more.
            text = f"opened deal {_deal(deal)}, payout {deal.payout} % (order {id}, deal {deal.id})"
            return LogLine("INFO", text)
        case PendingOrderPlaced(order=id, pending=pending):
            text = f"placed pending order {terms_of(pending)} (order {id}, ticket {pending.ticket})"
            return LogLine("INFO", text)
        case OrderRefused(order=id, reason=reason):
            return LogLine(
                "INFO", f"order {id} was refused by the venue: {_order(event, order_of)}: {reason}"
            )
        case OrderNotPlaced(order=id):
            text = f"order {id} came to nothing: {_order(event, order_of)}; it is safe to repeat"
            return LogLine("INFO", text)
        case OrderSettled(order=id, opened=opened, reason=reason):
            end = "opened" if opened else "not placed"
            return LogLine("WARNING", f"order {id} was settled by a person as {end}: {reason}")
        case OrderClosed(deal=deal):
            return LogLine("INFO", f"closed deal {_deal(deal)}, {_result(deal)} (deal {deal.id})")
        case OrderInDoubt(order=id, reason=reason):
            text = (
                f"order {id} is in doubt: {_order(event, order_of)}: {reason}; do not repeat it: the venue's"
                " lists after the next login tell what became of it"
            )
            return LogLine("WARNING", text)
        case OrderOrphan(deal=deal):
            text = (
                f"deal {deal.id} is of no order of this runtime: {_deal(deal)}; a pending order, a person or"
                " another program opened it; if none did, halt (ctl halt) and compare with the venue's page"
            )
            return LogLine("WARNING", text)
        case TradingHalted(reason=reason):
            text = f"orders are halted: {reason}; Resume (ctl resume) allows them again"
            return LogLine("WARNING", text)
        case TradingResumed():
            return LogLine("INFO", "orders are allowed again")
    return None


def _order(
    event: OrderRefused | OrderNotPlaced | OrderInDoubt, order_of: Callable[[str], Order | None]
) -> str:
    order = order_of(event.order)
    return f"{event.asset} {event.amount:f}" if order is None else terms_of(order)


def _deal(deal: Deal) -> str:
    # A deal closes at a whole second, or with the milliseconds that it was opened with: up to a second sooner
    # than its duration, which is whole, after it has opened.
    lasts = math.ceil(deal.closes_at - deal.opened_at - 0.01)
    return _terms(deal.asset, deal.direction, deal.amount, lasts)


def _terms(asset: str, direction: Direction, amount: Decimal, duration: float) -> str:
    return f"{asset} {direction.value} {amount:f} for {duration:g} s"


def _result(deal: Deal) -> str:
    if deal.outcome is None or deal.profit is None:
        return "without a result"
    return f"{deal.outcome.value}, profit {deal.profit:f}"
