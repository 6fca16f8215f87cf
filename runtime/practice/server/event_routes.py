"""Which desk of the exchange answers which event of a client."""

import functools
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


def by_account(accounts: Mapping[int, Routes]) -> Routes:
    """Routes that lead to those of the client's account, by its uid; all accounts have the same ones."""
    return {
        name: Route(
            route.request,
            functools.partial(_answer, accounts, name),
            route.before_login,
            route.refuse and functools.partial(_refuse, accounts, name),
        )
        for name, route in next(iter(accounts.values())).items()
    }


def _answer(accounts: Mapping[int, Routes], name: str, client: ClientConnection, request: Any) -> None:
    accounts[client.login.uid][name].answer(client, request)


def _refuse(
    accounts: Mapping[int, Routes], name: str, client: ClientConnection, payload: dict[str, object]
) -> None:
    refuse = accounts[client.login.uid][name].refuse
    assert refuse is not None
    refuse(client, payload)


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
