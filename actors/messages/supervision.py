"""What the supervisor receives from other features."""

from msgspec import Struct


class OpenConnection(Struct, frozen=True):
    """Start connection ``name``, and restart it whenever it is lost, until ``CloseConnection``."""

    name: str


class CloseConnection(Struct, frozen=True):
    """Close connection ``name`` with a close frame and do not restart it."""

    name: str


class RestartChild(Struct, frozen=True):
    """Waiter ``id`` asks for a new life of connection or worker ``name``, even if it was given up."""

    id: int
    name: str
