"""The figures of a report, against a calculation that takes the orders one by one."""

import decimal
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from msgspec import structs

from actors.orders.order import Order, OrderState
from actors.values import AccountKind, Deal, Outcome
from runtime.report.account_report import (
    AccountReport,
    MoneyReport,
    ReportPeriod,
    ReportSource,
    account_report,
)
from runtime.report.outcomes import OrderFate
from runtime.report.results import DealResult, DealsTally, TallyGroup
from runtime.report.zone import ReportZone
from runtime.storage.account import JournalAccount
from tests.doubles.reported_orders import BEGAN, closed, orders

UTC = ReportZone(utc=True)
ALL = ReportPeriod()
ACCOUNT = JournalAccount("pocketoption", "demo", "123")


def report_of(
    found: list[Order], period: ReportPeriod = ALL, **source: Any
) -> tuple[AccountReport, list[DealResult]]:
    known = ReportSource("orders.sqlite", found, **({"account": ACCOUNT} | source))
    return account_report(known, UTC, period=period, made_at=BEGAN, program="tellwire 1")


def only(found: list[Order], **source: Any) -> MoneyReport:
    [money] = report_of(found, **source)[0].results
    return money


def assert_sums_up(found: DealsTally, deals: list[Deal]) -> None:
    """``found`` is what ``deals`` come to, to the last digit."""
    profits = [Fraction(deal.profit or 0) for deal in deals]
    stakes = [Fraction(deal.amount) for deal in deals]
    assert found.deals == len(deals)
    assert (found.wins, found.losses, found.draws) == (
        sum(profit > 0 for profit in profits),
        sum(profit < 0 for profit in profits),
        sum(profit == 0 for profit in profits),
    )
    assert Fraction(found.profit) == sum(profits)
    assert Fraction(found.gained) == sum(profit for profit in profits if profit > 0)
    assert Fraction(found.lost) == -sum(profit for profit in profits if profit < 0)
    assert Fraction(found.staked) == sum(stakes)
    decided = [deal for deal in deals if deal.profit]
    if not decided:
        assert found.win_rate is found.win_rate_low is found.win_rate_high is found.break_even is None
        return
    assert found.win_rate == found.wins / len(decided)
    assert found.win_rate_low is not None
    assert found.win_rate_high is not None
    assert 0 <= found.win_rate_low <= found.win_rate <= found.win_rate_high <= 1
    assert found.break_even is not None
    expected = sum(
        float(deal.amount) * (found.break_even * deal.payout / 100 - (1 - found.break_even))
        for deal in decided
    )
    assert expected == pytest.approx(0, abs=1e-9 * float(sum(stakes)))


def assert_groups(groups: list[TallyGroup], deals: Iterable[Deal], key: Callable[[Deal], str]) -> None:
    by_key: dict[str, list[Deal]] = {}
    for deal in deals:
        by_key.setdefault(key(deal), []).append(deal)
    assert {group.key for group in groups} == by_key.keys()
    assert len(groups) == len(by_key)
    for group in groups:
        assert_sums_up(group.tally, by_key[group.key])


