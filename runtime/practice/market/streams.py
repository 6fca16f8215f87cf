"""Live ticks: which client receives which asset, and when the next tick is due."""

from collections.abc import Callable

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.venue import Mute
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.market.assets import AssetTable
from runtime.practice.market.listings import Listing
from runtime.practice.market.quotes import QuotedPrice, Quotes
from runtime.practice.market.tick_faults import Rows, TickFaults
from runtime.practice.server import packets
from runtime.practice.server.clock import UTC_OFFSET, ClockTimer, ExchangeClock
from runtime.practice.server.connection import ClientConnection

_HEADER = packets.binary_event("updateStream")
_MAX_DELAY = 5.0  # seconds; after a longer stall, such as a suspended machine, ticks are skipped


class _Stream:
    """One asset's clients and the timer of its next tick, which runs while there are clients."""

    def __init__(
        self,
        listing: Listing,
        quotes: Quotes,
        clock: ExchangeClock,
        publish: Callable[["_Stream", QuotedPrice], None],
    ) -> None:
        self.listing = listing
        self.clients: dict[int, ClientConnection] = {}
        self._quotes = quotes
        self._clock = clock
        self._publish = publish
        self._number = 0
        self._timer: ClockTimer | None = None

    @property
    def number(self) -> int:
        """The next tick to be sent."""
        return self._number

    def add(self, client: ClientConnection) -> None:
        self.clients[client.id] = client
        if self._timer is None:
            self.restart()

    def remove(self, client: ClientConnection) -> None:
        self.clients.pop(client.id, None)
        if not self.clients and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def restart(self) -> None:
        """Continue with the next tick that is not yet due."""
        if self._timer is not None:
            self._timer.cancel()
        self._number = self._quotes.number_after(self.listing, self._clock.now())
        self._schedule()

    def _schedule(self) -> None:
        self._timer = self._clock.call_at(self._quotes.instant(self.listing, self._number), self._fire)

    def _fire(self) -> None:
        now = self._clock.now()
        if self._quotes.instant(self.listing, self._number) < now - _MAX_DELAY * self._clock.speed:
            self.restart()
            return
        while self._quotes.instant(self.listing, self._number) <= now:
            self._publish(self, self._quotes.tick(self.listing, self._number))
            self._number += 1
        self._schedule()


class Streams:
    """At most ``cap`` assets per client; one more replaces the oldest without a message (protocol 1.10)."""

    def __init__(
        self,
        quotes: Quotes,
        assets: AssetTable,
        clock: ExchangeClock,
        ledger: ExchangeLedger,
        faults: ActiveFaults,
        cap: int,
        tick_faults: TickFaults,
    ) -> None:
        self._quotes = quotes
        self._assets = assets
        self._clock = clock
        self._ledger = ledger
        self._faults = faults
        self._cap = cap
        self._streams: dict[str, _Stream] = {}
        self._tick_faults = tick_faults

    def subscribe(self, client: ClientConnection, listing: Listing) -> int:
        """Send ``listing`` to ``client`` from now on. Returns the number of its next tick."""
        client.streams.pop(listing.symbol, None)
        client.streams[listing.symbol] = None
        if len(client.streams) > self._cap:
            self.unsubscribe(client, next(iter(client.streams)))
        stream = self._streams.get(listing.symbol)
        if stream is None:
            stream = _Stream(listing, self._quotes, self._clock, self._publish)
            self._streams[listing.symbol] = stream
        stream.add(client)
        return stream.number

    def unsubscribe(self, client: ClientConnection, symbol: str) -> None:
        if symbol in client.streams:
            del client.streams[symbol]
            self._streams[symbol].remove(client)

    def forget(self, client: ClientConnection) -> None:
        for symbol in list(client.streams):
            self.unsubscribe(client, symbol)

    def set_rate(self, rate: float) -> None:
        self._quotes.rate = rate
        self.restart()

    def restart(self) -> None:
        """Continue with the next ticks after a change of the rate or the clock."""
        for stream in self._streams.values():
            if stream.clients:
                stream.restart()

    def _publish(self, stream: _Stream, quote: QuotedPrice) -> None:
        symbol = stream.listing.symbol
        if not self._assets.is_tradable(stream.listing):
            return
        if self._faults.find(Mute, asset=symbol):
            self._ledger.write_unsent(symbol, quote.time - UTC_OFFSET, quote.price, stream.clients)
            return
        for rows in self._tick_faults.apply(symbol, quote):
            self._send(stream, rows)

    def _send(self, stream: _Stream, rows: Rows) -> None:
        symbol = stream.listing.symbol
        payload = packets.encode([[symbol, *quote] for quote in rows])
        sent = [id for id, client in stream.clients.items() if client.send(_HEADER, payload)]
        unsent = stream.clients.keys() - sent
        for time, price in rows:
            self._ledger.write_ticks(symbol, time - UTC_OFFSET, price, sent)
            if unsent:
                self._ledger.write_unsent(symbol, time - UTC_OFFSET, price, unsent)
