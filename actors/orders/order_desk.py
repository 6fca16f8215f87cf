"""The order desk: an order is journaled before it is sent, sent once, and followed to its outcome."""

import time
from collections.abc import Iterable
from typing import Any

from loguru import logger
from msgspec import structs

from actors.engine.clock import counts_suspends, this_boot
from actors.errors import Halted, NotSent, RequestError, RequestRefused
from actors.messages import commands, events
from actors.messages.control import Reconfigure
from actors.messages.lifecycle import OutboundRef, Tellable
from actors.messages.orders import HaltTrading, OrderSent, TradingRequest, Withdraw
from actors.messages.outbound import ResumeOrders, StopOrders
from actors.messages.status import Describe
from actors.messages.traffic import EventBatch, Failure
from actors.orders import timeouts
from actors.orders.bookkeeping import Bookkeeping
from actors.orders.desk import Desk
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal, TradingHalt
from actors.orders.log_lines import not_placed_line
from actors.orders.messages import PendingCounted
from actors.orders.order import Order
from actors.orders.pre_trade_checks import OrderLimits, check_order, check_pending
from actors.orders.readiness import Readiness
from actors.orders.result_waiters import ResultStep, ResultWaiters
from actors.orders.timeouts import CLOCK_NOISE, REFUSAL_SETTLES, TimeCome
from actors.orders.waiters import STOPPED_UNSENT
from actors.orders.waiting_orders import WaitingOrders
from actors.values import AccountKind
from actors.venues.base import Trading


