import json
from decimal import Decimal

import pytest

from actors.errors import AuthRejected, LocalProtocolError, ProtocolError, TellwireError, TransportClosed
from actors.messages import (
    AssetsListed,
    BalanceChanged,
    ConnectionUp,
    RawMessage,
    SendRaw,
    StreamReport,
    SubscribeTicks,
)
from actors.messages.events import DealsClosed, DealsOpen
from actors.messages.traffic import Item, Response
from actors.values import AccountKind, Balance, Tick
from actors.venues.pocketoption.protocol import Message
from actors.venues.pocketoption.states import TRANSITIONS, SessionInput, SessionState
from tests.doubles.tick_columns import columns
from tests.doubles.venue_dialogue import (
    ASSETS,
    AUTH,
    CANDLES,
    CONFIRMED,
    EURUSD_OTC,
    HISTORY,
    LIVE_AUTH,
    NOW,
    OPEN,
    SUCCESS,
    TOKEN,
    authenticating,
    event,
    opening,
    ready,
    receive,
    request,
    said,
    texts,
)


@pytest.mark.parametrize(("auth", "told"), [(AUTH, "1"), (LIVE_AUTH, "2")])
def test_a_balance_is_that_of_the_account_of_the_session(auth: str, told: str) -> None:
    session = ready(auth=auth)
    both = b'{"isDemo":1,"balance":1}', b'{"isDemo":0,"balance":2}'
    items = [item for body in both for item in receive(session, event("successupdateBalance", body))]
    assert [item.balance.amount for item in items if isinstance(item, BalanceChanged)] == [Decimal(told)]


def test_a_complete_session() -> None:
    session = opening()
    steps: list[tuple[list[Message], list[Item], list[str]]] = [
        (said(OPEN), [], ["40"]),
        (said('40{"sid":"kP9"}'), [], [AUTH]),
        (event("successauth", b'{"id":"kP9"}'), [ConnectionUp("c1", 3, "EUROPA")], ['42["ps"]']),
        (event("updateAssets", ASSETS), [AssetsListed([EURUSD_OTC])], []),
        (
            event("successupdateBalance", b'{"isDemo":1,"balance":49812.37}'),
            [BalanceChanged(Balance(AccountKind.DEMO, Decimal("49812.37")))],
            [],
        ),
        (event("updateOpenedDeals", b"[]"), [DealsOpen("c1", 3, [])], []),
        (event("updateClosedDeals", b"[]"), [DealsClosed("c1", 3, [], listed=True)], []),
    ]
    for messages, items, sent in steps:
        assert receive(session, messages) == items
        assert texts(session) == sent
    assert session.send([request(8, SubscribeTicks(asset="EURUSD_otc", period=60))], NOW) == []
    assert texts(session) == [
        '42["changeSymbol",{"asset":"EURUSD_otc","period":60}]',
        '42["subfor","EURUSD_otc"]',
    ]
    assert receive(session, event("updateHistoryNewFast", HISTORY)) == [
        CANDLES,
        CONFIRMED,
        Response(8, CONFIRMED),
    ]
    assert receive(session, event("updateStream", b'[["EURUSD_otc",1770856131.3,1.19537]]')) == [
        columns(Tick("EURUSD_otc", 1770848931.3, 1.19537, NOW))
    ]
    assert receive(session, said("2")) == []
    assert texts(session) == ["3"]
    assert session.stream_reports() == {
        "EURUSD_otc": StreamReport(1, 1770848931.3, 1770848931.3, 1.19537, NOW, 1770848931.3)
    }
    assert (session.state, session.garbage, session.failure) == (SessionState.READY, 0, None)
    session.leave()
    assert texts(session) == ["41"]
    assert (session.state, session.failure) == (SessionState.CLOSED, None)
    assert receive(session, said("2")) == []


def test_all_of_it_in_one_read_is_the_same() -> None:
    session = opening()
    items = receive(
        session, [*said(OPEN, "40"), *event("updateAssets", ASSETS), *said('42["successauth",{}]', "2")]
    )
    assert items == [AssetsListed([EURUSD_OTC]), ConnectionUp("c1", 3, "EUROPA")]
    assert texts(session) == ["40", AUTH, '42["ps"]', "3"]


def test_the_venue_names_how_long_it_may_be_silent() -> None:
    session = opening()
    assert session.silence_limit is None
    receive(session, said(OPEN))
    assert session.silence_limit == 45.0


