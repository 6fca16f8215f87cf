"""The bars of a page's chart, made by the runtime of ticks, for as long as the page shows them."""

import asyncio
import contextlib
import itertools
from typing import Final

import pykka

from actors.errors import RequestError
from actors.messages.commands import SubscribeCandles
from actors.messages.events import BarClosed, BarForming
from actors.messages.owners import Owner, OwnerEnded
from runtime.aio.async_router import AsyncRouter
from runtime.monitoring.outbox import PageOutbox

BARS: Final = 120
"""Of history: as many as a screen shows."""

TIMEOUT: Final = 15.0

_numbers = itertools.count(1)


class Chart:
    """The series of ``asset`` for one page, which owns it as an attached process would."""

    def __init__(self, router: AsyncRouter, asset: str, period: int, outbox: PageOutbox) -> None:
        self._router = router
        self._wanted = SubscribeCandles(asset, period, history=BARS)
        self._outbox = outbox
        self._owner = Owner(f"page {next(_numbers)}")
        self._work = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Release the series."""
        self._work.cancel()
        await asyncio.wait([self._work])
        with contextlib.suppress(RequestError, pykka.ActorDeadError):  # the runtime has ended
            self._router.router.tell(OwnerEnded(self._owner))

    async def _run(self) -> None:
        try:
            async with self._router.events(self._wanted.topic) as events:
                series = await self._router.ask_as(self._owner, self._wanted, timeout=TIMEOUT)
                self._outbox.put_history(series.history)
                async for event in events:
                    if isinstance(event, BarForming | BarClosed):
                        self._outbox.put_bar(event.candle)
        except RequestError as error:
            self._outbox.put_history([], str(error))
