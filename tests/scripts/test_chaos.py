"""Orders placed while connections, regions, clocks, journals and processes fail: none lost, none doubled."""

import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from labs.chaos.child import OPENED, Answered, Result, Terms
from labs.chaos.clocks import Clocks, frozen_worker
from labs.chaos.faults import WEIGHTS
from labs.chaos.journals import INTACT, JOURNAL_WEIGHTS, MUST_BE_REFUSED, WITHOUT_LOG, JournalMischief
from labs.chaos.run import Chaos, main
from labs.chaos.score import Record, Row, Score
from msgspec import structs

from actors.orders.order import LEFT_IN_FLIGHT, MachineTime, Order, OrderState
from actors.values import AccountKind, Deal, Direction
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import ReceivedOrder
from runtime.storage.account import JournalAccount
from runtime.storage.journal import NoJournal, SqliteJournal, open_journal

NOW = 1_750_000_000.0
TERMS = Terms(0, "order", "EURUSD_otc", Decimal(5), Direction.CALL, 5)
DEADLINE = 4.0


def deal(id: str, **changes: Any) -> Deal:
    made = Deal(id, TERMS.asset, TERMS.direction, TERMS.amount, NOW, NOW + 5, 1.1, 80, AccountKind.DEMO)
    return structs.replace(made, **changes)


def answered(outcome: str, *, last: bool = True, took: float = 0.1, told: Deal | None = None) -> Answered:
    told = told or (deal("deal") if outcome == OPENED else None)
    return Answered(0, outcome, "", took, last, told, "order" if outcome == "OrderUnknown" else "")


def score_of(
    state: OrderState | None,
    answer: Answered,
    *executed: Deal,
    given_up: Answered | None = None,
    result: Deal | None = None,
    ledger: ExchangeLedger | None = None,
    origin: str = "order",
    blind: Sequence[tuple[float, float]] = (),
    frozen: Mapping[int, float] | None = None,
    forgotten: int = 0,
    reason: str = "",
    made: MachineTime | None = None,
) -> Score:
    """The score of one order that was asked and answered, with the deals ``executed`` for it."""
    ledger = ledger or ExchangeLedger()
    for each in executed:
        ledger.write_deal(origin, each)
    ours = executed[0] if state is OrderState.OPEN and executed else None
    terms = TERMS
    described = terms.asset, terms.amount, terms.direction, 5
    row = Row("order", state, *described, NOW, reason, ours, made) if state else None
    record = Record([TERMS], DEADLINE, {0: NOW}, {0: (answer, NOW + answer.seconds)})
    record.blind += blind
    record.forgotten["order"] = forgotten
    record.frozen |= frozen or {}
    record.given_up += [given_up] if given_up else []
    record.results += [Result(0, result)] if result else []
    return Score(record, [row] if row else [], ledger)


@pytest.mark.timeout(120)
def test_no_order_is_lost_doubled_or_answered_untruly_in_chaos(tmp_path: Path) -> None:
    """It ends as soon as every doubt is settled; the limits are for a machine that is busy."""
    chaos = Chaos(tmp_path, orders=40, seed=7, seconds=80.0, workers=2, rate=8.0, settling=30.0)
    score = chaos.run()
    log = chaos.log.read_text(encoding="utf-8")
    card = "\n".join(score.card())
    assert not score.doubled, card + log
    assert not score.lost, card + log
    assert not score.untrue, card + log
    assert not score.violations, card + log
    assert "2 main process killed" in card


def test_an_order_that_was_executed_once_and_answered_so_is_in_order() -> None:
    assert not score_of(OrderState.OPEN, answered(OPENED), deal("deal")).violations


def test_an_order_that_was_executed_twice_counts_as_doubled() -> None:
    assert score_of(OrderState.OPEN, answered(OPENED), deal("deal"), deal("another")).doubled == ["order"]


@pytest.mark.parametrize(("lost_logs", "forgotten"), [(1, True), (0, False)])
def test_an_order_that_only_a_lost_log_had_may_be_sent_again(lost_logs: int, forgotten: bool) -> None:
    twice = deal("deal"), deal("another")
    score = score_of(OrderState.OPEN, answered(OPENED, told=twice[1]), *twice, forgotten=lost_logs)
    assert (score.forgotten == ["order"], score.doubled == []) == (forgotten, forgotten)
    assert bool(score.violations) is not forgotten
    thrice = score_of(OrderState.OPEN, answered(OPENED), *twice, deal("third"), forgotten=lost_logs)
    assert thrice.doubled == ["order"]


