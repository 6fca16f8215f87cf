import json
from decimal import Decimal

import pytest

from actors.errors import RemoteProtocolError, RequestRefused
from actors.messages import AssetsListed, BalanceChanged, RawMessage
from actors.protocols.socketio import EventPacket
from actors.values import AccountKind, Balance, Candle
from actors.venues.pocketoption import dialect
from actors.venues.pocketoption.deals import Acceptance, ClosedDeals, DealRefusal, OpenDeals
from actors.venues.pocketoption.dialect import Authenticated, AuthRefused, EventDecoder, TickRows
from actors.venues.pocketoption.market_data import RequestedHistory, StreamHistory
from actors.venues.pocketoption.pending_orders import Cancellation, PendingOrderListing, Placement
from tests.doubles.venue_payloads import (
    ACCEPTED,
    ACCEPTED_DEAL,
    CLOSED_DEAL,
    CLOSED_LIST,
    CLOSING,
    CLOSING_DEAL,
    DEEP,
    LATER_EVENTS,
    OPEN_LIST,
    PENDING_ORDER,
    PENDING_ROW,
)

NOW = 1770848931.5


def test_the_names_of_the_venue() -> None:
    reader = EventDecoder()
    bars = b'{"asset":"A","period":60,"candles":[[1769988660,1,2,3,0.5]]}'
    candle = Candle(1769981460, open=1, high=3, low=0.5, close=2)
    for name in ("updateHistoryNewFast", "updateHistoryNew", "updateHistory"):
        assert reader.read(EventPacket(name, (bars,))) == StreamHistory("A", 60, [candle])
    for name in ("loadHistoryPeriod", "loadHistoryPeriodFast"):
        answer = reader.read(EventPacket(name, (b'{"asset":"A","period":60,"index":5,"data":[]}',)))
        assert answer == RequestedHistory(5, "A", 60, [])
    for name in ("NotAuthorized", "notAuthorized", "auth_error", "autherror"):
        assert reader.read(EventPacket(name)) == AuthRefused()
    assert reader.read(EventPacket("successauth", (b'{"id":"k"}',))) == Authenticated()
    assert reader.read(EventPacket("successauth")) == Authenticated()
    assert reader.read(EventPacket("updateStream", (b"[]",))) == TickRows(b"[]")
    assert reader.read(EventPacket("updateAssets", (b"[]",))) == AssetsListed([])
    balance = reader.read(EventPacket("successupdateBalance", (b'{"isDemo":1,"balance":0.10}',)))
    assert balance == BalanceChanged(Balance(AccountKind.DEMO, Decimal("0.10")))


def test_the_names_of_the_venue_for_trading() -> None:
    facts = {
        ("successopenOrder", ACCEPTED): Acceptance("18396039", ACCEPTED_DEAL),
        ("failopenOrder", b'{"asset":"A","error":"OPEN_TIME"}'): DealRefusal("A", "OPEN_TIME"),
        ("successcloseOrder", CLOSING): ClosedDeals([CLOSING_DEAL], listed=False),
        ("updateOpenedDeals", OPEN_LIST): OpenDeals([ACCEPTED_DEAL]),
        ("updateClosedDeals", CLOSED_LIST): ClosedDeals([CLOSED_DEAL], listed=True),
        ("successopenPendingOrder", PENDING_ROW): Placement(PENDING_ORDER),
        ("failopenPendingOrder", b'{"error":"OPEN_TIME"}'): Placement(reason="OPEN_TIME"),
        ("successcancelPendingOrder", b'{"ticket":"t"}'): Cancellation("t"),
        ("failcancelPendingOrder", b'{"ticket":"t","error":"x"}'): Cancellation("t", "x"),
        ("successupdatePending", b"[]"): PendingOrderListing([]),
    }
    for (name, payload), fact in facts.items():
        assert EventDecoder().read(EventPacket(name, (payload,))) == fact


