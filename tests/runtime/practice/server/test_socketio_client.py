"""The client of python-socketio works with the exchange."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import socketio  # type: ignore[import-untyped]

from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.exchange_client import DEADLINE


class RecordingClient(socketio.AsyncClient):  # type: ignore[misc]  # the library is not typed
    """A client that puts every event into a queue.

    The library's client with threads has one for each message, so an attachment may overtake its header.
    """

    def __init__(self) -> None:
        super().__init__(reconnection=False)
        self._heard: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.on("*", lambda name, *payload: self._heard.put_nowait((name, *payload)))
        self.on("disconnect", lambda: self._heard.put_nowait(("disconnect", None)))

    async def hear(self, name: str) -> Any:
        while True:
            found, *payload = await asyncio.wait_for(self._heard.get(), DEADLINE)
            if found == name:
                return payload[0] if payload else None


def run_client(exchange: PracticeExchange, course: Callable[[RecordingClient], Awaitable[None]]) -> None:
    async def run() -> None:
        client = RecordingClient()
        await client.connect(
            exchange.regions[0].url.partition("/socket.io/")[0],
            transports=["websocket"],
            wait_timeout=DEADLINE,
        )
        try:
            await course(client)
        finally:
            await client.disconnect()

    asyncio.run(run())


def wait_until_closed(exchange: PracticeExchange) -> None:
    assert exchange.ledger.wait_until(lambda ledger: ledger.sockets()[0].closed_at is not None, DEADLINE)


def test_it_logs_in_and_gets_binary_events(exchange: PracticeExchange) -> None:
    async def course(client: RecordingClient) -> None:
        await client.emit(*json.loads(exchange.session[2:]))
        assets = await client.hear("updateAssets")
        assert isinstance(assets, bytes)
        assert len(json.loads(assets)) == 183
        await client.emit("changeSymbol", {"asset": "EURUSD_otc", "period": 60})
        assert json.loads(await client.hear("updateHistoryNewFast"))["asset"] == "EURUSD_otc"
        assert json.loads(await client.hear("updateStream"))[0][0] == "EURUSD_otc"

    run_client(exchange, course)
    wait_until_closed(exchange)


def test_it_is_refused_as_a_socket_io_server_would(exchange: PracticeExchange) -> None:
    async def course(client: RecordingClient) -> None:
        await client.emit("auth", {"session": "another"})
        assert await client.hear("NotAuthorized") is None
        await client.hear("disconnect")

    run_client(exchange, course)


def test_it_answers_the_pings() -> None:
    settings = PracticeSettings(ping_interval=0.1, ping_timeout=0.3, ps_timeout=0.8)
    with PracticeExchange(settings) as exchange:
        run_client(exchange, lambda client: client.hear("disconnect"))
        wait_until_closed(exchange)
        assert exchange.ledger.sockets()[0].closed_because == "no ps"
