"""``RawPocketOption``: what ``PocketOptionAsync`` gives, as JSON."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from runtime.compat.binaryoptionstools import PyConfig, RawPocketOption, StreamIterator
from runtime.practice import PracticeExchange

ASSET = "EURUSD_otc"


def run(use: Callable[[RawPocketOption], Awaitable[object]], client: Awaitable[RawPocketOption]) -> None:
    async def whole() -> None:
        made = await client
        async with asyncio.timeout(30):
            await use(made)
        await made.shutdown()
        assert not made.is_connected()

    asyncio.run(whole())


def test_a_client_is_made_in_each_way(exchange: PracticeExchange, url: str) -> None:
    async def use() -> None:
        for made in (
            RawPocketOption(exchange.session, PyConfig(urls=[url])),
            RawPocketOption.new_with_url(exchange.session, url),
            RawPocketOption.new_with_config(exchange.session, PyConfig(urls=[url])),
            await RawPocketOption.create_with_url(exchange.session, url),
            await RawPocketOption.create_with_config(exchange.session, PyConfig(urls=[url])),
        ):
            await made.wait_for_assets(20.0)
            assert (made.is_demo(), made.is_connected()) == (True, True)
            assert await made.balance() == 10_000.0
            await made.shutdown()

    asyncio.run(use())


def test_answers_are_json(exchange: PracticeExchange, url: str) -> None:
    async def use(client: RawPocketOption) -> None:
        def read(text: str | None) -> Any:
            assert isinstance(text, str)
            return json.loads(text)

        deal_id, deal = await client.buy(ASSET, 1.0, 60)
        assert read(deal)["id"] == deal_id
        assert read(await client.get_opened_deal(deal_id))["id"] == deal_id
        assert read(await client.opened_deals())[deal_id]["command"] == 0
        assert await client.get_deal_end_time(deal_id) == read(deal)["closeTimestamp"]
        short, _ = await client.buy(ASSET, 1.0, 1)
        assert read(await client.check_win(short))["id"] == short
        put_id, put = await client.sell(ASSET, 1.0, 60)
        assert read(put)["command"] == 1
        assert await client.get_closed_deal(put_id) is None
        assert read(await client.get_closed_deal(short))["id"] == short
        assert set(read(await client.closed_deals())) == {short}
        await client.clear_closed_deals()
        assert read(await client.closed_deals()) == {}
        assert read(await client.active_assets())[ASSET]["symbol"] == ASSET
        assert read(await client.payout())[ASSET] > 0
        now = await client.get_server_time()
        assert len(read(await client.candles(ASSET, 60))) == 101
        assert read(await client.history(ASSET, 60))[0]["symbol"] == ASSET
        assert len(read(await client.get_candles(ASSET, 60, 180))) == 3
        assert len(read(await client.get_candles_advanced(ASSET, 60, 180, now))) == 3
        assert len(read(await client.compile_candles(ASSET, 20, 120))) == 7
        assert len(read(await client.get_ticks(ASSET, 10))[0]) == 2
        order = read(await client.open_pending_order(0, 1, ASSET, now + 600, 0, 60, 0, 0))
        second = read(await client.open_pending_order(0, 2, ASSET, now + 600, 0, 60, 0, 0))
        assert [each["ticket"] for each in read(await client.get_pending_deals())] == [
            order["ticket"],
            second["ticket"],
        ]
        assert read(await client.cancel_pending_order(order["ticket"]))["status"] == "cancelled"
        assert read(await client.cancel_pending_orders([second["ticket"]]))["failed"] == []

    run(use, RawPocketOption.create_with_url(exchange.session, url))


def test_streams_are_iterated_in_the_loop_and_in_a_thread(exchange: PracticeExchange, url: str) -> None:
    async def use(client: RawPocketOption) -> None:
        second = timedelta(seconds=1)
        streams: list[StreamIterator] = [
            await client.subscribe_symbol(ASSET),
            await client.subscribe_symbol_chunked(ASSET, 3),
            await client.subscribe_symbol_timed(ASSET, second),
            await client.subscribe_symbol_time_aligned(ASSET, second),
        ]
        for stream in streams:
            assert json.loads(await anext(stream))["symbol"] == ASSET
        in_thread = await asyncio.to_thread(next, streams[0])
        assert json.loads(in_thread)["symbol"] == ASSET
        await client.unsubscribe(ASSET)
        assert await asyncio.to_thread(list, streams[1]) == []
        await client.disconnect()
        await client.connect()
        await client.reconnect()

    run(use, RawPocketOption.create_with_url(exchange.session, url))