def test_rows_left_out_are_counted_wherever_they_stood() -> None:
    reader = EventDecoder()
    reader.read(EventPacket("updateClosedDeals", (b"[{},%s]" % CLOSED_LIST[1:-1],)))
    reader.read(EventPacket("successupdatePending", (b"[{},%s]" % PENDING_ROW,)))
    assert reader.refused == 2


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        (EventPacket("updateEnabledSocialOptions", (b"[ ]",)), "[ ]"),
        (EventPacket("successopenFreeTrade", (b'{"id":"2b","profit":4.60}',)), '{"id":"2b","profit":4.60}'),
        (EventPacket("auth/success"), ""),
        (EventPacket("several", (b"1", b'"\xc3\xa9"')), '[1,"é"]'),
    ],
)
def test_what_nothing_here_interprets_is_handed_on_as_it_came(event: EventPacket, payload: str) -> None:
    assert EventDecoder().read(event) == RawMessage(event.name, payload)


@pytest.mark.parametrize(("name", "payload"), LATER_EVENTS.items())
def test_events_that_are_not_ours_to_understand_are_handed_on(name: str, payload: bytes) -> None:
    assert EventDecoder().read(EventPacket(name, (payload,))) == RawMessage(name, payload.decode())


@pytest.mark.parametrize("payload", [b"", b"{", b"NaN", b'"\xff"', DEEP, b"\x04{}"])
@pytest.mark.parametrize(
    "name", ["updateRank", "updateClosedDeals", "updateAssets", "updateHistoryNew", "successupdateBalance"]
)
def test_a_payload_that_is_no_json_is_the_peers_fault(name: str, payload: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        EventDecoder().read(EventPacket(name, (payload,)))


@pytest.mark.parametrize(
    "name",
    [
        "updateAssets",
        "updateHistoryNew",
        "loadHistoryPeriod",
        "successupdateBalance",
        "successopenOrder",
        "failopenOrder",
        "successcloseOrder",
        "updateOpenedDeals",
        "updateClosedDeals",
        "successopenPendingOrder",
        "successupdatePending",
    ],
)
def test_a_payload_that_is_missing_is_the_peers_fault(name: str) -> None:
    with pytest.raises(RemoteProtocolError):
        EventDecoder().read(EventPacket(name))


def test_a_stream_is_started_by_its_chart_and_ended_by_its_name() -> None:
    assert dialect.subscribe("EURUSD_otc", 60) == (
        b'42["changeSymbol",{"asset":"EURUSD_otc","period":60}]',
        b'42["subfor","EURUSD_otc"]',
    )
    assert dialect.unsubscribe("#AAPL_otc") == [
        b'42["unsubfor","#AAPL_otc"]',
        b'42["unSubscribeSymbol","#AAPL_otc"]',
    ]
    assert dialect.KEEP_ALIVE == b'42["ps"]'


def test_history_is_asked_for_by_its_end_on_the_venues_clock() -> None:
    text = dialect.load_candles("#AXP_otc", period=3600, count=150, end=1733475600, index=173384282247)
    assert text == (
        b'42["loadHistoryPeriod",'
        b'{"asset":"#AXP_otc","index":173384282247,"time":1733482800,"offset":540000,"period":3600}]'
    )


@pytest.mark.parametrize(
    ("period", "end", "time"),
    [(60, 1000059.9, 1007220), (14400, 14400 * 3.0, 14400 * 3), (86400, 79200.0, 86400)],
)
def test_history_ends_with_a_whole_bar_of_the_venue(period: int, end: float, time: int) -> None:
    text = dialect.load_candles("A", period, count=1, end=end, index=1)
    asked = json.loads(text[2:])[1]
    assert asked["time"] % period == 0
    assert asked["time"] <= end + 7200 < asked["time"] + period
    assert asked["time"] == time


@pytest.mark.parametrize(
    ("period", "count", "end"),
    [
        (0, 1, 1e9),
        (-60, 1, 1e9),
        (60, 0, 1e9),
        (60, 151, 1e9),
        (60, 1, -1),
        (60, 1, 1e12),
        (60, 1, float("nan")),
    ],
)
def test_history_that_the_venue_cannot_give_is_not_asked_for(period: int, count: int, end: float) -> None:
    with pytest.raises(RequestRefused):
        dialect.load_candles("A", period, count, end, index=1)
