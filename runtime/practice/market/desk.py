"""The market desk: history on demand, and subscriptions to live ticks."""

from functools import partial
from typing import Annotated

import msgspec

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.variants import MissingBars, OldHistoryName, SixthColumn
from runtime.practice.faults.venue import Unanswered
from runtime.practice.market.listings import LISTINGS, Listing
from runtime.practice.market.quotes import Quotes
from runtime.practice.market.sentiment import buyers
from runtime.practice.market.streams import Streams
from runtime.practice.market.tick_faults import TickFaults
from runtime.practice.server.clock import ExchangeClock
from runtime.practice.server.connection import ClientConnection
from runtime.practice.server.event_routes import Route, Routes

_CHART_CANDLES = 100
_CHART_SPAN = 600
_CHART_TICKS = 1500
_HISTORY_BARS = 150
_HISTORY_SPAN = 2000
_HISTORY_TICKS = 4200


class _ChangeSymbol(msgspec.Struct):
    asset: str
    period: Annotated[int, msgspec.Meta(ge=1)]


class _LoadHistory(msgspec.Struct):
    asset: str
    time: float
    offset: float
    period: Annotated[int, msgspec.Meta(ge=0)]
    index: int | None = None


class MarketDesk:
    """Answers a request before the next tick, so a history ends exactly where its stream begins."""

    def __init__(
        self,
        quotes: Quotes,
        streams: Streams,
        faults: ActiveFaults,
        clock: ExchangeClock,
        tick_faults: TickFaults,
    ) -> None:
        self._quotes = quotes
        self._streams = streams
        self._faults = faults
        self._clock = clock
        self._tick_faults = tick_faults
        self.routes: Routes = {
            "changeSymbol": Route(_ChangeSymbol, self._change_symbol),
            "loadHistoryPeriod": Route(_LoadHistory, self._load_history),
            "loadHistoryPeriodFast": Route(_LoadHistory, partial(self._load_history, fast=True)),
            "subfor": Route(str, self._follow),
            "subscribeSymbol": Route(str, self._subscribe),
            "unsubfor": Route(str, self._streams.unsubscribe),
            "unSubscribeSymbol": Route(str, self._streams.unsubscribe),
        }

    def _follow(self, client: ClientConnection, symbol: str) -> None:
        """Stream ticks, and answer with the share of buyers: the sources differ (protocol 1.6.2, 1.7.11)."""
        if listing := self._accepted(symbol):
            self._streams.subscribe(client, listing)
            client.emit("chafor", [[symbol, buyers(symbol, self._clock.now())]])

    def _subscribe(self, client: ClientConnection, symbol: str) -> None:
        if listing := self._accepted(symbol):
            self._streams.subscribe(client, listing)

    def _change_symbol(self, client: ClientConnection, request: _ChangeSymbol) -> None:
        listing = self._accepted(request.asset)
        if listing is None:
            return
        upcoming = self._streams.subscribe(client, listing)
        now = self._clock.now()
        ticks = self._quotes.ticks(listing, now - _CHART_SPAN, upcoming, _CHART_TICKS)
        oldest = now - _CHART_CANDLES * request.period
        bars = self._quotes.bars(listing, request.period, oldest, now, now, _CHART_CANDLES)
        candles = [
            [
                opened,
                bar.open,
                bar.close,
                bar.high,
                bar.low,
                *self._sixth_column(listing, opened, request.period),
            ]
            for opened, bar in bars
        ]
        if missing := self._faults.find(MissingBars, asset=request.asset):
            candles = candles[: -missing.bars]
        client.emit(
            self._history_name(client, request.asset),
            {
                "asset": request.asset,
                "period": request.period,
                "history": self._tick_faults.stamped(request.asset, ticks),
                "candles": candles[::-1],
            },
        )

    def _history_name(self, client: ClientConnection, asset: str) -> str:
        if self._faults.find(OldHistoryName, asset=asset):
            return "updateHistory"
        return "updateHistoryNewFast" if client.login.fast_history else "updateHistoryNew"

    def _sixth_column(self, listing: Listing, opened: int, period: int) -> tuple[int, ...]:
        if self._faults.find(SixthColumn, asset=listing.symbol):
            return (self._quotes.count(listing, opened, opened + period, self._clock.now()),)
        return ()

    def _accepted(self, symbol: str) -> Listing | None:
        """The asset to stream; ``None`` if it is unknown, or if a fault ignores the request."""
        listing = LISTINGS.get(symbol)
        return None if listing and self._faults.take(Unanswered, asset=symbol) else listing

    def _load_history(self, client: ClientConnection, request: _LoadHistory, fast: bool = False) -> None:
        """Bars of a session with fast history have volumes, and a name of their own (protocol 1.7.3)."""
        fast = request.period > 1 and (fast or client.login.fast_history)
        listing = LISTINGS.get(request.asset)
        if listing is None:
            data: list[dict[str, object]] = []
        elif request.period <= 1:
            data = self._past_ticks(listing, request)
        else:
            data = self._past_bars(listing, request, fast)
        client.emit(
            "loadHistoryPeriodFast" if fast else "loadHistoryPeriod",
            {"asset": request.asset, "index": request.index, "period": request.period, "data": data},
        )

    def _past_ticks(self, listing: Listing, request: _LoadHistory) -> list[dict[str, object]]:
        end = min(request.time, self._clock.now())
        start = max(request.time - request.offset, end - _HISTORY_SPAN)
        upcoming = self._quotes.number_after(listing, end)
        ticks = self._quotes.ticks(listing, start, upcoming, _HISTORY_TICKS)
        return [
            {"asset": listing.symbol, "time": tick.time, "price": tick.price}
            for tick in self._tick_faults.stamped(listing.symbol, ticks)
        ]

    def _past_bars(self, listing: Listing, request: _LoadHistory, fast: bool) -> list[dict[str, object]]:
        start = request.time - request.offset
        now = self._clock.now()
        return [
            {
                "symbol_id": listing.id,
                "time": opened,
                "open": bar.open,
                "close": bar.close,
                "high": bar.high,
                "low": bar.low,
            }
            | self._last_column(listing, request.period, opened, now, fast)
            for opened, bar in self._quotes.bars(
                listing, request.period, start, request.time, now, _HISTORY_BARS
            )
        ]

    def _last_column(
        self, listing: Listing, period: int, opened: int, now: float, fast: bool
    ) -> dict[str, object]:
        if fast:
            return {"volume": self._quotes.count(listing, opened, opened + period, now)}
        return {"asset": listing.symbol}
