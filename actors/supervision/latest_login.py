"""What the latest login of any connection says about the end of another one."""

import math

from actors.messages.events import ConnectionDown
from actors.supervision.children import ConnectionChild

TOGETHER = 1.0
"""Seconds between the ends of connections that were cut off together, as the supervisor sees them."""


class LatestLogin:
    """Whose it was, and when."""

    def __init__(self) -> None:
        self._name = ""
        self._at = -math.inf

    def on_up(self, child: ConnectionChild, now: float) -> None:
        self._name, self._at = child.name, now

    def judge(self, child: ConnectionChild, down: ConnectionDown, now: float) -> tuple[bool, bool]:
        """Whether this end says nothing about now, and whether it is this connection's alone.

        It says nothing if another connection has just logged in: while this one dialed or, where both were
        cut off together, before its end was known here. An attempt that took long while others succeeded has
        failed alone: the venue may be overloaded, and haste would make that worse.
        """
        recent = now - TOGETHER
        if down.was_ready or child.began_at >= recent:
            since = recent if down.was_ready else child.began_at
            return self._name != child.name and self._at > since, False
        return False, self._at > child.began_at
