"""The asset table has the venue's shape."""

from collections import Counter
from typing import Any

from runtime.practice.market.assets import AssetTable, next_midnight

NOON = 1_750_809_600 + 43_200  # of 25 June 2025 on the venue's clock


def table(now: float = NOON, seed: int = 1) -> dict[str, list[Any]]:
    return {str(row[1]): row for row in AssetTable(seed).rows(now)}


def test_183_assets_have_rows_of_nineteen_columns_and_ids_of_their_own() -> None:
    rows = table().values()
    assert len(rows) == 183
    assert {len(row) for row in rows} == {19}
    assert len({row[0] for row in rows}) == 183


def test_the_kinds_and_books_are_those_of_the_venue() -> None:
    rows = table().values()
    assert Counter(row[3] for row in rows) == {
        "currency": 80,
        "stock": 40,
        "index": 24,
        "cryptocurrency": 23,
        "commodity": 16,
    }
    assert sum(row[9] for row in rows) == 114


def test_twins_name_each_other() -> None:
    rows = table()
    assert rows["EURUSD"][10:12] == [66, 0]
    assert rows["EURUSD_otc"][10:12] == [0, 1]
    assert rows["AEDCNY_otc"][10:12] == [0, 0]


def test_a_row_reads_like_the_venues_own() -> None:
    row = table()["EURUSD_otc"]
    assert row[:5] == [66, "EURUSD_otc", "EUR/USD OTC", "currency", 5]
    assert 15 <= row[5] <= 92
    assert row[6:10] == [60, 30, 3, 1]
    assert row[12:15] == [[], next_midnight(NOON), True]
    assert [frame["time"] for frame in row[15]][:4] == [60, 120, 180, 300]
    assert len(row[15]) == 12
    assert row[16:] == [0, 5, -1]


def test_a_resting_market_says_when_it_opens() -> None:
    row = table()["#AAPL"]
    opening = NOON + 16200
    assert row[13:15] == [opening, False]
    assert row[16:] == [-1, 60, opening]
    assert table(opening + 1)["#AAPL"][18] == opening + 86400


def test_crypto_is_offered_on_few_frames() -> None:
    assert [frame["time"] for frame in table()["BTCUSD_otc"][15]] == [60, 120, 180, 300]


def test_payouts_change_with_the_day_and_the_seed_only() -> None:
    def payouts(now: float, seed: int) -> list[int]:
        return [row[5] for row in table(now, seed).values()]

    assert payouts(NOON, 1) == payouts(NOON + 60, 1)
    assert payouts(NOON, 1) != payouts(NOON + 86400, 1)
    assert payouts(NOON, 1) != payouts(NOON, 2)


def test_the_shortest_deal_depends_on_the_book_unless_it_is_set() -> None:
    def shortest(assets: AssetTable) -> list[object]:
        rows = {row[1]: row for row in assets.rows(NOON)}
        return [rows["EURUSD_otc"][17], rows["EURUSD"][17]]

    assert shortest(AssetTable(1)) == [5, 60]
    assert shortest(AssetTable(1, minimum_duration=1)) == [1, 1]
