"""websockets' asyncio client and orjson."""

import asyncio

import orjson
from websockets.asyncio.client import connect

from labs.bench.peer import TICKS, Peer


async def main(peer: Peer) -> None:
    handle, ended, ticks_follow = peer.handle, peer.ended, False
    async with connect(peer.url, compression=None, max_size=None) as ws:
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
                    for answer in peer.answers(message):
                        await ws.send(answer)
        peer.report()


if __name__ == "__main__":
    asyncio.run(main(Peer.briefed()))
