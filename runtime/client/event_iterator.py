"""Events for a ``for``."""

import contextlib
import threading
from collections import deque
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import pykka

from actors.engine.router_ref import RouterRef
from actors.messages.commands import Subscribe, Unsubscribe
from runtime.client.event_buffer import EventBuffer, tell_lag

E = TypeVar("E")

WAKE: Final = 1.0
"""Seconds between two looks for Ctrl-C, which Windows does not let through while a thread waits."""


class EventIterator(Generic[E]):
    """The events of one subscription, for ``for``; one thread at a time.

    The subscription begins when the iterator is made, which raises as ``Subscribe`` does. It ends with
    ``close``, from any thread, with ``with``, or with the last reference to the iterator (so after a
    ``break`` too). The iteration ends when the runtime stops, after what had arrived; if the runtime has
    failed, it raises that failure.

    A consumer that works too long on one event misses ticks: newer ones of the same asset replace them, and
    ``Lagged`` counts them. It misses no other event.
    """

    def __init__(self, topic: str, router: RouterRef, *, streamed: bool = False) -> None:
        self._closed = True  # until there is a subscription to end
        self._topic = topic
        self._router = router
        self._news = threading.Event()
        self._events: deque[E] = deque()
        self._ended = False
        self._failure: Exception | None = None
        self._buffer = EventBuffer(self._news.set)
        to: Any = self._buffer
        self._closed = False
        try:
            router.ask(Subscribe(topic, to=to, batch=True, stream=streamed))
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> E:
        """Waits for the next event, without a limit."""
        events = self._events
        while not events:
            if self._closed:
                raise StopIteration
            ended = self._ended  # before the last look: what comes afterwards is not waited for
            taken, missed = self._buffer.take()
            if missed:
                tell_lag(self._router, self._topic, missed)
            if taken:
                events.extend(taken)
            elif ended:
                self.close()
                if self._failure is not None:
                    raise self._failure
            else:
                self._wait()
        return events.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the subscription; what has not been taken is dropped. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._buffer.close()
        to: Any = self._buffer
        with contextlib.suppress(pykka.ActorDeadError):  # the runtime has ended
            self._router.tell(Unsubscribe(self._topic, to=to))
        self._news.set()

    def __del__(self) -> None:
        self.close()

    def finish(self, failure: Exception | None = None) -> None:
        """No event comes any more: the iteration ends after those that wait. Any thread."""
        self._failure = failure
        self._ended = True
        self._news.set()

    def _wait(self) -> None:
        while not self._news.wait(WAKE):
            pass
        self._news.clear()
