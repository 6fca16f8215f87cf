"""One runtime as it is seen over HTTP: its status, the age of its ticks, and its page."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from typing import Any, Final

import pykka

from actors.distribution import Distribution
from actors.engine.router_ref import RouterRef
from actors.errors import RequestError
from actors.messages.commands import GetStatus, Unsubscribe
from actors.messages.routing import SubscribeColumns
from actors.messages.status import Status
from actors.messages.topics import TICK
from runtime.aio.async_router import AsyncRouter
from runtime.config import Config
from runtime.monitoring.control_routes import ControlRoutes
from runtime.monitoring.feed import PageFeed
from runtime.monitoring.log_tail import LogTail
from runtime.monitoring.page_routes import PageRoutes
from runtime.monitoring.tick_ages import TickAges

ALIVE_WITHIN: Final = 3.0
"""Seconds in which every actor must answer: longer than a disk that is slow to sync, shorter than a probe of
Kubernetes or Docker waits by habit (5 s and more)."""

TOPIC: Final = f"{TICK}.>"


class Site(AsyncRouter):
    """Its ``routes`` answer while it is open. Used in the loop of the server alone, but for its making."""

    def __init__(
        self, current: Callable[[], Config], facts: dict[str, str], secrets: Iterable[str], whole: Config
    ) -> None:
        """``current`` returns the configuration in force. ``facts`` are what ``tellwire_info`` says of this
        runtime; ``secrets`` are what no line of the log may contain; ``whole`` is the configuration of the
        process, which has the token."""
        super().__init__()
        self.facts = facts
        control = ControlRoutes(self, whole.status.token)
        self._feed = PageFeed(self, self.status, LogTail(secrets, current().name))
        page = PageRoutes(self, self._feed, current, {**facts, "operable": control.allowed})
        self.routes = [*page.routes(), *control.routes()]
        self._asked: asyncio.Task[Status] | None = None
        self._ages: TickAges

    @property
    def tick_ages(self) -> Distribution:
        return self._ages.distribution()

    async def open(self, router: RouterRef) -> None:
        """What is asked from now on is asked of ``router``."""
        self._begin(router)
        self._ages = TickAges(self._calls, router.utc)
        router.tell(SubscribeColumns(TOPIC, self._ages))
        await self._feed.begin(self._calls)

    def end_pages(self) -> None:
        """Every page ends, and no other begins."""
        self._feed.end()
        to: Any = self._ages
        with contextlib.suppress(pykka.ActorDeadError):  # the runtime has ended
            self.router.tell(Unsubscribe(TOPIC, to=to))

    async def close(self) -> None:
        """After ``end_pages``: nothing is asked any more."""
        await self._end()

    async def status(self) -> Status:
        """The status; requests that come while it is being asked for share it.

        Raises ``RequestError``, in time, whatever is stuck.
        """
        if self._asked is None or self._asked.done():
            self._asked = asyncio.create_task(self._ask_status())
        return await asyncio.shield(self._asked)

    async def _ask_status(self) -> Status:
        try:
            async with asyncio.timeout(ALIVE_WITHIN):
                return await self.ask(GetStatus(), timeout=ALIVE_WITHIN)
        except TimeoutError:
            raise RequestError(f"no status within {ALIVE_WITHIN:g} s") from None
        except pykka.ActorDeadError:
            raise RequestError("the runtime has ended") from None
