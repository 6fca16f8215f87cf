"""Single flight: equal loads share one, whose pages are asked for one after another."""

import itertools
import math
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from actors.candles.paging import Paging
from actors.candles.tick_paging import TickPaging
from actors.messages.candles import HistoryRequest
from actors.messages.commands import LoadCandles, LoadTicks
from actors.messages.traffic import ReplyTo, Request

HistoryCommand = LoadCandles | LoadTicks
C = TypeVar("C", bound=HistoryCommand)


class PageSizes(NamedTuple):
    """What the venue gives for one request: so many ``candles``, or the ticks of ``ticks_span`` seconds."""

    candles: int
    ticks_span: float


def key_of(command: C) -> C:
    """What is equal in equal loads: all of ``command`` but its deadline."""
    return replace(command, deadline=None)


class Flight:
    """The ``requests`` that wait for one answer; ``asked_at`` is UTC, ``page`` the last one sent for it."""

    def __init__(
        self, key: HistoryCommand, asked_at: float, sizes: PageSizes, *, by_venue: bool = False
    ) -> None:
        """``by_venue``: ``asked_at`` is by the venue's clock."""
        self.key = key
        self.asked_at = asked_at
        self.paging: Paging | TickPaging
        if isinstance(key, LoadTicks):
            self.paging = TickPaging(key, sizes.ticks_span, asked_at)
        else:
            self.paging = Paging(key, sizes.candles, asked_at if by_venue else None)
        self.requests: list[HistoryRequest] = []
        self.page: Request | None = None

    @property
    def outdated_at(self) -> float:
        """When (UTC) the venue has a bar or a tick that this answer lacks; infinity before the first page has
        come, and if the end was past when it was asked for."""
        if isinstance(self.paging, TickPaging):
            return -math.inf if self.paging.outdated else math.inf
        end, candles = self.key.end, self.paging.candles
        if not candles or (end is not None and end <= self.asked_at):
            return math.inf
        return candles[-1].time + 2.0 * self.paging.period


class SingleFlights:
    """The flights under way, by key, by the id of their page (from 1) and by each request that waits."""

    def __init__(self, sizes: PageSizes) -> None:
        self._sizes = sizes
        self._ids = itertools.count(1)
        self._by_key: dict[HistoryCommand, Flight] = {}
        self._by_page: dict[int, Flight] = {}
        self._by_request: dict[HistoryRequest, Flight] = {}

    def __repr__(self) -> str:
        return f"<SingleFlights: {len(self)} under way for {len(self._by_request)} loads>"

    def __len__(self) -> int:
        return len(self._by_page)

    def join(self, request: HistoryRequest, utc: float, *, by_venue: bool = False) -> Request | None:
        """Have ``request`` wait; the first page to ask for, or ``None`` if it shares a flight under way.
        ``by_venue``: ``utc`` is by the venue's clock.

        A flight up to now is shared for as long as its last bar is the newest; one of ticks, until its first
        page has come.
        """
        key = key_of(request.command)
        flight = self._by_key.get(key)
        shared = flight is not None and utc < flight.outdated_at
        if flight is None or not shared:
            flight = self._by_key[key] = Flight(key, utc, self._sizes, by_venue=by_venue)
        flight.requests.append(request)
        self._by_request[request] = flight
        return None if shared else self.next_page(flight)

    def next_page(self, flight: Flight) -> Request:
        """The next page to ask for; it expires with the last deadline of the flight's loads."""
        expires_at = max(request.expires_at for request in flight.requests)
        page = flight.paging.request()
        flight.page = Request(next(self._ids), page, expires_at, reply_to=ReplyTo.CANDLES)
        self._by_page[flight.page.id] = flight
        return flight.page

    def finish_page(self, page: int) -> Flight | None:
        """The flight of the page with that id; it needs a ``next_page`` or an ``end``. ``None`` if the page
        was given up."""
        return self._by_page.pop(page, None)

    def leave(self, request: HistoryRequest) -> Flight | None:
        """The flight that ``request`` waited for; ``None`` if it was answered. A flight without requests has
        to be ended."""
        flight = self._by_request.pop(request, None)
        if flight is not None:
            flight.requests.remove(request)
        return flight

    def end(self, flight: Flight) -> list[HistoryRequest]:
        """Forget the flight; the loads that still waited for it."""
        if flight.page is not None:
            self._by_page.pop(flight.page.id, None)
        if self._by_key.get(flight.key) is flight:  # a newer flight may have taken its place
            del self._by_key[flight.key]
        for request in flight.requests:
            del self._by_request[request]
        return flight.requests

    def all(self) -> list[Flight]:
        return list(self._by_page.values())
