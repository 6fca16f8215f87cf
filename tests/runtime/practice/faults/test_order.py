"""Acknowledgements that are lost, late, doubled or another client's, at the client and in the ledger."""

import time
from typing import Any

import pytest
import websocket

from actors.errors import RequestRefused
from runtime.practice import PracticeExchange
from tests.doubles.exchange_client import DEADLINE, Client
from tests.doubles.exchange_trader import ASSET, REQUEST, order, place, refused

LONG = 60


def assert_cut_off(client: Client) -> None:
    with pytest.raises((websocket.WebSocketConnectionClosedException, ConnectionResetError)):
        client.until("the end")


def test_an_order_lost_before_its_execution_leaves_no_deal(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("lost_before")
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openOrder", order(time=LONG))
        assert client.fence() == []
        place(client, requestId="next", time=LONG)
    assert [received.request_id for received in exchange.ledger.orders()] == [REQUEST, "next"]
    assert [executed.request_id for executed in exchange.ledger.deals()] == ["next"]


def test_an_order_lost_after_its_execution_shows_in_the_open_deals_alone(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("lost_after")
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openOrder", order(time=LONG))
        assert client.event() == ("successupdateBalance", {"isDemo": 1, "balance": 9995})
        name, [listed] = client.event()
        assert client.fence() == []
    deal = exchange.ledger.deal_for(REQUEST)
    assert deal is not None
    assert (name, listed["id"]) == ("updateOpenedDeals", deal.id)


@pytest.mark.parametrize(("kind", "executed"), [("lost_before", 0), ("lost_after", 1)])
def test_with_its_acknowledgement_a_socket_may_be_lost_too(
    exchange: PracticeExchange, kind: str, executed: int
) -> None:
    exchange.disturb_orders(kind, drop=True)
    with Client(exchange.regions[0].url) as here, Client(exchange.regions[1].url) as there:
        here.login(exchange.session)
        there.login(exchange.session)
        here.emit("openOrder", order(time=LONG))
        assert_cut_off(here)
        assert len(exchange.ledger.deals()) == executed
        there.emit("updateOpenedDeals")
        assert len(there.until("updateOpenedDeals")) == executed
    assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].closed_because != "", DEADLINE)
    assert exchange.ledger.sockets()[0].closed_because == "cut off"


def test_an_order_behind_the_one_that_cut_its_socket_off_is_not_processed(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("lost_before", drop=True)
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for number in range(2):
            client.emit("openOrder", order(requestId=number, time=LONG))
        assert_cut_off(client)
    assert [received.request_id for received in exchange.ledger.orders()] == [0]


def test_a_delayed_acknowledgement_comes_after_the_lists(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("delayed", seconds=0.2)
    with Client(exchange.regions[0].url) as client:
        began = time.monotonic()
        client.login(exchange.session).emit("openOrder", order(time=LONG))
        names = [client.event()[0] for _ in range(3)]
    assert names == ["successupdateBalance", "updateOpenedDeals", "successopenOrder"]
    assert time.monotonic() - began >= 0.2


def test_a_doubled_acknowledgement_is_of_one_deal(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("doubled")
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openOrder", order(time=LONG))
        first, second = client.event(), client.event()
    assert first == second
    assert first[0] == "successopenOrder"
    assert len(exchange.ledger.deals()) == 1


def test_the_success_of_another_client_comes_before_our_own(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("stranger")
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit("openOrder", order(time=LONG))
        strangers, ours = client.until("successopenOrder"), client.until("successopenOrder")
    assert strangers["requestId"] != REQUEST
    assert strangers["id"] != ours["id"]
    assert ours["requestId"] == REQUEST
    assert [strangers[key] for key in ("asset", "amount")] == [ours[key] for key in ("asset", "amount")]
    assert [executed.deal.id for executed in exchange.ledger.deals()] == [strangers["id"], ours["id"]]
    assert len(exchange.ledger.orders()) == 1


def test_every_order_is_refused_until_it_is_called_off(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("refused", count=None, error="OutOfService")
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        for _ in range(3):
            failure = refused(client, time=LONG)
            assert failure == {"error": "OutOfService", "amount": 5, "asset": ASSET}
        exchange.calm()
        place(client, time=LONG)


def test_faults_strike_as_many_orders_as_their_counts_say_in_turn(exchange: PracticeExchange) -> None:
    exchange.disturb_orders("refused", count=2, error="A")
    exchange.disturb_orders("refused", error="B")
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
        assert [refused(client, time=LONG)["error"] for _ in range(3)] == ["A", "A", "B"]
        place(client, time=LONG)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("vanished", {}),
        ("delayed", {}),
        ("delayed", {"seconds": -1}),
        ("doubled", {"drop": True}),
        ("refused", {"error": 5}),
    ],
)
def test_an_impossible_fault_is_refused(
    exchange: PracticeExchange, kind: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(RequestRefused, match=kind):
        exchange.disturb_orders(kind, **parameters)
    with pytest.raises(RequestRefused):
        exchange.disturb_orders("doubled", count=0)
