"""What both desks do with an order that is in the journal: send it, ask it back, follow it, answer for it."""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Protocol

import pykka
from loguru import logger

from actors.engine.actor import RuntimeActor
from actors.engine.timers import Timer
from actors.errors import Halted, NotSent, OrderUnknown, RequestError, RequestRefused
from actors.messages import commands, events
from actors.messages.lifecycle import Tellable
from actors.messages.orders import OrderSent
from actors.messages.traffic import EventBatch, Failure, Request, RequestDone, Response
from actors.orders import timeouts
from actors.orders.desk_clock import DeskClock
from actors.orders.log_lines import log_lines, terms_of
from actors.orders.order import Order, OrderState, send_by
from actors.orders.repetition import command_of
from actors.orders.sent_orders import SentOrders
from actors.orders.timeouts import RECALL_TIMEOUT, SETTLED_AFTER, TimeCome
from actors.orders.waiters import SHARED, STOPPED_UNSENT, OrderWaiters


class DeskLedger(Protocol):
    """What a desk does with its ledger. ``now`` is by ``DeskClock.utc``."""

    def order(self, id: str) -> Order | None: ...

    def not_sent(self, id: str, reason: str) -> list[events.Event]: ...

    def lost(self, id: str, reason: str, now: float) -> list[events.Event]: ...

    def overdue(self, id: str, reason: str, now: float) -> list[events.Event]: ...

    def check(self, now: float) -> list[events.Event]: ...

    def check_at(self, now: float) -> float | None: ...

    def unknown(self, id: str) -> OrderUnknown: ...


class Books(Protocol):
    """The books of a desk: each change of the ledger is journaled before it is published."""

    @property
    def ledger(self) -> DeskLedger: ...

    def settle_order(self, id: str, opened: bool, reason: str) -> list[events.Event]: ...

    def note(self) -> None: ...

    @property
    def sends_until(self) -> float: ...

    def unsent(self, id: str, error: RequestError) -> RequestError: ...

    def settle(self) -> None: ...

    def wants_settling(self) -> bool: ...


