"""The history loader: bars and ticks of any count, loaded page by page, once for all equal loads."""

import contextlib
import math
from typing import Any

import pykka
from msgspec import Struct
from msgspec.structs import replace

from actors.candles.cache import ReplyCache
from actors.candles.paging import Paging
from actors.candles.single_flight import Flight, HistoryCommand, PageSizes, SingleFlights, key_of
from actors.candles.tick_paging import TickPaging
from actors.engine.actor import RuntimeActor
from actors.errors import RequestError, RequestRefused, RequestTimeout
from actors.messages.candles import HistoryRequest
from actors.messages.commands import LoadCandles, LoadTicks, Unsubscribe
from actors.messages.control import Drain, Reconfigure
from actors.messages.events import CandlesLoaded, ClockReport
from actors.messages.lifecycle import OutboundRef, Tellable
from actors.messages.routing import SubscribeColumns
from actors.messages.status import CandlesStatus, Describe
from actors.messages.traffic import (
    Deliver,
    EventBatch,
    Failure,
    ReplyTo,
    RequestDone,
    Response,
    Ticks,
    TicksLoaded,
)
from actors.rates import Allowance, Quota
from actors.values import Candle, Tick


class _Overdue(Struct, frozen=True):
    """The deadline of ``request`` has passed."""

    request: HistoryRequest


class _Aged(Struct, frozen=True):
    """An answer about ``asset`` has been cached for ``cache_ttl``."""

    asset: str