class OrderDesk(Desk):
    """Owns the journal, the ledger of orders and deals, and the callers that wait for them.

    Receives ``TradingRequest``, ``OrderSent``, the ``Failure`` of what it sent, and the venue's events about
    deals. Sends orders to ``outbound``; their events and the answers to ``router``.
    """

    kind = "order"
    _books: Bookkeeping

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
        """``refuses`` is why every order is refused, ``""`` if orders are sent."""
        clock = desk_clock or DeskClock(time.monotonic, time.time, counts_suspends, this_boot())
        self._books = Bookkeeping(account, venue, journal, clock, limits.verdict_delay)
        super().__init__("order desk", self._books, clock, router, limits.verdict_delay, **kwargs)
        self._limits = limits
        self._refusals_name_orders = venue.refusals_name_orders
        self._journal, self._refuses = journal, refuses
        self._pending_desk = pending_desk
        self._ledger = self._books.ledger
        self._halt = TradingHalt(journal)
        self._readiness = Readiness(venue.told_after_login)
        self._waiting = WaitingOrders()
        self._withdrawn: set[int] = set()  # requests that may still wait in the inbox
        self._results = ResultWaiters(self._clock, self._ledger.deals)
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
            case OrderSent(order=order) | Failure(order=order) if self._ledger.order(order) is None:
                self._pending_desk.tell(message)
            case PendingCounted():
                self._books.count_pending(message)
            case OrderSent(order=order):
                self._ledger.carried(order, message.life)
                super().on_receive(message)
            case events.ConnectionDown():
                self._ledger.logout(message.life)
                self._connection_down(message)
            case events.ClockReport(offset=offset):
                self._clock.offset = offset
                self._ledger.set_venue_clock(self._clock.reading())
                self._publish([])  # a verdict may have waited for it
            case Reconfigure(settings=OrderLimits() as limits):
                self._limits, self._verdict_delay = limits, limits.verdict_delay
            case Describe():
                self.describe(message, self._books.status(self._halt.reason, self._refuses, self._limits))
            case OutboundRef(outbound=outbound, ended=ended):
                self._outbound, self._way_out_ended = outbound, ended
                self._tell_left_behind()
            case _:
                super().on_receive(message)

    def _on_time(self, message: TimeCome) -> None:
        match message:
            case timeouts.RefusalDue(at=at) if (left := at - self._clock.utc()) > CLOCK_NOISE:
                self.after(left, message)  # in a suspend the venue could contradict nothing
            case timeouts.RefusalDue(refusal=refusal):
                self._publish(self._ledger.refused(refusal))
            case timeouts.ResultOverdue():
                self._wait_for_result(self._results.overdue(message))
            case timeouts.HeldBackOverdue(waiter=waiter):
                self._answer(self._readiness.give_back(waiter, "the venue has not listed its deals"))
                self._answer(self._waiting.give_back(waiter, "a like order was under way until its deadline"))
            case timeouts.JournalUpkeep():
                if error := self._books.tidy():
                    logger.warning("{}", error)
                self._upkeep.last_error = error
            case _:
                super()._on_time(message)

    def _on_event(self, event: events.Event) -> None:
        if isinstance(event, events.DealRefused) and not self._refusals_name_orders:
            self.after(REFUSAL_SETTLES, timeouts.RefusalDue(event, self._clock.utc() + REFUSAL_SETTLES))
            return
        self._publish(self._ledger.apply(event, self._clock.utc()))
        for record, difference in self._ledger.deals.take_contradicted():
            logger.warning(
                "deal {} of order {} is listed with {}, which is not believed: compare with the venue's page",
                record.deal.id,
                record.order,
                difference,
            )
        for told, now in self._ledger.deals.take_corrected():
            logger.warning(
                "deal {} was told with profit {}, and the venue lists it with {}, which counts: compare with"
                " the venue's page",
                told.id,
                told.profit,
                now.profit,
            )
        for trade in self._readiness.apply(event):
            self._trade(trade)

    def _trade(self, trade: TradingRequest) -> None:
        if trade.id in self._withdrawn:
            self._withdrawn.discard(trade.id)
            trade = structs.replace(trade, expires_at=self.now(), waits_until=self.now())
        match command := trade.command:
            case commands.Resume():
                self._resume(trade.id)
            case commands.SettleOrder() | commands.PlacePendingOrder() if self._books.is_pending(command):
                self._pending_desk.tell(trade)
            case commands.SettleOrder():
                self._settle(trade.id, command)
            case commands.PlaceOrder() if self._repeats(trade, command):
                pass
            case commands.PlaceOrder() | commands.PlacePendingOrder() if self._refuses:
                self._refuse(trade, command, RequestRefused(self._refuses))
            case commands.PlaceOrder() | commands.PlacePendingOrder() if self._halt.reason is not None:
                self._answer([(trade.id, Halted(self._halt.reason))])
            case _ if not self._readiness.complete:
                self._readiness.hold_back(trade)
                self.at(trade.expires_at, timeouts.HeldBackOverdue(trade.id))
            case commands.PlaceOrder():
                self._place(trade, command)
            case commands.PlacePendingOrder():
                self._pass_on(trade, command)
            case _:
                self._wait_for_result(self._results.request(trade, self.now()))

    def _repeats(self, trade: TradingRequest, command: commands.PlaceOrder) -> bool:
        """Whether an order of its id answers it, now or when it is known what became of that one."""
        first = self._waiting.conflict(command) or self._books.first(command)
        if isinstance(first, Order):
            self._join(first.id, trade.id, trade.expires_at)
        elif first is not None:
            self._answer([(trade.id, first)])
        return first is not None

    def _place(self, trade: TradingRequest, command: commands.PlaceOrder, *, waited: bool = False) -> None:
        """``waited``: it is its turn."""
        try:
            if trade.expires_at <= self.now():
                raise NotSent("its deadline has passed")
            ready = self._readiness
            check_order(command, ready.assets, ready.balance, self._books.usage(), self._limits)
            if not waited and (self._books.is_like_under_way(command) or self._waiting.has_like(command)):
                self._waiting.add(trade, command)
                self.at(trade.expires_at, timeouts.HeldBackOverdue(trade.id))
                return
            order = self._books.intend(command, trade.order)
        except (NotSent, RequestRefused) as error:
            if isinstance(error, Halted):
                logger.error("no order is sent until the journal can be written: {}", error)
            self._refuse(trade, command, error)
            return
        self._waiters.add(order.id, trade.id, trade.expires_at)
        for same in (trade, *self._waiting.take(command)):
            self._join(order.id, same.id, same.expires_at)
        # Before the order: so the journal is settled before anything that comes of the order is handled.
        self.actor_ref.tell(timeouts.JournalUnsettled())
        self._send(order, trade.id, trade.expires_at)

    def _go_on(self) -> None:
        for trade in self._waiting.first():
            command = trade.command
            assert isinstance(command, commands.PlaceOrder)
            if not self._books.is_like_under_way(command):
                self._waiting.drop(trade.id)
                if not self._repeats(trade, command):
                    self._place(trade, command, waited=True)

    def _pass_on(self, trade: TradingRequest, command: commands.PlacePendingOrder) -> None:
        """A pending order that breaks no limit counts as one of today, and goes on to its desk."""
        try:
            if trade.expires_at <= self.now():
                raise NotSent("its deadline has passed")
            earliest = self._clock.certainly_past()
            check_pending(command, self._readiness.assets, self._books.usage(), self._limits, earliest)
        except (NotSent, RequestRefused) as error:
            self._refuse(trade, command, error)
            return
        self._books.take_pending(trade.id)
        self._pending_desk.tell(trade)

    def _refuse(self, trade: TradingRequest, command: commands.OrderCommand, error: RequestError) -> None:
        self._answer([(trade.id, error)])
        logger.info("{}", not_placed_line(trade.order, command, error))

    def _withdraw(self, withdrawn: Withdraw) -> None:
        waiter, reason = withdrawn.id, "it was withdrawn before it was sent"
        if held_back := self._readiness.give_back(waiter, reason) or self._waiting.give_back(waiter, reason):
            self._answer(held_back)
        elif order := self._waiters.order_of(waiter):
            self._give_up(order, waiter)
        else:
            self._answer(self._results.withdraw(waiter))
            self._pending_desk.tell(Withdraw(waiter))  # which may have it
            if not self.inbox.empty():  # the request may be in there
                self._withdrawn.add(waiter)

    def _answers_of(self, news: list[events.Event]) -> Iterable[tuple[int, Any]]:
        return [*super()._answers_of(news), *self._results.apply(news)]

    def _wait_for_result(self, step: ResultStep) -> None:
        for delay, due in step.dues:
            self.after(delay, due)
        self._answer(step.answers)

    def _halt_trading(self, waiter: int, reason: str) -> None:
        self._tell_outbound(StopOrders(reason))
        self._on_switched(waiter, *self._halt.begin(reason))
        held_back = [*self._readiness.take_orders(), *self._waiting.take_all()]
        self._answer((trade.id, Halted(reason)) for trade in held_back)

    def _resume(self, waiter: int) -> None:
        outcome, news = self._halt.end()
        if news:
            self._tell_outbound(ResumeOrders())
        self._on_switched(waiter, outcome, news)

    def _on_switched(self, waiter: int, outcome: bool | Halted | None, news: list[events.Event]) -> None:
        if isinstance(outcome, Halted):
            logger.error("{}", outcome)
        if news:
            self._router.tell(EventBatch(self.name, list(news)))
            self._log(news)
        self._answer([(waiter, outcome)])

    def _tell_left_behind(self) -> None:
        """Publish what the last runtime left: a halt, orders in doubt."""
        left = [*self._halt.news(), *self._ledger.doubts()]
        self._router.tell(EventBatch(self.name, list(left)))
        if (refusal := self._journal.refusal()) is not None:
            logger.error("no order is sent, streams go on: {}; see docs/operating.md, then restart", refusal)
        else:
            self._log(left)

    def release(self, unhandled: list[Any]) -> None:
        """No order is placed any more; what became of the others counts, as far as it has come."""
        for held_back in (self._readiness, self._waiting):
            self._answer(held_back.unanswered())
        for message in unhandled:
            match message:
                case TradingRequest(command=commands.PlaceOrder() as same) if self._repeats(message, same):
                    pass
                case TradingRequest(command=commands.PlaceOrder() | commands.PlacePendingOrder()):
                    self._answer([(message.id, NotSent(STOPPED_UNSENT))])
                case OrderSent() | Failure() | HaltTrading() | events.Event():
                    self.on_receive(message)
        self._end_all_unsent()
        for callers in (self._waiters, self._results):
            self._answer(callers.unanswered())
