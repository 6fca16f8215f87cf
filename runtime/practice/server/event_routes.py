"""Which desk of the exchange answers which event of a client."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from runtime.practice.server.connection import ClientConnection, Stage


class Route(NamedTuple):
    """``answer`` is called with the client and the payload, converted to ``request``.

    ``refuse`` is called with the client and a payload that cannot be converted; without it, that is ignored.
    """

    request: Any
    answer: Callable[[ClientConnection, Any], None]
    before_login: bool = False
    refuse: Callable[[ClientConnection, dict[str, object]], None] | None = None


Routes = Mapping[str, Route]


class EventRoutes:
    """Ignores unknown events, and events before the login, as the venue does (protocol 1.10)."""

    def __init__(self, *desks: Routes) -> None:
        self._routes = {name: route for desk in desks for name, route in desk.items()}

    def __call__(self, client: ClientConnection, name: str, payload: object) -> None:
        route = self._routes.get(name)
        if route is None or not (route.before_login or client.stage is Stage.AUTHENTICATED):
            return
        try:
            request = msgspec.convert(payload, route.request)
        except msgspec.ValidationError:
            if route.refuse is not None and isinstance(payload, dict):
                route.refuse(client, payload)
            return
        route.answer(client, request)
