"""``PocketOption``, which blocks, on the practice exchange."""

import asyncio
import socket
import threading
import time
import weakref
from datetime import timedelta
from itertools import islice

import pytest

from runtime.compat.binaryoptionstools import PocketOption, PocketOptionAsync, PocketOptionError, Trade
from runtime.compat.binaryoptionstools._rows import VENUE_AHEAD
from runtime.practice import PracticeExchange

ASSET = "EURUSD_otc"


def test_orders_and_deals(client: PocketOption, exchange: PracticeExchange) -> None:
    exchange.force_outcome("win")
    held, deal = client.buy(ASSET, 1, 60)  # one of a second ends with the second, which may be at once
    assert isinstance(deal, Trade)
    assert held in client.opened_deals()
    assert client.get_opened_deal(held) is not None
    assert client.get_deal_end_time(held) == deal["closeTimestamp"]
    deal_id, _ = client.buy(ASSET, 1, 1)
    assert client.check_win(deal_id).is_win
    assert client.check_win(deal_id, timeout_seconds=5)["result"] == "win"
    assert client.sell(asset=ASSET, amount=20, time=1, check_win=True)[1].is_win  # more than is held
    closed = client.get_closed_deal(deal_id)
    assert closed is not None
    assert closed["id"] in client.closed_deals()
    client.clear_closed_deals()
    assert client.closed_deals() == {}
    with pytest.raises(PocketOptionError, match="no asset"):
        client.buy("NOPE", 1, 5)
    assert any(client.balance() > 10_000.0 for _ in range(1000))  # told after the result


def test_pending_orders(client: PocketOption) -> None:
    at = client.get_server_time() + 600
    tickets = [
        client.open_pending_order(
            open_type=0,
            amount=amount,
            asset=ASSET,
            open_time=at,
            open_price=0,
            timeframe=60,
            min_payout=0,
            command=0,
        )["ticket"]
        for amount in (1, 2)
    ]
    assert [order["ticket"] for order in client.get_pending_deals()] == tickets
    assert client.cancel_pending_order(tickets[0])["ticket"] == tickets[0]
    assert client.cancel_pending_orders(tickets[1:]) == {"cancelled": tickets[1:], "failed": []}


def test_assets_bars_and_ticks(client: PocketOption) -> None:
    assert abs(client.get_server_time() - VENUE_AHEAD - time.time()) < 5
    assert {asset["symbol"] for asset in client.active_assets()} == set(client.payouts())
    assert client.payout(ASSET) == client.payout()[ASSET] == client.payout([ASSET])[0]
    assert len(client.candles(ASSET, 60, count=5)) == 5
    assert client.candles(ASSET, 60, 2, end_time=int(time.time()) - 600)
    assert client.ticks(ASSET, 10)
    with pytest.warns(DeprecationWarning, match="get_candles"):
        assert len(client.get_candles(ASSET, 60, 3)) == 3
    with pytest.warns(DeprecationWarning, match="get_candles_advanced"):
        assert len(client.get_candles_advanced(ASSET, 60, 180, client.get_server_time())) == 3
    with pytest.warns(DeprecationWarning, match="history"):
        assert len(client.history(ASSET, 60)) == 101
    with pytest.warns(DeprecationWarning, match="compile_candles"):
        assert len(client.compile_candles(ASSET, 20, 120)) == 7
    with pytest.warns(DeprecationWarning, match="get_ticks"):
        assert client.get_ticks(ASSET, 10)


def test_streams_are_iterated(client: PocketOption) -> None:
    assert [tick["symbol"] for tick in islice(client.subscribe_symbol(ASSET), 3)] == [ASSET] * 3
    second = timedelta(seconds=1)
    newer = [
        client.subscribe_ticks(ASSET),
        client.subscribe_ticks(ASSET, chunk_size=3),
        client.subscribe_ticks(ASSET, interval=second),
        client.subscribe_ticks(ASSET, interval=second, aligned=True),
    ]
    with pytest.warns(DeprecationWarning, match="subscribe_symbol_chunked"):
        newer.append(client.subscribe_symbol_chunked(ASSET, 3))
    with pytest.warns(DeprecationWarning, match="subscribe_symbol_timed"):
        newer.append(client.subscribe_symbol_timed(ASSET, second))
    with pytest.warns(DeprecationWarning, match="subscribe_symbol_time_aligned"):
        newer.append(client.subscribe_symbol_time_aligned(ASSET, second))
    for stream in newer:
        assert next(stream)["symbol"] == ASSET
    client.unsubscribe(ASSET)
    assert list(newer[0]) == []


