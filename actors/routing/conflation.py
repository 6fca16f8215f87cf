"""What a listener who is too slow still gets: the newest tick of each asset, and everything else."""

from collections.abc import Sequence
from typing import Any, Final

from actors.messages.traffic import Deliver, Ticks, unfolded
from actors.values import Tick

PATIENCE: Final = 0.5
"""Seconds that a handler may be at work on one delivery while others pile up. After a stall of anybody else
(a process that was not scheduled for half a second) hundreds of batches of one tick each come at once, and
a quick handler has them done before this is over."""

MOST_EVENTS: Final = 16_384
"""That may wait however quick the handler was: about 3 MiB."""


def conflate(events: Sequence[Any]) -> tuple[list[Any], int]:
    """The events without the ticks that a later tick of the same asset makes old, and how many those were.

    Order is kept; nothing but ticks is ever left out.
    """
    newest = {event.asset: index for index, event in enumerate(events) if type(event) is Tick}
    kept = [
        event for index, event in enumerate(events) if type(event) is not Tick or newest[event.asset] == index
    ]
    return kept, len(events) - len(kept)


class Backlog:
    """What waits for one handler, joined whenever it has become too many deliveries.

    That they are many is no fault of the handler's, and costs no tick. It is too slow if it has been at work
    on one for longer than ``PATIENCE``, or more than ``MOST_EVENTS`` wait.
    """

    def __init__(self) -> None:
        self._busy_since: float | None = None

    def begin(self, now: float) -> None:
        """The handler is given a delivery."""
        self._busy_since = now

    def end(self) -> None:
        """It is done with it."""
        self._busy_since = None

    def join(self, deliveries: Sequence[Deliver], now: float) -> Deliver:
        """All ``deliveries`` in one, without the ticks that had to give way. Any thread."""
        events = [event for delivery in deliveries for event in delivery.events]
        missed = sum(delivery.missed for delivery in deliveries)
        busy_since = self._busy_since
        too_slow = busy_since is not None and now - busy_since > PATIENCE
        if too_slow or sum(len(event) if type(event) is Ticks else 1 for event in events) > MOST_EVENTS:
            events, gave_way = conflate(list(unfolded(events)))
            missed += gave_way
        return Deliver(events, missed)
