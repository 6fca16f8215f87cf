"""What an inbox is delivered without having been told it: timers that are due, descriptors that are ready."""

import math
from typing import Any, Protocol

from actors.engine.waker import HasFileno


class Called(Protocol):
    """Whoever books timers."""

    def call(self, signal: "Trigger", /) -> None:
        """``signal`` is due, or ready: it is to be delivered."""


class Trigger:
    """A message that an inbox gets without having been told it; ``cancel`` takes it back until then."""

    __slots__ = ("cancelled", "inbox", "message", "waiting")

    def __init__(self, inbox: Called, message: Any) -> None:
        self.inbox = inbox
        self.message = message
        self.waiting = False
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Watch(Trigger):
    """The message that says that ``source`` can be read (with ``writable``, or written).

    With a ``gap`` it comes at once after a pause, but not within so many seconds of the last time.
    """

    __slots__ = ("earliest", "gap", "resting", "source", "writable")

    def __init__(self, inbox: Called, message: Any, source: HasFileno, *, writable: bool, gap: float) -> None:
        super().__init__(inbox, message)
        self.source = source
        self.writable = writable
        self.gap = gap
        self.earliest = -math.inf
        self.resting = False


class Timer(Trigger):
    """A booked message; to cancel it is no error once it was delivered."""

    __slots__ = ("due", "interval", "last_error", "last_run")

    def __init__(self, inbox: Called, message: Any, due: float, interval: float | None) -> None:
        super().__init__(inbox, message)
        self.due = due
        self.interval = interval
        self.last_run: float | None = None
        self.last_error = ""