# The way to consent


@pytest.mark.parametrize(
    "text", [SUCCESS, '42["successauth",{"id":"k"}]', '42["successauth"]', '451-["successauth",{}]']
)
def test_the_header_alone_is_the_venues_consent(text: str) -> None:
    session = authenticating()
    assert receive(session, said(text)) == [ConnectionUp("c1", 3, "EUROPA")]
    assert texts(session) == ['42["ps"]']


def test_consent_said_twice_is_one_consent() -> None:
    session = ready()
    assert receive(session, event("successauth", b'{"serverName":"x"}')) == []
    assert texts(session) == []
    assert session.garbage == 0


def test_a_consent_whose_attachment_never_comes_still_counts() -> None:
    session = authenticating()
    items = receive(session, said(SUCCESS, '42["updateTime",1770856131]'))
    assert items == [ConnectionUp("c1", 3, "EUROPA"), RawMessage("updateTime", "1770856131")]
    assert session.garbage == 1


@pytest.mark.parametrize(
    "messages",
    [
        said('42["NotAuthorized"]', "41"),
        said('42["NotAuthorized",{}]'),
        said("41"),
        event("NotAuthorized", b"{}"),
    ],
)
def test_a_refused_session_is_refused_for_good(messages: list[Message]) -> None:
    session = authenticating()
    assert receive(session, messages) == []
    assert isinstance(session.failure, AuthRejected)
    assert session.state is SessionState.CLOSED
    assert texts(session) == []
    assert receive(session, said(SUCCESS, b"{}")) == []


def test_a_session_may_be_refused_even_later() -> None:
    session = ready()
    receive(session, said('42["NotAuthorized"]'))
    assert isinstance(session.failure, AuthRejected)


@pytest.mark.parametrize("text", ["41", "1"])
def test_what_came_before_the_end_is_not_lost_and_what_comes_after_is(text: str) -> None:
    session = ready()
    items = receive(
        session, [*event("updateAssets", ASSETS), *said(text, "2"), *event("updateAssets", ASSETS)]
    )
    assert items == [AssetsListed([EURUSD_OTC])]
    assert (texts(session), session.garbage) == ([], 0)
    assert isinstance(session.failure, TransportClosed)
    assert session.failure.code == 1005


# Our own steps


def test_requests_need_a_ready_session_and_the_error_names_both() -> None:
    for session, state in ((opening(), "opening"), (authenticating(), "authenticating")):
        with pytest.raises(LocalProtocolError, match=f"a request while the session is {state}"):
            session.send([request(1, SendRaw(text="42[]"))], NOW)
    session = ready()
    session.leave()
    with pytest.raises(LocalProtocolError, match="closed"):
        session.send([], NOW)


def test_the_sign_of_life_is_given_only_by_the_ready() -> None:
    for session, expected in ((opening(), []), (authenticating(), []), (ready(), ['42["ps"]'])):
        session.keep_alive()
        assert texts(session) == expected


def test_leaving_is_polite_where_there_is_something_to_leave() -> None:
    for session, expected in ((opening(), []), (authenticating(), ["41"]), (ready(), ["41"])):
        session.leave()
        session.leave()
        assert texts(session) == expected


def test_what_was_queued_leaves_before_the_farewell() -> None:
    session = ready()
    session.send([request(1, SendRaw(text="42[]"))], NOW)
    session.leave()
    assert texts(session) == ["42[]", "41"]


def test_no_step_leads_out_of_the_closed_state() -> None:
    assert not any(state is SessionState.CLOSED for state, _ in TRANSITIONS)
    assert {step for _, step in TRANSITIONS} == set(SessionInput)


def test_the_session_string_is_never_shown() -> None:
    session = authenticating()
    echo = said(AUTH, "44" + AUTH, f'44{{"message":{json.dumps(AUTH)}}}', f'42["NotAuthorized","{TOKEN}"]')
    shown = [repr(session), str(session)]
    receive(session, echo)
    assert isinstance(session.failure, TellwireError)
    shown += [repr(session.failure), str(session.failure), repr(session)]
    try:
        session.send([], NOW)
    except ProtocolError as error:
        shown.append(repr(error))
    assert len(shown) == 6
    assert not any(TOKEN in text for text in shown)
