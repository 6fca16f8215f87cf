"""Keeps the events of a subscription until they are taken, and conflates them where that takes too long."""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

import pykka

from actors.engine.router_ref import RouterRef
from actors.messages.events import Lagged
from actors.messages.traffic import Deliver, EventBatch
from actors.routing.conflation import Backlog
from actors.routing.subscriber import INBOX_CAPACITY


class EventBuffer:
    """What a router tells its events, in its own thread, until they are taken.

    It conflates as a subscriber with a thread does (``Backlog``).
    """

    def __init__(self, arrived: Callable[[], object]) -> None:
        """``arrived`` is called, in the thread of the router, when events wait that were not there before."""
        self._arrived = arrived
        self._lock = threading.Lock()
        self._backlog = Backlog()
        self._waiting: list[Deliver] = []
        self._closed = False

    def tell(self, events: list[Any]) -> None:
        """HOT: once per batch. Raises ``ActorDeadError`` once closed, which ends a subscription."""
        with self._lock:
            if self._closed:
                raise pykka.ActorDeadError("the stream of events is closed")
            wakes = not self._waiting
            self._waiting.append(Deliver(events))
            if len(self._waiting) >= INBOX_CAPACITY:
                self._waiting = [self._backlog.join(self._waiting, time.monotonic())]
        if wakes:
            self._arrived()

    def take(self) -> tuple[list[Any], int]:
        """All that waits, and the number of ticks that newer ones have replaced. From now on the consumer is
        at work on it, if it is not nothing."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            self._backlog.busy_since = time.monotonic() if waiting else None
        events = [event for delivery in waiting for event in delivery.events]
        return events, sum(delivery.missed for delivery in waiting)

    def close(self) -> None:
        """Keep nothing more; what waits can still be taken."""
        with self._lock:
            self._closed = True


def tell_lag(router: RouterRef, topic: str, missed: int) -> None:
    """Publish that the consumer of a subscription has ``missed`` so many ticks."""
    name = f"subscriber {topic or '*'}"
    with contextlib.suppress(pykka.ActorDeadError):  # the runtime has ended
        router.tell(EventBatch(name, [Lagged(name, missed)]))
