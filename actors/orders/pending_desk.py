"""The desk for pending orders: each is journaled before it is sent, sent once, and followed to its end."""

import contextlib
import time
from typing import Any

import pykka
from loguru import logger

from actors.engine.clock import counts_suspends, this_boot
from actors.errors import Halted, NotSent, RequestError, RequestRefused
from actors.messages import commands, events
from actors.messages.lifecycle import Tellable
from actors.messages.orders import OrderSent, TradingRequest, Withdraw
from actors.messages.status import Describe, PendingStatus
from actors.messages.traffic import Failure, Request, RequestDone
from actors.orders import timeouts
from actors.orders.desk import Desk
from actors.orders.desk_clock import DeskClock
from actors.orders.journal import Journal
from actors.orders.log_lines import not_placed_line, terms_of
from actors.orders.messages import CancellationDue, PendingCounted, PendingDeskRefs, PendingRefusalDue
from actors.orders.order import Order
from actors.orders.pending_books import PendingBooks
from actors.orders.pending_requests import Answer, PendingRequests, cancelled_or_opened, not_cancelled
from actors.orders.timeouts import CLOCK_NOISE, REFUSAL_SETTLES, TimeCome
from actors.orders.waiters import STOPPED_UNSENT
from actors.values import AccountKind
from actors.venues.base import Trading


class PendingDesk(Desk):
    """Owns the pending orders of this runtime, and the requests about pending orders that wait.

    Placements leave one at a time, because the venue's answers name no request. Receives ``TradingRequest``,
    ``OrderSent`` and the ``Failure`` of a placement from the order desk, which keeps the limits, and the
    venue's events. Sends requests to ``outbound``; events and answers to ``router``. It writes into the
    journal of the order desk, in the same thread, and closes it, since it ends after that desk.
    """

    kind = "pending order"
    _books: PendingBooks

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
        clock = desk_clock or DeskClock(time.monotonic, time.time, counts_suspends, this_boot())
        self._books = PendingBooks(account, venue, journal, clock, verdict_delay, self._count)
        super().__init__("pending desk", self._books, clock, router, verdict_delay, **kwargs)
        self._order_desk: Tellable
        self._ledger = self._books.ledger
        self._requests = PendingRequests()
        self._halted: str | None = None

    def on_receive(self, message: Any) -> None:
        match message:
            case TradingRequest():
                self._trade(message)
            case Withdraw(id=waiter):
                self._withdraw(waiter)
            case OrderSent(order=order) if self._ledger.order(order) is None:
                pass  # that of an order so old that neither desk knows it any more
            case RequestDone(id=waiter):
                self._requests.forget(waiter)
            case Describe():
                self.describe(message, self._status())
            case PendingDeskRefs():
                self._order_desk = message.order_desk
                self._outbound, self._way_out_ended = message.outbound, message.ended
                self._publish(self._ledger.doubts())  # those that the last runtime left
            case _:
                super().on_receive(message)

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
                if self._ledger.in_doubt():
                    self._publish([])  # a verdict may be due earlier, or later
            case events.ConnectionUp():
                self._ledger.login(event.life)
            case events.ConnectionDown():
                self._ledger.logout(event.life)
                self._connection_down(event)
            case events.TradingHalted(reason=reason):
                self._halted = reason
                for trade in self._requests.take_placements():
                    self._refuse(trade, Halted(reason))
            case events.TradingResumed():
                self._halted = None

    def _on_time(self, message: TimeCome) -> None:
        match message:
            case timeouts.HeldBackOverdue(waiter=waiter):
                late = "it waited until its deadline for the placement before it"
                self._answer_unsent(self._requests.withdraw_placement(waiter, late))
                self._answer(self._requests.overdue(waiter, self._why_no_list()))
            case PendingRefusalDue(at=at) if (left := at - self._clock.utc()) > CLOCK_NOISE:
                self.after(left, message)  # in a suspend the venue could contradict nothing
            case CancellationDue(at=at) if (left := at - self._clock.utc()) > CLOCK_NOISE:
                self.after(left, message)
            case CancellationDue(order=gone, since=since) if self._ledger.known(gone.ticket) is None:
                outcome = cancelled_or_opened(gone.ticket, self._ledger.opened_of(gone, since))
                self._answer(self._requests.answer_cancellation(gone.ticket, outcome))
            case CancellationDue():
                pass  # the list of another connection has it again
            case PendingRefusalDue(order=order, reason=reason):
                self._publish(self._ledger.refused(order, reason, self._clock.utc()))
            case _:
                super()._on_time(message)

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
            self._join(first.id, trade.id, trade.expires_at)
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

    def _withdraw(self, waiter: int) -> None:
        withdrawn = self._requests.withdraw_placement(waiter, "it was withdrawn before it was sent")
        self._answer_unsent(withdrawn)
        if order := self._waiters.order_of(waiter):
            self._give_up(order, waiter)

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
        """A cancellation whose ticket the venue had, and has no more, is done, unless it is soon told that
        the venue has opened the order."""
        had = [known for each in self._requests.cancellations() if (known := self._ledger.known(each))]
        self._publish(self._ledger.listed_now(event, now))
        for order, since in had:
            if self._ledger.known(order.ticket) is None:
                self.after(REFUSAL_SETTLES, CancellationDue(order, since, now + REFUSAL_SETTLES))

    def _go_on(self) -> None:
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

    def _refuse(self, trade: TradingRequest, error: RequestError) -> None:
        self._answer_unsent([(trade.id, error)])
        assert isinstance(trade.command, commands.PlacePendingOrder)
        logger.info("{}", not_placed_line(trade.order, trade.command, error))

    def _answer_unsent(self, answers: list[Answer]) -> None:
        """Placements that do not count as orders of today: none was made of them."""
        for waiter, _ in answers:
            self._books.count_none(waiter)
        self._answer(answers)

    def _count(self, counted: PendingCounted) -> None:
        with contextlib.suppress(pykka.ActorDeadError):  # it counts nothing any more
            self._order_desk.tell(counted)

    def _status(self) -> PendingStatus:
        ledger = self._ledger
        return PendingStatus(
            *(ledger.count_placed(), len(ledger.in_flight()), len(ledger.in_doubt())),
            write_times=self._books.write_times,
        )

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
        self._end_all_unsent()
        self._answer([*self._requests.unanswered(), *self._waiters.unanswered()])
