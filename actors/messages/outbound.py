"""What the rate limiter and the pool receive from other features, besides requests."""

from msgspec import Struct

from actors.messages.control import Control
from actors.messages.owners import Owner
from actors.messages.workers import WorkerHandle


class ConnectionWanted(Struct, frozen=True):
    """A request waits and no connection is up: open one."""


class EndRepeats(Struct, frozen=True):
    """``owner`` withdraws ``text``, which is sent after logins of ``connection``, or of any (``""``); waiter
    ``id`` is answered with whether there was one."""

    id: int
    owner: Owner
    text: str
    connection: str = ""


class Resubscribe(Struct, frozen=True):
    """The stream of ``asset`` is stale: subscribe to it again on the same connection."""

    asset: str


class MoveStream(Struct, frozen=True):
    """The stream of ``asset`` stays stale on its connection: subscribe to it on another one."""

    asset: str


class ConnectionPlaced(Struct, frozen=True):
    """``connection`` runs in ``worker`` from now on; ``None`` if its worker was given up."""

    connection: str
    worker: WorkerHandle | None


class HoldStreams(Control, frozen=True):
    """Let no subscription pass until ``AdmitStreams``: it is not known which connection takes it."""


class AdmitStreams(Control, frozen=True):
    """Let subscriptions pass: it is known which connection takes each."""


class StopOrders(Control, frozen=True):
    """Refuse every order, waiting or new, with ``reason``, until ``ResumeOrders``."""

    reason: str


class ResumeOrders(Control, frozen=True):
    """Let orders pass again."""
