"""Pending orders: by time or by price, cancelled, executed or dropped when they are due."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.practice import PracticeExchange, PracticeSettings
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.quotes import Quotes
from runtime.practice.server.clock import UTC_OFFSET
from tests.doubles.exchange_client import Client
from tests.doubles.exchange_payloads import PENDING_CREATED, PENDING_LISTED, PENDING_REFUSED, shape
from tests.doubles.exchange_trader import ASSET, LIVELY, opening, place

SOON = 1.3
"""Seconds; rounded down to a whole second, it is still in the future on arrival."""
LATER = 3600
QUOTES = Quotes(1, 10)


def stamp(seconds_from_now: float) -> str:
    return datetime.fromtimestamp(time.time() + UTC_OFFSET + seconds_from_now, UTC).strftime(
        "%Y-%m-%d %H:%M:%S"
    )


def pending(**changes: object) -> dict[str, object]:
    """The payload of an ``openPendingOrder`` by time."""
    return {
        "openType": 0,
        "amount": 10,
        "asset": ASSET,
        "openTime": stamp(LATER),
        "openPrice": 0,
        "timeframe": 60,
        "minPayout": 0,
        "command": 0,
    } | changes


def by_price(price: float, **changes: object) -> dict[str, object]:
    return pending(openType=1, openPrice=price, **changes)


def upcoming_prices() -> list[float]:
    """Quotes of the near future at ten ticks a second."""
    first = QUOTES.number_after(LISTINGS[LIVELY], time.time() + UTC_OFFSET + 0.3)
    return [QUOTES.tick(LISTINGS[LIVELY], number).price for number in range(first, first + 10)]


def leave(client: Client, **changes: object) -> dict[str, Any]:
    """Place a pending order by time. Returns its entry in the list that follows."""
    client.emit("openPendingOrder", pending(**changes))
    client.until("successopenPendingOrder")
    listed: list[dict[str, Any]] = client.until("successupdatePending")
    return listed[-1]


def test_an_order_by_time_is_confirmed_in_a_wrapper_and_listed_to_all(exchange: PracticeExchange) -> None:
    asked = pending(minPayout=60, command=1)
    with Client(exchange.regions[0].url) as here, Client(exchange.regions[1].url) as there:
        here.login(exchange.session)
        there.login(exchange.session)
        here.emit("openPendingOrder", asked)
        (first, created), (second, listed) = here.event(), here.event()
        assert there.event() == (second, listed)
    assert [first, second] == ["successopenPendingOrder", "successupdatePending"]
    assert list(created) == ["data"]
    assert shape(created["data"]) == shape(PENDING_CREATED)
    [entry] = listed
    assert shape(entry) == shape(PENDING_LISTED)
    assert entry.items() >= created["data"].items()
    echoed = {key: value for key, value in asked.items() if key != "asset"} | {"symbol": ASSET}
    assert created["data"].items() >= echoed.items()
    assert (entry["isDemo"], type(entry["uid"])) == (1, int)


def test_an_order_by_price_has_a_time_of_noughts(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openPendingOrder", by_price(9.87654))
        created = client.until("successopenPendingOrder")["data"]
        [listed] = client.until("successupdatePending")
    for order in (created, listed):
        assert (order["openType"], order["openTime"], order["openPrice"]) == (
            1,
            "0000-00-00 00:00:00",
            9.87654,
        )


def test_pending_orders_outlive_a_restart_and_fall_due_after_it(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        kept, due = leave(client), leave(client, openTime=stamp(SOON))
    exchange.stop()
    exchange.start()
    with Client(exchange.regions[1].url) as client:
        client.connect().socket.send(exchange.session)
        assert client.until("successupdatePending") == [kept, due]
        assert client.until("successupdatePending") == [kept]
    assert [executed.request_id for executed in exchange.ledger.deals()] == [due["ticket"]]


def test_an_order_becomes_a_deal_when_its_time_comes(quick_exchange: PracticeExchange) -> None:
    with Client(quick_exchange.regions[0].url) as client:
        client.login(quick_exchange.session)
        left = leave(client, openTime=stamp(SOON), command=1)
        events = [client.event() for _ in range(3)]
    assert [name for name, _ in events] == [
        "successupdateBalance",
        "updateOpenedDeals",
        "successupdatePending",
    ]
    (_, balance), (_, [deal]), (_, listed) = events
    assert balance["balance"] == 9990
    assert (deal["openTime"], deal["command"], deal["amount"]) == (left["openTime"], 1, 10)
    assert deal["closeTimestamp"] == deal["openTimestamp"] + 60
    assert listed == []
    executed = quick_exchange.ledger.deal_for(left["ticket"])
    assert executed is not None
    assert executed.id == deal["id"]
    assert quick_exchange.ledger.orders() == []


@pytest.mark.parametrize("pick", [max, min])
def test_an_order_becomes_a_deal_with_the_tick_that_reaches_its_price(
    pick: Callable[[list[float]], float],
) -> None:
    settings = PracticeSettings(tick_rate=10)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        price = pick(upcoming_prices())
        client.emit("openPendingOrder", by_price(price, asset=LIVELY))
        client.until("successupdatePending")
        [deal] = client.until("updateOpenedDeals")
        assert client.until("successupdatePending") == []
    reached = QUOTES.number_after(LISTINGS[LIVELY], opening(deal)) - 1
    before = QUOTES.tick(LISTINGS[LIVELY], reached - 1).price
    assert min(before, deal["openPrice"]) <= price <= max(before, deal["openPrice"])


def test_an_order_for_the_price_of_the_moment_becomes_a_deal_at_once() -> None:
    settings = PracticeSettings(tick_rate=0.01)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        price = place(client, time=60)["openPrice"]
        client.emit("openPendingOrder", by_price(price))
        names = [client.event()[0] for _ in range(5)]
    assert names == [
        "successopenPendingOrder",
        "successupdatePending",
        "successupdateBalance",
        "updateOpenedDeals",
        "successupdatePending",
    ]


def test_an_order_that_pays_too_little_when_it_is_due_is_dropped(quick_exchange: PracticeExchange) -> None:
    with Client(quick_exchange.regions[0].url) as client:
        client.login(quick_exchange.session)
        leave(client, openTime=stamp(SOON), minPayout=93)
        assert client.event() == ("successupdatePending", [])
    assert quick_exchange.ledger.deals() == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"openTime": stamp(-1)}, {"error": "OPEN_TIME"}),
        ({"openTime": "tomorrow"}, {"error": "OPEN_TIME"}),
        ({"openType": 1}, {"error": "OPEN_PRICE"}),
        ({"asset": "NOSUCH"}, {"error": "unknownAsset", "amount": 10, "asset": "NOSUCH"}),
        ({"amount": 0.5}, {"error": "amountOutOfRange", "amount": 0.5, "asset": ASSET}),
        ({"timeframe": 4}, {"error": "durationOutOfRange", "amount": 10, "asset": ASSET}),
    ],
)
def test_an_order_that_cannot_be_kept_is_refused_in_two_wrappers(
    exchange: PracticeExchange, changes: dict[str, object], error: dict[str, object]
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openPendingOrder", pending() | changes)
        [(name, failure)] = client.fence()
    assert name == "failopenPendingOrder"
    assert list(failure) == ["data"]
    order = failure["data"].pop("data")
    assert shape(order) == shape(PENDING_REFUSED)
    assert failure["data"] == error


def test_with_too_many_deals_open_the_refusal_tells_how_many_may_be() -> None:
    settings = PracticeSettings(max_deals=1)
    with PracticeExchange(settings) as exchange, Client(exchange.regions[0].url) as client:
        place(client.login(exchange.session), time=60)
        client.emit("openPendingOrder", pending())
        failure = client.until("failopenPendingOrder")["data"]
    assert failure.pop("data")["symbol"] == ASSET
    assert failure == {"error": "MaxDemoTrades", "amount": 1, "asset": ASSET}


def test_a_cancelled_order_leaves_the_list_of_all_and_never_opens(quick_exchange: PracticeExchange) -> None:
    first, second = quick_exchange.regions
    moment = stamp(SOON)
    with Client(first.url) as here, Client(second.url) as there:
        here.login(quick_exchange.session)
        left, kept = leave(here, openTime=moment), leave(here, openTime=moment)
        there.login(quick_exchange.session)
        here.emit("cancelPendingOrder", {"ticket": left["ticket"]})
        assert here.event() == ("successcancelPendingOrder", {"ticket": left["ticket"]})
        assert here.event() == ("successupdatePending", [kept])
        assert there.event() == ("successupdatePending", [kept])
        assert there.until("successupdatePending") == []
    assert [executed.request_id for executed in quick_exchange.ledger.deals()] == [kept["ticket"]]


def test_an_unknown_ticket_cannot_be_cancelled(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("cancelPendingOrder", {"ticket": "none"})
        assert client.fence() == [("failcancelPendingOrder", {"error": "notFound", "ticket": "none"})]


@pytest.mark.parametrize("changes", [{"amount": "10"}, {"timeframe": 60.5}, {"command": "call"}])
def test_a_malformed_pending_order_is_refused_and_not_kept(
    exchange: PracticeExchange, changes: dict[str, object]
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openPendingOrder", pending(**changes))
        refusal = client.until("failopenPendingOrder")["data"]
        assert (refusal["error"], refusal["data"]["asset"]) == ("invalidData", ASSET)
        client.emit("cancelPendingOrder", {"ticket": 5})
        assert client.until("failcancelPendingOrder") == {"error": "invalidData", "ticket": 5}


@pytest.mark.parametrize(
    ("fault", "fields", "answers", "kept"),
    [
        ("lost_before", {}, [], False),
        ("lost_after", {}, ["successupdatePending"], True),
        (
            "doubled",
            {},
            ["successopenPendingOrder", "successopenPendingOrder", "successupdatePending"],
            True,
        ),
        ("delayed", {"seconds": 0.2}, ["successupdatePending", "successopenPendingOrder"], True),
        ("refused", {"error": "NO"}, ["failopenPendingOrder"], False),
    ],
)
def test_an_order_fault_strikes_a_pending_order_too(
    exchange: PracticeExchange, fault: str, fields: dict[str, Any], answers: list[str], kept: bool
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        exchange.disturb_orders(fault, **fields)
        client.emit("openPendingOrder", pending())
        assert [client.event()[0] for _ in answers] == answers
        client.emit("openPendingOrder", pending())
        client.until("successopenPendingOrder")
        assert len(client.until("successupdatePending")) == 1 + kept
