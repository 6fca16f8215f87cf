"""Orders and deals as an operator reads them; no I/O, no clock.

Times are in UTC, amounts in the account's currency, both as the venue gave them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from actors.arithmetic import plus
from actors.orders.order import UNFINISHED, Order, OrderState
from actors.values import Balance, Deal
from runtime.cli.text_table import text_table
from runtime.logs import printable

DAY: Final = 86_400
LEAST_DECIMALS: Final = 2
IN_DOUBT: Final = "in doubt"
UNDER_WAY: Final = "under way"
NOTHING: Final = Decimal(0)


def of_today(orders: Iterable[Order], now: float) -> list[Order]:
    """The orders that are unfinished, and those whose deals closed on the UTC day of ``now``."""
    began = now // DAY * DAY
    return [order for order in orders if order.state in UNFINISHED or _closed_since(order, began)]


def order_table(orders: Sequence[Order], *, running: bool) -> str:
    """A line for each order. ``running``: a runtime works on them; without one, an order that was under way
    may have been sent, so it is in doubt."""
    titles = ("ORDER", "STATE", "ASSET", "SIDE", ">STAKE", ">FOR", "TIME", "ENDS", ">PROFIT", "DEAL", "NOTE")
    return text_table(titles, [_order_row(order, running=running) for order in orders])


def order_summary(orders: Sequence[Order], left_out: int, *, running: bool) -> str:
    """How many there are in which state, and what the closed ones came to."""
    counts: dict[str, int] = {}
    for order in orders:
        state = _state(order, running=running)
        counts[state] = counts.get(state, 0) + 1
    parts = [f"{count} {state}" for state, count in counts.items()] or ["no orders"]
    closed = [order.deal for order in orders if order.state is OrderState.CLOSED and order.deal]
    if closed:
        parts.append(f"profit {_signed(_profit(closed))}")
    if left_out:
        parts.append(f"{left_out} others, which --all shows")
    return ", ".join(parts)


def deal_table(open_deals: Sequence[Deal], closed_deals: Sequence[Deal]) -> str:
    """A line for each deal, the closed ones after the open ones, each by the time of its end."""
    titles = ("DEAL", "STATE", "ASSET", "SIDE", ">STAKE", "OPENED", "ENDS", ">PAYOUT", ">PROFIT")
    deals = [*sorted(open_deals, key=_end), *sorted(closed_deals, key=_end)]
    return text_table(titles, [_deal_row(deal) for deal in deals])


def deal_summary(open_deals: Sequence[Deal], closed_deals: Sequence[Deal]) -> str:
    """How many there are, and what they came to."""
    staked = NOTHING
    for deal in open_deals:
        staked = plus(staked, deal.amount)
    closed = f"{len(closed_deals)} closed, profit {_signed(_profit(closed_deals))}"
    return f"{len(open_deals)} open, stakes {money_text(staked)}; {closed}"


def balance_text(balance: Balance) -> str:
    return f"the {balance.account.value} balance is {money_text(balance.amount)}"


def money_text(amount: Decimal) -> str:
    """With all of its decimals, and two at least."""
    exponent = amount.as_tuple().exponent
    decimals = max(LEAST_DECIMALS, -exponent if isinstance(exponent, int) else 0)
    return f"{amount:,.{decimals}f}"


def deals_of(orders: Iterable[Order]) -> tuple[list[Deal], list[Deal]]:
    """The deals of ``orders`` that are open, and those that have closed."""
    deals = [order.deal for order in orders if order.deal and order.state is not OrderState.UNKNOWN]
    return [deal for deal in deals if deal.outcome is None], [deal for deal in deals if deal.outcome]


def _closed_since(order: Order, began: float) -> bool:
    ended_at = order.deal.closes_at if order.deal else order.created_at + order.duration
    return order.state is OrderState.CLOSED and ended_at >= began


def _state(order: Order, *, running: bool) -> str:
    if order.state is OrderState.JOURNALED and running:
        return UNDER_WAY
    return IN_DOUBT if order.in_flight else order.state.value


def _order_row(order: Order, *, running: bool) -> tuple[str, ...]:
    deal = None if order.state is OrderState.UNKNOWN else order.deal
    return (
        printable(order.id),
        _state(order, running=running),
        printable(order.asset),
        order.direction.value,
        money_text(order.amount),
        f"{order.duration} s",
        _time(deal.opened_at if deal else order.created_at),
        _time(deal.closes_at) if deal else "-",
        _signed(deal.profit) if deal and deal.profit is not None else "-",
        printable(deal.id) if deal else "-",
        printable("; ".join(filter(None, [_pending_terms(order), order.reason]))) or "-",
    )


def _pending_terms(order: Order) -> str:
    terms = order.pending
    if terms is None:
        return ""
    when = f"at {_time(terms.open_at)}" if terms.open_at is not None else f"at the price {terms.open_price}"
    return f"opens {when}{terms.ticket and f', ticket {terms.ticket}'}"


def _deal_row(deal: Deal) -> tuple[str, ...]:
    return (
        printable(deal.id),
        "open" if deal.outcome is None else deal.outcome.value,
        printable(deal.asset),
        deal.direction.value,
        money_text(deal.amount),
        _time(deal.opened_at),
        _time(deal.closes_at),
        f"{deal.payout} %",
        "-" if deal.profit is None else _signed(deal.profit),
    )


def _profit(deals: Iterable[Deal]) -> Decimal:
    total = NOTHING
    for deal in deals:
        total = plus(total, deal.profit or NOTHING)
    return total


def _end(deal: Deal) -> float:
    return deal.closes_at


def _signed(amount: Decimal) -> str:
    return f"+{money_text(amount)}" if amount > 0 else money_text(amount)


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}Z"
