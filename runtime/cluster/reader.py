"""What is new in streams of the engine, on a connection that an actor watches."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from runtime.cluster.engine import Engine, key
from runtime.cluster.forms import place_of, seconds_of

WAITS: Final = 2.0
"""Seconds after which the engine answers though there is nothing new: a connection that is dead shows."""

PAGE: Final = 256


class StreamEntry(NamedTuple):
    """``stream`` is its name within the duty. ``sent_at`` is when the engine got it, by its own clock."""

    stream: str
    id: str
    sent_at: float
    fields: Mapping[bytes, bytes]


class StreamReader:
    """Watch it, and ``take`` whenever it can be read; used by one thread.

    Every method may raise ``EngineAway``: then it is over, and to be closed once nothing watches it.
    """

    def __init__(self, engine: Engine, duty: str, positions: Mapping[str, str]) -> None:
        """``positions`` are the streams to read, by their names, each with the id of the last entry that is
        not wanted any more."""
        self._engine = engine
        self._names = {key(duty, name).encode(): name for name in positions}
        self._positions = {key(duty, name): at for name, at in positions.items()}
        self._connection: Any = engine.connect()
        self._ask()

    def __repr__(self) -> str:
        return f"<StreamReader of {', '.join(self._names.values())}>"

    def fileno(self) -> int:
        return self._engine.fileno_of(self._connection)

    def take(self) -> tuple[list[StreamEntry], float]:
        """The entries that have come, each stream's in their order; and the engine's time (UTC)."""
        found, time = self._engine.replies_on(self._connection, 2)
        entries = []
        for stream, page in found or ():
            for id, fields in page:
                at, sent_at = id.decode(), place_of(id)[0] / 1000
                values = dict(zip(fields[::2], fields[1::2], strict=True))
                entries.append(StreamEntry(self._names[stream], at, sent_at, values))
            self._positions[stream.decode()] = at
        self._ask()
        return entries, seconds_of(time)

    def close(self) -> None:
        self._connection.disconnect()

    def _ask(self) -> None:
        read = ("XREAD", "COUNT", PAGE, "BLOCK", int(WAITS * 1000), "STREAMS")
        self._engine.ask_on(
            self._connection, [(*read, *self._positions, *self._positions.values()), ("TIME",)]
        )
