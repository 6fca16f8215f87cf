"""The turns of the asks for one order."""

import math

from actors.messages import Direction, PlaceOrder
from actors.messages.owners import Owner
from runtime.control.order_turns import Asking, OrderTurns
from runtime.control.protocol import Ask

ORDER = PlaceOrder("EURUSD_otc", 1, Direction.CALL, 60)


def asking(number: int, order: str = "mine") -> Asking:
    asked = Ask(number, ORDER, None, order)
    return Asking("asker", f"{number}-0", asked, ORDER, number, math.inf, Owner("asker"), 0.0)


def test_the_second_ask_for_an_order_waits_for_the_end_of_the_first() -> None:
    turns = OrderTurns()
    assert turns.add(asking(1))
    assert turns.add(asking(2, "other"))
    assert turns.add(asking(3, ""))
    assert not turns.add(asking(4))
    following = turns.end("mine")
    assert following is not None
    assert following.number == 4
    assert turns.end("mine") is None
    assert turns.add(asking(5))


def test_one_that_is_given_up_while_it_waits_comes_too_late_to_be_sent() -> None:
    turns = OrderTurns()
    turns.add(asking(1))
    turns.add(asking(2))
    assert not turns.give_up(1, 7.0)
    assert turns.give_up(2, 7.0)
    following = turns.end("mine")
    assert following is not None
    assert following.waits_until == 7.0
