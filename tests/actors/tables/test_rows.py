"""The answers that are lists, for those who treat them as lists, and for those who want a data frame."""

import datetime as dt
import json
import math
import pickle
import subprocess
import sys
from decimal import Decimal
from typing import Any

import msgspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from actors.tables.rows import (
    PLAIN,
    AssetDict,
    CandleList,
    DealList,
    PendingOrderList,
    RowList,
    Table,
    TickList,
)
from actors.values import AccountKind, Asset, Candle, Deal, Direction, Outcome, PendingOrder, Tick

CANDLES = CandleList([Candle(60, 1.0, 2.0, 0.5, 1.5, 7), Candle(120, 1.5, 1.75, 1.25, 1.625)])
TICKS = TickList([Tick("EURUSD_otc", 1_700_000_000.123, 1.0765, 1_700_000_000.25)])
OPEN = Deal(
    "d1", "A", Direction.CALL, Decimal("1.50"), 1_700_000_000.5, 1_700_000_060.5, 1.25, 92, AccountKind.DEMO
)
CLOSED = msgspec.structs.replace(OPEN, id="d2", close_price=1.5, profit=Decimal("1.380"))
DEALS = DealList([CLOSED, OPEN])
PENDING = PendingOrderList(
    [
        PendingOrder("t1", "A", Direction.PUT, Decimal(2), 60, 80, open_at=1_700_000_000),
        PendingOrder("t2", "A", Direction.PUT, Decimal(2), 60, 80, open_price=1.5),
    ]
)
ASSET = Asset(1, "EURUSD_otc", "EUR/USD OTC", "currency", 5, 92, True, True, 5, (60, 300))
ASSETS = AssetDict({ASSET.symbol: ASSET})
ALL: tuple[Table[Any], ...] = (CANDLES, TICKS, DEALS, PENDING, ASSETS)
EMPTY: tuple[Table[Any], ...] = tuple(type(table)() for table in ALL)


def moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def test_they_are_lists_for_who_treats_them_as_lists() -> None:
    plain = list(CANDLES)
    assert isinstance(CANDLES, list)
    assert plain == CANDLES
    assert plain == CANDLES
    assert CANDLES[0] is plain[0]
    assert CANDLES[-1] is plain[1]
    assert [candle.close for candle in CANDLES] == [1.5, 1.625]
    assert sorted(CANDLES, key=lambda candle: -candle.time) == plain[::-1]
    with pytest.raises(IndexError):
        _ = CANDLES[2]


@pytest.mark.parametrize("table", [table for table in ALL if isinstance(table, RowList)])
def test_a_slice_and_a_copy_are_of_their_kind(table: RowList[Any]) -> None:
    assert type(table[:1]) is type(table)
    assert table[:1] == list(table)[:1]
    assert type(table[::-1]) is type(table)
    assert type(table.copy()) is type(table)
    assert table.copy() == table


def test_the_assets_are_a_dict() -> None:
    assert {"EURUSD_otc": ASSET} == ASSETS
    assert ASSETS["EURUSD_otc"] is ASSET
    assert type(ASSETS.copy()) is AssetDict


@pytest.mark.parametrize("table", [*ALL, *EMPTY])
def test_they_are_pickled_and_travel_as_plain_ones(table: Any) -> None:
    again = pickle.loads(pickle.dumps(table))
    assert type(again) is type(table)
    assert again == table
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(table), type=PLAIN[type(table)]) == table


def test_each_kind_has_a_plain_one() -> None:
    assert set(PLAIN) == {type(table) for table in ALL}


def test_rows_are_tuples_and_dicts() -> None:
    assert CANDLES.to_tuples()[1] == (120, 1.5, 1.75, 1.25, 1.625, None)
    assert CANDLES.to_dicts()[0] == {
        "time": 60,
        "open": 1.0,
        "high": 2.0,
        "low": 0.5,
        "close": 1.5,
        "volume": 7,
    }
    assert DEALS.to_dicts()[0]["outcome"] is Outcome.WIN
    assert DEALS.to_dicts()[0]["profit"] == Decimal("1.380")
    assert dict(zip(DEALS.names(), DEALS.to_tuples()[1], strict=True)) == DEALS.to_dicts()[1]
    assert ASSETS.to_dicts()[0]["symbol"] == "EURUSD_otc"


@pytest.mark.parametrize("table", [*ALL, *EMPTY])
def test_json_has_an_object_for_each_row(table: Any) -> None:
    rows = json.loads(table.to_json())
    assert len(rows) == len(table)
    assert all(tuple(row) == table.names() for row in rows)


def test_amounts_are_exact_in_json() -> None:
    row = json.loads(DEALS.to_json())[0]
    assert (row["profit"], row["direction"], row["outcome"], row["opened_at"]) == (
        "1.380",
        "call",
        "win",
        1_700_000_000.5,
    )


def test_candles_in_pandas() -> None:
    frame = CANDLES.to_pandas()
    assert isinstance(frame.index, pd.DatetimeIndex)
    assert frame.index.name == "time"
    assert str(frame.index.tz) == "UTC"
    assert list(frame.index) == [moment(60), moment(120)]
    assert list(frame.columns) == ["open", "high", "low", "close", "volume"]
    assert {str(kind) for kind in frame.dtypes} == {"float64"}
    assert frame["volume"].iloc[0] == 7
    assert math.isnan(frame["volume"].iloc[1])
    bars = frame.resample("2min").agg({"open": "first", "close": "last"})  # by its index
    assert bars["close"].tolist() == [1.5, 1.625]


