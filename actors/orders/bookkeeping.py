"""The books of the order desk: the ledger, and the journal and the tally that take each change of it."""

from actors.errors import Halted, NotSent, RequestError
from actors.messages.commands import PlaceOrder, PlacePendingOrder, SettleOrder
from actors.messages.events import Event
from actors.messages.status import DeskStatus
from actors.orders.day_tally import DAY, DayTally
from actors.orders.desk_books import DeskBooks
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.ledger import Ledger
from actors.orders.messages import PendingCounted
from actors.orders.order import Order, OrderState
from actors.orders.pre_trade_checks import OrderLimits, Usage, limits_used
from actors.orders.repetition import first_of, outcome
from actors.values import AccountKind, Deal
from actors.venues.base import Trading


class Bookkeeping(DeskBooks):
    """What the ``ledger`` decides is counted and journaled; the caller publishes it only then."""

    def __init__(
        self, account: AccountKind, venue: Trading, journal: Journal, clock: DeskClock, verdict_delay: float
    ) -> None:
        """The orders that the journal has are in the ledger and in the tally from the start."""
        super().__init__(journal, clock)
        self.ledger = Ledger(journal.load(), clock.utc(), venue, verdict_delay, clock.age)
        self._account = account
        self._tally = DayTally(account)
        self._tally.take(journal.since(clock.utc() - venue.rules.maximum_duration - 2 * DAY))
        self.ledger.pending_deals.take(journal.load_pending(), clock.venue_now())

    def __repr__(self) -> str:
        return f"<Bookkeeping: {self.ledger}, {self._tally}>"

    def usage(self) -> Usage:
        """How much of the limits is used now."""
        now, open_deals = self._clock.venue_now(), self.ledger.count_open(self._clock.utc())
        return Usage(open_deals, self._tally.orders(now), self._tally.loss(now))

    def is_like_under_way(self, command: PlaceOrder) -> bool:
        """Whether an order is under way whose answer could be taken for that to ``command``, or the other way
        round."""
        blocking = self.ledger.blocking(command, self._account, self._clock.utc())
        return blocking is not None and blocking.state is OrderState.JOURNALED

    def first(self, command: PlaceOrder) -> Order | Deal | RequestError | None:
        """What answers ``command`` if an order of its id was sent, or may have been: the order while it is in
        flight, or what became of it. ``None``: there was no such order, or it has surely not left.

        ``RequestRefused`` if the id is that of an order with other terms, or of one that has left the
        journal; ``OrderUnknown`` if the journal cannot be read.
        """
        known = None if command.id is None else self.ledger.order(command.id)
        first = first_of(command, known, self._journal)
        if not isinstance(first, Order) or first.in_flight:
            return first
        deal = first.deal and (self.ledger.deals.deal(first.deal.id) or first.deal)
        return outcome(first, deal)

    def intend(self, command: PlaceOrder, id: str) -> Order:
        """The order, on the disk: only now may it be sent. Raises ``NotSent`` if it may not be, ``Halted`` if
        it could not be written."""
        order = self.ledger.intend(command, self._account, id, self._clock.utc(), self._clock.machine_time())
        try:
            self.ledger.record(self._tally.counting(self._write_now))
        except NotSent as error:
            self.ledger.not_sent(order.id, str(error))
            self._tally.take(filter(None, [self.ledger.order(order.id)]))
            raise
        return order

    def is_pending(self, command: SettleOrder | PlacePendingOrder) -> bool:
        """Whether it is about a pending order that there was, whatever the limits are now; or about none."""
        if isinstance(command, SettleOrder):
            return self.ledger.order(command.order) is None
        return first_of(command, None, self._journal) is not None

    def take_pending(self, request: int) -> None:
        """A pending order is taken now, by ``request``; it counts as one of the day's."""
        self._tally.take_pending(request, self._clock.venue_now())

    def count_pending(self, counted: PendingCounted) -> None:
        self._tally.drop_pending(counted.request)
        self._tally.take(counted.orders)
        self.ledger.pending_deals.take(counted.orders, self._clock.venue_now())

    def settle_order(self, id: str, opened: bool, reason: str) -> list[Event]:
        """As ``Ledger.settle``. No list would show it again, so it is on the disk at once; raises ``Halted``,
        with nothing settled, if it cannot be."""
        news = self.ledger.settle(id, opened, reason, self._write_now)
        self._tally.take(filter(None, [self.ledger.order(id)]))
        return news

    def note(self) -> None:
        """HOT: journal what changed, not synced (0.35 ms, and 5 at worst). If the machine dies first, the
        order is in doubt again, and the venue's lists tell again what became of it. What no list tells
        again is in the main file when this returns.

        Raises ``Halted``: what cannot be journaled is published, since it is true, and journaled with the
        next change.
        """
        self.ledger.record(self._tally.counting(self._journal.note))
        if self.ledger.take_unlisted():
            self.settle()

    def tidy(self) -> str:
        """The hourly maintenance of the journal: why it could not be done, ``""`` if it was."""
        try:
            self._journal.tidy()
        except Halted as error:
            return str(error)
        return ""

    def status(self, halted: str | None, refuses: str, limits: OrderLimits) -> DeskStatus:
        """``halted`` is why orders are halted, ``refuses`` why all are refused."""
        ledger = self.ledger
        return DeskStatus(
            halted=self._journal.refusal() if halted is None else halted,
            in_flight=len(ledger.orders_in_flight()),
            in_doubt=len(ledger.orders_in_doubt()),
            open_deals=len(ledger.deals.open_deals()),
            closed_deals=len(ledger.deals.closed_deals()),
            refuses=refuses,
            limits=limits_used(self.usage(), limits),
            account=self._account,
            write_times=self.write_times,
        )
