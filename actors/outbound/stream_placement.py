"""Which streams are desired, which connection carries each, and whether the venue has confirmed each."""

import enum
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from actors.messages.events import StreamConfirmed
from actors.messages.status import PlacedStream


class PlacementState(enum.Enum):
    """How far a desired stream has got."""

    WAITING = "waiting"
    """It has no connection."""
    PENDING = "pending"
    """Its connection is chosen; the venue has not confirmed it."""
    CONFIRMED = "confirmed"
    MOVING = "moving"
    """Another connection is to carry it, and does not carry it yet."""


class StreamSlot:
    """One desired stream. ``waiters`` are the ids of the router's requests that its confirmation answers.

    ``target`` is the connection that it moves to. ``since`` is when that move began or, without one, when the
    stream was confirmed. ``avoided`` is a connection on which it stayed stale: it returns there only if no
    other connection has capacity. ``asked_on`` is the connection to which its last subscription was sent.
    """

    __slots__ = (
        "asked_on",
        "asset",
        "avoided",
        "confirmed",
        "connection",
        "period",
        "since",
        "target",
        "waiters",
    )

    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.period = 0
        self.connection = ""
        self.target = ""
        self.avoided = ""
        self.asked_on = ""
        self.since = 0.0
        self.waiters: set[int] = set()
        self.confirmed: StreamConfirmed | None = None

    def __repr__(self) -> str:
        target = f" to {self.target}" if self.target else ""
        on = f" on {self.connection}" if self.connection else ""
        return f"<{self.asset}: {self.state.value}{on}{target}, {len(self.waiters)} awaited>"

    @property
    def state(self) -> PlacementState:
        if self.target:
            return PlacementState.MOVING
        if self.confirmed is not None:
            return PlacementState.CONFIRMED
        return PlacementState.PENDING if self.connection else PlacementState.WAITING

    def carried_by(self, connection: str) -> bool:
        """Whether ``connection`` is to carry it, now or after its move."""
        return connection in {self.connection, self.target}


