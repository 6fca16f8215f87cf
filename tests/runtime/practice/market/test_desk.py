"""History in the venue's shapes and order, without a gap to the live ticks."""

import time
from itertools import pairwise
from typing import Any

import pytest

from runtime.practice import PracticeExchange
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import Client

ASSET = "EURUSD_otc"
ID = 66


def venue_now() -> float:
    return time.time() + UTC_OFFSET


def history(
    client: Client, *, name: str = "loadHistoryPeriod", answered: str = "", **changes: object
) -> dict[str, Any]:
    """Asks by the event ``name``; the answer has the name ``answered``, that of a fast session if empty."""
    request = {"asset": ASSET, "index": 7, "time": int(venue_now()), "offset": 9000, "period": 60}
    request |= changes
    client.emit(name, request)
    fast = "loadHistoryPeriodFast" if request["period"] not in {0, 1} else "loadHistoryPeriod"
    answer: dict[str, Any] = client.until(answered or fast)
    return answer


def test_a_change_of_symbol_is_answered_with_ticks_and_candles(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("changeSymbol", {"asset": ASSET, "period": 180})
        name, answer = client.event()
    assert name == "updateHistoryNewFast"
    assert (answer["asset"], answer["period"]) == (ASSET, 180)
    times = [row[0] for row in answer["history"]]
    assert times == sorted(times)
    assert venue_now() - 3 < times[-1] <= venue_now()
    opened = [candle[0] for candle in answer["candles"]]
    assert opened == sorted(opened, reverse=True)
    assert len(opened) == 100
    assert {moment % 180 for moment in opened} == {0}
    for _, start, end, high, low in answer["candles"]:
        assert low <= min(start, end) <= max(start, end) <= high


def test_without_fast_history_the_answers_have_the_older_names(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session.replace('"isFastHistory":true', '"isFastHistory":false'))
        client.emit("changeSymbol", {"asset": ASSET, "period": 60})
        assert client.event()[0] == "updateHistoryNew"
        bars = history(client, answered="loadHistoryPeriod")["data"]
        assert list(bars[0]) == ["symbol_id", "time", "open", "close", "high", "low", "asset"]
        assert {bar["asset"] for bar in bars} == {ASSET}
        fast = history(client, name="loadHistoryPeriodFast", answered="loadHistoryPeriodFast", offset=100)
        assert "volume" in fast["data"][0]


def test_live_ticks_continue_the_history_with_no_gap_and_none_twice(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("changeSymbol", {"asset": ASSET, "period": 60})
        past = client.until("updateHistoryNewFast")["history"]
        live = [[stamp, price] for _, stamp, price in client.ticks(30)]
        client.emit("changeSymbol", {"asset": ASSET, "period": 60})
        between = []
        while (event := client.event())[0] == "updateStream":
            between.extend([row[1:] for row in event[1]])
        later = event[1]["history"]
    seen = [row for row in past + live + between if row[0] >= later[0][0]]
    assert seen == later


def test_candles_agree_with_the_bars_of_the_same_time(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("changeSymbol", {"asset": ASSET, "period": 60})
        candles = client.until("updateHistoryNewFast")["candles"][1:]
        bars = history(client, time=candles[0][0] + 60)["data"]
    columns = ("time", "open", "close", "high", "low")
    assert candles == [[bar[column] for column in columns] for bar in bars[::-1]][:99]


def test_bars_are_whole_aligned_and_oldest_first(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        answer = history(client, index=173384282247)
    bars = answer.pop("data")
    assert answer == {"asset": ASSET, "index": 173384282247, "period": 60}
    assert len(bars) == 150
    assert all(later["time"] - bar["time"] == 60 for bar, later in pairwise(bars))
    for bar in bars:
        assert list(bar) == ["symbol_id", "time", "open", "close", "high", "low", "volume"]
        assert (bar["symbol_id"], bar["time"] % 60) == (ID, 0)
        assert bar["low"] <= min(bar["open"], bar["close"]) <= max(bar["open"], bar["close"]) <= bar["high"]


def test_bars_are_the_same_whenever_they_are_asked_for(exchange: PracticeExchange) -> None:
    end = int(venue_now()) // 60 * 60
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        assert history(client, time=end) == history(client, time=end)
    with Client(exchange.regions[1].url) as other:
        other.login(exchange.session)
        assert history(other, time=end)["data"][-1]["time"] == end - 60


def test_a_page_holds_the_newest_150_bars_and_the_next_goes_on_before(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        page = history(client, offset=60 * 400)["data"]
        before = history(client, offset=60 * 400, time=page[0]["time"])["data"]
    assert len(page) == len(before) == 150
    assert before[-1]["time"] == page[0]["time"] - 60
    assert before[-1]["close"] == page[0]["open"]


def test_the_offset_looks_back_in_seconds_and_the_future_holds_nothing(exchange: PracticeExchange) -> None:
    end = int(venue_now()) // 60 * 60
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        assert [bar["time"] for bar in history(client, time=end, offset=120)["data"]] == [end - 120, end - 60]
        assert history(client, offset=0)["data"] == []
        assert history(client, time=end + 3600, offset=1800)["data"] == []


@pytest.mark.parametrize("period", [0, 1])
def test_small_periods_get_ticks_that_fit_the_bars(exchange: PracticeExchange, period: int) -> None:
    end = int(venue_now()) // 60 * 60
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        [bar] = history(client, time=end, offset=60)["data"]
        ticks = history(client, time=end, offset=60, period=period)["data"]
        assert len(history(client, offset=9000, period=period)["data"]) == 4200
    assert all(list(tick) == ["asset", "time", "price"] for tick in ticks)
    assert len(ticks) == pytest.approx(6000, abs=2000)
    assert all(end - 60 <= tick["time"] <= end for tick in ticks)
    assert bar["low"] <= min(tick["price"] for tick in ticks)
    assert max(tick["price"] for tick in ticks) <= bar["high"]


def test_the_volume_of_a_bar_is_its_number_of_ticks(exchange: PracticeExchange) -> None:
    end = int(venue_now()) // 5 * 5
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        bars = history(client, time=end, offset=10, period=5)["data"]
        ticks = history(client, time=end, offset=20, period=1)["data"]
    for bar in bars:
        inside = [tick for tick in ticks if bar["time"] <= tick["time"] < bar["time"] + 5]
        assert bar["volume"] == len(inside) == pytest.approx(500, abs=2)


def test_a_subscription_by_subfor_is_answered_with_the_share_of_buyers(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        [[asset, percent]] = client.until("chafor")
        assert asset == ASSET
        assert 0 <= percent <= 100
        assert {row[0] for row in client.ticks(2)} == {ASSET}


def test_an_unknown_asset_has_an_empty_history(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        assert history(client, asset="NOSUCH", index=None) == {
            "asset": "NOSUCH",
            "index": None,
            "period": 60,
            "data": [],
        }


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("assets/load", None),
        ("nonsense", {"deep": [1, 2]}),
        ("changeSymbol", "EURUSD_otc"),
        ("changeSymbol", {"asset": ASSET, "period": 0}),
        ("changeSymbol", {"asset": "NOSUCH", "period": 60}),
        ("loadHistoryPeriod", {"asset": ASSET}),
        ("subfor", {"asset": ASSET}),
        ("unsubfor", "NOSUCH"),
    ],
)
def test_unknown_events_and_malformed_payloads_are_ignored(
    exchange: PracticeExchange, name: str, payload: object
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit(name, payload)
        assert client.fence() == []
    assert exchange.ledger.received(name)[0].payload == payload


@pytest.mark.parametrize("period", [86_400, 31_622_400, 10**12, 2**62])
def test_bars_longer_than_all_of_time_hold_up_nobody(exchange: PracticeExchange, period: int) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        bars = history(client, period=period, offset=150 * period)["data"]
    assert 1 <= len(bars) <= 150
    assert bars[0]["time"] >= 0
