"""What the deals of one account in one currency came to: tiles, curve, and a table for each way to group."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Final
from xml.etree.ElementTree import Element

from runtime.report.account_report import MoneyReport
from runtime.report.page.charts import ChartBar, bar_chart, equity_chart, interval_chart, result_bar
from runtime.report.page.markup import fill, tag
from runtime.report.page.texts import DASH, MINUS, MoneyForm, clock, count, lasting, percent, ratio
from runtime.report.results import DealResult, DealsTally, TallyGroup
from runtime.report.win_rate import CONFIDENCE
from runtime.report.zone import ReportZone

DAYS_SHOWN: Final = 14
"""A table with more days is folded."""

BAR_LABELS: Final = 8
ROWS_SHOWN: Final = 15
LATEST: Final = 200
"""Deals that are listed one by one."""

_MOST_GROUPS: Final = 25
_INTERVAL: Final = f"{CONFIDENCE:.0%}".replace("%", " %")


def money_form(report: MoneyReport) -> MoneyForm:
    """A column has the decimals of the results of all groups."""
    groups = chain(report.days, report.hours, report.assets, report.durations, report.directions)
    profits = [report.total.profit, *(group.tally.profit for group in groups)]
    return MoneyForm(profits, report.currency)


def money_sections(report: MoneyReport, zone: ReportZone) -> Iterator[Element]:
    money = money_form(report)
    yield _tiles(report, zone, money)
    yield tag(
        "section",
        tag("h2", "Profit, deal by deal"),
        equity_chart(report.equity, report.drawdown, zone, money),
        tag("p", "The sum of all results from 0 on; the balance is not in the journal.", cls="note"),
        cls="equity-section",
    )
    yield _days(report, money)
    assets = _grouped("By asset", "asset", report.assets, money, str, "by-asset")
    yield fill(assets, tag("p", *_legend(), cls="note legend"))
    yield tag(
        "div",
        _grouped(
            "By duration", "duration", report.durations, money, lambda key: lasting(int(key)), "by-duration"
        ),
        _grouped("By direction", "direction", report.directions, money, str.upper, "by-direction"),
        cls="columns",
    )
    yield _hours(report, money)


def latest_deals(
    deals: Sequence[DealResult],
    forms: Mapping[tuple[str, str | None], MoneyForm],
    zone: ReportZone,
    *,
    ids: bool,
) -> Element:
    """The deals that closed last, the newest first; ``forms`` writes the money of each account and
    currency."""
    shown = list(reversed(deals[-LATEST:]))
    rows = [_deal_row(deal, forms[deal.account, deal.currency], zone, ids=ids) for deal in shown]
    titles = ("closed", "asset", "side", "#stake", "#-payout", "#result", *(["-deal"] if ids else []))
    more = f"The latest {LATEST} of {len(deals):,}; tellwire ctl orders export has all."
    return tag(
        "section",
        tag("h2", "Latest deals"),
        *folded_table(titles, rows),
        tag("p", more, cls="note") if len(deals) > LATEST else None,
        id="deals",
    )


def folded_table(titles: Sequence[str], rows: Sequence[Element]) -> Iterator[Element]:
    """The first rows, and the others in a table that the reader may open; on a narrow page each row is two
    lines."""
    cls = "scroll stack"
    yield tag("div", table(titles, rows[:ROWS_SHOWN]), cls=cls)
    if rest := rows[ROWS_SHOWN:]:
        yield tag("details", tag("summary", f"{len(rest)} more"), tag("div", table(titles, rest), cls=cls))


def table(titles: Sequence[str], rows: Sequence[Element]) -> Element:
    """``#`` before a title marks a column of numbers, ``-`` one that a narrow page leaves out."""
    heads = [tag("th", title.strip("#-"), cls=_class_of(title), scope="col") for title in titles]
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))


def signed(amount: Decimal, money: MoneyForm) -> Element:
    """In a column, and in its colour."""
    kind = "gain" if amount > 0 else "loss" if amount < 0 else None
    return tag("span", money.signed_column(amount), cls=kind)


def _class_of(title: str) -> str | None:
    names = [name for sign, name in (("#", "number"), ("-", "wide")) if sign in title[:2]]
    return " ".join(names) or None


