"""The drill of hosts: two real faults, and the verdicts of its score."""

import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from labs.drill_hosts.reader import ASSETS, FeedScore
from labs.drill_hosts.run import Drill, main, show
from labs.drill_hosts.score import Score
from labs.drill_hosts.trader import OPENED, Answer

from actors.messages.events import StreamGap
from actors.orders.order import Order, OrderState
from actors.tenancy.tenancy import LeaseTimes
from actors.values import AccountKind, Deal, Direction, Tick
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import ReceivedOrder

NOW = 1_750_000_000.0
FIRST, SECOND = 1, 2
"""Sockets: of host h1, and of host h2, which came later."""


def deal(id: str) -> Deal:
    return Deal(id, "EURUSD_otc", Direction.CALL, Decimal(5), NOW, NOW + 60, 1.1, 80, AccountKind.DEMO)


def ledger_of(*orders: tuple[str, int]) -> ExchangeLedger:
    """Of orders that were executed: their ids, and by which socket they came."""
    ledger = ExchangeLedger()
    for socket in (FIRST, SECOND):
        ledger.write_opened(socket, f"h{socket}", NOW + socket)
    for number, (id, socket) in enumerate(orders):
        ledger.write_order(ReceivedOrder(id, socket, "EURUSD_otc", Decimal(5), NOW + 10, uid=7))
        ledger.write_deal(id, deal(f"deal-{number}"))
    return ledger


def journal_of(id: str, state: OrderState) -> dict[str, Order]:
    order = Order(id, "EURUSD_otc", Decimal(5), Direction.CALL, 60, AccountKind.DEMO, NOW)
    for step in (OrderState.JOURNALED, state):
        order = order if step is order.state else order.become(step)
    return {id: order}


def answered(outcome: str, *, took: float = 0.1, by: str = "deal-0") -> Answer:
    return Answer(
        "main", "a", Decimal(5), "h1", outcome, 100.0, 100.0 + took, deal(by) if outcome == OPENED else None
    )


def score_of(
    *answers: Answer, state: OrderState | None = OrderState.OPEN, arrived: Sequence[int] = (FIRST,)
) -> Score:
    """The score of the order ``a``, which came by the sockets ``arrived``."""
    journal = {} if state is None else journal_of("a", state)
    return Score(answers, journal, ledger_of(*(("a", socket) for socket in arrived)))


@pytest.mark.skipif(sys.platform == "win32", reason="stops processes, and has no engine there")
@pytest.mark.timeout(240)
def test_hosts_that_fail_lose_and_double_no_order_and_each_account_comes_back(tmp_path: Path) -> None:
    drill = Drill(tmp_path, 1, ["host killed", "cut off from the engine"], LeaseTimes(2.0, 0.4, 0.4))
    score = drill.run()
    assert not [*score.violations, *drill.problems]
    assert all(figure < float("inf") for figures in drill.figures.values() for figure in figures)
    assert set(drill.figures) == {"host killed", "cut off from the engine"}


def test_an_order_that_was_executed_once_and_answered_so_is_in_order() -> None:
    assert not score_of(answered("OrderUnknown"), answered(OPENED)).violations


def test_an_order_that_was_executed_twice_is_doubled() -> None:
    assert score_of(answered(OPENED), arrived=(FIRST, FIRST)).doubled == ["a"]


@pytest.mark.parametrize("state", [None, OrderState.NOT_SENT])
def test_an_order_that_was_executed_and_is_not_journaled_so_is_lost(state: OrderState | None) -> None:
    assert score_of(answered("OrderUnknown"), state=state).lost == ["a"]


def test_an_order_without_an_end_is_left_in_doubt() -> None:
    assert score_of(answered("OrderUnknown"), state=OrderState.UNKNOWN).left == ["a"]


@pytest.mark.parametrize(
    "answer",
    [
        answered("NotSent"),
        answered("NotPlaced"),
        answered("Halted"),
        answered("RequestTimeout"),
        answered(OPENED, by="another"),
        answered(OPENED, took=20.0),
    ],
)
def test_an_answer_that_the_ledger_contradicts_or_that_is_late_is_untrue(answer: Answer) -> None:
    assert score_of(answer).untrue == [answer]


def test_a_former_owner_that_sends_after_the_next_one_is_a_violation() -> None:
    [violation] = Score(
        [],
        {**journal_of("a", OrderState.OPEN), **journal_of("b", OrderState.OPEN)},
        ledger_of(("a", SECOND), ("b", FIRST)),
    ).violations
    assert violation == "h1 has sent b after a later owner"


def test_a_figure_above_its_limit_is_not_held() -> None:
    assert show("host killed", [1.0, 5.5, 2.0], 5.0).split() == [
        "host",
        "killed",
        "3",
        "2.00",
        "5.50",
        "5",
        "NOT",
        "HELD",
    ]


def test_a_fault_that_there_is_not_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["--only", "no such fault"])
    assert ending.value.code == 2
    assert "host killed" in capsys.readouterr().err


def feed_score(*got: float, gaps: Sequence[tuple[float, float]] = (), sent: int = 6) -> FeedScore:
    """Of ticks at these times, where the exchange has sent one for each of ``sent`` seconds."""
    ledger = ExchangeLedger()
    for at in range(sent):
        for asset in ASSETS:
            ledger.write_ticks(asset, float(at), 1.0, [FIRST, SECOND])
    ticks = [Tick(asset, at, 1.0, NOW) for at in got for asset in ASSETS]
    announced = [StreamGap(asset, *span, "cut", "c1", 0) for span in gaps for asset in ASSETS]
    return FeedScore(ticks, announced, ledger)


def test_a_feed_may_miss_ticks_in_an_announced_gap_alone() -> None:
    assert not feed_score(1.0, 2.0, 3.0).violations
    score = feed_score(1.0, 2.0, 5.0, gaps=[(2.0, 5.0)])
    assert (score.violations, score.missing) == ([], 2 * len(ASSETS))
    assert score.summary().endswith("6 missing in announced gaps, 3 gaps: cut")
    assert len(feed_score(1.0, 2.0, 5.0, gaps=[(2.0, 4.0)]).violations) == len(ASSETS)


@pytest.mark.parametrize("got", [(1.0, 1.0), (2.0, 1.0), (1.0, 7.0), ()])
def test_a_feed_that_doubles_swaps_invents_or_has_no_ticks_is_a_violation(got: Sequence[float]) -> None:
    assert feed_score(*got).violations
