"""Orders, deals and pending orders of the client for event loops, on the practice exchange."""

import decimal
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.compat.binaryoptionstools import (
    InvalidParameterError,
    PocketOptionAsync,
    PocketOptionError,
    Trade,
)
from runtime.compat.binaryoptionstools._rows import VENUE_AHEAD
from runtime.practice import PracticeExchange

ASSET = "EURUSD_otc"
NOBODYS = str(uuid.uuid4())
KEYS = [
    *("id", "openTime", "closeTime", "openTimestamp", "closeTimestamp", "refundTime", "refundTimestamp"),
    *("uid", "requestId", "amount", "profit", "percentProfit", "percentLoss", "openPrice", "closePrice"),
    *("command", "asset", "isDemo", "copyTicket", "openMs", "closeMs", "optionType", "isRollover"),
    *("isCopySignal", "isAI", "currency", "amountUsd", "amountUSD"),
]
"""Of a deal, as BinaryOptionsToolsV2 0.2.16 gives them."""
UseClient = Callable[..., None]


def test_an_order_is_the_venues_deal_with_their_keys_and_types(
    exchange: PracticeExchange, use_client: UseClient
) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        deal_id, deal = await client.buy(ASSET, 1, 1)
        _, put = await client.sell(asset=ASSET, amount=2.5, time=1, check_win=False)
        assert list(deal) == KEYS
        assert type(deal) is Trade
        assert deal_id == deal["id"] == str(uuid.UUID(deal_id))
        payout = await client.payout(ASSET)
        assert payout is not None
        assert (deal["amount"], deal["profit"], deal["percentProfit"]) == ("1", f"{payout / 100}", payout)
        assert (deal["command"], put["command"], put["amount"]) == (0, 1, "2.5")
        assert (deal["closePrice"], deal["closeMs"], deal["isDemo"], deal["asset"]) == ("0", None, 1, ASSET)
        assert (deal["currency"], deal["copyTicket"], deal["percentLoss"]) == ("USD", "", 100)
        assert float(deal["openPrice"]) > 0
        assert deal["closeTimestamp"] - deal["openTimestamp"] == 1
        assert abs(deal["openTimestamp"] - VENUE_AHEAD - time.time()) < 5
        shown = datetime.fromtimestamp(deal["openTimestamp"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        assert deal["openTime"] == shown
        assert uuid.UUID(deal["requestId"])
        assert not deal.is_settled

    use_client(trade)
    executed = [(each.deal.asset, float(each.deal.amount)) for each in exchange.ledger.deals()]
    assert executed == [(ASSET, 1.0), (ASSET, 2.5)]


@pytest.mark.parametrize("outcome", ["win", "loss", "draw"])
def test_a_result_is_win_loss_or_draw(
    exchange: PracticeExchange, use_client: UseClient, outcome: Any
) -> None:
    exchange.force_outcome(outcome)

    async def trade(client: PocketOptionAsync) -> None:
        deal_id, deal = await client.buy(ASSET, 1, 1, check_win=True)
        assert (deal["result"], deal.result, deal.is_settled) == (outcome, outcome, True)
        assert deal.profit is not None
        assert (deal.profit > 0, deal.profit < 0) == (outcome == "win", outcome == "loss")
        assert list(deal) == [*KEYS, "result"]
        assert await client.check_win(deal_id) == deal
        assert await client.check_win(id=deal_id, timeout_seconds=0) == deal

    use_client(trade)


def test_opened_and_closed_deals_are_dicts_by_id(use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        deal_id, deal = await client.buy(ASSET, 1, 60)
        # As acknowledged; then, also in theirs, as the venue's list describes it, with other keys.
        while (opened := await client.opened_deals())[deal_id]["isRollover"] is None:
            pass
        assert set(opened) == {deal_id}
        assert await client.get_opened_deal(deal_id) == opened[deal_id]
        assert await client.get_closed_deal(deal_id) is None
        assert await client.get_deal_end_time(deal_id) == deal["closeTimestamp"]
        short, _ = await client.sell(ASSET, 1, 1, check_win=True)
        closed = await client.closed_deals()
        assert set(closed) == {short}
        assert isinstance(await client.get_closed_deal(short), Trade)
        assert await client.get_deal_end_time(short) == closed[short]["closeTimestamp"]
        await client.clear_closed_deals()
        assert await client.closed_deals() == {}
        later, _ = await client.sell(ASSET, 1, 1, check_win=True)
        assert set(await client.closed_deals()) == {later}

    use_client(trade)


def test_what_cannot_be_is_refused_with_the_reason(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        for asset, amount, duration, reason in [
            ("NOPE", 1, 5, "no asset"),
            (ASSET, 0.1, 5, "amount"),
            (ASSET, 1e9, 5, "amount"),
            (ASSET, 1, -5, "-5 s"),
            (ASSET, "much", 5, "not a number"),
        ]:
            with pytest.raises(PocketOptionError, match=reason):
                await client.buy(asset, amount, duration)  # type: ignore[arg-type]
        assert await client.get_opened_deal(NOBODYS) is None
        assert await client.get_deal_end_time(NOBODYS) is None
        with pytest.raises(RuntimeError, match=f"Error getting trade result for ID {NOBODYS}"):
            await client.check_win(NOBODYS)
        with pytest.raises(ValueError, match="Invalid trade result response for ID nope"):
            await client.check_win("nope")
        for call in (client.get_opened_deal, client.get_closed_deal, client.get_deal_end_time):
            with pytest.raises(ValueError, match="UUID"):
                await call("nope")

    use_client(trade)
    assert exchange.ledger.orders() == []


def test_a_wait_for_a_result_has_a_limit(use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        deal_id, _ = await client.buy(ASSET, 1, 60)
        with pytest.raises(TimeoutError, match=f"Timeout waiting for trade result for ID: {deal_id}"):
            await client.check_win(deal_id, timeout_seconds=1)

    use_client(trade)


def test_an_order_whose_answer_is_lost_ends_with_its_id_and_is_not_repeated(
    exchange: PracticeExchange, use_client: UseClient
) -> None:
    exchange.disturb_orders("lost_before")

    async def trade(client: PocketOptionAsync) -> None:
        with pytest.raises(PocketOptionError) as lost:
            await client.buy(ASSET, 1, 5)
        assert uuid.UUID(lost.value.order)
        assert not isinstance(lost.value, TimeoutError)  # a script may repeat what took too long

    use_client(trade, config={"timeout_secs": 3})
    assert len(exchange.ledger.orders()) == 1
    assert exchange.ledger.deals() == []


def test_an_amount_is_rounded_to_the_cent(use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        _, deal = await client.buy(ASSET, 1 + 14 / 100, 60)  # 1.1400000000000001
        assert deal["amount"] == "1.14"

    use_client(trade)


def test_what_others_set_for_decimals_changes_no_amount(use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        with decimal.localcontext(prec=3, rounding=decimal.ROUND_UP):
            _, deal = await client.buy(ASSET, 12.341, 60)
        assert deal["amount"] == "12.34"

    use_client(trade)


def test_the_balance_follows_the_deals(use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        before = await client.balance()
        assert type(before) is float
        await client.buy(ASSET, 100, 60)
        balances = [await client.balance() for _ in range(1000)]
        assert before - 100 in balances

    use_client(trade)


def test_pending_orders_are_placed_listed_and_cancelled(use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        at = await client.get_server_time() + 3600
        placed = await client.open_pending_order(
            open_type=0,
            amount=1.5,
            asset=ASSET,
            open_time=at,
            open_price=0,
            timeframe=60,
            min_payout=10,
            command=1,
        )
        spelt = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        assert (placed["openTime"], placed["open_time"], placed["openType"]) == (spelt, spelt, 0)
        assert (placed["amount"], placed["symbol"], placed["command"]) == ("1.5", ASSET, 1)
        assert (placed["timeframe"], placed["minPayout"], placed["min_payout"]) == (60, 10, 10)
        assert placed["date_created"]
        by_text = await client.open_pending_order(0, 2, ASSET, spelt, 0, 60, 0, 0)
        by_price = await client.open_pending_order(1, 3, ASSET, "", 1.05, 60, 0, 0)
        assert (by_text["openTime"], by_price["openType"], by_price["open_price"]) == (spelt, 1, "1.05")
        listed = await client.get_pending_deals()
        tickets = {order["ticket"] for order in listed}
        assert tickets == {each["ticket"] for each in (placed, by_text, by_price)}
        assert await client.cancel_pending_order(placed["ticket"]) == {
            "ticket": placed["ticket"],
            "status": "cancelled",
        }
        answer = await client.cancel_pending_orders([by_text["ticket"], "unawaited", by_price["ticket"]])
        assert answer["cancelled"] == [by_text["ticket"], by_price["ticket"]]
        assert [failed["ticket"] for failed in answer["failed"]] == ["unawaited"]
        assert answer["failed"][0]["error"]
        assert await client.get_pending_deals() == []

    use_client(trade)


def test_a_pending_order_that_cannot_be_is_refused(use_client: UseClient) -> None:
    async def trade(client: PocketOptionAsync) -> None:
        with pytest.raises(InvalidParameterError, match="open_type"):
            await client.open_pending_order(2, 1, ASSET, 0, 1.0, 60, 0, 0)
        with pytest.raises(InvalidParameterError, match="open_time"):
            await client.open_pending_order(0, 1, ASSET, "soon", 0, 60, 0, 0)
        with pytest.raises(PocketOptionError, match="number"):
            await client.open_pending_order(1, "much", ASSET, 0, 1.0, 60, 0, 0)  # type: ignore[arg-type]

    use_client(trade)
