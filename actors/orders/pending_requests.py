"""Requests about pending orders that wait: for their turn, for the venue's answer, for a list."""

import difflib
from collections.abc import Sequence
from typing import Any

from actors.errors import NotSent, RequestRefused, RequestTimeout
from actors.messages.commands import CancelPendingOrder
from actors.messages.orders import TradingRequest
from actors.orders.waiters import STOPPED, STOPPED_UNSENT
from actors.tables.rows import PendingOrderList
from actors.values import Deal, PendingOrder

Answer = tuple[int, Any]
"""The id of a waiter, and the value or the error that it gets."""

MOST_TICKETS = 8
"""Tickets that an error names."""

LATE = "no answer by the deadline; it may still take effect"


class PendingRequests:
    """The placements that wait for their turn, the cancellations by ticket, and the callers of the list."""

    def __init__(self) -> None:
        self._placements: list[TradingRequest] = []
        self._cancellations: dict[str, int] = {}
        self._of_the_list: list[int] = []

    def __repr__(self) -> str:
        return (
            f"<PendingRequests: {len(self._placements)} to place, {len(self._cancellations)} to cancel,"
            f" {len(self._of_the_list)} wait for the list>"
        )

    def add_placement(self, request: TradingRequest) -> None:
        self._placements.append(request)

    def next_placement(self) -> TradingRequest | None:
        """The first come; it waits no more."""
        return self._placements.pop(0) if self._placements else None

    def take_placements(self) -> list[TradingRequest]:
        """All of them; they wait no more."""
        taken, self._placements = self._placements, []
        return taken

    def withdraw_placement(self, waiter: int, reason: str) -> list[Answer]:
        """The error for a placement, if it waited for its turn."""
        if not any(request.id == waiter for request in self._placements):
            return []
        self._placements = [request for request in self._placements if request.id != waiter]
        return [(waiter, NotSent(reason))]

    def add_cancellation(self, request: TradingRequest, command: CancelPendingOrder) -> list[Answer]:
        """The error if the ticket is being cancelled already."""
        if command.ticket in self._cancellations:
            return [(request.id, NotSent(f"{command.ticket} is being cancelled already"))]
        self._cancellations[command.ticket] = request.id
        return []

    def cancellations(self) -> list[str]:
        """Their tickets."""
        return list(self._cancellations)

    def answer_cancellation(self, ticket: str, outcome: object) -> list[Answer]:
        waiter = self._cancellations.pop(ticket, None)
        return [] if waiter is None else [(waiter, outcome)]

    def add_for_list(self, waiter: int) -> None:
        self._of_the_list.append(waiter)

    def answer_for_list(self, listed: list[PendingOrder]) -> list[Answer]:
        """Each caller gets a list of its own."""
        waiting, self._of_the_list = self._of_the_list, []
        return [(waiter, PendingOrderList(listed)) for waiter in waiting]

    def overdue(self, waiter: int, why_no_list: str) -> list[Answer]:
        """The deadline of a cancellation or of a caller of the list has passed."""
        if waiter in self._of_the_list:
            self._of_the_list.remove(waiter)
            return [(waiter, RequestTimeout(why_no_list))]
        for ticket, each in self._cancellations.items():
            if each == waiter:
                return self.answer_cancellation(ticket, RequestTimeout(LATE))
        return []

    def forget(self, waiter: int) -> None:
        """Another actor has answered it."""
        self._placements = [request for request in self._placements if request.id != waiter]
        self._cancellations = {ticket: id for ticket, id in self._cancellations.items() if id != waiter}
        self._of_the_list = [id for id in self._of_the_list if id != waiter]

    def unanswered(self) -> list[Answer]:
        """The errors for all that still wait when the runtime stops."""
        placements = self.take_placements()
        answers: list[Answer] = [(request.id, NotSent(STOPPED_UNSENT)) for request in placements]
        waiters = [*self._cancellations.values(), *self._of_the_list]
        answers += [(waiter, RequestTimeout(STOPPED)) for waiter in waiters]
        self._cancellations.clear()
        self._of_the_list.clear()
        return answers


def cancelled_or_opened(ticket: str, deal: Deal | None) -> str | RequestRefused:
    """The answer to a cancellation whose ticket the venue lists no more, without a word of its own. ``deal``
    may have come of the order, or of another like it: the venue's deals name no pending order."""
    if deal is None:
        return ticket
    return RequestRefused(
        f"{ticket} is listed no more, and deal {deal.id} of its terms was opened: it may have been too late"
        " to cancel"
    )


def not_cancelled(ticket: str, reason: str, listed: Sequence[PendingOrder] | None) -> RequestRefused:
    """The venue has refused a cancellation. ``listed`` are the pending orders that it has, if that is known:
    those whose tickets are nearest are named, unless ``ticket`` is one of them."""
    refused = f"the venue did not cancel {ticket}: {reason}"
    tickets = [order.ticket for order in listed or ()]
    if listed is None or ticket in tickets:
        return RequestRefused(refused)
    if not tickets:
        return RequestRefused(f"{refused}; it has no pending order")
    near = difflib.get_close_matches(ticket, tickets, 1)
    if near:
        return RequestRefused(f"{refused}; it has no such ticket (did you mean {near[0]}?)")
    more = ", ..." if len(tickets) > MOST_TICKETS else ""
    return RequestRefused(f"{refused}; it has the tickets {', '.join(tickets[:MOST_TICKETS])}{more}")
