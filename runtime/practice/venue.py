"""The exchange on its event loop: its desks, its regions and its clients."""

import asyncio
import math
from collections.abc import Sequence
from itertools import count

from aiohttp import web

from actors.errors import RequestRefused
from actors.values import Outcome
from runtime.practice.fault_controller import FaultController
from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.listener import AnswerStatus
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.market.assets import AssetTable, next_midnight
from runtime.practice.market.desk import MarketDesk
from runtime.practice.market.listings import LISTINGS
from runtime.practice.market.scripted_quotes import ScriptedQuotes
from runtime.practice.market.streams import Streams
from runtime.practice.market.tick_faults import TickFaults
from runtime.practice.server import packets
from runtime.practice.server.alarms import Alarms
from runtime.practice.server.clients import Clients
from runtime.practice.server.clock import ExchangeClock, ManualClock, PacedClock
from runtime.practice.server.connection import CLOSE_TIMEOUT, ClientConnection
from runtime.practice.server.event_routes import EventRoutes, Routes, by_account
from runtime.practice.server.fault_transport import FaultTransport
from runtime.practice.server.listener import RegionListener
from runtime.practice.server.pace import Pace
from runtime.practice.server.regions import RegionListeners
from runtime.practice.settings import PracticeSettings
from runtime.practice.trading.account import AccountDesk, Credentials
from runtime.practice.trading.book import Book
from runtime.practice.trading.dealer import Dealer
from runtime.practice.trading.desk import TradingDesk
from runtime.practice.trading.pending_orders import PendingOrders
from runtime.practice.trading.pushes import AccountPushes

_STEPS_AT_ONCE = 200
"""Calls of a clock that is moved before the clients may read what they made."""


