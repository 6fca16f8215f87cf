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

LIMITS: Final = frozenset({"MaxDemoTrades"})
"""Reasons of a refusal whose amount is a limit of the venue, and not the stake (protocol 1.7.7)."""

Refused = tuple[str, str, str]
"""An order, its asset, and the venue's reason for refusing it."""


class _Load(Struct, frozen=True):
    request: Request
    command: LoadCandles | LoadTicks
    end: float


class OutstandingRequests:
    """Finds the requests that an answer is for; requests without a waiter are never returned."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, int], list[Request]] = {}  # (asset, period): requests
        self._loads: dict[int, _Load] = {}  # by id
        self._orders: dict[str, tuple[str, Decimal]] = {}  # order: asset and stake
        self._refusals: dict[str, str] = {}  # asset: the reason of a refusal whose order is not known yet
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

    def add_order(self, order: str, asset: str, stake: Decimal) -> None:
        """Await the answer to ``order``."""
        self._orders[order] = asset, stake
        self._refused_stakes.pop((asset, stake), None)
        _bound(self._orders)

    def order_accepted(self, order: str) -> list[Refused]:
        """The venue accepted ``order``, which may be another client's. Returns the refusal whose order is
        known now, since this order is not the one."""
        asset, _ = self._orders.pop(order, ("", None))
        return self._refused(asset)

    def order_refused(self, refusal: DealRefusal) -> list[Refused]:
        """The order that is refused, with its reason; an order ``""`` is another client's.

        A refusal names only its asset and an amount, which may be the stake (protocol 1.7.7), and it may come
        twice. So refusals are not counted: one that fits several unanswered orders is kept until all but one
        of them have their answers.
        """
        asset, stake, reason = refusal.asset, refusal.amount, refusal.reason
        orders = self._unanswered(asset)
        if not orders:
            return [("", asset, reason)]
        if stake is not None and reason not in LIMITS:
            for order in orders:
                if self._orders[order][1] == stake:
                    return self._refuse(order, reason)
            if (asset, stake) in self._refused_stakes:
                return [("", asset, reason)]
        self._refusals.setdefault(asset, reason)
        return self._refused(asset)

    def _refused(self, asset: str) -> list[Refused]:
        """The one order that a kept refusal of the asset can mean now."""
        orders = self._unanswered(asset)
        if asset not in self._refusals or len(orders) > 1:
            return []
        reason = self._refusals.pop(asset)
        return self._refuse(orders[0], reason) if orders else []

    def _refuse(self, order: str, reason: str) -> list[Refused]:
        asset, stake = self._orders.pop(order)
        self._refused_stakes[asset, stake] = None
        _bound(self._refused_stakes)
        return [(order, asset, reason)]

    def _unanswered(self, asset: str) -> list[str]:
        return [order for order, (ordered, _) in self._orders.items() if ordered == asset]

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
