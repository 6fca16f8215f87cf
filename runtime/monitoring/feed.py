"""Brings events, ticks and the status to all pages that are open."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

import pykka

from actors.errors import RequestError
from actors.messages.commands import (
    GetAssets,
    GetBalance,
    GetClosedDeals,
    GetOpenedDeals,
    GetPendingOrders,
    Unsubscribe,
)
from actors.messages.events import AssetsListed, BalanceChanged
from actors.messages.routing import SubscribeColumns
from actors.messages.status import Status
from actors.messages.topics import TICK
from actors.values import Asset
from runtime.aio.async_router import AsyncRouter
from runtime.aio.loop_calls import LoopCalls
from runtime.monitoring.history import TOPICS, Change, History, TailLine
from runtime.monitoring.log_tail import LogTail
from runtime.monitoring.outbox import PageOutbox, TimedPrice
from runtime.monitoring.quotes import QuoteTap
from runtime.monitoring.view import view

VIEW_INTERVAL: Final = 1.0
"""Seconds between two looks at the status, while a page is open."""

TICKS: Final = f"{TICK}.>"

LISTS_TIMEOUT: Final = 2.0
"""Seconds that the venue's lists may take when the first page opens: they come with a login."""


class PageFeed:
    """Keeps the history from its begin; ticks and status cost nothing while no page is open. In one loop."""

    def __init__(self, router: AsyncRouter, status: Callable[[], Awaitable[Status]], log: LogTail) -> None:
        self._router = router
        self._status = status
        self._log = log
        self._history = History()
        self._assets: dict[str, Asset] = {}
        self._outboxes: set[PageOutbox] = set()
        self._work: asyncio.Task[None] | None = None
        self._calls: LoopCalls
        self._ended = False

    async def begin(self, calls: LoopCalls) -> None:
        """Begin to keep the history."""
        self._calls = calls
        self._log.begin(lambda line: calls.put(self._on_line, line))
        for topic in TOPICS:
            await self._router.subscribe(topic, self._on_event)

    def end(self) -> None:
        """Every page ends, and no other begins."""
        self._ended = True
        self._log.end()
        for outbox in list(self._outboxes):
            outbox.end()

    def open(self) -> PageOutbox:
        """What a page gets from now on; it begins with the history."""
        outbox = PageOutbox(self._history)
        self._outboxes.add(outbox)
        if self._ended:
            outbox.end()
        elif self._work is None:
            self._work = asyncio.create_task(self._serve())
        return outbox

    def close(self, outbox: PageOutbox) -> None:
        """The page has gone."""
        self._outboxes.discard(outbox)
        if self._work is not None and not self._outboxes:
            self._work.cancel()
            self._work = None

    async def _serve(self) -> None:
        """While pages are open."""
        tap: Any = QuoteTap(self._calls, self._on_quotes)  # the former one may be about to be unsubscribed
        self._router.router.tell(SubscribeColumns(TICKS, tap))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._load_lists())
                group.create_task(self._look_at_assets())
                group.create_task(self._look())
        finally:
            with contextlib.suppress(RequestError, pykka.ActorDeadError):  # the runtime has ended
                self._router.router.tell(Unsubscribe(TICKS, to=tap))

    async def _look(self) -> None:
        while True:
            try:
                seen = view(await self._status(), self._assets, self._router.router.utc())
            except RequestError as error:
                for outbox in self._outboxes:
                    outbox.put_error(str(error))
            else:
                for outbox in self._outboxes:
                    outbox.put_view(seen)
            await asyncio.sleep(VIEW_INTERVAL)

    async def _load_lists(self) -> None:
        """What the venue has told before the first page opened."""
        for command in (GetOpenedDeals(), GetClosedDeals()):
            with contextlib.suppress(RequestError):  # it does not trade, or no connection is up yet
                self._tell(self._history.on_deals(await self._router.ask(command, timeout=LISTS_TIMEOUT)))
        with contextlib.suppress(RequestError):
            pending = await self._router.ask(GetPendingOrders(), timeout=LISTS_TIMEOUT)
            self._tell(self._history.on_pending(pending))
        with contextlib.suppress(RequestError):
            balance = await self._router.ask(GetBalance(), timeout=LISTS_TIMEOUT)
            self._on_event(BalanceChanged(balance))

    async def _look_at_assets(self) -> None:
        """Asked for, and not listened to before: the table is long, and no page may be open."""
        events = self._router.events(AssetsListed.base_topic)
        async with events:
            with contextlib.suppress(RequestError):
                self._assets = dict(await self._router.ask(GetAssets(), timeout=LISTS_TIMEOUT))
            async for event in events:
                if isinstance(event, AssetsListed):
                    self._assets = {asset.symbol: asset for asset in event.assets}

    def _on_event(self, event: Any) -> None:
        self._tell(self._history.on_event(event, self._router.router.utc()))

    def _on_line(self, line: TailLine) -> None:
        self._tell(self._history.on_line(line))

    def _on_quotes(self, quotes: dict[str, TimedPrice]) -> None:
        for outbox in self._outboxes:
            outbox.put_quotes(quotes)

    def _tell(self, changes: Iterable[Change]) -> None:
        if changes:
            for outbox in self._outboxes:
                outbox.put_changes(changes)
