"""What the supervisor receives from other features."""

from msgspec import Struct


class OpenConnection(Struct, frozen=True):
    """Start connection ``name``, and restart it whenever it is lost, until ``CloseConnection``."""

    name: str


class CloseConnection(Struct, frozen=True):
    """Close connection ``name`` with a close frame and do not restart it."""

    name: str


CONNECT_AGAIN = "the command Connect (`tellwire ctl FILE connect`) connects them again"
"""What to do while all connections are disconnected."""


class DisconnectAll(Struct, frozen=True):
    """Waiter ``id`` asks that all connections be closed, and none be started before ``ConnectAll``."""

    id: int
    reason: str


class ConnectAll(Struct, frozen=True):
    """Waiter ``id`` asks that the connections that ``DisconnectAll`` has closed start again."""

    id: int


class RestartChild(Struct, frozen=True):
    """Waiter ``id`` asks for a new life of connection or worker ``name``, even if it was given up."""

    id: int
    name: str
