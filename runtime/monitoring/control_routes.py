"""What an operator does from the page, or by any program that has the token: the commands of ``ctl``."""

import hmac
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import web
from loguru import logger
from msgspec import Struct
from pydantic import SecretStr

from actors.errors import RequestError, RequestRefused, RequestTimeout
from actors.messages.owners import OPERATOR
from runtime.aio.async_router import AsyncRouter
from runtime.monitoring import operations
from runtime.monitoring.answers import json_answer
from runtime.monitoring.operations import Operation

TIMEOUT: Final = 15.0
"""Seconds that the runtime may take to answer, as with ``ctl``."""

SCHEME: Final = "Bearer "


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of an operation; each takes its own."""

    reason: str = ""
    name: str = ""
    asset: str = ""
    period: int = 60


OPERATIONS: Final[dict[str, Callable[[Wanted], Operation]]] = {
    "halt": lambda wanted: operations.halt(wanted.reason),
    "resume": lambda _: operations.resume(),
    "restart": lambda wanted: operations.restart(wanted.name),
    "disconnect": lambda wanted: operations.disconnect(wanted.reason),
    "connect": lambda _: operations.connect(),
    "subscribe": lambda wanted: operations.subscribe(wanted.asset, wanted.period),
    "unsubscribe": lambda wanted: operations.unsubscribe(wanted.asset),
}


class ControlRoutes:
    """``POST /control/NAME`` with the arguments as JSON and ``status.token`` as a bearer (RFC 6750)."""

    def __init__(self, router: AsyncRouter, token: SecretStr) -> None:
        self._router = router
        self._token = token

    @property
    def allowed(self) -> bool:
        """Whether there is a token."""
        return bool(self._token.get_secret_value())

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/control/{name}", self._on_post)]

    async def _on_post(self, request: web.Request) -> web.Response:
        if not self.allowed:
            return json_answer({"error": "it is read only: set status.token to operate it"}, status=403)
        if not self._is_ours(request.headers.get("Authorization", "")):
            logger.warning(
                "{} tried to operate the runtime without the right token: give it that of status.token, or"
                " let nobody else reach status.listen",
                request.remote,
            )
            refused = json_answer({"error": "the token is not that of status.token"}, status=401)
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        make = OPERATIONS.get(request.match_info["name"])
        if make is None:
            return json_answer({"error": f"the operations are {', '.join(OPERATIONS)}"}, status=404)
        try:
            wanted = msgspec.json.decode(await request.read() or b"{}", type=Wanted)
        except msgspec.DecodeError as error:
            return json_answer({"error": f"the arguments are no JSON as expected: {error}"}, status=400)
        return await self._do(make(wanted))

    async def _do(self, operation: Operation) -> web.Response:
        logger.info("an operator asks over HTTP: {}", operation.command)
        try:
            answer = await self._router.ask_as(OPERATOR, operation.command, timeout=TIMEOUT)
        except RequestRefused as error:
            return json_answer({"error": str(error)}, status=409)
        except RequestTimeout as error:
            return json_answer({"error": str(error)}, status=504)
        except RequestError as error:
            return json_answer({"error": str(error)}, status=503)
        return json_answer({"said": operation.said(answer)})

    def _is_ours(self, authorization: str) -> bool:
        scheme, given = authorization[: len(SCHEME)], authorization[len(SCHEME) :].strip()
        expected = self._token.get_secret_value().encode()
        return scheme.lower() == SCHEME.lower() and hmac.compare_digest(given.encode(), expected)
