"""Leases that are given back, as the engine tells of them: the next owner need not wait for their end."""

from typing import Any, Final

from runtime.cluster.engine import Engine

CHANNEL: Final = "tw:released"


class Releases:
    """Watch it, and ``take`` whenever it can be read; used by one thread.

    Every method may raise ``EngineAway``: then it is over, and to be closed once nothing watches it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = engine.connect()
        engine.ask_on(self._connection, [("SUBSCRIBE", CHANNEL)])

    def fileno(self) -> int:
        return self._engine.fileno_of(self._connection)

    def take(self) -> list[str]:
        """The duties that no host has any more."""
        duties = []
        while True:
            ((kind, _, what),) = self._engine.replies_on(self._connection, 1)
            if kind == b"message":  # the key of a lease, as in tw:{account:main}:lease
                duties.append(what.decode().partition("{")[2].rpartition("}")[0])
            if not self._engine.more_on(self._connection):
                return duties

    def close(self) -> None:
        self._connection.disconnect()