def test_ticks_and_deals_in_pandas() -> None:
    ticks = TICKS.to_pandas()
    assert ticks.index[0] == pd.Timestamp("2023-11-14 22:13:20.123", tz="UTC")
    assert str(ticks["received_at"].dt.tz) == "UTC"
    loaded = TickList([Tick("A", 60.0, 1.0, 0.0)])  # LoadTicks: nobody has received it live
    assert loaded.to_pandas()["received_at"].isna().all()
    assert loaded.to_arrow().column("received_at").to_pylist() == [None]
    deals = DEALS.to_pandas()
    assert deals.index.name == "opened_at"
    assert deals["profit"].sum() == 1.38
    assert pd.isna(deals["profit"].iloc[1])
    assert pd.isna(deals["outcome"].iloc[1])
    assert deals["direction"].tolist() == ["call", "call"]
    assert str(deals["payout"].dtype) == "int64"


def test_a_missing_time_in_pandas_is_nat_and_costs_the_others_nothing() -> None:
    frame = PENDING.to_pandas()
    assert frame["open_at"].iloc[0] == pd.Timestamp(1_700_000_000, unit="s", tz="UTC")
    assert frame["open_at"].iloc[1] is pd.NaT
    assert frame["open_price"].iloc[1] == 1.5
    assert ASSETS.to_pandas().loc["EURUSD_otc", "periods"] == (60, 300)


def test_in_polars() -> None:
    candles = CANDLES.to_polars()
    assert candles.schema["time"] == pl.Datetime("us", "UTC")
    assert candles.schema["volume"] == pl.Int64()
    assert candles["time"].to_list() == [moment(60), moment(120)]
    assert candles["volume"].to_list() == [7, None]
    deals = DEALS.to_polars()
    assert deals["profit"].to_list() == [Decimal("1.380"), None]
    assert deals["outcome"].to_list() == ["win", None]
    assert ASSETS.to_polars()["periods"].to_list() == [[60, 300]]
    assert PENDING.to_polars()["open_at"].to_list() == [moment(1_700_000_000), None]


def test_in_arrow() -> None:
    candles = CANDLES.to_arrow()
    assert candles.schema.field("time").type == pa.timestamp("us", tz="UTC")
    assert not candles.schema.field("close").nullable
    assert candles.column("volume").to_pylist() == [7, None]
    assert candles.column("time").to_pylist() == [moment(60), moment(120)]
    deals = DEALS.to_arrow()
    assert deals.column("profit").to_pylist() == [Decimal("1.380"), None]
    assert deals.schema.field("amount").type == pa.decimal128(38, 9)


@pytest.mark.parametrize(("filled", "empty"), list(zip(ALL, EMPTY, strict=True)))
def test_an_empty_one_has_the_same_columns(filled: Table[Any], empty: Table[Any]) -> None:
    assert empty.to_polars().schema == filled.to_polars().schema
    assert empty.to_arrow().schema == filled.to_arrow().schema
    one, other = empty.to_pandas(), filled.to_pandas()
    assert type(one.index) is type(other.index)
    assert list(one.columns) == list(other.columns)
    numbers = [name for name in one.columns if str(other[name].dtype).startswith(("int", "float", "date"))]
    assert one[numbers].dtypes.to_list() == other[numbers].dtypes.to_list()


def test_a_hundred_thousand_candles_are_a_frame_within_a_second() -> None:
    many = CandleList(Candle(60 * at, 1.0, 1.0, 1.0, 1.0, at) for at in range(100_000))
    begun = dt.datetime.now(dt.UTC)
    assert len(many.to_pandas()) == len(many.to_polars()) == len(many.to_arrow()) == 100_000
    assert dt.datetime.now(dt.UTC) - begun < dt.timedelta(seconds=5)


@pytest.mark.parametrize(
    ("method", "library", "extra"),
    [("to_pandas", "pandas", "pandas"), ("to_polars", "polars", "polars"), ("to_arrow", "pyarrow", "arrow")],
)
def test_a_missing_library_is_named_with_its_extra(method: str, library: str, extra: str) -> None:
    program = f"""
import sys
class Missing:
    def find_spec(self, name, *_):
        if name == {library!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from actors.tables.rows import CandleList
try:
    CandleList().{method}()
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    assert f"{method} needs {library}, the extra {extra} of tellwire: " in done.stdout
    assert f"-m pip install {library}" in done.stdout


def test_html_has_each_row_and_escapes_it() -> None:
    page = DealList([msgspec.structs.replace(OPEN, id="<script>")])._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "DealList: 1 row<" in page
    assert "2023-11-14 22:13:20.500" in page
    assert "1.50" in page
    assert "None" not in page


def test_a_long_table_shows_its_ends_in_html() -> None:
    page = CandleList(Candle(60 * at, 1.0, 1.0, 1.0, 1.0, at) for at in range(1_000))._repr_html_()
    assert "CandleList: 1,000 rows" in page
    assert page.count("<tr>") == 1 + 21
    assert page.count("…") == 6
    assert "<td>999</td>" in page
    assert "<td>500</td>" not in page