def _tiles(report: MoneyReport, zone: ReportZone, money: MoneyForm) -> Element:
    total, form = report.total, money.signed
    gained = f"{money.plain(total.gained)} gained, {money.plain(total.lost)} lost"
    factor = float(total.gained / total.lost) if total.lost else None
    mean = float(total.profit) / total.deals
    best_worst = f"best {form(report.best or Decimal(0))}, worst {form(report.worst or Decimal(0))}"
    yielded = float(total.profit / total.staked) if total.staked else None
    staked = f"{percent(yielded)} of {money.plain(total.staked)} staked".replace("-", MINUS)
    won = f"{total.wins:,} won, {total.losses:,} lost, {total.draws:,} drawn"
    runs = f"and {report.runs.losses} losses"
    even = f"break-even at a win rate of {percent(total.break_even)}"
    payout = DASH if total.payout is None else f"{total.payout:.1f} %"
    result = tag("span", money.signed(total.profit), cls="amount")
    return tag(
        "dl",
        tag(
            "div",
            tag("dt", "Result"),
            tag("dd", result, " ", tag("span", money.currency, cls="unit"), cls=f"figure {_kind(total)}"),
            tag("dd", staked, cls="under"),
            tag("dd", gained, cls="under"),
            cls="tile first profit",
        ),
        _win_rate(total),
        _tile("Deals with a result", f"{total.deals:,}", won, "deals"),
        _tile("Largest drawdown", *_drawdown_texts(report, zone, money), "drawdown"),
        _tile("Profit factor", ratio(factor), "gained for each 1 that was lost", "factor"),
        _tile("Mean result of a deal", f"{mean:+,.3f}".replace("-", MINUS), best_worst, "mean"),
        _tile("Mean payout", payout, even, "payout"),
        _tile("Longest run", count(report.runs.wins, "win"), runs, "runs"),
        cls="tiles",
    )


def _legend() -> Iterator[Element | str]:
    yield tag("i", cls="dot")
    yield f" win rate, with its {_INTERVAL} interval, on a scale from 0 to 100 %; "
    yield tag("i", cls="line")
    yield " the win rate at which nothing is gained or lost."


def _kind(tally: DealsTally) -> str:
    return "gain" if tally.profit > 0 else "loss" if tally.profit < 0 else ""


def _tile(title: str, figure: str, under: str, cls: str) -> Element:
    texts = (tag("dt", title), tag("dd", figure, cls="figure"), tag("dd", under, cls="under"))
    return tag("div", *texts, cls=f"tile {cls}")


def _win_rate(total: DealsTally) -> Element:
    return tag(
        "div",
        tag("dt", "Win rate"),
        tag("dd", percent(total.win_rate), cls="figure"),
        tag("dd", _interval(total)),
        tag("dd", _range_text(total), cls="under"),
        tag("dd", verdict(total), cls="under verdict"),
        cls="tile first win-rate",
    )


def verdict(total: DealsTally) -> str:
    """What the win rate proves."""
    low, high, even = total.win_rate_low, total.win_rate_high, total.break_even
    if low is None or high is None or even is None:
        return "No deal was won or lost, so there is no win rate."
    if low > even:
        return f"The whole interval is above the break-even of {percent(even)}: more than luck explains."
    if high < even:
        return f"The whole interval is below the break-even of {percent(even)}."
    few = count(total.decided, "decided deal")
    return f"The break-even of {percent(even)} is within the interval: {few} cannot tell this from luck."


def _interval(tally: DealsTally) -> Element | None:
    low, rate, high = tally.win_rate_low, tally.win_rate, tally.win_rate_high
    if low is None or rate is None or high is None:
        return None
    return interval_chart(low, rate, high, tally.break_even)


def _range_text(tally: DealsTally) -> str:
    if tally.win_rate_low is None:
        return ""
    return f"{_INTERVAL} interval: {percent(tally.win_rate_low)} to {percent(tally.win_rate_high)}"


def _drawdown_texts(report: MoneyReport, zone: ReportZone, money: MoneyForm) -> tuple[str, str]:
    fall = report.drawdown
    if fall is None:
        return money.plain(Decimal(0)), "the result never fell"
    began = "the beginning" if fall.peak_at is None else clock(zone.at(fall.peak_at))
    back = "not gained back" if fall.recovered_at is None else "gained back"
    return money.plain(fall.amount), f"from {began} to {clock(zone.at(fall.trough_at))}, {back}"


