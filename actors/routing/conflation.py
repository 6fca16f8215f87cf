"""What a subscriber that is too slow still gets: the newest tick of each asset, the newest state of each bar
that forms, and every other event."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from actors.messages.bar_events import BarForming
from actors.messages.traffic import Deliver, Ticks, unfolded
from actors.values import Tick

SLOW_AFTER: Final = 0.5
"""Seconds that a handler may work on one delivery while others wait. After a stall elsewhere (a process that
was not scheduled for half a second) hundreds of batches of one tick each arrive at once; a quick handler
handles all of them within this time."""

MOST_WAITING_EVENTS: Final = 16_384
"""Events that may wait, however quick the handler was: about 3 MiB."""


def conflate(events: Sequence[Any]) -> tuple[list[Any], int]:
    """The events without each tick that a later tick of its asset replaces, and the number of those ticks.

    Of a bar that forms only the newest state is left; its prices are in that one, so nothing is counted.
    Order is kept, and nothing else is left out.
    """
    newest = {event.asset: index for index, event in enumerate(events) if type(event) is Tick}
    kept = [
        event for index, event in enumerate(events) if type(event) is not Tick or newest[event.asset] == index
    ]
    return _newest_forming(kept), len(events) - len(kept)


def _newest_forming(events: list[Any]) -> list[Any]:
    """Without each state of a forming bar that a later one of its series replaces."""
    newest = {event.series: index for index, event in enumerate(events) if type(event) is BarForming}
    if not newest:
        return events
    return [
        event
        for index, event in enumerate(events)
        if type(event) is not BarForming or newest[event.series] == index
    ]


def conflate_columns(items: Sequence[Any]) -> tuple[list[Any], int]:
    """As ``conflate``, for ticks in columns, which stay in columns."""
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
    return _newest_forming(kept), count - len(newest)


def events_in(items: Iterable[Any]) -> int:
    """The number of events, with each tick of a ``Ticks`` counted."""
    return sum(len(item) if type(item) is Ticks else 1 for item in items)


class Backlog:
    """Joins the deliveries that wait for one handler when there are too many of them.

    Many deliveries alone cost no tick. Ticks are conflated if the handler has worked on one delivery for
    longer than ``SLOW_AFTER``, or if more than ``MOST_WAITING_EVENTS`` wait.
    """

    def __init__(self) -> None:
        self.busy_since: float | None = None
        """Since when the handler is at work on a delivery, ``None`` while it is not; its caller sets it."""

    def join(self, deliveries: Sequence[Deliver], now: float) -> Deliver:
        """All ``deliveries`` as one, conflated if the handler is too slow. Called from any thread."""
        events = [event for delivery in deliveries for event in delivery.events]
        missed = sum(delivery.missed for delivery in deliveries)
        busy_since = self.busy_since
        too_slow = busy_since is not None and now - busy_since > SLOW_AFTER
        if too_slow or events_in(events) > MOST_WAITING_EVENTS:
            events, gave_way = conflate(list(unfolded(events)))
            missed += gave_way
        return Deliver(events, missed)
