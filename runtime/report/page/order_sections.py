"""What became of all orders: how many brought a result, which did not and why, which were in doubt."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element

from runtime.report.account_report import AccountReport
from runtime.report.outcomes import FollowedOrder, OrderFate
from runtime.report.page.markup import Piece, tag
from runtime.report.page.money_sections import folded_table, signed, table
from runtime.report.page.texts import DASH, MoneyForm, clock, count, lasting
from runtime.report.zone import ReportZone

MOST_ROWS: Final = 100

MEANINGS: Final = {
    OrderFate.RESULT: "in the figures",
    OrderFate.OPEN: "the deal runs; its result is not known yet",
    OrderFate.UNDER_WAY: "being sent now",
    OrderFate.IN_DOUBT: "sent, and not known whether a deal came of it: look at the venue",
    OrderFate.PENDING: "waits at the venue for its time or price",
    OrderFate.PENDING_ENDED: "a deal, a cancellation or neither came of it; the journal does not say which",
    OrderFate.NO_RESULT: "a deal came of it, and the venue never told how it ended",
    OrderFate.REFUSED: "no deal, no money",
    OrderFate.NOT_PLACED: "was in doubt; the venue's lists prove that no deal came of it",
    OrderFate.NOT_SENT: "no deal, no money",
    OrderFate.RETIRED: "only their ids and last states are kept: their money is in none of the figures",
}
"""For a reader who knows no journal; only ``RESULT`` is in the figures of money."""


def order_section(report: AccountReport) -> Element:
    rows = [
        tag(
            "tr",
            tag("td", each.fate.value, cls="name"),
            tag("td", f"{each.orders:,}", cls="number"),
            tag("td", MEANINGS[each.fate], cls="text muted"),
            data_key=each.fate.name.lower(),
        )
        for each in report.fates
    ]
    return tag(
        "section",
        tag("h2", f"What became of {count(report.orders, 'order')}"),
        table(("state", "#orders", ""), rows),
        *_reasons(report),
        id="orders",
    )


def followed_section(report: AccountReport, zone: ReportZone, *, ids: bool) -> Element | None:
    """The orders that were in doubt or are, the newest first; ``None`` if there is none."""
    if not report.followed:
        return None
    shown = list(reversed(report.followed[-MOST_ROWS:]))
    rows = [_followed_row(order, _form(report, shown), zone, ids=ids) for order in shown]
    titles = ("made", "asset", "side", "#stake", "what happened", "what became of it", "#result")
    left_out = len(report.followed) - len(shown)
    return tag(
        "section",
        tag("h2", "Orders whose own answer did not tell what became of them"),
        *folded_table((*titles, *(["-order"] if ids else [])), rows),
        tag("p", f"{count(left_out, 'older one')} left out.", cls="note") if left_out else None,
        id="followed",
    )


def _reasons(report: AccountReport) -> Iterator[Piece]:
    """Why orders came to nothing."""
    reasons = [each for each in report.reasons if each.reason]
    if not reasons:
        return
    rows = [
        tag(
            "tr",
            tag("td", f"{each.orders:,}", cls="number"),
            tag("td", each.fate.value),
            tag("td", each.reason, cls="text"),
        )
        for each in reasons[:MOST_ROWS]
    ]
    yield tag("h3", "Why no deal came of them")
    yield table(("#orders", "state", "reason"), rows)


def _form(report: AccountReport, orders: Sequence[FollowedOrder]) -> MoneyForm:
    amounts = [amount for order in orders for amount in (order.amount, order.profit) if amount is not None]
    return MoneyForm(amounts, report.results[0].currency if len(report.results) == 1 else None)


def _followed_row(order: FollowedOrder, money: MoneyForm, zone: ReportZone, *, ids: bool) -> Element:
    became = "a deal with a result" if order.fate is OrderFate.RESULT else order.fate.value
    return tag(
        "tr",
        tag("td", clock(zone.at(order.at)), cls="time"),
        tag("td", order.asset, cls="name"),
        tag("td", f"{order.direction.upper()} {lasting(order.duration)}", cls="side"),
        tag("td", money.plain(order.amount), cls="number stake"),
        tag("td", order.reason or "its answer has not come", cls="text"),
        tag("td", became, cls="text"),
        tag("td", DASH if order.profit is None else signed(order.profit, money), cls="number profit"),
        tag("td", order.id, cls="wide") if ids else None,
        data_key=order.fate.name.lower(),
    )
