"""aiohttp's client and orjson."""

import asyncio

import aiohttp
import orjson

from labs.bench.peer import TICKS, Peer


async def main(peer: Peer) -> None:
    handle, ended, ticks_follow = peer.handle, peer.ended, False
    async with aiohttp.ClientSession() as session, session.ws_connect(peer.url, max_msg_size=0) as ws:
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
                    for answer in peer.answers(message.data):
                        await ws.send_str(answer)
        peer.report()


if __name__ == "__main__":
    asyncio.run(main(Peer.briefed()))
