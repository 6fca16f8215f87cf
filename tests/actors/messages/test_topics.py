"""The tree of topics: what matches what, what is refused, and that the page names all of it."""

from typing import Any

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from actors.messages import events
from actors.messages.topics import TopicPattern, pattern, refusal, topic_values, topics
from actors.values import Candle, Tick
from tests.doubles.message_samples import EVENTS, TICK

SAMPLES = [event for event, _ in EVENTS.values()]
PUBLIC: list[Any] = [TICK, *(event for event in SAMPLES if not event.internal)]
SYMBOLS = ["EURUSD", "EURUSD_otc", "#AAPL_otc", "BNB-USD_otc", "100GBP", "BRK.B", "BTC/USD", "a b"]


@pytest.mark.parametrize(
    ("written", "matched"),
    [
        ("tick.EURUSD", {"tick.EURUSD"}),
        ("tick.*", {"tick.EURUSD", "tick.EURUSD_otc", "tick.BRK.B"}),
        ("tick.>", {"tick.EURUSD", "tick.EURUSD_otc", "tick.BRK.B"}),
        ("tick.", {"tick.EURUSD", "tick.EURUSD_otc", "tick.BRK.B"}),
        ("tick.BRK.B", {"tick.BRK.B"}),
        ("tick.BRK", set()),
        ("*.EURUSD", {"tick.EURUSD", "candles.EURUSD"}),
        ("connection.", {"connection.up", "connection.down"}),
        ("connection.up", {"connection.up"}),
        ("*", {"assets"}),
        ("*.up", {"connection.up"}),
        ("assets", {"assets"}),
    ],
)
def test_a_pattern_matches_by_the_rules_of_nats(written: str, matched: set[str]) -> None:
    tree = ["tick.EURUSD", "tick.EURUSD_otc", "tick.BRK.B", "candles.EURUSD", "connection.up"]
    tree += ["connection.down", "assets"]
    assert {topic for topic in tree if pattern(written).matches(topic)} == matched


@pytest.mark.parametrize("written", ["", ">"])
def test_everything_is_matched_by(written: str) -> None:
    assert all(pattern(written).matches(event.topic) for event in PUBLIC if event.topic != "wire.c1")
    assert refusal(written) == ""


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_the_topic_of_an_asset_is_that_asset_alone(symbol: str) -> None:
    wanted = pattern(Tick(symbol, 0.0, 1.0, 0.0).topic)
    assert [other for other in SYMBOLS if wanted.matches(f"tick.{other}")] == [symbol]
    assert wanted.ticks_of == wanted.asset == symbol
    assert refusal(f"tick.{symbol}") == ""


TOKENS = st.sampled_from(["tick", "candles", "connection", "up", "A", "A.B", "*", ">"])
PATTERNS = st.one_of(TOKENS, st.builds("{}.{}".format, TOKENS, TOKENS)).map(pattern)


@given(PATTERNS, PATTERNS, st.sampled_from(["tick.A", "tick.A.B", "candles.A", "connection.up", "A", "tick"]))
def test_what_covers_a_pattern_matches_all_that_it_matches(
    wide: TopicPattern, narrow: TopicPattern, topic: str
) -> None:
    if wide.covers(narrow) and narrow.matches(topic):
        assert wide.matches(topic)


@pytest.mark.parametrize("event", PUBLIC, ids=lambda event: event.topic)
def test_every_public_event_can_be_had_by_its_topic_and_by_wildcards(event: events.Event) -> None:
    first, dot, _ = event.topic.partition(".")
    for written in (event.topic, f"{first}.>", f"{first}.*", f"{first}.") if dot else (event.topic, "*"):
        assert refusal(written) == ""
        assert pattern(written).matches(event.topic)


