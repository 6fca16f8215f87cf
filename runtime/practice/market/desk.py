"""The market desk: history on demand, and subscriptions to live ticks."""

from typing import Annotated

import msgspec

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.venue import Unanswered
from runtime.practice.market.listings import LISTINGS, Listing
from runtime.practice.market.quotes import Quotes
from runtime.practice.market.streams import Streams
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

    def __init__(self, quotes: Quotes, streams: Streams, faults: ActiveFaults, clock: ExchangeClock) -> None:
        self._quotes = quotes
        self._streams = streams
        self._faults = faults
        self._clock = clock
        self.routes: Routes = {
            "changeSymbol": Route(_ChangeSymbol, self._change_symbol),
            "loadHistoryPeriod": Route(_LoadHistory, self._load_history),
            "subfor": Route(str, self._subscribe),
            "subscribeSymbol": Route(str, self._subscribe),
            "unsubfor": Route(str, self._streams.unsubscribe),
            "unSubscribeSymbol": Route(str, self._streams.unsubscribe),
        }

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
        candles = [[opened, bar.open, bar.close, bar.high, bar.low] for opened, bar in bars]
        client.emit(
            "updateHistoryNewFast" if client.login.fast_history else "updateHistoryNew",
            {"asset": request.asset, "period": request.period, "history": ticks, "candles": candles[::-1]},
        )

    def _accepted(self, symbol: str) -> Listing | None:
        """The asset to stream; ``None`` if it is unknown, or if a fault ignores the request."""
        listing = LISTINGS.get(symbol)
        return None if listing and self._faults.take(Unanswered, asset=symbol) else listing

    def _load_history(self, client: ClientConnection, request: _LoadHistory) -> None:
        listing = LISTINGS.get(request.asset)
        if listing is None:
            data: list[dict[str, object]] = []
        elif request.period <= 1:
            data = self._past_ticks(listing, request)
        else:
            data = self._past_bars(listing, request)
        client.emit(
            "loadHistoryPeriod",
            {"asset": request.asset, "index": request.index, "period": request.period, "data": data},
        )

    def _past_ticks(self, listing: Listing, request: _LoadHistory) -> list[dict[str, object]]:
        end = min(request.time, self._clock.now())
        start = max(request.time - request.offset, end - _HISTORY_SPAN)
        upcoming = self._quotes.number_after(listing, end)
        ticks = self._quotes.ticks(listing, start, upcoming, _HISTORY_TICKS)
        return [{"asset": listing.symbol, "time": tick.time, "price": tick.price} for tick in ticks]

    def _past_bars(self, listing: Listing, request: _LoadHistory) -> list[dict[str, object]]:
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
                "asset": listing.symbol,
            }
            for opened, bar in self._quotes.bars(
                listing, request.period, start, request.time, now, _HISTORY_BARS
            )
        ]
