"""The ledger: what the exchange sent, received and executed, to compare with what a client reports."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from actors.values import Deal
from runtime.practice.records import (
    BalanceChange,
    ExecutedDeal,
    FaultRecord,
    ReceivedEvent,
    ReceivedOrder,
    RequestId,
    SentTick,
    SocketRecord,
    UnsentTick,
)

_TICKS_KEPT = 100_000
_EVENTS_KEPT = 20_000
_SOCKETS_KEPT = 10_000
_TRADES_KEPT = 20_000


class ExchangeLedger:
    """Every method is thread-safe.

    Keeps the newest 100,000 ticks sent, as many unsent, 10,000 sockets and 20,000 of each other record.
    ``tick_count`` and ``count`` include records that are no longer kept.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ticks: deque[SentTick] = deque(maxlen=_TICKS_KEPT)
        self._unsent: deque[UnsentTick] = deque(maxlen=_TICKS_KEPT)
        self._faults: deque[FaultRecord] = deque(maxlen=_EVENTS_KEPT)
        self._events: deque[ReceivedEvent] = deque(maxlen=_EVENTS_KEPT)
        self._counts: Counter[str] = Counter()
        self._tick_count = 0
        self._latest: dict[str, float] = {}
        self._sockets: dict[int, SocketRecord] = {}
        self._orders: deque[ReceivedOrder] = deque(maxlen=_TRADES_KEPT)
        self._deals: dict[str, ExecutedDeal] = {}
        self._balances: deque[BalanceChange] = deque(maxlen=_TRADES_KEPT)

    def ticks(self, asset: str | None = None) -> list[SentTick]:
        """Ticks in the order in which they were sent."""
        with self._changed:
            return [tick for tick in self._ticks if asset is None or tick.asset == asset]

    def latest(self) -> dict[str, float]:
        """The stamp of the last tick that was sent, by its asset."""
        with self._changed:
            return dict(self._latest)

    def unsent(self, asset: str | None = None) -> list[UnsentTick]:
        """Ticks that a subscribed socket did not get, because of a fault or because it was closing."""
        with self._changed:
            return [tick for tick in self._unsent if asset is None or tick.asset == asset]

    def faults(self) -> list[FaultRecord]:
        """Faults in the order in which they began and ended."""
        with self._changed:
            return list(self._faults)

    def received(self, name: str) -> list[ReceivedEvent]:
        """Events of this name in the order of their arrival."""
        with self._changed:
            return [event for event in self._events if event.name == name]

    def sockets(self) -> list[SocketRecord]:
        """Sockets in the order in which they connected."""
        with self._changed:
            return list(self._sockets.values())

    def orders(self) -> list[ReceivedOrder]:
        """Orders in the order of their arrival, executed or not."""
        with self._changed:
            return list(self._orders)

    def deals(self) -> list[ExecutedDeal]:
        """Deals in the order of their opening; a request id that appears twice was executed twice."""
        with self._changed:
            return list(self._deals.values())

    def deal_for(self, request_id: RequestId) -> Deal | None:
        """The first deal of an order in its present state; ``None`` if it was not executed."""
        with self._changed:
            return next((deal for origin, deal in self._deals.values() if origin == request_id), None)

    def balances(self) -> list[BalanceChange]:
        """Every change of the balance, the deposit first."""
        with self._changed:
            return list(self._balances)

    @property
    def tick_count(self) -> int:
        with self._changed:
            return self._tick_count

    def count(self, name: str) -> int:
        """How many events of this name have arrived, kept or not."""
        with self._changed:
            return self._counts[name]

    def wait_until(self, holds: Callable[["ExchangeLedger"], bool], timeout: float) -> bool:
        """Wait until ``holds(ledger)`` is true. Returns ``False`` after ``timeout`` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: holds(self), timeout)

    def write_ticks(self, asset: str, time: float, price: float, sockets: Iterable[int]) -> None:
        with self._changed:
            before = self._tick_count
            for socket in sockets:
                self._ticks.append(SentTick(socket, asset, time, price))
                self._tick_count += 1
            if self._tick_count > before:
                self._latest[asset] = time
                self._changed.notify_all()

    def write_unsent(self, asset: str, time: float, price: float, sockets: Iterable[int]) -> None:
        with self._changed:
            self._unsent.extend(UnsentTick(socket, asset, time, price) for socket in sockets)
            self._changed.notify_all()

    def write_fault(self, record: FaultRecord) -> None:
        with self._changed:
            self._faults.append(record)
            self._changed.notify_all()

    def write_event(self, event: ReceivedEvent) -> None:
        with self._changed:
            self._events.append(event)
            self._counts[event.name] += 1
            self._changed.notify_all()

    def write_order(self, order: ReceivedOrder) -> None:
        with self._changed:
            self._orders.append(order)
            self._changed.notify_all()

    def write_deal(self, request_id: RequestId, deal: Deal) -> None:
        with self._changed:
            if len(self._deals) >= _TRADES_KEPT:
                del self._deals[next(iter(self._deals))]
            self._deals[deal.id] = ExecutedDeal(request_id, deal)
            self._changed.notify_all()

    def write_result(self, deal: Deal) -> None:
        with self._changed:
            if executed := self._deals.get(deal.id):
                self._deals[deal.id] = executed._replace(deal=deal)
                self._changed.notify_all()

    def write_balance(self, change: BalanceChange) -> None:
        with self._changed:
            self._balances.append(change)
            self._changed.notify_all()

    def write_opened(self, socket: int, region: str, at: float, port: int = 0) -> None:
        with self._changed:
            if len(self._sockets) >= _SOCKETS_KEPT:
                del self._sockets[next(iter(self._sockets))]
            self._sockets[socket] = SocketRecord(socket, region, at, port)
            self._changed.notify_all()

    def write_authenticated(self, socket: int, uid: int = 0) -> None:
        self._amend(socket, lambda record: replace(record, authenticated=True, uid=uid))

    def write_messages(self, socket: int, count: int) -> None:
        self._amend(socket, lambda record: replace(record, messages=record.messages + count))

    def write_closed(self, socket: int, at: float, reason: str) -> None:
        self._amend(socket, lambda record: replace(record, closed_at=at, closed_because=reason))

    def _amend(self, socket: int, change: Callable[[SocketRecord], SocketRecord]) -> None:
        with self._changed:
            if record := self._sockets.get(socket):
                self._sockets[socket] = change(record)
                self._changed.notify_all()
