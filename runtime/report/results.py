"""What deals came to, together and in groups; no I/O, no clock. Sums of money are exact."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import chain

from msgspec import Struct

from actors.arithmetic import plus, total
from actors.values import Deal, Outcome
from runtime.report.win_rate import wilson_interval
from runtime.report.zone import ReportZone


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
    profits: dict[Outcome, list[Decimal]] = {outcome: [] for outcome in Outcome}
    drawn: defaultdict[int, list[Decimal]] = defaultdict(list)
    decided: defaultdict[int, list[Decimal]] = defaultdict(list)
    for deal in deals:
        profits[deal.outcome].append(deal.profit)
        stakes = drawn if deal.outcome is Outcome.DRAW else decided
        stakes[deal.payout].append(deal.amount)
    wins, losses, draws = (len(profits[each]) for each in (Outcome.WIN, Outcome.LOSS, Outcome.DRAW))
    gained, lost = total(profits[Outcome.WIN]), total(profits[Outcome.LOSS])
    low, high = wilson_interval(wins, wins + losses) if wins + losses else (None, None)
    staked = total(chain(*drawn.values(), *decided.values()))
    at_risk, promised = Fraction(total(chain(*decided.values()))), _promised(decided)
    offered = (promised + _promised(drawn)) * 100
    return DealsTally(
        *(wins + losses + draws, wins, losses, draws),
        *(staked, gained, lost.copy_abs(), plus(gained, lost)),
        payout=float(offered / Fraction(staked)) if staked else None,
        win_rate=wins / (wins + losses) if wins + losses else None,
        win_rate_low=low,
        win_rate_high=high,
        break_even=float(at_risk / (at_risk + promised)) if at_risk else None,
    )


def _promised(stakes: Mapping[int, list[Decimal]]) -> Fraction:
    """What wins of these stakes, which stand by their payouts, would pay."""
    return sum((Fraction(total(each)) * payout / 100 for payout, each in stakes.items()), Fraction(0))


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