class ExchangeVenue:
    """Owns all objects of the exchange; every method must run in the loop's thread."""

    def __init__(
        self,
        settings: PracticeSettings,
        clock: ExchangeClock,
        quotes: ScriptedQuotes,
        accounts: Sequence[tuple[Credentials, Book]],
        ledger: ExchangeLedger,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._quotes = quotes
        self._clock = clock
        self._faults = faults = ActiveFaults()
        self._clients = Clients()
        self._assets = assets = AssetTable(settings.seed, settings.minimum_duration, quotes.assets)
        ticks = TickFaults(faults)
        self._streams = Streams(quotes, assets, clock, ledger, faults, settings.streams_per_connection, ticks)
        self._dealers: list[Dealer] = []
        self._pending: list[PendingOrders] = []
        pushes = {book.uid: AccountPushes(book, self._clients) for _, book in accounts}
        trading = {book.uid: self._open_desks(book, pushes[book.uid]) for _, book in accounts}
        self._dispatcher = EventRoutes(
            AccountDesk([each for each, _ in accounts], pushes, assets, faults, clock).routes,
            MarketDesk(quotes, self._streams, faults, clock, ticks).routes,
            by_account(trading),
        )
        self._ids = count(1)
        self._calendar = Alarms(clock)
        self._moving = asyncio.Lock()
        self._marking: asyncio.Task[None] | None = None
        self.regions = RegionListeners(settings, faults, self._clients, self._admit)
        self.faults = FaultController(
            faults,
            self.regions,
            assets,
            clock,
            ledger,
            reschedule=self._reschedule,
            announce=self._announce_assets,
        )

    def _open_desks(self, book: Book, pushes: AccountPushes) -> Routes:
        """The desks of one account, and what they answer."""
        clock, faults = self._clock, self._faults
        dealer = Dealer(book, self._quotes, self._assets, clock, pushes, self._settings.max_deals)
        pending = PendingOrders(dealer, book, self._quotes, pushes, faults, clock)
        self._dealers.append(dealer)
        self._pending.append(pending)
        return {**TradingDesk(dealer, book, pushes, self._ledger, faults, clock).routes, **pending.routes}

    async def open(self) -> None:
        """Listen in every region; raises ``OSError`` for a port that cannot be bound."""
        await self.regions.open()
        self._reschedule()
        if isinstance(self._clock, PacedClock):
            self._marking = asyncio.create_task(_keep_up(self._clock.pace))

    async def close(self) -> None:
        """End every connection and release the ports; allowed after a failed ``open``."""
        if self._marking is not None:
            self._marking.cancel()
            self._marking = None
        self._calendar.clear()
        for pending in self._pending:
            pending.stop()
        for dealer in self._dealers:
            dealer.stop()
        await self.regions.close()

    async def send_to_all(self, *messages: str | bytes) -> int:
        return self._clients.send(self._clients, *messages)

    async def publish(self, name: str, payload: object) -> int:
        return self._clients.publish(name, payload)

    async def set_tick_rate(self, rate: float) -> None:
        if rate <= 0:
            raise RequestRefused("a tick rate must be above zero; mute assets to silence them")
        self._streams.set_rate(rate)

    async def set_price(self, asset: str, price: float) -> None:
        if asset not in LISTINGS:
            raise RequestRefused(f"not listed here: {asset}")
        if not 0 < price < math.inf:
            raise RequestRefused("a price must be above zero")
        self._quotes.set(LISTINGS[asset], price, self._clock.now())

    async def advance(self, seconds: float) -> None:
        """Move the clock, and make all that becomes due, at the pace of the slowest client."""
        clock = self._clock
        if not isinstance(clock, ManualClock):
            raise RequestRefused("the clock runs by itself; one that is to be moved has speed 0")
        if not 0 <= seconds < math.inf:
            raise RequestRefused("the clock is moved forwards, by seconds")
        async with self._moving:
            until = clock.utc() + seconds
            while any(clock.step(until) for _ in range(_STEPS_AT_ONCE)):
                await asyncio.sleep(0)
                await self._clients.flushed()

    async def force_outcome(self, outcome: Outcome | None) -> None:
        for dealer in self._dealers:
            dealer.forced = outcome

    async def _admit(self, listener: RegionListener, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request; an Engine.IO 4 upgrade on the venue's path becomes a client."""
        if request.path != "/socket.io/":
            return web.Response(status=404)
        if request.query.get("EIO") != "4" or request.query.get("transport") != "websocket":
            return web.json_response({"code": 0, "message": "Transport unknown"}, status=400)
        if answer := self._faults.take(AnswerStatus, region=listener.name):
            fields = answer.fields(self._clock.utc())
            return web.Response(
                status=answer.status, headers=fields, text=answer.page, content_type="text/html"
            )
        # ClientConnection answers the client's pings: a fault may forbid it.
        socket = web.WebSocketResponse(
            timeout=CLOSE_TIMEOUT, max_msg_size=packets.MAX_PAYLOAD, autoping=False
        )
        try:
            await socket.prepare(request)
        except ConnectionResetError:  # the client has left meanwhile
            return web.Response(status=400)
        if isinstance(request.transport, FaultTransport):
            await self._serve(listener, socket, request.transport)
        return socket

    async def _serve(
        self, listener: RegionListener, socket: web.WebSocketResponse, transport: FaultTransport
    ) -> None:
        client = ClientConnection(
            next(self._ids),
            listener.name,
            socket,
            transport,
            self._settings,
            self._clock,
            self._ledger,
            self._faults,
            self._dispatcher,
        )
        self._clients.add(client)
        try:
            await client.run()
        finally:
            self._streams.forget(client)
            self._clients.remove(client)

    def _reschedule(self) -> None:
        """Set the timers of everything that is due by the venue's clock."""
        self._await_midnight()
        for dealer in self._dealers:
            dealer.start()
        for pending in self._pending:
            pending.start()
        self._streams.restart()

    def _await_midnight(self) -> None:
        self._calendar.set("midnight", next_midnight(self._clock.now()), self._begin_day)

    def _begin_day(self) -> None:
        """Publish the asset table, whose schedules and payouts change at each midnight."""
        self._announce_assets()
        self._await_midnight()

    def _announce_assets(self) -> None:
        self._clients.publish("updateAssets", self._assets.rows(self._clock.now()))


async def _keep_up(pace: Pace) -> None:
    """The clock waits for this thread: it is marked whenever what was due has been done."""
    try:
        while True:
            pace.mark("exchange")
            await asyncio.sleep(pace.step / pace.speed)
    finally:
        pace.leave("exchange")
