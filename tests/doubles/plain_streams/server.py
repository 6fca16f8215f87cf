"""The server of the venue, on loopback, in a thread of its own; it records what it sends."""

import asyncio
import itertools
import threading
import time
from types import TracebackType
from typing import Any, NamedTuple, Self

import msgspec
from aiohttp import WSMsgType, web

from tests.doubles.plain_streams import CANDLES_PER_REQUEST, HANGS_UP_AFTER

TOKEN = "plain-token-4711"
LOGIN = f"demo:ann:{TOKEN}"
SYMBOLS = ("BTC", "ETH")
TICK_INTERVAL = 0.005
DEADLINE = 5.0


class Sent(NamedTuple):
    """A tick that left, as the ``SentTick`` of the practice exchange."""

    asset: str
    time: float
    price: float


class PlainServer:
    """Sends ticks from the subscription of a client until its end. ``sent`` has every tick of every client,
    ``pages`` the number of bars in each request for candles."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.pages: list[int] = []
        self.headers: list[dict[str, str]] = []
        self.hung_up = 0
        self._transports: set[asyncio.WriteTransport] = set()
        self._prices = itertools.count(100)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="plain streams")
        self._runner: web.AppRunner
        self._port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._port}/demo/feed"

    def ticks(self, asset: str) -> list[Sent]:
        return [tick for tick in list(self.sent) if tick.asset == asset]

    def drop_clients(self) -> None:
        """Cut every connection without a close frame."""
        self._call(self._drop_clients())

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._start())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._call(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE)
        self._loop.close()

    def _call(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(DEADLINE)

    async def _start(self) -> None:
        application = web.Application()
        application.router.add_get("/demo/feed", self._serve)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _drop_clients(self) -> None:
        for transport in self._transports:
            transport.abort()
        self._transports.clear()

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        self.headers.append(dict(request.headers))
        client = web.WebSocketResponse(autoping=True)
        await client.prepare(request)
        transport = request.transport
        assert isinstance(transport, asyncio.WriteTransport)
        self._transports.add(transport)
        quotes: dict[str, asyncio.Task[None]] = {}
        try:
            await self._talk(client, quotes)
        finally:
            self._transports.discard(transport)
            for task in quotes.values():
                task.cancel()
            await asyncio.gather(*quotes.values(), return_exceptions=True)
        return client

    async def _talk(self, client: web.WebSocketResponse, quotes: dict[str, asyncio.Task[None]]) -> None:
        alive_at = time.monotonic()
        while True:
            try:
                message = await client.receive(alive_at + HANGS_UP_AFTER - time.monotonic())
            except TimeoutError:
                self.hung_up += 1
                await client.close(code=4000)
                return
            if message.type is not WSMsgType.TEXT:
                return
            asked = msgspec.json.decode(message.data, type=dict[str, Any])
            match next(iter(asked)):
                case "alive":
                    alive_at = time.monotonic()
                case "login":
                    accepted = asked["login"] == TOKEN
                    await client.send_json({"ready": SYMBOLS} if accepted else {"refused": True})
                case "subscribe":
                    asset = asked["subscribe"]
                    await client.send_json({"subscribed": asset, "period": asked["period"]})
                    if asset not in quotes:
                        quotes[asset] = asyncio.create_task(self._quote(client, asset))
                case "unsubscribe":
                    if (task := quotes.pop(asked["unsubscribe"], None)) is not None:
                        task.cancel()
                case "candles":
                    await client.send_json(self._candles(asked))

    async def _quote(self, client: web.WebSocketResponse, asset: str) -> None:
        while not client.closed:
            tick = Sent(asset, time.time(), float(next(self._prices)))
            self.sent.append(tick)
            await client.send_json({"tick": asset, "time": tick.time, "price": tick.price})
            await asyncio.sleep(TICK_INTERVAL)

    def _candles(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Whole bars that end by ``before``; the price of a bar is its time."""
        count, period = min(asked["count"], CANDLES_PER_REQUEST), asked["period"]
        self.pages.append(asked["count"])
        last = int(asked["before"]) // period * period
        opened = range(last - count * period, last, period)
        bars = [(at, float(at), float(at) + 2, float(at) - 2, float(at) + 1) for at in opened]
        return {"candles": asked["candles"], "period": period, "id": asked["id"], "bars": bars}
