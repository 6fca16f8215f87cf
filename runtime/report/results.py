"""What deals came to, together and in groups; no I/O, no clock. Sums of money are exact."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from msgspec import Struct

from actors.arithmetic import plus
from actors.values import Deal, Outcome
from runtime.report.win_rate import wilson_interval
from runtime.report.zone import ReportZone

NOTHING: Final = Decimal(0)


class DealResult(Struct, frozen=True):
    """A deal that has closed, with its result; times in Unix seconds.

    ``account`` is demo, live or practice, ``currency`` that of the money, ``None`` where nothing names it.
    ``payout`` is what a win pays, in percent of ``amount``; ``order`` is the order that it came of.
    """

    account: str
    currency: str | None
    id: str
    order: str
    asset: str
    direction: str
    amount: Decimal
    duration: int
    opened_at: float
    closes_at: float
    payout: int
    profit: Decimal
    outcome: Outcome

    @classmethod
    def of(cls, deal: Deal, account: str, currency: str | None, order: str, duration: int) -> "DealResult":
        """Of a closed deal."""
        assert deal.profit is not None
        assert deal.outcome is not None
        return cls(
            *(account, currency, deal.id, order, deal.asset, deal.direction.value, deal.amount, duration),
            *(deal.opened_at, deal.closes_at, deal.payout, deal.profit, deal.outcome),
        )


class DealsTally(Struct, frozen=True):
    """What deals came to. ``gained`` and ``lost`` are the sums of the wins and of the losses, without a sign;
    ``profit`` is the difference.

    ``win_rate`` is among wins and losses, since a draw returns the stake, and the 95 % interval goes from
    ``win_rate_low`` to ``win_rate_high``. ``break_even`` is the win rate at which these stakes and payouts
    neither gain nor lose. Rates are between 0 and 1; they are ``None`` where nothing was decided.
    ``payout`` is the mean of what a win was to pay, in percent, weighted by the stakes.
    """

    deals: int
    wins: int
    losses: int
    draws: int
    staked: Decimal
    gained: Decimal
    lost: Decimal
    profit: Decimal
    payout: float | None
    win_rate: float | None
    win_rate_low: float | None
    win_rate_high: float | None
    break_even: float | None

    @property
    def decided(self) -> int:
        return self.wins + self.losses


class TallyGroup(Struct, frozen=True):
    """The deals that have ``key`` in common, which is a date, a symbol, seconds, an hour or a direction."""

    key: str
    tally: DealsTally


class LongestRuns(Struct, frozen=True):
    """How many wins and how many losses came in a row at most; a draw ends no row, and counts in none."""

    wins: int
    losses: int


def tally(deals: Iterable[DealResult]) -> DealsTally:
    counts: dict[Outcome, int] = dict.fromkeys(Outcome, 0)
    sums: dict[Outcome, Decimal] = dict.fromkeys(Outcome, NOTHING)
    staked = NOTHING
    at_risk, promised, offered = Fraction(0), Fraction(0), Fraction(0)
    for deal in deals:
        counts[deal.outcome] += 1
        sums[deal.outcome] = plus(sums[deal.outcome], deal.profit)
        staked = plus(staked, deal.amount)
        stake = Fraction(deal.amount)
        win = stake * deal.payout / 100
        offered += win
        if deal.outcome is not Outcome.DRAW:
            at_risk += stake
            promised += win
    wins, losses = counts[Outcome.WIN], counts[Outcome.LOSS]
    gained, lost = sums[Outcome.WIN], sums[Outcome.LOSS]
    decided = wins + losses
    low, high = wilson_interval(wins, decided) if decided else (None, None)
    return DealsTally(
        *(sum(counts.values()), wins, losses, counts[Outcome.DRAW]),
        *(staked, gained, lost.copy_abs(), plus(gained, lost)),
        payout=float(offered * 100 / Fraction(staked)) if staked else None,
        win_rate=wins / decided if decided else None,
        win_rate_low=low,
        win_rate_high=high,
        break_even=float(at_risk / (at_risk + promised)) if at_risk else None,
    )


def by_day(deals: Sequence[DealResult], zone: ReportZone) -> list[TallyGroup]:
    """By the date on which each closed, the first day first."""
    return _groups(deals, lambda deal: zone.at(deal.closes_at).date().isoformat())


def by_hour(deals: Sequence[DealResult], zone: ReportZone) -> list[TallyGroup]:
    """By the hour of the day, from 0 to 23, in which each was opened."""
    return _groups(deals, lambda deal: zone.at(deal.opened_at).hour)


def by_asset(deals: Sequence[DealResult]) -> list[TallyGroup]:
    """The asset with the largest stakes first."""
    groups = _groups(deals, lambda deal: deal.asset)
    return sorted(groups, key=lambda group: group.tally.staked, reverse=True)


def by_duration(deals: Sequence[DealResult]) -> list[TallyGroup]:
    """By the seconds that were asked for, the shortest first."""
    return _groups(deals, lambda deal: deal.duration)


def by_direction(deals: Sequence[DealResult]) -> list[TallyGroup]:
    return _groups(deals, lambda deal: deal.direction)


def longest_runs(deals: Iterable[DealResult]) -> LongestRuns:
    """``deals`` in the order of their ends."""
    longest = {Outcome.WIN: 0, Outcome.LOSS: 0}
    last, count = Outcome.DRAW, 0
    for deal in deals:
        if deal.outcome is Outcome.DRAW:
            continue
        count = count + 1 if deal.outcome is last else 1
        last = deal.outcome
        longest[last] = max(longest[last], count)
    return LongestRuns(longest[Outcome.WIN], longest[Outcome.LOSS])


def _groups(
    deals: Iterable[DealResult], key: Callable[[DealResult], str] | Callable[[DealResult], int]
) -> list[TallyGroup]:
    found: defaultdict[str | int, list[DealResult]] = defaultdict(list)
    for deal in deals:
        found[key(deal)].append(deal)
    return [TallyGroup(str(each), tally(found[each])) for each in sorted(found)]