class HistoryLoader(RuntimeActor):
    """Owns the loads of candles and ticks under way, and the cached answers with candles.

    Receives ``HistoryRequest`` from any actor, ``Response`` and ``Failure`` for its pages, and
    ``ClockReport``: a load without an end ends now by the venue's clock. While news could outdate an answer,
    it receives ``Deliver`` with ticks and ``CandlesLoaded`` too. Sends pages to ``outbound``, answers to the
    actor that asked, and ``CandlesProgress`` to ``router``.
    """

    def __init__(
        self,
        sizes: PageSizes,
        cache_ttl: float,
        cache_size: int,
        allowance: Allowance,
        *,
        router: Tellable,
        **kwargs: Any,
    ) -> None:
        super().__init__("history loader", **kwargs)
        self._ttl = cache_ttl
        self._router = router
        self._outbound: Tellable
        self._sizes = sizes
        self._flights = SingleFlights(sizes)
        self._quota = Quota(allowance)
        """Without a send: what it estimates is the least time that any load takes."""
        self._cache = ReplyCache(cache_ttl, cache_size, self.now)
        self._subscribed: set[str] = set()
        self._clock_offset: float | None = None
        self._draining = False

    def on_receive(self, message: Any) -> None:
        match message:
            case HistoryRequest():
                self._load(message)
            case Response(request=page, value=CandlesLoaded() | TicksLoaded() as loaded):
                self._page_loaded(page, loaded)
            case Failure():
                self._page_failed(message)
            case Deliver(events=events):
                self._apply(events)
            case ClockReport(offset=offset):
                self._clock_offset = offset
            case _Overdue(request=request):
                self._overdue(request)
            case _Aged(asset=asset):
                self._unsubscribe(asset)
            case Describe():
                self.describe(message, self._status())
            case Reconfigure(settings=allowance):
                self._quota.change(allowance)
            case OutboundRef(outbound=outbound):
                self._outbound = outbound
            case Drain():
                self._drain()
            case _:
                self.unexpected(message)

    def _load(self, request: HistoryRequest) -> None:
        if isinstance(request.command, LoadCandles):
            request = replace(request, command=self._until_the_forming_bar(request.command))
        if self._draining:
            _tell(request, Failure.of(request.id, RequestError("the runtime is stopping")))
        elif (candles := self._cached(request.command)) is not None:
            _tell(request, Response(request.id, candles))
        elif (least := self._least_time(request.command)) > (left := request.expires_at - self.now()):
            _tell(request, Failure.of(request.id, self._too_many(request.command, least, left)))
        else:
            by_venue = self._clock_offset is not None
            if math.isfinite(request.expires_at):
                self.after(max(0.0, request.expires_at - self.now()), _Overdue(request))
            if first := self._flights.join(request, self._utc(), by_venue=by_venue):
                self._outbound.tell(first)

    def _until_the_forming_bar(self, command: LoadCandles) -> LoadCandles:
        """No bar is later than the one that forms now; the venue answers a window behind it with nothing."""
        latest = (self._utc() // command.period + 1) * command.period
        if command.end is None or command.end <= latest:
            return command
        return replace(command, end=latest)

    def _cached(self, command: HistoryCommand) -> list[Candle] | None:
        if isinstance(command, LoadTicks):
            return None
        return self._cache.get(key_of(command), self._utc())

    def _pages(self, command: HistoryCommand) -> int:
        """At least so many."""
        if isinstance(command, LoadTicks):
            return math.ceil((command.seconds or 1.0) / self._sizes.ticks_span)
        return -(-command.count // self._sizes.candles)

    def _least_time(self, command: HistoryCommand) -> float:
        """Seconds until the last page may be asked for, if nothing else is sent."""
        return self._quota.estimate(0.0, self._pages(command) - 1, 1, urgent=False)

    def _too_many(self, command: HistoryCommand, least: float, left: float) -> RequestRefused:
        return RequestRefused(
            f"{_amount(command)} are {self._pages(command):,} requests, which take {least:,.0f} s at"
            f" least at the configured rate (limits.messages), and the deadline is in {left:,.1f} s: give a"
            " later one, or load fewer"
        )

    def _utc(self) -> float:
        """By the venue's clock; by the wall clock until it is measured."""
        return self.utc() + (self._clock_offset or 0.0)

    def _page_loaded(self, page: int, loaded: CandlesLoaded | TicksLoaded) -> None:
        flight = self._flights.finish_page(page)
        if flight is None:
            return
        paging = flight.paging
        match paging, loaded:
            case Paging(), CandlesLoaded(candles=candles):
                more = paging.add(candles)
            case TickPaging(), TicksLoaded():
                more = paging.add(loaded)
            case _:
                raise AssertionError(f"{type(loaded).__name__} for {type(paging).__name__}")
        if more:
            self._outbound.tell(self._flights.next_page(flight))
            if isinstance(paging, Paging):
                self._router.tell(EventBatch(self.name, [paging.progress()]))
            return
        self._cache_answer(flight)
        for request in self._flights.end(flight):
            _tell(request, Response(request.id, paging.found()))

    def _page_failed(self, failure: Failure) -> None:
        """The failure is for the requests that expire with the page or before; for a request that joined
        later and waits longer, the page is asked for again."""
        flight = self._flights.finish_page(failure.request)
        if flight is None or flight.page is None:
            return
        expired = [each for each in flight.requests if each.expires_at <= flight.page.expires_at]
        for request in expired:
            self._flights.leave(request)
            _tell(request, Failure(request.id, failure.error))
        if flight.requests:
            self._outbound.tell(self._flights.next_page(flight))
        else:
            self._flights.end(flight)

    def _overdue(self, request: HistoryRequest) -> None:
        flight = self._flights.leave(request)
        if flight is None:
            return
        loaded = flight.paging.count
        part = f": {loaded:,} of {_amount(request.command)} had come" if loaded else ""
        _tell(request, Failure.of(request.id, RequestTimeout(f"no answer within the deadline{part}")))
        if not flight.requests and flight.page is not None:
            self._router.tell(RequestDone(flight.page.id, succeeded=False, reply_to=ReplyTo.CANDLES))
            self._flights.end(flight)

    def _cache_answer(self, flight: Flight) -> None:
        key, paging = flight.key, flight.paging
        if not (isinstance(key, LoadCandles) and isinstance(paging, Paging)):
            return
        asset = key.asset
        self._cache.put(key, paging.candles, flight.outdated_at)
        if key not in self._cache.up_to_now(asset):
            return
        self.after(self._ttl, _Aged(asset))
        if asset not in self._subscribed:
            self._subscribed.add(asset)
            for topic in _topics(asset):
                self._router.tell(SubscribeColumns(topic, self.actor_ref))

    def _apply(self, news: list[Tick | Ticks | CandlesLoaded]) -> None:
        """A tick outdates the answers of its asset; candles only those that lack one of them, since the
        candles that this actor loads are published too."""
        assets_seen: set[str] = set()
        for event in news:
            assets = event.assets if isinstance(event, Ticks) else (event.asset,)
            for asset in assets:
                if not isinstance(event, CandlesLoaded):
                    self._cache.outdate(asset)
                elif event.candles:
                    self._cache.outdate(asset, event.candles[-1].time + event.period)
            assets_seen.update(assets)
        for asset in self._subscribed & assets_seen:
            self._unsubscribe(asset)

    def _unsubscribe(self, asset: str) -> None:
        """Unless another answer about ``asset`` can still be outdated."""
        if asset in self._subscribed and not self._cache.up_to_now(asset):
            self._subscribed.remove(asset)
            for topic in _topics(asset):
                self._router.tell(Unsubscribe(topic, to=self.actor_ref))

    def _drain(self) -> None:
        self._draining = True
        for flight in self._flights.all():
            for request in self._flights.end(flight):
                error = RequestError("the runtime stopped before there was an answer")
                _tell(request, Failure.of(request.id, error))

    def _status(self) -> CandlesStatus:
        cache = self._cache
        return CandlesStatus(cache.hits, cache.misses, len(cache), len(self._flights))


def _amount(command: HistoryCommand) -> str:
    if isinstance(command, LoadCandles):
        return f"{command.count:,} bars"
    return f"{command.count:,} ticks" if command.count else f"the ticks of {command.seconds:,.0f} s"


def _tell(request: HistoryRequest, outcome: Response[Any] | Failure) -> None:
    with contextlib.suppress(pykka.ActorDeadError):  # the actor that asked has ended
        request.to.tell(outcome)


def _topics(asset: str) -> tuple[str, str]:
    return f"tick.{asset}", f"candles.{asset}"
