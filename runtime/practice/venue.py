"""The exchange on its event loop: its desks, its regions and its clients."""

import asyncio
from itertools import count

from aiohttp import web

from actors.errors import RequestRefused
from actors.values import Outcome
from runtime.practice.fault_desk import FaultDesk
from runtime.practice.faults.board import FaultBoard
from runtime.practice.faults.gate import Answer
from runtime.practice.ledger import Ledger
from runtime.practice.market.assets import AssetTable, next_midnight
from runtime.practice.market.desk import MarketDesk
from runtime.practice.market.quotes import Quotes
from runtime.practice.market.streams import Streams
from runtime.practice.server import packets
from runtime.practice.server.clients import Audience
from runtime.practice.server.clock import VenueClock
from runtime.practice.server.connection import CLOSE_TIMEOUT, Connection
from runtime.practice.server.dispatch import Dispatcher
from runtime.practice.server.gate import Gate
from runtime.practice.server.line import Line
from runtime.practice.server.regions import Regions
from runtime.practice.settings import PracticeSettings
from runtime.practice.trading.account import AccountDesk, Credentials
from runtime.practice.trading.book import Book
from runtime.practice.trading.dealer import Dealer
from runtime.practice.trading.desk import TradingDesk
from runtime.practice.trading.pending_desk import PendingDesk
from runtime.practice.trading.statements import Statements


class Venue:
    """Owns everything that lives on the loop; every method belongs to the loop's thread."""

    def __init__(
        self, settings: PracticeSettings, credentials: Credentials, book: Book, ledger: Ledger
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._clock = clock = VenueClock()
        self._board = board = FaultBoard()
        self._audience = Audience()
        self._assets = assets = AssetTable(settings.seed, settings.minimum_duration)
        quotes = Quotes(settings.seed, settings.tick_rate)
        statements = Statements(book, self._audience)
        self._streams = Streams(quotes, assets, clock, ledger, board, settings.streams_per_connection)
        self._dealer = Dealer(book, quotes, assets, clock, statements, settings.max_deals)
        self._pending = PendingDesk(self._dealer, book, quotes, statements, clock)
        self._dispatcher = Dispatcher(
            AccountDesk(credentials, statements, assets, board, clock).routes,
            MarketDesk(quotes, self._streams, board, clock).routes,
            TradingDesk(self._dealer, book, statements, ledger, board, clock).routes,
            self._pending.routes,
        )
        self._ids = count(1)
        self._calendar: asyncio.Task[None] | None = None
        self.regions = Regions(settings, board, self._audience, self._admit)
        self.faults = FaultDesk(
            board,
            self.regions,
            assets,
            clock,
            ledger,
            reschedule=self._reschedule,
            announce=self._announce_assets,
        )

    async def open(self) -> None:
        """Listen in every region; raises ``OSError`` for a port that is not to be had."""
        await self.regions.open()
        self._reschedule()

    async def close(self) -> None:
        """End every connection and give the ports back; harmless after a failed ``open``."""
        if self._calendar is not None:
            self._calendar.cancel()
        self._pending.stop()
        self._dealer.stop()
        await self.regions.close()

    async def send_to_all(self, message: str | bytes) -> int:
        return self._audience.send(self._audience, message)

    async def publish(self, name: str, payload: object) -> int:
        return self._audience.publish(name, payload)

    async def set_tick_rate(self, rate: float) -> None:
        if rate <= 0:
            raise RequestRefused("a tick rate must be above zero; mute assets to silence them")
        self._streams.set_rate(rate)

    async def force_outcome(self, outcome: Outcome | None) -> None:
        self._dealer.forced = outcome

    async def _admit(self, gate: Gate, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request; an Engine.IO 4 upgrade on the venue's path becomes a client."""
        if request.path != "/socket.io/":
            return web.Response(status=404)
        if request.query.get("EIO") != "4" or request.query.get("transport") != "websocket":
            return web.json_response({"code": 0, "message": "Transport unknown"}, status=400)
        if answer := self._board.take(Answer, region=gate.name):
            fields = answer.fields(self._clock.utc())
            return web.Response(
                status=answer.status, headers=fields, text=answer.page, content_type="text/html"
            )
        # It answers no ping by itself, because a fault may forbid it.
        socket = web.WebSocketResponse(
            timeout=CLOSE_TIMEOUT, max_msg_size=packets.MAX_PAYLOAD, autoping=False
        )
        try:
            await socket.prepare(request)
        except ConnectionResetError:  # the client has left meanwhile, which is no fault of anybody
            return web.Response(status=400)
        if isinstance(request.transport, Line):
            await self._serve(gate, socket, request.transport)
        return socket

    async def _serve(self, gate: Gate, socket: web.WebSocketResponse, line: Line) -> None:
        client = Connection(
            next(self._ids),
            gate.name,
            socket,
            line,
            self._settings,
            self._clock,
            self._ledger,
            self._board,
            self._dispatcher,
        )
        self._audience.add(client)
        try:
            await client.run()
        finally:
            self._streams.forget(client)
            self._audience.remove(client)

    def _reschedule(self) -> None:
        """Book everything that is due by the venue's clock."""
        if self._calendar is not None:
            self._calendar.cancel()
        self._calendar = asyncio.create_task(self._announce_days())
        self._dealer.start()
        self._pending.start()
        self._streams.restart()

    async def _announce_days(self) -> None:
        """Send the asset table anew each midnight, when its schedules and payouts change."""
        while True:
            await asyncio.sleep(self._clock.until(next_midnight(self._clock.now())))
            self._announce_assets()

    def _announce_assets(self) -> None:
        self._audience.publish("updateAssets", self._assets.rows(self._clock.now()))
