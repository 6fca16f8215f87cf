"""The report: all figures of an account, made of its orders; no I/O, no clock."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from actors.orders.order import Order
from actors.values import AccountKind
from runtime.report import outcomes, results
from runtime.report.equity import EquityPoint, LargestDrawdown, equity_curve, largest_drawdown
from runtime.report.outcomes import FateCount, FollowedOrder, OrderFate, ReasonCount, fate_of
from runtime.report.recorded import RecordedSession
from runtime.report.results import DealResult, DealsTally, LongestRuns, TallyGroup
from runtime.report.zone import ReportZone
from runtime.storage.account import JournalAccount


class ReportSource(Struct, frozen=True):
    """Where the figures come from. ``name`` is that of the file; ``account`` is ``None`` where no journal
    names one. ``orders`` are all of them, oldest first; ``retired`` counts those of which only the last state
    is kept. ``running``: a runtime works on them. ``halt`` is the reason of a halt in force."""

    name: str
    orders: Sequence[Order]
    account: JournalAccount | None = None
    retired: int = 0
    running: bool = False
    halt: str | None = None


class ReportPeriod(Struct, frozen=True):
    """Unix seconds; ``until`` is not in it. ``None`` is no limit."""

    since: float | None = None
    until: float | None = None

    def has(self, moment: float) -> bool:
        begun = self.since is None or moment >= self.since
        return begun and (self.until is None or moment < self.until)


class MoneyReport(Struct, frozen=True):
    """The results of one account in one currency, ``None`` if the venue has not named it. ``kind`` is demo,
    live or practice. ``deals`` are in the order of their ends."""

    kind: str
    currency: str | None
    total: DealsTally
    days: list[TallyGroup]
    hours: list[TallyGroup]
    assets: list[TallyGroup]
    durations: list[TallyGroup]
    directions: list[TallyGroup]
    runs: LongestRuns
    best: Decimal | None
    worst: Decimal | None
    drawdown: LargestDrawdown | None
    equity: list[EquityPoint]


class AccountReport(Struct, frozen=True):
    """``made_at``, ``since``, ``until``, ``first_at`` and ``last_at`` are Unix seconds: when it was made, the
    limits that were asked for, and the first and last order in it. ``source`` is a file's name. ``fates``
    together are all orders in it; ``followed`` are those that were in doubt, or are."""

    program: str
    made_at: float
    zone: str
    source: str
    venue: str | None
    account: str | None
    user: str | None
    running: bool
    halt: str | None
    since: float | None
    until: float | None
    first_at: float | None
    last_at: float | None
    orders: int
    fates: list[FateCount]
    reasons: list[ReasonCount]
    followed: list[FollowedOrder]
    results: list[MoneyReport]
    recording: RecordedSession | None = None

    def count(self, fate: OrderFate) -> int:
        return sum(each.orders for each in self.fates if each.fate is fate)


def moment_of(order: Order) -> float:
    """When an order counts: when its deal closed if its result is known, otherwise when it was made."""
    if fate_of(order, running=False) is OrderFate.RESULT and order.deal is not None:
        return order.deal.closes_at
    return order.created_at


def account_report(
    source: ReportSource,
    zone: ReportZone,
    *,
    period: ReportPeriod,
    made_at: float,
    program: str,
    recording: RecordedSession | None = None,
) -> tuple[AccountReport, list[DealResult]]:
    """The report, and the deals behind it in the order of their ends."""
    orders = [order for order in source.orders if period.has(moment_of(order))]
    moments = [moment_of(order) for order in orders]
    running, account = source.running, source.account
    retired = source.retired if period == ReportPeriod() else 0
    deals = deals_with_result(orders, account)
    report = AccountReport(
        program=program,
        made_at=made_at,
        zone=zone.name(moments or [made_at]),
        source=source.name,
        venue=account.venue if account else None,
        account=account.kind if account else None,
        user=(account.user or None) if account else None,
        running=running,
        halt=source.halt,
        since=period.since,
        until=period.until,
        first_at=min(moments, default=None),
        last_at=max(moments, default=None),
        orders=len(orders) + retired,
        fates=outcomes.count_fates(orders, retired, running=running),
        reasons=outcomes.count_reasons(orders, running=running),
        followed=outcomes.followed(orders, running=running),
        results=_money_reports(deals, zone),
        recording=recording,
    )
    return report, deals


def deals_with_result(orders: Iterable[Order], account: JournalAccount | None) -> list[DealResult]:
    """In the order of their ends. An account has one currency, so a deal that names none has that of the
    others of its account, if they have one."""
    found = [(order, order.deal) for order in orders if fate_of(order, running=False) is OrderFate.RESULT]
    named: defaultdict[AccountKind, set[str]] = defaultdict(set)
    for order, deal in found:
        if deal is not None and deal.currency:
            named[order.account].add(deal.currency)
    results = []
    for order, deal in found:
        assert deal is not None
        known = named[order.account]
        currency = deal.currency or (next(iter(known)) if len(known) == 1 else None)
        kind = account.kind if account and account.orders_of is order.account else order.account.value
        results.append(DealResult.of(deal, kind, currency, order.id, order.duration))
    return sorted(results, key=_end)


def _money_reports(deals: Iterable[DealResult], zone: ReportZone) -> list[MoneyReport]:
    """One for each kind of account and each currency: two kinds of money are never added."""
    found: defaultdict[tuple[str, str], list[DealResult]] = defaultdict(list)
    for deal in deals:
        found[deal.account, deal.currency or ""].append(deal)
    return [_money_report(kind, name or None, found[kind, name], zone) for kind, name in sorted(found)]


def _money_report(kind: str, currency: str | None, deals: list[DealResult], zone: ReportZone) -> MoneyReport:
    points = equity_curve(deals)
    profits = [deal.profit for deal in deals]
    return MoneyReport(
        kind=kind,
        currency=currency,
        total=results.tally(deals),
        days=results.by_day(deals, zone),
        hours=results.by_hour(deals, zone),
        assets=results.by_asset(deals),
        durations=results.by_duration(deals),
        directions=results.by_direction(deals),
        runs=results.longest_runs(deals),
        best=max(profits, default=None),
        worst=min(profits, default=None),
        drawdown=largest_drawdown(points),
        equity=points,
    )


def _end(deal: DealResult) -> tuple[float, float, str]:
    return deal.closes_at, deal.opened_at, deal.id
