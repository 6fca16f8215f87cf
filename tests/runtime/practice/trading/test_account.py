"""Logins that are accepted or refused, and the pushes that follow."""

import json

import pytest

from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.exchange_client import CLOSED, DEADLINE, Client
from tests.doubles.exchange_trader import place

PUSHES = [
    "successauth",
    "updateAssets",
    "successupdateBalance",
    "updateOpenedDeals",
    "updateClosedDeals",
    "successupdatePending",
    "updateCharts",
]


def auth(exchange: PracticeExchange, **changes: object) -> str:
    """The exchange's own auth frame with some of its fields replaced."""
    name, payload = json.loads(exchange.session[2:])
    return "42" + json.dumps([name, payload | changes])


def assert_refused(client: Client) -> None:
    assert [client.frame() for _ in range(3)] == ['42["NotAuthorized"]', "41", CLOSED]


def test_the_session_is_an_auth_frame_of_the_demo_kind(exchange: PracticeExchange) -> None:
    assert exchange.session.startswith('42["auth",{"session":"')
    payload = json.loads(exchange.session[2:])[1]
    assert len(payload.pop("session")) == 26
    assert payload.pop("uid") >= 10_000_000
    assert payload == {"isDemo": 1, "platform": 2, "isFastHistory": True, "isOptimized": True}


def test_a_login_brings_all_pushes_each_followed_by_its_payload(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(exchange.session)
        events = [client.event() for _ in PUSHES]
    assert [name for name, _ in events] == PUSHES
    payloads = dict(events)
    assert list(payloads["successauth"]) == ["id"]
    assert len(payloads["updateAssets"]) == 183
    assert payloads["updateAssets"][0][:2] == [5, "#AAPL"]
    assert payloads["successupdateBalance"] == {"isDemo": 1, "balance": 10000.0}
    assert all(payloads[name] == [] for name in PUSHES[3:])


def test_a_login_is_in_the_ledger_without_its_session(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session)
    [event] = exchange.ledger.received("auth")
    assert isinstance(event.payload, dict)
    assert event.payload["session"] == "***"
    assert exchange.ledger.sockets()[0].authenticated


def test_a_live_login_is_told_the_servers_name(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(auth(exchange, isDemo=0))
        assert client.until("successauth")["serverName"] == "PRACTICE-1"
        assert client.until("successupdateBalance")["isDemo"] == 0


def test_an_account_number_may_be_a_string(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(auth(exchange, uid="10000001"))
        client.until("successauth")


@pytest.mark.parametrize(
    "changes", [{"session": "a" * 26}, {"session": 5}, {"isDemo": 2}, {"uid": "me"}, {"platform": None}]
)
def test_another_session_or_a_malformed_one_is_refused(
    exchange: PracticeExchange, changes: dict[str, object]
) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(auth(exchange, **changes))
        assert_refused(client)


def test_the_session_of_another_exchange_is_refused(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().socket.send(PracticeExchange().session)
        assert_refused(client)


def test_every_login_is_refused_while_a_fault_says_so(exchange: PracticeExchange) -> None:
    url = exchange.regions[0].url
    exchange.fault("refuse_sessions")
    with Client(url) as client:
        client.connect().socket.send(exchange.session)
        assert_refused(client)
    exchange.calm("refuse_sessions")
    with Client(url) as client:
        client.login(exchange.session)


def test_before_the_login_nothing_else_is_answered(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.connect().emit("getBalance")
        client.socket.send(exchange.session)
        assert client.event()[0] == "successauth"


def test_a_second_login_on_a_socket_is_ignored(exchange: PracticeExchange) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).socket.send(exchange.session)
        assert client.fence() == []


@pytest.mark.parametrize("name", ["getBalance", "updateBalance"])
def test_the_balance_is_sent_again_when_asked_for(exchange: PracticeExchange, name: str) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit(name)
        assert client.event() == ("successupdateBalance", {"isDemo": 1, "balance": 10000.0})
    assert exchange.ledger.wait_until(lambda ledger: ledger.count(name) == 1, DEADLINE)


@pytest.mark.parametrize("name", ["favorite/load", "indicator/load", "price-alert/load"])
def test_what_a_browser_loads_after_a_login_is_answered(exchange: PracticeExchange, name: str) -> None:
    with Client(exchange.regions[0].url) as client:
        client.login(exchange.session).emit(name)
        assert client.until(f"success{name}")["list"] == []


def test_each_account_has_its_own_session_balance_and_deals() -> None:
    with PracticeExchange(PracticeSettings(accounts=2)) as several:
        url = several.regions[0].url
        with Client(url) as one, Client(url) as other:
            one.login(several.sessions[0])
            other.login(several.sessions[1])
            accepted = place(one, time=60)
            assert other.fence() == []
            one.emit("getBalance")
            assert one.until("successupdateBalance")["balance"] == 9995.0
        (order,) = several.ledger.orders()
        assert order.uid == accepted["uid"]
        assert [each.id for each in several.ledger.sockets() if each.uid == order.uid] == [order.socket]
