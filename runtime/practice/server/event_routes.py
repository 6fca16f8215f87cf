"""Which desk of the exchange answers which event of a client."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from runtime.practice.server.connection import ClientConnection, Stage


class Route(NamedTuple):
    """``answer`` is called with the client and the payload, converted to ``request``."""

    request: Any
    answer: Callable[[ClientConnection, Any], None]
    before_login: bool = False


Routes = Mapping[str, Route]


class EventRoutes:
    """Ignores unknown events, malformed payloads, and events before the login, as the venue does.

    Source: protocol 1.10.
    """

    def __init__(self, *desks: Routes) -> None:
        self._routes = {name: route for desk in desks for name, route in desk.items()}

    def __call__(self, client: ClientConnection, name: str, payload: object) -> None:
        route = self._routes.get(name)
        if route is None or not (route.before_login or client.stage is Stage.AUTHENTICATED):
            return
        try:
            request = msgspec.convert(payload, route.request)
        except msgspec.ValidationError:
            return
        route.answer(client, request)
