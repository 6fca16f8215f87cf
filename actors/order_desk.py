"""The order desk: every order is journaled before it is sent, sent once, and followed until it is known."""

import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from loguru import logger
from msgspec import Struct

from actors.base import RuntimeActor
from actors.errors import (
    Halted,
    NotPlaced,
    NotSent,
    OrderUnknown,
    RequestError,
    RequestRefused,
    RequestTimeout,
    request_error,
)
from actors.messages import events
from actors.messages.commands import (
    AwaitResult,
    GetClosedDeals,
    GetOpenedDeals,
    Halt,
    PlaceOrder,
    Resume,
)
from actors.messages.control import StopOrders
from actors.messages.lifecycle import Begin, Tellable, Wired
from actors.messages.status import Describe, Described, DeskStatus
from actors.messages.traffic import Answer, EventBatch, Failure, Refusal, Request, Trade
from actors.policy.admission import Limits, check
from actors.policy.ledger import Ledger
from actors.policy.orders import Order
from actors.values import AccountKind, Asset, Balance

UNSENT_MARGIN = 0.5
"""Seconds before its deadline, or a quarter of it, after which an order is not sent any more: its answer
would come too late to be of use."""

RESULT_GRACE = 15.0
"""Seconds after a deal's end that its result may take, over a reconnect if need be."""


class Journal(Protocol):
    """Where orders and the halt survive us; every method raises ``Halted`` if it cannot do its work."""

    def load(self) -> list[Order]: ...
    def write(self, orders: Sequence[Order]) -> None: ...
    def halted(self) -> str | None: ...
    def halt(self, reason: str) -> None: ...
    def resume(self) -> bool: ...


class _OrderDue(Struct, frozen=True):
    order: str


class _ResultDue(Struct, frozen=True):
    deal: str
    id: int


class _Check(Struct, frozen=True):
    pass


