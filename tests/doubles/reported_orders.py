"""Orders of every state for reports, made by hypothesis and by hand."""

from decimal import Decimal

from hypothesis import strategies as st
from msgspec import structs

from actors.orders.order import Order, OrderState, PendingTerms
from actors.values import AccountKind, Deal, Direction

BEGAN = 1_770_000_000.0
"""A Monday, 02:40 UTC."""

ASSETS = ("EURUSD_otc", "AUDCAD_otc", "#AAPL_otc")
WITHOUT_RESULT = (
    OrderState.JOURNALED,
    OrderState.NOT_SENT,
    OrderState.REFUSED,
    OrderState.UNKNOWN,
    OrderState.NOT_PLACED,
)

amounts = st.integers(1, 2_000_000).map(lambda cents: Decimal(cents) / 100)


def closed(
    id: str,
    profit: str,
    *,
    amount: str = "1",
    asset: str = ASSETS[0],
    at: float = BEGAN,
    duration: int = 60,
    payout: int = 92,
    currency: str | None = "USD",
    account: AccountKind = AccountKind.DEMO,
    direction: Direction = Direction.CALL,
) -> Order:
    """An order made at ``at`` whose deal has closed ``duration`` seconds later."""
    stake = Decimal(amount)
    order = Order(id, asset, stake, direction, duration, account, at).become(OrderState.JOURNALED)
    deal = Deal(
        *(f"deal-{id}", asset, direction, stake, at, at + duration, 1.1, payout, account, 1.2),
        Decimal(profit),
        currency,
    )
    return order.become(OrderState.OPEN, deal=deal).become(OrderState.CLOSED, deal=deal)


@st.composite
def orders(draw: st.DrawFn) -> list[Order]:
    """Of one account in one currency, in the order of their making; a few without a result."""
    found = [draw(one_order(str(number))) for number in range(draw(st.integers(0, 12)))]
    return sorted(found, key=lambda order: order.created_at)


@st.composite
def one_order(draw: st.DrawFn, id: str) -> Order:
    amount, payout = draw(amounts), draw(st.integers(1, 98))
    profit = draw(st.sampled_from([amount * payout / 100, -amount, Decimal(0)]))
    order = closed(
        id,
        str(profit),
        amount=str(amount),
        asset=draw(st.sampled_from(ASSETS)),
        at=BEGAN + draw(st.integers(0, 4 * 86_400)),
        duration=draw(st.sampled_from([5, 60, 300])),
        payout=payout,
        direction=draw(st.sampled_from(Direction)),
    )
    return draw(st.sampled_from([order] * 5 + list(_others(order))))


def _others(order: Order) -> list[Order]:
    """What else may have become of it."""
    assert order.deal is not None
    running = structs.replace(order.deal, profit=None, close_price=None)
    return [
        *(structs.replace(order, state=state, deal=None, reason="why") for state in WITHOUT_RESULT),
        structs.replace(
            order, state=OrderState.UNKNOWN, reason="the venue's answer is not for what was asked"
        ),
        structs.replace(order, state=OrderState.OPEN, deal=running),
        structs.replace(order, deal=running, reason="its result is not known"),
        structs.replace(order, deal=None, reason="settled by a person: seen"),
        structs.replace(order, deal=None, pending=PendingTerms(60, open_at=order.created_at)),
    ]