class Desk(RuntimeActor):
    """Owns the orders of one kind that are in the journal, and the callers that wait for them.

    A subclass decides which order leaves when, and what the venue's events mean.
    """

    kind: ClassVar[str]
    """What its orders are called in the log."""

    def __init__(
        self,
        name: str,
        books: Books,
        desk_clock: DeskClock,
        router: Tellable,
        verdict_delay: float,
        **kwargs: Any,
    ) -> None:
        """``verdict_delay`` is that of ``OrderLimits``; ``kwargs`` are those of ``RuntimeActor``."""
        super().__init__(name, **kwargs)
        self._router = router
        self._outbound: Tellable
        self._way_out_ended: Callable[[], bool] = lambda: False
        self._clock = desk_clock
        self._verdict_delay = verdict_delay
        self._waiters = OrderWaiters()
        self._sent = SentOrders()
        self._books = books
        self._verdict: Timer | None = None

    @abstractmethod
    def _on_event(self, event: events.Event) -> None:
        """What the venue or another actor tells."""

    def _answers_of(self, news: list[events.Event]) -> Iterable[tuple[int, Any]]:
        """The answers that ``news`` of the ledger give."""
        return self._waiters.apply(news)

    @abstractmethod
    def _go_on(self) -> None:
        """Something has changed: what waited for it may leave, or be answered."""

    def on_receive(self, message: Any) -> None:
        match message:
            case OrderSent(order=order):
                if not self._sent.sent(message):
                    self._lost(order, "its connection was lost")
                for waiter in self._waiters.on_sent(order):
                    self._give_up(order, waiter)
            case Failure():
                self._not_sent(message)
            case events.Event():
                self._on_event(message)
            case TimeCome():
                self._on_time(message)
            case _:
                self.unexpected(message)

    def _on_time(self, message: TimeCome) -> None:
        match message:
            case timeouts.OrderOverdue(order=order, waiter=waiter):
                self._give_up(order, waiter)
            case timeouts.RecallOverdue(order=order, waiter=waiter):
                self._end_wait(order, waiter)
            case timeouts.AnswerOverdue(order=order):
                self._publish(self._sent.suspect(order))
            case timeouts.VerdictDue():
                self._publish(self._books.ledger.check(self._clock.utc()))
            case timeouts.JournalUnsettled():
                self._keep(self._books.settle)

    def _send(self, order: Order, waiter: int, deadline: float) -> None:
        """The order leaves in the name of ``waiter``."""
        self._sent.on_way_out(order.id, waiter)
        expires_at = min(send_by(self.now(), deadline), self._books.sends_until)
        request = Request(waiter, command_of(order), expires_at, urgent=True, order=order.id)
        if not self._tell_outbound(request):
            self._not_sent(request.failure(NotSent(STOPPED_UNSENT)))

    def _join(self, order: str, waiter: int, expires_at: float) -> None:
        """``waiter`` asks for an order again that another caller has placed."""
        self._waiters.join(order, waiter, expires_at)
        self.at(expires_at, timeouts.OrderOverdue(order, waiter))

    def _give_up(self, order: str, waiter: int) -> None:
        """``waiter`` waits no longer for ``order``: its deadline passes, its caller gives up, or both. If no
        other does, ask it back, as it may not have left; it is in doubt if it has, or if the way out is
        silent."""
        if (recalled := self._waiters.recall(order, waiter)) is not None:
            self._tell_outbound(RequestDone(recalled, succeeded=False))
            self.after(RECALL_TIMEOUT, timeouts.RecallOverdue(order, waiter))
        elif not self._waiters.is_recalled(order, waiter):
            self._end_wait(order, waiter)

    def _end_wait(self, order: str, waiter: int) -> None:
        ledger = self._books.ledger
        if self._waiters.shared(order, waiter):
            self._answer(self._waiters.answer_one(order, waiter, OrderUnknown(SHARED, order)))
        elif self._waiters.has(order, waiter):
            if self._waiters.decides(order, waiter):
                self._publish(ledger.overdue(order, "no answer by the deadline", self._clock.utc()))
                self.after(self._verdict_delay, timeouts.AnswerOverdue(order))
            self._answer(self._waiters.answer_one(order, waiter, ledger.unknown(order)))

    def _not_sent(self, failure: Failure) -> None:
        order, request = self._books.ledger.order(failure.order), failure.request
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
        news = self._books.ledger.not_sent(order.id, str(error))
        answers = self._waiters.answer(order.id, self._books.unsent(order.id, error))
        self._sent.forget(order.id)  # before others may leave, of which one may have its id
        logger.info("{} {} was not sent: {}: {}", self.kind, order.id, terms_of(order), error)
        self._publish(news)
        self._answer(answers)

    def _end_all_unsent(self) -> None:
        """The runtime stops: what no connection took has not left, and never will; and no caller waits on."""
        if self._way_out_ended():
            for order in filter(None, map(self._books.ledger.order, self._waiters.not_left())):
                self._end_unsent(order, NotSent(STOPPED_UNSENT))

    def _connection_down(self, down: events.ConnectionDown) -> None:
        for order in self._sent.down(down):
            self._lost(order, down.reason)

    def _lost(self, order: str, reason: str) -> None:
        self._publish(self._books.ledger.lost(order, reason, self._clock.utc()))

    def _settle(self, waiter: int, command: commands.SettleOrder) -> None:
        try:
            news = self._books.settle_order(command.order, command.opened, command.reason)
        except (RequestRefused, Halted) as error:
            self._answer([(waiter, error)])
            return
        self._keep(self._books.settle)  # no list tells a person's word again
        self._publish(news)
        self._answer([(waiter, None)])

    def _publish(self, news: list[events.Event]) -> None:
        """Journal what changed, then publish it, then answer the callers that waited for it."""
        self._keep(self._books.note)
        if news:
            self._router.tell(EventBatch(self.name, list(news)))
        self._sent.apply(news)
        self._answer(self._answers_of(news))
        self._log(news)
        if self._verdict is not None:
            self._verdict.cancel()
        at = self._books.ledger.check_at(now := self._clock.utc())
        self._verdict = None if at is None else self.after(max(0.0, at - now), timeouts.VerdictDue())
        self._go_on()

    def _keep(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Halted as error:
            logger.error("{}", error)
        if self._books.wants_settling():
            self.after(SETTLED_AFTER, timeouts.JournalUnsettled())

    def _log(self, news: Iterable[events.Event]) -> None:
        for line in log_lines(news, self._books.ledger.order):
            logger.log(line.level, "{}", line.text)

    def _answer(self, answers: Iterable[tuple[int, Any]]) -> None:
        for waiter, outcome in answers:
            failed = isinstance(outcome, RequestError)
            self._router.tell(Failure.of(waiter, outcome) if failed else Response(waiter, outcome))

    def _tell_outbound(self, message: Any) -> bool:
        """Whether the way out took it: while the runtime stops, it may have ended."""
        try:
            self._outbound.tell(message)
        except pykka.ActorDeadError:
            return False
        return True
