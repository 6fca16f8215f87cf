from decimal import Decimal
from typing import Any

import pytest

from actors.errors import RequestRefused
from actors.messages.commands import (
    Command,
    GetAssets,
    GetBalance,
    GetPayout,
    GetServerTime,
    LoadCandles,
    LoadTicks,
    SendRaw,
    Subscribe,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.messages.events import AssetsListed, BalanceChanged, ClockReport, RawMessage
from actors.routing.venue_facts import (
    LONGEST_PERIOD,
    LONGEST_SPAN,
    MOST_CANDLES,
    MOST_TICKS,
    Decision,
    VenueFacts,
)
from actors.values import AccountKind, Asset, Balance, Payout, ServerTime

UTC = 1_770_000_000.0


def asset(symbol: str, payout: int = 92, *, tradable: bool = True) -> Asset:
    return Asset(
        1,
        symbol,
        symbol,
        "currency",
        5,
        payout,
        otc=True,
        tradable=tradable,
        minimum_duration=60,
        periods=(60,),
    )


def balance(amount: str) -> Balance:
    return Balance(AccountKind.DEMO, Decimal(amount))


@pytest.fixture
def facts() -> VenueFacts:
    facts = VenueFacts()
    facts.apply(AssetsListed([asset("A"), asset("B", 50, tradable=False)]))
    return facts


@pytest.mark.parametrize(
    "command",
    [GetBalance(), GetAssets(), GetPayout("A"), GetServerTime(), SubscribeTicks("A"), LoadCandles("A", 60)],
    ids=lambda command: type(command).__name__,
)
def test_a_command_waits_until_its_fact_has_arrived(command: Command) -> None:
    assert VenueFacts().answer(command, UTC) is Decision.WAIT


def test_the_balance_is_the_last_one_stated() -> None:
    facts = VenueFacts()
    assert facts.apply(BalanceChanged(balance("10.10")))
    assert facts.apply(BalanceChanged(balance("0")))
    assert facts.answer(GetBalance(), UTC) == balance("0")


def test_the_assets_are_those_of_the_last_list_and_a_copy(facts: VenueFacts) -> None:
    answer = facts.answer(GetAssets(), UTC)
    assert answer == {"A": asset("A"), "B": asset("B", 50, tradable=False)}
    answer.clear()
    assert len(facts.answer(GetAssets(), UTC)) == 2
    facts.apply(AssetsListed([asset("C")]))
    assert facts.answer(GetAssets(), UTC).keys() == {"C"}


def test_the_time_of_the_venue_is_ours_plus_its_offset() -> None:
    facts = VenueFacts()
    assert facts.apply(ClockReport(0.5))
    assert facts.apply(ClockReport(-1.5))
    assert facts.answer(GetServerTime(), UTC) == ServerTime(UTC - 1.5, -1.5)


def test_an_empty_list_is_an_answer_too() -> None:
    facts = VenueFacts()
    facts.apply(AssetsListed([]))
    assert facts.answer(GetAssets(), UTC) == {}


def test_a_payout_says_whether_the_asset_can_be_traded(facts: VenueFacts) -> None:
    assert facts.answer(GetPayout("A"), UTC) == Payout("A", 92, tradable=True)
    assert facts.answer(GetPayout("B"), UTC) == Payout("B", 50, tradable=False)


@pytest.mark.parametrize(
    "command",
    [GetPayout("X"), SubscribeTicks("X"), LoadCandles("X", 60)],
    ids=lambda command: type(command).__name__,
)
def test_an_asset_that_the_venue_does_not_list_is_refused(command: Command, facts: VenueFacts) -> None:
    with pytest.raises(RequestRefused, match="'X'"):
        facts.answer(command, UTC)


@pytest.mark.parametrize("count", [0, -1, MOST_CANDLES + 1])
def test_a_count_outside_its_bounds_is_refused_at_once(count: int) -> None:
    with pytest.raises(RequestRefused, match=f"1 to {MOST_CANDLES}"):
        VenueFacts().answer(LoadCandles("A", 60, count), UTC)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (LoadTicks("A"), "either seconds or a count"),
        (LoadTicks("A", 60.0, 10), "either seconds or a count"),
        (LoadTicks("A", count=0), f"from 1 to {MOST_TICKS}"),
        (LoadTicks("A", count=MOST_TICKS + 1), f"from 1 to {MOST_TICKS}"),
        (LoadTicks("A", 0), "more than 0"),
        (LoadTicks("A", LONGEST_SPAN + 1), f"at most {LONGEST_SPAN}"),
    ],
)
def test_a_history_of_ticks_is_asked_for_by_one_measure_within_its_bounds(
    command: LoadTicks, said: str
) -> None:
    with pytest.raises(RequestRefused, match=said):
        VenueFacts().answer(command, UTC)


