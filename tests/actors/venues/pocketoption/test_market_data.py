import json
from decimal import Decimal
from typing import Any

import pytest

from actors.errors import RemoteProtocolError
from actors.values import AccountKind, Asset, Balance, Candle
from actors.venues.pocketoption.market_data import MarketDataDecoder
from tests.doubles.venue_payloads import DEEP

EURUSD = (
    '[1,"EURUSD","EUR/USD","currency",5,78,60,30,3,0,66,0,[],1750891500,true,'
    '[{"time":60},{"time":120}],1750891500,60,-1]'
)
EURUSD_OTC = (
    '[66,"EURUSD_otc","EUR/USD OTC","currency",5,92,60,30,3,1,0,1,[],1750896000,true,[{"time":60}],0,5,-1]'
)
APPLE = '[5,"#AAPL","Apple","stock",2,50,60,30,3,0,170,0,[],1750869300,false,[{"time":60}],-1,60,1750869300]'
BAR = (
    '{"symbol_id":291,"time":1726902000,"open":172.218,"close":172.193,"high":172.256,"low":172.065,'
    '"asset":"#AXP_otc"}'
)


def stream_history(**fields: Any) -> bytes:
    return json.dumps({"asset": "AUDCAD_otc", "period": 60} | fields).encode()


def requested(*items: str, period: int = 3600, index: str = "7") -> bytes:
    return f'{{"asset":"#AXP_otc","index":{index},"period":{period},"data":[{",".join(items)}]}}'.encode()


def test_bar_columns_are_open_close_high_low_and_newest_first() -> None:
    shapes = MarketDataDecoder()
    found = shapes.stream_history(
        stream_history(
            history=[],
            candles=[
                [1769988660, 0.89232, 0.89176, 0.89271, 0.89149, 110],
                [1769988600, 0.9, 0.91, 0.92, 0.89],
            ],
        )
    )
    assert found.candles == [
        Candle(1769981400, open=0.9, high=0.92, low=0.89, close=0.91),
        Candle(1769981460, open=0.89232, high=0.89271, low=0.89149, close=0.89176, volume=110),
    ]
    assert shapes.refused == 0


def test_the_bars_that_the_venue_leaves_out_are_rebuilt_from_ticks() -> None:
    """A chart of 180 s whose newest bar ended more than one period before the last tick."""
    found = MarketDataDecoder().stream_history(
        stream_history(
            period=180,
            history=[
                [1754518642.936, 0.9],
                [1754518860.5, 0.95],
                [1754519041.0, 0.97, None],
                [1754519382.253, 0.99],
            ],
            candles=[[1754518860, 0.90062, 0.90065, 0.90098, 0.90026], [1754518680, 0.8, 0.9, 0.9, 0.8]],
        )
    )
    assert [(candle.time + 7200, candle.close) for candle in found.candles] == [
        (1754518680, 0.9),
        (1754518860, 0.95),
        (1754519040, 0.97),
        (1754519220, 0.99),
    ]


def test_bars_of_a_day_open_at_the_venues_midnight() -> None:
    midnight = 1732924800
    found = MarketDataDecoder().stream_history(
        stream_history(
            period=86400,
            history=[[midnight - 1.0, 1.0], [midnight + 86399.0, 2.0], [midnight + 86400.0, 3.0]],
            candles=[[midnight, 1.0, 1.0, 1.0, 1.0]],
        )
    )
    assert [candle.time for candle in found.candles] == [midnight - 7200, midnight + 86400 - 7200]


@pytest.mark.parametrize("lists", [{}, {"history": [], "candles": []}, {"history": None, "candles": None}])
def test_a_history_may_be_empty(lists: dict[str, Any]) -> None:
    assert MarketDataDecoder().stream_history(stream_history(**lists)).candles == []


def test_milliseconds_are_understood() -> None:
    found = MarketDataDecoder().stream_history(
        stream_history(
            candles=[[1769988660000, 1, 1, 1, 1]], history=[[1769988600500, 1], [1769988725500, 2.0]]
        )
    )
    assert [candle.time for candle in found.candles] == [1769981460, 1769981520]


