"""The orders and deals of a run: in doubt, open, pending, and closed today."""

from decimal import Decimal

from actors.arithmetic import minus, percent_of, rounded
from actors.messages.events import OrderInDoubt
from actors.values import Deal, Direction, Outcome, PendingOrder
from runtime.cli.output.cells import Cell, GridColumn, Row, Strip, cut, grid, limited, part, width_of
from runtime.cli.output.deal_book import NOTHING, Trades
from runtime.cli.output.snapshot import Snapshot
from runtime.cli.output.texts import amount_text, left_text, profit_style, profit_text, time_text
from runtime.cli.output.view import KeyState

_CENT = Decimal("0.01")

_COLUMNS = [
    GridColumn("ASSET"),
    GridColumn("SIDE"),
    GridColumn("STAKE", right=True),
    GridColumn("ENTRY", rank=2, right=True),
    GridColumn("NOW", rank=1, right=True),
    GridColumn("PAYOUT", rank=3, right=True),
    GridColumn("LEFT", right=True),
    GridColumn("RESULT", right=True),
    GridColumn("OPENED", rank=4),
    GridColumn("DEAL", rank=5),
]


def trade_panel(snapshot: Snapshot, view: KeyState, width: int, height: int, skip: int = 0) -> list[Strip]:
    """At most ``height`` lines, of which the first counts."""
    head = cut(_head(snapshot, width), width)
    trades = snapshot.trades
    rows = [
        *(_doubt_row(each) for each in trades.doubts if view.matches(each.asset)),
        *(_open_row(snapshot, each) for each in trades.opened if view.matches(each.asset)),
        *(_pending_row(snapshot, each) for each in trades.pending if view.matches(each.asset)),
        *(_closed_row(snapshot, each) for each in trades.closed if view.matches(each.asset)),
    ]
    if not rows or height < 3 or (height == 3 and len(rows) > 1):  # which would show none of them
        return [head]
    return [head, *limited(grid(_COLUMNS, rows, width), height - 1, "2 shows them", skip)]


def rows_of(trades: Trades) -> int:
    return len(trades.doubts) + len(trades.opened) + len(trades.pending) + len(trades.closed)


def _head(snapshot: Snapshot, width: int) -> Strip:
    """The most useful first; what does not fit is left out, not cut."""
    trades = snapshot.trades
    line = [part("ORDERS AND DEALS", "bold")]
    if not trades.known and not rows_of(trades):
        return [*line, part("  the venue has not listed them yet", "dim")]
    line.append(part("  today (UTC) "))
    line.append(part(profit_text(trades.profit), f"bold {profit_style(trades.profit)}"))
    more = []
    if trades.opened:
        more.append(f"; {len(trades.opened)} open, stakes {amount_text(trades.staked)}")
    if trades.pending:
        more.append(f"; {len(trades.pending)} pending")
    more.append(f"; {len(trades.closed)} closed")
    if trades.closed:
        results = [deal.outcome for deal in trades.closed]
        more.append(f": {results.count(Outcome.WIN)} won, {results.count(Outcome.LOSS)} lost")
    room = width - sum(width_of(each.text) for each in line)
    for told in more:
        room -= len(told)
        if room < 0:
            break
        line.append(part(told))
    return line


def _side(direction: Direction) -> Cell:
    call = direction is Direction.CALL
    return Cell(direction.value, "green" if call else "red")


def _open_row(snapshot: Snapshot, deal: Deal) -> Row:
    price = snapshot.price(deal.asset)
    return [
        Cell(deal.asset),
        _side(deal.direction),
        Cell(amount_text(deal.amount)),
        Cell(snapshot.price_text(deal.asset, deal.open_price)),
        Cell(snapshot.price_text(deal.asset, price)),
        Cell(f"{deal.payout} %"),
        Cell(left_text(deal.closes_at - snapshot.venue_now), "bold"),
        _if_now(deal, price),
        Cell(time_text(deal.opened_at)),
        Cell(deal.id, "dim"),
    ]


def _if_now(deal: Deal, price: float | None) -> Cell:
    """What the deal would come to at this price, in brackets: nothing is decided before its end."""
    if price is None:
        return Cell("open")
    risen = (price > deal.open_price) - (price < deal.open_price)
    ahead = risen if deal.direction is Direction.CALL else -risen
    profit = NOTHING
    if ahead > 0:
        profit = rounded(percent_of(deal.amount, Decimal(deal.payout)), _CENT)
    elif ahead < 0:
        profit = minus(NOTHING, deal.amount)
    return Cell(f"({profit_text(profit)})", profit_style(profit))


def _closed_row(snapshot: Snapshot, deal: Deal) -> Row:
    profit = deal.profit or NOTHING
    return [
        Cell(deal.asset),
        _side(deal.direction),
        Cell(amount_text(deal.amount)),
        Cell(snapshot.price_text(deal.asset, deal.open_price)),
        Cell(snapshot.price_text(deal.asset, deal.close_price)),
        Cell(f"{deal.payout} %"),
        Cell(time_text(deal.closes_at), "dim"),
        Cell(profit_text(profit), profit_style(profit)),
        Cell(time_text(deal.opened_at)),
        Cell(deal.id, "dim"),
    ]


def _pending_row(snapshot: Snapshot, order: PendingOrder) -> Row:
    at_time = order.open_at is not None
    return [
        Cell(order.asset),
        _side(order.direction),
        Cell(amount_text(order.amount)),
        Cell("-" if at_time else snapshot.price_text(order.asset, order.open_price)),
        Cell(snapshot.price_text(order.asset, snapshot.price(order.asset))),
        Cell(f"≥ {order.minimum_payout} %" if order.minimum_payout else "-"),
        Cell(left_text(order.open_at - snapshot.venue_now) if order.open_at is not None else "-"),
        Cell("pending", "yellow"),
        Cell("-"),
        Cell(order.ticket, "dim"),
    ]


def _doubt_row(doubt: OrderInDoubt) -> Row:
    unknown = [Cell("-") for _ in range(4)]
    told = [Cell("IN DOUBT", "bold red"), Cell("-"), Cell(doubt.order, "dim")]
    return [Cell(doubt.asset), Cell("-"), Cell(amount_text(doubt.amount)), *unknown, *told]