def test_an_order_of_which_anything_was_told_may_not_be_in_the_log_alone() -> None:
    record = Record([TERMS], DEADLINE, {0: NOW}, {0: (answered("OrderUnknown"), NOW)})
    record.forget("order")
    assert record.problems == []
    record.given_up.append(answered(OPENED, last=False))
    record.forget("order")
    assert record.problems == ["order order was in the log alone, and was told as opened"]


@pytest.mark.parametrize("state", [None, OrderState.NOT_SENT, OrderState.NOT_PLACED, OrderState.REFUSED])
def test_an_order_that_was_executed_and_given_up_counts_as_lost(state: OrderState | None) -> None:
    assert score_of(state, answered("NotPlaced"), deal("deal")).lost == ["order"]


@pytest.mark.parametrize("outcome", ["NotPlaced", "NotSent", "RequestRefused", "RateLimited", "Halted"])
def test_to_be_told_that_nothing_came_of_an_executed_order_is_untrue(outcome: str) -> None:
    assert len(score_of(OrderState.OPEN, answered(outcome), deal("deal")).untrue) == 1


@pytest.mark.parametrize("outcome", ["RequestTimeout", "KeyError"])
def test_an_answer_that_says_nothing_of_the_order_is_untrue(outcome: str) -> None:
    assert len(score_of(OrderState.OPEN, answered(outcome), deal("deal")).untrue) == 1


@pytest.mark.parametrize(
    "told",
    [deal("another"), deal("deal", amount=Decimal(6)), deal("deal", closes_at=NOW + 60)],
)
def test_to_be_told_another_deal_or_other_terms_is_untrue(told: Deal) -> None:
    assert len(score_of(OrderState.OPEN, answered(OPENED, told=told), deal("deal")).untrue) == 1


def test_to_be_told_a_strangers_deal_is_untrue() -> None:
    score = score_of(OrderState.OPEN, answered(OPENED), deal("deal"), origin="someone")
    assert any("answered untruly" in each for each in score.untrue)
    assert any("not its own" in each for each in score.untrue)


def test_to_be_told_another_profit_is_untrue() -> None:
    ended = deal("deal", close_price=1.2, profit=Decimal(4))
    assert not score_of(OrderState.OPEN, answered(OPENED), ended, result=ended).violations
    other = structs.replace(ended, profit=Decimal(-5))
    assert len(score_of(OrderState.OPEN, answered(OPENED), ended, result=other).untrue) == 1


def test_a_caller_that_gave_up_may_be_told_not_sent_before_it_asks_again() -> None:
    withdrawn = answered("NotSent", last=False)
    assert not score_of(OrderState.OPEN, answered(OPENED), deal("deal"), given_up=withdrawn).violations
    denied = answered("NotPlaced", last=False)
    assert score_of(OrderState.OPEN, answered(OPENED), deal("deal"), given_up=denied).untrue


def test_an_order_in_doubt_is_left_in_doubt_unless_nobody_could_see_its_deal_come_and_go() -> None:
    unknown = answered("OrderUnknown")
    assert score_of(OrderState.UNKNOWN, unknown).left == ["order"]
    ledger = ExchangeLedger()
    for socket, opened, closed in ((1, NOW - 60, NOW + 1), (2, NOW + 9, NOW + 60)):
        ledger.write_opened(socket, "r", opened)
        ledger.write_authenticated(socket)
        ledger.write_closed(socket, closed, "")
    for number in range(20):
        ledger.write_deal("someone", deal(f"d{number}", closes_at=NOW + 4))
    score = score_of(OrderState.UNKNOWN, unknown, ledger=ledger)
    assert (score.left, score.beyond_proof) == ([], ["order"])


