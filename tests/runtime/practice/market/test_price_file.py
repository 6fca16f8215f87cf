"""Recorded ticks and bars are quoted as they stand in the file; a mistake is named with its line."""

from pathlib import Path

import pytest

from actors.errors import ConfigInvalid
from runtime.practice import PracticeExchange, PracticeSettings
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.price_file import read_prices
from runtime.practice.market.prices import Bar
from runtime.practice.market.recorded_quotes import RecordedQuotes
from runtime.practice.server.clock import UTC_OFFSET

EURUSD, GBPUSD = LISTINGS["EURUSD_otc"], LISTINGS["GBPUSD_otc"]
NINE = 1_767_603_600  # 2026-01-05 09:00 UTC
BARS = """time,asset,open,high,low,close
2026-01-05T09:00Z,EURUSD_otc,1.08,1.0803,1.0799,1.0801
2026-01-05T09:01Z,EURUSD_otc,1.0801,1.0802,1.0795,1.0796
2026-01-05T09:04Z,EURUSD_otc,1.079,1.0792,1.0789,1.0791
"""


def quotes(folder: Path, text: str, rate: float = 2.0, name: str = "prices.csv") -> RecordedQuotes:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return RecordedQuotes(read_prices(path).series, rate)


@pytest.mark.parametrize("rate", [0.05, 2.0, 7.3])
def test_the_bars_of_a_file_are_the_candles_and_the_extremes_of_their_ticks(
    tmp_path: Path, rate: float
) -> None:
    market, start = quotes(tmp_path, BARS, rate), NINE + UTC_OFFSET
    later = start + 3600
    bars = dict(market.bars(EURUSD, 60, start, later, later, 150))
    assert bars == {
        start: Bar(1.08, 1.0803, 1.0799, 1.0801),
        start + 60: Bar(1.0801, 1.0802, 1.0795, 1.0796),
        start + 240: Bar(1.079, 1.0792, 1.0789, 1.0791),
    }
    ticks = market.ticks(EURUSD, start - 1, market.number_after(EURUSD, later), 10_000)
    for opened, bar in bars.items():
        prices = [tick.price for tick in ticks if opened <= tick.time < opened + 60]
        assert Bar(prices[0], max(prices), min(prices), prices[-1]) == bar
    assert not [tick for tick in ticks if start + 120 <= tick.time < start + 240]
    assert dict(market.bars(EURUSD, 300, start, later, later, 150)) == {
        start: Bar(1.08, 1.0803, 1.0789, 1.0791)
    }


def test_a_bar_that_is_forming_has_the_ticks_until_now(tmp_path: Path) -> None:
    market, start = quotes(tmp_path, BARS), NINE + UTC_OFFSET
    now = start + 75.0
    ticks = market.ticks(EURUSD, start + 59.99, market.number_after(EURUSD, now), 1000)
    forming = dict(market.bars(EURUSD, 60, start, now, now, 150))[start + 60]
    prices = [tick.price for tick in ticks if tick.time < now]
    assert forming == Bar(1.0801, max(prices), min(prices), prices[-1])


def test_ticks_are_quoted_at_their_own_times_and_then_no_more(tmp_path: Path) -> None:
    rows = "time,price\n1767603600.25,1.08\n1767603601.5,1.0802\n1767603601.5,1.0801\n"
    market, start = quotes(tmp_path, rows, name="EURUSD_otc.csv"), NINE + UTC_OFFSET
    assert market.ticks(EURUSD, start, market.number_after(EURUSD, start + 60), 10) == [
        (start + 0.25, 1.08),
        (start + 1.5, 1.0802),
        (start + 1.5, 1.0801),
    ]
    assert market.price(EURUSD, start - 5) == 1.08
    assert market.price(EURUSD, start + 5000) == 1.0801
    assert market.instant(EURUSD, 3) == float("inf")
    assert market.ticks(GBPUSD, start, 0, 10) == []
    assert list(market.bars(GBPUSD, 60, start, start + 60, start, 10)) == []


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("when,price\n1,1\n", 1, "the columns must be"),
        ("time,asset,price\n", 1, "no row follows"),
        ("time,asset,price\n1,NOTHING,1\n", 2, "'NOTHING' is no asset"),
        ("time,price\n1,1\n", 1, "the name of the file"),
        ("time,asset,price\n1,EURUSD_otc,1.08\n2,EURUSD_otc,dear\n", 3, "numbers are needed"),
        ("time,asset,price\nyesterday,EURUSD_otc,1.08\n", 2, "numbers are needed"),
        ("time,asset,price\n1,EURUSD_otc\n", 2, "numbers are needed"),
        ("time,asset,price\n1,EURUSD_otc,-1\n", 2, "above zero"),
        ("time,asset,price\n2,EURUSD_otc,1\n1,EURUSD_otc,1\n", 3, "must be later than line 2"),
        ("time,asset,open,high,low,close\n60,EURUSD_otc,1,1.1,1.05,1\n", 2, "the low the lowest"),
        (
            "time,asset,open,high,low,close\n60.5,EURUSD_otc,1,1,1,1\n61.7,EURUSD_otc,1,1,1,1\n",
            2,
            "whole second",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        quotes(tmp_path, text)
    assert f"prices.csv, line {line}: " in str(refused.value)
    assert says in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match=r"nothing\.csv"):
        PracticeExchange(PracticeSettings(prices=str(tmp_path / "nothing.csv")))


def test_the_exchange_begins_where_its_file_does_or_where_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(BARS, encoding="utf-8")
    assert PracticeExchange(PracticeSettings(prices=str(path), speed=0)).now == NINE
    assert PracticeExchange(PracticeSettings(prices=str(path), speed=0, start=NINE + 30)).now == NINE + 30
