import json

import pytest
from hypothesis import given, strategies as st

from actors.errors import RemoteProtocolError
from actors.messages import AssetsListed
from actors.venues.pocketoption.protocol import Message
from actors.venues.pocketoption.states import SessionState
from tests.doubles.venue_dialogue import (
    ASSETS,
    EURUSD_OTC,
    OPEN,
    SUCCESS,
    TICK_HEADER,
    authenticating,
    event,
    opening,
    ready,
    receive,
    said,
    texts,
)


@pytest.mark.parametrize(
    "messages",
    [
        said("hello"),
        said(""),
        said("0"),
        said("0[]"),
        said('0{"sid":"a","pingInterval":-1,"pingTimeout":1}'),
        said("40"),
        said("41"),
        said(TICK_HEADER, b"[]"),
        said('42["successauth",{}]'),
        said(SUCCESS),
        said(OPEN, OPEN),
        said(OPEN, "41"),
        said(OPEN, "4"),
        said(OPEN, '44{"message":"Invalid namespace"}'),
        said(OPEN, "44["),
        said(OPEN, '42["updateAssets",[]]'),
        said(OPEN, "4" + "2[" + "[" * 100_000),
    ],
)
def test_a_venue_that_cannot_shake_hands_is_at_fault(messages: list[Message]) -> None:
    session = opening()
    assert receive(session, messages) == []
    assert isinstance(session.failure, RemoteProtocolError)
    assert session.state is SessionState.CLOSED
    assert texts(session) == []


@pytest.mark.parametrize(
    "messages",
    [
        said("hello"),
        said(""),
        said(OPEN),
        said('40{"sid":"x"}'),
        said("44{}"),
        said("43[]"),
        said("42{"),
        said(b"nobody announced this"),
        said(TICK_HEADER, '42["updateTime",1]'),
        said('451-["updateAssets",{"_placeholder":true,"num":1}]'),
        event("updateAssets", b"{"),
        event("updateStream", b'[["A",1770856131,-1]]'),
        event("updateHistoryNew", b'{"asset":"A","period":60,"candles":[[1770856080,1,1,1,2]]}'),
    ],
)
def test_nonsense_after_the_handshake_is_counted_and_nothing_more(messages: list[Message]) -> None:
    for session in (authenticating(), ready("A")):
        receive(session, messages)
        assert session.garbage == 1
        assert session.failure is None
        assert receive(session, event("updateAssets", ASSETS)) == [AssetsListed([EURUSD_OTC])]


TEXTS = st.text(max_size=40) | st.from_regex(r"\A[0-6]{1,2}(1-)?(\[\"?[a-zA-Z]*\"?(,.{0,20})?\])?\Z")
PARTS = st.sampled_from([OPEN, "40", SUCCESS, '42["successauth"]', "2", "41", "1", TICK_HEADER]) | TEXTS


@given(st.lists(PARTS | st.binary(max_size=40), max_size=15))
def test_any_messages_are_items_or_a_failure(parts: list[str | bytes]) -> None:
    for session in (opening(), authenticating(), ready("A")):
        receive(session, said(*parts))
        assert (session.failure is None) is (session.state is not SessionState.CLOSED)


NAMES = st.sampled_from(
    [
        "updateStream",
        "updateHistoryNew",
        "loadHistoryPeriod",
        "updateAssets",
        "successupdateBalance",
        "updateClosedDeals",
    ]
)
KEYS = st.sampled_from(
    ["asset", "period", "index", "data", "history", "candles", "time", "isDemo", "balance"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(1770856131),
    lambda inner: st.lists(inner, max_size=19) | st.dictionaries(KEYS, inner, max_size=9),
    max_leaves=30,
)


@given(NAMES, JSON)
def test_any_payload_of_any_event_is_items_or_garbage(name: str, payload: object) -> None:
    session = ready("A")
    receive(session, event(name, json.dumps(payload).encode()))
    assert session.failure is None
    assert receive(session, event("updateAssets", ASSETS)) == [AssetsListed([EURUSD_OTC])]
