"""Pending orders and the venue's messages about them, for the tests of their ledger."""

from collections.abc import Iterable
from decimal import Decimal

from actors.messages.commands import PlacePendingOrder
from actors.messages.events import Event, PendingAnswered, PendingOrdersListed
from actors.orders.order import Order
from actors.orders.pending import PendingLedger
from actors.values import AccountKind, Deal, Direction, Life, PendingOrder
from tests.doubles.trading_samples import NOW, TRADING, list_closed, list_open

GRACE = 6.0
OPENS = 1770849000.0
WISH = PlacePendingOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60, open_at=OPENS)
AT_PRICE = PlacePendingOrder("EURUSD_otc", Decimal(1), Direction.CALL, 60, open_price=1.1)


def pending_of(wish: PlacePendingOrder, ticket: str = "t1") -> PendingOrder:
    """The order as the venue lists it."""
    return PendingOrder(
        ticket,
        wish.asset,
        wish.direction,
        wish.amount,
        wish.duration,
        wish.minimum_payout,
        open_at=None if wish.open_at is None else int(wish.open_at),
        open_price=wish.open_price,
    )


def deal_from(wish: PlacePendingOrder, id: str = "d1", opened_at: float = OPENS) -> Deal:
    """The deal that the venue opens for it."""
    return Deal(
        id,
        wish.asset,
        wish.direction,
        wish.amount,
        opened_at,
        opened_at + wish.duration,
        1.1,
        92,
        AccountKind.DEMO,
    )


def answer(pending: PendingOrder, connection: str = "c1") -> PendingAnswered:
    return PendingAnswered(connection, order=pending)


def listing(*orders: PendingOrder, connection: str = "c1", epoch: int = 1) -> PendingOrdersListed:
    return PendingOrdersListed(list(orders), connection, epoch)


def ledger_of(orders: Iterable[Order] = (), own_deals: Iterable[Order] = ()) -> PendingLedger:
    return PendingLedger(orders, own_deals, NOW, TRADING, GRACE)


def fresh_ledger() -> PendingLedger:
    """A ledger whose login was a minute ago, on an account without deals and pending orders."""
    ledger = ledger_of()
    log_in(ledger, NOW - 60)
    return ledger


def log_in(
    ledger: PendingLedger,
    now: float,
    *pending: PendingOrder,
    epoch: int = 1,
    connection: str = "c1",
    opened: tuple[Deal, ...] = (),
    closed: tuple[Deal, ...] = (),
) -> list[Event]:
    """A login, followed by the venue's three lists."""
    ledger.login(Life(connection, epoch))
    ledger.deals_listed(list_open(*opened, connection=connection, epoch=epoch), now)
    ledger.deals_listed(list_closed(*closed, connection=connection, epoch=epoch), now)
    return ledger.listed_now(listing(*pending, connection=connection, epoch=epoch), now)


def intend(ledger: PendingLedger, wish: PlacePendingOrder = WISH, id: str = "p1", now: float = NOW) -> Order:
    return ledger.intend(wish, AccountKind.DEMO, id, now, now)


def lost(ledger: PendingLedger, id: str = "p1", now: float = NOW + 1, epoch: int = 1) -> list[Event]:
    """The end of the connection that carried the order."""
    ledger.logout(Life("c1", epoch))
    return ledger.lost(id, "reset", now)
