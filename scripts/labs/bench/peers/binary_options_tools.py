"""BinaryOptionsToolsV2: its asynchronous interface, one subscription for each asset."""

import asyncio
import os
from typing import Any

from BinaryOptionsToolsV2.pocketoption import PocketOptionAsync

from labs.bench.peer import Peer


async def follow(client: Any, peer: Peer, asset: str) -> None:
    # It delivers every tick as a candle with four equal prices, stamped in whole seconds. Where latencies are
    # measured, the fraction of a price is that of its second.
    async for candle in await client.subscribe_symbol(asset):
        price = float(candle["close"])
        peer.handle(asset, candle["timestamp"] + price % 1, price)
        if peer.ended.is_set():
            return


async def main(peer: Peer) -> None:
    client = PocketOptionAsync(peer.session, url=peer.url)
    await client.wait_for_assets(timeout=20.0)
    await asyncio.gather(*(follow(client, peer, asset) for asset in peer.assets))
    peer.report()


if __name__ == "__main__":
    asyncio.run(main(Peer.briefed()))
    os._exit(0)  # its threads do not end by themselves
