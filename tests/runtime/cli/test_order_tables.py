"""Orders and deals as an operator reads them."""

from decimal import Decimal, localcontext

import pytest
from msgspec import structs

from actors.orders.order import Order, OrderState, PendingTerms
from actors.values import AccountKind, Balance, Deal, Direction
from runtime.cli.order_tables import (
    balance_text,
    deal_summary,
    deal_table,
    deals_of,
    money_text,
    of_today,
    order_summary,
    order_table,
)

DAY = 86_400.0
MIDNIGHT = 20_500 * DAY
NOON = MIDNIGHT + DAY / 2
ONE = Decimal(1)


def deal(closes_at: float, profit: Decimal | None = None, id: str = "d1") -> Deal:
    kind = AccountKind.DEMO
    price = None if profit is None else 1.2
    return Deal(id, "EURUSD_otc", Direction.PUT, ONE, closes_at - 60, closes_at, 1.1, 92, kind, price, profit)


def order(state: OrderState, id: str = "o1", deal: Deal | None = None, created_at: float = NOON) -> Order:
    terms = ("EURUSD_otc", ONE, Direction.PUT, 60, AccountKind.DEMO)
    return Order(id, *terms, created_at, state, deal)


@pytest.mark.parametrize(
    ("state", "closes_at", "shown"),
    [
        (OrderState.CLOSED, MIDNIGHT - 1, False),
        (OrderState.CLOSED, MIDNIGHT, True),
        (OrderState.OPEN, MIDNIGHT - 9 * DAY, True),
        (OrderState.JOURNALED, None, True),
        (OrderState.UNKNOWN, None, True),
        (OrderState.REFUSED, None, False),
        (OrderState.NOT_SENT, None, False),
        (OrderState.NOT_PLACED, None, False),
    ],
)
def test_today_has_what_is_unfinished_and_what_closed_since_midnight(
    state: OrderState, closes_at: float | None, shown: bool
) -> None:
    profit = ONE if state is OrderState.CLOSED else None
    found = order(state, deal=None if closes_at is None else deal(closes_at, profit))
    assert of_today([found], NOON) == [found] * shown


def test_an_order_that_a_person_settled_without_a_deal_closed_when_its_deal_would_have() -> None:
    late, early = (order(OrderState.CLOSED, created_at=MIDNIGHT - seconds) for seconds in (59, 61))
    assert of_today([late, early], NOON) == [late]


def test_a_line_of_an_order_has_its_terms_its_state_and_its_profit() -> None:
    closed = order(OrderState.CLOSED, deal=deal(NOON + 60, Decimal("0.92")))
    doubtful = structs.replace(order(OrderState.UNKNOWN, "o2"), reason="no\nanswer")
    titles, first, second = order_table([closed, doubtful], running=True).splitlines()
    assert " ".join(titles.split()) == "ORDER STATE ASSET SIDE STAKE FOR TIME ENDS PROFIT DEAL NOTE"
    day = "2026-02-16"
    assert first.split()[:3] == ["o1", "closed", "EURUSD_otc"]
    assert first.split()[3:] == [
        "put",
        "1.00",
        "60",
        "s",
        day,
        "12:00:00Z",
        day,
        "12:01:00Z",
        "+0.92",
        "d1",
        "-",
    ]
    assert "in doubt" in second
    assert second.endswith(r"-  -     no\nanswer")


@pytest.mark.parametrize(
    ("terms", "note"),
    [
        (PendingTerms(80, open_at=NOON, ticket="t1"), "opens at 2026-02-16 12:00:00Z, ticket t1"),
        (PendingTerms(80, open_price=1.25), "opens at the price 1.25"),
    ],
)
def test_a_pending_order_says_when_it_opens(terms: PendingTerms, note: str) -> None:
    waiting = structs.replace(order(OrderState.PENDING), pending=terms)
    assert of_today([waiting], NOON + 9 * DAY) == [waiting]
    line = order_table([waiting], running=True).splitlines()[1]
    assert line.split()[1] == "pending"
    assert line.endswith(note)


def test_what_a_runtime_left_under_way_is_in_doubt_without_it() -> None:
    left = [order(OrderState.JOURNALED)]
    assert order_summary(left, 0, running=True) == "1 under way"
    assert order_summary(left, 0, running=False) == "1 in doubt"


def test_the_summary_counts_the_states_and_adds_the_profits() -> None:
    orders = [
        order(OrderState.CLOSED, "o1", deal(NOON, Decimal("0.92"))),
        order(OrderState.CLOSED, "o2", deal(NOON, -ONE)),
        order(OrderState.OPEN, "o3", deal(NOON)),
    ]
    assert (
        order_summary(orders, 4, running=True)
        == "2 closed, 1 open, profit -0.08, 4 others, which --all shows"
    )
    assert order_summary([], 0, running=True) == "no orders"


def test_deals_stand_open_ones_first_and_each_by_its_end() -> None:
    open_deals = [deal(NOON + 9, id="later"), deal(NOON + 3, id="sooner")]
    closed_deals = [
        deal(NOON, Decimal("0.92"), "won"),
        deal(NOON - 9, -ONE, "lost"),
        deal(NOON, ONE - 1, "even"),
    ]
    lines = deal_table(open_deals, closed_deals).splitlines()[1:]
    assert [line.split()[0] for line in lines] == ["sooner", "later", "lost", "won", "even"]
    assert [line.split()[1] for line in lines] == ["open", "open", "loss", "win", "draw"]
    assert [line.split()[-1] for line in lines] == ["-", "-", "-1.00", "+0.92", "0.00"]
    assert deal_summary(open_deals, closed_deals) == "2 open, stakes 2.00; 3 closed, profit -0.08"


def test_the_deal_that_the_venue_named_for_an_order_in_doubt_is_not_taken_for_its() -> None:
    named = order(OrderState.UNKNOWN, deal=deal(NOON))
    opened = order(OrderState.OPEN, deal=deal(NOON))
    closed = order(OrderState.CLOSED, deal=deal(NOON, ONE))
    assert deals_of([named, opened, closed]) == ([opened.deal], [closed.deal])
    assert order_table([named], running=True).splitlines()[1].split()[-2:] == ["-", "-"]


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1", "1.00"),
        ("1.5", "1.50"),
        ("0.125", "0.125"),
        ("1E+3", "1,000.00"),
        ("123456789.01", "123,456,789.01"),
    ],
)
def test_money_keeps_all_decimals_whatever_the_process_has_set(amount: str, text: str) -> None:
    value = Decimal(amount)
    with localcontext(prec=2):
        assert money_text(value) == text


def test_a_balance_is_told_with_its_account() -> None:
    assert balance_text(Balance(AccountKind.DEMO, Decimal("9995.5"))) == "the demo balance is 9,995.50"