class StreamPlacement:
    """The desired streams by asset, each on one connection, with at most ``per_connection`` on each.

    Streams are spread over ``markets``; ``account`` takes those for which the markets have no capacity. A
    connection that is still to release a stream counts as carrying it, and does not get that stream back
    before the release.
    """

    def __init__(self, per_connection: int) -> None:
        self._per_connection = per_connection
        self._streams: dict[str, StreamSlot] = {}
        self._leaving: set[tuple[str, str]] = set()

    def __repr__(self) -> str:
        states = [stream.state for stream in self]
        counts = [f"{states.count(state)} {state.value}" for state in PlacementState if state in states]
        return f"<StreamPlacement: {', '.join(counts) or 'no streams'}, {len(self._leaving)} leaving>"

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[StreamSlot]:
        return iter(self._streams.values())

    def status(self) -> tuple[PlacedStream, ...]:
        return tuple(PlacedStream(each.asset, each.connection, each.state.value) for each in self)

    def load(self) -> Counter[str]:
        """How many streams each connection carries or is to carry; ``""`` has those without a connection."""
        load = Counter(stream.connection for stream in self)
        load.update(stream.target for stream in self if stream.target)
        load.update(connection for _, connection in self._leaving)
        return load

    def get(self, asset: str) -> StreamSlot | None:
        return self._streams.get(asset)

    def desire(self, asset: str, period: int) -> StreamSlot:
        """The stream of ``asset``, desired from now on. A new ``period`` needs a new confirmation."""
        stream = self._streams.setdefault(asset, StreamSlot(asset))
        if stream.period != period:
            stream.period = period
            stream.confirmed, stream.asked_on = None, ""
        return stream

    def drop(self, asset: str) -> StreamSlot | None:
        """Desire it no longer; the stream as it was, or ``None`` if it was not desired."""
        return self._streams.pop(asset, None)

    def place(self, markets: Collection[str], account: str = "") -> list[StreamSlot]:
        """Give each stream without a connection the least loaded one that has capacity; those placed."""
        load = self.load()
        placed = []
        for stream in self:
            if stream.connection:
                continue
            connection = self._preferred(load, stream, markets, account)
            if not connection and stream.avoided:
                stream.avoided = ""
                connection = self._least_loaded(load, stream, [*markets, account])
            if connection:
                stream.connection, stream.asked_on = connection, ""
                load[connection] += 1
                placed.append(stream)
        return placed

    def elsewhere(self, stream: StreamSlot, markets: Collection[str], account: str = "") -> str:
        """Another connection that has capacity for ``stream``; ``""`` if none has."""
        return self._preferred(self.load(), stream, markets, account)

    def next_move(
        self, markets: Sequence[str], account: str, since: float, drainable: str = ""
    ) -> tuple[StreamSlot, str] | None:
        """A stream whose move spreads the load better, and its new connection; ``None`` during another move.

        No stream moves that was confirmed after ``since``. With ``drainable``, only that market is emptied.
        """
        load = self.load()
        if not markets or any(stream.target for stream in self) or self._leaving:
            return None
        if drainable:
            return self._draining_move(drainable, [*markets, account], since)
        fullest = account if load[account] else max(markets, key=load.__getitem__)
        for stream in self:
            if stream.connection == fullest and stream.confirmed and stream.since <= since:
                target = self._least_loaded(load, stream, markets)
                worthwhile = target and (fullest == account or load[fullest] - load[target] >= 2)
                return (stream, target) if worthwhile else None
        return None

    def _draining_move(
        self, drainable: str, others: Sequence[str], since: float
    ) -> tuple[StreamSlot, str] | None:
        for stream in self:
            if stream.connection == drainable and stream.confirmed and stream.since <= since:
                possible = [name for name in others if name != drainable]
                target = self._least_loaded(self.load(), stream, possible)
                return (stream, target) if target else None
        return None

    def stuck(self, since: float) -> list[StreamSlot]:
        """The streams whose move began before ``since``."""
        return [each for each in self if each.target and each.since < since]

    def on_confirmed(self, confirmed: StreamConfirmed, now: float) -> tuple[StreamSlot | None, str]:
        """The stream, and the connection that it has left by this confirmation or ``""``.

        ``(None, "")`` for a late confirmation, of a connection or period that no longer holds.
        """
        stream = self._streams.get(confirmed.asset)
        if stream is None or stream.period != confirmed.period or not stream.carried_by(confirmed.connection):
            return None, ""
        left = stream.connection if confirmed.connection == stream.target else ""
        stream.connection, stream.confirmed = confirmed.connection, confirmed
        if left or not stream.target:
            stream.target, stream.since = "", now
        return stream, left

    def on_leaving(self, asset: str, connection: str) -> None:
        """A request to release the stream is on its way to ``connection``."""
        self._leaving.add((asset, connection))

    def on_left(self, asset: str, connection: str) -> None:
        """``connection`` has released the stream."""
        self._leaving.discard((asset, connection))

    def is_leaving(self, asset: str, connection: str = "") -> bool:
        """Whether ``connection``, by default any, is still to release the stream."""
        return any(each == (asset, connection or each[1]) for each in self._leaving)

    def on_connection_lost(self, connection: str) -> None:
        """Its streams wait for another connection; those that move away from it are on their target now."""
        self._leaving = {each for each in self._leaving if each[1] != connection}
        for stream in self:
            if stream.avoided == connection:
                stream.avoided = ""
            if stream.asked_on == connection:
                stream.asked_on = ""
            if stream.target == connection:
                stream.target = ""
            elif stream.connection == connection:
                stream.connection, stream.target = stream.target, ""
                stream.confirmed = None

    def _preferred(
        self, load: Counter[str], stream: StreamSlot, markets: Collection[str], account: str
    ) -> str:
        return self._least_loaded(load, stream, markets) or self._least_loaded(load, stream, [account])

    def _least_loaded(self, load: Counter[str], stream: StreamSlot, connections: Collection[str]) -> str:
        free = [
            name
            for name in connections
            if name and name not in {stream.connection, stream.avoided} and load[name] < self._per_connection
            if (stream.asset, name) not in self._leaving
        ]
        return min(free, key=lambda name: (load[name], name), default="")
