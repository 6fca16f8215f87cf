"""The HTTP server of a runtime, in a thread and an event loop of its own."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import pykka
from aiohttp import web
from aiohttp.typedefs import Handler
from loguru import logger

from actors.engine.router_ref import RouterRef
from actors.errors import ConfigInvalid, RequestError
from actors.messages.commands import GetStatus, Unsubscribe
from actors.messages.routing import SubscribeColumns
from actors.messages.status import Status
from actors.messages.topics import TICK
from runtime.aio.async_router import AsyncRouter
from runtime.config import Config
from runtime.monitoring.answers import json_answer
from runtime.monitoring.control_routes import ControlRoutes
from runtime.monitoring.feed import PageFeed
from runtime.monitoring.hosts import AllowedHosts
from runtime.monitoring.log_tail import LogTail
from runtime.monitoring.page_routes import PageRoutes
from runtime.monitoring.readiness import Reason, not_ready
from runtime.monitoring.tick_ages import TickAges

ALIVE_WITHIN: Final = 3.0
"""Seconds in which every actor must answer: longer than a disk that is slow to sync, shorter than a probe of
Kubernetes or Docker waits by habit (5 s and more)."""

STOP_TIMEOUT: Final = 2.0
"""Seconds for answers that are being written."""

TOPIC: Final = f"{TICK}.>"

LARGEST_REQUEST: Final = 4096
"""Bytes of the arguments of an operation."""

TURNS: Final = 8
"""Turns of the loop after which a connection that it has just accepted is one that the runner closes. If the
site is stopped earlier, asyncio of Python 3.11 leaves the socket open."""

STOPS: Final = Reason("stop", "", "the runtime stops")

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer. No text becomes markup or a script, whatever the page does with it."""


class StatusServer(AsyncRouter):
    """Answers ``/healthz``, ``/readyz``, ``/status`` and ``/metrics`` for one runtime, and has its page at
    ``/``.

    It binds its port when it is made, and raises ``ConfigInvalid`` if it cannot. ``start`` and ``stop`` may
    be called from any thread.
    """

    def __init__(self, current: Callable[[], Config], facts: dict[str, str], secrets: set[str]) -> None:
        """``current`` returns the configuration in force. ``facts`` are what ``tellwire_info`` says of this
        runtime; ``secrets`` are what no line of the log may contain."""
        super().__init__()
        config = current()
        self._socket = _bound(config)
        self._hosts = AllowedHosts(config.status.hosts)
        self._facts = facts
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="status server", daemon=True)
        control = ControlRoutes(self, config.status.token)
        self._feed = PageFeed(self, self._status, LogTail(secrets))
        page = PageRoutes(self, self._feed, current, {**facts, "operable": control.allowed})
        application = self._application([*page.routes(), *control.routes()])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_TIMEOUT)
        self._asked: asyncio.Task[Status] | None = None
        self._stops = False
        self._ages: TickAges

    @property
    def url(self) -> str:
        """Where it listens, with the port that it has."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self, router: RouterRef) -> None:
        """Listen; what is asked from now on is asked of ``router``."""
        self._thread.start()
        self._call(self._open(router))
        logger.info("the status is served at {}", self.url)

    def announce_stop(self) -> None:
        """The runtime stops: it is alive, and not ready any more."""
        self._stops = True

    def stop(self) -> None:
        """End every connection and the thread, and release the port; idempotent."""
        if self._thread.is_alive():
            self._call(self._close())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(STOP_TIMEOUT)
        self._socket.close()
        if not self._loop.is_running():
            self._loop.close()

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * STOP_TIMEOUT)

    async def _open(self, router: RouterRef) -> None:
        self._begin(router)
        self._ages = TickAges(self._calls, router.utc)
        router.tell(SubscribeColumns(TOPIC, self._ages))
        await self._feed.begin(self._calls)
        await self._runner.setup()
        await web.SockSite(self._runner, self._socket).start()

    async def _close(self) -> None:
        self._feed.end()
        router = self.router
        if router.is_alive():
            to: Any = self._ages
            router.tell(Unsubscribe(TOPIC, to=to))
        with contextlib.suppress(NotImplementedError):  # Windows: its loop waits for connections otherwise
            self._loop.remove_reader(self._socket)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        await self._runner.cleanup()
        await self._end()

    def _application(self, others: list[web.RouteDef]) -> web.Application:
        application = web.Application(middlewares=[self._guard], client_max_size=LARGEST_REQUEST)
        application.on_response_prepare.append(_complete)
        application.add_routes(
            [
                web.get("/healthz", self._on_healthz),
                web.get("/readyz", self._on_readyz),
                web.get("/status", self._on_status),
                web.get("/metrics", self._on_metrics),
                *others,
            ]
        )
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._hosts.admits(request.host):
            text = f"{request.host} is no name of this server: add it to status.hosts, or use an address\n"
            return web.Response(status=421, text=text)
        if not self._hosts.admits_origin(request.headers.get("Origin"), request.host):
            return web.Response(status=403, text="no other web page may ask\n")
        return await handler(request)

    async def _on_healthz(self, request: web.Request) -> web.Response:
        try:
            if not self._stops:  # a runtime that stops answers nobody
                await self._status()
        except RequestError as error:
            return json_answer({"alive": False, "reason": f"an actor does not answer: {error}"}, status=503)
        return json_answer({"alive": True})

    async def _on_readyz(self, request: web.Request) -> web.Response:
        try:
            reasons = [STOPS] if self._stops else not_ready(await self._status())
        except RequestError as error:
            reasons = [Reason("status", "", str(error))]
        return json_answer({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def _on_status(self, request: web.Request) -> web.Response:
        try:
            return json_answer(await self._status())
        except RequestError as error:
            return json_answer({"error": str(error)}, status=503)

    async def _on_metrics(self, request: web.Request) -> web.Response:
        try:
            from runtime.monitoring import metrics  # noqa: PLC0415  # an extra
        except ImportError:
            text = "the metrics need prometheus-client: pip install 'tellwire[metrics]'\n"
            return web.Response(status=501, text=text)
        try:
            status = await self._status()
        except RequestError as error:
            return web.Response(status=503, text=f"an actor does not answer: {error}\n")
        body, kind = metrics.exposition(
            status, self._facts, self._ages.distribution(), request.headers.get("Accept", "")
        )
        return web.Response(body=body, headers={"Content-Type": kind})

    async def _status(self) -> Status:
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


def _bound(config: Config) -> socket.socket:
    """A socket that is bound to ``status.listen``."""
    where = urlsplit(f"//{config.status.listen}")
    try:
        family, *_, address = socket.getaddrinfo(
            where.hostname, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        place = config.place(("status", "listen"))
        mend = "choose another, or end what uses it"
        problem = f"{place}status.listen: {config.status.listen} cannot be bound: {error.strerror} ({mend})"
        raise ConfigInvalid([problem]) from error


async def _complete(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
