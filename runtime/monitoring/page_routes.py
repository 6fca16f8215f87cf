"""The page itself, the files that it is made of, and what it shows as server-sent events."""

import asyncio
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath
from typing import Final

from aiohttp import web

from runtime.aio.async_router import AsyncRouter
from runtime.config import Config, effective_yaml
from runtime.monitoring.answers import json_answer
from runtime.monitoring.chart import Chart
from runtime.monitoring.feed import PageFeed
from runtime.monitoring.outbox import PageOutbox
from runtime.monitoring.quotes import PAUSE

WRITE_TIMEOUT: Final = 10.0
"""Seconds for which a page may not read; then it is dropped, and it connects again when it can."""

LONGEST_BAR: Final = 86_400

INDEX: Final = "index.html"

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


class PageRoutes:
    """``/``, ``/page/FILE``, ``/page/events``, ``/page/facts`` and ``/page/settings``."""

    def __init__(
        self,
        router: AsyncRouter,
        feed: PageFeed,
        config: Callable[[], Config],
        facts: dict[str, str | bool],
    ) -> None:
        """``facts`` do not change; ``config`` returns the one in force."""
        self._router = router
        self._feed = feed
        self._config = config
        self._facts = facts
        self._files = dict(_files(files("runtime.monitoring.page")))

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self._on_file),
            web.get("/page/events", self._on_events),
            web.get("/page/facts", self._on_facts),
            web.get("/page/settings", self._on_settings),
            web.get("/page/{file:.+}", self._on_file),
        ]

    async def _on_file(self, request: web.Request) -> web.Response:
        name = request.match_info.get("file", INDEX)
        if name not in self._files:
            raise web.HTTPNotFound
        kind = _TYPES.get(PurePosixPath(name).suffix, "text/plain")
        return web.Response(body=self._files[name], content_type=kind, charset="utf-8")

    async def _on_facts(self, request: web.Request) -> web.Response:
        return json_answer(self._facts)

    async def _on_settings(self, request: web.Request) -> web.Response:
        return web.Response(text=effective_yaml(self._config()))

    async def _on_events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        asset, period = request.query.get("asset", ""), request.query.get("period", "60")
        if not (period.isdecimal() and 0 < int(period) <= LONGEST_BAR):
            raise web.HTTPBadRequest(text=f"the period must be 1 to {LONGEST_BAR} seconds\n")
        await response.prepare(request)
        outbox = self._feed.open()
        chart = Chart(self._router, asset, int(period), outbox) if asset else None
        try:
            await _send(outbox, response)
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            pass  # the page has been closed
        finally:
            self._feed.close(outbox)
            if chart is not None:
                await chart.close()
        return response


async def _send(outbox: PageOutbox, response: web.StreamResponse) -> None:
    """Raises ``TimeoutError`` for a page that does not read, and ``ConnectionError`` once it is closed."""
    while True:
        await outbox.news()
        if outbox.ended:
            return
        if outbox.is_too_full:
            raise TimeoutError
        async with asyncio.timeout(WRITE_TIMEOUT):
            await response.write(outbox.take())
        await asyncio.sleep(PAUSE)


def _files(folder: Traversable, before: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.name.startswith("__"):  # those of Python
            continue
        if entry.is_dir():
            yield from _files(entry, f"{before}{entry.name}/")
        else:
            yield f"{before}{entry.name}", entry.read_bytes()
