"""What the exchange really sent and received, for comparison with what a client says of itself."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

_TICKS_KEPT = 100_000
_EVENTS_KEPT = 20_000
_SOCKETS_KEPT = 10_000


class SentTick(NamedTuple):
    """One tick handed to one socket; ``time`` is its stamp, in UTC."""

    socket: int
    asset: str
    time: float
    price: float


class ReceivedEvent(NamedTuple):
    """One event of a client, arrived at ``at`` (UTC). The session in an ``auth`` payload is blotted out."""

    socket: int
    name: str
    payload: object
    at: float


@dataclass(frozen=True)
class SocketRecord:
    """One socket's life; times in UTC. ``messages`` counts WebSocket messages written to it."""

    id: int
    region: str
    connected_at: float
    authenticated: bool = False
    closed_at: float | None = None
    closed_because: str = ""
    messages: int = 0


class Ledger:
    """Safe to read from any thread while the exchange writes.

    The newest 100,000 ticks, 20,000 events and 10,000 sockets are kept; ``tick_count`` and ``count``
    go by all there were.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ticks: deque[SentTick] = deque(maxlen=_TICKS_KEPT)
        self._events: deque[ReceivedEvent] = deque(maxlen=_EVENTS_KEPT)
        self._counts: Counter[str] = Counter()
        self._tick_count = 0
        self._sockets: dict[int, SocketRecord] = {}

    def ticks(self, asset: str | None = None) -> list[SentTick]:
        """Ticks in the order in which they were sent."""
        with self._changed:
            return [tick for tick in self._ticks if asset is None or tick.asset == asset]

    def received(self, name: str) -> list[ReceivedEvent]:
        """Events of this name in the order of their arrival."""
        with self._changed:
            return [event for event in self._events if event.name == name]

    def sockets(self) -> list[SocketRecord]:
        """Sockets in the order in which they connected."""
        with self._changed:
            return list(self._sockets.values())

    @property
    def tick_count(self) -> int:
        with self._changed:
            return self._tick_count

    def count(self, name: str) -> int:
        """How many events of this name have arrived, remembered or not."""
        with self._changed:
            return self._counts[name]

    def wait_until(self, holds: Callable[["Ledger"], bool], timeout: float) -> bool:
        """Wait for entries that make ``holds(ledger)`` true; whether it was within ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self), timeout)

    def write_ticks(self, asset: str, time: float, price: float, sockets: Iterable[int]) -> None:
        with self._changed:
            before = self._tick_count
            for socket in sockets:
                self._ticks.append(SentTick(socket, asset, time, price))
                self._tick_count += 1
            if self._tick_count > before:
                self._changed.notify_all()

    def write_event(self, event: ReceivedEvent) -> None:
        with self._changed:
            self._events.append(event)
            self._counts[event.name] += 1
            self._changed.notify_all()

    def write_opened(self, socket: int, region: str, at: float) -> None:
        with self._changed:
            if len(self._sockets) >= _SOCKETS_KEPT:
                del self._sockets[next(iter(self._sockets))]
            self._sockets[socket] = SocketRecord(socket, region, at)
            self._changed.notify_all()

    def write_authenticated(self, socket: int) -> None:
        self._amend(socket, lambda record: replace(record, authenticated=True))

    def write_messages(self, socket: int, count: int) -> None:
        self._amend(socket, lambda record: replace(record, messages=record.messages + count))

    def write_closed(self, socket: int, at: float, reason: str) -> None:
        self._amend(socket, lambda record: replace(record, closed_at=at, closed_because=reason))

    def _amend(self, socket: int, change: Callable[[SocketRecord], SocketRecord]) -> None:
        with self._changed:
            if record := self._sockets.get(socket):
                self._sockets[socket] = change(record)
                self._changed.notify_all()
