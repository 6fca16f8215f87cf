"""What a day of orders came to: counted by the venue's day, once per order, whatever follows."""

import decimal
from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st
from msgspec import structs

from actors.orders.day_tally import DAY, DayTally
from actors.orders.order import Order, OrderState, PendingTerms
from actors.values import AccountKind, Direction
from tests.doubles.trading_samples import BET, ONE, deal_of, ended

TODAY = 20_000 * DAY + 3_600.0
"""An hour after midnight."""
YESTERDAY = TODAY - 2 * 3_600


def order(state: OrderState, at: float = TODAY, id: str = "o1", profit: str = "-1") -> Order:
    made = Order(id, BET.asset, ONE, Direction.CALL, 60, AccountKind.DEMO, at, state=state)
    if state is OrderState.OPEN:
        return structs.replace(made, deal=deal_of(BET, id, at))
    if state is OrderState.CLOSED:
        return structs.replace(made, deal=ended(deal_of(BET, id, at), Decimal(profit)))
    return made


def figures(tally: DayTally, now: float = TODAY) -> list[Decimal]:
    """The number of orders and the loss of the day of ``now``."""
    return [Decimal(tally.orders(now)), tally.loss(now)]


def tally_of(orders: Iterable[Order]) -> DayTally:
    tally = DayTally(AccountKind.DEMO)
    tally.take(orders)
    return tally


@pytest.mark.parametrize(
    ("state", "count"),
    [
        (OrderState.JOURNALED, 1),
        (OrderState.UNKNOWN, 1),
        (OrderState.OPEN, 1),
        (OrderState.CLOSED, 1),
        (OrderState.NOT_SENT, 0),
        (OrderState.REFUSED, 0),
        (OrderState.NOT_PLACED, 0),
    ],
)
def test_an_order_counts_while_a_deal_may_come_of_it_or_has_come(state: OrderState, count: int) -> None:
    assert tally_of([order(state)]).orders(TODAY) == count


def test_an_order_counts_once_whatever_becomes_of_it() -> None:
    tally = tally_of([])
    for state in (OrderState.JOURNALED, OrderState.UNKNOWN, OrderState.OPEN, OrderState.CLOSED):
        tally.take([order(state)])
        assert tally.orders(TODAY) == 1
    tally.take([order(OrderState.CLOSED)])
    assert figures(tally) == [1, 1]


def test_an_order_that_came_to_nothing_gives_its_place_back_and_takes_it_again_if_a_deal_appears() -> None:
    tally = tally_of([order(OrderState.UNKNOWN)])
    tally.take([order(OrderState.NOT_PLACED)])
    assert tally.orders(TODAY) == 0
    tally.take([order(OrderState.OPEN)])
    assert tally.orders(TODAY) == 1


def test_gains_are_deducted_and_a_gain_is_no_loss() -> None:
    closed = [("o1", "-10"), ("o2", "9.2"), ("o3", "-0.1")]
    tally = tally_of(order(OrderState.CLOSED, id=id, profit=profit) for id, profit in closed)
    assert tally.loss(TODAY) == Decimal("0.9")
    tally.take([order(OrderState.CLOSED, id="o4", profit="5")])
    assert tally.loss(TODAY) == 0


def test_an_open_deal_is_no_loss_yet() -> None:
    assert tally_of([order(OrderState.OPEN)]).loss(TODAY) == 0


def test_a_result_that_was_never_told_counts_as_lost() -> None:
    closed = order(OrderState.CLOSED)
    missed = structs.replace(closed, deal=deal_of(BET, "o1", TODAY))
    assert figures(tally_of([missed])) == [1, 1]
    assert figures(tally_of([structs.replace(closed, deal=None)])) == [1, 1]  # a person has said so


def test_a_rolled_over_deal_without_a_result_counts_with_its_raised_stake_on_the_day_of_its_end() -> None:
    midnight = 20_000.0 * DAY
    made_at = midnight - 90
    closed = order(OrderState.CLOSED, made_at)
    rolled_over = structs.replace(deal_of(BET, "o1", made_at), amount=20 * ONE, closes_at=midnight + 30)
    tally = tally_of([structs.replace(closed, deal=rolled_over)])
    assert figures(tally, made_at) == [1, 0]
    assert figures(tally, midnight) == [0, 20]