@pytest.mark.parametrize(("login", "proven"), [(NOW + 5.2, True), (NOW + 5.8, False), (NOW + 2, False)])
def test_the_last_login_before_a_gap_says_until_when_there_was_no_deal(login: float, proven: bool) -> None:
    """Not the end of its connection: the lists of a login are new, a later one may have waited."""
    ledger = ExchangeLedger()
    for socket, opened, closed in ((1, NOW - 60, NOW + 7), (2, login, NOW + 7), (3, NOW + 9, NOW + 60)):
        ledger.write_opened(socket, "r", opened)
        ledger.write_authenticated(socket)
        ledger.write_closed(socket, closed, "")
    for number in range(20):
        ledger.write_deal("someone", deal(f"d{number}", closes_at=NOW + 8))
    score = score_of(OrderState.UNKNOWN, answered("OrderUnknown"), ledger=ledger)
    assert (score.left, score.beyond_proof) == ((["order"], []) if proven else ([], ["order"]))


@pytest.mark.parametrize(("closed", "proven"), [(NOW - 1, False), (NOW - 6, True)])
def test_the_lists_prove_nothing_of_an_order_that_was_made_after_more_deals_closed_unseen(
    closed: float, proven: bool
) -> None:
    ledger = ExchangeLedger()
    for socket, opened, left in ((1, NOW - 60, NOW - 5), (2, NOW + 9, NOW + 60)):
        ledger.write_opened(socket, "r", opened)
        ledger.write_authenticated(socket)
        ledger.write_closed(socket, left, "")
    for number in range(20):
        ledger.write_deal("someone", deal(f"d{number}", closes_at=closed))
    score = score_of(OrderState.UNKNOWN, answered("OrderUnknown"), ledger=ledger)
    assert (score.left, score.beyond_proof) == ((["order"], []) if proven else ([], ["order"]))


def test_who_is_frozen_or_has_no_journal_sees_nothing() -> None:
    unknown, ledger = answered("OrderUnknown"), ExchangeLedger()
    lives = ((1, NOW - 60, NOW + 9), (2, NOW + 3.9, NOW + 5.8), (3, NOW + 9, NOW + 60))
    for socket, opened, closed in lives:
        ledger.write_opened(socket, "r", opened, port=socket)
        ledger.write_authenticated(socket)
        ledger.write_closed(socket, closed, "")
    for number in range(20):
        ledger.write_deal("someone", deal(f"d{number}", closes_at=NOW + 2))
    assert score_of(OrderState.UNKNOWN, unknown, ledger=ledger).left == ["order"]
    assert score_of(OrderState.UNKNOWN, unknown, ledger=ledger, frozen={1: NOW + 1}).left == ["order"]
    blind = [(NOW + 3, NOW + 6)]
    assert score_of(OrderState.UNKNOWN, unknown, ledger=ledger, blind=blind).left == ["order"]
    score = score_of(OrderState.UNKNOWN, unknown, ledger=ledger, blind=blind, frozen={1: NOW + 1})
    assert (score.left, score.beyond_proof) == ([], ["order"])


@pytest.mark.parametrize(("later", "proven"), [(19, True), (20, False)])
def test_an_executed_order_is_beyond_proof_if_more_deals_closed_after_its_own_than_are_listed(
    later: int, proven: bool
) -> None:
    ledger = ExchangeLedger()
    for socket, opened, closed in ((1, NOW - 60, NOW + 1), (2, NOW + 9, NOW + 60)):
        ledger.write_opened(socket, "r", opened)
        ledger.write_authenticated(socket)
        ledger.write_closed(socket, closed, "")
    for number in range(40):
        ledger.write_deal("someone", deal(f"d{number}", closes_at=NOW + (7 if number < later else 3)))
    score = score_of(OrderState.UNKNOWN, answered("OrderUnknown"), deal("deal"), ledger=ledger)
    assert (score.left, score.beyond_proof) == ((["order"], []) if proven else ([], ["order"]))


@pytest.mark.parametrize(
    ("ends", "opened", "proven"), [(0.1, 0.0, False), (9.0, 0.0, True), (0.1, 5.0, True)]
)
def test_an_order_is_beyond_proof_if_nobody_heard_whose_a_like_deal_of_the_same_moment_is(
    ends: float, opened: float, proven: bool
) -> None:
    ledger = ExchangeLedger()
    ledger.write_opened(1, "r", NOW - 60)
    ledger.write_authenticated(1)
    ledger.write_closed(1, NOW + ends, "")
    ledger.write_order(ReceivedOrder("order", 1, TERMS.asset, TERMS.amount, NOW))
    ledger.write_deal("someone", deal("twin", opened_at=NOW + opened))
    score = score_of(OrderState.UNKNOWN, answered("OrderUnknown"), deal("deal"), ledger=ledger)
    assert (score.left, score.beyond_proof) == ((["order"], []) if proven else ([], ["order"]))


