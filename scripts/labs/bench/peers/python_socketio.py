"""python-socketio's asyncio client, which reconnects by itself; the venue's dialect in event handlers."""

import asyncio
import json

import aiohttp
import orjson
import socketio  # type: ignore[import-untyped]

from labs.bench.peer import Peer


async def main(peer: Peer) -> None:
    connector = aiohttp.TCPConnector(ssl=peer.tls() or True)
    session = aiohttp.ClientSession(connector=connector)
    client, ended = socketio.AsyncClient(http_session=session), asyncio.Event()

    @client.event  # type: ignore[untyped-decorator]
    async def connect() -> None:
        await client.emit("auth", json.loads(peer.session[2:])[1])

    @client.event  # type: ignore[untyped-decorator]
    async def successauth(_: bytes) -> None:
        for message in peer.subscriptions():
            await client.emit(*json.loads(message[2:]))

    async def ticks(payload: bytes) -> None:
        for asset, stamp, price in orjson.loads(payload):
            peer.handle(asset, stamp, price)
        if peer.ended.is_set():
            ended.set()

    client.on("updateStream", ticks)
    host = peer.url.partition("/socket.io/")[0]
    await client.connect(host, transports=["websocket"])
    await ended.wait()
    peer.report()


if __name__ == "__main__":
    asyncio.run(main(Peer.briefed()))
