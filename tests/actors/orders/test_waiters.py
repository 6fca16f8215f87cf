"""Which caller is answered with what."""

from actors.errors import NotPlaced, OrderUnknown, RequestRefused
from actors.messages.events import (
    OrderInDoubt,
    OrderNotPlaced,
    OrderOpened,
    OrderOrphan,
    OrderRefused,
    OrderSettled,
)
from actors.orders.waiters import OrderWaiters
from tests.doubles.trading_samples import BET, ONE, deal_of

LATE = 1030.0
UNKNOWN = OrderUnknown("no answer", "o1")


def one_waiter() -> OrderWaiters:
    """Waiter 7 waits for order o1."""
    waiters = OrderWaiters()
    waiters.add("o1", 7, LATE)
    return waiters


def test_an_opened_order_answers_its_waiter_with_the_deal_and_only_once() -> None:
    waiters = one_waiter()
    opened = OrderOpened("o1", deal_of(BET))
    assert waiters.has("o1", 7)
    assert waiters.apply([opened]) == [(7, opened.deal)]
    assert not waiters.has("o1", 7)
    assert waiters.apply([opened]) == []


def test_only_the_order_of_the_event_is_answered() -> None:
    waiters = OrderWaiters()
    waiters.add("o1", 1, LATE)
    waiters.add("o2", 2, LATE)
    deal = deal_of(BET)
    assert waiters.apply([OrderOpened("o2", deal)]) == [(2, deal)]
    assert waiters.apply([OrderOpened("another's", deal), OrderOrphan(deal)]) == []


def test_a_refused_order_raises_the_venues_own_reason() -> None:
    [(waiter, error)] = one_waiter().apply([OrderRefused("o1", BET.asset, ONE, "notMoney")])
    assert (waiter, type(error)) == (7, RequestRefused)
    assert "notMoney" in str(error)


def test_an_order_that_came_to_nothing_is_safe_to_repeat() -> None:
    [(waiter, error)] = one_waiter().apply([OrderNotPlaced("o1", BET.asset, ONE)])
    assert (waiter, type(error)) == (7, NotPlaced)


def test_doubt_about_an_order_answers_no_waiter() -> None:
    assert one_waiter().apply([OrderInDoubt("o1", BET.asset, ONE, "reset")]) == []


def test_a_waiter_that_was_answered_is_not_answered_by_later_events() -> None:
    waiters = one_waiter()
    assert waiters.answer("o1", UNKNOWN) == [(7, UNKNOWN)]
    assert waiters.answer("o1", UNKNOWN) == []
    assert waiters.apply([OrderOpened("o1", deal_of(BET))]) == []


def test_at_the_stop_every_waiter_gets_an_error_once() -> None:
    waiters = one_waiter()
    [(order, unknown)] = waiters.unanswered()
    assert isinstance(unknown, OrderUnknown)
    assert (order, unknown.order) == (7, "o1")
    assert waiters.unanswered() == []
    assert waiters.apply([OrderOpened("o1", deal_of(BET))]) == []


def test_its_repr_counts_the_waiters() -> None:
    assert repr(one_waiter()) == "<OrderWaiters: 1 for 1 orders>"


def test_a_settled_order_answers_its_waiter_with_what_the_person_said() -> None:
    [(_, nothing)] = one_waiter().apply([OrderSettled("o1", BET.asset, ONE, False, "not on the page")])
    assert isinstance(nothing, NotPlaced)
    [(_, unknown)] = one_waiter().apply([OrderSettled("o1", BET.asset, ONE, True, "on the page")])
    assert isinstance(unknown, OrderUnknown)
    assert unknown.order == "o1"
