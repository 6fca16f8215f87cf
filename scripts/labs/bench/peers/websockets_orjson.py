"""websockets' asyncio client and orjson."""

import asyncio
from collections.abc import Sequence

import orjson
from websockets.asyncio.client import connect

from labs.bench.peer import TICKS, Peer


async def follow(peer: Peer, assets: Sequence[str]) -> None:
    handle, ended, ticks_follow = peer.handle, peer.ended, False
    async with connect(peer.url, compression=None, max_size=None, ssl=peer.tls()) as ws:
        async for message in ws:
            if isinstance(message, bytes):
                if ticks_follow:
                    for asset, stamp, price in orjson.loads(message):
                        handle(asset, stamp, price)
                    if ended.is_set():
                        break
            else:
                ticks_follow = message == TICKS
                if not ticks_follow:
                    for answer in peer.answers(message, assets):
                        await ws.send(answer)


async def main(peer: Peer) -> None:
    follows = [asyncio.create_task(follow(peer, assets)) for assets in peer.connections]
    await asyncio.wait(follows, return_when=asyncio.FIRST_COMPLETED)
    peer.report()
    for each in follows:
        each.cancel()


if __name__ == "__main__":
    asyncio.run(main(Peer.briefed()))
