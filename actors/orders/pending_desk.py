"""The desk for pending orders: each is journaled before it is sent, sent once, and followed to its end."""

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Any

import pykka
from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.engine.clock import counts_suspends, this_boot
from actors.engine.timers import Timer
from actors.errors import Halted, NotSent, OrderUnknown, RequestError, RequestRefused
from actors.messages import commands, events
from actors.messages.orders import OrderSent, TradingRequest, Withdraw
from actors.messages.status import Describe, PendingStatus
from actors.messages.traffic import EventBatch, Failure, Request, RequestDone, Response
from actors.orders import timeouts
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.log_lines import log_lines, not_placed_line, terms_of
from actors.orders.messages import PendingCounted, PendingDeskRefs, PendingRefusalDue
from actors.orders.order import Order, OrderState, send_by
from actors.orders.pending_books import PendingBooks
from actors.orders.pending_requests import Answer, PendingRequests, not_cancelled
from actors.orders.repetition import command_of
from actors.orders.sent_orders import SentOrders
from actors.orders.timeouts import CLOCK_NOISE, RECALL_TIMEOUT, REFUSAL_SETTLES, SETTLED_AFTER, TimeCome
from actors.orders.waiters import SHARED, STOPPED_UNSENT, OrderWaiters
from actors.values import AccountKind
from actors.venues.base import Trading


