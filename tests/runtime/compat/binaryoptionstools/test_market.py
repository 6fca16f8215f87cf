"""Assets, bars, ticks and streams of the client for event loops, on the practice exchange."""

import asyncio
import gc
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from runtime.compat.binaryoptionstools import (
    InvalidParameterError,
    PocketOptionAsync,
    PocketOptionError,
    Validator,
)
from runtime.compat.binaryoptionstools._rows import VENUE_AHEAD, text
from runtime.practice import PracticeExchange
from tests.runtime.compat.binaryoptionstools.waiting import until

ASSET = "EURUSD_otc"
UseClient = Callable[..., None]
KEYS = ["symbol", "timestamp", "open", "high", "low", "close", "volume", "is_closed"]
"""Of what a subscription gives, as BinaryOptionsToolsV2 0.2.16 has them."""


def deprecated(name: str) -> Any:
    return pytest.warns(DeprecationWarning, match=rf"^{name}\(\) is deprecated")


def test_assets_payouts_and_the_clock(use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        assets = {asset["symbol"]: asset for asset in await client.active_assets()}
        asset = assets[ASSET]
        assert list(asset) == [
            *("id", "name", "symbol", "is_otc", "is_active", "payout", "allowed_candles", "asset_type")
        ]
        assert (asset["is_otc"], asset["is_active"], asset["asset_type"]) == (True, True, "currency")
        assert {"time": 60} in asset["allowed_candles"]
        assert all(each["is_active"] for each in assets.values())
        payouts = await client.payouts()
        assert payouts == {symbol: each["payout"] for symbol, each in assets.items()}
        assert await client.payout() == payouts
        assert await client.payout(asset=ASSET) == payouts[ASSET]
        assert await client.payout([ASSET, "NOPE"]) == [payouts[ASSET], None]
        assert await client.payout("NOPE") is None
        now = await client.get_server_time()
        assert type(now) is int
        assert abs(now - VENUE_AHEAD - time.time()) < 5

    use_client(look)


def test_bars_are_closed_new_and_in_utc(use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        bars = await client.candles(ASSET, 5, 20)
        assert list(bars[0]) == ["time", "open", "high", "low", "close"]
        assert {type(value) for value in bars[0].values()} == {int, float}
        assert len(bars) == 20
        assert all(later["time"] - bar["time"] == 5 for bar, later in pairwise(bars))
        assert 0 <= time.time() - (bars[-1]["time"] + 5) < 10  # the last closed one
        before = await client.candles(asset=ASSET, period=5, count=3, end_time=bars[10]["time"])
        assert before == bars[7:10]
        with deprecated("get_candles"):
            assert (await client.get_candles(ASSET, 5, 20))[:5] in (bars[:5], bars[1:6], bars[2:7])

    use_client(look)


def test_bars_with_texts_have_their_keys_and_clocks(use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        now = await client.get_server_time()
        with deprecated("get_candles_advanced"):
            window = await client.get_candles_advanced(ASSET, 60, 180, now)
        assert list(window[0]) == KEYS
        assert [row["timestamp"] for row in window] == list(range(now // 60 * 60 - 120, now + 1, 60))
        assert [row["is_closed"] for row in window] == [True, True, False]
        assert {type(window[0][name]) for name in ("open", "close", "volume")} == {str}
        with deprecated("get_candles_advanced"):
            assert await client.get_candles_advanced(ASSET, 60, 3, now // 60 * 60 + 30) == []
        with deprecated("history"):
            history = await client.history(ASSET, 60)
        assert len(history) == 101
        assert history[-2]["timestamp"] == window[-2]["timestamp"] - VENUE_AHEAD
        assert history[-2]["close"] == window[-2]["close"]
        assert [row["is_closed"] for row in history[-2:]] == [True, False]
        assert (history[0]["volume"], history[0]["is_closed"], list(history[0])) == (None, True, KEYS)
        with deprecated("compile_candles"):
            compiled = await client.compile_candles(ASSET, 20, 120)
        assert [later["timestamp"] - row["timestamp"] for row, later in pairwise(compiled)] == [20] * 6
        assert [row["is_closed"] for row in compiled] == [True] * 6 + [False]
        minutes = {row["timestamp"]: row for row in history}
        for first, third in zip(compiled, compiled[2:], strict=False):
            if minute := minutes.get(first["timestamp"]):
                assert (minute["open"], minute["close"]) == (first["open"], third["close"])

    use_client(look)


def test_ticks_of_the_past_are_the_last_price_of_each_second(use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        ticks = await client.ticks(ASSET, 20)
        assert {(type(second), type(price)) for second, price in ticks} == {(int, float)}
        assert 19 <= len(ticks) <= 21
        assert abs(ticks[-1][0] - time.time()) < 5
        with deprecated("get_ticks"):
            again = dict(await client.get_ticks(ASSET, lookback_seconds=20))
        assert all(again.get(second, price) == price for second, price in ticks[:-2])
        for wrong in (0, -1, 1.5):
            with pytest.raises(ValueError, match="seconds must be a positive integer"):
                await client.ticks(ASSET, wrong)  # type: ignore[arg-type]

    use_client(look)


def test_what_is_no_asset_or_period_is_refused(use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        for request in (
            client.candles("NOPE", 60),
            client.ticks("NOPE", 10),
            client.subscribe_symbol("NOPE"),
        ):
            with pytest.raises(PocketOptionError, match="no asset"):
                await request
        for wrong in ({"custom_period": 0, "lookback_period": 1}, {"custom_period": 1, "lookback_period": 0}):
            with pytest.raises(ValueError, match="positive integer"):
                await client.compile_candles(ASSET, **wrong)

    use_client(look)


def test_a_subscription_gives_each_tick_as_the_exchange_sent_it(
    exchange: PracticeExchange, use_client: UseClient
) -> None:
    seen: list[dict[str, Any]] = []

    async def look(client: PocketOptionAsync) -> None:
        ticks = await client.subscribe_symbol(ASSET)
        async for tick in ticks:
            seen.append(tick)
            if len(seen) == 20:
                break

    use_client(look)
    sent = [(int(tick.time), text(tick.price)) for tick in exchange.ledger.ticks(ASSET)]
    first = sent.index((seen[0]["timestamp"] - VENUE_AHEAD, seen[0]["open"]))
    assert [(tick["timestamp"] - VENUE_AHEAD, tick["close"]) for tick in seen] == sent[first : first + 20]
    assert list(seen[0]) == KEYS
    assert all(tick["open"] == tick["high"] == tick["low"] == tick["close"] for tick in seen)
    assert (seen[0]["symbol"], seen[0]["volume"], seen[0]["is_closed"]) == (ASSET, None, False)


def test_subscriptions_to_bars_of_each_kind_run_side_by_side(use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        second = timedelta(seconds=1)
        with deprecated("subscribe_symbol_chunked"):
            chunked = await client.subscribe_symbol_chunked(ASSET, 5)
        with deprecated("subscribe_symbol_timed"):
            timed = await client.subscribe_symbol_timed(ASSET, second)
        with deprecated("subscribe_symbol_time_aligned"):
            aligned = await client.subscribe_symbol_time_aligned(ASSET, time=second)
        newer = [
            await client.subscribe_ticks(ASSET, chunk_size=5),
            await client.subscribe_ticks(ASSET, interval=second),
            await client.subscribe_ticks(ASSET, interval=second, aligned=True),
        ]
        for stream in (chunked, timed, aligned, *newer):
            bars = [await anext(stream) for _ in range(3)]
            assert all(list(bar) == KEYS for bar in bars)
            assert all(float(bar["low"]) <= float(bar["open"]) <= float(bar["high"]) for bar in bars)
        starts = [(await anext(aligned))["timestamp"] for _ in range(2)]
        assert starts[1] - starts[0] == 1

    use_client(look)


def test_a_subscription_ends_here_and_at_the_venue(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        first, second = await client.subscribe_symbol(ASSET), await client.subscribe_symbol("AUDCAD_otc")
        await anext(first)
        await client.unsubscribe(ASSET)
        assert [tick async for tick in first] == []
        await until(lambda: exchange.ledger.received("unsubfor"))
        await anext(second)
        with pytest.raises(PocketOptionError, match="no subscription"):
            await client.unsubscribe(ASSET)
        del second  # and with the last reference
        gc.collect()
        await until(lambda: len(exchange.ledger.received("unsubfor")) == 2)

    use_client(look)


def test_more_assets_are_streamed_than_one_connection_carries(
    exchange: PracticeExchange, use_client: UseClient
) -> None:
    async def look(client: PocketOptionAsync) -> None:
        symbols = [asset["symbol"] for asset in await client.active_assets()][:9]
        streams = await asyncio.gather(*map(client.subscribe_symbol, symbols))
        ticks = await asyncio.gather(*map(anext, streams))
        assert [tick["symbol"] for tick in ticks] == symbols

    use_client(look)
    assert len(exchange.ledger.sockets()) == 3  # of four streams each


def test_live_bars_go_on_where_history_ends(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        bars = client.get_candles_live(ASSET, 2, hours=0.01, max_rows=10)
        seen: dict[int, dict[str, Any]] = {}
        formed: dict[int, int] = {}
        async for closed, forming in bars:
            assert len(closed) <= 10
            assert forming is not None
            assert all(later["time"] - bar["time"] == 2 for bar, later in pairwise([*closed, forming]))
            formed[forming["time"]] = formed.get(forming["time"], 0) + 1
            seen |= {bar["time"]: bar for bar in closed}
            if len(formed) == 4:
                break
        await bars.aclose()
        assert max(formed.values()) > 20  # with each tick
        for start in list(formed)[1:3]:  # of ticks alone
            prices = [tick.price for tick in exchange.ledger.ticks(ASSET) if start <= tick.time < start + 2]
            bar = {"open": prices[0], "high": max(prices), "low": min(prices), "close": prices[-1]}
            assert seen[start] == {"time": start} | bar
        newer = client.stream_candles(ASSET, 5, history=0.1, max_rows=3)
        closed, _ = await anext(newer)
        await newer.aclose()
        assert len(closed) == 3

    use_client(look)


def test_what_cannot_be_meant_is_refused_with_what_to_write(use_client: UseClient) -> None:
    async def look(client: PocketOptionAsync) -> None:
        number: Any = 5
        text: Any = "60"
        with pytest.raises(TypeError, match=r"timedelta\(seconds=5\), not 5"):
            await client.subscribe_ticks(ASSET, interval=number)
        with pytest.raises(TypeError, match=r"timedelta\(seconds=5\), not 5"):
            await client.raw_request("42", Validator(), timeout=number)
        with pytest.raises(TypeError, match=r"Validator.contains\('text'\), not '60'"):
            await client.raw_request("42", text)
        with pytest.raises(InvalidParameterError, match="whole seconds from 1 on, not '60'"):
            await client.candles(ASSET, text)
        with pytest.raises(InvalidParameterError, match="at least 1, not '60'"):
            await client.candles(ASSET, 60, text)

    use_client(look)
