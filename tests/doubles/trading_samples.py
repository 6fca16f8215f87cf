"""Orders, deals and the venue's messages about them, for the tests of the ledger."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import structs

from actors.messages.commands import PlaceOrder
from actors.messages.events import DealAccepted, DealsClosed, DealsOpen, Event
from actors.orders.ledger import Ledger
from actors.orders.order import Order, OrderState
from actors.values import AccountKind, Deal, Direction, Life
from actors.venues.base import Trading
from actors.venues.pocketoption.profile import PROFILE

assert PROFILE.trading is not None
TRADING: Trading = PROFILE.trading
NOW = 1770848931.5
ONE = Decimal(1)
BET = PlaceOrder("EURUSD_otc", ONE, Direction.CALL, 60)
OTHER_BET = PlaceOrder("EURUSD_otc", Decimal(2), Direction.CALL, 60)


def deal_of(bet: PlaceOrder, id: str = "d1", opened_at: float = NOW) -> Deal:
    """A deal with times in whole seconds, as the venue's."""
    opened_at = float(int(opened_at))
    return Deal(
        id,
        bet.asset,
        bet.direction,
        bet.amount,
        opened_at,
        opened_at + bet.duration,
        1.1,
        92,
        AccountKind.DEMO,
    )


def ended(deal: Deal, profit: Decimal = -ONE) -> Deal:
    return structs.replace(deal, close_price=1.2, profit=profit)


def accepted(request_id: str, deal: Deal) -> DealAccepted:
    return DealAccepted("c1", request_id, deal)


def list_open(*deals: Deal, connection: str = "c1", epoch: int = 1) -> DealsOpen:
    return DealsOpen(connection, epoch, list(deals))


def list_closed(*deals: Deal, connection: str = "c1", epoch: int = 1) -> DealsClosed:
    return DealsClosed(connection, epoch, list(deals), listed=True)


def close_now(*deals: Deal) -> DealsClosed:
    return DealsClosed("c1", 1, list(deals), listed=False)


def log_in(
    ledger: Ledger,
    now: float,
    *,
    epoch: int = 1,
    connection: str = "c1",
    opened: tuple[Deal, ...] = (),
    closed: tuple[Deal, ...] = (),
) -> list[Event]:
    """A login, followed by the venue's two lists."""
    ledger.login(Life(connection, epoch), now)
    return [
        *ledger.opened_listed(list_open(*opened, connection=connection, epoch=epoch), now),
        *ledger.closed(list_closed(*closed, connection=connection, epoch=epoch), now),
    ]


def fresh_ledger() -> Ledger:
    """A ledger whose login was a minute ago, on an account without deals."""
    ledger = Ledger([], NOW - 60, TRADING)
    log_in(ledger, NOW - 60)
    return ledger


def intend(ledger: Ledger, bet: PlaceOrder = BET, id: str = "o1", now: float = NOW) -> Order:
    return ledger.intend(bet, AccountKind.DEMO, id, now)


def send(ledger: Ledger, bet: PlaceOrder = BET, id: str = "o1", now: float = NOW) -> None:
    """An order is sent over the first life of "c1"."""
    intend(ledger, bet, id, now)
    ledger.carried(id, Life("c1", 1))


def doubt(ledger: Ledger, bet: PlaceOrder = BET, id: str = "o1", now: float = NOW) -> None:
    """As ``send``; that life stands, and brings no answer by the deadline."""
    send(ledger, bet, id, now)
    ledger.overdue(id, "no answer")


def lose(ledger: Ledger, bet: PlaceOrder = BET, id: str = "o1", now: float = NOW) -> None:
    """An order is sent, and its connection is lost before the answer."""
    intend(ledger, bet, id, now)
    ledger.lost(id, "reset", now)


def order_of(ledger: Ledger, id: str = "o1") -> Order:
    order = ledger.order(id)
    assert order is not None
    return order


def state(ledger: Ledger, id: str = "o1") -> OrderState:
    return order_of(ledger, id).state


def written(_: Sequence[Order]) -> None:
    """What a journal does that takes all."""
