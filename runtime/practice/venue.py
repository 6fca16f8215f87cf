"""The exchange on its event loop: its regions, its clients and the faults it can be told to have."""

import asyncio
from collections.abc import Collection
from itertools import count

from aiohttp import web

from actors.errors import RequestRefused
from actors.values import Outcome
from runtime.practice import packets
from runtime.practice.account import AccountDesk, Credentials
from runtime.practice.assets import AssetTable, next_midnight
from runtime.practice.audience import Audience
from runtime.practice.book import Book
from runtime.practice.clock import VenueClock
from runtime.practice.connection import CLOSE_TIMEOUT, Connection
from runtime.practice.dealer import Dealer
from runtime.practice.dispatch import Dispatcher
from runtime.practice.gate import Gate
from runtime.practice.ledger import Ledger
from runtime.practice.listings import LISTINGS
from runtime.practice.market import MarketDesk
from runtime.practice.order_faults import OrderFault
from runtime.practice.pending import PendingDesk
from runtime.practice.quotes import Quotes
from runtime.practice.settings import PracticeSettings
from runtime.practice.statements import Statements
from runtime.practice.streams import Streams
from runtime.practice.tick_faults import TickFault
from runtime.practice.trading import TradingDesk

_ABORT_TIMEOUT = 2.0


class Venue:
    """Owns everything that lives on the loop; every method belongs to the loop's thread."""

    def __init__(
        self, settings: PracticeSettings, credentials: Credentials, book: Book, ledger: Ledger
    ) -> None:
        ports = settings.ports or (0,) * len(settings.regions)
        self.gates = {
            name: Gate(name, settings.host, port, self._admit)
            for name, port in zip(settings.regions, ports, strict=True)
        }
        self._settings = settings
        self._ledger = ledger
        self._clock = clock = VenueClock()
        self._audience = Audience()
        self._assets = AssetTable(settings.seed, settings.minimum_duration)
        quotes = Quotes(settings.seed, settings.tick_rate)
        statements = Statements(book, self._audience)
        self._streams = Streams(quotes, clock, ledger, settings.streams_per_connection)
        self._dealer = Dealer(book, quotes, self._assets, clock, statements, settings.max_deals)
        self._account = AccountDesk(credentials, statements, self._assets, clock)
        self._trading = TradingDesk(self._dealer, book, statements, ledger, clock)
        self._pending = PendingDesk(self._dealer, book, quotes, statements, clock)
        market = MarketDesk(quotes, self._streams, clock)
        self._dispatcher = Dispatcher(
            self._account.routes, market.routes, self._trading.routes, self._pending.routes
        )
        self._ids = count(1)
        self._calendar: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen in every region; raises ``OSError`` for a port that is not to be had."""
        for gate in self.gates.values():
            gate.bind()
        for gate in self.gates.values():
            await gate.open()
        self._calendar = asyncio.create_task(self._announce_days())
        self._dealer.start()
        self._pending.start()

    async def close(self) -> None:
        """End every connection and give the ports back; harmless after a failed ``open``."""
        if self._calendar is not None:
            self._calendar.cancel()
        self._pending.stop()
        self._dealer.stop()
        await asyncio.gather(*(self._shut(gate) for gate in self.gates.values()))
        for gate in self.gates.values():
            gate.release()

    async def close_region(self, name: str) -> None:
        await self._shut(self._gate(name))

    async def open_region(self, name: str) -> None:
        await self._gate(name).open()

    async def drop_connections(self, region: str | None) -> int:
        if region is not None:
            self._gate(region)
        clients = [client for client in self._audience if region in {None, client.region}]
        for client in clients:
            client.abort()
        async with asyncio.timeout(_ABORT_TIMEOUT):
            for client in clients:
                await client.ended.wait()
        return len(clients)

    async def send_to_all(self, message: str | bytes) -> int:
        clients = list(self._audience)
        for client in clients:
            client.send(message)
        return len(clients)

    async def publish(self, name: str, payload: object) -> int:
        return self._audience.publish(name, payload)

    async def mute(self, symbols: Collection[str]) -> None:
        self._streams.mute(_listed(symbols))

    async def unmute(self, symbols: Collection[str]) -> None:
        self._streams.unmute(_listed(symbols))

    async def refuse_sessions(self, refuse: bool) -> None:
        self._account.refusing = refuse

    async def set_tick_rate(self, rate: float) -> None:
        if rate <= 0:
            raise RequestRefused("a tick rate must be above zero; mute assets to silence them")
        self._streams.set_rate(rate)

    async def force_outcome(self, outcome: Outcome | None) -> None:
        self._dealer.forced = outcome

    async def disturb_orders(self, fault: OrderFault, count: int | None) -> None:
        self._trading.faults.add(fault, count)

    async def disturb_ticks(self, fault: TickFault, count: int | None) -> None:
        self._streams.faults.plan.add(fault, count)

    async def calm(self) -> None:
        self._trading.faults.clear()
        self._streams.faults.plan.clear()

    def _gate(self, name: str) -> Gate:
        if gate := self.gates.get(name):
            return gate
        raise RequestRefused(f"no region is called {name!r}; there are {', '.join(self.gates)}")

    async def _shut(self, gate: Gate) -> None:
        await gate.shut()
        await self.drop_connections(gate.name)
        await gate.settle()

    async def _admit(self, gate: Gate, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request; an Engine.IO 4 upgrade on the venue's path becomes a client."""
        if request.path != "/socket.io/":
            return web.Response(status=404)
        if request.query.get("EIO") != "4" or request.query.get("transport") != "websocket":
            return web.json_response({"code": 0, "message": "Transport unknown"}, status=400)
        socket = web.WebSocketResponse(timeout=CLOSE_TIMEOUT, max_msg_size=packets.MAX_PAYLOAD)
        try:
            await socket.prepare(request)
        except ConnectionResetError:  # the client has left meanwhile, which is no fault of anybody
            return web.Response(status=400)
        if request.transport is not None:
            await self._serve(gate, socket, request.transport)
        return socket

    async def _serve(self, gate: Gate, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        client = Connection(
            next(self._ids),
            gate.name,
            socket,
            transport,
            self._settings,
            self._clock,
            self._ledger,
            self._dispatcher,
        )
        self._audience.add(client)
        try:
            await client.run()
        finally:
            self._streams.forget(client)
            self._audience.remove(client)

    async def _announce_days(self) -> None:
        """Send the asset table anew each midnight, when its schedules and payouts change."""
        while True:
            await asyncio.sleep(self._clock.until(next_midnight(self._clock.now())))
            self._audience.publish("updateAssets", self._assets.rows(self._clock.now()))


def _listed(symbols: Collection[str]) -> Collection[str]:
    """The named assets, or all of them if none is named."""
    unknown = [symbol for symbol in symbols if symbol not in LISTINGS]
    if unknown:
        raise RequestRefused(f"not listed here: {', '.join(unknown)}")
    return symbols or LISTINGS
