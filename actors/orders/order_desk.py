"""The order desk: an order is journaled before it is sent, sent once, and followed to its outcome."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.errors import Halted, NotSent, RequestError, RequestRefused
from actors.messages import commands, events
from actors.messages.control import Reconfigure
from actors.messages.lifecycle import OutboundRef, Tellable
from actors.messages.orders import HaltTrading, OrderSent, TradingRequest, Withdraw
from actors.messages.outbound import ResumeOrders, StopOrders
from actors.messages.status import Describe, DeskStatus
from actors.messages.traffic import EventBatch, Failure, Request, RequestDone, Response
from actors.orders import timeouts
from actors.orders.bookkeeping import Bookkeeping
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal, TradingHalt
from actors.orders.log_lines import log_lines, not_placed_line, terms_of
from actors.orders.order import OrderState, send_by
from actors.orders.pre_trade_checks import OrderLimits, check_order, check_pending, limits_used
from actors.orders.readiness import Readiness
from actors.orders.result_waiters import ResultWaiters
from actors.orders.sent_orders import SentOrders
from actors.orders.timeouts import CLOCK_NOISE, RECALL_TIMEOUT, REFUSAL_SETTLES, SETTLED_AFTER, TimeCome
from actors.orders.waiters import OrderWaiters
from actors.orders.waiting_orders import WaitingOrders
from actors.values import AccountKind
from actors.venues.base import Trading


class OrderDesk(RuntimeActor):
    """Owns the journal, the ledger of orders and deals, and the callers that wait for them.

    Receives ``TradingRequest``, ``OrderSent``, the ``Failure`` of what it sent, and the venue's events about
    deals. Sends orders to ``outbound``; their events and the answers to ``router``.
    """

    def __init__(
        self,
        account: AccountKind,
        limits: OrderLimits,
        venue: Trading,
        journal: Journal,
        *,
        refuses: str = "",
        router: Tellable,
        pending_desk: Tellable,
        desk_clock: DeskClock | None = None,
        **kwargs: Any,
    ) -> None:
        """``refuses`` is why the router refuses every order, ``""`` if it does not; for the status only."""
        super().__init__("order desk", **kwargs)
        self._limits = limits
        self._refusals_name_orders = venue.refusals_name_orders
        self._journal = journal
        self._refuses = refuses
        self._router, self._pending_desk = router, pending_desk
        self._outbound: Tellable
        self._clock = desk_clock or DeskClock(time.monotonic, time.time)
        self._books = Bookkeeping(account, venue, journal, self._clock, limits.verdict_delay)
        self._ledger = self._books.ledger
        self._halt = TradingHalt(journal)
        self._readiness = Readiness(venue.told_after_login)
        self._waiting = WaitingOrders()
        self._waiters = OrderWaiters()
        self._results = ResultWaiters(self._clock)
        self._sent = SentOrders()
        self._verdict: Timer | None = None
        self._upkeep = self.every(3600.0, timeouts.JournalUpkeep())

    def on_receive(self, message: Any) -> None:
        self._ledger.set_venue_clock(self._clock.reading())
        match message:
            case HaltTrading(id=waiter, reason=reason):
                self._halt_trading(waiter, reason or "halted by a person")
            case TradingRequest():
                self._trade(message)
            case Withdraw():
                self._withdraw(message)
            case OrderSent(order=order):
                if not self._sent.sent(message):
                    self._publish(self._ledger.lost(order, "its connection was lost", self._clock.utc()))
                if self._waiters.on_sent(order):
                    self._order_overdue(order)
            case Failure():
                self._not_sent(message)
            case events.ConnectionDown():
                self._connection_down(message)
            case events.ClockReport(offset=offset):
                self._clock.offset = offset
            case Reconfigure(settings=OrderLimits() as limits):
                self._limits = limits
            case events.Event():
                self._on_event(message)
            case TimeCome():
                self._on_time(message)
            case Describe():
                self.describe(message, self._status())
            case OutboundRef(outbound=outbound):
                self._outbound = outbound
                self._tell_left_behind()
            case _:
                self.unexpected(message)

    def _on_time(self, message: TimeCome) -> None:
        match message:
            case timeouts.OrderOverdue(order=order):
                self._order_overdue(order)
            case timeouts.AnswerOverdue(order=order):
                self._publish(self._sent.suspect(order))
            case timeouts.RefusalDue(at=at) if (left := at - self._clock.utc()) > CLOCK_NOISE:
                self.after(left, message)  # in a suspend the venue could contradict nothing
            case timeouts.RefusalDue(refusal=refusal):
                self._publish(self._ledger.refused(refusal))
            case timeouts.ResultOverdue():
                self._result_overdue(message)
            case timeouts.HeldBackOverdue(waiter=waiter):
                self._answer(self._readiness.give_back(waiter, "the venue has not listed its deals"))
                self._answer(self._waiting.give_back(waiter, "a like order was under way until its deadline"))
            case timeouts.VerdictDue():
                self._publish(self._ledger.check(self._clock.utc()))
            case timeouts.JournalUnsettled():
                self._keep(self._books.settle)
            case timeouts.JournalUpkeep():
                self._tidy_journal()

    def _on_event(self, event: events.Event) -> None:
        if isinstance(event, events.DealRefused) and not self._refusals_name_orders:
            self.after(REFUSAL_SETTLES, timeouts.RefusalDue(event, self._clock.utc() + REFUSAL_SETTLES))
            return
        self._publish(self._ledger.apply(event, self._clock.utc()))
        for trade in self._readiness.apply(event):
            self._trade(trade)

    def _trade(self, trade: TradingRequest) -> None:
        match command := trade.command:
            case commands.Resume():
                self._switch(trade.id, self._halt.end, events.TradingResumed())
            case commands.SettleOrder():
                self._settle(trade.id, command)
            case commands.PlaceOrder() | commands.PlacePendingOrder() if self._halt.reason is not None:
                self._answer([(trade.id, Halted(self._halt.reason))])
            case _ if not self._readiness.complete:
                self._readiness.hold_back(trade)
                self.at(trade.expires_at, timeouts.HeldBackOverdue(trade.id))
            case commands.PlaceOrder():
                self._place(trade, command)
            case commands.PlacePendingOrder():
                self._pass_on(trade, command)
            case commands.AwaitResult():
                self._await_result(trade, command)
            case commands.GetOpenedDeals():
                self._answer([(trade.id, self._ledger.open_deals())])
            case commands.GetClosedDeals():
                self._answer([(trade.id, self._ledger.closed_deals())])

    def _place(self, trade: TradingRequest, command: commands.PlaceOrder, *, waited: bool = False) -> None:
        """``waited``: it is its turn."""
        try:
            if trade.expires_at <= self.now():
                raise NotSent("its deadline has passed")
            asset = self._readiness.assets.get(command.asset)
            check_order(command, asset, self._readiness.balance, self._books.usage(), self._limits)
            if not waited and (self._is_under_way(command) or self._waiting.has_like(command)):
                self._waiting.add(trade, command)
                self.at(trade.expires_at, timeouts.HeldBackOverdue(trade.id))
                return
            order = self._books.intend(command)
        except (NotSent, RequestRefused) as error:
            if isinstance(error, Halted):
                logger.error("no order is sent until the journal can be written: {}", error)
            self._refuse(trade.id, command, error)
            return
        self._waiters.add(order.id, trade.id)
        self.at(trade.expires_at, timeouts.OrderOverdue(order.id))
        # Before the order: so the journal is settled before anything that comes of the order is handled.
        self.actor_ref.tell(timeouts.JournalUnsettled())
        expires_at = send_by(self.now(), trade.expires_at)
        self._outbound.tell(Request(trade.id, command, expires_at, urgent=True, order=order.id))

    def _is_under_way(self, command: commands.PlaceOrder) -> bool:
        blocking = self._books.blocking(command)
        return blocking is not None and blocking.state is OrderState.JOURNALED

    def _place_waiting(self) -> None:
        for trade in self._waiting.first():
            command = trade.command
            assert isinstance(command, commands.PlaceOrder)
            if not self._is_under_way(command):
                self._waiting.drop(trade.id)
                self._place(trade, command, waited=True)

    def _pass_on(self, trade: TradingRequest, command: commands.PlacePendingOrder) -> None:
        """A pending order that breaks no limit counts as one of today, and goes on to its desk."""
        try:
            if trade.expires_at <= self.now():
                raise NotSent("its deadline has passed")
            check_pending(
                command, self._readiness.assets.get(command.asset), self._books.usage(), self._limits
            )
        except (NotSent, RequestRefused) as error:
            self._refuse(trade.id, command, error)
            return
        self._books.take_pending()
        self._pending_desk.tell(trade)

    def _refuse(self, waiter: int, command: commands.OrderCommand, error: NotSent | RequestRefused) -> None:
        self._answer([(waiter, error)])
        logger.info("{}", not_placed_line(command, error))

    def _withdraw(self, withdrawn: Withdraw) -> None:
        waiter, reason = withdrawn.id, "it was withdrawn before it was sent"
        if held_back := self._readiness.give_back(waiter, reason) or self._waiting.give_back(waiter, reason):
            self._answer(held_back)
        elif order := self._waiters.order_of(waiter):
            self._order_overdue(order)
        else:
            self._answer(self._results.withdraw(waiter))
            self._pending_desk.tell(withdrawn)  # which may have it

    def _not_sent(self, failure: Failure) -> None:
        order = self._ledger.order(failure.order)
        if order is not None and order.in_flight:
            error = failure.exception
            self._publish(self._ledger.not_sent(order.id, str(error)))
            self._sent.forget(order.id)
            self._answer(self._waiters.answer(order.id, error))
            logger.info("order {} was not sent: {}: {}", order.id, terms_of(order), error)

    def _connection_down(self, down: events.ConnectionDown) -> None:
        self._ledger.logout(down.life)
        for order in self._sent.down(down):
            self._publish(self._ledger.lost(order, down.reason, self._clock.utc()))

    def _publish(self, news: list[events.Event]) -> None:
        """Journal what changed, then publish it, then answer the callers that waited for it."""
        self._keep(self._books.note)
        if news:
            self._router.tell(EventBatch(self.name, list(news)))
        self._sent.apply(news)
        self._answer([*self._waiters.apply(news), *self._results.apply(news)])
        if self._verdict is not None:
            self._verdict.cancel()
        at = self._ledger.check_at()
        self._verdict = (
            None if at is None else self.after(max(0.0, at - self._clock.utc()), timeouts.VerdictDue())
        )
        self._log(news)
        self._place_waiting()

    def _keep(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Halted as error:
            logger.error("{}", error)
        if self._books.wants_settling():
            self.after(SETTLED_AFTER, timeouts.JournalUnsettled())

    def _await_result(self, trade: TradingRequest, command: commands.AwaitResult) -> None:
        deal = self._ledger.deal(command.deal_id)
        if deal is None:
            self._answer([(trade.id, RequestRefused(f"there is no deal {command.deal_id!r}"))])
        elif deal.outcome is not None:
            self._answer([(trade.id, deal)])
        else:
            for delay, due in self._results.add(trade, deal, self.now()):
                self.after(delay, due)

    def _result_overdue(self, due: timeouts.ResultOverdue) -> None:
        if longer := self._results.longer(due, self._ledger.deal(due.deal)):
            self.after(longer, due)
        else:
            self._answer(self._results.overdue(due))

    def _order_overdue(self, order: str) -> None:
        """Ask an order back that may not have left; it is in doubt if it has, or if the way out is silent."""
        if (recalled := self._waiters.recall(order)) is not None:
            self._outbound.tell(RequestDone(recalled, succeeded=False))
            self.after(RECALL_TIMEOUT, timeouts.OrderOverdue(order))
        elif self._waiters.has(order):
            self._publish(self._ledger.overdue(order, "no answer by the deadline"))
            self.after(self._limits.verdict_delay, timeouts.AnswerOverdue(order))
            self._answer(self._waiters.answer(order, self._ledger.unknown(order)))

    def _settle(self, waiter: int, command: commands.SettleOrder) -> None:
        try:
            news = self._books.settle_order(command.order, command.opened, command.reason)
        except (RequestRefused, Halted) as error:
            self._answer([(waiter, error)])
            return
        self._publish(news)
        self._answer([(waiter, None)])

    def _halt_trading(self, waiter: int, reason: str) -> None:
        self._outbound.tell(StopOrders(reason))
        self._switch(waiter, lambda: self._halt.begin(reason), events.TradingHalted(reason))
        held_back = [*self._readiness.take_orders(), *self._waiting.take_all()]
        self._answer((trade.id, Halted(reason)) for trade in held_back)

    def _switch(
        self, waiter: int, switch: Callable[[], Any], news: events.TradingHalted | events.TradingResumed
    ) -> None:
        """Begin or end the halt; ``news`` is published if that is the state now, journaled or not."""
        try:
            outcome = switch()
        except Halted as error:
            logger.error("{}", error)
            outcome = error
        if (self._halt.reason is None) is isinstance(news, events.TradingResumed):
            if self._halt.reason is None:
                self._outbound.tell(ResumeOrders())
            self._router.tell(EventBatch(self.name, [news]))
            self._log([news])
        self._answer([(waiter, outcome)])

    def _tell_left_behind(self) -> None:
        """Publish what the last runtime left: a halt, orders in doubt."""
        left = [*self._halt.news(), *self._ledger.doubts()]
        self._router.tell(EventBatch(self.name, list(left)))
        if (refusal := self._journal.refusal()) is not None:
            logger.error("no order is sent, streams go on: {}; see docs/operating.md, then restart", refusal)
        else:
            self._log(left)

    def _tidy_journal(self) -> None:
        self._upkeep.last_error = ""
        try:
            self._journal.tidy()
        except Halted as error:
            logger.warning("{}", error)
            self._upkeep.last_error = str(error)

    def _status(self) -> DeskStatus:
        return DeskStatus(
            halted=self._journal.refusal() if self._halt.reason is None else self._halt.reason,
            in_flight=len(self._ledger.orders_in_flight()),
            in_doubt=len(self._ledger.orders_in_doubt()),
            open_deals=len(self._ledger.open_deals()),
            closed_deals=len(self._ledger.closed_deals()),
            refuses=self._refuses,
            limits=limits_used(self._books.usage(), self._limits),
        )

    def _log(self, news: Sequence[events.Event]) -> None:
        for line in log_lines(news, self._ledger.order):
            logger.log(line.level, "{}", line.text)

    def _answer(self, answers: Iterable[tuple[int, Any]]) -> None:
        for waiter, outcome in answers:
            failed = isinstance(outcome, RequestError)
            self._router.tell(Failure.of(waiter, outcome) if failed else Response(waiter, outcome))

    def release(self, unhandled: list[Any]) -> None:
        for message in unhandled:
            if isinstance(message, Failure):
                self._not_sent(message)
            elif isinstance(message, TradingRequest) and isinstance(message.command, commands.OrderCommand):
                self._answer([(message.id, NotSent("the runtime stopped before it was sent"))])
        for callers in (self._readiness, self._waiting, self._waiters, self._results):
            self._answer(callers.unanswered())
        self._journal.close()
