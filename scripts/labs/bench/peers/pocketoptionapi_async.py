"""pocketoptionapi-async: its persistent connection, the ticks as its ``json_data`` event."""

import asyncio
from typing import Any

from pocketoptionapi_async import AsyncPocketOptionClient
from pocketoptionapi_async.constants import Regions

from labs.bench.peer import Peer


async def main(peer: Peer) -> None:
    Regions._REGIONS = {"DEMO": peer.url}  # noqa: SLF001  # there is no setting for it
    client = AsyncPocketOptionClient(peer.session, is_demo=True, enable_logging=False)
    ended = asyncio.Event()

    def take(rows: Any) -> None:
        if not (rows and isinstance(rows, list) and isinstance(rows[0], list) and len(rows[0]) == 3):
            return  # this event carries every binary message
        for asset, stamp, price in rows:
            peer.handle(asset, stamp, price)
        if peer.ended.is_set():
            ended.set()

    client._websocket.add_event_handler("json_data", take)  # noqa: SLF001  # its public interface delivers no ticks
    if not await client.connect():
        raise ConnectionError("pocketoptionapi-async does not connect")
    for message in peer.subscriptions():
        await client.send_message(message)
    await ended.wait()
    peer.report()


if __name__ == "__main__":
    asyncio.run(main(Peer.briefed()))