def _days(report: MoneyReport, money: MoneyForm) -> Element:
    days = report.days
    every = max(1, -(-len(days) // BAR_LABELS))
    bars = [_bar(day, day.key, money, day.key[5:] if not at % every else "") for at, day in enumerate(days)]
    rows = _group_table("day", list(reversed(days)), money, str)
    folded = tag("details", tag("summary", f"All {len(days)} days"), rows) if len(days) > DAYS_SHOWN else rows
    note = "A deal counts on the day on which it closed."
    chart = bar_chart(bars, "the result of each day") if len(days) > 1 else None
    return tag("section", tag("h2", "By day"), chart, folded, tag("p", note, cls="note"), id="by-day")


def _hours(report: MoneyReport, money: MoneyForm) -> Element:
    found = {int(group.key): group for group in report.hours}
    bars = []
    for hour in range(24):
        label = f"{hour:02}" if not hour % 3 else ""
        group = found.get(hour)
        name = f"{hour:02}:00 to {hour:02}:59"
        bars.append(_bar(group, name, money, label) if group else ChartBar(0.0, f"{name}: no deal", label))
    rows = _group_table("hour", report.hours, money, lambda key: f"{int(key):02}:00")
    note = "A deal counts in the hour in which it was opened."
    chart = bar_chart(bars, "the result of each hour of the day")
    folded = tag("details", tag("summary", "The figures"), rows)
    return tag(
        "section", tag("h2", "By hour of the day"), chart, folded, tag("p", note, cls="note"), id="by-hour"
    )


def _bar(group: TallyGroup, name: str, money: MoneyForm, label: str) -> ChartBar:
    each = group.tally
    text = f"{name}: {money.named(each.profit)}, {count(each.deals, 'deal')}, won {percent(each.win_rate)}"
    return ChartBar(float(each.profit), text, label)


def _grouped(
    title: str,
    name: str,
    groups: Sequence[TallyGroup],
    money: MoneyForm,
    label: Callable[[str], str],
    place: str,
) -> Element:
    shown, others = groups[:_MOST_GROUPS], groups[_MOST_GROUPS:]
    rest = (tag("summary", f"{len(others)} more"), _group_table(name, others, money, label))
    return tag(
        "section",
        tag("h2", title),
        _group_table(name, shown, money, label),
        tag("details", *rest) if others else None,
        id=place,
    )


def _group_table(
    name: str, groups: Sequence[TallyGroup], money: MoneyForm, label: Callable[[str], str]
) -> Element:
    most = max((abs(float(group.tally.profit)) for group in groups), default=0.0)
    rows = [_group_row(group, money, label(group.key), most) for group in groups]
    titles = (name, "#deals", "#-staked", "#-payout", "#win rate", "", "#result", "-")
    return tag("div", table(titles, rows), cls="scroll")


def _group_row(group: TallyGroup, money: MoneyForm, label: str, most: float) -> Element:
    each = group.tally
    payout = DASH if each.payout is None else f"{each.payout:.0f} %"
    return tag(
        "tr",
        tag("td", label, cls="name"),
        tag("td", f"{each.deals:,}", cls="number"),
        tag("td", money.plain(each.staked), cls="number wide"),
        tag("td", payout, cls="number wide"),
        tag("td", percent(each.win_rate), cls="number"),
        tag("td", _interval(each), cls="wide-rate", title=_range_text(each)),
        tag("td", signed(each.profit, money), cls="number profit"),
        tag("td", result_bar(float(each.profit), most), cls="wide wide-result"),
        data_key=group.key,
    )


def _deal_row(deal: DealResult, money: MoneyForm, zone: ReportZone, *, ids: bool) -> Element:
    return tag(
        "tr",
        tag("td", clock(zone.at(deal.closes_at)), cls="time"),
        tag("td", deal.asset, cls="name"),
        tag("td", f"{deal.direction.upper()} {lasting(deal.duration)}", cls="side"),
        tag("td", money.plain(deal.amount), cls="number stake"),
        tag("td", f"{deal.payout} %", cls="number wide"),
        tag("td", signed(deal.profit, money), cls="number profit"),
        tag("td", deal.id, cls="wide") if ids else None,
    )