@pytest.mark.parametrize("command", [SubscribeTicks("A", 0), LoadCandles("A", 0), LoadCandles("A", -60)])
def test_a_period_of_no_time_is_refused_at_once(command: Command) -> None:
    with pytest.raises(RequestRefused, match="period"):
        VenueFacts().answer(command, UTC)


@pytest.mark.parametrize(
    "command",
    [
        SubscribeTicks("A"),
        SubscribeTicks("B", 1),
        LoadCandles("A", 60, 1),
        LoadCandles("A", 60, MOST_CANDLES),
        LoadTicks("A", LONGEST_SPAN),
        LoadTicks("A", count=MOST_TICKS),
        UnsubscribeTicks("X"),
        SendRaw("x"),
    ],
)
def test_a_command_that_the_venue_answers_is_forwarded(command: Command, facts: VenueFacts) -> None:
    assert facts.answer(command, UTC) is Decision.FORWARD


@pytest.mark.parametrize("topic", ["tick.A", "tick.*", "tick.", ">", "raw.NOPE", "*.NOPE", "connection.up"])
def test_a_topic_that_may_come_is_the_answer(topic: str, facts: VenueFacts) -> None:
    assert facts.answer(Subscribe(topic, to=print), UTC) == topic


@pytest.mark.parametrize("topic", ["tick.NOPE", "candles.NOPE", "progress.NOPE"])
def test_the_topic_of_an_asset_that_is_not_listed_is_refused_once_the_list_has_come(
    topic: str, facts: VenueFacts
) -> None:
    assert VenueFacts().answer(Subscribe(topic, to=print), UTC) == topic
    with pytest.raises(RequestRefused, match="the venue lists no asset 'NOPE'"):
        facts.answer(Subscribe(topic, to=print), UTC)


def test_raw_text_is_forwarded_before_any_fact_has_arrived() -> None:
    assert VenueFacts().answer(SendRaw("x"), UTC) is Decision.FORWARD


def test_another_event_changes_no_fact() -> None:
    assert not VenueFacts().apply(RawMessage("x", ""))


def test_a_search_answers_with_part_of_the_asset_table(facts: VenueFacts) -> None:
    everything = facts.answer(GetAssets(), UTC)
    assert facts.answer(GetAssets("a"), UTC) == {"A": everything["A"]}
    assert facts.answer(GetAssets("nothing of the kind"), UTC) == {}
    assert facts.answer(GetAssets("x"), UTC) is not everything


@pytest.mark.parametrize("period", [0, -60, LONGEST_PERIOD + 1, 10**12])
@pytest.mark.parametrize("kind", [SubscribeTicks, LoadCandles])
def test_a_period_that_no_venue_has_is_refused(kind: Any, period: int, facts: VenueFacts) -> None:
    with pytest.raises(RequestRefused, match=f"at least 1 second and at most {LONGEST_PERIOD}, not {period}"):
        facts.answer(kind("A", period), UTC)
    assert facts.answer(kind("A", LONGEST_PERIOD), UTC) is Decision.FORWARD
