"""Orders: acknowledged, refused or ignored."""

import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from runtime.practice import PracticeExchange, PracticeSettings
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import Client
from tests.doubles.exchange_payloads import ACCEPTED, LISTED_OPEN, shape
from tests.doubles.exchange_trader import ASSET, REQUEST, opening, order, place, refused

LONG = 60


def moment(stamp: str) -> float:
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()


def payout(exchange: PracticeExchange) -> int:
    """The percentage that the asset table of a new login gives for the asset."""
    with Client(exchange.regions[0].url) as reader:
        reader.connect().socket.send(exchange.session)
        rows = reader.until("updateAssets")
    return int(next(row[5] for row in rows if row[1] == ASSET))


def test_an_order_is_acknowledged_then_the_balance_and_the_open_deals_follow(
    exchange: PracticeExchange,
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openOrder", order(time=LONG))
        (first, accepted), (second, balance), (third, opened) = (client.event() for _ in range(3))
    assert [first, second, third] == ["successopenOrder", "successupdateBalance", "updateOpenedDeals"]
    assert shape(accepted) == shape(ACCEPTED)
    assert balance == {"isDemo": 1, "balance": 9995}
    [listed] = opened
    assert shape(listed) == shape(LISTED_OPEN)
    assert listed["isRollover"] is False
    assert listed["amountUSD"] == 5
    assert {key: listed[key] for key in set(listed) & set(accepted)} == {
        key: value for key, value in accepted.items() if key != "requestId"
    }


def test_an_acknowledgement_tells_the_terms_on_the_venues_clock(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        accepted = place(client.login(exchange.session), time=LONG, action="put")
    percent = payout(exchange)
    assert abs(opening(accepted) - UTC_OFFSET - time.time()) < 2
    assert accepted["closeTimestamp"] == accepted["openTimestamp"] + LONG
    assert moment(accepted["openTime"]) == accepted["openTimestamp"]
    assert moment(accepted["closeTime"]) == accepted["closeTimestamp"]
    assert uuid.UUID(accepted["id"]).version == 4
    assert accepted["percentProfit"] == percent
    assert Decimal(str(accepted["profit"])) == Decimal(5) * percent / 100
    assert isinstance(accepted["uid"], int)
    assert {key: accepted[key] for key in ("command", "asset", "amount", "isDemo", "requestId")} == {
        "command": 1,
        "asset": ASSET,
        "amount": 5,
        "isDemo": 1,
        "requestId": REQUEST,
    }
    assert [accepted[key] for key in ("percentLoss", "closePrice", "optionType")] == [100, 0, 100]
    assert [accepted[key] for key in ("copyTicket", "isCopySignal", "currency")] == ["", False, "USD"]


def test_a_deal_opens_at_the_price_that_was_quoted_last(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("subfor", ASSET)
        rows = client.ticks(3)
        client.emit("openOrder", order(time=LONG))
        while (event := client.event())[0] == "updateStream":
            rows.extend(event[1])
        accepted = event[1]
        rows.extend(client.ticks(2))  # one that is due goes out before or behind what an order brings
    assert accepted["openPrice"] == [price for _, stamp, price in rows if stamp <= opening(accepted)][-1]


@pytest.mark.parametrize("request_id", [7, 1.5, "4c1e", "7", True, None, 2**60])
def test_a_request_id_comes_back_as_what_it_was(exchange: PracticeExchange, request_id: object) -> None:
    with Client(exchange.regions[0].url) as client:
        echoed = place(client.login(exchange.session), requestId=request_id, time=LONG)["requestId"]
    assert (type(echoed), echoed) == (type(request_id), request_id)


def test_only_the_client_of_the_order_gets_the_acknowledgement_but_all_see_the_deal(
    exchange: PracticeExchange,
) -> None:
    first, second = exchange.regions
    with Client(first.url) as here, Client(second.url) as there, Client(first.url) as stranger:
        here.login(exchange.session)
        there.login(exchange.session)
        stranger.connect()
        accepted = place(here, time=LONG)
        assert there.event() == ("successupdateBalance", {"isDemo": 1, "balance": 9995})
        assert [deal["id"] for deal in there.until("updateOpenedDeals")] == [accepted["id"]]
        stranger.socket.send(exchange.session)
        assert stranger.event()[0] == "successauth"


def test_the_account_outlives_sockets_regions_and_a_restart(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        deal_id = place(client.login(exchange.session), time=LONG)["id"]
    exchange.drop_connections()
    exchange.close_region(exchange.regions[0].name)
    exchange.open_region(exchange.regions[0].name)
    exchange.stop()
    exchange.start()
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(exchange.session)
        assert client.until("successupdateBalance")["balance"] == 9995
        [listed] = client.until("updateOpenedDeals")
    assert (listed["id"], shape(listed)) == (deal_id, shape(LISTED_OPEN))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"asset": "NOSUCH"}, "unknownAsset"),
        ({"asset": "#AAPL"}, "closedAsset"),
        ({"amount": 0.99}, "amountOutOfRange"),
        ({"amount": 50_000.01}, "amountOutOfRange"),
        ({"amount": -1}, "amountOutOfRange"),
        ({"time": 4}, "durationOutOfRange"),
        ({"time": 43_201}, "durationOutOfRange"),
        ({"asset": "EURUSD", "time": 59}, "durationOutOfRange"),
        ({"amount": 10_000.01}, "notMoney"),
        ({"isDemo": 0}, "wrongAccount"),
    ],
)
def test_what_the_venue_would_not_execute_is_refused_without_a_request_id(
    exchange: PracticeExchange, changes: dict[str, object], error: str
) -> None:
    asked = order(time=LONG) | changes
    with Client(exchange.regions[0].url) as client:
        failure = refused(client.login(exchange.session), **asked)
    assert failure == {"error": error, "amount": asked["amount"], "asset": asked["asset"]}
    [received] = exchange.ledger.orders()
    assert received.refusal == error
    assert exchange.ledger.deals() == []


