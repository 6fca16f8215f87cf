"""When the words of the venue are awaited."""

import math
from decimal import Decimal

import pytest

from actors.connection.dialogue import Dialogue
from actors.messages.commands import LoadCandles, PlaceOrder, SubscribeTicks
from actors.messages.events import ConnectionUp, DealRefused
from actors.messages.traffic import Item, ReplyTo, Request, Response
from actors.values import Direction

LOAD = Request(7, LoadCandles("A", 60, 1), 10.0)
ORDER = Request(8, PlaceOrder("A", Decimal(1), Direction.CALL, 60), 10.0, order="o1")


@pytest.fixture
def dialogue() -> Dialogue:
    """After the login."""
    dialogue = Dialogue()
    assert dialogue.open
    dialogue.on_items([ConnectionUp("c1", 1, "EU")], 1.0, ready=True)
    assert not dialogue.open
    return dialogue


def test_it_lasts_until_the_login_is_complete() -> None:
    dialogue = Dialogue()
    dialogue.on_items([], 1.0, ready=False)
    assert dialogue.open


@pytest.mark.parametrize(
    ("request_", "answer"), [(LOAD, Response(7)), (ORDER, DealRefused("c1", "o1", "A", "no"))]
)
def test_it_lasts_until_a_request_has_its_answer(dialogue: Dialogue, request_: Request, answer: Item) -> None:
    dialogue.on_sent([request_])
    assert dialogue.open
    dialogue.on_items([], 2.0, ready=True)
    assert dialogue.open
    dialogue.on_items([answer], 2.0, ready=True)
    assert not dialogue.open


def test_it_lasts_until_the_last_of_several_answers(dialogue: Dialogue) -> None:
    dialogue.on_sent([LOAD, ORDER])
    dialogue.on_items([Response(7)], 2.0, ready=True)
    assert dialogue.open


def test_it_ends_at_the_deadline_of_a_request_that_has_no_answer(dialogue: Dialogue) -> None:
    dialogue.on_sent([LOAD])
    dialogue.on_items([], 10.0, ready=True)
    assert not dialogue.open


def test_a_request_whose_answer_nobody_awaits_or_which_has_no_deadline_begins_none(
    dialogue: Dialogue,
) -> None:
    stream = SubscribeTicks("A", 60)
    dialogue.on_sent([Request(0, stream, 10.0, reply_to=ReplyTo.NONE), Request(9, stream, math.inf)])
    assert not dialogue.open


def test_an_answer_that_was_not_awaited_ends_nothing_later(dialogue: Dialogue) -> None:
    dialogue.on_items([Response(1)], 2.0, ready=True)
    dialogue.on_sent([LOAD])
    dialogue.on_items([], 3.0, ready=True)
    assert dialogue.open


def test_it_begins_again_when_the_connection_takes_its_leave(dialogue: Dialogue) -> None:
    dialogue.on_items([], 2.0, ready=False)
    assert dialogue.open
