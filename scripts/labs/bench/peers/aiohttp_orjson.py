"""aiohttp's client and orjson."""

import asyncio
from collections.abc import Sequence

import aiohttp
import orjson

from labs.bench.peer import TICKS, Peer


async def follow(peer: Peer, session: aiohttp.ClientSession, assets: Sequence[str]) -> None:
    handle, ended, ticks_follow = peer.handle, peer.ended, False
    async with session.ws_connect(peer.url, max_msg_size=0, ssl=peer.tls() or True) as ws:
        async for message in ws:
            if message.type is aiohttp.WSMsgType.BINARY:
                if ticks_follow:
                    for asset, stamp, price in orjson.loads(message.data):
                        handle(asset, stamp, price)
                    if ended.is_set():
                        break
            elif message.type is aiohttp.WSMsgType.TEXT:
                ticks_follow = message.data == TICKS
                if not ticks_follow:
                    for answer in peer.answers(message.data, assets):
                        await ws.send_str(answer)


async def main(peer: Peer) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        follows = [asyncio.create_task(follow(peer, session, assets)) for assets in peer.connections]
        await asyncio.wait(follows, return_when=asyncio.FIRST_COMPLETED)
        peer.report()
        for each in follows:
            each.cancel()


if __name__ == "__main__":
    asyncio.run(main(Peer.briefed()))
