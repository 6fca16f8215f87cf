"""What the order desk tells itself when a time has come."""

from typing import Final

from msgspec import Struct

from actors.messages.events import DealRefused

RECALL_TIMEOUT: Final = 1.0
"""Seconds within which the way out says whether a withdrawn order has left: it takes milliseconds, unless its
thread is not scheduled. A caller waits longer than that, see ``GRACE`` of the router's reference."""

CLOCK_NOISE: Final = 0.01
"""Seconds by which two clocks differ that were read one after the other."""

REFUSAL_SETTLES: Final = 1.0
"""Seconds within which the venue contradicts a refusal that was for another order: it answers an order, or
lists its deal, within a round trip."""

RESULT_GRACE: Final = 15.0
"""Seconds after a deal's end within which its result comes, over a reconnect if need be."""

SETTLED_AFTER: Final = 1.0
"""Seconds after which the journal's file has an outcome itself, and not only the log beside it."""


class TimeCome(Struct, frozen=True):
    """Parent of all of them."""


class OrderOverdue(TimeCome, frozen=True):
    """The deadline of ``waiter``, which waits for ``order``, has passed."""

    order: str
    waiter: int


class RecallOverdue(TimeCome, frozen=True):
    """``RECALL_TIMEOUT`` has passed since ``order`` was asked back for ``waiter``."""

    order: str
    waiter: int


class AnswerOverdue(TimeCome, frozen=True):
    """``verdict_delay`` has passed since the deadline of ``order``."""

    order: str


class RefusalDue(TimeCome, frozen=True):
    """The venue has had the time to contradict ``refusal``, until ``at`` by a clock that a suspend stops."""

    refusal: DealRefused
    at: float


class ResultOverdue(TimeCome, frozen=True):
    """The deadline of ``waiter`` for the result of ``deal`` has passed. ``own_end``: the deadline is the end
    of the deal itself, which the venue's clock decides."""

    waiter: int
    deal: str
    own_end: bool


class HeldBackOverdue(TimeCome, frozen=True):
    """The deadline of a request has passed that may still be held back."""

    waiter: int


class VerdictDue(TimeCome, frozen=True):
    """The ledger has a verdict to give, unless other evidence has come."""


class JournalUnsettled(TimeCome, frozen=True):
    """The journal may have what a copy of its file would lack: once for all orders sent before it came, and
    ``SETTLED_AFTER`` the outcome of one."""


class JournalUpkeep(TimeCome, frozen=True):
    """The journal's file is due for maintenance."""
