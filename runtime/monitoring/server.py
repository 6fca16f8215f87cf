"""The HTTP server of a process, in a thread and an event loop of its own."""

import asyncio
import contextlib
import functools
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from loguru import logger

from actors.engine.router_ref import RouterRef
from actors.errors import ConfigInvalid, RequestError
from actors.messages.status import Status
from runtime.config import Config
from runtime.monitoring.answers import json_answer
from runtime.monitoring.hosts import AllowedHosts
from runtime.monitoring.readiness import Reason, not_ready
from runtime.monitoring.site import Site

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

STOP_TIMEOUT: Final = 2.0
"""Seconds for answers that are being written."""

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


class StatusServer:
    """Answers ``/healthz``, ``/readyz``, ``/status`` and ``/metrics`` for its sites.

    It binds its port when it is made, and raises ``ConfigInvalid`` if it cannot. ``begin`` and ``stop`` may
    be called from any thread.
    """

    def __init__(self, config: Config) -> None:
        self._socket = _bound(config)
        self._hosts = AllowedHosts(config.status.hosts)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="status server", daemon=True)
        self._runner: web.AppRunner | None = None
        self._sites: dict[str, Site] = {}
        self._stops = False

    @property
    def url(self) -> str:
        """Where it listens, with the port that it has."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

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

    def begin(self, routes: list[web.RouteDef]) -> None:
        """Listen; ``routes`` are answered besides."""
        self._runner = web.AppRunner(
            self._application(routes), access_log=None, shutdown_timeout=STOP_TIMEOUT
        )
        self._thread.start()
        self._call(self._listen(self._runner))
        logger.info("the status is served at {}", self.url)

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(2 * STOP_TIMEOUT)

    async def _listen(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.SockSite(runner, self._socket).start()

    async def _close(self) -> None:
        for site in self._sites.values():
            site.end_pages()
        with contextlib.suppress(NotImplementedError):  # Windows: its loop waits for connections otherwise
            self._loop.remove_reader(self._socket)
        for _ in range(TURNS):
            await asyncio.sleep(0)
        if self._runner is not None:
            await self._runner.cleanup()
        while self._sites:  # some may be removed meanwhile
            _, site = self._sites.popitem()
            await site.close()

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

    async def _statuses(self) -> dict[str, Status | RequestError]:
        """The status of each site, or why it does not come; all are asked at once."""

        async def one(site: Site) -> Status | RequestError:
            try:
                return await site.status()
            except RequestError as error:
                return error

        sites = dict(self._sites)
        found = zip(sites, await asyncio.gather(*map(one, sites.values())), strict=True)
        return {name: status for name, status in found if self._sites.get(name) is sites[name]}  # not stopped

    def _reasons(self, found: dict[str, Status | RequestError]) -> list[Reason]:
        """Why it is not ready."""
        reasons: list[Reason] = []
        for name, status in found.items():
            if isinstance(status, RequestError):
                reasons.append(Reason("status", "", _of(name, str(status))))
            else:
                reasons += [Reason(each.kind, each.name, _of(name, each.text)) for each in not_ready(status)]
        return reasons

    def _shown(self, found: dict[str, Status | RequestError]) -> Any:
        """What ``/status`` answers."""
        return found[""]

    def _metrics_of_the_host(self) -> "Iterable[Metric]":
        """What no account has."""
        return ()

    async def _on_healthz(self, request: web.Request) -> web.Response:
        if not self._stops:  # a runtime that stops answers no request
            for name, status in (await self._statuses()).items():
                if isinstance(status, RequestError):
                    text = _of(name, f"an actor does not answer: {status}")
                    return json_answer({"alive": False, "reason": text}, status=503)
        return json_answer({"alive": True})

    async def _on_readyz(self, request: web.Request) -> web.Response:
        reasons = [STOPS] if self._stops else self._reasons(await self._statuses())
        return json_answer({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def _on_status(self, request: web.Request) -> web.Response:
        shown = self._shown(await self._statuses())
        if isinstance(shown, RequestError):
            return json_answer({"error": str(shown)}, status=503)
        return json_answer(shown)

    async def _on_metrics(self, request: web.Request) -> web.Response:
        try:
            from runtime.monitoring import metrics  # noqa: PLC0415  # an extra
        except ImportError:
            text = "the metrics need prometheus-client: pip install 'tellwire[metrics]'\n"
            return web.Response(status=501, text=text)
        told: dict[str, metrics.Exposed] = {}
        for name, status in (await self._statuses()).items():
            if not isinstance(status, RequestError):
                told[name] = metrics.Exposed(status, self._sites[name].facts, self._sites[name].tick_ages)
            elif not name:
                return web.Response(status=503, text=f"an actor does not answer: {status}\n")
        body, kind = metrics.exposition(told, request.headers.get("Accept", ""), self._metrics_of_the_host())
        return web.Response(body=body, headers={"Content-Type": kind})


class RuntimeServer(StatusServer):
    """The server of one runtime, with its page at ``/``."""

    def __init__(self, current: Callable[[], Config], facts: dict[str, str], secrets: Iterable[str]) -> None:
        """The arguments are those of ``Site``."""
        super().__init__(current())
        self._sites[""] = Site(current, facts, secrets, current())

    def start(self, router: RouterRef) -> None:
        """Listen; what is asked from now on is asked of ``router``."""
        (site,) = self._sites.values()
        self._open = functools.partial(site.open, router)
        self.begin(list(site.routes))

    async def _listen(self, runner: web.AppRunner) -> None:
        await self._open()
        await super()._listen(runner)


def _of(name: str, text: str) -> str:
    return f"{name}: {text}" if name else text


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
