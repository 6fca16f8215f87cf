"""What became of orders: each is counted once, and what is not known is called so."""

import pytest
from msgspec import structs

from actors.orders.order import Order, OrderState, PendingTerms
from runtime.report.outcomes import OrderFate, count_fates, count_reasons, fate_of, followed
from tests.doubles.reported_orders import closed

RESULT = closed("1", "0.92")
PENDING = structs.replace(RESULT, deal=None, pending=PendingTerms(60, open_at=1.0))


def state(state: OrderState, reason: str = "", id: str = "1") -> Order:
    return structs.replace(RESULT, id=id, state=state, deal=None, reason=reason)


@pytest.mark.parametrize("each", OrderState)
def test_every_state_has_a_fate(each: OrderState) -> None:
    assert fate_of(state(each), running=True) in OrderFate


def test_an_order_under_way_is_in_doubt_once_nobody_works_on_it() -> None:
    order = state(OrderState.JOURNALED)
    assert fate_of(order, running=True) is OrderFate.UNDER_WAY
    assert fate_of(order, running=False) is OrderFate.IN_DOUBT


def test_a_deal_of_an_order_in_doubt_is_no_result() -> None:
    assert fate_of(structs.replace(RESULT, state=OrderState.UNKNOWN), running=True) is OrderFate.IN_DOUBT


def test_closed_is_a_result_only_with_a_profit() -> None:
    assert RESULT.deal is not None
    assert fate_of(RESULT, running=True) is OrderFate.RESULT
    assert fate_of(state(OrderState.CLOSED), running=True) is OrderFate.NO_RESULT
    missed = structs.replace(RESULT, deal=structs.replace(RESULT.deal, profit=None))
    assert fate_of(missed, running=True) is OrderFate.NO_RESULT
    assert fate_of(PENDING, running=True) is OrderFate.PENDING_ENDED


def test_counts_leave_nothing_out() -> None:
    orders = [RESULT, PENDING, state(OrderState.REFUSED), state(OrderState.REFUSED)]
    found = [(each.fate, each.orders) for each in count_fates(orders, 2, running=False)]
    assert found == [
        (OrderFate.RESULT, 1),
        (OrderFate.PENDING_ENDED, 1),
        (OrderFate.REFUSED, 2),
        (OrderFate.RETIRED, 2),
    ]


def test_reasons_are_counted_the_most_frequent_first() -> None:
    orders = [
        state(OrderState.NOT_SENT, "halted"),
        *(state(OrderState.REFUSED, "too small") for _ in range(2)),
        state(OrderState.UNKNOWN, "no answer"),
    ]
    found = [(each.fate, each.reason, each.orders) for each in count_reasons(orders, running=False)]
    assert found == [(OrderFate.REFUSED, "too small", 2), (OrderFate.NOT_SENT, "halted", 1)]


def test_what_was_in_doubt_is_followed_to_its_end() -> None:
    found = structs.replace(RESULT, id="found", reason="no answer by the deadline")
    orders = [
        RESULT,
        found,
        state(OrderState.UNKNOWN, "the connection was lost", "lost"),
        state(OrderState.REFUSED, "too small", "small"),
        state(OrderState.CLOSED, "settled by a person: seen", "seen"),
        structs.replace(PENDING, reason="its cancellation was sent"),
    ]
    rows = [(each.id, each.fate, each.profit) for each in followed(orders, running=False)]
    assert RESULT.deal is not None
    assert rows == [
        ("found", OrderFate.RESULT, RESULT.deal.profit),
        ("lost", OrderFate.IN_DOUBT, None),
        ("seen", OrderFate.NO_RESULT, None),
    ]
