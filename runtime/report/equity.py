"""The course of the profit, and how far it fell; no I/O, no clock."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from msgspec import Struct

from actors.arithmetic import minus, plus
from runtime.report.results import DealResult


class EquityPoint(Struct, frozen=True):
    """``profit`` is the sum from the beginning to ``time``, and ``drawdown`` how far that is below the
    highest sum before, which is 0 at least."""

    time: float
    profit: Decimal
    drawdown: Decimal


class LargestDrawdown(Struct, frozen=True):
    """``amount`` was lost from ``peak_at`` (``None``: from the beginning) to ``trough_at``, and was gained
    back at ``recovered_at`` (``None``: it was not)."""

    amount: Decimal
    peak_at: float | None
    trough_at: float
    recovered_at: float | None


def equity_curve(deals: Iterable[DealResult]) -> list[EquityPoint]:
    """One point for each moment at which deals closed: those of one moment are one step, since nothing says
    which was the first."""
    points = []
    profit = peak = Decimal(0)
    for time, closed in groupby(sorted(deals, key=_end), key=_end):
        for deal in closed:
            profit = plus(profit, deal.profit)
        peak = max(peak, profit)
        points.append(EquityPoint(time, profit, minus(peak, profit)))
    return points


def largest_drawdown(points: Iterable[EquityPoint]) -> LargestDrawdown | None:
    """The first of the largest; ``None`` if the sum never fell."""
    found: LargestDrawdown | None = None
    peak_at: float | None = None
    lasts = False
    for point in points:
        if not point.drawdown:
            if found is not None and lasts:
                found = LargestDrawdown(found.amount, found.peak_at, found.trough_at, point.time)
            peak_at, lasts = point.time, False
        elif found is None or point.drawdown > found.amount:
            found, lasts = LargestDrawdown(point.drawdown, peak_at, point.time, None), True
    return found


def _end(deal: DealResult) -> float:
    return deal.closes_at
