"""The start and the end of any actor."""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from actors.messages.control import Control
from actors.messages.life import HasLife


class Tellable(Protocol):
    """An ``ActorRef``, or a ``WorkerHandle``."""

    def tell(self, message: Any) -> None:
        """Raises ``pykka.ActorDeadError`` if the actor has ended, or ``WorkerDied`` if the worker has."""


class Begin(Struct, frozen=True):
    """An actor's first message, which the actor tells itself.

    It stands in for pykka's ``on_start``: an exception there would skip ``on_failure``.
    """


def _never() -> bool:
    return False


class OutboundRef(Control, frozen=True):
    """``outbound`` is the rate limiter, for an actor that sends requests and starts before it.

    ``ended`` tells whether the way out has ended: then no request leaves that has not left.
    """

    outbound: Tellable
    ended: Callable[[], bool] = _never


class SystemReady(Control, frozen=True):
    """Every actor of the runtime has started, and has the refs that it needs."""


class ConnectionEnded(HasLife, Struct, frozen=True):
    """A connection actor has published its last event and ends."""

    connection: str
    epoch: int


class ActorEnded(Struct, frozen=True):
    """For the guardian of one actor: that actor has ended and released what it held."""


class ActorFailed(Struct, frozen=True):
    """An actor died of an unhandled exception; ``reason`` is its text."""

    name: str
    reason: str
