"""The runtime in an event loop: ``AsyncRuntime``, and ``async for`` over the ticks.

Options: ``config``, the file; ``topic``.
"""

import asyncio
from typing import Any

import pykka
from loguru import logger

from actors.messages import GetAssets, Subscribe
from labs.bench.peer import Peer
from labs.bench.peers.tellwire import ASK_TIMEOUT, Misses, Sightings
from labs.bench.tally import Report
from runtime import AsyncRuntime


async def follow(peer: Peer, runtime: AsyncRuntime) -> Report:
    misses: pykka.ActorRef[Misses] = Misses.start()
    runtime.tell(Subscribe("lag.", to=misses))
    topic = peer.options.get("topic", f"tick.{peer.assets[0]}")
    seen = Sightings(peer.assets)
    handle = seen.handler(peer)
    async for tick in runtime.events(topic):
        handle(tick)
        if seen.ended.at:
            break
    await runtime.ask(GetAssets(), timeout=ASK_TIMEOUT)  # answered after every event about misses
    missed: Any = misses.ask(None, timeout=ASK_TIMEOUT)
    misses.stop()
    return seen.report(missed.get(f"subscriber {topic}", 0))


async def main(peer: Peer) -> None:
    async with AsyncRuntime.from_yaml(peer.options["config"], practice=False) as runtime:
        peer.report(await follow(peer, runtime))


if __name__ == "__main__":
    logger.remove()
    asyncio.run(main(Peer.briefed()))