class PendingDesk(RuntimeActor):
    """Owns the pending orders of this runtime, and the requests about pending orders that wait.

    Placements leave one at a time, because the venue's answers name no request. Receives ``TradingRequest``,
    ``OrderSent`` and the ``Failure`` of a placement from the order desk, which keeps the limits, and the
    venue's events. Sends requests to ``outbound``; events and answers to ``router``. It writes into the
    journal of the order desk, in the same thread, and closes it, since it ends after that desk.
    """

    def __init__(
        self,
        account: AccountKind,
        venue: Trading,
        journal: Journal,
        verdict_delay: float,
        *,
        router: Any,
        desk_clock: DeskClock | None = None,
        **kwargs: Any,
    ) -> None:
        """``verdict_delay`` is that of ``OrderLimits``."""
        super().__init__("pending desk", **kwargs)
        self._verdict_delay = verdict_delay
        self._router = router
        self._refs: PendingDeskRefs
        self._clock = desk_clock or DeskClock(time.monotonic, time.time, counts_suspends, this_boot())
        self._books = PendingBooks(account, venue, journal, self._clock, verdict_delay, self._count)
        self._ledger = self._books.ledger
        self._requests = PendingRequests()
        self._waiters = OrderWaiters()
        self._sent = SentOrders()
        self._halted: str | None = None
        self._verdict: Timer | None = None

    def on_receive(self, message: Any) -> None:
        match message:
            case TradingRequest():
                self._trade(message)
            case Withdraw(id=waiter):
                self._withdraw(waiter)
            case OrderSent(order=order) if self._ledger.order(order) is None:
                pass  # that of an order so old that neither desk knows it any more
            case OrderSent(order=order):
                if not self._sent.sent(message):
                    self._publish(self._ledger.lost(order, "its connection was lost", self._clock.utc()))
                for waiter in self._waiters.on_sent(order):
                    self._give_up(order, waiter)
            case Failure():
                self._not_sent(message)
            case events.Event():
                self._on_event(message)
            case RequestDone(id=waiter):
                self._requests.forget(waiter)
            case TimeCome():
                self._on_time(message)
            case Describe():
                self.describe(message, self._status())
            case PendingDeskRefs():
                self._refs = message
                self._publish(self._ledger.doubts())  # those that the last runtime left
            case _:
                self.unexpected(message)

    def _on_event(self, event: events.Event) -> None:
        now = self._clock.utc()
        match event:
            case events.ClockReport(offset=offset):
                self._clock.offset = offset
            case events.PendingAnswered():
                self._on_answered(event, now)
            case events.PendingOrdersListed():
                self._on_listed(event, now)
            case events.DealsOpen() | events.DealsClosed() | events.OrderOpened():
                self._ledger.deals_listed(event, now)
                self._publish([])
            case events.ConnectionUp():
                self._ledger.login(event.life)
            case events.ConnectionDown():
                self._ledger.logout(event.life)
                for order in self._sent.down(event):
                    self._publish(self._ledger.lost(order, event.reason, now))
            case events.TradingHalted(reason=reason):
                self._halted = reason
                for trade in self._requests.take_placements():
                    self._refuse(trade, Halted(reason))
            case events.TradingResumed():
                self._halted = None

    def _on_time(self, message: TimeCome) -> None:
        match message:
            case timeouts.OrderOverdue(order=order, waiter=waiter):
                self._give_up(order, waiter)
            case timeouts.AnswerOverdue(order=order):
                self._publish(self._sent.suspect(order))
            case timeouts.HeldBackOverdue(waiter=waiter):
                late = "it waited until its deadline for the placement before it"
                self._answer_unsent(self._requests.withdraw_placement(waiter, late))
                self._answer(self._requests.overdue(waiter, self._why_no_list()))
            case timeouts.VerdictDue():
                self._publish(self._ledger.check(self._clock.utc()))
            case timeouts.JournalUnsettled():
                self._keep(self._books.settle)
            case PendingRefusalDue(at=at) if (left := at - self._clock.utc()) > CLOCK_NOISE:
                self.after(left, message)  # in a suspend the venue could contradict nothing
            case PendingRefusalDue(order=order, reason=reason):
                self._publish(self._ledger.refused(order, reason, self._clock.utc()))

    # Requests

    def _trade(self, trade: TradingRequest) -> None:
        match command := trade.command:
            case commands.PlacePendingOrder():
                self._place(trade, command)
            case commands.CancelPendingOrder():
                self._cancel(trade, command)
            case commands.GetPendingOrders():
                self._requests.add_for_list(trade.id)
                self.at(trade.expires_at, timeouts.HeldBackOverdue(trade.id))
                self._answer_list()
            case commands.SettleOrder():
                self._settle(trade.id, command)

    def _place(self, trade: TradingRequest, command: commands.PlacePendingOrder) -> None:
        if self._repeats(trade, command):
            return
        if self._halted is not None:
            self._refuse(trade, Halted(self._halted))
        elif trade.expires_at <= self.now():
            self._refuse(trade, NotSent("its deadline has passed"))
        elif (command.open_at is None) is (command.open_price is None):
            self._refuse(trade, RequestRefused("either open_at or open_price has to be given"))
        else:
            self._requests.add_placement(trade)
            self.at(trade.expires_at, timeouts.HeldBackOverdue(trade.id))
            self._send_next()

    def _repeats(self, trade: TradingRequest, command: commands.PlacePendingOrder) -> bool:
        """Whether a pending order of its id answers it, now or when it is known what became of that one."""
        first = self._books.first(command)
        if isinstance(first, Order):
            self._waiters.join(first.id, trade.id, trade.expires_at)
            self.at(trade.expires_at, timeouts.OrderOverdue(first.id, trade.id))
        elif first is not None:
            self._answer([(trade.id, first)])
        if first is not None:
            self._books.count_none(trade.id)
        return first is not None

    def _send_next(self) -> None:
        while self._ledger.under_way() is None and (trade := self._requests.next_placement()):
            command = trade.command
            assert isinstance(command, commands.PlacePendingOrder)
            if self._repeats(trade, command):
                continue
            try:
                order = self._books.intend(trade, command)
            except NotSent as error:
                if isinstance(error, Halted):
                    logger.error("no pending order is sent until the journal can be written: {}", error)
                self._refuse(trade, error)
                continue
            self._keep(self._books.settle)
            self._waiters.add(order.id, trade.id, trade.expires_at)
            self.at(trade.expires_at, timeouts.OrderOverdue(order.id, trade.id))
            self._send(order, trade.id, trade.expires_at)

    def _send(self, order: Order, waiter: int, deadline: float) -> None:
        """The order leaves in the name of ``waiter``."""
        self._sent.on_way_out(order.id, waiter)
        expires_at = send_by(self.now(), deadline)
        request = Request(waiter, command_of(order), expires_at, urgent=True, order=order.id)
        if not self._tell_outbound(request):
            self._not_sent(request.failure(NotSent(STOPPED_UNSENT)))

    def _cancel(self, trade: TradingRequest, command: commands.CancelPendingOrder) -> None:
        """A cancellation costs nothing: it is sent even if the journal cannot take it."""
        if busy := self._requests.add_cancellation(trade, command):
            self._answer(busy)
            return
        self._ledger.cancelling(command.ticket)
        self._keep(self._books.write)
        self.at(trade.expires_at, timeouts.HeldBackOverdue(trade.id))
        if not self._tell_outbound(Request(trade.id, command, trade.expires_at, urgent=True)):
            self._answer(self._requests.answer_cancellation(command.ticket, NotSent(STOPPED_UNSENT)))

    def _settle(self, waiter: int, command: commands.SettleOrder) -> None:
        try:
            news = self._books.settle_order(command.order, command.opened, command.reason)
        except (RequestRefused, Halted) as error:
            self._answer([(waiter, error)])
            return
        self._publish(news)
        self._answer([(waiter, None)])

    def _withdraw(self, waiter: int) -> None:
        withdrawn = self._requests.withdraw_placement(waiter, "it was withdrawn before it was sent")
        self._answer_unsent(withdrawn)
        if order := self._waiters.order_of(waiter):
            self._give_up(order, waiter)

    def _give_up(self, order: str, waiter: int) -> None:
        """As that of the order desk: ask the order back if no other waits for it; it is in doubt if it has
        left, or if the way out is silent."""
        if (recalled := self._waiters.recall(order, waiter)) is not None:
            self._tell_outbound(RequestDone(recalled, succeeded=False))
            self.after(RECALL_TIMEOUT, timeouts.OrderOverdue(order, waiter))
        elif self._waiters.shared(order, waiter):
            self._answer(self._waiters.answer_one(order, waiter, OrderUnknown(SHARED, order)))
        elif self._waiters.has(order, waiter):
            if self._waiters.decides(order, waiter):
                self._publish(self._ledger.overdue(order, "no answer by the deadline", self._clock.utc()))
                self.after(self._verdict_delay, timeouts.AnswerOverdue(order))
            self._answer(self._waiters.answer_one(order, waiter, self._ledger.unknown(order)))

    def _not_sent(self, failure: Failure) -> None:
        order, request = self._ledger.order(failure.order), failure.request
        if order is None or not order.in_flight or not self._sent.is_carried_by(order.id, request):
            return
        if order.state is OrderState.JOURNALED and (
            next_waiter := self._waiters.next_waiter(order.id, request, self.now())
        ):
            self._answer(self._waiters.answer_gone(order.id, OrderUnknown(SHARED, order.id)))
            self._send(order, *next_waiter)
            return
        self._end_unsent(order, failure.exception)

    def _end_unsent(self, order: Order, error: RequestError) -> None:
        answers = self._waiters.answer(order.id, error)
        self._sent.forget(order.id)
        logger.info("pending order {} was not sent: {}: {}", order.id, terms_of(order), error)
        self._publish(self._ledger.not_sent(order.id, str(error)))
        self._answer(answers)

    # What the venue says

    def _on_answered(self, answer: events.PendingAnswered, now: float) -> None:
        ticket, reason = answer.ticket, answer.reason
        if ticket and reason:
            logger.info("pending order {} was not cancelled: {}", ticket, reason)
            refused = not_cancelled(ticket, reason, self._ledger.listed())
            self._answer(self._requests.answer_cancellation(ticket, refused))
        elif ticket:
            logger.info("pending order {} was cancelled", ticket)
            self._ledger.cancelled(ticket, answer.connection, now)
            self._publish([])
            self._answer(self._requests.answer_cancellation(ticket, ticket))
        elif reason:
            if order := self._ledger.meant_by(answer):
                self.after(REFUSAL_SETTLES, PendingRefusalDue(order, reason, now + REFUSAL_SETTLES))
        elif answer.order is not None:
            self._publish(self._ledger.placed(answer, now))

    def _on_listed(self, event: events.PendingOrdersListed, now: float) -> None:
        """A cancellation whose ticket the venue had, and has no more, is done."""
        had = [ticket for ticket in self._requests.cancellations() if self._ledger.has(ticket)]
        self._publish(self._ledger.listed_now(event, now))
        for ticket in had:
            if not self._ledger.has(ticket):
                self._answer(self._requests.answer_cancellation(ticket, ticket))

    def _publish(self, news: list[events.Event]) -> None:
        """Journal what changed, then publish it, then answer the callers that waited for it."""
        self._keep(self._books.note)
        if news:
            self._router.tell(EventBatch(self.name, list(news)))
        self._sent.apply(news)
        self._answer(self._waiters.apply(news))
        self._log(news)
        if self._verdict is not None:
            self._verdict.cancel()
        now = self._clock.utc()
        at = self._ledger.check_at(now)
        self._verdict = None if at is None else self.after(max(0.0, at - now), timeouts.VerdictDue())
        self._answer_list()
        self._send_next()

    def _answer_list(self) -> None:
        """Unless an order is in doubt that the venue may have and has not listed: no list that is older than
        a doubt is an answer."""
        listed = self._ledger.listed()
        if listed is not None and not self._ledger.not_in_the_list(self._clock.utc()):
            self._answer(self._requests.answer_for_list(listed))

    def _why_no_list(self) -> str:
        doubts = self._ledger.not_in_the_list(self._clock.utc())
        if not doubts:
            return "the venue has sent no list of pending orders"
        named = ", ".join(f"{order.id} ({terms_of(order)})" for order in doubts)
        return f"the venue has sent no list since these pending orders are in doubt: {named}"

    def _keep(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Halted as error:
            logger.error("{}", error)
        if self._books.wants_settling():
            self.after(SETTLED_AFTER, timeouts.JournalUnsettled())

    def _refuse(self, trade: TradingRequest, error: RequestError) -> None:
        self._answer_unsent([(trade.id, error)])
        assert isinstance(trade.command, commands.PlacePendingOrder)
        logger.info("{}", not_placed_line(trade.order, trade.command, error))

    def _answer_unsent(self, answers: list[Answer]) -> None:
        """Placements that do not count as orders of today: none was made of them."""
        for waiter, _ in answers:
            self._books.count_none(waiter)
        self._answer(answers)

    def _answer(self, answers: Iterable[Answer]) -> None:
        for waiter, value in answers:
            failed = isinstance(value, RequestError)
            self._router.tell(Failure.of(waiter, value) if failed else Response(waiter, value))

    def _count(self, counted: PendingCounted) -> None:
        with contextlib.suppress(pykka.ActorDeadError):  # it counts nothing any more
            self._refs.order_desk.tell(counted)

    def _tell_outbound(self, message: Any) -> bool:
        """Whether the way out took it: while the runtime stops, it may have ended."""
        try:
            self._refs.outbound.tell(message)
        except pykka.ActorDeadError:
            return False
        return True

    def _log(self, news: Iterable[events.Event]) -> None:
        for line in log_lines(news, self._ledger.order):
            logger.log(line.level, "{}", line.text)

    def _status(self) -> PendingStatus:
        ledger = self._ledger
        return PendingStatus(ledger.count_placed(), len(ledger.in_flight()), len(ledger.in_doubt()))

    def release(self, unhandled: list[Any]) -> None:
        try:
            self._end(unhandled)
        finally:
            self._books.close()

    def _end(self, unhandled: list[Any]) -> None:
        """Nothing is placed any more; what became of the others counts, as far as it has come."""
        self._answer(self._requests.unanswered())
        for message in unhandled:
            match message:
                case TradingRequest(command=commands.PlacePendingOrder() as same) if self._repeats(
                    message, same
                ):
                    pass
                case TradingRequest(command=commands.PlacePendingOrder()):
                    self._answer([(message.id, NotSent(STOPPED_UNSENT))])
                case OrderSent() | Failure() | events.Event():
                    self.on_receive(message)
        if self._refs.ended():
            for order in filter(None, map(self._ledger.order, self._waiters.not_left())):
                self._end_unsent(order, NotSent(STOPPED_UNSENT))
        self._answer([*self._requests.unanswered(), *self._waiters.unanswered()])
