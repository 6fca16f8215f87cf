"""Which streams are desired, which connection carries each, and whether the venue has confirmed it."""

import enum
from collections import Counter
from collections.abc import Collection

from actors.messages.events import StreamConfirmed
from actors.messages.status import PlacedStream
from actors.messages.traffic import Request
from actors.policy.selection import least_loaded


class StreamState(enum.Enum):
    """How far a desired stream has got: without a connection, sent on one, confirmed by the venue."""

    WAITING = "waiting"
    PENDING = "pending"
    CONFIRMED = "confirmed"


class Stream:
    """One desired stream; ``request`` is the latest wish for it whose waiter may still be there."""

    __slots__ = ("asset", "confirmed", "connection", "period", "request")

    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.period = 0
        self.connection = ""
        self.request: Request | None = None
        self.confirmed: StreamConfirmed | None = None

    @property
    def state(self) -> StreamState:
        if self.confirmed is not None:
            return StreamState.CONFIRMED
        return StreamState.PENDING if self.connection else StreamState.WAITING


class Subscriptions:
    """The desired streams by asset, each on one connection, with at most ``per_connection`` on each."""

    def __init__(self, per_connection: int) -> None:
        self._per_connection = per_connection
        self._streams: dict[str, Stream] = {}

    def capacity(self, connections: int) -> int:
        """How many streams so many connections can carry."""
        return self._per_connection * connections

    def all(self) -> Collection[Stream]:
        return self._streams.values()

    def placed(self) -> tuple[PlacedStream, ...]:
        """As the status shows them."""
        streams = self._streams.values()
        return tuple(PlacedStream(each.asset, each.connection, each.state.value) for each in streams)

    def get(self, asset: str) -> Stream | None:
        return self._streams.get(asset)

    def desire(self, asset: str, period: int) -> Stream:
        """The stream of ``asset``, from now on desired; another ``period`` wants a new confirmation."""
        stream = self._streams.setdefault(asset, Stream(asset))
        if stream.period != period:
            stream.period = period
            stream.confirmed = None
        return stream

    def drop(self, asset: str) -> Stream | None:
        """No longer desired; the stream as it was, ``None`` if it was not desired."""
        return self._streams.pop(asset, None)

    def place(self, ready: Collection[str]) -> list[Stream]:
        """Give every stream without a connection the least loaded ready one that has room; those placed."""
        load = Counter(stream.connection for stream in self._streams.values())
        placed = []
        for stream in self._streams.values():
            if stream.connection:
                continue
            connection = least_loaded(load, ready, self._per_connection)
            if connection is None:
                break
            stream.connection = connection
            load[connection] += 1
            placed.append(stream)
        return placed

    def move(self, stream: Stream, ready: Collection[str]) -> str:
        """Give ``stream`` another ready connection that has room; the one it leaves, ``""`` if it stays."""
        load = Counter(other.connection for other in self._streams.values())
        before = stream.connection
        connection = least_loaded(load, set(ready) - {before}, self._per_connection)
        if connection is None:
            return ""
        stream.connection, stream.confirmed = connection, None
        return before

    def confirm(self, confirmed: StreamConfirmed) -> None:
        """The venue confirmed; a late word, for another connection or period than now, is ignored."""
        stream = self._streams.get(confirmed.asset)
        if stream is None or stream.connection != confirmed.connection:
            return
        if stream.period == confirmed.period:
            stream.confirmed = confirmed

    def release(self, connection: str) -> None:
        """``connection`` is gone: its streams wait for another."""
        for stream in self._streams.values():
            if stream.connection == connection:
                stream.connection = ""
                stream.confirmed = None
