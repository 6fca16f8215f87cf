import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import given, strategies as st

from actors.errors import NotSent
from actors.messages.events import (
    CandlesLoaded,
    ConnectionDown,
    ConnectionUp,
    DealsOpen,
    Event,
    RawMessage,
    StreamRecovered,
)
from actors.messages.topics import TopicPattern, pattern
from actors.messages.traffic import Failure, Item, Response, Ticks, unfolded
from actors.routing import topics
from actors.routing.topics import REMEMBERED, TopicTable
from actors.values import Tick
from tests.doubles.tick_columns import columns

L = TypeVar("L")

UP = ConnectionUp("c", 1, "r")


def tick(asset: str, number: int = 0) -> Tick:
    return Tick(asset, number, 1.0, 0.0)


def table_of(**topics_of: str) -> TopicTable[str]:
    table: TopicTable[str] = TopicTable()
    for listener, topic in topics_of.items():
        table.add(pattern(topic), listener)
    return table


def route(items: Sequence[Item], table: TopicTable[L]) -> dict[L, list[Any]]:
    """With each tick by itself."""
    return {listener: list(unfolded(share)) for listener, share in topics.route(items, table).items()}


def test_a_pattern_finds_the_listeners_of_an_event() -> None:
    table = table_of(all=">", ticks="tick.*", one="tick.EURUSD", news="connection.up", ends="*.up")
    assert set(table.match(UP)) == {"all", "news", "ends"}
    assert set(table.match(ConnectionDown("c", 1, "r", "lost"))) == {"all"}
    assert set(table.match(RawMessage("tick.EURUSD", ""))) == {"all"}


def test_a_listener_to_types_gets_events_of_these_types_whatever_their_topic() -> None:
    table = table_of(all="", raw="raw.")
    table.add_types((RawMessage, ConnectionUp), "types")
    one, other, down = RawMessage("a", ""), RawMessage("b", ""), ConnectionDown("c", 1, "r", "lost")
    assert route([one, UP, other, down, columns(tick("A"))], table) == {
        "all": [one, UP, other, down, tick("A")],
        "raw": [one, other],
        "types": [one, UP, other],
    }


def test_an_internal_event_reaches_those_that_listen_to_its_type_and_no_pattern() -> None:
    table = table_of(all="", desk="desk.", whole="desk.open")
    table.add_types((DealsOpen,), "types")
    listed = DealsOpen("c", 1, [])
    assert DealsOpen.internal
    assert route([listed], table) == {"types": [listed]}


def test_events_of_two_types_with_one_topic_are_told_apart() -> None:
    class Namesake(Event, frozen=True):
        base_topic: ClassVar[str] = "connection.up"
        internal: ClassVar[bool] = True

    table = table_of(all="")
    table.add_types((Namesake,), "types")
    assert [table.match(event) for event in (UP, Namesake(), UP)] == [("all",), ("types",), ("all",)]


def test_ticks_of_one_asset_go_to_its_listeners_and_to_those_of_all_ticks() -> None:
    table = table_of(all="", some="*.*", ticks="tick.", one="tick.A", other="*.B", news="connection.")
    ticks = [tick("A", 1), tick("B", 2), tick("A", 3)]
    assert route([columns(*ticks)], table) == {
        "all": ticks,
        "some": ticks,
        "ticks": ticks,
        "one": [ticks[0], ticks[2]],
        "other": [ticks[1]],
    }


def test_ticks_of_an_asset_do_not_go_to_the_listener_of_another_whose_name_begins_so() -> None:
    table = table_of(plain="tick.EURUSD", twin="tick.EURUSD_otc", short="tick.EUR", share="tick.BRK")
    ticks = [tick("EURUSD"), tick("EURUSD_otc"), tick("BRK.B"), tick("EUR")]
    assert route([columns(*ticks)], table) == {"plain": [ticks[0]], "twin": [ticks[1]], "short": [ticks[3]]}


def test_a_listener_with_several_patterns_gets_each_event_and_tick_once() -> None:
    table = table_of(one="tick.A")
    for topic in ("*.A", "raw.*", "raw.A", "tick.B"):
        table.add(pattern(topic), "one")
    items: list[Item] = [columns(tick("A"), tick("C")), RawMessage("A", "")]
    assert route(items, table) == {"one": [tick("A"), items[1]]}
    table.add(pattern("tick.*"), "one")
    assert route(items, table) == {"one": [tick("A"), tick("C"), items[1]]}


def test_a_tick_costs_one_look_up_however_many_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(**{f"listener{number}": f"tick.A{number}" for number in range(100)}, all=">")
    batch: list[Item] = [columns(tick("A1"), tick("A2"), tick("A1"))]
    found = route(batch, table)

    def compared(*_: object) -> bool:
        raise AssertionError("a pattern is compared with a topic that is known")

    monkeypatch.setattr(TopicPattern, "matches", compared)
    monkeypatch.setattr(TopicPattern, "covers", compared)
    assert route(batch, table) == found


def test_each_part_is_in_the_order_of_the_batch() -> None:
    table = table_of(all="", one="tick.A", raw="raw.")
    items: list[Item] = [
        RawMessage("x", "1"),
        columns(tick("A")),
        UP,
        columns(tick("B")),
        RawMessage("y", ""),
    ]
    assert route(items, table) == {
        "all": [items[0], tick("A"), UP, tick("B"), items[4]],
        "one": [tick("A")],
        "raw": [items[0], items[4]],
    }


def test_answers_and_failures_are_routed_to_no_listener() -> None:
    assert route([Response(1), Failure.of(2, NotSent(""))], table_of(all="")) == {}


