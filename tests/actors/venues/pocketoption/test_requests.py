"""Orders and their answers, on one connection whose session stands."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from actors.errors import LocalProtocolError, RequestRefused
from actors.messages import (
    CancelPendingOrder,
    Direction,
    PlaceOrder,
    SendRaw,
)
from actors.messages.commands import PlacePendingOrder, TradingCommand
from actors.messages.events import DealAccepted, DealRefused, PendingAnswered
from actors.messages.traffic import Failure, Item, Response
from actors.values import Life
from actors.venues.pocketoption.outstanding import ANSWERED_WITHIN, MAX_UNANSWERED
from actors.venues.pocketoption.protocol import Message, Protocol
from tests.doubles.venue_dialogue import (
    AUTH,
    LIVE_AUTH,
    NOW,
    authenticating,
    event,
    opening,
    ready,
    receive,
    request,
    said,
    texts,
)
from tests.doubles.venue_payloads import (
    ACCEPTED,
    ACCEPTED_DEAL,
)

LIFE = Life("c1", 3)


def order(asset: str = "EURUSD_otc", amount: Any = 1) -> PlaceOrder:
    return PlaceOrder(asset=asset, amount=amount, direction=Direction.CALL, duration=60)


LATER = PlacePendingOrder(
    asset="EURUSD_otc", amount=Decimal(1), direction=Direction.CALL, duration=60, open_at=NOW + 60
)


def placed(*orders: tuple[str, str], stakes: Sequence[Any] = ()) -> Protocol:
    """Orders by id and asset, sent and unanswered."""
    session = ready()
    sent = zip(orders, [*stakes, *[1] * (len(orders) - len(stakes))], strict=True)
    session.send([request(0, order(asset, stake), id) for (id, asset), stake in sent], NOW)
    session.texts_to_send()
    return session


def accepted(id: str) -> list[Message]:
    return event("successopenOrder", ACCEPTED.replace(b"18396039", b'"%s"' % id.encode()))


def refused(asset: str, error: str = "MaxDemoTrades", amount: object = 10) -> list[Message]:
    return event("failopenOrder", f'{{"error":"{error}","amount":{amount},"asset":"{asset}"}}'.encode())


def refusal(id: str, asset: str, reason: str = "MaxDemoTrades") -> list[Item]:
    return [DealRefused("c1", id, asset, reason)]


# Orders


@pytest.mark.parametrize(("auth", "flag"), [(AUTH, 1), (LIVE_AUTH, 0)])
def test_an_order_goes_to_the_book_of_its_session_and_waits_for_the_venue(auth: str, flag: int) -> None:
    session = ready(auth=auth)
    assert session.send([request(4, order(amount="1.50"), "4c1e")], NOW) == []
    (text,) = texts(session)
    assert text == (
        f'42["openOrder",{{"asset":"EURUSD_otc","amount":1.5,"action":"call","isDemo":{flag},'
        '"requestId":"4c1e","optionType":100,"time":60}]'
    )


def test_orders_that_leave_together_leave_in_order() -> None:
    session = ready()
    session.send([request(0, order(), f"o{number}") for number in range(3)], NOW)
    assert [json.loads(text[2:])[1]["requestId"] for text in texts(session)] == ["o0", "o1", "o2"]


@pytest.mark.parametrize("session", [opening(), authenticating()])
def test_an_order_before_the_session_stands_is_surely_not_sent(session: Protocol) -> None:
    with pytest.raises(LocalProtocolError):
        session.send([request(4, order(), "4c1e")], NOW)
    assert not any("openOrder" in text for text in texts(session))


def test_an_order_after_the_session_ended_is_surely_not_sent() -> None:
    session = ready()
    receive(session, said("41"))
    with pytest.raises(LocalProtocolError):
        session.send([request(4, order(), "4c1e")], NOW)
    assert texts(session) == []


UNSPEAKABLE: list[tuple[TradingCommand, str]] = [
    (order("\ud800"), "4c1e"),
    (order(), "\ud800"),
    (order(), ""),
    (order(amount=0), "4c1e"),
    (structs.replace(LATER, asset="\ud800"), ""),
    (structs.replace(LATER, open_price=1.0), ""),
    (CancelPendingOrder(ticket="\ud800"), ""),
]


@pytest.mark.parametrize(("command", "id"), UNSPEAKABLE)
def test_an_order_that_cannot_be_said_is_not_sent_and_the_rest_is(command: Any, id: str) -> None:
    session = ready()
    failure, done = session.send([request(1, command, id), request(2, SendRaw(text="42[]"))], NOW)
    assert isinstance(failure, Failure)
    assert (failure.request, type(failure.exception), done) == (1, RequestRefused, Response(2, LIFE))
    assert texts(session) == ["42[]"]
    assert receive(session, refused("EURUSD_otc")) == refusal("", "EURUSD_otc")


# Their answers


def test_an_order_accepted_is_named_by_its_id() -> None:
    session = placed(("o1", "#CSCO_otc"))
    assert receive(session, accepted("o1")) == [DealAccepted("c1", "o1", ACCEPTED_DEAL)]
    assert receive(session, refused("#CSCO_otc")) == refusal("", "#CSCO_otc")


def test_a_deal_that_another_client_opened_answers_no_order_of_ours() -> None:
    session = placed(("o1", "#CSCO_otc"))
    assert receive(session, event("successopenOrder", ACCEPTED)) == [
        DealAccepted("c1", "18396039", ACCEPTED_DEAL)
    ]
    assert receive(session, refused("#CSCO_otc")) == refusal("o1", "#CSCO_otc")


def test_a_refusal_with_its_stake_is_that_orders_however_often_it_comes() -> None:
    session = placed(("o1", "A"), stakes=(1,))
    twice = [*refused("A", "x", amount="1.00")] * 2
    assert receive(session, twice) == [*refusal("o1", "A", "x"), *refusal("", "A", "x")]
    session.send([request(0, order("A", 2), "o2")], NOW)
    assert receive(session, refused("A", "x", amount=1)) == refusal("", "A", "x")
    assert receive(session, refused("A", "y", amount=2)) == refusal("o2", "A", "y")


@pytest.mark.parametrize("reason", ["AmountLimit", "x"])
@pytest.mark.parametrize("answered", [0, 1])
def test_an_amount_that_is_one_orders_stake_may_be_the_limit_that_another_one_broke(
    reason: str, answered: int
) -> None:
    session = placed(("o1", "A"), ("o2", "A"), stakes=(10, 20))
    assert receive(session, refused("A", reason, amount=10)) == []
    orders = ["o1", "o2"]
    assert receive(session, accepted(orders.pop(answered)))[1:] == refusal(orders[0], "A", reason)


def test_orders_whose_stakes_are_all_refused_are_refused() -> None:
    session = placed(("o1", "A"), ("o2", "A"), ("o3", "A"), stakes=(1, 2, 3))
    assert receive(session, [*refused("A", "x", amount=1)] * 2) == []
    assert receive(session, refused("A", "z", amount=3)) == []
    assert receive(session, refused("A", "y", amount=2)) == [
        *refusal("o1", "A", "x"),
        *refusal("o2", "A", "y"),
        *refusal("o3", "A", "z"),
    ]
    session.send([request(0, order("A", 4), "o4")], NOW)
    assert receive(session, accepted("o4"))[1:] == []


def test_the_end_of_a_thousand_kept_refusals_does_not_end_the_session() -> None:
    session = placed(("o1", "A"), ("o2", "A"), stakes=(1, 2))
    for amount in range(10, 10 + MAX_UNANSWERED):
        assert receive(session, refused("A", "x", amount=amount)) == []
    assert receive(session, accepted("o1"))[1:] == refusal("o2", "A", "x")


def test_one_refusal_refuses_one_of_two_orders_of_a_stake_at_most() -> None:
    session = placed(("o1", "A"), ("o2", "A"), stakes=(1, 1))
    assert receive(session, refused("A", "x", amount=1)) == []
    assert receive(session, accepted("o1"))[1:] == refusal("o2", "A", "x")


def test_an_order_that_is_never_answered_does_not_hold_up_the_refusals_of_later_ones_for_ever() -> None:
    session = placed(("o1", "A"), stakes=(5,))
    session.send([request(0, order("A", 1), "o2")], NOW + ANSWERED_WITHIN + 1)
    assert receive(session, refused("A", "x", amount=1)) == refusal("o2", "A", "x")


@pytest.mark.parametrize("amount", [10, 1])
def test_a_refusal_is_no_answer_to_an_order_that_left_after_it(amount: int) -> None:
    session = placed(("o1", "A"), ("o2", "A"), stakes=(1, 2))
    assert receive(session, refused("A", "x", amount)) == []
    session.send([request(0, order("A", 3), "o3")], NOW)
    assert receive(session, accepted("o1"))[1:] == refusal("o2", "A", "x")
    session.send([request(0, order("A", 4), "o4")], NOW)
    assert receive(session, refused("A", "x", amount)) == []
    assert receive(session, accepted("o4"))[1:] == refusal("o3", "A", "x")


def test_a_refused_stake_may_be_refused_again_in_a_new_order() -> None:
    session = placed(("o1", "A"))
    assert receive(session, refused("A", "x", amount=1)) == refusal("o1", "A", "x")
    session.send([request(0, order("A", 1), "o3"), request(0, order("A", 2), "o4")], NOW)
    assert receive(session, refused("A", "x", amount=1)) == []
    assert receive(session, accepted("o4"))[1:] == refusal("o3", "A", "x")


@pytest.mark.parametrize("amount", [10, "null", '"much"', "[]", "1e999"])
def test_refusals_that_fit_several_orders_are_not_counted(amount: object) -> None:
    """The second may be the first once more."""
    session = placed(("o1", "A"), ("o2", "A"), ("o3", "A"))
    assert receive(session, [*refused("A", "x", amount)] * 3) == []
    assert receive(session, accepted("o2"))[1:] == []
    assert receive(session, accepted("o1"))[1:] == refusal("o3", "A", "x")
    assert receive(session, refused("A", "x", amount)) == refusal("", "A", "x")


def test_the_amount_of_a_refusal_that_names_a_limit_is_not_taken_for_a_stake() -> None:
    session = placed(("o1", "A"), ("o2", "A"), stakes=(10, 2))
    assert receive(session, refused("A", amount=10)) == []
    assert receive(session, accepted("o1"))[1:] == refusal("o2", "A")


def test_orders_for_different_assets_do_not_disturb_one_another() -> None:
    session = placed(("o1", "A"), ("o2", "B"), ("o3", "A"), ("o4", "B"))
    assert receive(session, refused("B")) == []
    assert receive(session, refused("A")) == []
    assert receive(session, accepted("o3"))[1:] == refusal("o1", "A")
    assert receive(session, refused("A")) == refusal("", "A")
    assert receive(session, accepted("o2"))[1:] == refusal("o4", "B")
    assert receive(session, refused("C")) == refusal("", "C")


def test_while_two_orders_of_an_asset_are_unanswered_no_refusal_is_anybodys() -> None:
    session = placed(("o1", "A"), ("o2", "A"))
    assert receive(session, refused("A", "x")) == []
    assert receive(session, accepted("o1"))[1:] == refusal("o2", "A", "x")


def test_an_acceptance_of_an_impossible_deal_still_answers_its_order() -> None:
    session = placed(("o1", "A"), ("o2", "A"))
    assert receive(session, event("successopenOrder", b'{"requestId":"o1","id":""}')) == []
    assert session.garbage == 1
    assert receive(session, refused("A")) == refusal("o2", "A")


def test_a_refusal_without_its_asset_is_garbage_and_answers_nobody() -> None:
    session = placed(("o1", "A"))
    assert receive(session, event("failopenOrder", b'{"error":"x"}')) == []
    assert session.garbage == 1
    assert receive(session, refused("A")) == refusal("o1", "A")


def test_orders_that_the_venue_never_answers_fill_no_memory() -> None:
    session = placed(*((f"o{number}", "A") for number in range(MAX_UNANSWERED + 1)))
    assert receive(session, refused("A")) == []  # whose, nobody can tell


# Pending orders


def test_pending_orders_and_their_cancellation_wait_for_the_venue() -> None:
    session = ready()
    assert session.send([request(1, LATER), request(2, CancelPendingOrder(ticket="t1"))], NOW) == []
    placing, cancelling = texts(session)
    assert placing.startswith('42["openPendingOrder",{"openType":0,"amount":1,')
    assert cancelling == '42["cancelPendingOrder",{"ticket":"t1"}]'


@pytest.mark.parametrize(
    ("name", "payload", "answer"),
    [
        (
            "successcancelPendingOrder",
            b'{"ticket":"t2"}',
            PendingAnswered("c1", ticket="t2"),
        ),
        ("successcancelPendingOrder", b"{}", PendingAnswered("c1", ticket="t1")),
        ("failcancelPendingOrder", b'{"error":"x"}', PendingAnswered("c1", ticket="t1", reason="x")),
        (
            "failcancelPendingOrder",
            b'{"error":"x","ticket":"t2"}',
            PendingAnswered("c1", ticket="t2", reason="x"),
        ),
        ("successcancelPendingOrder", b'{"ticket":"foreign"}', PendingAnswered("c1", ticket="foreign")),
    ],
)
def test_an_answer_that_names_no_ticket_is_for_the_oldest(
    name: str, payload: bytes, answer: PendingAnswered
) -> None:
    session = ready()
    session.send([request(0, CancelPendingOrder(ticket=ticket)) for ticket in ("t1", "t2")], NOW)
    assert receive(session, event(name, payload)) == [answer]
    rest = [ticket for ticket in ("t1", "t2") if ticket != answer.ticket]
    for ticket in rest:
        assert receive(session, event("successcancelPendingOrder", b"null")) == [
            PendingAnswered("c1", ticket=ticket)
        ]
    assert session.garbage == 0
    assert receive(session, said('42["successcancelPendingOrder"]')) == []
    assert session.garbage == 1
