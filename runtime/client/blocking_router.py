"""What the client asks of a router: the calls of ``runtime.aio.AsyncRouter``, which wait here."""

import datetime as dt
import weakref
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from actors.engine.router_ref import RouterRef
from actors.messages.commands import Command, Subscribe, SubscribeCandles, Unsubscribe
from actors.messages.events import Event
from actors.messages.topics import TICK
from actors.values import Tick
from runtime.client.bar_iterator import BarIterator
from runtime.client.bar_series import IteratedSeries
from runtime.client.event_iterator import EventIterator

A = TypeVar("A")


class HasRouter(Protocol):
    """A ``Runtime`` or an ``Attachment``; another start is another router."""

    router: RouterRef


class BlockingRouter:
    """Any thread may call it."""

    def __init__(self, owner: HasRouter) -> None:
        self._owner = owner
        self._iterators: weakref.WeakSet[EventIterator[Any]] = weakref.WeakSet()
        self._iterated = IteratedSeries()

    def ask(self, command: Command[A], *, timeout: float | dt.timedelta | None = None) -> A:
        """As ``RouterRef.ask``."""
        return self._owner.router.ask(command, timeout=timeout)

    def ticks(self, asset: str) -> EventIterator[Tick]:
        """The ticks of ``asset``, which is streamed until the iterator is closed."""
        return self._iterator(f"{TICK}.{asset}", streamed=True)

    def events(self, topic: str) -> EventIterator[Event | Tick]:
        """The events that ``topic`` matches."""
        return self._iterator(topic)

    def bars(self, command: SubscribeCandles) -> BarIterator:
        """The bars of ``command``, which go on until the last iterator of the series is closed."""
        iterator = BarIterator(command, self._owner.router, self._iterated)
        self._iterators.add(iterator)
        return iterator

    def subscribe(self, topic: str, handler: Callable[[Any], object], *, stream: bool = False) -> str:
        """As ``Subscribe``."""
        return self.ask(Subscribe(topic, to=handler, stream=stream))

    def unsubscribe(self, topic: str, handler: Callable[[Any], object]) -> bool:
        """As ``Unsubscribe``."""
        return self.ask(Unsubscribe(topic, to=handler))

    def finish(self, failure: Exception | None = None) -> None:
        """The runtime has ended: every iteration ends after what has arrived. Any thread."""
        for iterator in list(self._iterators):
            iterator.finish(failure)

    def _iterator(self, topic: str, *, streamed: bool = False) -> EventIterator[Any]:
        iterator: EventIterator[Any] = EventIterator(topic, self._owner.router, streamed=streamed)
        self._iterators.add(iterator)
        return iterator
