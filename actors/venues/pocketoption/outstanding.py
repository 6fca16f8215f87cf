"""The requests of one connection that wait for the venue's answer (protocol 1.9)."""

from collections.abc import Iterable
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct

from actors.errors import RemoteProtocolError, RequestError, RequestRefused, RequestTimeout
from actors.messages import CandlesLoaded, LoadCandles, LoadTicks
from actors.messages.traffic import Failure, Request, TicksLoaded
from actors.venues.pocketoption.deals import DealRefusal
from actors.venues.pocketoption.market_data import RequestedHistory

MAX_UNANSWERED = 1024  # the venue never answers an unknown command, so the tables are bounded

ANSWERED_WITHIN: Final = 60.0
"""Seconds in which the venue answers an order if it ever does. If no list shows the order, the connection is
replaced long before that."""

LIMITS: Final = frozenset({"MaxDemoTrades"})
"""Reasons of a refusal whose amount is a limit of the venue, and not the stake (protocol 1.7.7)."""

Refused = tuple[str, str, str]
"""An order, its asset, and the venue's reason for refusing it."""


class _Load(Struct, frozen=True):
    request: Request
    command: LoadCandles | LoadTicks
    end: float


class _Order(Struct, frozen=True):
    asset: str
    stake: Decimal
    sent_at: float


class _Refusal(Struct, frozen=True):
    """One whose order is not known yet: it is one of ``orders``, which had no answer when it came."""

    orders: tuple[str, ...]
    reason: str


