"""Whether the venue can be reached now, and the error for a command that would wait for it in vain."""

from typing import Any

from actors.errors import RequestError
from actors.messages.commands import unsent
from actors.routing.venue_facts import Decision
from actors.routing.waiters import Waiter


class Availability:
    """``draining``: the runtime stops. ``failed``: why it cannot go on, ``""`` once a connection may come
    back. ``disconnected``: why all connections are closed on purpose, ``""`` if they are not."""

    def __init__(self) -> None:
        self.draining = False
        self.failed = ""
        self.disconnected = ""

    @property
    def because(self) -> str:
        """What to append to the error of a command that had no answer in time."""
        reason = self.disconnected or self.failed
        return f": {reason}" if reason else ""

    def refusal(self, waiter: Waiter, answer: Any, *, connected: bool) -> RequestError | None:
        """The error for a command that the facts answer with ``answer``; ``None`` lets it go on.

        While all connections are closed on purpose, those that are still up take nothing more either.
        """
        if answer is not Decision.WAIT and not waiter.needs_connection:
            return None
        if self.disconnected:
            return unsent(waiter.command, self.disconnected)
        return unsent(waiter.command, self.failed) if self.failed and not connected else None
