"""Events as they travel."""

from collections.abc import Iterable
from typing import Any

from actors.messages.events import Event
from actors.messages.traffic import Item, Ticks
from actors.values import Tick


def as_items(events: Iterable[Any]) -> list[Item]:
    """In their order, neighbouring ticks as one item."""
    items: list[Any] = []
    for event in events:
        if type(event) is Tick:
            if not items or type(items[-1]) is not Ticks:
                items.append(Ticks([]))
            items[-1].ticks.append(event)
        elif isinstance(event, Event):
            items.append(event)
    return items
