"""Which states an order may pass through."""

from decimal import Decimal

import pytest

from actors.errors import LocalProtocolError
from actors.orders.order import GIVEN_UP, IN_FLIGHT, SETTLED, TRANSITIONS, UNFINISHED, Order, OrderState
from actors.values import AccountKind, Direction
from tests.doubles.trading_samples import BET, deal_of

STATES = list(OrderState)


def order(state: OrderState = OrderState.CREATED) -> Order:
    return Order("o1", "EURUSD_otc", Decimal(1), Direction.CALL, 60, AccountKind.DEMO, 0.0, state)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("following", STATES)
def test_only_the_transitions_of_the_table_are_possible(state: OrderState, following: OrderState) -> None:
    if following in TRANSITIONS[state]:
        assert order(state).become(following).state is following
    else:
        with pytest.raises(LocalProtocolError, match=f"is {state.value}, .* become {following.value}"):
            order(state).become(following)


def test_nothing_is_sent_that_is_not_journaled() -> None:
    assert TRANSITIONS[OrderState.CREATED] == {OrderState.JOURNALED}


def test_an_unknown_order_never_goes_back_to_where_it_could_be_sent() -> None:
    assert not TRANSITIONS[OrderState.UNKNOWN] & {OrderState.CREATED, OrderState.JOURNALED}


def test_every_state_but_the_first_is_in_flight_or_given_up_or_settled() -> None:
    assert set(STATES) - {OrderState.CREATED} == IN_FLIGHT | GIVEN_UP | SETTLED
    assert not IN_FLIGHT & (GIVEN_UP | SETTLED)
    assert IN_FLIGHT <= UNFINISHED


def test_a_transition_keeps_the_deal_and_the_reason_unless_it_brings_new_ones() -> None:
    deal = deal_of(BET)
    unknown = order(OrderState.JOURNALED).become(OrderState.UNKNOWN, reason="reset")
    opened = unknown.become(OrderState.OPEN, deal=deal)
    assert (opened.deal, opened.reason) == (deal, "reset")
    assert opened.become(OrderState.CLOSED).deal == deal
