"""The page as a whole: one file that asks nothing of any host."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final
from xml.etree.ElementTree import Element

from actors.venues import known_venues, venue
from runtime.report.account_report import AccountReport, MoneyReport
from runtime.report.outcomes import OrderFate
from runtime.report.page.markup import as_html, tag, verbatim
from runtime.report.page.money_sections import latest_deals, money_form, money_sections
from runtime.report.page.order_sections import followed_section, order_section
from runtime.report.page.recording_section import recording_section
from runtime.report.page.texts import clock, count
from runtime.report.results import DealResult
from runtime.report.zone import ReportZone
from runtime.storage.account import PRACTICE

GENERATOR: Final = "tellwire report"
"""What a page of this program says of itself, by which it may be replaced."""

_KINDS: Final = {"demo": "DEMO: practice money", PRACTICE: "PRACTICE EXCHANGE: no real money", "live": "LIVE"}
_LEFT_OUT: Final = (
    ((OrderFate.OPEN,), "deal is", "deals are", "open: the result is not in the figures."),
    (
        (OrderFate.IN_DOUBT, OrderFate.UNDER_WAY),
        *("order is", "orders are"),
        "in doubt or under way: whatever came of it is not in the figures.",
    ),
    (
        (OrderFate.NO_RESULT,),
        *("deal has", "deals have"),
        "closed without a result that the venue has told: not in the figures.",
    ),
    (
        (OrderFate.PENDING_ENDED,),
        *("pending order has", "pending orders have"),
        "ended; a deal that came of a pending order is not in the journal, so not in the figures.",
    ),
    (
        (OrderFate.RETIRED,),
        *("order has", "orders have"),
        "left the journal: not in the figures. An export of orders brings them back (--archive).",
    ),
)
"""Which orders the figures of money leave out: their fates, what one and several are called, and why."""

_ALWAYS: Final = (
    "Deals made elsewhere, such as on the venue's page, deposits and withdrawals are not in the journal.",
    "The balance is not in the journal: the curve begins at 0, and a drawdown is an amount, not a share.",
)
_ICON: Final = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16'"
    " height='16' rx='3' fill='%231f6feb'/%3E%3Cpath d='M2 10l3-4 3 3 3-5 3 3' fill='none' stroke='%23fff'"
    " stroke-width='1.6'/%3E%3C/svg%3E"
)


def report_page(
    report: AccountReport, deals: Sequence[DealResult], zone: ReportZone, *, anonymous: bool = False
) -> str:
    """``anonymous`` leaves out what names the account, the orders and the deals."""
    ids = not anonymous
    forms = {(each.kind, each.currency): money_form(each) for each in report.results}
    main = tag(
        "main",
        _header(report, zone, anonymous=anonymous),
        None if report.halt is None else tag("p", f"No order is sent: {report.halt}.", cls="warning"),
        *_results(report, zone),
        order_section(report) if report.orders else None,
        followed_section(report, zone, ids=ids),
        recording_section(report.recording, zone) if report.recording else None,
        latest_deals(deals, forms, zone, ids=ids) if deals else None,
        _unknown(report),
        tag("footer", f"Made by {report.program} at {clock(zone.at(report.made_at))}, {report.zone}."),
    )
    body = tag("body", main, verbatim("script", _text("script.js")))
    return as_html(tag("html", _head(report), body, lang="en"))


def _head(report: AccountReport) -> Element:
    style, script = _text("style.css"), _text("script.js")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="generator", content=GENERATOR),
        tag("title", f"Trading report: {_venue(report)}"),
        tag("link", rel="icon", href=_ICON),
        verbatim("style", style),
    )


def _text(name: str) -> str:
    return (files("runtime.report.page") / name).read_text(encoding="utf-8")


def _venue(report: AccountReport) -> str:
    """Its title, for a venue of ours: that of another program is not loaded for its name."""
    if report.venue is None:
        return "venue not named"
    return venue(report.venue).profile.title if report.venue in known_venues() else report.venue


def _header(report: AccountReport, zone: ReportZone, *, anonymous: bool) -> Element:
    kinds = [report.account] if report.account else sorted({each.kind for each in report.results})
    badges = [tag("span", _KINDS.get(kind, kind), cls=f"badge {kind}") for kind in kinds]
    return tag(
        "header",
        tag("h1", f"Trading report: {_venue(report)}"),
        *badges,
        tag("dl", *_facts(report, zone, anonymous=anonymous), cls="facts"),
    )


def _facts(report: AccountReport, zone: ReportZone, *, anonymous: bool) -> Iterator[Element]:
    facts = {
        "Account": None if anonymous else report.user,
        "Orders": _span(report.first_at, report.last_at, zone),
        "Asked for": _asked_for(report, zone),
        "Times": report.zone,
        "From": report.source,
    }
    for name, value in facts.items():
        if value:
            yield tag("div", tag("dt", name), tag("dd", value))


def _span(first: float | None, last: float | None, zone: ReportZone) -> str:
    if first is None or last is None:
        return "none"
    return f"{clock(zone.at(first))} to {clock(zone.at(last))}"


def _asked_for(report: AccountReport, zone: ReportZone) -> str:
    since = "" if report.since is None else f"from {zone.at(report.since):%Y-%m-%d}"
    until = "" if report.until is None else f"until {zone.at(report.until - 1):%Y-%m-%d}"
    return " ".join(filter(None, (since, until)))


def _results(report: AccountReport, zone: ReportZone) -> Iterator[Element]:
    if not report.results:
        text = "No order is in it yet." if not report.orders else "No deal has closed with a result yet."
        yield tag("section", tag("p", text), cls="empty")
    for each in report.results:
        yield tag("div", *_heading(each, len(report.results)), *money_sections(each, zone), cls="money")


def _heading(report: MoneyReport, of: int) -> Iterator[Element]:
    if of > 1:
        currency = report.currency or "currency not named"
        yield tag("h2", f"{_KINDS.get(report.kind, report.kind)}, {currency}", cls="money-name")


def _unknown(report: AccountReport) -> Element:
    """What the figures leave out, in words."""
    return tag(
        "section",
        tag("h2", "What this report does not know"),
        tag("ul", *(tag("li", each) for each in _gaps(report))),
        id="unknown",
    )


def _gaps(report: AccountReport) -> Iterator[str]:
    for fates, one, several, text in _LEFT_OUT:
        if number := sum(map(report.count, fates)):
            yield f"{count(number, one, several)} {text}"
    yield from _ALWAYS
    if report.recording is None:
        yield "Reaction times, silences and outages are in a recording alone (--recording); none was given."
    if any(each.currency is None for each in report.results):
        yield "The venue has not named the currency of the amounts."
