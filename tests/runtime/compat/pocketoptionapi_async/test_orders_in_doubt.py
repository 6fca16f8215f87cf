"""What the client says of an order whose answer is lost, or that was refused."""

import asyncio

import pytest

from runtime.compat.pocketoptionapi_async import OrderDirection, OrderError, OrderStatus
from runtime.practice import PracticeExchange
from tests.runtime.compat.pocketoptionapi_async.conftest import MakeClient

ASSET = "EURUSD_otc"
LIMIT = 30.0


def test_an_order_whose_answer_is_lost_is_found_in_the_venues_lists(
    make: MakeClient, exchange: PracticeExchange
) -> None:
    async def run() -> None:
        client = make()
        assert await client.connect()
        exchange.disturb_orders("lost_after", drop=True)  # the next login brings the lists
        order = await client.place_order(ASSET, 1, OrderDirection.CALL, 5)
        result = await client.check_win(order.order_id)
        [deal] = exchange.ledger.deals()
        assert result["completed"]
        assert result["profit"] == float(deal.deal.profit or 0)
        await client.disconnect()

    asyncio.run(run())


def test_an_order_that_is_in_doubt_is_said_to_be_so_until_the_venues_lists_decide(
    make: MakeClient, exchange: PracticeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        client = make()
        assert await client.connect()
        exchange.disturb_orders("lost_before")
        with pytest.raises(OrderError, match="Do not repeat it") as caught:
            await client.place_order(ASSET, 1, OrderDirection.CALL, 5)
        assert caught.value.error_code == "unknown"
        [doubt] = await client.get_active_orders()
        assert (doubt.order_id, doubt.status) == (caught.value.order_id, OrderStatus.PENDING)
        assert doubt.error_message
        await asyncio.to_thread(exchange.drop_connections)
        async with asyncio.timeout(LIMIT):
            with pytest.raises(OrderError, match="no deal came of the order"):
                await client.check_win(doubt.order_id)
        assert exchange.ledger.deals() == []
        assert await client.get_active_orders() == []
        await client.disconnect()

    monkeypatch.setattr("runtime.compat.pocketoptionapi_async.client.ORDER_TIMEOUT", 1.0)
    asyncio.run(run())


def test_a_refused_order_is_an_error_with_the_venues_reason(
    make: MakeClient, exchange: PracticeExchange
) -> None:
    async def run() -> None:
        client = make()
        assert await client.connect()
        exchange.disturb_orders("refused", error="OutOfService")
        with pytest.raises(OrderError, match=r"Failed to place order: .*OutOfService") as caught:
            await client.place_order(ASSET, 1, OrderDirection.CALL, 5)
        assert caught.value.error_code == "refused"
        assert await client.check_order_result(caught.value.order_id) is None
        with pytest.raises(OrderError, match="No result of order"):
            await client.check_win(caught.value.order_id)
        await client.disconnect()

    asyncio.run(run())
