"""The ledger and its journal as one: an order is on the disk before it is sent, what became of it in the
journal before anyone is told."""

from collections.abc import Sequence
from typing import Protocol

from loguru import logger

from actors.errors import Halted
from actors.messages.commands import GetClosedDeals, GetOpenedDeals, PlaceOrder
from actors.messages.events import (
    ConnectionUp,
    DealAccepted,
    DealRefused,
    DealsClosed,
    DealsOpen,
    Event,
    OrderInDoubt,
    TradingHalted,
)
from actors.messages.status import DeskStatus
from actors.messages.traffic import Item
from actors.orders.ledger import Ledger
from actors.orders.order import Order
from actors.values import AccountKind, Deal
from actors.venues.base import Trading


class Journal(Protocol):
    """Where orders and the halt outlive us; every method raises ``Halted`` if it cannot do its work."""

    def load(self) -> list[Order]: ...
    def write(self, orders: Sequence[Order]) -> None: ...
    def note(self, orders: Sequence[Order]) -> None: ...
    def halted(self) -> str | None: ...
    def halt(self, reason: str) -> None: ...
    def resume(self) -> bool: ...
    def tidy(self) -> None: ...
    def close(self) -> None: ...


class JournaledLedger:
    """``ledger`` may be read by anyone, and told things as long as ``record`` follows."""

    def __init__(
        self, account: AccountKind, journal: Journal, venue: Trading, now: float, verdict_delay: float
    ) -> None:
        self._account = account
        self._journal = journal
        self.ledger = Ledger(journal.load(), now, venue, verdict_delay)
        self.halted = journal.halted()
        """Why no order is sent, ``None`` if they are."""

    def intend(self, command: PlaceOrder, id: str, now: float) -> Order:
        """The order, journaled: it may be sent now. Raises a ``NotSent`` if it may not."""
        order = self.ledger.intend(command, self._account, id, now)
        changed = self.ledger.take_changed()
        try:
            self._journal.write(changed)
        except Halted as error:
            self.ledger.put_back(changed)
            self.ledger.not_sent(id, str(error))
            raise
        return order

    def opening(self) -> list[Item]:
        """What the last runtime left behind: a halt, orders in doubt."""
        doubts = self.ledger.orders_in_doubt()
        news: list[Item] = [
            OrderInDoubt(order.id, order.asset, order.amount, order.reason) for order in doubts
        ]
        return news if self.halted is None else [TradingHalted(self.halted), *news]

    def hear(self, event: Event, now: float) -> list[Event]:
        """The ledger's news of what the venue says."""
        match event:
            case DealAccepted():
                return self.ledger.accepted(event)
            case DealRefused():
                return self.ledger.refused(event)
            case DealsOpen():
                return self.ledger.opened_listed(event, now)
            case DealsClosed():
                return self.ledger.closed(event, now)
            case ConnectionUp():
                self.ledger.login(event.connection, event.epoch)
        return []

    def record(self, news: list[Event]) -> list[Event]:
        """Journal what has changed; answers with ``news``, which may be told now.

        HOT: not synced (0.35 ms, and 5 at worst). Should the machine die before it is, the order is in doubt
        once more, and the venue's lists tell again what became of it.
        What cannot be journaled is tried again with the next change: the venue's word is true anyhow.
        """
        changed = self.ledger.take_changed()
        try:
            self._journal.note(changed)
        except Halted as error:
            logger.error("{}", error)
            self.ledger.put_back(changed)
        return news

    def halt(self, reason: str) -> None:
        """Send no order any more; raises ``Halted`` if that holds only until the next start."""
        self.halted = reason
        try:
            self._journal.halt(reason)
        except Halted as error:
            raise Halted(f"halted, but only until the next start: {error}") from error

    def resume(self) -> bool:
        """Whether orders had been halted; raises ``Halted`` if they have to stay so."""
        was_halted = self._journal.resume() or self.halted is not None
        self.halted = None
        return was_halted

    def tidy(self) -> str:
        """Look after the journal; what went wrong, ``""`` for nothing."""
        try:
            self._journal.tidy()
        except Halted as error:
            logger.warning("{}", error)
            return str(error)
        return ""

    def listing(self, command: GetOpenedDeals | GetClosedDeals) -> list[Deal]:
        return self.ledger.open_deals() if isinstance(command, GetOpenedDeals) else self.ledger.closed_deals()

    def status(self) -> DeskStatus:
        return DeskStatus(
            halted=self.halted,
            in_flight=len(self.ledger.orders_in_flight()),
            in_doubt=len(self.ledger.orders_in_doubt()),
            open_deals=len(self.ledger.open_deals()),
            closed_deals=len(self.ledger.closed_deals()),
        )

    def close(self) -> None:
        self._journal.close()
