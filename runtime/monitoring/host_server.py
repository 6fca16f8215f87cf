"""The HTTP server of several accounts: one address, each account below its name."""

import html
from collections.abc import Callable, Container, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pykka
from aiohttp import web
from aiohttp.typedefs import Handler

from actors.engine.router_ref import RouterRef
from actors.errors import RequestError
from actors.messages.status import Status
from runtime.config import Config
from runtime.monitoring.answers import json_answer
from runtime.monitoring.cluster_picture import ClusterPicture
from runtime.monitoring.readiness import Reason, not_ready
from runtime.monitoring.server import StatusServer
from runtime.monitoring.site import Site
from runtime.version import version

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class HostServer(StatusServer):
    """Answers for all accounts together, and has the page of each at ``/accounts/NAME/``.

    ``current`` returns the configuration in force. ``absent`` returns, by name, why an account or a feed does
    not run. ``cluster`` returns what the host knows of its cluster, if it has one. ``add`` and ``remove`` may
    be called from any thread.
    """

    def __init__(
        self,
        current: Callable[[], Config],
        absent: Callable[[], Mapping[str, str]],
        cluster: Callable[[], ClusterPicture] | None = None,
    ) -> None:
        super().__init__(current())
        self._cluster = cluster
        self._current = current
        self._absent = absent

    def start(self) -> None:
        """Listen."""
        # Every site has the same routes; which one answers is looked up, for accounts come and go.
        model = Site(self._current, {}, (), self._current())
        own = [
            web.route(each.method, f"/accounts/{{account}}{each.path}", self._of_site(index))
            for index, each in enumerate(model.routes)
        ]
        self.begin(
            [
                web.get("/", self._on_index),
                web.get("/accounts/{account}/readyz", self._on_ready_of),
                web.get("/accounts/{account}/status", self._on_status_of),
                *own,
            ]
        )

    def add(self, name: str, router: RouterRef, mode: str, secrets: Iterable[str]) -> None:
        """Show the account from now on; ``mode`` is practice, demo or live, the rest is as in ``Site``."""
        config = self._current()
        title = config.of(name).account.profile.title
        facts = {"version": version(), "venue": title, "session": mode}
        site = Site(lambda: self._current().of(name), facts, secrets, config)
        self._call(self._add(name, site, router))

    def remove(self, name: str) -> None:
        """The account has ended; idempotent."""
        if self._thread.is_alive():
            self._call(self._remove(name))

    async def _add(self, name: str, site: Site, router: RouterRef) -> None:
        try:
            await site.open(router)
        except (RequestError, pykka.ActorDeadError):  # it has ended meanwhile
            site.end_pages()
            await site.close()
            return
        await self._remove(name)
        self._sites[name] = site

    async def _remove(self, name: str) -> None:
        if (site := self._sites.pop(name, None)) is not None:
            site.end_pages()
            await site.close()

    def _reasons(self, found: dict[str, Status | RequestError]) -> list[Reason]:
        missing = [Reason("status", "", f"{name}: {reason}") for name, reason in self._missing(found).items()]
        return [*super()._reasons(found), *missing]

    def _shown(self, found: dict[str, Status | RequestError]) -> Any:
        shown = {
            name: {"error": str(each)} if isinstance(each, RequestError) else each
            for name, each in found.items()
        }
        missing = {name: {"error": reason} for name, reason in self._missing(found).items()}
        accounts = {"accounts": {**shown, **missing}}
        return accounts if self._cluster is None else accounts | {"cluster": self._cluster()}

    def _missing(self, found: Container[str]) -> dict[str, str]:
        """By name, why an account or a feed is not among those ``found``, or will not be for long."""
        starting = {name: "it is being started" for name in self._current().duties if name not in found}
        return {**starting, **self._absent()}

    def _metrics_of_the_host(self) -> "Iterable[Metric]":
        if self._cluster is None:
            return ()
        from runtime.monitoring.cluster_metrics import cluster_families  # noqa: PLC0415  # an extra

        return cluster_families(self._cluster())

    def _site(self, request: web.Request) -> Site:
        name = request.match_info["account"]
        if (site := self._sites.get(name)) is None:
            reason = self._missing(self._sites).get(
                name, f"there is none of this name; there are {', '.join(self._sites)}"
            )
            raise web.HTTPNotFound(text=f"{name}: {reason}\n")
        return site

    def _of_site(self, index: int) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            handler: Any = self._site(request).routes[index].handler
            answer: web.StreamResponse = await handler(request)
            return answer

        return handle

    async def _on_ready_of(self, request: web.Request) -> web.Response:
        try:
            reasons = not_ready(await self._site(request).status())
        except RequestError as error:
            reasons = [Reason("status", "", str(error))]
        return json_answer({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)

    async def _on_status_of(self, request: web.Request) -> web.Response:
        try:
            return json_answer(await self._site(request).status())
        except RequestError as error:
            return json_answer({"error": str(error)}, status=503)

    async def _on_index(self, request: web.Request) -> web.Response:
        found = await self._statuses()
        reasons = [html.escape(reason.text) for reason in self._reasons(found)]
        names = [f'<li><a href="accounts/{name}/">{name}</a></li>' for name in found]
        text = "".join(names) + "".join(f"<li>{reason}</li>" for reason in reasons)
        page = (
            f'<!doctype html><html lang="en"><title>tellwire</title><h1>Accounts</h1><ul>{text}</ul></html>'
        )
        return web.Response(text=page, content_type="text/html")
