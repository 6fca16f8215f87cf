"""How the client for event loops connects, on the practice exchange."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from runtime.compat.binaryoptionstools import (
    Config,
    PocketOption,
    PocketOptionAsync,
    PocketOptionError,
    RawPocketOption,
)
from runtime.practice import PracticeExchange
from tests.runtime.compat.binaryoptionstools.waiting import until

ASSET = "EURUSD_otc"
UseClient = Callable[..., None]


def test_a_client_connects_by_itself_and_says_so_once_logged_in(exchange: PracticeExchange, url: str) -> None:
    async def use() -> None:
        client = PocketOptionAsync(exchange.session, url=url)
        assert (client.is_connected(), client.is_demo(), client.is_ssid_valid()) == (False, True, True)
        await until(client.is_connected)
        await client.shutdown()
        assert not client.is_connected()
        with pytest.raises(PocketOptionError, match="shut down"):
            await client.balance()
        await client.shutdown()

    asyncio.run(use())


def test_a_client_that_was_made_before_the_loop_begins_with_its_first_request(
    exchange: PracticeExchange, url: str
) -> None:
    client = PocketOptionAsync(exchange.session, url)

    async def first() -> None:
        await client.wait_for_assets(timeout=20)
        assert await client.balance() == 10_000.0
        assert client.is_connected()

    async def later() -> None:  # in another loop, after the first is over
        assert await client.balance() == 10_000.0
        await client.shutdown()

    asyncio.run(first())
    asyncio.run(later())
    assert not client.is_connected()


def test_a_session_that_is_refused_is_never_connected(url: str, exchange: PracticeExchange) -> None:
    stranger = '42["auth",{"session":"abcdefghij0123456789","isDemo":1,"uid":5,"platform":2}]'

    async def use() -> None:
        client = PocketOptionAsync(stranger, url=url)
        with pytest.raises((PocketOptionError, TimeoutError)):
            await client.wait_for_assets(timeout=2)
        assert not client.is_connected()
        await client.shutdown()

    asyncio.run(use())


def test_disconnect_closes_and_the_next_request_connects_again(
    exchange: PracticeExchange, use_client: UseClient
) -> None:
    def connected() -> int:
        return sum(1 for socket in exchange.ledger.sockets() if socket.closed_at is None)

    async def use(client: PocketOptionAsync) -> None:
        ticks = await client.subscribe_symbol(ASSET)
        await anext(ticks)
        await client.disconnect()
        assert not client.is_connected()
        await until(lambda: connected() == 0)
        rest = [tick["symbol"] async for tick in ticks]  # what had come; then it ends
        assert set(rest) <= {ASSET}
        await client.connect()
        assert client.is_connected()
        await client.disconnect()
        assert await client.balance() == 10_000.0
        assert client.is_connected()

    use_client(use)


def test_reconnect_begins_anew_and_subscriptions_go_on(
    exchange: PracticeExchange, use_client: UseClient
) -> None:
    async def use(client: PocketOptionAsync) -> None:
        ticks = await client.subscribe_symbol(ASSET)
        await anext(ticks)
        await client.reconnect()
        assert client.is_connected()
        assert len(exchange.ledger.sockets()) == 2
        sent = len(exchange.ledger.ticks(ASSET))
        await until(lambda: len(exchange.ledger.ticks(ASSET)) > sent + 5)
        async with asyncio.timeout(10):
            async for _ in ticks:
                if len(exchange.ledger.ticks(ASSET)) > sent + 10:
                    break

    use_client(use)


def test_two_clients_of_one_account_share_a_connection(exchange: PracticeExchange, url: str) -> None:
    async def use() -> None:
        async with (
            PocketOptionAsync(exchange.session, url) as first,
            PocketOptionAsync(exchange.session, url) as second,
        ):
            deal_id, _ = await first.buy(ASSET, 1, 60)
            assert deal_id in await second.opened_deals()
            await first.shutdown()
            assert second.is_connected()

    asyncio.run(use())
    assert len(exchange.ledger.sockets()) == 1


def test_no_thread_waits_for_requests(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        deals = [await client.buy(ASSET, 1 + number / 100, 5) for number in range(20)]
        before = threading.active_count()
        results = [asyncio.create_task(client.check_win(deal_id)) for deal_id, _ in deals]
        await asyncio.sleep(0.5)
        assert threading.active_count() == before
        assert {trade["id"] for trade in await asyncio.gather(*results)} == {deal_id for deal_id, _ in deals}

    use_client(use)


def test_every_form_of_a_config_is_taken(exchange: PracticeExchange, url: str) -> None:
    async def use() -> None:
        forms: tuple[Any, ...] = (
            Config(urls=[url], connection_initialization_timeout_secs=20),
            {"urls": [url], "timeout_secs": 10},
            Config(urls=[url]).to_json(),
        )
        for config in forms:
            async with PocketOptionAsync(ssid=exchange.session, config=config) as client:
                assert await client.balance() == 10_000.0
                assert isinstance(client.config, Config)
                with pytest.raises(RuntimeError, match="in use"):
                    client.config.timeout_secs = 7

    asyncio.run(use())


def test_a_guest_needs_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLWIRE_COMPAT_PRACTICE", "1")

    async def use() -> None:
        client = await PocketOptionAsync.try_demo()
        assert (client.is_demo(), await client.balance()) == (True, 10_000.0)
        await client.shutdown()
        raw = await RawPocketOption.create_try_demo("abcdefghij0123456789")
        assert await raw.balance() == 10_000.0
        await raw.shutdown()

    asyncio.run(use())
    with PocketOption.try_demo("abcdefghij0123456789") as blocking:
        assert blocking.is_demo()
        assert blocking.balance() == 10_000.0


def test_the_practice_exchange_can_be_asked_for_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLWIRE_COMPAT_PRACTICE", "1")
    session = '42["auth",{"session":"abcdefghij0123456789","isDemo":1,"uid":5,"platform":2}]'

    async def use() -> None:
        async with PocketOptionAsync(session) as client:
            assert await client.balance() == 10_000.0

    asyncio.run(use())
