"""The order desk: every order is journaled before it is sent, sent once, and followed until it is known."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from actors import errors
from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.messages import commands, events, traffic
from actors.messages.control import HaltTrading, ResumeOrders, StopOrders
from actors.messages.lifecycle import OutboundRef, Tellable
from actors.messages.status import Describe
from actors.orders.journaled_ledger import Journal, JournaledLedger
from actors.orders.order import send_by
from actors.orders.pre_trade_checks import OrderLimits, check
from actors.orders.waiters import RESULT_GRACE, DeskBook, Readiness
from actors.values import AccountKind
from actors.venues.base import Trading


class _Due(Struct, frozen=True):
    """Time is up for waiter ``id`` (its order, deal or trade); without one, for a verdict or an answer."""

    id: int = 0
    order: str = ""
    deal: str = ""


class _JournalUpkeep(Struct, frozen=True):
    pass


class OrderDesk(RuntimeActor):
    """Owns the journal, the ledger of orders and deals, and who waits for which of them.

    Receives ``Trade``, the ``Failure`` of what it sent, and the venue's words about deals; sends orders
    on their way out, the news of them and the answers to ``router``.
    """

    def __init__(
        self,
        account: AccountKind,
        limits: OrderLimits,
        venue: Trading,
        journal: Journal,
        *,
        router: Tellable,
        **kwargs: Any,
    ) -> None:
        super().__init__("order desk", **kwargs)
        self._limits = limits
        self._router = router
        self._outbound: Tellable
        # UTC by a clock that does not step: a wall clock set back must not make old deals look new.
        self._utc_offset = time.time() - self.now()
        self._books = JournaledLedger(account, journal, venue, self._utc(), limits.verdict_delay)
        self._ledger = self._books.ledger
        self._book = DeskBook()
        self._briefing = Readiness(venue.told_after_login)
        self._check: Timer | None = None
        self._upkeep = self.every(3600.0, _JournalUpkeep())

    def on_receive(self, message: Any) -> None:
        match message:
            case HaltTrading(id=waiter, reason=reason):
                self._halt(waiter, reason or "halted by a person")
            case traffic.TradingRequest():
                self._trade(message)
            case traffic.OrderSent(order=order):
                if not self._book.sent(message):
                    self._take(self._ledger.lost(order, "its connection was lost", self._utc()))
            case traffic.Failure():
                self._not_sent(message)
            case events.ConnectionDown(connection=connection, epoch=epoch, reason=reason):
                self._ledger.logout(connection, epoch)
                for order in self._book.down(message):
                    self._take(self._ledger.lost(order, reason, self._utc()))
            case events.Event():
                self._take(self._books.hear(message, self._utc()))
                for early in self._briefing.hear(message):
                    self._trade(early)
            case _Due(id=0, order=order) if order:
                self._take(self._book.unanswered(order))
            case _Due(id=0):
                self._take(self._ledger.check(self._utc()))
            case _Due():
                self._overdue(message)
            case _JournalUpkeep():
                self._upkeep.last_error = self._books.tidy()
            case Describe():
                self.describe(message, self._books.status())
            case OutboundRef(outbound=outbound):
                self._outbound = outbound
                self._router.tell(traffic.EventBatch(self.name, self._books.opening()))
            case _:
                self.unexpected(message)

    def _trade(self, trade: traffic.TradingRequest) -> None:
        match command := trade.command:
            case commands.Resume():
                self._switch(trade.id, self._books.resume, events.TradingResumed())
            case commands.PlaceOrder() if self._books.halted is not None:
                self._answer((trade.id, errors.Halted(self._books.halted)))
            case _ if not self._briefing.complete:
                self._briefing.early[trade.id] = trade
                self._until(trade.expires_at, _Due(trade.id))
            case commands.PlaceOrder():
                self._place(trade, command)
            case commands.AwaitResult():
                self._await(trade, command)
            case commands.GetOpenedDeals() | commands.GetClosedDeals():
                self._answer((trade.id, self._books.listing(command)))

    def _place(self, trade: traffic.TradingRequest, command: commands.PlaceOrder) -> None:
        flying = len(self._ledger.open_deals()) + len(self._ledger.orders_in_flight())
        asset = self._briefing.assets.get(command.asset)
        try:
            if trade.expires_at <= self.now():
                raise errors.NotSent("its deadline has passed")
            check(command, asset, self._briefing.balance, flying, self._limits)
            order = self._books.intend(command, str(uuid.uuid4()), self._utc())
        except errors.NotSent as refusal:
            self._answer((trade.id, refusal))
            return
        self._book.enter(order.id, trade.id)
        self._until(trade.expires_at, _Due(trade.id, order=order.id))
        until = send_by(self.now(), trade.expires_at)
        self._outbound.tell(traffic.Request(trade.id, command, until, urgent=True, order=order.id))

    def _not_sent(self, failure: traffic.Failure) -> None:
        order = self._ledger.order(failure.order)
        if order is not None and order.in_flight:
            error = failure.exception
            self._take(self._ledger.not_sent(order.id, str(error)))
            self._answer(*self._book.settle(order.id, error))

    def _take(self, news: list[events.Event]) -> None:
        """Journal what changed, then tell of it, then answer those who waited for it."""
        if self._books.record(news):
            self._router.tell(traffic.EventBatch(self.name, list(news)))
        self._answer(*self._book.answers(news))
        if self._check is not None:
            self._check.cancel()
        at = self._ledger.check_at()
        self._check = None if at is None else self.after(max(0.0, at - self._utc()), _Due())

    def _await(self, trade: traffic.TradingRequest, command: commands.AwaitResult) -> None:
        deal = self._ledger.deal(command.deal_id)
        if deal is None:
            self._answer((trade.id, errors.RequestRefused(f"there is no deal {command.deal_id!r}")))
        elif deal.outcome is not None:
            self._answer((trade.id, deal))
        else:
            self._book.await_result(deal.id, trade.id)
            own_end = self.now() + deal.closes_at - self._utc() + RESULT_GRACE
            until = own_end if command.deadline is None else trade.expires_at
            self._until(until, _Due(trade.id, deal=deal.id))

    def _overdue(self, due: _Due) -> None:
        if due.deal:
            late = errors.RequestTimeout(f"deal {due.deal} has not closed by the deadline")
            self._answer(*self._book.give_up_result(due.deal, due.id, late))
        elif due.order and self._book.waits(due.order):
            unknown = errors.OrderUnknown("it was sent, and no answer came by the deadline", due.order)
            self._take(self._ledger.overdue(due.order, "no answer by the deadline"))
            self.after(self._limits.verdict_delay, _Due(order=due.order))
            self._answer(*self._book.give_up(due.order, unknown))
        elif self._briefing.early.pop(due.id, None):
            self._answer((due.id, errors.NotSent("the venue has not listed its assets and deals")))

    def _halt(self, waiter: int, reason: str) -> None:
        self._outbound.tell(StopOrders(reason))
        self._switch(waiter, lambda: self._books.halt(reason), events.TradingHalted(reason))
        for early in self._briefing.take_orders():
            self._answer((early.id, errors.Halted(reason)))

    def _switch(self, waiter: int, switch: Callable[[], Any], news: events.Event) -> None:
        try:
            outcome = switch()
        except errors.Halted as error:
            outcome = error
        if (self._books.halted is None) is isinstance(news, events.TradingResumed):
            if self._books.halted is None:
                self._outbound.tell(ResumeOrders())
            self._router.tell(traffic.EventBatch(self.name, [news]))
        self._answer((waiter, outcome))

    def _answer(self, *answers: tuple[int, Any]) -> None:
        for waiter, outcome in answers:
            failed = isinstance(outcome, errors.RequestError)
            self._router.tell(
                traffic.Failure.of(waiter, outcome) if failed else traffic.Response(waiter, outcome)
            )

    def _until(self, moment: float, message: Any) -> Timer:
        return self.after(max(0.0, moment - self.now()), message)

    def _utc(self) -> float:
        return self._utc_offset + self.now()

    def release(self, unhandled: list[Any]) -> None:
        for message in unhandled:
            if isinstance(message, traffic.Failure):
                self._not_sent(message)
        self._answer(*self._briefing.last_words(), *self._book.last_words())
        self._books.close()
