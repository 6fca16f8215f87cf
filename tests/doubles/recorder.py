"""An actor that records what it is told, and how a test looks at that."""

import queue
from collections.abc import Callable
from typing import Any

from actors.engine.actor import RuntimeActor

WAIT = 5.0
"""Seconds that a test waits for what should come at once."""


class Recorder(RuntimeActor):
    """Handles a callable by calling it with itself, and puts all else where a test can await it."""

    def __init__(
        self, seen: queue.SimpleQueue[Any], released: queue.SimpleQueue[list[Any]], **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.seen = seen
        self.released = released

    def on_receive(self, message: Any) -> Any:
        if callable(message):
            return message(self)
        self.seen.put(message)
        return None

    def release(self, unhandled: list[Any]) -> None:
        self.released.put(unhandled)


class Recording:
    """A running recorder and what it has recorded."""

    def __init__(self, kind: type[Recorder] = Recorder, name: str = "recorder", **kwargs: Any) -> None:
        self._seen: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._released: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
        self.ref = kind.start(self._seen, self._released, name=name, **kwargs)

    def seen(self) -> Any:
        return self._seen.get(timeout=WAIT)

    def released(self) -> list[Any]:
        return self._released.get(timeout=WAIT)

    def nothing_more(self) -> bool:
        return self._seen.empty() and self._released.empty()

    def do(self, action: Callable[[Any], Any]) -> Any:
        return self.ref.ask(action, timeout=WAIT)