@pytest.mark.parametrize(
    "changes", [{"amount": 1}, {"amount": 10_000}, {"time": 5}, {"time": 43_200}, {"asset": "EURUSD"}]
)
def test_the_limits_themselves_are_allowed(exchange: PracticeExchange, changes: dict[str, object]) -> None:
    with Client(exchange.regions[0].url) as client:
        place(client.login(exchange.session), **({"time": LONG} | changes))


@pytest.mark.parametrize(
    "changes", [{"amount": "5"}, {"action": "up"}, {"optionType": 1}, {"time": 60.5}, {"requestId": [1]}]
)
def test_a_malformed_order_is_refused_and_not_executed(
    exchange: PracticeExchange, changes: dict[str, object]
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openOrder", order(time=LONG) | changes)
        refusal = client.until("failopenOrder")
        assert (refusal["error"], refusal["asset"]) == ("invalidData", ASSET)
    assert exchange.ledger.orders() == []


def test_one_deal_too_many_is_refused_with_the_number_that_may_be_open() -> None:
    with PracticeExchange(PracticeSettings(max_deals=2)) as exchange:
        with Client(exchange.regions[0].url) as client:
            client.login(exchange.session)
            for number in range(2):
                place(client, requestId=number, time=LONG)
            assert refused(client, time=LONG) == {"error": "MaxDemoTrades", "amount": 2, "asset": ASSET}
        assert [received.refusal for received in exchange.ledger.orders()] == ["", "", "MaxDemoTrades"]


def test_ten_deals_may_be_open(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for number in range(10):
            place(client, requestId=number, time=LONG)
        assert refused(client, time=LONG)["error"] == "MaxDemoTrades"


def test_money_keeps_every_digit(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for number in range(3):
            place(client, requestId=number, amount=1.1, time=LONG)
        client.emit("getBalance")
        client.frame()
        assert client.frame() == b'{"isDemo":1,"balance":9996.7}'
    assert [change.balance for change in exchange.ledger.balances()] == [
        Decimal(10_000),
        Decimal("9998.9"),
        Decimal("9997.8"),
        Decimal("9996.7"),
    ]


def test_the_open_deals_are_listed_when_asked_for(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        accepted = place(client.login(exchange.session), time=LONG)
        client.emit("updateOpenedDeals")
        [(name, listed)] = client.fence()
    assert name == "updateOpenedDeals"
    assert [deal["id"] for deal in listed] == [accepted["id"]]


def test_a_refill_tops_the_balance_up_for_all(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as here, Client(exchange.regions[1].url) as there:
        here.login(exchange.session)
        there.login(exchange.session)
        here.emit("td/refill")
        for client in (here, there):
            assert client.event() == ("successupdateBalance", {"isDemo": 1, "balance": 50_000})
        here.emit("td/refill")
        assert here.event() == ("successupdateBalance", {"isDemo": 1, "balance": 50_000})
    assert [change.cause for change in exchange.ledger.balances()] == ["deposit", "refill"]


def test_a_live_account_is_not_refilled_and_trades_as_itself(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session.replace('"isDemo":1', '"isDemo":0')).emit("td/refill")
        assert client.fence() == []
        assert place(client, isDemo=0, time=LONG)["isDemo"] == 0


def test_the_ledger_tells_each_order_and_the_deal_that_came_of_it(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        accepted = place(client.login(exchange.session), time=LONG)
    [received] = exchange.ledger.orders()
    assert (received.request_id, received.socket, received.asset) == (REQUEST, 1, ASSET)
    assert abs(received.at - time.time()) < 2
    deal = exchange.ledger.deal_for(REQUEST)
    assert deal is not None
    assert deal.id == accepted["id"]
    assert deal.opened_at == accepted["openTimestamp"] - UTC_OFFSET + accepted["openMs"] / 1000
    assert deal.closes_at == accepted["closeTimestamp"] - UTC_OFFSET
    assert exchange.ledger.deal_for("another") is None


def test_a_storm_of_orders_is_accounted_for_one_by_one() -> None:
    settings = PracticeSettings(max_deals=100)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for number in range(40):
            client.emit("openOrder", order(requestId=number, time=LONG))
        acknowledged = [client.until("successopenOrder")["requestId"] for _ in range(40)]
        executed = Counter(executed.request_id for executed in exchange.ledger.deals())
    assert acknowledged == list(range(40))
    assert executed == Counter(range(40))
