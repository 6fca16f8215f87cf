"""The desk for pending orders."""

from typing import Any

from loguru import logger
from msgspec import Struct

from actors.engine.actor import RuntimeActor
from actors.messages import events
from actors.messages.lifecycle import OutboundRef, Tellable
from actors.messages.orders import TradingRequest, Withdraw
from actors.messages.traffic import Request, RequestDone
from actors.orders.log_lines import terms_of
from actors.orders.pending import Effect, PendingOrderBook


class _Overdue(Struct, frozen=True):
    """The deadline of request ``id`` has passed."""

    id: int


class _WithdrawalOverdue(Struct, frozen=True):
    """The way out has had the time to say that the withdrawn request ``id`` has not left."""

    id: int


WITHDRAWAL_TIMEOUT = 0.5
"""Seconds; the way out answers within a few milliseconds."""


class PendingDesk(RuntimeActor):
    """Owns the pending orders and the requests about them.

    Receives ``TradingRequest``, ``RequestDone`` and the venue's events, and the halt of the order desk. Sends
    requests to ``outbound`` and answers to ``router``.
    """

    def __init__(self, *, router: Tellable, **kwargs: Any) -> None:
        super().__init__("pending desk", **kwargs)
        self._router = router
        self._outbound: Tellable
        self._orders = PendingOrderBook()

    def on_receive(self, message: Any) -> None:
        match message:
            case TradingRequest(id=id, expires_at=expires_at):
                self.after(max(0.0, expires_at - self.now()), _Overdue(id))
                self._execute(self._orders.request(message, self.now()))
            case Withdraw(id=id):
                self.after(WITHDRAWAL_TIMEOUT, _WithdrawalOverdue(id))
                self._execute(self._orders.withdraw(id))
            case _WithdrawalOverdue(id=id):
                self._execute(self._orders.on_withdrawal_overdue(id))
            case events.PendingAnswered():
                self._log_answer(message)
                self._execute(self._orders.on_answered(message))
            case events.PendingOrdersListed(orders=orders):
                self._execute(self._orders.on_listed(orders))
            case events.TradingHalted(reason=reason):
                self._execute(self._orders.on_halted(reason))
            case events.TradingResumed():
                self._orders.on_resumed()
            case RequestDone(id=id):
                self._execute(self._orders.forget(id))
            case _Overdue(id=id):
                self._log_overdue(id)
                self._execute(self._orders.on_overdue(id))
            case OutboundRef(outbound=outbound):
                self._outbound = outbound
            case _:
                self.unexpected(message)

    def _log_answer(self, answer: events.PendingAnswered) -> None:
        placed, command = answer.order, self._orders.unanswered
        if answer.ticket:
            outcome = f"was not cancelled: {answer.reason}" if answer.reason else "was cancelled"
            logger.info("pending order {} {}", answer.ticket, outcome)
        elif placed is not None:
            logger.info("pending order {} was placed: {}", placed.ticket, terms_of(placed))
        elif command is not None:
            logger.info("a pending order was refused by the venue: {}: {}", terms_of(command), answer.reason)

    def _log_overdue(self, id: int) -> None:
        command = self._orders.unanswered
        if command is not None and self._orders.is_sent(id):
            logger.warning(
                "a pending order is in doubt: {}: no answer by its deadline; do not repeat it until the"
                " venue's list of pending orders shows that it is not there",
                terms_of(command),
            )

    def _execute(self, effects: list[Effect]) -> None:
        for effect in effects:
            outward = isinstance(effect, Request | RequestDone)
            receiver = self._outbound if outward else self._router
            receiver.tell(effect)