@pytest.mark.parametrize(("reason", "proven"), [("no answer", True), (LEFT_IN_FLIGHT, False)])
def test_what_a_killed_process_saw_of_an_order_under_way_proves_nothing(reason: str, proven: bool) -> None:
    ledger = ExchangeLedger()
    for socket, opened, closed in ((1, NOW - 60, NOW + 8), (2, NOW + 30, NOW + 60)):
        ledger.write_opened(socket, "r", opened)
        ledger.write_authenticated(socket)
        ledger.write_closed(socket, closed, "")
    for number in range(20):
        ledger.write_deal("someone", deal(f"d{number}", closes_at=NOW + 20))
    score = score_of(OrderState.UNKNOWN, answered("OrderUnknown"), deal("deal"), ledger=ledger, reason=reason)
    assert (score.left, score.beyond_proof) == ((["order"], []) if proven else ([], ["order"]))


@pytest.mark.parametrize("known", [True, False])
def test_an_order_whose_process_never_knew_the_venues_clock_is_beyond_proof(known: bool) -> None:
    made = MachineTime("boot", 1.0, NOW, venue_known=known)
    score = score_of(OrderState.UNKNOWN, answered("OrderUnknown"), made=made)
    assert (score.left, score.beyond_proof) == ((["order"], []) if known else ([], ["order"]))


def test_a_late_answer_is_a_violation() -> None:
    score = score_of(OrderState.OPEN, answered(OPENED, took=DEADLINE + 1), deal("deal"))
    assert "late" in score.violations[0]
    looked_up = score_of(OrderState.OPEN, answered("OrderUnknown", took=DEADLINE + 2), deal("deal"))
    assert not looked_up.violations


def test_the_clocks_are_apart_drift_without_a_step_and_stand_still(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path / "clocks")
    clocks.set_apart(Random(1))
    assert abs(clocks.ahead) in {1.0, 30.0, 600.0, 7200.0, 86_400.0}
    before = clocks.ahead
    clocks.let_drift(Random(1))
    assert clocks.ahead == pytest.approx(before, abs=0.1)
    clocks.stand_still(3.0)
    clocks.freeze(4711)
    assert frozen_worker(clocks.path) == 4711
    suspended, ahead, _, _, _ = struct.unpack("4d q", clocks.path.read_bytes())
    assert (suspended, ahead) == (3.0, clocks.ahead)


@pytest.mark.parametrize("kind", sorted(JOURNAL_WEIGHTS.keys() - {INTACT}))
def test_a_spoilt_journal_is_refused_or_whole_and_can_be_put_back(tmp_path: Path, kind: str) -> None:
    path, account = tmp_path / "orders.sqlite", JournalAccount("pocketoption", "demo", "77")
    SqliteJournal(path, account).close()
    before = path.read_bytes()
    mischief = JournalMischief(path, tmp_path, Random(3))
    mischief.spoil(kind)
    journal = open_journal(path, account)
    assert isinstance(journal, NoJournal) or kind not in MUST_BE_REFUSED
    journal.close()
    mischief.put_back()
    assert path.read_bytes() == before


def test_which_orders_only_the_lost_log_had_is_seen(tmp_path: Path) -> None:
    path, mischief = (
        tmp_path / "orders.sqlite",
        JournalMischief(tmp_path / "orders.sqlite", tmp_path, Random(3)),
    )
    journal = SqliteJournal(path, JournalAccount("pocketoption", "demo", "77"))
    terms = TERMS.asset, TERMS.amount, TERMS.direction, 60, AccountKind.DEMO, NOW, OrderState.JOURNALED
    journal.write([Order("in both", *terms)])
    journal.settle()
    journal.write([Order("in the log", *terms)])
    mischief.spoil(WITHOUT_LOG)
    assert mischief.kept_alone() == {"in the log"}
    journal.close()


@pytest.mark.parametrize("weight", ["no such fault=1", "delayed", "delayed=-1", "delayed=many"])
def test_a_weight_that_is_none_is_refused(weight: str) -> None:
    with pytest.raises(SystemExit):
        main(["--weight", weight])


def test_every_fault_has_a_weight_that_is_not_zero() -> None:
    assert all(weight > 0 for weight in {**WEIGHTS, **JOURNAL_WEIGHTS}.values())
