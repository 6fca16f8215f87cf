"""What the open pages of a runtime are brought."""

import asyncio
import json
from typing import Any

from actors.messages import GetStatus
from actors.messages.status import Status
from runtime.aio.loop_calls import LoopCalls
from runtime.async_runtime import AsyncRuntime
from runtime.monitoring.feed import PageFeed
from runtime.monitoring.log_tail import LogTail
from runtime.monitoring.outbox import PageOutbox
from tests.journeys.journey import ASSETS, DEADLINE, practice

SETTLED = 0.3
"""Seconds after which what a closed page leaves behind has ended, on a busy machine too."""


async def quotes(outbox: PageOutbox) -> dict[str, Any]:
    """Those of the next message that has some."""
    async with asyncio.timeout(DEADLINE):
        while True:
            await outbox.news()
            update = json.loads(outbox.take().removeprefix(b"data: "))
            if found := update.get("quotes"):
                return dict(found)


async def load_anew() -> None:
    async with AsyncRuntime(practice(0, ASSETS[0])) as runtime:

        async def status() -> Status:
            return await runtime.ask(GetStatus(), timeout=DEADLINE)

        feed = PageFeed(runtime, status, LogTail([]))
        await feed.begin(LoopCalls(asyncio.get_running_loop()))
        try:
            first = feed.open()
            assert await quotes(first)
            feed.close(first)
            second = feed.open()  # a page that is loaded anew does so
            await asyncio.sleep(SETTLED)
            second.take()
            assert await quotes(second)
            feed.close(second)
        finally:
            feed.end()


def test_a_page_that_opens_as_the_last_one_closes_gets_quotes_for_good() -> None:
    asyncio.run(load_anew())