def test_the_event_within_an_answer_is_routed_to_no_listener() -> None:
    assert route([Response(1, CandlesLoaded("A", 60, []))], table_of(all="")) == {}


def test_each_listener_gets_a_list_of_its_own() -> None:
    batch = columns(tick("A"))
    shares = route([batch], table_of(one="", two="tick."))
    shares["one"].append("mine")
    assert shares["two"] == [tick("A")] == list(batch)


def test_a_listener_to_all_assets_of_a_read_gets_it_unsplit() -> None:
    batch = columns(tick("A", 1), tick("B", 2), tick("A", 3))
    shares = topics.route([batch], table_of(all="", one="tick.A"))
    assert shares == {"all": [batch], "one": [tick("A", 1), tick("A", 3)]}
    lone = columns(tick("A", 1), tick("A", 2))
    assert topics.route([lone], table_of(all="", one="tick.A")) == {"all": [lone], "one": [lone]}


def test_a_listener_that_takes_columns_gets_its_part_of_a_read_as_columns() -> None:
    batch = columns(tick("A", 1), tick("B", 2), tick("A", 3), tick("C", 4))
    table = table_of(all="", one="tick.A", other="tick.B")
    table.add(pattern("tick.C"), "other")
    assert topics.route([batch], table, columns=True) == {
        "all": [batch],
        "one": [columns(tick("A", 1), tick("A", 3))],
        "other": [columns(tick("B", 2), tick("C", 4))],
    }


def test_without_listeners_nothing_is_routed() -> None:
    assert route([UP, columns(tick("A"))], TopicTable[str]()) == {}


def test_a_listener_that_is_added_or_removed_counts_at_once() -> None:
    table = table_of(one="tick.A")
    batch: list[Item] = [columns(tick("A")), UP]
    assert route(batch, table).keys() == {"one"}
    table.add(pattern("tick."), "two")
    table.add(pattern("tick.A"), "three")
    table.add(pattern("connection."), "four")
    assert route(batch, table).keys() == {"one", "two", "three", "four"}
    assert table.remove("one")
    assert table.remove("two")
    assert table.remove("four")
    assert not table.remove("two")
    assert route(batch, table).keys() == {"three"}
    assert table.remove("three")
    assert route(batch, table) == {}


def test_a_table_can_be_counted_and_walked_while_it_changes() -> None:
    table = table_of(one="a", two="b")
    assert len(table) == 2
    for listener in table:
        table.remove(listener)
    assert len(table) == 0


def test_a_server_that_invents_names_does_not_fill_the_memory() -> None:
    table = table_of(all="", one="tick.A1")
    for number in range(3 * REMEMBERED):
        route([RawMessage(f"event {number}", ""), columns(tick(f"A{number}"))], table)
    assert len(table._by_topic) <= REMEMBERED
    assert len(table._by_asset) <= REMEMBERED
    assert table.match(RawMessage("event 1", "")) == ("all",)


WRITTEN = st.sampled_from(
    [
        "",
        ">",
        "*",
        "*.*",
        "*.>",
        "*.A",
        "tick",
        "tick.",
        "tick.*",
        "tick.>",
        "tick.A",
        "tick.A.B",
        "tick.B",
        "raw.",
        "raw.A",
        "connection.",
        "connection.up",
        "stream.*",
    ]
)
ASSETS = st.sampled_from(["A", "A.B", "A_B", "AB", "B", "#C"])
ITEMS = st.lists(
    st.one_of(
        st.lists(st.builds(tick, ASSETS, st.integers(0, 99)), min_size=1, max_size=4).map(
            lambda ticks: columns(*ticks)
        ),
        st.builds(RawMessage, ASSETS, st.just("")),
        st.builds(StreamRecovered, ASSETS, st.just("c")),
        st.just(UP),
        st.builds(Response, st.just(1)),
    ),
    max_size=8,
)
STEPS = st.lists(
    st.one_of(WRITTEN, st.integers(0, 9), ITEMS), max_size=20
)  # somebody comes, somebody goes, something happens


@given(STEPS)
def test_routing_finds_what_a_comparison_of_every_pattern_with_every_event_finds(
    steps: list[str | int | list[Item]],
) -> None:
    table: TopicTable[int] = TopicTable()
    listening: dict[int, str] = {}
    for number, step in enumerate(steps):
        if isinstance(step, str):
            table.add(pattern(step), number)
            listening[number] = step
        elif isinstance(step, int):
            gone = list(listening)[step : step + 1]
            for listener in gone:
                del listening[listener]
                assert table.remove(listener)
        else:
            found = looked_at_one_by_one(step, listening)
            assert route(step, table) == found
            whole = topics.route(step, table, columns=True)
            assert {listener: list(unfolded(share)) for listener, share in whole.items()} == found
            assert not any(isinstance(item, Tick) for share in whole.values() for item in share)
    assert len(table) == len(listening)


def as_nats_has_it(topic: str) -> re.Pattern[str]:
    """The topics that a subject of NATS matches, the second token being all that follows the first dot."""
    first, dot, second = topic.partition(".")
    if first in {"", ">"}:
        return re.compile(".+")
    one = r"[^.]+" if first == "*" else re.escape(first)
    rest = ".+" if second in {"", "*", ">"} else re.escape(second)
    return re.compile(rf"{one}\.{rest}" if dot else one)


def looked_at_one_by_one(items: list[Item], listening: dict[int, str]) -> dict[int, list[Any]]:
    shares: dict[int, list[Any]] = defaultdict(list)
    for item in items:
        for event in item if isinstance(item, Ticks) else [item]:
            if isinstance(event, Tick | Event):
                for listener, topic in listening.items():
                    if as_nats_has_it(topic).fullmatch(event.topic):
                        shares[listener].append(event)
    return shares