@pytest.mark.parametrize(
    "event", [event for event in SAMPLES if event.internal], ids=lambda event: event.topic
)
def test_the_topic_of_an_internal_event_is_refused(event: events.Event) -> None:
    assert "no event has the topic" in refusal(event.topic)


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("ticks.EURUSD", "tick.EURUSD"),
        ("Tick.EURUSD_otc", "tick.EURUSD_otc"),
        ("tick/EURUSD", "tick.EURUSD"),
        ("tick", "tick.>"),
        ("tick.EURUSD*", "tick.*"),
        ("tick.>.bid", "tick.*"),
        ("EURUSD_otc", "tick.EURUSD_otc"),
        ("candle.EURUSD", "candles.EURUSD"),
        ("order.opend", "order.opened"),
        ("orders.opened", "order.opened"),
        ("ORDER.CLOSED", "order.closed"),
        ("order.opened.EURUSD", "order.opened"),
        ("order", "order.>"),
        ("order.o", "order.>"),
        ("order.close*", "order.*"),
        ("connection.upp", "connection.up"),
        ("con*", ">"),
        ("stream.placed", "stream.>"),
        ("balance.", "balance"),
        ("assets.changed", "assets"),
    ],
)
def test_a_topic_that_can_match_nothing_is_refused_with_the_nearest(written: str, nearest: str) -> None:
    assert refusal(written).endswith(f"(did you mean {nearest}?)")
    assert refusal(nearest) == ""


def test_a_topic_that_is_near_to_none_is_refused_with_the_first_tokens() -> None:
    assert "the first tokens are actor, assets, balance, bar, candles," in refusal("zebra.xyz")
    assert "which has to be the last token" in refusal(">.up")


@given(st.text(".*> atickonre", max_size=12))
def test_what_is_refused_matches_no_event_and_the_rest_can(written: str) -> None:
    if "*" not in written and ">" not in written and not refusal(written):
        wanted = pattern(written)
        varying = {"tick", "candles", "progress", "raw"}
        assert wanted.first in varying or any(wanted.matches(event.topic) for event in PUBLIC)


def test_the_tree_has_each_public_event_with_its_fields() -> None:
    assert [info.topic for info in topics()] == sorted(info.topic for info in topics())
    by_event = {info.event: info for info in topics()}
    assert by_event.keys() == {type(event).__name__ for event in PUBLIC}
    for event in PUBLIC:
        info = by_event[type(event).__name__]
        assert list(info.fields) == list(event.__struct_fields__)
        if info.varies_by:
            first, _, name = info.topic.partition(".")
            assert name == info.varies_by.upper()
            assert event.topic == f"{first}.{getattr(event, info.varies_by)}"
        else:
            assert event.topic == info.topic
    assert by_event["OrderClosed"].fields == {"deal": "Deal"}
    assert by_event["ConnectionDown"].fields["retry_after"] == "float | None"


def test_each_value_within_an_event_is_described() -> None:
    values = topic_values()
    assert values.keys() == {
        "Asset",
        "Balance",
        "Candle",
        "Deal",
        "PendingOrder",
        "StreamReport",
        "TaskStatus",
    }
    assert values["Candle"] == {
        field.name: "int | None" if field.name == "volume" else field.type.__name__
        for field in structs.fields(Candle)
    }


@pytest.mark.parametrize("topic", [">", "", "*.*", "*.c1", "*.>", "raw.>"])
def test_what_costs_much_is_matched_by_its_name_alone(topic: str) -> None:
    assert not pattern(topic).matches("wire.c1")
    assert not pattern(topic).covers(pattern("wire.c1"))
    assert not pattern(topic).covers(pattern("wire.>"))


def test_the_messages_of_one_connection_or_of_all_are_listened_to() -> None:
    assert pattern("wire.>").matches("wire.c1")
    assert pattern("wire.>").covers(pattern("wire.c1"))
    assert pattern("wire.c1").matches("wire.c1")
    assert not pattern("wire.c1").matches("wire.c2")
    assert [pattern(topic).wire_of for topic in ("wire.>", "wire.*", "wire.c1", "tick.c1", ">")] == [
        "*",
        "*",
        "c1",
        "",
        "",
    ]
