"""Live ticks: who receives which asset, and when the next tick of each is due."""

import asyncio
from collections.abc import Callable, Iterable

from runtime.practice import packets
from runtime.practice.assets import is_tradable
from runtime.practice.clock import UTC_OFFSET, VenueClock
from runtime.practice.connection import Connection
from runtime.practice.ledger import Ledger
from runtime.practice.listings import Listing
from runtime.practice.quotes import Quote, Quotes
from runtime.practice.tick_faults import TickFaults

_HEADER = packets.binary_event("updateStream")
_MAX_DELAY = 5.0  # after a longer stall, such as a suspended machine, ticks are left out


class _Stream:
    """One asset's audience and the timer of its next tick, which runs while there is an audience."""

    def __init__(
        self, listing: Listing, quotes: Quotes, clock: VenueClock, publish: Callable[["_Stream", Quote], None]
    ) -> None:
        self.listing = listing
        self.audience: dict[int, Connection] = {}
        self._quotes = quotes
        self._clock = clock
        self._publish = publish
        self._number = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def number(self) -> int:
        """The next tick to be sent."""
        return self._number

    def add(self, client: Connection) -> None:
        self.audience[client.id] = client
        if self._timer is None:
            self.restart()

    def remove(self, client: Connection) -> None:
        self.audience.pop(client.id, None)
        if not self.audience and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def restart(self) -> None:
        """Go on with the first tick that lies ahead."""
        if self._timer is not None:
            self._timer.cancel()
        self._number = self._quotes.number_after(self.listing, self._clock.now())
        self._schedule()

    def _schedule(self) -> None:
        delay = self._clock.until(self._quotes.instant(self.listing, self._number))
        self._timer = asyncio.get_running_loop().call_later(delay, self._fire)

    def _fire(self) -> None:
        now = self._clock.now()
        if self._quotes.instant(self.listing, self._number) < now - _MAX_DELAY:
            self.restart()
            return
        while self._quotes.instant(self.listing, self._number) <= now:
            self._publish(self, self._quotes.tick(self.listing, self._number))
            self._number += 1
        self._schedule()


class Streams:
    """At most ``cap`` assets per client: one more takes the place of the oldest, silently (protocol 1.10)."""

    def __init__(self, quotes: Quotes, clock: VenueClock, ledger: Ledger, cap: int) -> None:
        self._quotes = quotes
        self._clock = clock
        self._ledger = ledger
        self._cap = cap
        self._streams: dict[str, _Stream] = {}
        self._muted: set[str] = set()
        self.faults = TickFaults()

    def subscribe(self, client: Connection, listing: Listing) -> int:
        """Start or go on sending ``listing`` to ``client``; answers with the number of its next tick."""
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

    def unsubscribe(self, client: Connection, symbol: str) -> None:
        if symbol in client.streams:
            del client.streams[symbol]
            self._streams[symbol].remove(client)

    def forget(self, client: Connection) -> None:
        for symbol in list(client.streams):
            self.unsubscribe(client, symbol)

    def mute(self, symbols: Iterable[str]) -> None:
        self._muted.update(symbols)

    def unmute(self, symbols: Iterable[str]) -> None:
        self._muted.difference_update(symbols)

    def set_rate(self, rate: float) -> None:
        self._quotes.rate = rate
        for stream in self._streams.values():
            if stream.audience:
                stream.restart()

    def _publish(self, stream: _Stream, quote: Quote) -> None:
        symbol = stream.listing.symbol
        if symbol in self._muted or not is_tradable(stream.listing):
            return
        for due in self.faults.apply(symbol, quote):
            payload = packets.encode([[symbol, due.time, due.price]])
            for client in stream.audience.values():
                client.send(_HEADER, payload)
            self._ledger.write_ticks(symbol, due.time - UTC_OFFSET, due.price, stream.audience)
