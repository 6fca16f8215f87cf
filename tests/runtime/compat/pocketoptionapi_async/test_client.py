"""The client of pocketoptionapi-async, method by method, on the practice exchange."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from runtime.compat.pocketoptionapi_async import (
    ASSETS,
    AsyncPocketOptionClient,
    ConnectionError,  # noqa: A004  # its name there
    ConnectionStatus,
    InvalidParameterError,
    OrderDirection,
    OrderStatus,
    TimeoutError,  # noqa: A004  # its name there
    error_monitor,
)
from runtime.compat.pocketoptionapi_async.client import AsyncPocketOptionClient as Same
from runtime.compat.pocketoptionapi_async.models import Balance, Candle, OrderResult, TimeFrame
from runtime.practice import PracticeExchange
from tests.runtime.compat.pocketoptionapi_async.conftest import MakeClient

ASSET = "EURUSD_otc"
LIMIT = 20.0
"""Seconds that a test waits for anything."""

Step = Callable[[AsyncPocketOptionClient], Coroutine[Any, Any, None]]


def connected(make: MakeClient, step: Step, **arguments: Any) -> None:
    """Run ``step`` with a client that is connected."""

    async def run() -> None:
        client = make(**arguments)
        assert await client.connect()
        try:
            async with asyncio.timeout(LIMIT):
                await step(client)
        finally:
            await client.disconnect()

    asyncio.run(run())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT):
        while not holds():  # noqa: ASYNC110  # callbacks of several kinds make it true
            await asyncio.sleep(0.01)


def test_it_is_there_by_the_name_of_its_module_too() -> None:
    assert Same is AsyncPocketOptionClient


def test_a_client_connects_and_disconnects(make: MakeClient, exchange: PracticeExchange) -> None:
    async def run() -> None:
        client = make(region="demo", persistent_connection=True, enable_logging=False)
        assert not client.is_connected
        assert client.connection_info is None
        assert (client.raw_ssid, client.is_demo, client.auto_reconnect) == (exchange.session, True, True)
        for call in (client.get_balance(), client.place_order(ASSET, 1, OrderDirection.CALL, 5)):
            with pytest.raises(ConnectionError, match="Not connected"):
                await call
        assert await client.connect(persistent=False) is True
        assert client.persistent_connection is False
        assert client.is_connected
        info = client.connection_info
        assert info is not None
        assert (info.url, info.region, info.status) == (
            exchange.regions[0].url,
            "UNKNOWN",
            ConnectionStatus.CONNECTED,
        )
        assert await client.connect() is True  # it stays
        await client.disconnect()
        await client.disconnect()
        assert not client.is_connected
        info = client.connection_info
        assert info is not None
        assert info.status is ConnectionStatus.DISCONNECTED
        assert await client.connect([exchange.regions[0].url]) is True  # once more, by a URL
        await client.disconnect()

    asyncio.run(run())


def test_no_connection_is_false_and_says_why(make: MakeClient, exchange: PracticeExchange) -> None:
    async def run() -> None:
        errors = len(error_monitor.errors)
        client = make()
        refusals: list[Any] = []
        client.add_event_callback("auth_error", refusals.append)
        assert await client.connect(["NOWHERE"]) is False
        assert "no such region: NOWHERE" in error_monitor.errors[-1].message
        exchange.fault("refuse_sessions")
        assert await client.connect() is False
        assert "Authentication failed" in error_monitor.errors[-1].message
        assert len(error_monitor.errors) == errors + 2
        assert len(refusals) == 1
        assert not client.is_connected

    asyncio.run(run())


def test_the_balance_is_told_and_asked_for(make: MakeClient) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        balance = await client.get_balance()
        assert isinstance(balance, Balance)
        assert (balance.balance, balance.currency, balance.is_demo) == (10000.0, "USD", True)
        assert abs(balance.last_updated - datetime.now()) < timedelta(seconds=LIMIT)
        assert await client.get_balance() == balance

    connected(make, step)


@pytest.mark.parametrize(
    ("outcome", "result", "status"),
    [
        ("win", "win", "win"),
        ("loss", "loss", "lose"),
        ("draw", "draw", "closed"),
    ],
)
def test_an_order_is_placed_followed_and_won_lost_or_drawn(
    make: MakeClient, exchange: PracticeExchange, outcome: Any, result: str, status: str
) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        exchange.force_outcome(outcome)
        told: dict[str, list[Any]] = {"order_opened": [], "order_closed": [], "balance_updated": []}
        for event, heard in told.items():
            client.add_event_callback(event, heard.append)
        order = await client.place_order(asset=ASSET, amount=2.5, direction=OrderDirection.PUT, duration=5)
        payout = client.get_payout(ASSET)
        assert isinstance(order, OrderResult)
        assert (order.asset, order.amount, order.direction) == (ASSET, 2.5, OrderDirection.PUT)
        assert (order.duration, order.status, order.payout) == (5, OrderStatus.ACTIVE, payout)
        assert order.profit == pytest.approx(2.5 * (payout or 0) / 100, abs=0.01)
        assert abs(order.placed_at - datetime.now()) < timedelta(seconds=5)
        assert await client.get_active_orders() == [order]
        assert await client.check_order_result(order.order_id) == order
        assert await client.check_win(order.order_id, max_wait_time=0.1) == {
            "result": "timeout",
            "order_id": order.order_id,
            "completed": False,
            "timeout": True,
        }
        found = await client.check_win(order.order_id)
        [deal] = exchange.ledger.deals()
        assert found == {
            "result": result,
            "profit": float(deal.deal.profit or 0),
            "order_id": order.order_id,
            "completed": True,
            "status": status,
        }
        assert await client.check_win(order.order_id) == found
        await until(lambda: bool(told["order_closed"]))
        assert [each.status.value for each in told["order_closed"]] == [status]
        assert await client.check_order_result(order.order_id) == told["order_closed"][0]
        [opened] = told["order_opened"]
        assert (opened["requestId"], opened["asset"], opened["command"]) == (order.order_id, ASSET, 1)
        assert (opened["id"], opened["amount"], opened["percentProfit"]) == (deal.deal.id, 2.5, payout)
        assert opened["closeTimestamp"] - opened["openTimestamp"] == 5
        assert opened["openTimestamp"] == int(deal.deal.opened_at) + 7200
        assert await client.get_active_orders() == []
        assert all(isinstance(each, Balance) for each in told["balance_updated"])
        balances = [each.balance for each in told["balance_updated"]]
        assert all(earlier != later for earlier, later in pairwise(balances)), balances  # once each

    connected(make, step)


def test_deals_of_other_clients_are_known_by_the_ids_of_the_venue(
    make: MakeClient, exchange: PracticeExchange
) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        other = make()
        assert await other.connect()  # of the same account: on the same connections
        mine = await other.place_order(ASSET, 1, OrderDirection.CALL, 5)
        [deal] = exchange.ledger.deals()
        [seen] = await client.get_active_orders()
        assert seen.order_id == deal.deal.id
        assert seen.model_copy(update={"order_id": mine.order_id}) == mine
        assert await client.check_order_result(deal.deal.id) == seen
        assert (await client.check_win(deal.deal.id))["order_id"] == deal.deal.id
        assert await client.check_order_result("nothing") is None
        await other.disconnect()
        assert client.is_connected

    connected(make, step)


@pytest.mark.parametrize(("arguments", "text"), [
    (("NOTHING", 1, OrderDirection.CALL, 60), "Invalid asset: NOTHING"),
    ((ASSET, "1", OrderDirection.CALL, 60), "Amount must be between 1.0 and 50000.0"),
    ((ASSET, 1, OrderDirection.CALL, "60"), "whole seconds between"),
    ((ASSET, 0.5, OrderDirection.CALL, 60), "Amount must be between 1.0 and 50000.0"),
    ((ASSET, 50001, OrderDirection.CALL, 60), "Amount"),
    ((ASSET, 1, OrderDirection.CALL, 4), "between 5 and 43200"),
    ((ASSET, 1, OrderDirection.CALL, 43201), "Duration"),
    ((ASSET, 1, OrderDirection.CALL, 60.5), "whole seconds"),
    ((ASSET, 1, "up", 60), "direction must be"),
])  # fmt: skip
def test_what_can_be_no_order_is_refused(make: MakeClient, arguments: Any, text: str) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        with pytest.raises(InvalidParameterError, match=text):
            await client.place_order(*arguments)

    connected(make, step)


def test_candles_are_the_exchanges_newest_first(make: MakeClient) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        received: list[dict[str, Any]] = []
        client.add_event_callback("candles_received", received.append)
        candles = await client.get_candles(asset=ASSET, timeframe=60)
        assert len(candles) == 100
        assert all(isinstance(candle, Candle) for candle in candles)
        assert received == [{"asset": ASSET, "period": 60, "candles": candles}]
        newest = candles[0]
        assert timedelta(0) <= datetime.now() - newest.timestamp <= timedelta(seconds=61)
        assert (newest.asset, newest.timeframe, type(newest.volume)) == (ASSET, 60, float)
        assert newest.timestamp - candles[1].timestamp == timedelta(minutes=1)
        assert len(await client.get_candles(ASSET, "5m", count=7)) == 7
        end = newest.timestamp - timedelta(minutes=10)
        for moment in (end, end.astimezone(UTC)):
            earlier = await client.get_candles(ASSET, TimeFrame.M1, 3, moment)
            assert [candle.timestamp for candle in earlier] == [
                end - timedelta(minutes=minutes) for minutes in (1, 2, 3)
            ]
            assert earlier == candles[11:14]
        with pytest.raises(InvalidParameterError, match="Invalid timeframe: 'soon'"):
            await client.get_candles(ASSET, "soon")
        with pytest.raises(InvalidParameterError, match="Invalid asset: NOTHING"):
            await client.get_candles("NOTHING", 60)

    connected(make, step)


def test_a_frame_of_candles_is_sorted_by_time(make: MakeClient) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        frame = await client.get_candles_dataframe(ASSET, "1m", count=20)
        assert isinstance(frame, pd.DataFrame)
        assert frame.index.name == "timestamp"
        assert list(frame.columns) == ["open", "high", "low", "close", "volume"]
        assert (len(frame), frame.index.is_monotonic_increasing) == (20, True)
        candles = await client.get_candles(ASSET, "1m", count=20)
        assert frame["close"].iloc[-2] == candles[1].close

    connected(make, step)


def test_candles_without_an_answer_are_an_error(
    make: MakeClient, exchange: PracticeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        exchange.fault("pings_only")
        with pytest.raises(TimeoutError, match="Failed to get candles"):
            await client.get_candles(ASSET, 60)

    monkeypatch.setattr("runtime.compat.pocketoptionapi_async.client.REQUEST_TIMEOUT", 1.0)
    connected(make, step)


def test_candles_connect_a_client_that_reconnects(make: MakeClient) -> None:
    async def run() -> None:
        client = make()
        assert len(await client.get_candles(ASSET, 60, 5)) == 5
        await client.disconnect()
        with pytest.raises(ConnectionError):
            await make(auto_reconnect=False).get_candles(ASSET, 60)

    asyncio.run(run())


def test_assets_are_told_as_the_venue_lists_them(make: MakeClient) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        info = client.get_asset_info("EURUSD")
        assert info is not None
        assert (info["id"], info["symbol"], info["type"]) == (ASSETS["EURUSD"], "EURUSD", "currency")
        assert (info["is_otc"], info["linked_id"]) == (False, ASSETS[ASSET])
        assert client.get_payout("EURUSD") == info["payout"]
        assert isinstance(info["name"], str)
        assert isinstance(info["tradable"], bool)
        assert 60 in info["expirations"]
        assert client.get_asset_info("NOTHING") is None
        assert client.get_payout("NOTHING") is None

    connected(make, step)
    assert make().get_asset_info(ASSET) is None


def test_ticks_come_for_the_asset_whose_candles_were_asked_for(make: MakeClient) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        ticks: list[dict[str, Any]] = []
        await client.get_candles(ASSET, 60, 3)
        client.add_event_callback("stream_update", ticks.append)
        await until(lambda: len(ticks) > 2)
        assert set(ticks[0]) == {"asset", "time", "price"}
        assert ticks[0]["asset"] == ASSET
        assert await client.send_message(f'42["unsubfor","{ASSET}"]')
        assert await client.send_message('42["changeSymbol",{"asset":"#AAPL_otc","period":60}]')
        await until(lambda: ticks[-1]["asset"] == "#AAPL_otc")
        client.remove_event_callback("stream_update", ticks.append)
        client.remove_event_callback("stream_update", print)  # never added

    connected(make, step)


def test_a_message_is_sent_as_it_is(make: MakeClient, exchange: PracticeExchange) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        before = len(exchange.ledger.received("ps"))
        assert await client.send_message('42["ps"]') is True
        assert await asyncio.to_thread(
            exchange.ledger.wait_until, lambda ledger: len(ledger.received("ps")) > before, LIMIT
        )
        for event in ("openOrder", "auth", "openPendingOrder"):
            with pytest.raises(InvalidParameterError, match=f"does not send {event}"):
                await client.send_message(f"42{json.dumps([event, {}])}")
        await client.disconnect()
        assert await client.send_message('42["ps"]') is False

    connected(make, step)


def test_every_other_message_of_the_venue_is_told_as_text(
    make: MakeClient, exchange: PracticeExchange
) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        texts: list[str] = []
        client.add_event_callback("message", texts.append)
        exchange.publish("somethingNew", {"a": 1})
        await until(lambda: any("somethingNew" in text for text in texts))
        found = next(text for text in texts if "somethingNew" in text)
        assert json.loads(found[2:]) == ["somethingNew", {"a": 1}]

    connected(make, step)


def test_callbacks_of_all_forms_are_called_and_may_raise(
    make: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        client = make()
        called: list[str] = []

        async def coroutine(data: dict[str, Any]) -> None:
            called.append(f"coroutine {sorted(data)}")

        def without() -> None:
            called.append("without")

        def raises(data: object) -> None:
            called.append("raises")
            raise ValueError("of the user")

        for callback in (coroutine, raises, without):
            client.add_event_callback("connected", callback)
        client.add_event_callback("disconnected", without)
        with pytest.raises(InvalidParameterError, match="did you mean connected"):
            client.add_event_callback("conected", without)
        assert await client.connect()
        await client.disconnect()
        assert called == ["coroutine ['region']", "raises", "without", "without"]

    asyncio.run(run())


def test_a_lost_connection_comes_back(make: MakeClient, exchange: PracticeExchange) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        told: list[str] = []
        for event in ("disconnected", "reconnected", "authenticated"):
            client.add_event_callback(event, lambda _, event=event: told.append(event))
        order = await client.place_order(ASSET, 1, OrderDirection.CALL, 5)
        await asyncio.to_thread(exchange.drop_connections)
        await until(lambda: "reconnected" in told)
        assert told[0] == "disconnected"
        assert "authenticated" in told
        assert client.is_connected
        assert (await client.check_win(order.order_id))["completed"]
        stats = client.get_connection_stats()
        assert (stats["total_connections"], stats["successful_connections"]) == (1, 1)
        assert stats["total_reconnects"] == 1

    connected(make, step)


def test_without_auto_reconnect_a_lost_connection_stays_lost(
    make: MakeClient, exchange: PracticeExchange
) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        lost = asyncio.Event()
        client.add_event_callback("disconnected", lambda _: lost.set())
        await asyncio.to_thread(exchange.drop_connections)
        await lost.wait()
        await until(lambda: client._connection is None)
        with pytest.raises(ConnectionError):
            await client.get_balance()
        assert await client.connect()

    connected(make, step, auto_reconnect=False)


def test_the_figures_of_the_connection_are_counted(make: MakeClient) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        await until(lambda: client.get_connection_stats()["messages_received"] > 0)
        stats = client.get_connection_stats()
        assert set(stats) == {
            "total_connections",
            "successful_connections",
            "total_reconnects",
            "last_ping_time",
            "messages_sent",
            "messages_received",
            "connection_start_time",
            "websocket_connected",
            "connection_info",
        }
        assert stats["messages_sent"] > 0
        assert stats["websocket_connected"] is True
        assert stats["connection_info"] == client.connection_info
        assert abs(stats["connection_start_time"] - datetime.now().timestamp()) < LIMIT

    connected(make, step)


def test_numbers_of_other_kinds_are_numbers(make: MakeClient, exchange: PracticeExchange) -> None:
    async def step(client: AsyncPocketOptionClient) -> None:
        direction: Any = "call"
        await client.place_order(ASSET, 1, direction, 5)
        [deal] = exchange.ledger.deals()
        assert deal.deal.amount == Decimal(1)

    connected(make, step)