def test_yesterday_does_not_count_today() -> None:
    tally = tally_of([order(OrderState.CLOSED, YESTERDAY)])
    assert figures(tally) == [0, 0]
    assert figures(tally, YESTERDAY) == [1, 1]


def test_a_deal_over_midnight_is_an_order_of_one_day_and_a_result_of_the_next() -> None:
    midnight = 20_000.0 * DAY
    tally = tally_of([order(OrderState.CLOSED, midnight - 30)])
    assert figures(tally, midnight - 1) == [1, 0]
    assert figures(tally, midnight) == [0, 1]


def test_the_other_account_of_the_journal_does_not_count() -> None:
    live = structs.replace(order(OrderState.CLOSED), account=AccountKind.LIVE)
    assert tally_of([live]).orders(TODAY) == 0


def test_a_pending_order_counts_when_it_is_taken() -> None:
    tally = tally_of([order(OrderState.OPEN)])
    tally.take_pending(7, TODAY)
    assert tally.orders(TODAY) == 2


def test_a_pending_order_takes_the_place_of_its_request_and_counts_as_long_as_it_may_open_a_deal() -> None:
    tally = tally_of([])
    for end in (OrderState.PENDING, OrderState.CLOSED, OrderState.UNKNOWN, OrderState.NOT_SENT):
        tally.take_pending(7, TODAY)
        tally.drop_pending(7)
        tally.drop_pending(7)
        pending = structs.replace(order(end), pending=PendingTerms(0, open_price=1.1), deal=None)
        tally.take([pending])
        assert tally.orders(TODAY) == (end is not OrderState.NOT_SENT)


def test_a_clock_that_was_a_day_ahead_makes_nothing_forgotten() -> None:
    tally = tally_of([order(OrderState.CLOSED)])
    assert tally.orders(TODAY + 2 * DAY) == 0
    tally.take([order(OrderState.JOURNALED, TODAY + 2 * DAY, "o2")])
    assert figures(tally) == [1, 1]


def test_after_two_months_the_old_days_take_no_memory() -> None:
    tally = tally_of(order(OrderState.CLOSED, TODAY + day * DAY, f"o{day}") for day in range(80))
    assert tally.orders(TODAY) == 0
    assert tally.orders(TODAY + 79 * DAY) == tally.orders(TODAY + 50 * DAY) == 1


def test_orders_are_taken_before_the_journal_can_fail() -> None:
    tally = tally_of([])

    def fail(orders: object) -> None:
        raise OSError(f"disk full, no {orders}")

    with pytest.raises(OSError, match="disk full"):
        tally.counting(fail)([order(OrderState.OPEN)])
    assert tally.orders(TODAY) == 1


@pytest.fixture
def hostile_context() -> Iterator[None]:
    with decimal.localcontext() as context:
        context.prec = 1
        context.traps[decimal.Inexact] = context.traps[decimal.Rounded] = True
        yield


@pytest.mark.usefixtures("hostile_context")
def test_no_decimal_context_of_others_changes_a_loss() -> None:
    tally = tally_of(order(OrderState.CLOSED, id=id, profit="-1234.56") for id in ("o1", "o2"))
    assert tally.loss(TODAY) == Decimal("2469.12")


STATES = st.sampled_from([state for state in OrderState if state is not OrderState.CREATED])


@given(st.lists(st.tuples(st.sampled_from("abc"), STATES, st.sampled_from([TODAY, YESTERDAY]))))
def test_the_tally_is_that_of_each_order_as_it_was_last(steps: list[tuple[str, OrderState, float]]) -> None:
    orders = [order(state, at, id) for id, state, at in steps]
    last = {each.id: each for each in orders}
    tally, fresh = tally_of(orders), tally_of(last.values())
    for now in (TODAY, YESTERDAY):
        assert figures(tally, now) == figures(fresh, now)