def test_live_bars_are_iterated(client: PocketOption) -> None:
    bars = client.get_candles_live(ASSET, period=60, hours=1.0, max_rows=10)
    for closed, forming in islice(bars, 3):
        assert len(closed) == 10
        assert forming is not None
        assert forming["time"] > closed[-1]["time"]
    bars.close()
    assert list(bars) == []
    newer = client.stream_candles(ASSET, 60, history=1.0, max_rows=5)
    assert len(next(newer)[0]) == 5
    newer.close()


def test_the_connection(client: PocketOption) -> None:
    assert (client.is_demo(), client.is_connected(), client.is_ssid_valid()) == (True, True, True)
    client.wait_for_assets(timeout=5.0)
    client.disconnect()
    assert not client.is_connected()
    client.connect()
    client.reconnect()
    assert client.is_connected()
    assert isinstance(client.client, PocketOptionAsync)
    assert client.config is client.client.config
    assert client.loop.is_running()


def test_any_thread_may_call_it(client: PocketOption) -> None:
    balances: list[float] = []
    threads = [threading.Thread(target=lambda: balances.append(client.balance())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert balances == [10_000.0] * 8


def test_two_clients_of_an_account_share_its_runtime(
    exchange: PracticeExchange, client: PocketOption
) -> None:
    other = PocketOption(exchange.session, url=exchange.regions[0].url, config={"timeout_secs": 10})
    assert other.loop is client.loop
    trade_id, _ = other.buy(ASSET, 3.0, 60)
    assert trade_id in client.opened_deals()
    other.close()
    with pytest.raises(PocketOptionError, match="has been closed"):
        other.balance()
    assert client.balance() > 0
    assert len(exchange.ledger.sockets()) == 1


def test_a_client_that_is_dropped_in_the_loop_is_closed(
    exchange: PracticeExchange, client: PocketOption
) -> None:
    dropped = [PocketOption(exchange.session, url=exchange.regions[0].url)]
    shut_down = weakref.ref(dropped[0].client)

    async def drop() -> None:
        dropped.clear()

    asyncio.run_coroutine_threadsafe(drop(), client.loop).result(5)
    assert client.balance() > 0  # the loop is not held up
    give_up_at = time.monotonic() + 5
    while (left := shut_down()) is not None and left.is_connected():
        del left
        assert time.monotonic() < give_up_at


def test_close_ends_the_thread_and_the_connection(exchange: PracticeExchange, url: str) -> None:
    before = set(threading.enumerate())
    client = PocketOption(exchange.session, url=url, config={"timeout_secs": 10})
    assert set(threading.enumerate()) - before
    client.shutdown()
    client.close()
    with pytest.raises(PocketOptionError, match="closed: make another one"):
        client.balance()
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


def test_the_start_ends_with_the_limit_of_the_configuration() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))  # it does not listen: connections are refused
        url = f"ws://127.0.0.1:{listening.getsockname()[1]}/socket.io/?EIO=4&transport=websocket"
        session = '42["auth",{"session":"abcdefghij0123456789","isDemo":1,"uid":1,"platform":2}]'
        settings = {"connection_initialization_timeout_secs": 1}
        begun, before = time.monotonic(), set(threading.enumerate())
        with pytest.raises(TimeoutError, match=r"no connection is logged in within 1 s: .*check the network"):
            PocketOption(session, url=url, config=settings)

        async def enter() -> None:
            async with PocketOptionAsync(session, url=url, config=settings):
                pytest.fail("it is not connected")

        with pytest.raises(TimeoutError, match="no connection is logged in"):
            asyncio.run(enter())
        assert time.monotonic() - begun < 15
        for thread in set(threading.enumerate()) - before:
            thread.join(5)
            assert not thread.is_alive()


def test_a_client_that_cannot_be_made_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with pytest.raises(ValueError, match="paste the whole message"):
        PocketOption("garbage")
    assert set(threading.enumerate()) == before
