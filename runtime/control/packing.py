"""Events as they travel."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from actors.messages.events import Event
from actors.messages.traffic import Item, Ticks
from actors.values import Tick


def as_items(events: Iterable[Any]) -> list[Item]:
    """In their order, neighbouring ticks of one read as one item."""
    items: list[Any] = []
    for is_tick, run in groupby(events, lambda event: type(event) is Tick):
        neighbours = list(run)
        items += (
            Ticks.by_read(neighbours) if is_tick else [each for each in neighbours if isinstance(each, Event)]
        )
    return items
