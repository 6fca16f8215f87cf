"""The books of the pending desk: the ledger, the journal that takes each change, and the day's count."""

from collections.abc import Callable, Sequence

from actors.errors import NotSent, RequestError
from actors.messages.commands import PlacePendingOrder
from actors.messages.events import Event
from actors.messages.orders import TradingRequest
from actors.orders.desk_books import DeskBooks
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.messages import PendingCounted
from actors.orders.order import Order
from actors.orders.pending import PendingLedger
from actors.orders.pending_evidence import as_listed
from actors.orders.repetition import first_of, outcome
from actors.values import AccountKind, PendingOrder
from actors.venues.base import Trading


class PendingBooks(DeskBooks):
    """What the ``ledger`` decides is journaled, and counted by the order desk; only then it is published."""

    def __init__(
        self,
        account: AccountKind,
        venue: Trading,
        journal: Journal,
        clock: DeskClock,
        verdict_delay: float,
        count: Callable[[PendingCounted], None],
    ) -> None:
        """The pending orders that the journal has are in the ledger from the start. ``count`` tells the order
        desk."""
        super().__init__(journal, clock)
        pending, orders = journal.load_pending(), journal.load()
        self.ledger = PendingLedger(pending, orders, clock.utc(), venue, verdict_delay)
        self._count = count
        self._account = account

    def __repr__(self) -> str:
        return f"<PendingBooks: {self.ledger}>"

    def first(self, command: PlacePendingOrder) -> Order | PendingOrder | RequestError | None:
        """What answers ``command`` if an order of its id was sent, or may have been: the order while it is in
        flight, or what became of it. ``None``: there was no such order, or it has surely not left."""
        known = None if command.id is None else self.ledger.order(command.id)
        first = first_of(command, known, self._journal)
        if not isinstance(first, Order) or first.in_flight:
            return first
        placed = first.pending is not None and first.pending.ticket
        return outcome(first, as_listed(first) if placed else None)

    def intend(self, trade: TradingRequest, command: PlacePendingOrder) -> Order:
        """The order, on the disk: only now may it be sent. Raises ``NotSent`` if it may not be, ``Halted`` if
        it could not be written."""
        made_at = self._clock.venue_now()
        order = self.ledger.intend(command, self._account, trade.order, made_at, self._clock.utc())
        try:
            self._record(self._write_now, trade.id)
        except NotSent as error:
            self.ledger.not_sent(order.id, str(error))
            raise
        return order

    def count_none(self, request: int) -> None:
        """No order was made of the request."""
        self._count(PendingCounted(request))

    def settle_order(self, id: str, opened: bool, reason: str) -> list[Event]:
        """As ``PendingLedger.settle``, on the disk at once; raises ``Halted``, with nothing settled, if it
        cannot be."""
        news = self.ledger.settle(id, opened, reason, self._clock.utc(), self._write_now)
        self._count(PendingCounted(0, tuple(filter(None, [self.ledger.order(id)]))))
        return news

    def write(self) -> None:
        """Journal what changed, on the disk when it returns; raises ``Halted``."""
        self._record(self._write_now)

    def note(self) -> None:
        """Journal what changed, not synced, as ``Bookkeeping.note``; raises ``Halted``."""
        self._record(self._journal.note)

    def close(self) -> None:
        self._journal.close()

    def _record(self, persist: Callable[[Sequence[Order]], None], request: int = 0) -> None:
        """``persist`` what changed, and have the order desk count it, whether it can be journaled or not."""

        def count_and_persist(orders: Sequence[Order]) -> None:
            if orders:
                self._count(PendingCounted(request, tuple(orders)))
                persist(orders)

        self.ledger.record(count_and_persist)