class OrderDesk(RuntimeActor):
    """Owns the ledger of orders and deals, and who waits for which of them.

    Receives ``Trade``, the ``Failure`` of what it sent, and the venue's words about deals; sends orders
    on their way out, the news of them to ``router``, and the answers.
    """

    def __init__(
        self, account: AccountKind, limits: Limits, journal: Journal, *, router: Tellable, **kwargs: Any
    ) -> None:
        super().__init__("order desk", **kwargs)
        self._account = account
        self._limits = limits
        self._journal = journal
        self._router = router
        self._outbound: Tellable
        # UTC by a clock that does not step: a wall clock set back must not make old deals look new.
        self._utc_offset = time.time() - self.now()
        self._ledger = Ledger(journal.load(), self._utc())
        self._halted = journal.halted()
        self._assets: dict[str, Asset] = {}
        self._balance: Balance | None = None
        self._listed: set[type[events.Event]] = set()
        self._early: list[Trade] = []
        self._askers: dict[str, int] = {}
        self._orders: dict[int, str] = {}
        self._awaiting: defaultdict[str, list[int]] = defaultdict(list)

    def on_receive(self, message: Any) -> None:
        match message:
            case Trade():
                self._trade(message)
            case Failure():
                self._failed(self._orders[message.request], message)
            case events.DealAccepted():
                self._take(self._ledger.accepted(message))
            case events.DealRefused():
                self._take(self._ledger.refused(message))
            case events.DealsOpen():
                self._take(self._ledger.opened_listed(message, self._utc()))
                self._heard(message)
            case events.DealsClosed():
                self._take(self._ledger.closed(message, self._utc()))
                self._heard(message)
            case events.ConnectionUp():
                self._ledger.login(message.connection, message.epoch)
            case events.AssetsListed():
                self._assets = {asset.symbol: asset for asset in message.assets}
                self._heard(message)
            case events.BalanceChanged():
                self._balance = message.balance
            case _OrderDue():
                self._overdue(message.order)
            case _ResultDue():
                self._result_overdue(message)
            case _Check():
                self._take(self._ledger.check(self._utc()))
            case Describe():
                message.to.tell(Described(message.id, self._status()))
            case Wired():
                self._outbound = message.outbound
            case Begin() | events.Event():
                pass
            case _:
                self.unexpected(message)

    def _trade(self, trade: Trade) -> None:
        match trade.command:
            case Halt(reason=reason):
                self._halt(trade.id, reason or "halted by a person")
            case Resume():
                self._resume(trade.id)
            case _ if not self._ready():
                self._early.append(trade)
            case PlaceOrder():
                self._place(trade, trade.command)
            case AwaitResult():
                self._await(trade, trade.command)
            case GetOpenedDeals():
                self._answer(trade.id, self._ledger.open_deals())
            case GetClosedDeals():
                self._answer(trade.id, self._ledger.closed_deals())

    def _ready(self) -> bool:
        """Whether the venue has said what it takes to judge a trade: its assets, and the account's deals."""
        return {events.AssetsListed, events.DealsOpen, events.DealsClosed} <= self._listed

    def _heard(self, event: events.Event) -> None:
        before = self._ready()
        self._listed.add(type(event))
        if self._ready() and not before:
            early, self._early = self._early, []
            for trade in early:
                self._trade(trade)

    # -- orders --------------------------------------------------------------------------------------

    def _place(self, trade: Trade, command: PlaceOrder) -> None:
        left = trade.expires_at - self.now()
        try:
            if self._halted is not None:
                raise Halted(self._halted)
            if left <= 0:
                raise NotSent("its deadline passed while the venue had not listed its assets and deals")
            flying = len(self._ledger.open_deals()) + len(self._ledger.orders_in_flight())
            check(command, self._assets.get(command.asset), self._balance, flying, self._limits)
            order = self._ledger.intend(command, self._account, str(uuid.uuid4()), self._utc())
            self._journal_or_drop(order)
        except NotSent as refusal:
            self._refuse(trade.id, refusal)
            return
        self._askers[order.id], self._orders[trade.id] = trade.id, order.id
        self.after(left, _OrderDue(order.id))
        send_by = trade.expires_at - min(UNSENT_MARGIN, left / 4)
        self._outbound.tell(Request(trade.id, command, send_by, urgent=True, order=order.id))

    def _journal_or_drop(self, order: Order) -> None:
        try:
            self._journal.write(self._ledger.take_changed())
        except Halted as error:
            self._ledger.not_sent(order.id, str(error))
            raise

    def _failed(self, order: str, failure: Failure) -> None:
        error = request_error(failure.error, failure.reason, failure.retry_after)
        if isinstance(error, NotSent):
            self._take(self._ledger.not_sent(order, failure.reason))
            self._settle(order, error)
        else:
            self._take(self._ledger.lost(order, failure.reason, self._utc()))

    def _overdue(self, order: str) -> None:
        if order in self._askers:
            self._take(self._ledger.overdue(order, "no answer by the deadline"))
            self._settle(order, OrderUnknown("it was sent, and no answer came by the deadline", order))

    def _take(self, news: list[events.Event]) -> None:
        """Journal what changed, then tell of it, then answer those who waited for it."""
        changed = self._ledger.take_changed()
        try:
            self._journal.write(changed)
        except Halted as error:
            logger.error("{}; no order is sent until it can be", error)
            self._ledger.put_back(changed)
        if news:
            self._router.tell(EventBatch(self.name, list(news)))  # type: ignore[arg-type]  # all are public
        for event in news:
            match event:
                case events.OrderOpened():
                    self._settle(event.order, event.deal)
                case events.OrderRefused():
                    self._settle(event.order, RequestRefused(event.reason))
                case events.OrderNotPlaced():
                    self._settle(event.order, NotPlaced("the venue lists no such deal"))
                case events.OrderClosed(deal=deal):
                    for id in self._awaiting.pop(deal.id, ()):
                        self._answer(id, deal)
        if (at := self._ledger.check_at()) is not None:
            self.after(max(0.0, at - self._utc()), _Check())

    def _settle(self, order: str, outcome: Any) -> None:
        id = self._askers.pop(order, None)
        if id is None:
            return
        del self._orders[id]
        if isinstance(outcome, RequestError):
            self._refuse(id, outcome)
        else:
            self._answer(id, outcome)

    # -- results -------------------------------------------------------------------------------------

    def _await(self, trade: Trade, command: AwaitResult) -> None:
        deal = self._ledger.deal(command.deal_id)
        if deal is None:
            self._refuse(trade.id, RequestRefused(f"there is no deal {command.deal_id!r}"))
        elif deal.outcome is not None:
            self._answer(trade.id, deal)
        else:
            self._awaiting[deal.id].append(trade.id)
            patience = trade.expires_at - self.now()
            if command.deadline is None:
                patience = deal.closes_at - self._utc() + RESULT_GRACE
            self.after(max(0.0, patience), _ResultDue(deal.id, trade.id))

    def _result_overdue(self, due: _ResultDue) -> None:
        if due.id in self._awaiting.get(due.deal, ()):
            self._awaiting[due.deal].remove(due.id)
            self._refuse(due.id, RequestTimeout(f"deal {due.deal} has not closed by the deadline"))

    # -- halt ----------------------------------------------------------------------------------------

    def _halt(self, id: int, reason: str) -> None:
        self._halted = reason
        self._outbound.tell(StopOrders(reason))
        try:
            self._journal.halt(reason)
        except Halted as error:
            self._refuse(id, Halted(f"halted, but only until the next start: {error}"))
        else:
            self._answer(id, None)
        self._router.tell(EventBatch(self.name, [events.TradingHalted(reason)]))

    def _resume(self, id: int) -> None:
        try:
            halted = self._journal.resume() or self._halted is not None
        except Halted as error:
            self._refuse(id, error)
            return
        self._halted = None
        self._answer(id, halted)
        if halted:
            self._router.tell(EventBatch(self.name, [events.TradingResumed()]))

    def _answer(self, id: int, value: Any) -> None:
        self._router.tell(Answer(id, value))

    def _refuse(self, id: int, error: RequestError) -> None:
        self._router.tell(Refusal(id, error))

    def _utc(self) -> float:
        return self._utc_offset + self.now()

    def _status(self) -> DeskStatus:
        return DeskStatus(
            halted=self._halted,
            in_flight=len(self._ledger.orders_in_flight()),
            in_doubt=len(self._ledger.orders_in_doubt()),
            open_deals=len(self._ledger.open_deals()),
            closed_deals=len(self._ledger.closed_deals()),
        )
