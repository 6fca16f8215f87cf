"""Pending orders: the venue's list of them, and which of our requests about them wait for an answer."""

from typing import Any

from actors.errors import Halted, NotSent, OrderUnknown, RequestError, RequestRefused, RequestTimeout
from actors.messages.commands import CancelPendingOrder, GetPendingOrders, PlacePendingOrder
from actors.messages.events import PendingAnswered
from actors.messages.orders import TradingRequest
from actors.messages.traffic import Failure, Request, RequestDone, Response
from actors.orders.order import send_by
from actors.values import PendingOrder

Effect = Request | RequestDone | Response[Any] | Failure
"""A message to pass on: a request or its end to the way out, an answer to the router."""

UNKNOWN = "it was sent, and no answer came while its caller waited"


class PendingOrderBook:
    """Placements leave one at a time, because the venue's answer to one does not name its request.

    Every method returns the messages to pass on, in order. ``waiter`` is the id of a trading request.
    """

    def __init__(self) -> None:
        self._halted: str | None = None
        self._listed: list[PendingOrder] | None = None  # None until the venue has sent its first list
        self._placements: list[Request] = []
        self._sent: int | None = None  # the placement that the venue has not answered yet
        self._abandoned: set[int] = set()  # placements that the venue may still answer, to no caller
        self._cancellations: dict[str, int] = {}  # waiter by ticket
        self._list_waiters: list[int] = []

    def __repr__(self) -> str:
        listed = "no list yet" if self._listed is None else f"{len(self._listed)} listed"
        return (
            f"<PendingOrderBook: {listed}, {len(self._placements)} to place,"
            f" {len(self._cancellations)} to cancel, {len(self._list_waiters)} wait for the list>"
        )

    def __len__(self) -> int:
        """The number of requests that wait for an answer."""
        return len(self._placements) + len(self._cancellations) + len(self._list_waiters)

    @property
    def unanswered(self) -> PlacePendingOrder | None:
        """The placement that was sent and that the venue has not answered yet."""
        return next(
            (
                request.command
                for request in self._placements
                if request.id == self._sent and isinstance(request.command, PlacePendingOrder)
            ),
            None,
        )

    def is_sent(self, waiter: int) -> bool:
        """Whether ``waiter`` is the placement that was sent and that the venue has not answered yet."""
        return self._sent is not None and waiter == self._sent

    def request(self, request: TradingRequest, now: float) -> list[Effect]:
        """``now`` is monotonic."""
        match command := request.command:
            case PlacePendingOrder():
                return self._place(request, command, now)
            case CancelPendingOrder(ticket=ticket) if ticket in self._cancellations:
                return [_response(request.id, NotSent(f"{ticket} is being cancelled already"))]
            case CancelPendingOrder(ticket=ticket):
                self._cancellations[ticket] = request.id
                return [_request(request, request.expires_at)]
            case GetPendingOrders() if self._listed is not None:
                return [_response(request.id, list(self._listed))]
            case GetPendingOrders():
                self._list_waiters.append(request.id)
        return []

    def on_answered(self, answer: PendingAnswered) -> list[Effect]:
        """The venue has answered the placement that was sent, or a cancellation, which it names by ticket."""
        self._update_list(answer)
        waiter = self._cancellations.get(answer.ticket) if answer.ticket else self._sent
        if waiter is None:
            return []
        if answer.reason:
            return self._settle(waiter, RequestRefused(answer.reason))
        return self._settle(waiter, answer.order or answer.ticket)

    def on_listed(self, orders: list[PendingOrder]) -> list[Effect]:
        """A cancellation whose ticket the list no longer has is done."""
        gone = {order.ticket for order in self._listed or ()} - {order.ticket for order in orders}
        self._listed = orders
        effects: list[Effect] = []
        for ticket, waiter in list(self._cancellations.items()):
            if ticket in gone:
                effects += self._settle(waiter, ticket)
        for waiter in list(self._list_waiters):
            effects += self._settle(waiter, list(orders))
        return effects

    def on_halted(self, reason: str) -> list[Effect]:
        """Placements that have not been sent are refused, and so is every later one."""
        self._halted = reason
        unsent = [request.id for request in self._placements if request.id != self._sent]
        return [effect for waiter in unsent for effect in self._settle(waiter, Halted(reason))]

    def on_resumed(self) -> None:
        self._halted = None

    def on_overdue(self, waiter: int) -> list[Effect]:
        """The deadline of the request has passed. A placement that the way out has refused is gone by now."""
        if waiter == self._sent:
            return self._settle(waiter, OrderUnknown(UNKNOWN))
        if self._is_placement(waiter):
            return self._settle(waiter, NotSent("it waited until its deadline for the placement before it"))
        late = RequestTimeout("no answer by the deadline; it may still take effect")
        return self._settle(waiter, late)

    def withdraw(self, waiter: int) -> list[Effect]:
        """The caller waits no longer. The way out answers for a placement that has not left."""
        if waiter == self._sent:
            return [RequestDone(waiter, succeeded=False)]
        if self._is_placement(waiter):
            return self._settle(waiter, NotSent("it was withdrawn before it was sent"))
        return []

    def on_withdrawal_overdue(self, waiter: int) -> list[Effect]:
        """A withdrawn placement has left, for the way out has not answered for it.

        The next placement waits until the venue has answered this one, or its deadline has passed.
        """
        if waiter != self._sent:
            return []
        self._abandoned.add(waiter)
        return [_response(waiter, OrderUnknown(UNKNOWN))]

    def forget(self, waiter: int) -> list[Effect]:
        """The request has been answered, by another actor unless it is abandoned."""
        if waiter in self._abandoned:
            self._abandoned.discard(waiter)
            return []
        self._remove(waiter)
        return self._send_next()

    def _place(self, request: TradingRequest, command: PlacePendingOrder, now: float) -> list[Effect]:
        if self._halted is not None:
            return [_response(request.id, Halted(self._halted))]
        if request.expires_at <= now:
            return [_response(request.id, NotSent("its deadline has passed"))]
        if (command.open_at is None) is (command.open_price is None):
            return [_response(request.id, RequestRefused("either open_at or open_price has to be given"))]
        self._placements.append(_request(request, send_by(now, request.expires_at)))
        return self._send_next()

    def _is_placement(self, waiter: int) -> bool:
        return any(request.id == waiter for request in self._placements)

    def _send_next(self) -> list[Effect]:
        if self._sent is not None or not self._placements:
            return []
        self._sent = self._placements[0].id
        return [self._placements[0]]

    def _update_list(self, answer: PendingAnswered) -> None:
        """The venue's next list may take a while; a caller that asks for it now gets what was answered."""
        if self._listed is None or answer.reason:
            return
        changed = answer.ticket or (answer.order.ticket if answer.order else "")
        self._listed = [order for order in self._listed if order.ticket != changed]
        if answer.order is not None:
            self._listed.append(answer.order)

    def _settle(self, waiter: int, outcome: object) -> list[Effect]:
        """Answer ``waiter`` if it still waits; the next placement may leave."""
        waiting = self._remove(waiter)
        return [*self._send_next(), _response(waiter, outcome)] if waiting else []

    def _remove(self, waiter: int) -> bool:
        """Whether ``waiter`` still waited."""
        before = len(self)
        self._placements = [request for request in self._placements if request.id != waiter]
        self._cancellations = {ticket: id for ticket, id in self._cancellations.items() if id != waiter}
        self._list_waiters = [id for id in self._list_waiters if id != waiter]
        if self._sent == waiter:
            self._sent = None
        return len(self) < before


def _request(request: TradingRequest, expires_at: float) -> Request:
    assert isinstance(request.command, PlacePendingOrder | CancelPendingOrder)
    return Request(request.id, request.command, expires_at, urgent=True)


def _response(waiter: int, outcome: object) -> Response[Any] | Failure:
    if isinstance(outcome, RequestError):
        return Failure.of(waiter, outcome)
    return Response(waiter, outcome)