@pytest.mark.parametrize(
    "row",
    [
        [1769988660, 2, 2, 1, 3],
        [1769988660, 2, 4, 3, 1],
        [1769988660, 0, 2, 3, 1],
        [1769988660, 2, 2, 3, -1],
        [1769988660, 2, 2, 3],
        [0, 2, 2, 3, 1],
        [1e15, 2, 2, 3, 1],
        ["1769988660", 2, 2, 3, 1],
        {"time": 1769988660},
        None,
    ],
)
def test_an_impossible_bar_is_left_out_and_counted(row: Any) -> None:
    shapes = MarketDataDecoder()
    found = shapes.stream_history(stream_history(candles=[[1769988720, 2, 2, 3, 1], row]))
    assert [candle.time for candle in found.candles] == [1769981520]
    assert shapes.refused == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'{"period":60}',
        stream_history(period=0),
        stream_history(period=60.5),
        stream_history(candles={}),
        b'{"asset":"a","period":60,"history":[[1769988660,NaN]]}',
        b'{"asset":"a","period":60,"history":' + DEEP + b"}",
        b'{"asset":"\xff","period":60}',
    ],
)
def test_another_document_is_not_a_history(payload: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        MarketDataDecoder().stream_history(payload)


def test_requested_bars_are_named_by_their_index() -> None:
    later = '{"symbol_id":291,"time":1726905600,"open":1,"close":2,"high":3,"low":0.5,"volume":42}'
    found = MarketDataDecoder().requested_history(requested(BAR, later))
    assert (found.index, found.asset, found.period) == (7, "#AXP_otc", 3600)
    assert found.candles == [
        Candle(1726894800, open=172.218, high=172.256, low=172.065, close=172.193),
        Candle(1726898400, open=1, high=3, low=0.5, close=2, volume=42),
    ]


def test_requested_ticks_become_bars_of_one_second() -> None:
    ticks = [
        f'{{"asset":"#AXP_otc","time":{time},"price":{price}}}'
        for time, price in ((1734725463.364, 1.0), (1734725463.9, 1.5), (1734725465.1, 2.0))
    ]
    found = MarketDataDecoder().requested_history(requested(*ticks, period=0, index="null"))
    assert (found.index, found.period) == (None, 1)
    assert found.candles == [
        Candle(1734718263, open=1.0, high=1.5, low=1.0, close=1.5),
        Candle(1734718265, open=2.0, high=2.0, low=2.0, close=2.0),
    ]


def test_a_requested_history_may_be_empty() -> None:
    assert MarketDataDecoder().requested_history(requested()).candles == []
    assert MarketDataDecoder().requested_history(b'{"asset":"a","period":60}').candles == []


@pytest.mark.parametrize("item", ['{"time":1726902000}', '{"time":1726902000,"price":0}', "[]", "7"])
def test_an_item_that_is_neither_bar_nor_tick_is_left_out_and_counted(item: str) -> None:
    shapes = MarketDataDecoder()
    assert len(shapes.requested_history(requested(item, BAR)).candles) == 1
    assert shapes.refused == 1


def test_an_asset_row_has_nineteen_columns() -> None:
    eurusd, otc, apple = MarketDataDecoder().assets(f"[{EURUSD},{EURUSD_OTC},{APPLE}]".encode())
    assert eurusd == Asset(
        id=1,
        symbol="EURUSD",
        label="EUR/USD",
        kind="currency",
        digits=5,
        payout=78,
        otc=False,
        tradable=True,
        minimum_duration=60,
        periods=(60, 120),
        session_opens_at=None,
        session_closes_at=1750891500 - 7200,
    )
    assert (otc.otc, otc.minimum_duration, otc.session_closes_at) == (True, 5, None)
    assert (apple.tradable, apple.session_opens_at, apple.session_closes_at) == (
        False,
        1750869300 - 7200,
        None,
    )


def test_fifteen_columns_of_an_asset_are_enough_and_twenty_not_too_many() -> None:
    row = json.loads(EURUSD_OTC)
    (short,) = MarketDataDecoder().assets(json.dumps([row[:15]]).encode())
    (long,) = MarketDataDecoder().assets(json.dumps([[*row, {"new": 1}]]).encode())
    assert (short.symbol, short.minimum_duration, short.periods) == ("EURUSD_otc", 30, ())
    assert long == MarketDataDecoder().assets(f"[{EURUSD_OTC}]".encode())[0]


def test_an_asset_row_of_another_shape_is_left_out_and_counted() -> None:
    shapes = MarketDataDecoder()
    bad = [json.loads(EURUSD)[:14], ["1", *json.loads(EURUSD)[1:]], {}, None]
    rows = json.dumps([*bad, json.loads(APPLE)]).encode()
    assert [asset.symbol for asset in shapes.assets(rows)] == ["#AAPL"]
    assert shapes.refused == 4


def test_a_list_without_a_single_asset_does_not_empty_the_table() -> None:
    with pytest.raises(RemoteProtocolError):
        MarketDataDecoder().assets(b"[[1],[2]]")
    assert MarketDataDecoder().assets(b"[]") == []


@pytest.mark.parametrize(
    ("payload", "balance"),
    [
        (b'{"isDemo":1,"balance":49812.37}', Balance(AccountKind.DEMO, Decimal("49812.37"))),
        (b'{"isDemo":0,"balance":9993.50,"uid":1}', Balance(AccountKind.LIVE, Decimal("9993.50"))),
        (
            b'{"balance":0.1000000000000000055,"isDemo":true}',
            Balance(AccountKind.DEMO, Decimal("0.1000000000000000055")),
        ),
        (b'{"balance":-5,"isDemo":0}', Balance(AccountKind.LIVE, Decimal(-5))),
        (b'{"balance":1,"isDemo":0,"currency":"EUR"}', Balance(AccountKind.LIVE, Decimal(1), "EUR")),
        (b'{"balance":1,"isDemo":0,"currency":{}}', Balance(AccountKind.LIVE, Decimal(1))),
    ],
)
def test_a_balance_is_the_texts_own_number(payload: bytes, balance: Balance) -> None:
    found = MarketDataDecoder().balance(payload)
    assert found == balance
    assert str(found.amount) == str(balance.amount)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"isDemo":1}',
        b'{"balance":1}',
        b'{"isDemo":2,"balance":1}',
        b'{"isDemo":1,"balance":"NaN"}',
        b'{"isDemo":1,"balance":"Infinity"}',
        b'{"isDemo":1,"balance":1e999999999}',
        b'{"isDemo":1,"balance":-1e30}',
        b'{"isDemo":1,"balance":null}',
        b'{"_placeholder":true,"num":0}',
        b"[]",
    ],
)
def test_what_is_no_amount_of_money_is_no_balance(payload: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        MarketDataDecoder().balance(payload)
