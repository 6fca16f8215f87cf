"""Orders placed while connections, regions, workers and the main process fail: none lost, none doubled."""

from decimal import Decimal
from pathlib import Path

import pytest
from labs.chaos.child import OPENED, Answered, Asked, Terms
from labs.chaos.run import Chaos
from labs.chaos.score import ENDED, Record, Row, Score
from msgspec import structs

from actors.orders.order import OrderState
from actors.values import AccountKind, Deal, Direction
from runtime.practice.ledger import ExchangeLedger

NOW = 1_750_000_000.0
TERMS = Terms(0, "EURUSD_otc", Decimal(5), Direction.CALL, 5)
DEADLINE = 4.0


def deal(id: str) -> Deal:
    return Deal(id, TERMS.asset, TERMS.direction, TERMS.amount, NOW, NOW + 5, 1.1, 80, AccountKind.DEMO)


def score_of(
    state: OrderState, outcome: str, *executed: str, took: float = 0.1, killed_at: float = 0.0
) -> Score:
    """The score of one order that was asked and answered, with the deals ``executed`` for it."""
    ledger = ExchangeLedger()
    for id in executed:
        ledger.write_deal("order", deal(id))
    ours = deal("deal") if state is OrderState.OPEN else None
    row = Row("order", state, TERMS.asset, TERMS.amount, TERMS.direction, TERMS.duration, NOW, "", ours)
    asked, answer = Asked(0, NOW), Answered(0, outcome, "deal", "", NOW + took, took)
    record = Record([TERMS], DEADLINE, {0: asked}, {0: answer}, killed_at=[killed_at])
    return Score(record, [row], ledger)


def test_no_order_is_lost_doubled_or_answered_untruly_in_chaos(tmp_path: Path) -> None:
    chaos = Chaos(tmp_path, orders=60, seed=7, seconds=45.0, workers=2, settling=4.0)
    score = chaos.run()
    log = chaos.log.read_text(encoding="utf-8")
    card = "\n".join(score.card())
    assert not score.violations, card + log
    assert "2 main process killed" in card


def test_an_order_that_was_executed_once_and_answered_so_is_in_order() -> None:
    assert not score_of(OrderState.OPEN, OPENED, "deal").violations


def test_an_order_that_was_executed_twice_counts_as_doubled() -> None:
    assert score_of(OrderState.OPEN, OPENED, "deal", "another").doubled == ["order"]


@pytest.mark.parametrize("state", [OrderState.NOT_SENT, OrderState.NOT_PLACED, OrderState.REFUSED])
def test_an_order_that_was_executed_and_given_up_counts_as_lost(state: OrderState) -> None:
    assert score_of(state, "NotPlaced", "deal").lost == ["order"]


@pytest.mark.parametrize(
    ("state", "outcome", "executed"),
    [
        (OrderState.OPEN, "NotPlaced", ["deal"]),
        (OrderState.OPEN, "RequestTimeout", ["deal"]),
        (OrderState.UNKNOWN, OPENED, []),
        (OrderState.UNKNOWN, "NotPlaced", []),
    ],
)
def test_an_untrue_answer_is_a_violation(state: OrderState, outcome: str, executed: list[str]) -> None:
    (violation,) = score_of(state, outcome, *executed).violations
    assert "untruly" in violation


def test_only_a_kill_in_between_excuses_an_answer_that_reports_one() -> None:
    assert not score_of(OrderState.OPEN, ENDED, "deal", killed_at=NOW + 0.05).violations
    for killed_at in (NOW - 1, NOW + 1):
        (violation,) = score_of(OrderState.OPEN, ENDED, "deal", killed_at=killed_at).violations
        assert "untruly" in violation


def test_an_order_held_back_behind_an_equal_one_of_the_same_moment_is_not_mistaken_for_it() -> None:
    row = Row("order", OrderState.UNKNOWN, "EURUSD_otc", TERMS.amount, TERMS.direction, 5, NOW, "", None)
    others = [TERMS, structs.replace(TERMS, number=1)]
    asked = {number: Asked(number, NOW) for number in (0, 1)}
    answered = {
        0: Answered(0, "OrderUnknown", "order", "", NOW + DEADLINE, DEADLINE),
        1: Answered(1, "NotSent", "", "", NOW + 0.01, 0.01),
    }
    assert not Score(Record(others, DEADLINE, asked, answered), [row], ExchangeLedger()).violations
    del answered[0]
    untrue = Score(Record(others[1:], DEADLINE, asked, answered), [row], ExchangeLedger())
    assert "untruly" in untrue.violations[0]


def test_a_deal_that_nobody_executed_is_a_violation() -> None:
    assert "not its own" in score_of(OrderState.OPEN, OPENED).violations[0]


def test_a_late_answer_is_a_violation() -> None:
    (violation,) = score_of(OrderState.OPEN, OPENED, "deal", took=DEADLINE + 1).violations
    assert "late" in violation