class OutstandingRequests:
    """Finds the requests that an answer is for; requests without a waiter are never returned."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, int], list[Request]] = {}  # (asset, period): requests
        self._loads: dict[int, _Load] = {}  # by id
        self._orders: dict[str, _Order] = {}  # by id
        self._refusals: dict[str, dict[Decimal | None, _Refusal]] = {}  # by asset and stake, if that is known
        self._refused_stakes: dict[tuple[str, Decimal], None] = {}
        self._cancellations: dict[str, None] = {}  # tickets, in the order in which they were sent

    def add_stream(self, request: Request, asset: str, period: int) -> None:
        """Await the history of (asset, period). It names no request, so it answers all equal ones."""
        waiting = self._streams.setdefault((asset, period), [])
        if request.awaited:
            waiting.append(request)

    def add_load(self, request: Request, command: LoadCandles | LoadTicks, end: float) -> list[Failure]:
        """Await the history that names this request by its id; with more than ``MAX_UNANSWERED``, the oldest
        fails."""
        if not request.awaited:
            return []
        self._loads[request.id] = _Load(request, command, end)
        if len(self._loads) <= MAX_UNANSWERED:
            return []
        oldest = self._loads.pop(next(iter(self._loads)))
        return failures([oldest.request], RequestTimeout, "the venue leaves too many requests unanswered")

    def pop_stream(self, asset: str, period: int) -> list[Request] | None:
        """The requests whose stream is now confirmed; ``None`` if nothing awaited this history."""
        return self._streams.pop((asset, period), None)

    def pop_load(self, found: RequestedHistory) -> tuple[Request | None, CandlesLoaded | TicksLoaded]:
        """The request that ``found`` names, if any, and its bars or its ticks.

        The bars are the last ones that ended in time, at most as many as were requested.

        Raises ``RemoteProtocolError`` if ``found`` does not fit the request that it names.
        """
        load = self._loads.get(found.index or 0)
        if found.index is None or load is None:
            return None, CandlesLoaded(found.asset, found.period, found.candles)
        command = load.command
        period = 1 if isinstance(command, LoadTicks) else command.period
        if (found.asset, found.period) != (command.asset, period):
            raise RemoteProtocolError("the history does not fit the request that its index names")
        del self._loads[found.index]
        if isinstance(command, LoadTicks):
            quotes = sorted(found.quotes, key=attrgetter("time"))
            times, prices = [quote.time for quote in quotes], [quote.price for quote in quotes]
            return load.request, TicksLoaded(command.asset, times, prices)
        ended = [candle for candle in found.candles if candle.time + command.period <= load.end]
        return load.request, CandlesLoaded(command.asset, command.period, ended[-command.count :])

    def add_order(self, order: str, asset: str, stake: Decimal, now: float) -> None:
        """Await the answer to ``order``, and no more to those that never got theirs."""
        for lost in [id for id, other in self._orders.items() if other.sent_at < now - ANSWERED_WITHIN]:
            del self._orders[lost]
        self._orders[order] = _Order(asset, stake, now)
        self._refused_stakes.pop((asset, stake), None)
        _bound(self._orders)

    def order_accepted(self, order: str) -> list[Refused]:
        """The venue accepted ``order``, which may be another client's.

        Returns the orders that are now known to be refused.
        """
        found = self._orders.pop(order, None)
        return self._refused(found.asset) if found is not None else []

    def order_refused(self, refusal: DealRefusal) -> list[Refused]:
        """The orders that are known to be refused, with the reason; an order ``""`` is another client's.

        A refusal names only its asset and an amount: the stake, or a limit that is the stake of another order
        (protocol 1.7.7). And it may come twice. So one that fits several unanswered orders is kept until all
        but one of them have their answers, or each of their stakes has been refused; the next one like it is
        not counted.
        """
        asset, reason = refusal.asset, refusal.reason
        stake = None if reason in LIMITS else refusal.amount
        orders = self._unanswered(asset)
        is_known = stake is not None and (asset, stake) in self._refused_stakes
        if not orders or (is_known and all(self._orders[order].stake != stake for order in orders)):
            return [("", asset, reason)]
        kept = self._refusals.setdefault(asset, {})
        kept.setdefault(stake, _Refusal(tuple(orders), reason))
        _bound(kept)
        return self._refused(asset)

    def _refused(self, asset: str) -> list[Refused]:
        kept = self._refusals.get(asset, {})
        refused: list[Refused] = []
        while decided := self._decided(kept):
            stake, orders = decided
            refusal = kept.pop(stake)
            reasons = [kept.get(self._orders[order].stake, refusal).reason for order in orders]
            refused += map(self._refuse, orders, reasons)
        return refused

    def _decided(self, kept: dict[Decimal | None, _Refusal]) -> tuple[Decimal | None, list[str]] | None:
        """The first of the ``kept`` refusals whose orders are known, by its stake, and these orders."""
        for stake, refusal in kept.items():
            orders = [order for order in refusal.orders if order in self._orders]
            stakes = {self._orders[order].stake for order in orders}
            if len(orders) <= 1 or (len(stakes) == len(orders) and kept.keys() >= stakes):
                return stake, orders
        return None

    def _refuse(self, order: str, reason: str) -> Refused:
        found = self._orders.pop(order)
        self._refused_stakes[found.asset, found.stake] = None
        _bound(self._refused_stakes)
        self._refusals[found.asset].pop(found.stake, None)
        return order, found.asset, reason

    def _unanswered(self, asset: str) -> list[str]:
        return [id for id, order in self._orders.items() if order.asset == asset]

    def add_cancellation(self, ticket: str) -> None:
        """Await the answer to the cancellation of ``ticket``."""
        self._cancellations[ticket] = None
        _bound(self._cancellations)

    def pop_cancellation(self, ticket: str) -> str:
        """The ticket that an answer is for: the oldest, if the answer names none; ``""`` if there is none."""
        ticket = ticket or next(iter(self._cancellations), "")
        self._cancellations.pop(ticket, None)
        return ticket

    def forget_stream(self, asset: str) -> list[Failure]:
        """Stop awaiting histories of ``asset``."""
        keys = [key for key in self._streams if key[0] == asset]
        requests = [request for key in keys for request in self._streams.pop(key)]
        return failures(requests, RequestRefused, "unsubscribed before it was confirmed")


def _bound(table: dict[Any, Any]) -> None:
    if len(table) > MAX_UNANSWERED:
        del table[next(iter(table))]


def failures(requests: Iterable[Request], error: type[RequestError], reason: str) -> list[Failure]:
    """The failures of those requests that have a waiter."""
    return [request.failure(error(reason)) for request in requests if request.awaited]