@given(orders())
def test_every_figure_is_what_the_deals_come_to_one_by_one(found: list[Order]) -> None:
    report, listed = report_of(found)
    ended = [order for order in found if order.state is OrderState.CLOSED and not order.pending]
    deals = [order.deal for order in ended if order.deal and order.deal.profit is not None]
    assert Counter(each.id for each in listed) == Counter(deal.id for deal in deals)
    assert report.orders == len(found) == sum(each.orders for each in report.fates)
    assert report.count(OrderFate.RESULT) == len(deals)
    if not deals:
        assert report.results == []
        return
    [money] = report.results
    duration = {order.deal.id: str(order.duration) for order in found if order.deal}
    assert_sums_up(money.total, deals)
    assert_groups(money.days, deals, lambda deal: f"{UTC.at(deal.closes_at):%Y-%m-%d}")
    assert_groups(money.hours, deals, lambda deal: str(int(deal.opened_at // 3600 % 24)))
    assert_groups(money.assets, deals, lambda deal: deal.asset)
    assert_groups(money.durations, deals, lambda deal: duration[deal.id])
    assert_groups(money.directions, deals, lambda deal: deal.direction.value)
    assert [each.key for each in money.days] == sorted(each.key for each in money.days)
    profits = [deal.profit for deal in deals if deal.profit is not None]
    assert (money.best, money.worst) == (max(profits), min(profits))


@given(orders())
def test_the_curve_ends_at_the_result_and_the_drawdown_is_the_largest_fall(found: list[Order]) -> None:
    for money in report_of(found)[0].results:
        sums = [Fraction(0), *(Fraction(point.profit) for point in money.equity)]
        assert sums[-1] == Fraction(money.total.profit)
        falls = [max(sums[: at + 1]) - sums[at] for at in range(len(sums))]
        assert [Fraction(point.drawdown) for point in money.equity] == falls[1:]
        times = [point.time for point in money.equity]
        assert times == sorted(set(times))
        if max(falls) == 0:
            assert money.drawdown is None
            continue
        assert money.drawdown is not None
        assert Fraction(money.drawdown.amount) == max(falls)
        assert money.drawdown.trough_at == times[falls.index(max(falls)) - 1]
        before = [time for time in times if time < money.drawdown.trough_at]
        if money.drawdown.peak_at is not None:
            assert money.drawdown.peak_at in before
            peak = sums[1 + times.index(money.drawdown.peak_at)]
            assert peak - Fraction(money.drawdown.amount) == sums[1 + times.index(money.drawdown.trough_at)]


@given(orders())
def test_no_context_of_the_process_changes_an_amount(found: list[Order]) -> None:
    with decimal.localcontext(prec=2, rounding=decimal.ROUND_UP):
        poor = report_of(found)
    assert poor == report_of(found)


def test_money_of_two_accounts_or_currencies_is_never_added() -> None:
    found = [
        closed("1", "0.92"),
        closed("2", "500", amount="1000", account=AccountKind.LIVE),
        closed("3", "-1", currency="EUR"),
    ]
    report, _ = report_of(found)
    assert [(each.kind, each.currency, each.total.profit) for each in report.results] == [
        ("demo", "EUR", Decimal(-1)),
        ("demo", "USD", Decimal("0.92")),
        ("live", "USD", Decimal(500)),
    ]


def test_a_deal_without_a_currency_has_that_of_its_account_if_there_is_one() -> None:
    money = only([closed("1", "0.92"), closed("2", "-1", currency=None)])
    assert (money.currency, money.total.profit) == ("USD", Decimal("-0.08"))
    assert only([closed("1", "0.92", currency=None)]).currency is None
    three = [closed("1", "1"), closed("2", "1", currency="EUR"), closed("3", "1", currency=None)]
    assert [each.currency for each in report_of(three)[0].results] == [None, "EUR", "USD"]


def test_practice_money_is_called_so_and_not_demo_money() -> None:
    assert only([closed("1", "0.92")], account=JournalAccount.practice("pocketoption")).kind == "practice"
    assert only([closed("1", "0.92")], account=None).kind == "demo"


def test_a_period_has_what_closed_in_it_and_what_was_made_in_it() -> None:
    late = closed("late", "1", at=BEGAN + 86_390)
    refused = structs.replace(closed("no", "1"), state=OrderState.REFUSED, deal=None)
    first, _ = report_of([closed("1", "-1"), refused, late], ReportPeriod(until=BEGAN + 86_400))
    second, _ = report_of([closed("1", "-1"), refused, late], ReportPeriod(since=BEGAN + 86_400), retired=3)
    assert (first.orders, first.results[0].total.profit) == (2, Decimal(-1))
    assert (second.orders, second.results[0].total.profit) == (1, Decimal(1))
    whole, _ = report_of([closed("1", "-1")], retired=3)
    assert (whole.orders, whole.count(OrderFate.RETIRED)) == (4, 3)


def test_wins_and_losses_in_a_row_are_counted_over_draws() -> None:
    profits = ("1", "1", "0", "1", "-1", "-1", "1", "0", "-1")
    found = [closed(str(at), profit, at=BEGAN + at) for at, profit in enumerate(profits)]
    assert structs.astuple(only(found).runs) == (3, 2)


def test_the_report_is_a_document_that_has_all_of_it() -> None:
    report, deals = report_of([closed("1", "0.92")])
    assert msgspec.convert(msgspec.to_builtins(report), AccountReport) == report
    assert deals[0].outcome is Outcome.WIN
