"""Loads of candles under way: equal ones share a flight, whose pages are asked for one after another."""

import itertools
import math

from msgspec.structs import replace

from actors.candles.paging import Paging
from actors.messages.commands import LoadCandles
from actors.messages.traffic import CandleRequest, ReplyTo, Request


def wish_of(command: LoadCandles) -> LoadCandles:
    """What is equal in equal loads: all of ``command`` but how long somebody would wait for it."""
    return replace(command, deadline=None)


class Flight:
    """What several ``loads`` wait for together; ``asked_at`` is UTC, ``page`` the request under way."""

    def __init__(self, wish: LoadCandles, asked_at: float, page: int) -> None:
        self.wish = wish
        self.asked_at = asked_at
        self.paging = Paging(wish, page)
        self.loads: list[CandleRequest] = []
        self.page: Request | None = None

    @property
    def outdated_at(self) -> float:
        """When (UTC) the venue has a bar that an answer up to now lacks; never, if its end was past when
        it was asked for, and none is known before the first page has come."""
        wish, candles = self.wish, self.paging.candles
        if not candles or (wish.end is not None and wish.end <= self.asked_at):
            return math.inf
        return candles[-1].time + 2.0 * wish.period


class SingleFlights:
    """Found by what they load, by the page that is under way (ids count up from 1) and by who waits."""

    def __init__(self, candles_per_request: int) -> None:
        self._candles_per_request = candles_per_request
        self._ids = itertools.count(1)
        self._by_wish: dict[LoadCandles, Flight] = {}
        self._by_page: dict[int, Flight] = {}
        self._by_load: dict[CandleRequest, Flight] = {}

    def __len__(self) -> int:
        return len(self._by_page)

    def join(self, load: CandleRequest, utc: float) -> Request | None:
        """Have ``load`` wait; the first page to ask for, unless it shares a flight that is under way.

        A flight up to now is shared for as long as its last bar is the newest.
        """
        wish = wish_of(load.command)
        flight = self._by_wish.get(wish)
        shared = flight is not None and utc < flight.outdated_at
        if flight is None or not shared:
            flight = self._by_wish[wish] = Flight(wish, utc, self._candles_per_request)
        flight.loads.append(load)
        self._by_load[load] = flight
        return None if shared else self.turn(flight)

    def turn(self, flight: Flight) -> Request:
        """The next page to ask for, valid for as long as anybody waits for it."""
        expires_at = max(load.expires_at for load in flight.loads)
        page = flight.paging.request()
        flight.page = Request(next(self._ids), page, expires_at, reply_to=ReplyTo.CANDLES)
        self._by_page[flight.page.id] = flight
        return flight.page

    def landed(self, page: int) -> Flight | None:
        """The flight whose ``page`` this was, and which needs another ``turn`` or an ``end``; ``None`` for a
        page that was given up."""
        return self._by_page.pop(page, None)

    def leave(self, load: CandleRequest) -> Flight | None:
        """The flight that ``load`` was on; ``None`` if it was answered. Empty, it is to be ended."""
        flight = self._by_load.pop(load, None)
        if flight is not None:
            flight.loads.remove(load)
        return flight

    def end(self, flight: Flight) -> list[CandleRequest]:
        """Forget the flight; those who waited for it to the last."""
        if flight.page is not None:
            self._by_page.pop(flight.page.id, None)
        if self._by_wish.get(flight.wish) is flight:  # it may have been succeeded by a fresher one
            del self._by_wish[flight.wish]
        for load in flight.loads:
            del self._by_load[load]
        return flight.loads

    def all(self) -> list[Flight]:
        return list(self._by_page.values())
