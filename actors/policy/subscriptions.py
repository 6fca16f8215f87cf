"""Which streams are desired, which connection carries each, and whether the venue has confirmed it."""

import enum
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from actors.messages.events import StreamConfirmed
from actors.messages.status import PlacedStream
from actors.messages.traffic import Request


class StreamState(enum.Enum):
    """How far a desired stream has got: without a connection, sent on one, confirmed by the venue, or on
    its way to another that does not carry it yet."""

    WAITING = "waiting"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    MOVING = "moving"


class Stream:
    """One desired stream; ``request`` is the latest wish for it whose waiter may still be there.

    ``target`` is the connection that is to carry it instead, since ``moving_since``.
    """

    __slots__ = ("asset", "confirmed", "connection", "moving_since", "period", "request", "target")

    def __init__(self, asset: str) -> None:
        self.asset = asset
        self.period = 0
        self.connection = ""
        self.target = ""
        self.moving_since = 0.0
        self.request: Request | None = None
        self.confirmed: StreamConfirmed | None = None

    @property
    def state(self) -> StreamState:
        if self.target:
            return StreamState.MOVING
        if self.confirmed is not None:
            return StreamState.CONFIRMED
        return StreamState.PENDING if self.connection else StreamState.WAITING

    def rides(self, connection: str) -> bool:
        """Whether ``connection`` is to carry it, now or when it has moved."""
        return connection in {self.connection, self.target}


class Subscriptions:
    """The desired streams by asset, each on one connection, with at most ``per_connection`` on each.

    Streams are spread over ``markets``; ``account`` takes those that have no room there.
    """

    def __init__(self, per_connection: int) -> None:
        self._per_connection = per_connection
        self._streams: dict[str, Stream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._streams.values())

    def placed(self) -> tuple[PlacedStream, ...]:
        """As the status shows them."""
        return tuple(PlacedStream(each.asset, each.connection, each.state.value) for each in self)

    def load(self) -> Counter[str]:
        """How many streams each connection carries or is to carry; those that wait for one are at ``""``."""
        load = Counter(stream.connection for stream in self)
        load.update(stream.target for stream in self if stream.target)
        return load

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

    def place(self, markets: Collection[str], account: str = "") -> list[Stream]:
        """Give every stream without a connection one that has room, the least loaded; those placed."""
        load = self.load()
        placed = []
        for stream in self:
            if stream.connection:
                continue
            if not (connection := self._with_room(load, markets) or self._with_room(load, [account])):
                break
            stream.connection = connection
            load[connection] += 1
            placed.append(stream)
        return placed

    def elsewhere(self, stream: Stream, markets: Collection[str], account: str = "") -> str:
        """Another connection that has room for ``stream``; ``""`` if none has."""
        load = self.load()
        others = [name for name in markets if name != stream.connection]
        last_choice = [account] if account != stream.connection else []
        return self._with_room(load, others) or self._with_room(load, last_choice)

    def unbalanced(self, markets: Sequence[str], account: str) -> tuple[Stream, str] | None:
        """A stream whose move would spread the load better, and where to; one at a time."""
        load = self.load()
        target = self._with_room(load, markets)
        if not target or any(stream.target for stream in self):
            return None
        fullest = account if load[account] else max(markets, key=load.__getitem__)
        if fullest != account and load[fullest] - load[target] < 2:
            return None
        movable = (each for each in self if each.connection == fullest and each.confirmed)
        stream = next(movable, None)
        return (stream, target) if stream else None

    def stuck(self, since: float) -> list[Stream]:
        """The streams that are on the move from before then."""
        return [each for each in self if each.target and each.moving_since < since]

    def confirm(self, confirmed: StreamConfirmed) -> str:
        """The venue confirmed; the connection that a stream has now left, ``""`` for none.

        A late word, for another connection or period than now, is ignored.
        """
        stream = self._streams.get(confirmed.asset)
        if stream is None or stream.period != confirmed.period or not stream.rides(confirmed.connection):
            return ""
        left = stream.connection if confirmed.connection == stream.target else ""
        stream.connection, stream.confirmed = confirmed.connection, confirmed
        if left:
            stream.target = ""
        return left

    def release(self, connection: str) -> None:
        """``connection`` is gone: its streams wait for another, but for those that were leaving it."""
        for stream in self:
            if stream.target == connection:
                stream.target = ""
            elif stream.connection == connection:
                stream.connection, stream.target = stream.target, ""
                stream.confirmed = None

    def _with_room(self, load: Counter[str], connections: Collection[str]) -> str:
        free = [name for name in connections if name and load[name] < self._per_connection]
        return min(free, key=lambda name: (load[name], name), default="")
