"""What an inbox delivers although no actor told it: messages of due timers and of ready descriptors."""

import math
from typing import Any, Protocol

from actors.engine.pykka_internals import PlainEnvelope
from actors.engine.waker import HasFileno


class Schedulable(Protocol):
    """An inbox, as its dispatcher sees it."""

    def enqueue(self, trigger: "Trigger", /) -> None:
        """Queue the message of ``trigger``, whose time has come."""

    def serve(self, limit: int, /) -> None:
        """Handle up to ``limit`` messages, and ask for another turn if there are more."""


class Trigger:
    """A message that an inbox gets once something has happened; ``cancel`` takes it back until then."""

    __slots__ = ("cancelled", "envelope", "inbox", "message", "queued")

    def __init__(self, inbox: Schedulable, message: Any) -> None:
        self.inbox = inbox
        self.message = message
        self.envelope = PlainEnvelope(message)  # one for all times that it is delivered
        self.queued = False
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Watch(Trigger):
    """Queued when ``source`` can be read (with ``writable``, or written).

    With a ``gap`` that is at once after a pause, but not within so many seconds of the last time.
    """

    __slots__ = ("earliest", "gap", "paused", "source", "writable")

    def __init__(
        self, inbox: Schedulable, message: Any, source: HasFileno, *, writable: bool, gap: float
    ) -> None:
        super().__init__(inbox, message)
        self.source = source
        self.writable = writable
        self.gap = gap
        self.earliest = -math.inf
        self.paused = False


class Timer(Trigger):
    """Queued at ``due``, and with an ``interval`` again and again; may be cancelled after delivery too."""

    __slots__ = ("due", "interval", "last_error", "last_run")

    def __init__(self, inbox: Schedulable, message: Any, due: float, interval: float | None = None) -> None:
        super().__init__(inbox, message)
        self.due = due
        self.interval = interval
        self.last_run: float | None = None
        self.last_error = ""

    def fire(self) -> None:
        """It is due."""
        self.inbox.enqueue(self)
