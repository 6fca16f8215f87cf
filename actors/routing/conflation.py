"""What a listener who is too slow still gets: the newest tick of each asset, and everything else."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
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


def conflate_columns(items: Sequence[Any]) -> tuple[list[Any], int]:
    """As ``conflate``, of events whose ticks are all in ``Ticks`` and stay there."""
    newest: dict[str, tuple[int, int]] = {}
    count = 0
    for index, item in enumerate(items):
        if type(item) is Ticks:
            count += len(item)
            newest.update((tick.asset, (index, at)) for at, tick in enumerate(item))
    kept: list[Any] = []
    places: defaultdict[int, list[int]] = defaultdict(list)
    for index, at in sorted(newest.values()):
        places[index].append(at)
    for index, item in enumerate(items):
        if type(item) is not Ticks:
            kept.append(item)
        elif index in places:
            kept.append(item.part(places[index]))
    return kept, count - len(newest)


def events_in(items: Iterable[Any]) -> int:
    """How many events ``items`` are, each tick of a ``Ticks`` being one."""
    return sum(len(item) if type(item) is Ticks else 1 for item in items)


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
        if too_slow or events_in(events) > MOST_EVENTS:
            events, gave_way = conflate(list(unfolded(events)))
            missed += gave_way
        return Deliver(events, missed)
