"""Which streams are desired, which connection carries each, and whether the venue has confirmed it."""

import enum
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from actors.messages.events import StreamConfirmed
from actors.messages.status import PlacedStream


class PlacementState(enum.Enum):
    """How far a desired stream has got: without a connection, sent on one, confirmed by the venue, or on
    its way to another that does not carry it yet."""

    WAITING = "waiting"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    MOVING = "moving"


class StreamSlot:
    """One desired stream; ``waiters`` are the requests that its confirmation answers.

    ``since`` is when it was confirmed, or has begun to move to ``target``, which is to carry it instead;
    ``shunned`` is a connection over which it did not come, to be given it only if no other has room.
    """

    __slots__ = ("asset", "confirmed", "connection", "period", "shunned", "since", "target", "waiters")

    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.period = 0
        self.connection = ""
        self.target = ""
        self.shunned = ""
        self.since = 0.0
        self.waiters: set[int] = set()
        self.confirmed: StreamConfirmed | None = None

    @property
    def state(self) -> PlacementState:
        if self.target:
            return PlacementState.MOVING
        if self.confirmed is not None:
            return PlacementState.CONFIRMED
        return PlacementState.PENDING if self.connection else PlacementState.WAITING

    def rides(self, connection: str) -> bool:
        """Whether ``connection`` is to carry it, now or when it has moved."""
        return connection in {self.connection, self.target}


class StreamPlacement:
    """The desired streams by asset, each on one connection, with at most ``per_connection`` on each.

    Streams are spread over ``markets``; ``account`` takes those that have no room there. A connection that
    has yet to let a stream go carries it still: neither its room nor the stream is given to anybody, and the
    same stream does not come back before.
    """

    def __init__(self, per_connection: int) -> None:
        self._per_connection = per_connection
        self._streams: dict[str, StreamSlot] = {}
        self._leaving: set[tuple[str, str]] = set()

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[StreamSlot]:
        return iter(self._streams.values())

    def placed(self) -> tuple[PlacedStream, ...]:
        """As the status shows them."""
        return tuple(PlacedStream(each.asset, each.connection, each.state.value) for each in self)

    def load(self) -> Counter[str]:
        """How many streams each connection carries or is to carry; those that wait for one are at ``""``."""
        load = Counter(stream.connection for stream in self)
        load.update(stream.target for stream in self if stream.target)
        load.update(connection for _, connection in self._leaving)
        return load

    def get(self, asset: str) -> StreamSlot | None:
        return self._streams.get(asset)

    def desire(self, asset: str, period: int) -> StreamSlot:
        """The stream of ``asset``, from now on desired; another ``period`` wants a new confirmation."""
        stream = self._streams.setdefault(asset, StreamSlot(asset))
        if stream.period != period:
            stream.period = period
            stream.confirmed = None
        return stream

    def drop(self, asset: str) -> StreamSlot | None:
        """No longer desired; the stream as it was, ``None`` if it was not desired."""
        return self._streams.pop(asset, None)

    def place(self, markets: Collection[str], account: str = "") -> list[StreamSlot]:
        """Give every stream without a connection one that has room, the least loaded; those placed."""
        load = self.load()
        placed = []
        for stream in self:
            if stream.connection:
                continue
            connection = self._room(load, stream, markets) or self._room(load, stream, [account])
            if not connection and stream.shunned:
                stream.shunned = ""
                connection = self._room(load, stream, [*markets, account])
            if connection:
                stream.connection = connection
                load[connection] += 1
                placed.append(stream)
        return placed

    def elsewhere(self, stream: StreamSlot, markets: Collection[str], account: str = "") -> str:
        """Another connection that has room for ``stream``; ``""`` if none has."""
        load = self.load()
        return self._room(load, stream, markets) or self._room(load, stream, [account])

    def unbalanced(
        self, markets: Sequence[str], account: str, since: float, surplus: str = ""
    ) -> tuple[StreamSlot, str] | None:
        """A stream whose move would spread the load better, and where to; one at a time, and none that was
        confirmed only after ``since``. While there is a ``surplus`` market, only that is emptied."""
        load = self.load()
        if not markets or any(stream.target for stream in self) or self._leaving:
            return None
        if surplus:
            return self._emptied(surplus, [*markets, account], since)
        fullest = account if load[account] else max(markets, key=load.__getitem__)
        for stream in self:
            if stream.connection == fullest and stream.confirmed and stream.since <= since:
                target = self._room(load, stream, markets)
                worthwhile = target and (fullest == account or load[fullest] - load[target] >= 2)
                return (stream, target) if worthwhile else None
        return None

    def _emptied(self, surplus: str, others: Sequence[str], since: float) -> tuple[StreamSlot, str] | None:
        for stream in self:
            if stream.connection == surplus and stream.confirmed and stream.since <= since:
                target = self._room(self.load(), stream, [name for name in others if name != surplus])
                return (stream, target) if target else None
        return None

    def stuck(self, since: float) -> list[StreamSlot]:
        """The streams that are on the move from before then."""
        return [each for each in self if each.target and each.since < since]

    def confirm(self, confirmed: StreamConfirmed, now: float) -> tuple[StreamSlot | None, str]:
        """The venue confirmed: the stream, and the connection that it has left with that, ``""`` for none.

        A late word, for another connection or period than now, is ignored.
        """
        stream = self._streams.get(confirmed.asset)
        if stream is None or stream.period != confirmed.period or not stream.rides(confirmed.connection):
            return None, ""
        left = stream.connection if confirmed.connection == stream.target else ""
        stream.connection, stream.confirmed = confirmed.connection, confirmed
        if left or not stream.target:
            stream.target, stream.since = "", now
        return stream, left

    def leave(self, asset: str, connection: str) -> None:
        """``connection`` is about to be told to let the stream go."""
        self._leaving.add((asset, connection))

    def left(self, asset: str, connection: str) -> None:
        """It has."""
        self._leaving.discard((asset, connection))

    def leaves(self, asset: str, connection: str = "") -> bool:
        """Whether ``connection``, by default any, has yet to let the stream go."""
        return any(each == (asset, connection or each[1]) for each in self._leaving)

    def release(self, connection: str) -> None:
        """``connection`` is gone: its streams wait for another, but for those that were leaving it."""
        self._leaving = {each for each in self._leaving if each[1] != connection}
        for stream in self:
            if stream.shunned == connection:
                stream.shunned = ""
            if stream.target == connection:
                stream.target = ""
            elif stream.connection == connection:
                stream.connection, stream.target = stream.target, ""
                stream.confirmed = None

    def _room(self, load: Counter[str], stream: StreamSlot, connections: Collection[str]) -> str:
        free = [
            name
            for name in connections
            if name and name not in {stream.connection, stream.shunned} and load[name] < self._per_connection
            if (stream.asset, name) not in self._leaving
        ]
        return min(free, key=lambda name: (load[name], name), default="")
